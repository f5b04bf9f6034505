"""Makes, fills and removes volumes, such as the one with a run's data.

The engine need not share this host's file system: the content is sent as an archive into a
container that is created but never started.
"""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from docker import APIClient
from docker.errors import APIError, NotFound

from harness.engines.oci.connection import engine_errors
from harness.engines.oci.containers import remove
from harness.engines.oci.owned import stating
from harness.engines.oci.specification import HARNESS_DIR, ContainerSpec, create_container
from harness.model import Profile

_CARRIER = Profile(name="carrier", writable=True, relaxations=("writable=true",))
"""Profile of the container that carries content into a volume; it never starts, so nothing can use
its permissions."""

_PIECE = 1 << 20


def fill_volume(
    client: APIClient,
    name: str,
    image: str,
    content: Mapping[str, Path | bytes],
    labels: Mapping[str, str],
) -> None:
    """Make a volume and put `content` (relative path -> bytes or file) into it.

    Raises EngineError.
    """
    make_volume(client, name, labels)
    remove(client, put_into(client, name, image, content, labels))


def make_volume(client: APIClient, name: str, labels: Mapping[str, str]) -> None:
    """Make an empty volume. Raises EngineError."""
    with engine_errors("making the run's volume"):
        client.create_volume(name, labels=stating(name, labels))


def put_into(
    client: APIClient,
    name: str,
    image: str,
    content: Mapping[str, Path | bytes],
    labels: Mapping[str, str],
) -> str:
    """Put `content` into a volume; return the container that carried it, for the caller to remove.

    Raises EngineError.
    """
    with engine_errors("filling the run's volume"):
        carrier = create_container(
            client,
            ContainerSpec(
                image=image,
                command=("/never-started",),
                labels=labels,
                profile=_CARRIER,
                volume=name,
                volume_writable=True,
            ),
        )
        try:
            client.put_archive(carrier, HARNESS_DIR, packed(content))
        except BaseException:
            remove(client, carrier)
            raise
    return carrier


class RunVolume:
    """A run's volume, which is filled in the background while a container that mounts it is made.

    `client` is a connection of its own, which `close` closes.
    """

    def __init__(
        self,
        client: APIClient,
        name: str,
        image: str,
        content: Mapping[str, Path | bytes],
        labels: Mapping[str, str],
    ) -> None:
        self.name = name
        self._client = client
        self._pool = ThreadPoolExecutor(1)
        self._made = self._pool.submit(make_volume, client, name, labels)
        self._put = self._pool.submit(put_into, client, name, image, content, labels)
        self._removed: Future[None] | None = None

    def made(self) -> str:
        """Wait until it can be mounted; return its name. Raises EngineError."""
        self._made.result()
        return self.name

    def filled(self) -> None:
        """Wait until everything is in it. Raises EngineError."""
        carrier = self._put.result()
        if self._removed is None:
            self._removed = self._pool.submit(remove, self._client, carrier)

    def close(self) -> None:
        """Wait for work in the background, and remove the carrier container. Raises EngineError."""
        try:
            if self._put.exception() is None:
                self.filled()
        finally:
            self._pool.shutdown()
            self._client.close()
        if self._removed is not None:
            self._removed.result()


def packed(content: Mapping[str, Path | bytes]) -> Iterator[bytes]:
    """Yield a tar of the files, readable by everybody, without this host's owners and times.

    It comes in pieces, so that an engine can write while files are still being read. It ends with
    two empty blocks, without padding to a whole record: data after them can break the pipe through
    which Podman passes the archive on (containers/buildah#6573). OSError, also if a file becomes
    shorter while it is read.
    """
    folders: set[str] = set()
    for path in sorted(content):
        for folder in reversed(Path(path).parents):
            if str(folder) not in (".", *folders):
                folders.add(str(folder))
                yield _header(str(folder), 0, 0o755, tarfile.DIRTYPE)
        what = content[path]
        with io.BytesIO(what) if isinstance(what, bytes) else what.open("rb") as source:
            size = source.seek(0, io.SEEK_END)
            source.seek(0)
            yield _header(path, size, 0o644)
            left = size
            while left:
                piece = source.read(min(left, _PIECE))
                if not piece:
                    raise OSError(f"{path} became shorter while it was read")
                left -= len(piece)
                yield piece
            yield bytes(-size % tarfile.BLOCKSIZE)
    yield bytes(2 * tarfile.BLOCKSIZE)


def _header(name: str, size: int, mode: int, kind: bytes = tarfile.REGTYPE) -> bytes:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode, entry.type = size, mode, kind
    return entry.tobuf(tarfile.PAX_FORMAT)


def remove_volume(client: APIClient, name: str) -> None:
    """Remove a volume; no error if it is gone. One that is still used is left to the next sweep."""
    with engine_errors("removing the run's volume"):
        try:
            client.remove_volume(name, force=True)
        except NotFound:
            pass
        except APIError as error:
            if error.status_code != 409:
                raise
