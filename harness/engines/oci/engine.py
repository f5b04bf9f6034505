"""The container engine: the implementation of both docker and podman."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from secrets import token_hex
from types import TracebackType
from typing import Any, Self

from docker import APIClient

from harness.engines import GoneInPassError, Obtained, Pass, Performed, Say, Workshop
from harness.engines.files import FileReader, opinion_of
from harness.engines.guestwork import (
    START,
    START_AT_HOME,
    exchange_of,
    guest_data,
    needs_its_home,
    printed,
    runner_command,
    with_beginning,
)
from harness.engines.oci import LABEL
from harness.engines.oci.builder import builder_for
from harness.engines.oci.capabilities import Capabilities
from harness.engines.oci.cells import obtain
from harness.engines.oci.concluded import performed
from harness.engines.oci.connection import connect, engine_errors, row_of, told_of
from harness.engines.oci.containers import Streams, run_container
from harness.engines.oci.dockerfile.leavings import sweep_builds
from harness.engines.oci.files import read_image_files
from harness.engines.oci.gpu import GPU_NEEDED, NO_HOOK, GpuHook, gpu_hook
from harness.engines.oci.images import other_architecture
from harness.engines.oci.locking import resolve
from harness.engines.oci.removals import Removals
from harness.engines.oci.specification import HARNESS_DIR, ContainerSpec, scratch_path
from harness.engines.oci.stock import ImageStock
from harness.engines.oci.sweep import sweep
from harness.engines.oci.toolkit import too_old, toolkit_version
from harness.engines.oci.volume import RunVolume
from harness.engines.oci.watch import EventWatch
from harness.engines.oci.whereabouts import cores_of, host_here, host_of, is_local, pinned_to
from harness.errors import EngineError
from harness.machine.owner import maybe_alive, owner_alive
from harness.machine.workfolder import sweep_folders
from harness.model import Base, Cell, EngineInfo, HostClass, Lock, Outcome, SecondOpinion
from harness.probing.outside import is_outside
from harness.recipes.orders import Order

_STREAM_S = 600
"""Seconds without data after which reading an image's files is given up."""
_OVERHEAD_S = 60.0
"""Seconds that a container may take beyond its probes' own deadlines."""
_NOISE_KEPT = 4000
_INTERPRETERS = ("python3", "python")
_STARTING_DIR = "/dev"
"""The folder in which interpreters start. The engine fills it, so it has no file of the image: from
3.13 on, Python imports a module from its current folder before the first statement of `-c`."""


