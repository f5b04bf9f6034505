"""Image by image: does the answer of `harness check --static` agree with what running it shows?"""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from docker import APIClient

from harness import standard
from harness.check.confront import confronted
from harness.check.foreseen import NO, YES, Sign
from harness.check.host import TargetHost
from harness.check.page import CheckPage
from harness.check.reasons import PredictionStanding, Reason, ReuseAnswer
from harness.check.trial import Trial
from harness.commands.check import CheckRequest, look_at
from harness.commands.measure import try_image
from harness.errors import Exit
from harness.model import Band, Cell, Suite
from harness.running.progress import progress_for
from harness.suite.matrix import load_suite
from tests.real.broken_images import LATER, Broken
from tests.real.legacy_registry import LegacyRegistry

STEPS = 20
"""Training steps: enough to be better than guessing."""
_BRIEF = Cell(id="brief", settings=(("mnist", (("steps", STEPS),)),))


@dataclass(frozen=True, kw_only=True)
class Row:
    """One image: the prediction and the result."""

    name: str
    answer: str
    shown: str
    """works; works with the change; works on the CPU; fails; not run."""
    agrees: bool
    why: str
    """The most serious predicted reason."""
    saw: str
    """The level it reached, and how it failed."""
    predictions: tuple[tuple[str, str], ...] = ()
    """(rule, what running said about its prediction), each once; predictions that no probe tests
    are left out."""

    def as_dict(self) -> dict[str, object]:
        return asdict(self)


def suite() -> Suite:
    """The default suite, with an accuracy band that fits a few steps."""
    own = load_suite(standard.default_suite())
    bands = tuple(
        Band(fact="mnist.test_accuracy", dataset=name, steps=STEPS, low=0.11, high=1.0)
        for name in ("mnist-subset", "mnist")
    )
    return replace(own, rules=replace(own.rules, bands=bands))


def derive(client: APIClient, one: Broken, images: Mapping[str, str]) -> str:
    """Build an image; returns its name on the engine. `images` maps cells to image ids."""
    lines = [
        line.replace("{WHOLE}", images[one.cell]).replace("{LATER}", images.get(LATER, LATER))
        for line in one.steps
    ]
    if not (lines and lines[0].startswith("FROM ")):
        lines.insert(0, f"FROM {images[one.cell]}")
    name = f"harness-tests/broken:{one.name}"
    text = "\n".join(lines).encode()
    for said in client.build(
        fileobj=io.BytesIO(text), tag=name, rm=True, forcerm=True, network_mode="none", decode=True
    ):
        assert "error" not in said, (one.name, said)
    return name


def held_against(
    client: APIClient, registry: LegacyRegistry, one: Broken, images: Mapping[str, str]
) -> Row:
    """Build and push an image, predict, run it, and remove it."""
    own = derive(client, one, images)
    try:
        # The name reveals nothing, so the content of the layers decides.
        registry = replace(registry, repository="own/image")
        name = registry.push(client, own, one.name)
    finally:
        client.remove_image(own, noprune=False)
    if one.architecture:
        name = registry.claim(one.name, f"{one.name}-claimed", one.architecture)
    page, subject, host, reasons = look_at(CheckRequest(image=name, static=True))
    trial = try_image(
        subject,
        host,
        reasons,
        progress_for(io.StringIO()),
        engine="docker",
        suite=suite(),
        settings=_BRIEF,
    )
    if trial.status is not Exit.OK:
        raise KeyboardInterrupt
    reference = subject.reading.reference
    assert reference is not None
    pulled = f"{registry.address}/{reference.repository}@{subject.reading.digest}"
    if trial.seen.get(Sign.OBTAINED) is not None and trial.seen[Sign.OBTAINED].value == YES:
        client.remove_image(pulled, noprune=False)
    return row_of(one.name, page, reasons, trial, host)


def row_of(
    name: str, page: CheckPage, reasons: Iterable[Reason], trial: Trial, host: TargetHost
) -> Row:
    """The row from an answer and a trial."""
    shown = shown_by(trial)
    finding = next(iter(trial.as_is.findings), None)
    return Row(
        name=name,
        answer=str(page.answer),
        shown=shown,
        agrees=agrees(page.answer, shown, reasons),
        why=page.reasons[0].title if page.reasons else "",
        saw=f"{trial.as_is.level}: {finding.title if finding else 'as it should'}"[:200],
        predictions=predictions_of(reasons, trial),
    )


def predictions_of(reasons: Iterable[Reason], trial: Trial) -> tuple[tuple[str, str], ...]:
    """What running said about the prediction of each rule that made one."""
    found = {
        (one.rule, str(one.standing))
        for one in confronted(reasons, trial)
        if one.rule and one.foresees and one.standing is not None
    }
    return tuple(sorted(found))


def by_rule(rows: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """For each rule: how many of its predictions were confirmed, refuted or not tested, in rows as
    from `as_dict`; and the share confirmed of those tested, null if there were none."""
    counts: dict[str, Counter[str]] = {}
    for row in rows:
        for rule, standing in row.get("predictions", ()):
            counts.setdefault(rule, Counter())[standing] += 1
    table: dict[str, dict[str, Any]] = {}
    for rule, seen in sorted(counts.items()):
        tested = seen[PredictionStanding.CONFIRMED] + seen[PredictionStanding.REFUTED]
        share = round(seen[PredictionStanding.CONFIRMED] / tested, 4) if tested else None
        table[rule] = {str(one): seen[str(one)] for one in PredictionStanding} | {"share": share}
    return table


def shown_by(trial: Trial) -> str:
    """The result of running an image, in words."""
    if trial.works:
        gpu = trial.as_is.cell.gpu
        return "works" if gpu or not trial.as_is.cell.cuda else "works on the CPU"
    if trial.works_changed:
        return "works with the change"
    if trial.works_on_cpu:
        return "works on the CPU"
    empty = trial.seen.get(Sign.INSTALLED)
    failed = trial.fails or (empty is not None and empty.value == NO)
    never = trial.seen.get(Sign.STARTS)
    failed = failed or (never is not None and never.value == NO)
    return "fails" if failed else "not run"


def agrees(answer: ReuseAnswer, shown: str, reasons: Iterable[Reason]) -> bool:
    """Whether an answer is right. *Cannot tell* is not. Neither is a change proposed for an image
    that works without it, unless the change is about something else than running."""
    if answer is ReuseAnswer.REUSE:
        return shown == "works"
    if answer is ReuseAnswer.CPU:
        return shown in ("works", "works on the CPU")
    if answer is ReuseAnswer.CHANGES:
        needed = any(one.needed for one in reasons)
        return shown == ("works with the change" if needed else "works")
    return answer is ReuseAnswer.NOT and shown == "fails"
