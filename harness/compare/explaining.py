"""Explains a finding: what was seen, the rule that judged it with its error rate, and how a person
can check it by hand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from harness.compare.judgement import Finding
from harness.compare.kinds import FindingKind

BY_ROUNDS = (
    "rounds of both, interleaved, are compared with each other: it is drift where the mean "
    "difference is significant, beyond the minimum effect, and not because of one round alone; in "
    "a report on unchanged cells any such alarm happens at the rate stated above"
)
BY_LOAD = (
    "rounds in which others took more than a tenth of the host's processors decide no time where "
    "they are more than half of the rounds; the shares are counted by the kernel, turn by turn"
)
BY_EQUALITY = (
    "two values that must be equal differ, and no expectation allows that; the same records "
    "always give the same finding, so it has no rate of error of its own"
)
BY_ENDING = (
    "it follows from the records alone: nothing is estimated, so it has no rate of error of its own"
)
BY_LOSSES = (
    "losses of the first ten steps, from the same weights and images, are further apart than "
    "another random stream makes them (1 % at the first step, 30 % up to the tenth)"
)
_RULES: Mapping[FindingKind, str] = {
    FindingKind.TIME_DRIFTS: BY_ROUNDS,
    FindingKind.ACCURACY_DRIFTS: BY_ROUNDS,
    FindingKind.UNDECIDED: BY_ROUNDS,
    FindingKind.TOO_BUSY: BY_LOAD,
    FindingKind.LOSSES_DRIFT: BY_LOSSES,
    FindingKind.DIFFERS: BY_EQUALITY,
    FindingKind.ROUNDS_DIFFER: BY_EQUALITY,
    FindingKind.OTHER_BYTES: BY_EQUALITY,
    FindingKind.OTHER_VERSION: BY_EQUALITY,
    FindingKind.FILES_CONTRADICT: BY_EQUALITY,
    FindingKind.CONTRADICTED: BY_EQUALITY,
}
_BY_HAND: Mapping[FindingKind, str] = {
    FindingKind.TIME_DRIFTS: "the medians of each round stand under `measured` and `differences`",
    FindingKind.ACCURACY_DRIFTS: "the accuracies stand under `measured` and `differences`",
    FindingKind.UNDECIDED: "what the rounds gave so far stands under `measured`",
    FindingKind.TOO_BUSY: "the shares stand under `busy_rounds`, what the rule came to under "
    "`withheld`",
    FindingKind.LOSSES_DRIFT: "both series of losses stand under `differences`",
    FindingKind.DIFFERS: "both values stand under `differences`",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Reported:
    """The report that holds the findings, and the command that shows it."""

    findings: Sequence[Finding]
    command: str
    """The command that shows the report as JSON."""
    images: Mapping[str, str]
    """The image id of each cell that has one."""


def explain_finding(id: str, told: Reported) -> str:
    """Write the findings with that id in a report as text; empty where there is none."""
    found = [one for one in told.findings if one.id == id]
    if not found:
        return ""
    first = found[0]
    cells = list(dict.fromkeys(one.cell for one in found))
    lines = [f"{id}  ({first.verdict}, {first.kind})", ", ".join(first.subject), ""]
    for one in found:
        lines.append(f"  {one.cell}: {one.title}")
        lines += [f"      {line}" for line in one.evidence]
    lines.append("")
    rows = [
        ("cells", ", ".join(cells)),
        ("cause", first.cause),
        ("remedy", first.remedy),
        ("rule", _RULES.get(first.kind, BY_ENDING)),
        ("by hand", "; ".join(_by_hand(first, told))),
    ]
    lines += [f"  {name:8}  {text}" for name, text in rows if text]
    return "\n".join([*lines, ""])


def _by_hand(one: Finding, told: Reported) -> Iterable[str]:
    yield told.command
    if one.kind in _BY_HAND:
        yield _BY_HAND[one.kind]
    image = told.images.get(one.cell)
    if image:
        yield f"docker run --rm -it --network none --entrypoint sh {image}"
