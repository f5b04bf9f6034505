"""A Docker Engine of a test's own, which may be killed, stopped and filled up."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from docker import APIClient

from harness.running.session import places
from tests.real import own_network
from tests.real.adopting import adopt

PATIENCE_S = 60


@dataclass(kw_only=True)
class PrivateEngine:
    """dockerd with its own data, socket, network and containerd below `folder`."""

    folder: Path
    """Short: the path of a socket has at most 107 bytes."""
    data: Path
    """Where images lie."""
    options: Sequence[str] = ()
    """Further options of dockerd."""
    process: subprocess.Popen[bytes] | None = field(default=None)

    @property
    def url(self) -> str:
        return f"unix://{self.folder}/docker.sock"

    def start(self) -> None:
        """Start it, and wait until it answers."""
        for name in ("docker.pid", "docker.sock"):  # Left by one that was killed.
            (self.folder / name).unlink(missing_ok=True)
        self._end_containerd()
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [
                    *(sys.executable, own_network.__file__),
                    *("dockerd", "--host", self.url, "--bridge", "none", "--iptables=false"),
                    *("--data-root", self.data, "--exec-root", self.folder / "exec"),
                    *("--pidfile", self.folder / "docker.pid"),
                    *self.options,
                ],
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        deadline = time.monotonic() + PATIENCE_S
        while True:
            if (self.folder / "docker.sock").exists():
                with suppress(Exception), self.client() as client:
                    client.ping()
                    return
            assert self.process.poll() is None, self.said()
            assert time.monotonic() < deadline, self.said()
            time.sleep(0.2)

    def client(self) -> APIClient:
        return APIClient(base_url=self.url, version="auto", timeout=60)

    def said(self) -> str:
        return (self.folder / "log").read_text("utf-8", "replace")[-3000:]

    def send(self, number: signal.Signals) -> None:
        """Send its process a signal."""
        assert self.process is not None, "started"
        self.process.send_signal(number)
        if number is signal.SIGKILL:
            self.process.wait()

    def containerd(self) -> int:
        """The process of its containerd."""
        return int((self.folder / "exec" / "containerd" / "containerd.pid").read_text())

    def give(self, giver: APIClient, images: Sequence[str]) -> None:
        """Copy images from another engine; those with a name count as built on this one."""
        with self.client() as client:
            for image in images:
                for said in client.load_image(giver.get_image(image)):
                    assert "error" not in said, said
                if not image.startswith("sha256:"):
                    adopt(client, places().cache, image)

    def end(self) -> None:
        """Stop it with all it started, and undo the bind mount of its data."""
        if self.process is None:
            return
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            with suppress(Exception), self.client() as client:
                for container in client.containers(all=True):
                    client.remove_container(container["Id"], force=True)
            self.process.terminate()
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(timeout=30)
            if self.process.poll() is None:
                self.process.kill()
                self.process.wait()
        self._end_containerd()
        subprocess.run(
            ["umount", "--recursive", "--lazy", self.data], stderr=subprocess.DEVNULL, check=False
        )

    def _end_containerd(self) -> None:
        with suppress(OSError, ValueError):
            pid = self.containerd()
            if str(self.folder).encode() in Path(f"/proc/{pid}/cmdline").read_bytes():
                os.kill(pid, signal.SIGKILL)
        with suppress(OSError):
            (self.folder / "exec" / "containerd" / "containerd.pid").unlink()
