"""Real Debian roots: the content of one depends only on its own request."""

from __future__ import annotations

import hashlib
import tarfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from harness.engines import Workshop
from harness.engines.rootfs import make_root
from harness.model import Source
from tests.real.trying import workshop

SMALL = Source(kind="debian", suite="bookworm", packages=("netbase",))


@pytest.mark.long
@pytest.mark.engine
def test_a_root_holds_the_same_whatever_other_bases_its_suite_has(tmp_path: Path) -> None:
    shop = workshop(tmp_path / "cache")
    first, first_packages = made(shop, SMALL)
    made(shop, replace(SMALL, packages=("media-types",)))
    (kept,) = (shop.cache / "roots").iterdir()
    before = kept.stat().st_mtime_ns
    again, again_packages = made(shop, SMALL)
    assert before == kept.stat().st_mtime_ns, "the suite's minimal root was made once"
    assert first_packages == again_packages
    assert first == again
    assert any(one.startswith("netbase=") for one in first_packages)
    assert not any(one.startswith("media-types=") for one in first_packages)

    # Made alone, in an empty cache. Only byte-code could differ, and it has none.
    alone, _ = made(workshop(tmp_path / "another"), SMALL)
    assert first == alone


def made(shop: Workshop, source: Source) -> tuple[Mapping[str, str], tuple[str, ...]]:
    """By path: kind, owner, mode, time and content of everything in the root; and its packages."""
    shop.cache.mkdir(exist_ok=True)
    with (shop.cache / "made.tar").open("w+b") as out:
        packages = make_root(source, out, shop.cache / "log", shop)
        out.seek(0)
        with tarfile.open(fileobj=out) as archive:
            found = {}
            for one in archive:
                content = archive.extractfile(one)
                found[one.name] = (
                    f"{one.type!r} {one.uid}:{one.gid} {one.mode:o} {one.mtime} {one.linkname} "
                    + (hashlib.sha256(content.read()).hexdigest() if content else "")
                )
    return found, packages
