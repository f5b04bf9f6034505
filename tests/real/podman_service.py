"""Podman's service with a store of its own, started for the tests and removed afterwards."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from docker import APIClient

from harness.engines.oci.capabilities import PODMAN
from harness.engines.oci.connection import connect
from harness.errors import EngineError
from tests.real.rootless import User

PATIENCE_S = 30
LIMITS = '[containers]\ndefault_ulimits = ["nofile=1024:1024", "nproc=4096:4096"]\n'
"""Podman raises both limits to the hard limit, which it may not do if it runs in a container
itself."""


def why_not() -> str:
    """Why Podman cannot be tried here; empty if it can."""
    missing = [program for program in ("podman", "catatonit") if shutil.which(program) is None]
    return f"there is no {' and no '.join(missing)} here" if missing else ""


@contextmanager
def podman_service(user: User | None = None) -> Iterator[APIClient]:
    """A client of a service whose address is in CONTAINER_HOST for as long as the context lasts.

    `user` runs the service without root; by default it runs as this process's own user.
    """
    # The path of a socket has at most 107 bytes.
    with tempfile.TemporaryDirectory(prefix="pod-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        store = ["podman", "--root", f"{name}/root", "--runroot", f"{name}/run"]
        address = f"unix://{name}/socket"
        before = os.environ.get("CONTAINER_HOST")
        settings = folder / "containers.conf"
        settings.write_text(LIMITS)
        # With the address of another service, Podman is a client of that one and starts none.
        here = {key: value for key, value in os.environ.items() if key != "CONTAINER_HOST"}
        own: Mapping[str, Any] = {"env": here}
        if user is not None:
            user.give(folder)
            own = user.process(folder)
        own["env"]["CONTAINERS_CONF"] = str(settings)
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                [*store, "system", "service", "--time=0", address],
                cwd=name,  # its conmon leaves a file there if a container runs out of memory
                stdout=log,
                stderr=log,
                start_new_session=True,
                **own,
            )
        os.environ["CONTAINER_HOST"] = address
        try:
            client = _answering(process, folder / "log")
            try:
                yield client
            finally:
                client.close()
        finally:
            # The whole process group: without root the service is a child, which may outlive its
            # parent.
            for number in (signal.SIGTERM, signal.SIGKILL):
                with suppress(ProcessLookupError, subprocess.TimeoutExpired):
                    os.killpg(process.pid, number)
                    process.wait(timeout=PATIENCE_S)
            subprocess.run(
                [*store, "rmi", "--all", "--force"], cwd=name, capture_output=True, **own
            )
            if user is not None:
                user.end(folder)
            subprocess.run(["umount", "--recursive", f"{name}/root/overlay"], capture_output=True)
            del os.environ["CONTAINER_HOST"]
            if before is not None:
                os.environ["CONTAINER_HOST"] = before


def hand_over(giver: APIClient, taker: APIClient, image: str) -> None:
    """Copy an image from one engine to the other."""
    for said in taker.load_image(giver.get_image(image)):
        assert "error" not in said, said


def _answering(process: subprocess.Popen[bytes], log: Path) -> APIClient:
    deadline = time.monotonic() + PATIENCE_S
    while True:
        if (log.parent / "socket").exists():
            with suppress(EngineError):
                return connect(PODMAN, timeout_s=60)
        assert process.poll() is None, log.read_text("utf-8", "replace")
        assert time.monotonic() < deadline, "it never answered"
        time.sleep(0.2)
