"""A cell's image built by hand: the rendered Dockerfile with the engine's own builder. Also a
listing of an image's files, to compare two images."""

from __future__ import annotations

import hashlib
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any, cast

from docker import APIClient

from harness.distributions.cache import DistributionCache
from harness.engines.oci.bases import ReadyBase
from harness.engines.oci.cells import build_content
from harness.engines.oci.volume import packed
from harness.engines.rootfs import SOURCE_DATE_EPOCH
from harness.model import Recipe
from harness.recipes import recipe
from harness.running.session import places

Files = dict[str, tuple[object, ...]]
NAME = "harness-tests/by-hand"
_OF_THE_ENGINE = frozenset(
    (".dockerenv", "dev/console", "etc/hostname", "etc/hosts", "etc/mtab", "etc/resolv.conf")
)
"""Files that an engine adds to a container, with the present time."""


@contextmanager
def built_by_hand(client: APIClient, wanted: Recipe, base: ReadyBase) -> Iterator[str]:
    """The name of such an image, which is removed at the end."""
    cache = DistributionCache(places().cache / "distributions")
    with tempfile.TemporaryFile() as context:
        dockerfile = recipe.render(wanted).encode()
        context.writelines(packed({"Dockerfile": dockerfile, **build_content(wanted, cache)}))
        context.seek(0)
        said = list(
            client.build(
                fileobj=context,
                custom_context=True,
                tag=NAME,
                buildargs={
                    "BASE": base.image,
                    "INTERPRETER": base.interpreter,
                    "SOURCE_DATE_EPOCH": SOURCE_DATE_EPOCH,
                },
                network_mode="none",
                nocache=True,
                rm=True,
                forcerm=True,
                decode=True,
                timeout=600,
            )
        )
    assert not [line for line in said if "error" in line], said
    # A stage leaves an image without a name, recognised by the step that made it.
    stages = [
        one["Id"]
        for one in client.images(filters={"dangling": True})
        if any("/harness-build/" in str(step.get("CreatedBy")) for step in _history(client, one))
    ]
    try:
        yield NAME
    finally:
        for image in (NAME, *stages):
            client.remove_image(image, force=True)


def _history(client: APIClient, image: dict[str, Any]) -> list[dict[str, Any]]:
    return cast("list[dict[str, Any]]", client.history(image["Id"]))  # type: ignore[no-untyped-call]


def files_of(client: APIClient, image: str) -> Files:
    """Every file of an image: its kind, mode, owner and time, and its digest or link target.

    Folders have no time, because copying changes the time of the folders it passes through.
    """
    container = client.create_container(image, command=["/never-started"])["Id"]
    try:
        with tempfile.TemporaryFile() as spool:
            for piece in client.export(container):
                spool.write(piece)
            spool.seek(0)
            with tarfile.open(fileobj=spool) as archive:
                return {
                    one.name: _told(archive, one)
                    for one in archive
                    if one.name not in _OF_THE_ENGINE
                }
    finally:
        client.remove_container(container, v=True)


def _told(archive: tarfile.TarFile, one: tarfile.TarInfo) -> tuple[object, ...]:
    common = (one.type, oct(one.mode), one.uid, one.gid)
    if one.isdir():
        return common
    held = _digest(archive.extractfile(one)) if one.isreg() else one.linkname
    return (*common, one.mtime, held)


def _digest(content: IO[bytes] | None) -> str:
    assert content is not None
    digest = hashlib.sha256()
    while piece := content.read(1 << 20):
        digest.update(piece)
    return digest.hexdigest()


def differing(
    one: dict[str, tuple[object, ...]], other: dict[str, tuple[object, ...]]
) -> list[str]:
    """The paths at which two images differ."""
    return sorted(path for path in one.keys() | other.keys() if one.get(path) != other.get(path))
