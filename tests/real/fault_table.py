"""The table of faults: what was injected, and what happened according to the tests.

It is written to the file that HARNESS_FAULT_TABLE names when a session has tried all faults; the
numbers are those of the list of faults. Results of other tests appear with the test's name.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

HEAD = """# Faults: what was injected, what happened

Written by the tests themselves (`HARNESS_FAULT_TABLE=docs/faults.md scripts/test
tests/real/test_engine_faults.py tests/real/test_no_engine.py tests/real/test_host_faults.py`):
every line is what a real run said. Common to all of them and asserted for each: no acknowledged
record is lost or doubled, and after the next start no container, volume, network, unnamed image or
temporary folder of the run is left.

| fault | injected | what happened | test |
| --- | --- | --- | --- |
"""

_REAL, _UNIT = "tests/real/test_outcomes.py", "tests/unit/test_store.py"
ELSEWHERE = (
    ("11", "a process that writes the store, killed", "tests/process/test_store_kill.py"),
    ("12", "SIGINT, SIGTERM in a run; SIGKILL in a build", "tests/real/test_killed.py"),
    ("14, 15, 16", "no answer, crash signals, time-outs", _REAL),
    ("17, 18", "out of memory, fork bomb", _REAL),
    ("19, 20", "output without end, slow loris", _REAL),
    ("21, 22", "root file system written to, scratch full", _REAL),
    ("24, 25", "store's disk full, fsync fails", "tests/process/test_store_kill.py"),
    ("26, 27", "store locked, corrupt, truncated, from the future", _UNIT),
    ("29, 30", "report path unwritable, a folder, a link", "tests/unit/test_files.py"),
    ("31 to 38", "hostile registries", "tests/registry/test_hostile_registries.py"),
    ("41, 42", "hostile instructions, no interpreter, other architecture", _REAL),
    ("43, 45", "third parties, anonymous volumes", _REAL),
    ("48", "hostile text in every field", "tests/unit/test_formats_hostile.py"),
)
_ELSEWHERE_HEAD = """
## Shown by other tests

| fault | injected | test |
| --- | --- | --- |
"""


@dataclass(frozen=True, kw_only=True, slots=True, order=True)
class Row:
    """One fault that was tried."""

    fault: int
    injected: str
    happened: str
    test: str


def table(rows: Iterable[Row]) -> str:
    """The page."""
    lines = [
        f"| {row.fault} | {row.injected} | {_cell(row.happened)} | `{row.test}` |"
        for row in sorted(rows)
    ]
    others = [f"| {number} | {what} | `{test}` |" for number, what, test in ELSEWHERE]
    return HEAD + "\n".join(lines) + "\n" + _ELSEWHERE_HEAD + "\n".join(others) + "\n"


def _cell(text: str) -> str:
    plain = "".join(each if each.isprintable() else " " for each in text)
    return " ".join(plain.split()).replace("|", "\\|")
