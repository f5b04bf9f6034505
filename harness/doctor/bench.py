"""What the checks work with: the engine, if it answers, and trial containers on it."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from secrets import token_hex
from typing import Any

from docker import APIClient
from docker.errors import APIError, NotFound

from harness.doctor.root import NoRoot, interpreter, python_root
from harness.engines.oci import LABEL
from harness.engines.oci.capabilities import Capabilities
from harness.engines.oci.connection import connect, engine_errors, explanation, row_of
from harness.engines.oci.containers import remove
from harness.engines.oci.networks import make_network, remove_network
from harness.engines.oci.specification import (
    HARNESS_DIR,
    ROOT,
    ContainerSpec,
    create_container,
    scratch_path,
)
from harness.engines.oci.volume import fill_volume, remove_volume
from harness.engines.oci.whereabouts import cores_of, is_local
from harness.errors import EngineError
from harness.machine.owner import owner_token
from harness.model import Profile

MEMORY = 128 * 1024**2
PROCESSES = 40
GIVEN = b"from this host\n"
"""Content of the file in the volume."""
_PATIENCE_S = 60
_TRIED = Profile(memory_bytes=MEMORY, processes=PROCESSES)


class NotTried(Exception):
    """A trial container could not run; the text says why."""


@dataclass(kw_only=True)
class Bench:
    """One engine to be examined; everything made on it is removed by `close`."""

    row: Capabilities
    folders: Mapping[str, Path]
    """Folders of this host by purpose: store, cache, reports."""
    client: APIClient | None = None
    why: str = ""
    """Why no engine answers."""
    _made: list[tuple[str, str]] = field(default_factory=list)

    def open(self) -> None:
        """Connect to the engine."""
        try:
            self.client = connect(self.row)
            self.row = row_of(self.client)
        except EngineError as error:
            self.client, self.why = None, error.message

    def close(self) -> None:
        """Remove what was made, and close the connection."""
        if self.client is None:
            return
        for kind, name in reversed(self._made):
            match kind:
                case "volume":
                    remove_volume(self.client, name)
                case "network":
                    remove_network(self.client, name)
                case _:
                    with engine_errors("removing an image"):
                        self.client.remove_image(name, force=True)
        self.client.close()

    @property
    def engine(self) -> APIClient:
        """The engine's client. Raises NotTried if no engine answers."""
        if self.client is None:
            raise NotTried("no engine answers")
        return self.client

    @property
    def local(self) -> bool:
        """Whether the engine runs on this host."""
        return self.client is not None and is_local(self.client, self.info)

    @cached_property
    def info(self) -> dict[str, Any]:
        """The engine's description of itself."""
        with engine_errors("describing itself"):
            found: dict[str, Any] = self.engine.info()
        return found

    @cached_property
    def image(self) -> str:
        """A small image that contains the present Python."""
        try:
            root = python_root()
        except NoRoot as error:
            raise NotTried(str(error)) from error
        name = f"{LABEL}-doctor:{token_hex(6)}"
        with engine_errors("importing a root file system"):
            self.engine.import_image_from_data(io.BytesIO(root), repository=name)
        self._made.append(("image", name))
        return name

    @cached_property
    def volume(self) -> str:
        """A volume with one file in it, filled in the same way as in runs."""
        name = f"{LABEL}-doctor-{token_hex(6)}"
        fill_volume(self.engine, name, self.image, {"given": GIVEN}, self.labels("volume"))
        self._made.append(("volume", name))
        return name

    @cached_property
    def network(self) -> str:
        """A network for the trial."""
        name = f"{LABEL}-doctor-{token_hex(6)}"
        make_network(self.engine, name, self.labels("network"))
        self._made.append(("network", name))
        return name

    def labels(self, kind: str) -> dict[str, str]:
        """Labels by which a later run's sweep finds what this process leaves if it is killed."""
        return {f"{LABEL}.kind": kind, f"{LABEL}.owner": owner_token()}

    @cached_property
    def strict(self) -> dict[str, Any]:
        """What a program sees under the strict profile. Raises NotTried, EngineError."""
        return self.told(_LOOK.replace("SCRATCH", repr(scratch := scratch_path())), scratch)

    def told(self, program: str, scratch: str, network: str = "") -> dict[str, Any]:
        """The JSON that a program prints in a container. Raises NotTried, EngineError."""
        spec = replace(
            self._spec(program),
            profile=_TRIED,
            scratch=scratch,
            volume=self.volume,
            network=network,
        )
        with self._container(spec) as container:
            try:
                self.engine.start(container)
                status = self.engine.wait(container, timeout=_PATIENCE_S)
            except APIError as error:
                raise NotTried(explanation(error)) from error
            said = self.engine.logs(container, stdout=True, stderr=True)[-4000:]
        try:
            found: dict[str, Any] = json.loads(said)
        except ValueError as error:
            text = " ".join(said.decode("utf-8", "replace").split())[-300:]
            raise NotTried(f"exit status {status.get('StatusCode')}: {text}") from error
        return found

    def written(self) -> bytes:
        """What a container wrote to the volume, read back through the engine."""
        program = f"open('{HARNESS_DIR}/taken', 'w').write('from the container\\n')"
        spec = replace(self._spec(program), user=ROOT, capabilities=("DAC_OVERRIDE",))
        spec = replace(spec, volume=self.volume, volume_writable=True)
        with self._container(spec) as container:
            try:
                self.engine.start(container)
                self.engine.wait(container, timeout=_PATIENCE_S)
                pieces, _ = self.engine.get_archive(container, f"{HARNESS_DIR}/taken")
                return b"".join(pieces)
            except NotFound as error:
                raise NotTried("what the container wrote is not there") from error

    def _spec(self, program: str) -> ContainerSpec:
        return ContainerSpec(
            image=self.image,
            command=(interpreter(), "-I", "-S", "-B", "-c", program),
            labels=self.labels("container"),
            cores=cores_of(self.info),
        )

    @contextmanager
    def _container(self, spec: ContainerSpec) -> Iterator[str]:
        with engine_errors("trying a container"):
            made = create_container(self.engine, spec)
            try:
                yield made
            finally:
                remove(self.engine, made)


_LOOK = f"""
import ctypes, errno, json, os, socket, sys
def read(*paths):
    for path in paths:
        try:
            return open(path).read().strip()
        except OSError:
            pass
    return ""
def writable(path):
    try:
        open(os.path.join(path, "x"), "w").close()
        return True
    except OSError:
        return False
libc = ctypes.CDLL(None, use_errno=True)
libc.syscall(435, 0, 0)
clone3 = errno.errorcode.get(ctypes.get_errno(), "0")
status = dict(line.split(":", 1) for line in read("/proc/self/status").splitlines())
print(json.dumps({{
    "interfaces": sorted(name for _, name in socket.if_nameindex()),
    "user": os.getuid(),
    "capabilities": status["CapEff"].strip(),
    "seccomp": status.get("Seccomp", "").strip(),
    "root": writable("/"),
    "scratch": writable(SCRATCH),
    "given": read("{HARNESS_DIR}/given"),
    "volume": writable("{HARNESS_DIR}"),
    "memory": read("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"),
    "processes": read("/sys/fs/cgroup/pids.max", "/sys/fs/cgroup/pids/pids.max"),
    "clone3": clone3,
    "vsyscall": "[vsyscall]" in read("/proc/self/maps"),
    "kernel": os.uname().release,
}}))
"""
