"""`harness check`: may this old image be reused, here, and for what? Nothing is pulled or run,
unless that is asked for."""

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
    """A file instead of a registry; `image` then says which of several in it is meant."""
    static: bool = False
    """Whether to look inside; an archive always is looked into."""
    host: str = HERE
    """`here`, or a file that `harness host` wrote."""
    gpu: str = ""
    driver: str = ""
    pull: bool = False
    """Whether to look inside, pull and run it here, and hold what was foreseen against that."""
    emit_cell: bool = False
    """Whether to write a cell that works here instead."""
    engine: str = AUTO
    """The engine that is looked on first, and that runs it."""
    registry: bool = False
    """Whether its registry is asked, even where the engine has it."""

    @property
    def first_asked(self) -> str:
        """The engine that is asked before a registry is; empty: none. What lies on the engine here
        says nothing of what another host would pull."""
        return self.engine if self.host == HERE and not self.registry else ""


def check(asked: CheckRequest, progress: Progress | None = None) -> CheckPage:
    """The page on an image. Raises UsageError (also where the registry refuses), and
    RegistryUnreachable, WrongContent, UnsafeAddress; with `pull` what running raises.

    `progress` hears what is done while it runs; only `pull` needs it.
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
    """What is foreseen of an image before anything of it is run: the page, and what it rests on.
    Raises what `check` raises."""
    if asked.pull:
        _refuse_pull(asked)
    wanted = wanted_by(asked)
    host = host_of(asked)
    subject = found(wanted, host)
    reasons = tuple(all_reasons(subject, host))
    return page_of(subject, host, reasons), subject, host, reasons


def wanted_by(asked: CheckRequest) -> WantedImage:
    """The image that is asked about. Raises UsageError where there is none, or no name of one:
    before the host is looked at, which takes longer."""
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
    """The page, once it is kept what the tag named today; a notice where it could not be."""
    here = asked.host == HERE and not asked.gpu and not asked.driver
    when = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    sighting = sighting_of(subject, when, str(page.answer) if here else "", run)
    reference = subject.reading.reference
    if sighting is None or reference is None:
        return page
    why = memory_of(subject).keep(reference, sighting)
    if not why:
        return page
    notice = f"what the tag names today could not be kept: {why}"
    return replace(page, notices=(*page.notices, notice))


def _instead(subject: Subject, host: TargetHost) -> tuple[tuple[str, str], ...]:
    """Write a cell that works here; what was written, for the page."""
    from harness.commands.emit import emit_cell

    found, folder = emit_cell(subject, host, None, lambda line: print(line, file=sys.stderr))
    return (
        ("cell", found.cell.id),
        ("why", found.why),
        ("written", f"{folder}/: matrix.yaml, dockerfiles, lock"),
        ("run it", f"harness run --suite {folder}"),
    )


def _refuse_pull(asked: CheckRequest) -> None:
    """Raise UsageError for what cannot be run here, or says nothing of the host that is meant."""
    if asked.archive:
        raise UsageError(
            "an archive is in no registry: it cannot be pulled",
            remedy="docker load it, push it to a registry of your own, then check that; or name "
            "it as `image:` of a cell in a matrix.yaml, then `harness run`",
        )
    if asked.host != HERE or asked.gpu or asked.driver:
        raise UsageError(
            "what is foreseen for another host cannot be tried on this one",
            remedy="give --pull without --host, --gpu and --driver, or run it there",
        )


def host_of(asked: CheckRequest) -> TargetHost:
    """The host that is meant. Raises UsageError."""
    found = this_host() if asked.host == HERE else described_host(Path(asked.host))
    host = supposing(found, asked.gpu, asked.driver)
    return replace(host, date=date.today().isoformat())
