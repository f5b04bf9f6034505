"""Within a disk budget: cells one after the other, with images removed in between, on a private
engine.

Only the images of the test are on it, so nothing that belongs to anybody else can be removed.
"""

from __future__ import annotations

import io
import re
import tarfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
from docker import APIClient

from harness.engines.budget import Need, need_of, peak
from harness.engines.oci.builder import builder_for
from harness.engines.oci.building import import_root
from harness.engines.oci.cells import cell_name
from harness.engines.oci.named import named_images, remove_named
from harness.engines.oci.register import register_of
from harness.engines.oci.stock import ImageStock
from harness.engines.oci.uses import Uses
from harness.machine.owner import owner_token
from harness.model import Outcome
from harness.recipes.lockfile import find_lock
from harness.recipes.orders import order
from harness.running.session import places
from harness.suite.matrix import load_suite
from tests.real.commandline import Place
from tests.real.home_made import BALLAST_BYTES, HEAVY, HomeMade, home_made_distributions
from tests.real.leftovers import Leftovers
from tests.real.podman_service import podman_service, why_not
from tests.real.private_engine import PrivateEngine
from tests.real.trying import workshop

FIRST, SECOND, THIRD = HEAVY


@pytest.fixture(scope="module")
def heavy() -> Iterator[HomeMade]:
    with home_made_distributions(heavy=True) as made:
        yield made


@pytest.fixture
def client(private: PrivateEngine) -> Iterator[APIClient]:
    """The private engine, without images of cells."""
    with private.client() as opened:
        register = register_of(opened, places().cache)
        for image in named_images(opened, register):
            if image.kind == "cell":
                assert not remove_named(opened, register, image)
        yield opened


@pytest.fixture
def there(private: PrivateEngine, client: APIClient, tmp_path: Path) -> Place:
    return Place(folder=tmp_path, extra={"DOCKER_HOST": private.url})


def kept(client: APIClient, cache: Path | None = None) -> set[str]:
    """The cells whose images are on the engine."""
    register = register_of(client, cache or places().cache)
    names = [image.name for image in named_images(client, register) if image.kind == "cell"]
    return {name.rpartition("/")[2].partition(":")[0] for name in names}


def base_bytes(client: APIClient) -> int:
    found = named_images(client, register_of(client, places().cache))
    return max(image.size_bytes for image in found if image.kind == "base")


def need(suite: Path, cell: str) -> Need:
    lock = find_lock(suite, cell)
    assert lock
    return need_of(cell, lock)


def image_name(suite: Path, cell: str) -> str:
    loaded = load_suite(suite)
    asked = order(loaded, next(one for one in loaded.cells if one.id == cell))
    assert asked.recipe
    return cell_name(cell, asked.recipe)


def test_with_room_for_one_image_each_cell_is_built_probed_stored_and_removed(
    there: Place, client: APIClient, heavy: HomeMade
) -> None:
    suite = heavy.suite(there.folder / "suite", *HEAVY)
    one = peak([need(suite, FIRST)], 1)
    budget = base_bytes(client) + one + BALLAST_BYTES // 2
    left = Leftovers.since_now(client)
    said = there.harness("run", "--suite", str(suite), "--disk-budget", f"{budget}B").err
    _, records = there.recorded()
    assert dict.fromkeys(HEAVY, Outcome.OK) == {one.cell: one.outcome for one in records}
    assert {"built"} == {one.image.origin for one in records if one.image}
    assert "cells run in 3 groups: " in said
    happened = [
        said.index(line)
        for line in (
            "disk budget: ",
            f"{FIRST}: built",
            f"removed image harness-cell/{FIRST}:",
            f"{SECOND}: built",
            f"removed image harness-cell/{SECOND}:",
            f"{THIRD}: built",
        )
    ]
    assert sorted(happened) == happened, said
    assert {THIRD} == kept(client)
    assert [] == left.found()