class ContainerEngine:
    """An engine that speaks the Docker API, with the address and capabilities of its row."""

    def __init__(self, row: Capabilities, workshop: Workshop) -> None:
        self.name = row.engine
        self._asked = row
        self._row = row
        self._workshop = workshop
        self._client: APIClient | None = None
        self._watch: EventWatch | None = None
        self._volumes: dict[tuple[str, ...], RunVolume] = {}
        self._stock: ImageStock | None = None
        self._files = FileReader(workshop.cache, workshop.stop)
        self._thread = ThreadPoolExecutor(1)
        self._removals = Removals(lambda: connect(self._asked, like=self.client))
        self._asked_info: Future[dict[str, Any]] = Future()

    def __enter__(self) -> Self:
        self._client = connect(self._asked)
        # An engine takes some 10 ms for this, during which it can answer other requests.
        self._asked_info = self._thread.submit(self._client.info)
        self._row = row_of(self._client)
        watch = EventWatch(
            self._client, by_label=self._row.events_by_label, reopen=self._row.events_break
        )
        with engine_errors("opening its event stream"):
            watch.start()
        self._watch = watch
        self._stock = ImageStock(self._client, self._workshop, before=self._clear)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._removals.close()
        if self._stock is not None:
            self._stock.close()
        if self._watch is not None:
            self._watch.close()
        if self._client is not None:
            self._client.close()
        self._thread.shutdown()
        self._client = self._watch = self._stock = None

    @property
    def _info(self) -> Mapping[str, Any]:
        with engine_errors("saying what it is"):
            return self._asked_info.result()

    @property
    def capabilities(self) -> Capabilities:
        """The capabilities of the engine that answered; only inside `with`."""
        return self._row

    @property
    def client(self) -> APIClient:
        """The connection; only inside `with`."""
        if self._client is None:
            raise EngineError(f"engine {self.name} is not open")
        return self._client

    @property
    def stock(self) -> ImageStock | None:
        """The images that it keeps; None outside `with`."""
        return self._stock

    @property
    def cores(self) -> int:
        """Number of cores of the host on which containers run."""
        return cores_of(self._info)

    @property
    def here(self) -> bool:
        """Whether containers run on this host."""
        return is_local(self.client, self._info)

    def describe(self) -> EngineInfo:
        """Return versions and features; for an engine on another host, also that host's name."""
        told = told_of(self._row.engine, self._info, str(self.client.api_version))
        name = str(self._info.get("Name") or "")
        return told if self.here else replace(told, detail={**told.detail, "host": name})

    def host(self) -> HostClass:
        """Return the class of the host on which containers run; for another host, as far as the
        engine describes it."""
        if not self.here:
            return host_of(self._info)
        return host_here(self._info, self.cores)

    def sweep(self) -> tuple[str, ...]:
        """Remove what dead runs left, on the engine and on this host."""
        builds = sweep_builds(self.client, self._workshop.cache, maybe_alive)
        return (*sweep(self.client, maybe_alive), *builds, *sweep_folders(owner_alive))

    def stop(self) -> None:
        """Stop builds and downloads; they stop within seconds, except a commit in progress."""
        self._workshop.stop.set()

    def release(self, run: str) -> None:
        """Remove a run's containers and volume."""
        try:
            self._clear()
            for key in [key for key in self._volumes if key[0] == run]:
                self._volumes.pop(key).close()
        finally:
            sweep(self.client, maybe_alive, of=f"{LABEL}.run={run}")

    def _clear(self) -> None:
        self._removals.finish(self.client)

    def obtain(self, order: Order, say: Say) -> Obtained:
        """Build, pull or find a cell's image."""
        if order.cell.gpu == GPU_NEEDED and (why := self._no_gpu(self.client)):
            return Obtained(outcome=Outcome.HOST_INCOMPATIBLE, reason=why)
        if not order.cell.is_built:
            return obtain(self.client, order, self._workshop, say)
        # Use a new connection: obtaining runs in threads, and a build changes the time-outs.
        with closing(connect(self._asked, like=self.client)) as client:
            return obtain(client, order, self._workshop, say, self._removals.begin)

    def resolve(self, cell: Cell, base: Base, say: Say) -> Lock:
        """Resolve the lock of a cell inside its base.

        Raises BaseUnavailable, UsageError, InfrastructureError.
        """
        assert self._watch is not None, "only inside `with`"
        with closing(connect(self._asked, like=self.client)) as client:
            builder = builder_for(client, self._workshop, f"{cell.id}.lock", say)
            return resolve(builder, self._watch, cell, base)

    def _no_gpu(self, client: APIClient) -> str:
        """Return why a container here gets no GPU; empty if it gets one."""
        if self._gpu_hook(client) is None:
            return NO_HOOK
        version = toolkit_version() if self.here else None
        return too_old(version) if version is not None else ""

    def _handed(self, gpu: str) -> GpuHook | None:
        """Return how a container gets the GPU that it asks for; None if it gets none."""
        if not gpu or (gpu != GPU_NEEDED and self._no_gpu(self.client)):
            return None
        return self._gpu_hook(self.client)

    def _gpu_hook(self, client: APIClient) -> GpuHook | None:
        with engine_errors("saying what it can hand to containers"):
            return gpu_hook(client.info(), local=self.here)

    def second_opinion(self, run: str, cell: str, obtained: Obtained) -> SecondOpinion | None:
        """Read an image's files, streamed out of a container that is never started."""
        if obtained.image is None:
            return None
        labels = self._labels("files", run, cell)
        # Use a new connection: this is called in the threads that obtain images.
        with closing(connect(self._asked, timeout_s=_STREAM_S, like=self.client)) as client:
            read = read_image_files(
                client, self._files, obtained.image.id, obtained.interpreter, labels
            )
        return opinion_of(cell, obtained.image, read)

    def _labels(self, kind: str, run: str, cell: str) -> Mapping[str, str]:
        told = {"kind": kind, "run": run, "cell": cell, "owner": self._workshop.owner}
        return {f"{LABEL}.{name}": value for name, value in told.items()}

    def perform(self, request: Pass) -> Performed:
        """Run one container, in which the runner asks every probe and frames the answers."""
        image = request.obtained.image
        assert image is not None, "a pass needs an obtained image"
        self._clear()
        labels = self._labels("probe", request.run, request.cell)
        if any(is_outside(question.probe) for question in request.questions):
            # Imported only here, because importing testcontainers takes a third of a second.
            from harness.engines.oci.outside import Outsider

            assert self._watch is not None, "only inside `with`"
            return Outsider(self.client, self._watch, self._info, here=self.here).perform(
                request, labels
            )
        volume = self._volume(request, image.id, labels)
        wanted = request.obtained.interpreter
        said = Performed(answers={}, outcome=Outcome.NO_INTERPRETER)
        for interpreter in (wanted,) if wanted else _INTERPRETERS:
            for start in (START, START_AT_HOME):
                said = self._ask(request, (interpreter, start), volume, labels)
                if not needs_its_home(said):
                    break
            if said.outcome is not Outcome.NO_INTERPRETER:
                return said
        other = other_architecture(self.client, image.id)
        if other:
            return replace(said, outcome=Outcome.HOST_INCOMPATIBLE, reason=other)
        return said

    def _ask(
        self,
        request: Pass,
        started: tuple[str, tuple[str, ...]],
        volume: RunVolume | None,
        labels: Mapping[str, str],
    ) -> Performed:
        assert self._watch is not None, "only inside `with`"
        assert request.obtained.image is not None, "a pass needs an obtained image"
        interpreter, start = started
        scratch = scratch_path()
        noise = bytearray()
        budget = request.profile.output_bytes

        def keep(piece: bytes) -> bool:
            nonlocal budget
            budget -= len(piece)
            noise.extend(piece[-_NOISE_KEPT:])
            del noise[:-_NOISE_KEPT]
            return budget >= 0

        exchange = exchange_of(request, interpreter, scratch=scratch, at=HARNESS_DIR, alone=True)

        def hear(piece: bytes) -> bytes | None:
            due = exchange.hear(piece)
            return None if exchange.over_budget else due

        streams = Streams(
            begin=exchange.begin,
            heard=hear,
            noise=keep,
            deadline_s=_OVERHEAD_S + sum(each.probe.timeout_s for each in request.questions),
            ready=volume.filled if volume else lambda: None,
        )
        try:
            spec = ContainerSpec(
                image=request.obtained.image.id,
                command=runner_command(interpreter, start),
                working_dir=_STARTING_DIR,
                labels=labels,
                profile=request.profile,
                cores=self.cores,
                cpus=pinned_to(self._info) if self.here else "",
                scratch=scratch,
                volume=volume.made() if volume else "",
                gpu=self._handed(request.gpu),
                stdin=True,
            )
            ended = run_container(self.client, self._watch, spec, streams, self._removals.keep)
        except EngineError as error:
            raise GoneInPassError(
                error,
                answers=exchange.answers,
                noise=printed(noise, exchange),
            ) from error
        return with_beginning(performed(ended, exchange, bytes(noise), self._row), interpreter)

    def _volume(self, request: Pass, image: str, labels: Mapping[str, str]) -> RunVolume | None:
        """Return the volume with the run's data; None if no probe needs any."""
        content = guest_data(request)
        if not any(question.probe.dataset for question in request.questions):
            return None
        key = (request.run, *sorted(content))
        if key not in self._volumes:
            self._volumes[key] = RunVolume(
                connect(self._asked, like=self.client),
                f"{LABEL}-{request.run}-{token_hex(3)}",
                image,
                content,
                {**labels, f"{LABEL}.kind": "volume"},
            )
        return self._volumes[key]
