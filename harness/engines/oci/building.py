"""Making images: importing a root file system, installing in a container whose files become one.

A build is a container of the base, or two, under limits, with the network off; what it needs lies
on a volume that is filled once. One way for Docker and Podman. All that it prints goes to the log.
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
"""A build that prints nothing for so long is given up."""
TOTAL_S = 3600
"""No build takes longer."""
OUTPUT_BYTES = 64 * 1024**2
"""A build that prints more is given up: its log would fill the disk."""
PREPARING = Profile(name="preparing")
"""What the setup code of source distributions runs under: of all files it can write the volume
alone."""
INSTALLING = Profile(name="installing", writable=True, relaxations=("writable=true",))
"""What installing runs under; no code of a distribution does."""
_OVER_FILES = ("DAC_OVERRIDE", "FOWNER")
"""What root needs to write where a base gives its folders to somebody else, or to nobody."""
KIND = "build"
_LAST_LINES = 12
_LINE = 1000
_PROOF_BYTES = 16 * 1024**2
_PASSED_ON = (Outcome.INTERFERED, Outcome.HOST_INCOMPATIBLE)


class BuildFailed(Exception):
    """A build ended without an image; carries the cause and the last lines, for a record."""

    def __init__(self, reason: str, outcome: Outcome = Outcome.BUILD_FAILED) -> None:
        super().__init__(reason)
        self.outcome = outcome


@dataclass(frozen=True, kw_only=True, slots=True)
class ImageBuild:
    """An image to be made of another one, and the name it gets."""

    name: str
    base: str
    """Id of the image it is made of."""
    command: tuple[str, ...]
    """What runs as root in a container of the base, whose files become the image."""
    labels: Mapping[str, str]
    environment: tuple[tuple[str, str], ...] = ()
    """Variables it sets."""
    files: Mapping[str, Path | bytes] = field(default_factory=dict)
    """Relative path -> content of BUILD_DIR, which `command` can read only."""
    before: tuple[str, ...] = ()
    """What runs before, where BUILD_DIR is the only folder that can be written; empty: nothing."""


def import_root(
    builder: Builder, tar: IO[bytes], name: str, labels: Mapping[str, str]
) -> dict[str, Any]:
    """Make an image of a root file system. Raises EngineError."""
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
    """Write down that it was built here, before anything else is done."""
    if built := described(name, found, base):
        builder.register.keep(built)


def build(builder: Builder, wanted: ImageBuild) -> dict[str, Any]:
    """Make the image. Raises BuildFailed, DiskFull, EngineError.

    Its settings are those of its base but for the labels and variables that are wanted. Its
    containers and its volume are removed in any case; after a success as `builder.later` does it.
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
    """What a build has made on the engine beside its image."""

    containers: list[str] = field(default_factory=list)
    volumes: list[str] = field(default_factory=list)

    def remove(self, client: APIClient) -> None:
        """Remove all of it, the last first. Raises EngineError."""
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
    """The name of a volume with what the build needs; empty where that is nothing."""
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
    """Hears what a build prints: all of it goes to the log, the last lines are kept."""

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
        """False: it is enough."""
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
        """The last lines."""
        return [*self._lines, self._line][-_LAST_LINES:]


def _ended(builder: Builder, watch: EventWatch, spec: ContainerSpec, log: _Log, left: _Left) -> str:
    """A container that has ended well; it is in `left` in any case. Raises BuildFailed."""
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
    """Why a build failed. Raises DiskFull where the engine has no room."""
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
    """Whoever prints that a disk is full may be lying: the engine knows. Raises DiskFull."""
    with engine_errors("looking whether it has room"):
        builder.client.put_archive(container, "/", packed({"room": bytes(_PROOF_BYTES)}))
