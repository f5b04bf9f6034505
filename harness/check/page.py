"""The result of `harness check` for one image: the answer, its reasons, and how to go on.

It is a value; the formats only lay it out.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from harness.check.host import TargetHost
from harness.check.reasons import (
    BY_ANSWER,
    PredictionStanding,
    Reason,
    ReuseAnswer,
    Weight,
    answer_to,
    in_order,
    without_empty_praise,
)
from harness.check.start import command
from harness.check.subject import Subject
from harness.errors import Exit
from harness.knowledge.library import default_registry
from harness.text import in_mb

if TYPE_CHECKING:
    from harness.check.trial import Trial
    from harness.compare.judgement import CellJudgement

_ROWS = ("framework", "python", "cuda", "cudnn", "system")


@dataclass(frozen=True, kw_only=True, slots=True)
class CheckPage:
    """Everything that is said about one image for one host."""

    name: str
    digest: str
    answer: ReuseAnswer
    exit: Exit
    """The exit status: that of the answer, unless something prevented the image from being run."""
    purpose: str
    """What the image can be used for, from what was found in it and never from what its tag
    promises; empty where nothing is known."""
    because: str
    """Title of the reason that the answer rests on; empty where there is none."""
    reasons: tuple[Reason, ...]
    """The heaviest first."""
    promises: tuple[tuple[str, str, str], ...]
    """(subject, value that the tag promises, value that the image gives)."""
    host: tuple[tuple[str, str], ...]
    measured: tuple[tuple[str, str], ...]
    """How the image was run here; empty if it was not."""
    instead: tuple[tuple[str, str], ...]
    """The cell that was written to be used instead; empty if none was asked for."""
    unlooked: tuple[str, ...]
    """What nobody examined, and what a positive answer therefore does not cover."""
    run: str
    """The command that starts the image here; empty where it should not be started."""
    cost: str
    """What reading the image cost: requests, bytes, whether it was run."""
    notices: tuple[str, ...]


def page_of(
    subject: Subject, host: TargetHost, reasons: Iterable[Reason], trial: Trial | None = None
) -> CheckPage:
    """Put the page together. With a trial, each reason is compared with what the trial showed.

    Pure: the same values give the same page.
    """
    if trial is not None:
        # Judging takes long to import, and most checks do not run the image.
        from harness.check.confront import confronted, measured_reasons
        from harness.check.measured import measured_claims

        reasons = (*measured_reasons(subject, trial), *confronted(reasons, trial))
        claims = (*subject.claims, *measured_claims(trial.seen))
        subject = replace(subject, claims=claims)
    ordered = in_order(without_empty_praise(reasons))
    answer = answer_to(ordered)
    reading = subject.reading
    return CheckPage(
        name=name_of(subject),
        digest=reading.digest,
        answer=answer,
        exit=_exit(answer, ordered, trial),
        purpose=_purpose(subject, host, answer, ordered),
        because=_because(answer, ordered),
        reasons=ordered,
        promises=tuple(
            (what, subject.promised(what), _own(subject, what))
            for what in _ROWS
            if subject.said(what)
        ),
        host=_host_rows(host),
        measured=_measured(trial),
        instead=(),
        unlooked=_unlooked(subject, answer, trial),
        run=command(subject, host, answer, ordered, name_of(subject)),
        cost=cost_of(subject, trial),
        notices=reading.notices,
    )


def name_of(subject: Subject) -> str:
    """The image's name as a person writes it: without the default registry."""
    default = default_registry()
    name = subject.reading.name.removeprefix(f"{default.name}/")
    return name.removeprefix(f"{default.namespace}/")


def _purpose(
    subject: Subject, host: TargetHost, answer: ReuseAnswer, reasons: Iterable[Reason]
) -> str:
    found = subject.found("framework")
    if " " not in found or answer is ReuseAnswer.UNTOLD:
        return ""
    python = subject.found("python")
    what = found + (f" on Python {python}" if python else "")
    if answer is ReuseAnswer.NOT:
        return what
    gpu = subject.for_gpu_of(host) and not _cpu_only(reasons)
    return f"{what}, for the {'CPU and the GPU' if gpu else 'CPU'}"


def _because(answer: ReuseAnswer, ordered: tuple[Reason, ...]) -> str:
    """The title of the first of the heaviest reasons.

    If a change is needed even to run on the CPU, that change is the reason for the answer; what
    keeps the image from the GPU is listed below it.
    """
    if answer is ReuseAnswer.CHANGES:
        weights = (Weight.CHANGE,)
        ordered = tuple(sorted(ordered, key=lambda one: not one.needed))
    else:
        weights = BY_ANSWER[answer]
    return next((one.title for one in ordered if one.weight in weights), "")


