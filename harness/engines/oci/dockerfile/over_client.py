"""Builds with BuildKit, through Docker's own client: no other well-maintained client speaks the
session protocol by which secrets reach a build.

The client gets an empty configuration. The user's own would pass proxies to the build, and ask
programs for credentials that no build needs, since every image is on the engine. It gets the
context as a folder: in a tar, BuildKit ignores the ignore file, and the Dockerfile would be copied
into the image (seen with 20.10).
"""

from __future__ import annotations

import os
import re
import selectors
import shutil
import subprocess
import tarfile
import tempfile
import time
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from threading import Event
from typing import IO

from docker import APIClient

from harness.engines.oci.building import IDLE_S, OUTPUT_BYTES, TOTAL_S
from harness.engines.oci.capabilities import DOCKER, address
from harness.engines.oci.connection import DiskFull, disk_full
from harness.engines.oci.dockerfile.asked import BuildAsked, BuildStopped, StepFailed
from harness.errors import EngineError

_POLL_S = 0.2
_PIECE = 65536
_BUILT_IN_BEFORE = 23
"""Clients before this version have BuildKit themselves; later ones need the plugin buildx."""
_PASSED_ON = ("PATH", "HOME", "TMPDIR", "DOCKER_CERT_PATH", "DOCKER_TLS_VERIFY")
_VARIABLE = "BUILD_SECRET_{}"
_LAST_ERROR = re.compile(
    r"^(?:ERROR: |failed to |error: |executor failed ).*", re.MULTILINE | re.IGNORECASE
)


def why_no_buildkit() -> str:
    """Return why BuildKit cannot be reached from this host; empty if it can."""
    return (
        ""
        if buildkit_client()
        else ("no docker client here has it (docker before 23, or with the plugin buildx)")
    )


@cache
def buildkit_client() -> str:
    """Return the first docker client on the PATH that supports BuildKit; empty if none does."""
    for folder in os.environ.get("PATH", "").split(os.pathsep):
        program = shutil.which("docker", path=folder)
        if program and _has_buildkit(program):
            return program
    return ""


def _has_buildkit(program: str) -> bool:
    told = _said(program, "--version")
    found = re.search(r"version (\d{1,4})\.", told)
    if found is not None and int(found[1]) < _BUILT_IN_BEFORE:
        return True
    return found is not None and "buildx" in _said(program, "buildx", "version")


def _said(*command: str) -> str:
    try:
        done = subprocess.run(command, capture_output=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.decode("utf-8", "replace") if done.returncode == 0 else ""


def build_over_client(_: APIClient, asked: BuildAsked, stop: Event) -> None:
    """Build, and pass the output to the log. Setting `stop` ends the build.

    Raises StepFailed, DiskFull and EngineError.
    """
    with tempfile.TemporaryDirectory(prefix="harness-buildkit-") as folder:
        empty = Path(folder) / "configuration"
        empty.mkdir()
        environment = _environment(asked.secrets, str(empty))
        command = _command(asked, *_unpacked(asked, Path(folder)))
        try:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                env=environment,
                start_new_session=True,
            )
        except OSError as error:
            raise EngineError(f"the docker client cannot be started: {error.strerror}") from error
        try:
            why = _hear(process, asked, stop)
        finally:
            process.kill()
            process.wait()
            if process.stdout:
                process.stdout.close()
    if why:
        raise BuildStopped(why)
    if process.returncode:
        _failed(asked)


def _unpacked(asked: BuildAsked, folder: Path) -> tuple[Path, Path]:
    """Unpack the tar; return the paths of the Dockerfile and of the context, without the files that
    were added after the context."""
    dockerfile, context = folder / "Dockerfile", folder / "context"
    context.mkdir()
    with tarfile.open(fileobj=asked.tar) as archive:
        *members, own, _ = archive.getmembers()
        content = archive.extractfile(own)
        assert own.name == asked.dockerfile, "it lies behind the context"
        assert content is not None, "it is a file"
        dockerfile.write_bytes(content.read())
        archive.extractall(context, members, filter="tar")
    return dockerfile, context


def _failed(asked: BuildAsked) -> None:
    text = "\n".join(asked.log.last)
    if disk_full(text):
        raise DiskFull("the engine's disk is full (building a Dockerfile)")
    told = _LAST_ERROR.findall(text)
    if "cannot connect to the docker daemon" in text.lower():
        raise EngineError(f"the engine went away while building a Dockerfile: {told[-1:] or text}")
    raise StepFailed(told[-1] if told else "the builder gave up")


def _command(asked: BuildAsked, dockerfile: Path, context: Path) -> list[str]:
    command = [buildkit_client(), "build", "--progress", "plain", "--file", str(dockerfile)]
    command += ["--network", "default" if asked.network else "none", "--tag", asked.name]
    command += ["--no-cache"] if asked.fresh else []
    command += ["--target", asked.target] if asked.target else []
    for name, value in asked.args:
        command += ["--build-arg", f"{name}={value}"]
    for name, value in asked.labels.items():
        command += ["--label", f"{name}={value}"]
    for number, name in enumerate(asked.secrets):
        command += ["--secret", f"id={name},env={_VARIABLE.format(number)}"]
    return [*command, str(context)]


def _environment(secrets: Mapping[str, bytes], empty: str) -> dict[bytes, bytes]:
    told = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    told |= {"DOCKER_HOST": address(DOCKER, os.environ), "DOCKER_CONFIG": empty}
    told |= {"DOCKER_BUILDKIT": "1", "BUILDKIT_PROGRESS": "plain", "LC_ALL": "C.UTF-8"}
    made = {os.fsencode(name): os.fsencode(value) for name, value in told.items()}
    for number, value in enumerate(secrets.values()):
        made[_VARIABLE.format(number).encode()] = value
    return made


def _hear(process: subprocess.Popen[bytes], asked: BuildAsked, stop: Event) -> str:
    """Take the output until it ends; return why we ended the build, empty if it ended by itself."""
    out: IO[bytes] | None = process.stdout
    assert out is not None, "it is a pipe"
    began = heard = time.monotonic()
    with selectors.DefaultSelector() as selector:
        selector.register(out, selectors.EVENT_READ)
        while True:
            ready = selector.select(_POLL_S)
            now = time.monotonic()
            if ready:
                piece = os.read(out.fileno(), _PIECE)
                if not piece:
                    break
                heard = now
                if not asked.log.hear(piece.decode("utf-8", "backslashreplace")):
                    return f"it printed more than {OUTPUT_BYTES >> 20} MiB"
            if stop.is_set():
                return "it was stopped"
            if now - heard > IDLE_S:
                return f"it printed nothing for {IDLE_S} s"
            if now - began > TOTAL_S:
                return f"it did not end within {TOTAL_S} s"
    asked.log.close()
    process.wait()
    return ""
