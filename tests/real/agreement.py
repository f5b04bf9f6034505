"""Does what `harness check --static` answers agree with what running shows? Image by image."""

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
"""Of training: enough to be better than guessing."""
_BRIEF = Cell(id="brief", settings=(("mnist", (("steps", STEPS),)),))


@dataclass(frozen=True, kw_only=True)
class Row:
    """One image: what was foreseen, what was shown."""

    name: str
    answer: str
    shown: str
    """works; works with the change; works on the CPU; fails; not run."""
    agrees: bool
    why: str
    """The heaviest reason that was foreseen."""
    saw: str
    """How far it came, and by what it ended."""
    predictions: tuple[tuple[str, str], ...] = ()
    """(rule, what running said of its prediction), each once; what no probe shows is not there."""

    def as_dict(self) -> dict[str, object]:
        return asdict(self)


def suite() -> Suite:
    """The default suite, with a band for a few steps."""
    own = load_suite(standard.default_suite())
    bands = tuple(
        Band(fact="mnist.test_accuracy", dataset=name, steps=STEPS, low=0.11, high=1.0)
        for name in ("mnist-subset", "mnist")
    )
    return replace(own, rules=replace(own.rules, bands=bands))


def derive(client: APIClient, one: Broken, images: Mapping[str, str]) -> str:
    """Build an image; its name on the engine. `images`: cell -> image id."""
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
    """Build, push, foresee, run, forget."""
    own = derive(client, one, images)
    try:
        # A name that promises nothing: what the layers hold decides.
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
    """Hold an answer against a trial."""
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
    """What running said of the prediction of each rule that made one."""
    found = {
        (one.rule, str(one.standing))
        for one in confronted(reasons, trial)
        if one.rule and one.foresees and one.standing is not None
    }
    return tuple(sorted(found))


def by_rule(rows: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """For every rule how many of its predictions were confirmed, refuted, or not tested, in rows
    as `as_dict` gives them; and the share that was confirmed of those that were tested, null where
    none was."""
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
    """What running an image came to."""
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
    """Whether an answer is right. What cannot be told is not; a change that was to mend an image
    that works without it is not either, unless it is about something else than running."""
    if answer is ReuseAnswer.REUSE:
        return shown == "works"
    if answer is ReuseAnswer.CPU:
        return shown in ("works", "works on the CPU")
    if answer is ReuseAnswer.CHANGES:
        needed = any(one.needed for one in reasons)
        return shown == ("works with the change" if needed else "works")
    return answer is ReuseAnswer.NOT and shown == "fails"
