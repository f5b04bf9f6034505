"""One page: the answer, what it rests on, and how to go on. A value that formats only lay out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from harness.check.host import Host
from harness.check.reasons import Answer, Reason, Weight, answer_to, in_order
from harness.check.reference import default_registry
from harness.check.subject import Subject
from harness.text import clean_line

_ROWS = ("framework", "python", "cuda", "cudnn", "system")


@dataclass(frozen=True, kw_only=True, slots=True)
class Page:
    """What there is to say about one image for one host."""

    name: str
    digest: str
    answer: Answer
    purpose: str
    """For what; empty where nothing can be told."""
    reasons: tuple[Reason, ...]
    """The heaviest first."""
    promises: tuple[tuple[str, str, str], ...]
    """(what, as the tag promises, as the image says)."""
    host: tuple[tuple[str, str], ...]
    run: str
    """The command that starts it here; empty where it should not be."""
    cost: str
    """What asking cost."""
    notices: tuple[str, ...]


def page_of(subject: Subject, host: Host, reasons: Iterable[Reason]) -> Page:
    """Put everything together. Pure: the same values, the same page."""
    ordered = in_order(reasons)
    answer = answer_to(ordered)
    reading = subject.reading
    return Page(
        name=_name(subject),
        digest=reading.digest,
        answer=answer,
        purpose=_purpose(subject, answer),
        reasons=ordered,
        promises=tuple(
            (what, subject.promised(what), _own(subject, what))
            for what in _ROWS
            if subject.said(what)
        ),
        host=_host_rows(host),
        run=_run(subject, host, answer, ordered),
        cost=_cost(subject),
        notices=reading.notices,
    )


def _name(subject: Subject) -> str:
    """As a person writes it: without the registry that is meant anyway."""
    default = default_registry()
    name = subject.reading.name.removeprefix(f"{default.name}/")
    return name.removeprefix(f"{default.namespace}/")


def _purpose(subject: Subject, answer: Answer) -> str:
    if not subject.version or answer is Answer.UNTOLD:
        return ""
    python = subject.said("python")
    what = f"{subject.framework} {subject.version}" + (f" on Python {python}" if python else "")
    if answer is Answer.NOT:
        return what
    gpu = subject.for_gpu and answer is not Answer.CPU
    return f"{what}, for the {'CPU and the GPU' if gpu else 'CPU'}"


def _own(subject: Subject, what: str) -> str:
    claims = [one for one in subject.all(what) if one.origin != "tag"]
    return f"{claims[0].value} ({claims[0].origin})" if claims else ""


def _host_rows(host: Host) -> tuple[tuple[str, str], ...]:
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


def _run(subject: Subject, host: Host, answer: Answer, reasons: Iterable[Reason]) -> str:
    if answer in (Answer.NOT, Answer.UNTOLD) or subject.reading.reference is None:
        return ""
    known = {reason.explain for reason in reasons if reason.weight is Weight.CHANGE}
    options = ["--rm", "-it"]
    build = subject.build
    if subject.for_gpu and host.gpus and answer is not Answer.CPU:
        options.append("--gpus all")
        if "ptx-jit-slow" in known:
            options.append("-e CUDA_CACHE_MAXSIZE=2147483648 -v compiled:/root/.nv/ComputeCache")
    elif subject.for_gpu and build and build.links_cuda:
        options.append("--gpus all -e CUDA_VISIBLE_DEVICES= -e NVIDIA_DISABLE_REQUIRE=1")
    if subject.said("jupyter"):
        options.append(f"-p 127.0.0.1:8888:{subject.said('jupyter')}")
    return f"docker run {' '.join(options)} {_name(subject)}"


def _cost(subject: Subject) -> str:
    reading = subject.reading
    if reading.archived:
        return "read from a file: nothing unpacked, nothing run"
    count = f"{reading.requests} request{'s' if reading.requests != 1 else ''}"
    if subject.inside is not None:
        return f"{count}, {reading.received / 1e6:.0f} MB looked through, nothing kept, nothing run"
    kept = "; unchanged since it was last asked" if reading.remembered else ""
    return f"{count}, {reading.received / 1024:.1f} KiB, nothing pulled{kept}"


def shown_name(page: Page) -> str:
    """The image's name on one line."""
    return clean_line(page.name, 300)
