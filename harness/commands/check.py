"""`harness check`: may this old image be reused, here, and for what? Nothing is pulled or run,
unless that is asked for."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from pathlib import Path

from harness.check.host import TargetHost, supposing
from harness.check.page import CheckPage, page_of
from harness.check.reasons import Reason
from harness.check.rules import all_reasons
from harness.check.subject import Subject, subject_of
from harness.commands.host import described_host, this_host
from harness.errors import UsageError
from harness.images.archive import opened_archive
from harness.images.looking import Layer, look_inside
from harness.images.manifest import Form, platform_of
from harness.images.reading import read_image
from harness.images.reference import Reference, parse_reference
from harness.images.registry import Registry
from harness.images.remembered import Remembered
from harness.knowledge import frameworks
from harness.running.aloud import aloud
from harness.running.progress import Progress
from harness.running.session import AUTO, places

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
    """The engine that runs it."""


def check(asked: CheckRequest, progress: Progress | None = None) -> CheckPage:
    """The page on an image. Raises UsageError (also where the registry refuses), and
    RegistryUnreachable, WrongContent, UnsafeAddress; with `pull` what running raises.

    `progress` hears what is done while it runs; only `pull` needs it.
    """
    page, subject, host, reasons = look_at(asked)
    if asked.pull:
        from harness.commands.measure import try_image
        from harness.running.progress import progress_for

        progress = progress or progress_for(sys.stderr)
        trial = try_image(subject, host, reasons, progress, engine=asked.engine)
        page = page_of(subject, host, reasons, trial)
    return replace(page, instead=_instead(subject, host)) if asked.emit_cell else page


def look_at(asked: CheckRequest) -> tuple[CheckPage, Subject, TargetHost, tuple[Reason, ...]]:
    """What is foreseen of an image before anything of it is run: the page, and what it rests on.
    Raises what `check` raises."""
    if not asked.image and not asked.archive:
        raise UsageError("name one image, or a file with --archive")
    if asked.pull:
        _refuse_pull(asked)
    if asked.archive:
        host = _host(asked)
        subject = _of_file(asked.archive, host, asked.image)
    else:
        reference = parse_reference(asked.image)
        host = _host(asked)
        subject = _of_registry(reference, host, asked.static or asked.pull)
    reasons = tuple(all_reasons(subject, host))
    return page_of(subject, host, reasons), subject, host, reasons


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


def _of_registry(reference: Reference, host: TargetHost, static: bool) -> Subject:
    registry = Registry(reference=reference)
    memory = Remembered(folder=places().cache / "check")
    with aloud(f"asking the registry about {reference}"):
        reading = read_image(registry, memory, platform_of(host.machine))
    if not static or reading.form is not Form.IMAGE or reading.manifest is None:
        return subject_of(reading)
    # A registry that wants a token wants it for layers too: it may have answered from memory.
    registry.current()
    with aloud(f"reading the layers of {reference} as they come"):
        inside = look_inside(
            (
                Layer(
                    named=one.digest,
                    plain=False,
                    open=partial(registry.layer, one.digest, one.size),
                )
                for one in reading.manifest.layers
            ),
            frameworks.names(),
        )
    transport = registry.transport
    reading = replace(reading, requests=transport.requests, received=transport.received)
    return subject_of(reading, inside)


def _of_file(path: Path, host: TargetHost, wanted: str) -> Subject:
    with (
        aloud(f"reading the layers in {path}"),
        opened_archive(path, platform_of(host.machine), wanted) as archive,
    ):
        return subject_of(archive.reading, look_inside(archive.layers, frameworks.names()))


def _host(asked: CheckRequest) -> TargetHost:
    found = this_host() if asked.host == HERE else described_host(Path(asked.host))
    host = supposing(found, asked.gpu, asked.driver)
    return replace(host, date=date.today().isoformat())