def _unlooked(subject: Subject, answer: ReuseAnswer, trial: Trial | None) -> tuple[str, ...]:
    """What a positive answer does not cover, because nobody examined it."""
    if answer in (ReuseAnswer.NOT, ReuseAnswer.UNTOLD):
        return ()
    ran = trial is not None and trial.settled
    rows = []
    if subject.inside is None:
        rows.append(
            "its layers: libraries and their symbols, requirements, damage; "
            "look at them with --static"
        )
    elif not ran:
        rows.append("libraries that are opened at run time under a name that is computed")
    rows.append("the standard library of its Python, and the system's own packages")
    if not ran:
        rows.append("whether it really runs; try it with --pull")
    elif trial is not None and not trial.as_is.cell.gpu:
        rows.append("what it does on a GPU: it was run without one")
    return tuple(rows)


def _cpu_only(reasons: Iterable[Reason]) -> bool:
    return any(reason.weight is Weight.CPU for reason in reasons)


def _own(subject: Subject, what: str) -> str:
    claims = [one for one in subject.all(what) if one.origin != "tag"]
    return f"{claims[0].value} ({claims[0].origin})" if claims else ""


def _host_rows(host: TargetHost) -> tuple[tuple[str, str], ...]:
    avx = [flag for flag in ("avx", "avx2", "avx512f") if flag in host.flags]
    engine = host.engine
    rows = (
        ("system", ", ".join(part for part in (host.system, host.machine, host.kernel) if part)),
        ("CPU", f"{host.cpu or 'not named'} ({', '.join(avx) or 'no AVX'}){_share(host)}"),
        ("engine", f"{engine.name} {engine.version}" if engine else "none"),
        (
            "GPU",
            ", ".join(
                f"{gpu.name} ({gpu.capability or 'capability not known'})"
                for gpu in dict.fromkeys(host.gpus)
            )
            or "none",
        ),
        ("driver", host.driver),
        ("assumed", ", ".join(host.assumed)),
    )
    return tuple((name, value) for name, value in rows if value)


def _share(host: TargetHost) -> str:
    """The share of processor time that the host may use, where it is limited."""
    return f", the time of {host.quota:g} of {host.cores} processors" if host.throttled else ""


def _exit(answer: ReuseAnswer, reasons: Iterable[Reason], trial: Trial | None) -> Exit:
    """The exit status. If something prevented the image from being run, the result is incomplete,
    unless a reason had predicted exactly that."""
    if trial is None or trial.status is not Exit.OK:
        return answer.exit if trial is None else trial.status
    foreseen = any(
        one.weight is Weight.BLOCKS and one.standing is PredictionStanding.CONFIRMED
        for one in reasons
    )
    return Exit.INFRASTRUCTURE if trial.kept_from and not foreseen else answer.exit


def _measured(trial: Trial | None) -> tuple[tuple[str, str], ...]:
    if trial is None:
        return ()
    judgement = trial.as_is
    rows = [("run", f"{trial.run} on {trial.engine}; harness report {trial.run}")]
    rows.append(("as it is", _ladder(judgement)))
    if trial.changed is not None:
        changed = trial.changed
        told = f"{changed.change.told}: {_ladder(changed.judgement)}; harness report {changed.run}"
        rows.append(("changed", told))
    return (*rows, ("took", f"{trial.seconds:.0f} s"))


def _ladder(judgement: CellJudgement) -> str:
    level, told = judgement.level, str(judgement.verdict)
    accuracy = judgement.headline.accuracy
    learnt = f", test accuracy {accuracy:.4f}" if accuracy is not None else ""
    return f"{level} ({level.meaning}){learnt}: {told}"


def cost_of(subject: Subject, trial: Trial | None = None) -> str:
    """What it cost to read the image, in words: where it was read, requests, bytes."""
    reading = subject.reading
    if reading.archived:
        return "read from a file: nothing unpacked, nothing run"
    if reading.engine:
        ran = "run there" if trial is not None else "nothing run"
        return f"found on the engine here ({reading.engine}): no registry was asked, {ran}"
    count = f"{reading.requests} request{'s' if reading.requests != 1 else ''}"
    if subject.inside is not None:
        ran = ", then pulled and run" if trial is not None else ", nothing kept, nothing run"
        return f"{count}, {in_mb(reading.received)} looked through{ran}"
    if trial is not None:
        return f"{count}, {reading.received / 1024:.1f} KiB, then pulled and run"
    kept = "; unchanged since it was last asked" if reading.remembered else ""
    return f"{count}, {reading.received / 1024:.1f} KiB, nothing pulled{kept}"
