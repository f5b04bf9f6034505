"""Describes what was seen of a finding in lines that are equal on two nights where it is the same.

They stand in `accepted.yaml` beside the id, so that a person can read what was accepted. Whatever
changes from night to night by itself (a time, an address in memory) is left out of them.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping

from harness.compare.differences import Difference
from harness.compare.judgement import Finding
from harness.compare.kinds import FindingKind
from harness.compare.measurement import Measured
from harness.compare.shown import shown
from harness.compare.statistics.paired import Scale
from harness.model import Fact
from harness.text import clean_line

_WIDTH = 160
_MOST = 12
_SERIES = 6
"""A series with this many values or more is not shown whole."""
_MOVING = re.compile(
    # The last one is a list of an operation's attributes, which come in no fixed order.
    r"\b0x[0-9a-fA-F]{4,}\b|(?<=/)tmp[a-z0-9_]{6,10}\b|(?<=with these attrs: )\[.*"
)
_SIGNAL = re.compile(r"\bsignal \d+\b")
_DECIMAL = re.compile(r"(?<![\w.])\d+\.\d+(?:e[+-]?\d+)?(?![\w.])")
_LISTING = frozenset(
    {
        FindingKind.DEFECT,
        FindingKind.OTHER_BYTES,
        FindingKind.FILES_MISSING,
        FindingKind.FOREIGN_BYTECODE,
        FindingKind.OTHER_VERSION,
        FindingKind.SHADOWED,
        FindingKind.RUNS_FIRST,
        FindingKind.FILES_CONTRADICT,
        FindingKind.GIVEN_TWICE,
        FindingKind.TAG_MOVED,
    }
)
"""Kinds whose evidence is the list of what is wrong."""
_EXACT = frozenset(
    {FindingKind.RAISED, FindingKind.CRASHED, FindingKind.BUILD_FAILED, FindingKind.NO_INTERPRETER}
)
"""Kinds whose title holds no measurement, so that a number in it is part of what happened."""
_BY_SUBJECT = frozenset(
    {
        FindingKind.ROUNDS_DIFFER,
        FindingKind.LOSSES_DRIFT,
        FindingKind.UNDECIDED,
        FindingKind.TOO_BUSY,
        FindingKind.ASKED_OTHERWISE,
    }
)
"""Kinds that their subject describes completely; their numbers are different each night."""
_WITHOUT_VALUE = frozenset(
    {FindingKind.CELL_VANISHED, FindingKind.TIME_UNTOLD, FindingKind.NOT_HELD}
)


def value_lines(
    finding: Finding,
    differences: Mapping[str, Difference],
    measured: Mapping[str, Measured],
) -> tuple[str, ...]:
    """Return the value lines of one finding of one cell. `differences` and `measured` come from the
    comparison that made the finding, by fact."""
    if finding.kind is FindingKind.DIFFERS:
        lines = [_of_fact(fact, differences.get(fact)) for fact in sorted(finding.subject)]
    elif finding.kind in (FindingKind.TIME_DRIFTS, FindingKind.ACCURACY_DRIFTS):
        lines = [_direction(fact, measured.get(fact)) for fact in sorted(finding.subject)]
    elif finding.kind in _WITHOUT_VALUE:
        return ()
    elif finding.kind in _BY_SUBJECT:
        lines = sorted(finding.subject)
    elif finding.kind in _LISTING and finding.evidence:
        lines = sorted(_still(line) for line in finding.evidence)
    elif finding.kind is FindingKind.DIES_COMPUTING:
        # Damaged memory ends in SIGSEGV or SIGABRT by chance, in the same image.
        lines = [_SIGNAL.sub("a signal", _still(finding.title))]
    elif finding.kind in _EXACT | _LISTING:
        lines = [_still(finding.title)]
    else:
        lines = [_DECIMAL.sub("N", _still(finding.title))]
    return _few(_short(line) for line in lines)


def _of_fact(fact: str, difference: Difference | None) -> str:
    if difference is None:
        return fact
    if difference.absent == "candidate":
        return f"{fact}: missing"
    return f"{fact}: {shown(difference.candidate)}{_digest(difference.candidate)}"


def _digest(value: Fact) -> str:
    """Return a digest that distinguishes a long series from another one with the same beginning and
    end."""
    if not isinstance(value, tuple) or len(value) <= _SERIES:
        return ""
    return f" ({_hash(json.dumps(value, default=str))})"


def _direction(fact: str, measured: Measured | None) -> str:
    """Return the direction in which a measured value moved, without its size, which is different
    each night."""
    if measured is None:
        return fact
    timed = measured.metric.scale is Scale.RATIO
    more, less = ("longer", "shorter") if timed else ("higher", "lower")
    # Both scales are differences once decided on: for a time, the logarithm of the ratio.
    return f"{fact}: {more if measured.decided.estimate > 0 else less}"


def _still(text: str) -> str:
    return _MOVING.sub("...", text)


def _short(line: str) -> str:
    text = clean_line(line, 100_000)
    if len(text) <= _WIDTH:
        return text
    mark = f"... ({_hash(text)})"
    return f"{text[: _WIDTH - len(mark)]}{mark}"


def _few(lines: Iterable[str]) -> tuple[str, ...]:
    """Keep at most `_MOST` lines; the last one stands for all that are left out."""
    every = tuple(dict.fromkeys(lines))
    if len(every) <= _MOST:
        return every
    rest = every[_MOST - 1 :]
    return (*every[: _MOST - 1], f"and {len(rest)} more ({_hash(chr(10).join(rest))})")


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:8]
