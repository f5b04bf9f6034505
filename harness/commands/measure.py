"""Run an image that `harness check` was asked about: as an ordinary cell under the strict profile,
with the default suite's probes and bands. Its records are stored like those of any run."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from dataclasses import replace

from harness import standard
from harness.check.confront import confronted
from harness.check.foreseen import Change
from harness.check.host import TargetHost
from harness.check.reasons import PredictionStanding, Reason
from harness.check.subject import Subject
from harness.check.trial import Trial, changed_trial, trial_of
from harness.errors import EngineError, Exit
from harness.images.manifest import Form
from harness.knowledge import frameworks
from harness.model import Cell, Profile, Record, Run, Suite
from harness.probing.probe import suite_probes
from harness.running.perform import perform
from harness.running.progress import Progress
from harness.running.session import AUTO, places
from harness.running.wanted import Wanted
from harness.store.store import Store
from harness.suite.matrix import load_suite

CHECKED = "harness check"
"""The name of the suite under which runs of a check are stored."""
_ODD = re.compile(r"[^A-Za-z0-9._-]+")


def try_image(
    subject: Subject,
    host: TargetHost,
    reasons: Sequence[Reason],
    progress: Progress,
    *,
    engine: str = AUTO,
    suite: Suite | None = None,
    settings: Cell | None = None,
) -> Trial:
    """Pull and probe an image as it is. If it fails and a reason names a change that can be tried,
    try once more with that change.

    `suite` gives probes and bands (by default the default suite); `settings` is a cell whose
    settings and time limits apply here, too. Raises EngineError if no container engine answers,
    UsageError, StoreError.
    """
    suite = suite or load_suite(standard.default_suite())
    cell = cell_of(subject, host)
    if settings is not None:
        cell = replace(cell, settings=settings.settings, timeouts=settings.timeouts)
    began = time.monotonic()
    with Store(places().store) as store:
        run, records, status = _perform(suite, cell, engine, store, progress)
        trial = replace(trial_of(run, records, cell), status=status)
        change = _change(reasons, trial)
        if change is not None and status is Exit.OK:
            other = changed_cell(cell, change)
            run, records, status = _perform(suite, other, engine, store, progress)
            changed = changed_trial(run, records, other, change)
            trial = replace(trial, changed=changed, status=status)
    return replace(trial, seconds=time.monotonic() - began)


def cell_of(subject: Subject, host: TargetHost) -> Cell:
    """The cell for an image whose digest is already known, so that what was read is what runs.

    It asks for a GPU only if the host can provide one to containers; otherwise the question is what
    the image does on a host without one.
    """
    reading = subject.reading
    reference = reading.reference
    assert reference is not None, "what came from a file is not pulled"
    pulled = replace(reference, tag="", digest=reading.digest)
    known = reading.form in (Form.IMAGE, Form.INDEX) and reading.digest
    # An image that no registry gave to the engine has only an id there, which is not a digest of
    # its name.
    name = reading.digest if reading.engine and not reading.manifest_digest else reference
    name = pulled if known and name is reference else name
    last = reference.repository.rpartition("/")[2]
    shown = _ODD.sub("-", f"{last}-{reference.tag or reading.digest[7:19]}").strip("-.")
    return Cell(
        id=shown[:70],
        framework=claimed_by(subject),
        image=str(name),
        gpu="all" if subject.for_gpu_of(host) and host.gpus and host.toolkit else "",
    )


def claimed_by(subject: Subject) -> tuple[tuple[str, str], ...]:
    """What the cell claims: the framework and its release. If somebody else built the framework,
    only its name, because their release number may differ from what the framework reports. If no
    framework is known, every known one, so that each import is tried."""
    if not subject.framework:
        return tuple((name, "") for name in frameworks.names())
    return ((subject.framework, "" if subject.foreign else subject.version),)


def changed_cell(cell: Cell, change: Change) -> Cell:
    """The same cell started with a change; a change of the environment counts as a relaxation."""
    relaxed = tuple(f"environment.{name}={value}" for name, value in change.environment)
    profile = Profile(name="relaxed", environment=change.environment, relaxations=relaxed)
    return replace(
        cell,
        id=f"{cell.id}-changed",
        interpreter=change.interpreter,
        profile=profile if relaxed else cell.profile,
    )


def _perform(
    suite: Suite, cell: Cell, engine: str, store: Store, progress: Progress
) -> tuple[Run, tuple[Record, ...], Exit]:
    # Not a run of that suite: its name must stay free for `harness report`, which shows the newest.
    rules = replace(suite.rules, reference="")
    alone = replace(suite, name=CHECKED, cells=(cell,), rules=rules)
    run, status = perform(
        alone, [cell], suite_probes(suite, cells=[cell]), Wanted(engine=engine), store, progress
    )
    if run.engine.name == "host":
        raise EngineError(
            "no container engine answers: nothing could be run",
            remedy="start one, or ask without --pull",
        )
    return run, store.records(run.id), status


def _change(reasons: Sequence[Reason], trial: Trial) -> Change | None:
    """The change that may mend what the trial failed by, from the first prediction that came
    true."""
    if not trial.fails:
        return None
    for one in confronted(reasons, trial):
        if one.change is not None and one.standing is PredictionStanding.CONFIRMED:
            return one.change
    return None
