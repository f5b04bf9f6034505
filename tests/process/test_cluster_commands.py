"""Commands that name a cluster which is not there: one clear error, and soon."""

from __future__ import annotations

import importlib.util
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path

import pytest

from harness.errors import InfrastructureError
from harness.running.cluster.address import check_listens
from tests.process.raylets import free_port

HARNESS = Path(sys.executable).with_name("harness")


def test_where_nothing_listens_no_cluster_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    address = f"127.0.0.1:{free_port()}"
    with pytest.raises(InfrastructureError, match=f"no Ray cluster answers at {address}") as told:
        check_listens(address)
    assert "ray start --head" in told.value.remedy
    check_listens("auto")
    monkeypatch.setenv("RAY_ADDRESS", address)
    with pytest.raises(InfrastructureError, match=f"no Ray cluster answers at {address}"):
        check_listens("auto")


SETTINGS = bytes((0, 0, 0, 4, 0, 0, 0, 0, 0))
WEB = b"HTTP/1.0 400 Bad request version"


@pytest.mark.parametrize(
    ("said", "refused"), [(SETTINGS, False), (WEB, True), (b"", True), (SETTINGS[:4], True)]
)
def test_only_what_speaks_as_ray_does_is_asked_further(said: bytes, refused: bool) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        answering = threading.Thread(target=answer_once, args=(server, said), daemon=True)
        answering.start()
        address = f"127.0.0.1:{server.getsockname()[1]}"
        if refused:
            with pytest.raises(InfrastructureError, match="is no head of a Ray cluster"):
                check_listens(address)
        else:
            check_listens(address)
        answering.join()


def answer_once(server: socket.socket, said: bytes) -> None:
    """Take one connection, hear how it begins, say this, and hang up."""
    there, _ = server.accept()
    with there:
        there.recv(1024)
        there.sendall(said)


@pytest.mark.parametrize("command", [("run",), ("doctor",)])
def test_a_cluster_that_is_not_there_is_told_with_what_helps(
    command: tuple[str, ...], tmp_path: Path
) -> None:
    if importlib.util.find_spec("ray") is None:
        pytest.skip("Ray is not installed: python -m pip install 'harness[ray]'")
    ended = asked(tmp_path, *command, "--executor", f"ray://127.0.0.1:{free_port()}")
    assert 4 == ended.returncode, ended.stderr
    assert "error: no Ray cluster answers at 127.0.0.1:" in ended.stderr
    assert "help: start one with `ray start --head`" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_without_ray_the_commands_say_how_it_is_installed(tmp_path: Path) -> None:
    hidden = tmp_path / "ray.py"
    hidden.write_text("raise ImportError('hidden by a test')\n", "utf-8")
    ended = asked(tmp_path, "run", "--executor", "ray", more={"PYTHONPATH": str(tmp_path)})
    assert 2 == ended.returncode, ended.stderr
    assert "--executor ray needs Ray, which is not installed here" in ended.stderr
    assert "pip install 'harness[ray]'" in ended.stderr


def asked(
    folder: Path, *arguments: str, more: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """The installed command, with places of its own."""
    places = {
        "XDG_STATE_HOME": str(folder / "state"),
        "HARNESS_CACHE": str(folder / "cache"),
        "HARNESS_REPORTS": str(folder / "reports"),
        "DOCKER_HOST": f"unix://{folder}/none.sock",
        **(more or {}),
    }
    return subprocess.run(
        [HARNESS, *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).resolve().parents[2],
        env={**os.environ, **places},
        timeout=300,
    )
