"""Files of a container, fetched through the engine: bounded, whatever lies there."""

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
    """A file as it lies in a container."""

    content: bytes
    whole: bool
    """False: it is longer than what was read."""
    uid: int
    gid: int
    mode: int


def size_of(client: APIClient, container: str, path: str) -> int | None:
    """Bytes of a file in a container, which may be running; None: it is not there.

    A file system in memory cannot be looked into so. Raises EngineError.
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
    """A file of a container; None where there is no such file. Raises EngineError."""
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
    """The first file of an archive that may be cut off, or a stranger's; None: there is none."""
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
    """An archive of one file that everybody may read, owned by that user."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        entry = tarfile.TarInfo(name)
        entry.size, entry.mode, entry.uid, entry.gid = len(content), 0o644, uid, uid
        archive.addfile(entry, io.BytesIO(content))
    return out.getvalue()
