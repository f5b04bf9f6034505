"""Finds an image on a local engine, in its registry, or in an archive file."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import BinaryIO, cast

from harness.check.host import TargetHost
from harness.check.subject import Subject, subject_of
from harness.engines.oci.held import HeldImage, held_images
from harness.errors import InfrastructureError
from harness.images.archive import opened_archive
from harness.images.held import is_called, reading_of_held
from harness.images.looking import Layer, look_inside
from harness.images.manifest import Form, platform_of
from harness.images.reading import read_image
from harness.images.reference import Reference, parse_reference
from harness.images.registry import Registry
from harness.images.remembered import Remembered
from harness.images.sightings import SeenTags
from harness.knowledge import frameworks
from harness.running.aloud import aloud
from harness.running.session import places


@dataclass(frozen=True, kw_only=True, slots=True)
class WantedImage:
    """The name of an image, and where and how to look for it."""

    name: str
    """As for `docker pull`; with `archive`, which of several images in the file is meant."""
    archive: Path | None = None
    inside: bool = False
    """Whether to read its layers; the layers of an archive are always read."""
    engine: str = ""
    """The engine to ask first, or `auto`; if empty, only the registry is asked."""


def found(wanted: WantedImage, host: TargetHost) -> Subject:
    """Find the image, with what its tag stood for earlier.

    Raises UsageError (also if the registry refuses), RegistryUnreachable, WrongContent,
    UnsafeAddress and EngineError.
    """
    if wanted.archive:
        return _of_file(wanted.archive, host, wanted.name)
    reference = parse_reference(wanted.name)
    unanswered: list[str] = []
    held = _held(wanted, reference, unanswered)
    if held is None:
        subject = _of_registry(reference, host, wanted.inside)
    else:
        subject = _of_engine(held, reference, host, wanted.inside)
    # The answer may be about another image than the engine's own, so it says that nobody looked.
    reading = replace(subject.reading, notices=(*subject.reading.notices, *unanswered))
    subject = replace(subject, reading=reading)
    return replace(subject, seen=memory_of(subject).before(reference))


def on_engine(wanted: WantedImage, host: TargetHost) -> Subject | None:
    """Like `found`, but without asking a registry: None if the engine has no such image."""
    reference = parse_reference(wanted.name)
    held = _held(wanted, reference, [])
    if held is None:
        return None
    subject = _of_engine(held, reference, host, wanted.inside)
    return replace(subject, seen=memory_of(subject).before(reference))


def memory_of(subject: Subject) -> SeenTags:
    """The record of what its tag stood for earlier; each engine has tags of its own."""
    engine = subject.reading.engine.partition(" ")[0]
    return SeenTags(folder=places().tags, place=engine)


def _held(wanted: WantedImage, reference: Reference, unanswered: list[str]) -> HeldImage | None:
    """What a local engine has under that name. `unanswered` gets a notice for each engine that is
    there and does not answer."""
    if not wanted.engine:
        return None
    with aloud(f"asking the engine here about {reference}"):
        images = held_images(wanted.name, wanted.engine, unanswered.append)
        # An image may also be named by its whole id.
        return next(
            (
                one
                for one in images
                if one.inspected["Id"] == wanted.name or is_called(one.inspected, reference)
            ),
            None,
        )


def _of_engine(held: HeldImage, reference: Reference, host: TargetHost, inside: bool) -> Subject:
    version = next((one.version for one in host.engines if one.name == held.engine), "")
    told = f"{held.engine} {version}".strip()
    reading = reading_of_held(held.inspected, held.history, reference, told)
    if not inside:
        return subject_of(reading)
    with (
        aloud(f"reading the layers of {reference} as {held.engine} sends them"),
        saved(held) as stream,
        opened_archive(Path(str(reference)), platform_of(host.machine), stream=stream) as archive,
    ):
        return subject_of(reading, look_inside(archive.layers, frameworks.names()))


@contextmanager
def saved(held: HeldImage) -> Iterator[BinaryIO]:
    """Save the image, as `docker save` does, to a temporary file without a name.

    The whole is needed before it can be read: an engine sends the list of the layers last, and the
    layers in no particular order.
    """
    cache = places().cache
    with ExitStack() as stack:
        try:
            cache.mkdir(parents=True, exist_ok=True)
            stream = stack.enter_context(tempfile.TemporaryFile(dir=cache))
            for chunk in held.saved():
                stream.write(chunk)
            stream.seek(0)
        except OSError as error:
            raise InfrastructureError(
                f"the image could not be saved in {cache}: {error.strerror or error}",
                remedy="free space there, or name another cache with HARNESS_CACHE=FOLDER; without "
                "--static nothing is written",
            ) from error
        yield cast("BinaryIO", stream)


def _of_registry(reference: Reference, host: TargetHost, inside: bool) -> Subject:
    registry = Registry(reference=reference)
    memory = Remembered(folder=places().cache / "check")
    with aloud(f"asking the registry about {reference}"):
        reading = read_image(registry, memory, platform_of(host.machine))
    if not inside or reading.form is not Form.IMAGE or reading.manifest is None:
        return subject_of(reading)
    # The manifest may have come from the cache. A registry that requires a token requires it for
    # layers too.
    registry.current()
    with aloud(f"reading the layers of {reference} as they come"):
        looked = look_inside(
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
    return subject_of(reading, looked)


def _of_file(path: Path, host: TargetHost, wanted: str) -> Subject:
    with (
        aloud(f"reading the layers in {path}"),
        opened_archive(path, platform_of(host.machine), wanted) as archive,
    ):
        return subject_of(archive.reading, look_inside(archive.layers, frameworks.names()))
