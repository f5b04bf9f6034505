"""Makes images: imports a root file system, or installs in a container and commits its files.

A build runs one or two containers of the base, under limits and without a network; what it needs
lies on a volume that is filled once. Docker and Podman build in the same way. All output goes to
the log.
"""

from __future__ import annotations

import json
from codecs import getincrementaldecoder
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from docker import APIClient

from harness.engines.oci import LABEL
from harness.engines.oci.builder import Builder
from harness.engines.oci.committing import commit, otherwise, settings_of
from harness.engines.oci.connection import disk_full, engine_errors, patience
from harness.engines.oci.containers import ContainerEnd, Streams, remove, run_container
from harness.engines.oci.images import inspect_image
from harness.engines.oci.owned import new_name
from harness.engines.oci.register import described
from harness.engines.oci.specification import BUILD_DIR, ROOT, ContainerSpec
from harness.engines.oci.volume import fill_volume, packed, remove_volume
from harness.engines.oci.watch import EventWatch, watching
from harness.engines.oci.whereabouts import cores_of
from harness.errors import EngineError
from harness.model import Outcome, Profile

IDLE_S = 600
"""Seconds without output after which a build is ended."""
TOTAL_S = 3600
"""Most seconds that a build may take."""
OUTPUT_BYTES = 64 * 1024**2
"""Most bytes that a build may print before it is ended: its log would fill the disk."""
PREPARING = Profile(name="preparing")
"""The limits for the setup code of source distributions; it can write only to the volume."""
INSTALLING = Profile(name="installing", writable=True, relaxations=("writable=true",))
"""The limits for installing, which runs no code of a distribution."""
_OVER_FILES = ("DAC_OVERRIDE", "FOWNER")
"""Capabilities that root needs to write into folders of a base that belong to other users, or that
nobody may write."""
KIND = "build"
_LAST_LINES = 12
_LINE = 1000
_PROOF_BYTES = 16 * 1024**2
_PASSED_ON = (Outcome.INTERFERED, Outcome.HOST_INCOMPATIBLE)


class BuildFailed(Exception):
    """A build ended without an image; the text has the cause and the last lines of output."""

    def __init__(self, reason: str, outcome: Outcome = Outcome.BUILD_FAILED) -> None:
        super().__init__(reason)
        self.outcome = outcome


@dataclass(frozen=True, kw_only=True, slots=True)
class ImageBuild:
    """An image to be made from another one, and the name that it gets."""

    name: str
    base: str
    """Id of the image that it is made from."""
    command: tuple[str, ...]
    """The command that runs as root in a container of the base, whose files become the image."""
    labels: Mapping[str, str]
    environment: tuple[tuple[str, str], ...] = ()
    """Environment variables that the image sets."""
    files: Mapping[str, Path | bytes] = field(default_factory=dict)
    """Content of BUILD_DIR (relative path -> bytes or file), read-only for `command`."""
    before: tuple[str, ...] = ()
    """A command that runs before, and can write only to BUILD_DIR; empty for none."""


def import_root(
    builder: Builder, tar: IO[bytes], name: str, labels: Mapping[str, str]
) -> dict[str, Any]:
    """Make an image from a root file system. Raises EngineError."""
    client = builder.client
    changes = [f"LABEL {json.dumps(key)}={json.dumps(value)}" for key, value in labels.items()]
    with engine_errors("importing a root file system"):
        answer = client.import_image_from_data(tar, repository=name, changes=changes)
        for line in str(answer).splitlines():
            status = json.loads(line)
            if "error" in status:
                raise EngineError(f"the engine refused a root file system: {status['error']}")
    found = inspect_image(client, name)
    if found is None:
        raise EngineError(f"the engine imported {name}, but does not have it")
    _keep(builder, name, found, "")
    return found


def _keep(builder: Builder, name: str, found: Mapping[str, Any], base: str) -> None:
    """Enter an image into the register of images built here, before anything else is done."""
    if built := described(name, found, base):
        builder.register.keep(built)


def build(builder: Builder, wanted: ImageBuild) -> dict[str, Any]:
    """Make the image. Raises BuildFailed, DiskFull, EngineError.

    Its settings are those of its base, plus the wanted labels and variables. The build's containers
    and volume are always removed; after a success, by `builder.later`.
    """
    client = builder.client
    base = inspect_image(client, wanted.base)
    if base is None:
        raise BuildFailed(f"its base {wanted.base} is gone", Outcome.INTERFERED)
    left = _Left()
    try:
        image = _image(builder, wanted, base.get("Config") or {}, left)
    except BaseException:
        left.remove(builder.client)
        raise
    builder.afterwards(left.remove)
    return image


@dataclass(frozen=True, slots=True)
class _Left:
    """The containers and volumes that a build has made beside its image."""

    containers: list[str] = field(default_factory=list)
    volumes: list[str] = field(default_factory=list)

    def remove(self, client: APIClient) -> None:
        """Remove containers, then volumes. Raises EngineError."""
        with ExitStack() as tidy:
            for volume in self.volumes:
                tidy.callback(remove_volume, client, volume)
            for container in self.containers:
                tidy.callback(remove, client, container)


