"""Execute a command in a running container, as `docker exec` does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from docker import APIClient
from docker.errors import APIError

from harness.engines.oci.connection import engine_errors

_CONFLICT = 409


@dataclass(frozen=True, kw_only=True, slots=True)
class ShellSaid:
    """The output of a command."""

    text: str
    exit: int | None
    """None: the container is no longer running."""


def execute(client: APIClient, container: str, command: Sequence[str], most: int) -> ShellSaid:
    """Execute a command and wait for it to end; at most `most` bytes of its output are read.

    Raises EngineError.
    """
    with engine_errors("executing a command in a container"):
        try:
            made = client.exec_create(container, list(command))
            stream = client.exec_start(made["Id"], stream=True)
        except APIError as error:
            if error.status_code == _CONFLICT:
                return ShellSaid(text="", exit=None)
            raise
        text = bytearray()
        for piece in stream:
            text += piece
            if len(text) > most:
                break
        ended = client.exec_inspect(made["Id"])
    code = ended.get("ExitCode")
    return ShellSaid(
        text=bytes(text[:most]).decode("utf-8", "replace"),
        exit=None if code is None else int(code),
    )
