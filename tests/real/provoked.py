"""Breakages that a test really causes: a whole cell, with one wheel installed over what it has."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex

from docker import APIClient

from harness.distributions.cache import DistributionCache
from harness.distributions.index import PackageIndex
from tests.real.own_images import NO_REGISTRY

_PUT_OVER = Path(__file__).with_name("put_over.py")


@dataclass(frozen=True, kw_only=True)
class OtherWheel:
    """A published wheel, by its digest."""

    project: str
    file: str
    sha256: str


ML_DTYPES = OtherWheel(
    project="ml-dtypes",
    file="ml_dtypes-0.3.1-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl",
    sha256="42a8980afd8b7c8e270e8b5c260237286b5b26acd276fcb758d13cd7cb567e99",
)


def fetched(wheel: OtherWheel, cache: DistributionCache) -> Path:
    """The wheel in the cache of distributions, downloaded once."""
    path = cache.path(wheel.sha256)
    if not path.exists():
        index = PackageIndex()
        (file,) = [one for one in index.files(wheel.project) if one.filename == wheel.file]
        cache.admit(wheel.sha256, lambda write: index.fetch(file, write))
    return path


@contextmanager
def with_wheel(
    client: APIClient, image: str, python: str, wheel: OtherWheel, path: Path
) -> Iterator[str]:
    """An image with the wheel installed over what its `python` has; it is removed afterwards."""
    lines = (
        f"FROM {image}",
        f"COPY put_over.py {wheel.file} /put-over/",
        f"RUN {python} /put-over/put_over.py /put-over/{wheel.file}",
    )
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        for name, content in (
            ("Dockerfile", "\n".join(lines).encode()),
            ("put_over.py", _PUT_OVER.read_bytes()),
            (wheel.file, path.read_bytes()),
        ):
            member = tarfile.TarInfo(name)
            member.size, member.mode = len(content), 0o644
            tar.addfile(member, io.BytesIO(content))
    packed.seek(0)
    name = f"{NO_REGISTRY}/provoked-{token_hex(4)}:1"
    said = list(
        client.build(
            fileobj=packed,
            custom_context=True,
            tag=name,
            rm=True,
            forcerm=True,
            network_mode="none",
            decode=True,
        )
    )
    assert not [line for line in said if "error" in line], said
    try:
        yield name
    finally:
        client.remove_image(name)
