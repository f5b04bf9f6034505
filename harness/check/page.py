"""One page: the answer, what it rests on, and how to go on. A value that formats only lay out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from harness.check.host import TargetHost
from harness.check.reasons import (
    PredictionStanding,
    Reason,
    ReuseAnswer,
    Weight,
    answer_to,
    in_order,
)
from harness.check.subject import Subject
from harness.errors import Exit
from harness.knowledge.library import default_registry
from harness.text import clean_line, in_mb

if TYPE_CHECKING:
    from harness.check.trial import Trial
    from harness.compare.judgement import CellJudgement

_ROWS = ("framework", "python", "cuda", "cudnn", "system")


@dataclass(frozen=True, kw_only=True, slots=True)
class CheckPage:
    """What there is to say about one image for one host."""

    name: str
    digest: str
    answer: ReuseAnswer
    exit: Exit
    """What the command ends with: the answer's own status, but where running it was hindered."""
    purpose: str
    """For what; empty where nothing can be told."""
    reasons: tuple[Reason, ...]
    """The heaviest first."""
    promises: tuple[tuple[str, str, str], ...]
    """(what, as the tag promises, as the image says)."""
    host: tuple[tuple[str, str], ...]
    measured: tuple[tuple[str, str], ...]
    """How it was run here; empty: it was not."""
    instead: tuple[tuple[str, str], ...]
    """The cell that was written to be used instead; empty: none was asked for."""
    run: str
    """The command that starts it here; empty where it should not be."""
    cost: str
    """What asking cost."""
    notices: tuple[str, ...]


def page_of(
    subject: Subject, host: TargetHost, reasons: Iterable[Reason], trial: Trial | None = None
) -> CheckPage:
    """Put everything together; with a trial each reason is confronted with it. Pure: the same
    values, the same page."""
    if trial is not None:
        # Judging is much to import, and most pages are of images that nobody runs.
        from harness.check.confront import confronted, measured_reasons
        from harness.check.measured import measured_claims

        reasons = (*measured_reasons(subject, trial), *confronted(reasons, trial))
        claims = (*subject.claims, *measured_claims(trial.seen))
        subject = replace(subject, claims=claims)
    ordered = in_order(reasons)
    answer = answer_to(ordered)
    reading = subject.reading
    return CheckPage(
        name=_name(subject),
        digest=reading.digest,
        answer=answer,
        exit=_exit(answer, ordered, trial),
        purpose=_purpose(subject, answer, ordered),
        reasons=ordered,
        promises=tuple(
            (what, subject.promised(what), _own(subject, what))
            for what in _ROWS
            if subject.said(what)
        ),
        host=_host_rows(host),
        measured=_measured(trial),
        instead=(),
        run=_run(subject, host, answer, ordered),
        cost=_cost(subject, trial),
        notices=reading.notices,
    )


def _name(subject: Subject) -> str:
    """As a person writes it: without the registry that is meant anyway."""
    default = default_registry()
    name = subject.reading.name.removeprefix(f"{default.name}/")
    return name.removeprefix(f"{default.namespace}/")


def _purpose(subject: Subject, answer: ReuseAnswer, reasons: Iterable[Reason]) -> str:
    if not subject.version or answer is ReuseAnswer.UNTOLD:
        return ""
    python = subject.said("python")
    what = f"{subject.framework} {subject.version}" + (f" on Python {python}" if python else "")
    if answer is ReuseAnswer.NOT:
        return what
    gpu = subject.for_gpu and not _cpu_only(reasons)
    return f"{what}, for the {'CPU and the GPU' if gpu else 'CPU'}"


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
        ("CPU", f"{host.cpu or 'not named'} ({', '.join(avx) or 'no AVX'})"),
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


def _run(subject: Subject, host: TargetHost, answer: ReuseAnswer, reasons: Iterable[Reason]) -> str:
    if answer in (ReuseAnswer.NOT, ReuseAnswer.UNTOLD) or subject.reading.reference is None:
        return ""
    known = {reason.explain for reason in reasons if reason.weight is Weight.CHANGE}
    options = ["--rm", "-it"]
    build = subject.build
    if subject.for_gpu and host.gpus and not _cpu_only(reasons):
        options.append("--gpus all")
        if "ptx-jit-slow" in known:
            options.append("-e CUDA_CACHE_MAXSIZE=2147483648 -v compiled:/root/.nv/ComputeCache")
    elif subject.for_gpu and build and build.links_cuda:
        options.append("--gpus all -e CUDA_VISIBLE_DEVICES= -e NVIDIA_DISABLE_REQUIRE=1")
    if subject.said("jupyter"):
        options.append(f"-p 127.0.0.1:8888:{subject.said('jupyter')}")
    return f"docker run {' '.join(options)} {_name(subject)}"


def _exit(answer: ReuseAnswer, reasons: Iterable[Reason], trial: Trial | None) -> Exit:
    """A hindrance that was foreseen is an answer; another one leaves it incomplete."""
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


def _cost(subject: Subject, trial: Trial | None) -> str:
    reading = subject.reading
    if reading.archived:
        return "read from a file: nothing unpacked, nothing run"
    count = f"{reading.requests} request{'s' if reading.requests != 1 else ''}"
    if subject.inside is not None:
        ran = ", then pulled and run" if trial is not None else ", nothing kept, nothing run"
        return f"{count}, {in_mb(reading.received)} looked through{ran}"
    if trial is not None:
        return f"{count}, {reading.received / 1024:.1f} KiB, then pulled and run"
    kept = "; unchanged since it was last asked" if reading.remembered else ""
    return f"{count}, {reading.received / 1024:.1f} KiB, nothing pulled{kept}"


def shown_name(page: CheckPage) -> str:
    """The image's name on one line."""
    return clean_line(page.name, 300)