def test_what_can_never_fit_is_told_before_anything_starts(
    there: Place, client: APIClient, heavy: HomeMade
) -> None:
    suite = heavy.suite(there.folder / "suite", FIRST, SECOND)
    there = Place(folder=there.folder, extra={**there.extra, "HARNESS_DISK_BUDGET": "200MiB"})
    said = there.harness("run", "--suite", str(suite), status=2)
    assert f"too little room to build {FIRST} (" in said.err
    assert "--disk-budget of at least " in said.err
    assert () == there.runs()
    assert set() == kept(client)
    least = said.err.partition("--disk-budget of at least ")[2].partition(",")[0]
    there.harness("run", "--suite", str(suite), "--cell", FIRST, "--disk-budget", least)
    assert {FIRST} == kept(client)


def test_the_image_used_longest_ago_goes_first_and_none_that_somebody_needs(
    there: Place, client: APIClient, heavy: HomeMade
) -> None:
    suite = heavy.suite(there.folder / "suite", *HEAVY)
    there.harness("run", "--suite", str(suite), "--cell", FIRST, "--cell", SECOND)
    assert {FIRST, SECOND} == kept(client)
    found = ImageStock(client, replace(workshop(places().cache), disk_budget=1)).survey(())
    assert found
    assert client.df()["LayersSize"] == found.taken, "layers that are shared count once"
    there.harness("run", "--suite", str(suite), "--cell", FIRST)
    _, (record,) = there.recorded()
    assert record.image
    assert "reused" == record.image.origin
    budget = base_bytes(client) + peak([need(suite, THIRD)], 1) + BALLAST_BYTES * 3 // 2
    arguments = ("run", "--suite", str(suite), "--cell", THIRD, "--disk-budget", f"{budget}B")
    there.harness(*arguments)
    assert {FIRST, THIRD} == kept(client)

    # A living process needs the oldest image, so the other one is removed.
    other = Uses(places().cache, owner_token())
    other.hold([image_name(suite, FIRST)])
    try:
        shop = replace(workshop(places().cache), disk_budget=base_bytes(client) + BALLAST_BYTES)
        said: list[str] = []
        ImageStock(client, shop).make_room(0, said.append)
        assert {FIRST} == kept(client)
    finally:
        other.close()
    assert [f"removed image {image_name(suite, THIRD)}"] == [
        line.partition(" (")[0] for line in said[:1]
    ]
    assert 1 == len(said), said


def test_the_room_of_a_node_is_known_with_and_without_a_budget(
    there: Place, client: APIClient, heavy: HomeMade
) -> None:
    suite = heavy.suite(there.folder / "suite", FIRST)
    there.harness("run", "--suite", str(suite), "--cell", FIRST)
    named = replace(workshop(places().cache), disk_budget=base_bytes(client) + 7_000_000)
    assert 7_000_000 == ImageStock(client, named).room()
    free = ImageStock(client, workshop(places().cache)).room()
    assert free is not None
    assert free > BALLAST_BYTES, "the disk's free space and the image that can be removed"
    printed = re.search(r'"harness_disk_gb": (\d+)', there.harness("host", "--ray").out)
    assert printed, "a node states its disk although no budget is named"
    assert abs(int(printed[1]) - free // 10**9) <= 2


def test_images_of_podman_go_likewise(tmp_path: Path) -> None:
    if why := why_not():
        pytest.skip(why)
    size = 1_000_000
    shop = workshop(tmp_path)
    with podman_service() as client:
        for name in ("old", "new"):
            packed = io.BytesIO()
            with tarfile.open(fileobj=packed, mode="w") as archive:
                entry = tarfile.TarInfo("ballast")
                entry.size = size
                archive.addfile(entry, io.BytesIO(Random(name).randbytes(size)))
            packed.seek(0)
            builder = builder_for(client, shop, name, lambda _: None)
            import_root(builder, packed, f"harness-cell/{name}:1", {"harness.kind": "cell"})
        uses = Uses(shop.cache, shop.owner)
        uses.hold(["harness-cell/new:1"])
        uses.close()
        found = ImageStock(client, replace(shop, disk_budget=1)).survey(())
        assert found
        assert found.free is not None
        assert 2 * size <= found.taken < 2.1 * size
        said: list[str] = []
        ImageStock(client, replace(shop, disk_budget=found.taken - 1)).make_room(0, said.append)
        assert {"new"} == kept(client, shop.cache), said
