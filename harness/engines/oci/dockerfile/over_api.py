"""Builds over the engine's API, with Docker's classic builder or Podman's.

The request is our own, because docker-py's waits for output without a limit, and sends all the
user's credentials for registries, although every image is on the engine already.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from threading import Event, Thread
from typing import Any

from docker import APIClient
from requests import Response
from requests.exceptions import RequestException
from urllib3.exceptions import HTTPError

from harness.engines.oci.building import IDLE_S, OUTPUT_BYTES, TOTAL_S
from harness.engines.oci.capabilities import Capabilities
from harness.engines.oci.connection import DiskFull, disk_full, engine_errors, row_of
from harness.engines.oci.dockerfile.asked import BuildAsked, BuildStopped, StepFailed
from harness.errors import EngineError

_POLL_S = 0.2
_CONNECT_S = 60
_LATER_S = 60
"""Seconds by which the socket's time-out is longer than the watch's, so that the watch reports a
silent build."""
_MESSAGE_BYTES = 4 * 1024**2
"""Most bytes of one message; an engine divides the output of a step into smaller messages."""


def build_over_api(client: APIClient, asked: BuildAsked, stop: Event) -> None:
    """Build, and pass the output to the log. Setting `stop` ends the build.

    Raises StepFailed, DiskFull and EngineError.
    """
    with engine_errors("building a Dockerfile"):
        response = client.post(
            f"{client.base_url}/v{client.api_version}/build",
            params=_parameters(asked, row_of(client)),
            data=asked.tar,
            headers={"Content-Type": "application/x-tar"},
            stream=True,
            timeout=(_CONNECT_S, IDLE_S + _LATER_S),
        )
        try:
            if not response.ok:
                raise _refused(response)
            _heard(response, asked, stop)
        finally:
            response.close()


def _parameters(asked: BuildAsked, row: Capabilities) -> dict[str, str]:
    memory = str(asked.profile.memory_bytes)
    told = {
        "t": asked.name,
        "dockerfile": asked.dockerfile,
        "labels": json.dumps(dict(asked.labels)),
        "buildargs": json.dumps(dict(asked.args)),
        **dict(row.build_with_network if asked.network else row.build_without_network),
        "nocache": "1" if asked.fresh else "0",
        "rm": "1",
        "forcerm": "1",
        "memory": memory,
        "memswap": memory,
    }
    return {**told, "target": asked.target} if asked.target else told


def _refused(response: Response) -> Exception:
    try:
        told = str(json.loads(response.content[:_MESSAGE_BYTES])["message"])
    except (ValueError, KeyError, TypeError, RequestException):
        told = f"HTTP {response.status_code}"
    if disk_full(told):
        return DiskFull(f"the engine's disk is full (building a Dockerfile): {told[:300]}")
    # With these statuses, an engine reports errors in the Dockerfile itself before it builds.
    if response.status_code in (400, 500):
        return StepFailed(told)
    return EngineError(f"the engine failed while building a Dockerfile: {told[:300]}")


@dataclass
class _Watched:
    """When output came last, and why we ended the build; empty if we did not."""

    heard: float = field(default_factory=time.monotonic)
    why: str = ""


@contextmanager
def _watching(response: Response, stop: Event) -> Iterator[_Watched]:
    """End the response from another thread once the build must end: its reader is blocked in the
    kernel."""
    watched, done, began = _Watched(), Event(), time.monotonic()

    def watch() -> None:
        while not done.wait(_POLL_S):
            now = time.monotonic()
            if stop.is_set():
                watched.why = "it was stopped"
            elif now - watched.heard > IDLE_S:
                watched.why = f"it printed nothing for {IDLE_S} s"
            elif now - began > TOTAL_S:
                watched.why = f"it did not end within {TOTAL_S} s"
            if watched.why:
                # The response may just have ended by itself.
                with suppress(ValueError, RuntimeError, OSError):
                    response.raw.shutdown()
                return

    thread = Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield watched
    finally:
        done.set()
        thread.join()


def _heard(response: Response, asked: BuildAsked, stop: Event) -> None:
    with _watching(response, stop) as watched:
        try:
            for message in _messages(response):
                watched.heard = time.monotonic()
                _take(message, asked)
        except (RequestException, HTTPError, OSError, ValueError) as error:
            if not watched.why:
                raise EngineError(
                    "the engine went away while building a Dockerfile",
                    remedy="see whether it still runs; records written so far are kept",
                ) from error
    asked.log.close()
    if watched.why:
        raise BuildStopped(watched.why)


def _messages(response: Response) -> Iterator[dict[str, Any]]:
    """Yield the engine's messages, which are JSON objects, one a line."""
    rest = b""
    for piece in response.raw.stream(None, decode_content=True):
        *lines, rest = (rest + piece).split(b"\n")
        if len(rest) > _MESSAGE_BYTES:
            raise ValueError("a message without end")
        for line in lines:
            if line.strip():
                told = json.loads(line)
                yield told if isinstance(told, dict) else {}
    if rest.strip():
        told = json.loads(rest)
        yield told if isinstance(told, dict) else {}


def _take(message: dict[str, Any], asked: BuildAsked) -> None:
    """Take one message. Raises StepFailed, BuildStopped and DiskFull."""
    if not asked.log.hear(str(message.get("stream") or "")):
        raise BuildStopped(f"it printed more than {OUTPUT_BYTES >> 20} MiB")
    if "error" not in message:
        return
    asked.log.close()
    detail = message.get("errorDetail")
    told = str(detail.get("message") or "") if isinstance(detail, dict) else ""
    told = told or str(message["error"])
    if disk_full(told):
        raise DiskFull(f"the engine's disk is full (building a Dockerfile): {told[:300]}")
    raise StepFailed(told)
