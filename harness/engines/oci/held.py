"""Finds an image on a local engine, before its registry is asked.

The first request goes directly over the engine's socket. In most cases the engine does not have the
image, and then no other module needs to be imported.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from harness.engines.oci.capabilities import TABLE, Capabilities, address
from harness.errors import EngineError

_UNIX = "unix://"
_CHUNK = 1024**2
_STREAM_S = 600
"""Seconds that an engine may take before it sends the next part of an image."""


@dataclass(frozen=True, kw_only=True)
class HeldImage:
    """An image on an engine, as the engine describes it."""

    row: Capabilities
    inspected: Mapping[str, Any]
    history: Sequence[Any]

    @property
    def engine(self) -> str:
        """The engine's name: `docker` or `podman`."""
        return self.row.engine

    def saved(self) -> Iterator[bytes]:
        """Yield the image as `docker save` writes it, in pieces. Raises EngineError."""
        from harness.engines.oci.connection import connect, engine_errors

        with (
            closing(connect(self.row, timeout_s=_STREAM_S)) as client,
            engine_errors("sending an image that it holds"),
        ):
            yield from client.get_image(str(self.inspected["Id"]), chunk_size=_CHUNK)


def held_images(
    name: str, engine: str, unanswered: Callable[[str], object] | None = None
) -> Iterator[HeldImage]:
    """The images that the engines here (all of them for `auto`) hold under a name. An engine that
    does not answer counts as holding none; `unanswered` gets a sentence that says so."""
    for row in TABLE:
        if engine not in ("auto", row.engine):
            continue
        where = address(row, os.environ)
        if where.startswith(_UNIX):
            if not _may_be_there(where, name):
                continue
        elif not any(os.environ.get(variable) for variable in row.variables):
            continue
        try:
            found = _held(row, name)
        except EngineError as error:
            if unanswered:
                unanswered(f"{row.engine} did not say whether it has {name}: {error}")
            continue
        if found is not None:
            yield found


def _may_be_there(where: str, name: str) -> bool:
    """Whether the engine at a socket has something under that name, or does not answer at once.

    In the latter case it is asked again, with more time.
    """
    path = where.removeprefix(_UNIX)
    if not Path(path).exists():
        return False
    ask = import_module("harness.probing.guest.describe_host").ask
    told = ask(path, f"/images/{name}/json")
    return told is None or (isinstance(told, dict) and "Id" in told)


def _held(row: Capabilities, name: str) -> HeldImage | None:
    from harness.engines.oci.connection import connect, engine_errors, row_of
    from harness.engines.oci.images import inspect_image

    with closing(connect(row)) as client:
        found = inspect_image(client, name)
        if found is None:
            return None
        with engine_errors(f"telling how {name} was made"):
            history = client.history(str(found["Id"]))  # type: ignore[no-untyped-call]
        return HeldImage(row=row_of(client), inspected=found, history=history)
