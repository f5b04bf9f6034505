"""A Ray cluster of this machine's own for tests and benchmarks: raylets that are told apart."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

RAY = Path(sys.executable).with_name("ray")
_PATIENCE_S = 600
PATIENT = {
    "RAY_gcs_server_request_timeout_seconds": "300",
    "RAY_raylet_start_wait_time_s": "300",
    "RAY_worker_register_timeout_seconds": "300",
    "RAY_gcs_rpc_server_connect_timeout_s": "60",
    "RAY_health_check_timeout_ms": "60000",
    "RAY_agent_register_timeout_ms": "300000",
}
"""A machine that is busy with other things starts Ray in minutes: none of what is asked hangs on
that. For who starts a node, and for who connects to one."""
_MARK = "HARNESS_TEST_RAYLET"
_STORE = 80 * 1024**2


def free_port() -> int:
    """A port of the loopback device that nothing listens on now."""
    with socket.socket() as made:
        made.bind(("127.0.0.1", 0))
        return int(made.getsockname()[1])


@dataclass(kw_only=True)
class Raylets:
    """Nodes of one cluster, each a group of processes that can be killed as a whole."""

    folder: Path
    variables: Mapping[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    nodes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    _asked: dict[str, tuple[Mapping[str, float], Mapping[str, str]]] = field(default_factory=dict)
    """How each node was started last."""

    @property
    def executor(self) -> str:
        """What `--executor` calls the cluster."""
        return f"ray://127.0.0.1:{self.port}"

    def start(self, name: str, resources: Mapping[str, float], **variables: str) -> None:
        """Another node; the first is the head."""
        head = not self.nodes
        self._asked[name] = (resources, variables)
        where = ("--head", f"--port={self.port}") if head else (f"--address=127.0.0.1:{self.port}",)
        command = [
            *(str(RAY), "start", "--block", "--disable-usage-stats", "--log-color=false"),
            *(*where, "--node-ip-address=127.0.0.1", f"--node-name={name}"),
            *("--num-cpus=2", "--num-gpus=0", f"--object-store-memory={_STORE}"),
            f"--resources={json.dumps(dict(resources))}",
            # Where a part of Ray may choose its port, the others wait for it by seconds and die.
            f"--dashboard-agent-listen-port={free_port()}",
            f"--dashboard-agent-grpc-port={free_port()}",
            f"--runtime-env-agent-port={free_port()}",
            f"--metrics-export-port={free_port()}",
        ]
        command += ["--include-dashboard=false", f"--temp-dir={self.folder}"] if head else []
        with (self.folder / f"{name}.log").open("wb") as log:
            self.nodes[name] = subprocess.Popen(
                command,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={
                    **os.environ,
                    **PATIENT,
                    **self.variables,
                    **variables,
                    _MARK: f"{self.port}-{name}",
                },
                start_new_session=True,
            )

    def wait(self) -> None:
        """Until all nodes are there; one that ended as it began is started again."""
        ask = (
            "import ray, sys; ray.init(address=sys.argv[1], log_to_driver=False, "
            "configure_logging=False); "
            "print(sum(n['Alive'] for n in ray.nodes()))"
        )
        until = time.monotonic() + _PATIENCE_S
        began: set[str] = set()
        while True:
            self._begin_again(began)
            command = (sys.executable, "-W", "ignore", "-c", ask, f"127.0.0.1:{self.port}")
            told = subprocess.run(
                command,
                capture_output=True,
                text=True,
                check=False,
                env={**os.environ, **PATIENT},
            )
            if told.stdout.strip() == str(len(self.nodes)):
                return
            if time.monotonic() > until:
                logs = "\n".join(one.read_text("utf-8", "replace") for one in self.logs())
                raise RuntimeError(f"no cluster: {told.stdout}{told.stderr}\n{logs}")
            time.sleep(0.5)

    def _begin_again(self, began: set[str]) -> None:
        """On a busy machine a raylet waits in vain for a part of its own, and ends: that is no
        node that was lost. `began` holds those whose raylet was seen."""
        for name in list(self.nodes):
            if any("/raylet/raylet " in f"{told} " for _, told in self._processes(name)):
                began.add(name)
            elif name in began:
                began.discard(name)
                resources, variables = self._asked[name]
                self.kill(name)
                self.start(name, resources, **variables)

    def logs(self) -> list[Path]:
        return sorted(self.folder.glob("*.log"))

    def kill(self, name: str) -> None:
        """A node goes as a machine does: all of it at once."""
        process = self.nodes.pop(name)
        for pid in (process.pid, *self.members(name)):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        process.wait()

    def members(self, name: str) -> list[int]:
        """All processes of a node: what it starts has the variables that it was started with."""
        return [pid for pid, _ in self._processes(name)]

    def workers(self, name: str) -> list[int]:
        """Those that work on a group now."""
        return [pid for pid, command in self._processes(name) if command.startswith("ray::carry")]

    def _processes(self, name: str) -> Iterator[tuple[int, str]]:
        mark = f"{_MARK}={self.port}-{name}".encode()
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            with contextlib.suppress(OSError):
                if mark in (entry / "environ").read_bytes().split(b"\0"):
                    yield (
                        int(entry.name),
                        (entry / "cmdline")
                        .read_bytes()
                        .replace(b"\0", b" ")
                        .decode("utf-8", "replace"),
                    )

    def stop(self) -> None:
        """All nodes end."""
        for name in reversed(list(self.nodes)):
            self.kill(name)
