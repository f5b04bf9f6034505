"""`harness check`: may this old image be reused, here, and for what? It pulls and runs nothing
unless asked to."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path

from harness.check.host import TargetHost, supposing
from harness.check.page import CheckPage, page_of
from harness.check.reasons import Reason
from harness.check.rules import all_reasons
from harness.check.sighted import sighting_of
from harness.check.subject import Subject
from harness.commands.host import described_host, this_host
from harness.errors import UsageError
from harness.images.reference import parse_reference
from harness.running.found import WantedImage, found, memory_of
from harness.running.progress import Progress
from harness.running.session import AUTO

HERE = "here"


@dataclass(frozen=True, kw_only=True, slots=True)
class CheckRequest:
    """What was asked on the command line."""

    image: str = ""
    archive: Path | None = None
    """A file to read instead of a registry; `image` then selects one of several images in it."""
    static: bool = False
    """Whether to look inside the image; an archive is always looked into."""
    host: str = HERE
    """`here`, or a file written by `harness host`."""
    gpu: str = ""
    driver: str = ""
    pull: bool = False
    """Whether to look inside, pull and run the image here, and compare the predictions with
    that."""
    emit_cell: bool = False
    """Whether to write a cell that works here as a replacement."""
    engine: str = AUTO
    """The engine that is searched first, and that runs the image."""
    registry: bool = False
    """Whether to ask the registry even if the engine has the image."""

    @property
    def first_asked(self) -> str:
        """The engine that is searched before a registry; empty if none is. What an engine here has
        says nothing about what another host would pull."""
        return self.engine if self.host == HERE and not self.registry else ""


def check(asked: CheckRequest, progress: Progress | None = None) -> CheckPage:
    """The page on an image. Raises UsageError (also if the registry refuses), RegistryUnreachable,
    WrongContent, UnsafeAddress; with `pull` also whatever running raises.

    `progress` is told about steps while they run; only `pull` needs it.
    """
    page, subject, host, reasons = look_at(asked)
    if not asked.pull:
        page = _remembered(page, subject, asked)
    else:
        from harness.commands.measure import try_image
        from harness.running.progress import progress_for

        progress = progress or progress_for(sys.stderr)
        trial = try_image(subject, host, reasons, progress, engine=asked.engine)
        page = page_of(subject, host, reasons, trial)
        page = _remembered(page, subject, asked, trial.run if trial.works else "")
    return replace(page, instead=_instead(subject, host)) if asked.emit_cell else page


def look_at(asked: CheckRequest) -> tuple[CheckPage, Subject, TargetHost, tuple[Reason, ...]]:
    """Predict what will happen with an image before anything of it is run: the page, and what it
    rests on. Raises what `check` raises."""
    if asked.pull:
        _refuse_pull(asked)
    wanted = wanted_by(asked)
    host = host_of(asked)
    subject = found(wanted, host)
    reasons = tuple(all_reasons(subject, host))
    return page_of(subject, host, reasons), subject, host, reasons


def wanted_by(asked: CheckRequest) -> WantedImage:
    """The image of the request. Raises UsageError if there is none or its name is invalid, before
    the slower inspection of the host."""
    if not asked.image and not asked.archive:
        raise UsageError("name one image, or a file with --archive")
    if not asked.archive:
        parse_reference(asked.image)
    return WantedImage(
        name=asked.image,
        archive=asked.archive,
        inside=asked.static or asked.pull,
        engine=asked.first_asked,
    )


def _remembered(page: CheckPage, subject: Subject, asked: CheckRequest, run: str = "") -> CheckPage:
    """The page, after remembering which digest the tag has today; with a notice if that failed."""
    here = asked.host == HERE and not asked.gpu and not asked.driver
    when = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    sighting = sighting_of(subject, when, str(page.answer) if here else "", run)
    reference = subject.reading.reference
    if sighting is None or reference is None:
        return page
    why = memory_of(subject).keep(reference, sighting)
    if not why:
        return page
    notice = f"the digest that the tag has today could not be stored: {why}"
    return replace(page, notices=(*page.notices, notice))


def _instead(subject: Subject, host: TargetHost) -> tuple[tuple[str, str], ...]:
    """Write a cell that works here; returns what was written, for the page."""
    from harness.commands.emit import emit_cell

    found, folder = emit_cell(subject, host, None, lambda line: print(line, file=sys.stderr))
    return (
        ("cell", found.cell.id),
        ("why", found.why),
        ("written", f"{folder}/: matrix.yaml, dockerfiles, lock"),
        ("run it", f"harness run --suite {folder}"),
    )


def _refuse_pull(asked: CheckRequest) -> None:
    """Raise UsageError for images that cannot be run here, or whose run would say nothing about the
    target host."""
    if asked.archive:
        raise UsageError(
            "an archive cannot be pulled: it is in no registry",
            remedy="docker load it, push it to a registry of your own, then check that; or name "
            "it as `image:` of a cell in a matrix.yaml, then `harness run`",
        )
    if asked.host != HERE or asked.gpu or asked.driver:
        raise UsageError(
            "--pull runs the image on this host, which says nothing about another one",
            remedy="leave out --host, --gpu and --driver, or run the check on that host",
        )


def host_of(asked: CheckRequest) -> TargetHost:
    """The target host. Raises UsageError."""
    found = this_host() if asked.host == HERE else described_host(Path(asked.host))
    host = supposing(found, asked.gpu, asked.driver)
    return replace(host, date=date.today().isoformat())