def _image(
    builder: Builder, wanted: ImageBuild, settings: Mapping[str, Any], left: _Left
) -> dict[str, Any]:
    client = builder.client
    with ExitStack() as tidy:
        log = tidy.enter_context(_Log.opened(builder))
        watch = tidy.enter_context(watching(client))
        tidy.enter_context(patience(client, IDLE_S))
        volume = _volume(builder, wanted, left)
        if wanted.before:
            _ended(builder, watch, _spec(builder, wanted, volume, wanted.before), log, left)
        spec = _spec(builder, wanted, volume, wanted.command, becomes=settings)
        container = _ended(builder, watch, spec, log, left)
        told = settings_of(settings, wanted.labels, wanted.environment)

        def kept(found: Mapping[str, Any]) -> str:
            if other := otherwise(settings, told, found["Config"]):
                raise BuildFailed(f"the engine gave the image {'; '.join(other)}")
            _keep(builder, wanted.name, found, wanted.base)
            return wanted.name

        return commit(client, container, told, kept)


def _labels(builder: Builder) -> dict[str, str]:
    return {f"{LABEL}.kind": KIND, f"{LABEL}.owner": builder.workshop.owner}


def _volume(builder: Builder, wanted: ImageBuild, left: _Left) -> str:
    """Make a volume with what the build needs; return its name, empty if nothing is needed."""
    if not wanted.files:
        return ""
    name = new_name()
    left.volumes.append(name)
    fill_volume(builder.client, name, wanted.base, wanted.files, _labels(builder))
    return name


def _spec(
    builder: Builder,
    wanted: ImageBuild,
    volume: str,
    command: tuple[str, ...],
    becomes: Mapping[str, Any] | None = None,
) -> ContainerSpec:
    with engine_errors("saying what it is"):
        cores = cores_of(builder.client.info())
    return ContainerSpec(
        image=wanted.base,
        command=command,
        labels=_labels(builder),
        profile=PREPARING if becomes is None else INSTALLING,
        cores=cores,
        user=ROOT,
        volume=volume,
        volume_at=BUILD_DIR,
        volume_writable=becomes is None,
        becomes_image=becomes,
        capabilities=() if becomes is None else _OVER_FILES,
    )


class _Log:
    """Writes a build's output to the log, and keeps the last lines."""

    def __init__(self, out: IO[str], builder: Builder) -> None:
        self._out, self._stop = out, builder.workshop.stop
        self._left = OUTPUT_BYTES
        self._decoder = getincrementaldecoder("utf-8")("backslashreplace")
        self._line = ""
        self._lines: list[str] = []

    @classmethod
    @contextmanager
    def opened(cls, builder: Builder) -> Iterator[_Log]:
        with builder.log.open("a", encoding="utf-8", errors="backslashreplace") as out:
            yield cls(out, builder)

    def hear(self, piece: bytes) -> bool:
        """Take a piece of output; return False once the build should end."""
        self._left -= len(piece)
        text = self._decoder.decode(piece)
        self._out.write(text)
        self._out.flush()
        *whole, self._line = (self._line + text).split("\n")
        self._line = self._line[:_LINE]
        self._lines += [line[:_LINE] for line in whole if line.strip()]
        del self._lines[:-_LAST_LINES]
        return self._left >= 0 and not self._stop.is_set()

    @property
    def last(self) -> list[str]:
        """The last lines of output."""
        return [*self._lines, self._line][-_LAST_LINES:]


def _ended(builder: Builder, watch: EventWatch, spec: ContainerSpec, log: _Log, left: _Left) -> str:
    """Run a container to a good end; return its id. It is added to `left` in any case. Raises
    BuildFailed."""
    made = list[str]()
    if builder.workshop.stop.is_set():
        raise BuildFailed("it was stopped")
    streams = Streams(
        begin=None,
        heard=lambda piece: b"" if log.hear(piece) else None,
        noise=log.hear,
        deadline_s=TOTAL_S,
        idle_s=IDLE_S,
        going=lambda: not builder.workshop.stop.is_set(),
    )
    try:
        ended = run_container(builder.client, watch, spec, streams, made.append)
    finally:
        left.containers.extend(made)
    if ended.outcome is not Outcome.OK:
        raise _failed(builder, made, ended, log)
    return made[0]


def _failed(builder: Builder, made: list[str], ended: ContainerEnd, log: _Log) -> BuildFailed:
    """Return why a build failed. Raises DiskFull if the engine's disk is full."""
    if builder.workshop.stop.is_set():
        return BuildFailed("it was stopped")
    if made and disk_full("\n".join(log.last)):
        _ask_for_room(builder, made[0])
    outcome = ended.outcome if ended.outcome in _PASSED_ON else Outcome.BUILD_FAILED
    reason = ended.reason
    if ended.outcome is Outcome.OUTPUT_LIMIT:
        reason = f"it printed more than {OUTPUT_BYTES >> 20} MiB"
    if ended.outcome is Outcome.OUT_OF_MEMORY:
        reason = f"out of memory: {reason}"
    return BuildFailed("\n".join([reason, "last lines:", *log.last]), outcome)


def _ask_for_room(builder: Builder, container: str) -> None:
    """Test whether the engine can still write, since a build may print "disk full" without cause.

    Raises DiskFull if it cannot.
    """
    with engine_errors("looking whether it has room"):
        builder.client.put_archive(container, "/", packed({"room": bytes(_PROOF_BYTES)}))
