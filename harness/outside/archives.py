"""Read files of a container through the engine, with bounds on their size."""

from __future__ import annotations

import base64
import io
import json
import tarfile
from dataclasses import dataclass
from urllib.parse import quote

from docker import APIClient
from docker.errors import APIError, NotFound

from harness.engines.oci.connection import engine_errors

MOST = 8 * 1024**2
_STAT = "X-Docker-Container-Path-Stat"
_HEAD_S = 30
_OVERHEAD = 1 << 16


@dataclass(frozen=True, kw_only=True, slots=True)
class Fetched:
    """A file as it is in a container."""

    content: bytes
    whole: bool
    """False if it is longer than what was read."""
    uid: int
    gid: int
    mode: int


def size_of(client: APIClient, container: str, path: str) -> int | None:
    """The size in bytes of a file in a container, which may be running; None if there is no such
    file.

    Files in an in-memory file system (tmpfs) cannot be seen this way. Raises EngineError.
    """
    place = f"{client.base_url}/v{client.api_version}/containers/{quote(container)}/archive"
    with engine_errors("looking at a file of a container"):
        answer = client.head(place, params={"path": path}, timeout=_HEAD_S)
        try:
            told = json.loads(base64.b64decode(answer.headers.get(_STAT, "")))
            return int(told["size"]) if answer.ok else None
        except (ValueError, KeyError, TypeError):
            return None


def fetch(client: APIClient, container: str, path: str, most: int = MOST) -> Fetched | None:
    """Read a file of a container; None if there is no such file. Raises EngineError."""
    packed = bytearray()
    with engine_errors("fetching a file of a container"):
        try:
            stream, _ = client.get_archive(container, path)
        except NotFound:
            return None
        except APIError as error:
            if error.status_code == 404:
                return None
            raise
        for piece in stream:
            packed += piece
            if len(packed) > most + _OVERHEAD:
                break
        stream.close()
    return first_file(bytes(packed), most)


def first_file(packed: bytes, most: int = MOST) -> Fetched | None:
    """The first file of an archive that may be cut off or untrusted; None if there is none."""
    try:
        with tarfile.open(fileobj=io.BytesIO(packed), mode="r:") as archive:
            entry = archive.next()
    except (tarfile.TarError, ValueError, OverflowError, RecursionError):
        return None
    if entry is None or not entry.isreg() or entry.offset_data > len(packed):
        return None
    content = packed[entry.offset_data : entry.offset_data + min(entry.size, most)]
    return Fetched(
        content=content,
        whole=len(content) == entry.size,
        uid=entry.uid,
        gid=entry.gid,
        mode=entry.mode & 0o7777,
    )


def packed_file(name: str, content: bytes, uid: int) -> bytes:
    """An archive with one file that is owned by this user and readable by all."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        entry = tarfile.TarInfo(name)
        entry.size, entry.mode, entry.uid, entry.gid = len(content), 0o644, uid, uid
        archive.addfile(entry, io.BytesIO(content))
    return out.getvalue()
