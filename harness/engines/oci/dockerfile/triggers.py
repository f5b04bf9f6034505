"""Reads an image's ONBUILD instructions, which run in every build on that image.

Docker includes them in its description of an image. Podman 4.3 leaves them out of every description
but carries them out all the same, so for Podman they are read from an export of the image. An
export contains the whole image; everything else in it is skipped.
"""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Iterator, Mapping
from typing import Any

from docker import APIClient

from harness.engines.oci.connection import engine_errors, row_of
from harness.errors import EngineError

_CONFIG_BYTES = 4 * 1024**2
"""Most bytes of an image's description; engines themselves refuse a larger one."""
_CONFIGS = 1000
"""Most descriptions in an export: one for each layer, of which an image has at most 127."""
_CHUNK = 1024**2


def triggers_of(client: APIClient, described: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the ONBUILD instructions of an image, in their order. `described` is the engine's own
    description of it.

    EngineError if they cannot be read: a build must not begin if its steps are unknown.
    """
    if row_of(client).tells_triggers:
        return _of(described.get("Config"))
    with engine_errors("exporting an image whose ONBUILD instructions it does not tell"):
        pieces = client.get_image(str(described["Id"]), chunk_size=_CHUNK)
        try:
            return exported_triggers(pieces)
        except (tarfile.TarError, ValueError, KeyError, TypeError, IndexError) as error:
            raise EngineError(
                f"the engine exported {described['Id']} in a form that cannot be read: {error}",
                remedy="try the other engine with --engine docker",
            ) from error


def exported_triggers(pieces: Iterator[bytes]) -> tuple[str, ...]:
    """Return the ONBUILD instructions in an export of one image, as `docker save` writes it.

    Raises TarError, ValueError, KeyError, TypeError or IndexError if it is no such export.
    """
    documents: dict[str, Any] = {}
    with tarfile.open(fileobj=io.BufferedReader(_Pieces(pieces), _CHUNK), mode="r|") as archive:
        for member in archive:
            if not member.isfile() or not member.name.endswith(".json"):
                continue
            if member.size > _CONFIG_BYTES or len(documents) == _CONFIGS:
                raise ValueError("descriptions without end")
            content = archive.extractfile(member)
            assert content is not None, "it is a file"
            documents[member.name] = json.loads(content.read())
    [image] = documents["manifest.json"]
    return _of(documents[image["Config"]]["config"])


def _of(settings: Any) -> tuple[str, ...]:
    return tuple(str(one) for one in (settings or {}).get("OnBuild") or ())


class _Pieces(io.RawIOBase):
    """A readable file over an iterator of pieces."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = iter(pieces)
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._rest:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._rest = memoryview(piece)
        size = min(len(buffer), len(self._rest))
        buffer[:size] = self._rest[:size]
        self._rest = self._rest[size:]
        return size
