"""`--refresh-bases`: each base is made anew once, however many cells share it; the old one is
removed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from docker import APIClient

from harness.engines import Obtained, Workshop
from harness.engines.oci import cells, roots
from harness.engines.oci.capabilities import DOCKER
from harness.engines.oci.engine import ContainerEngine
from harness.engines.oci.named import NamedImage, named_images
from harness.engines.oci.register import register_of
from harness.engines.oci.uses import Uses
from harness.machine.owner import owner_token
from harness.recipes.orders import Order, order
from harness.running.session import places
from harness.suite.matrix import load_suite
from tests.real.adopting import adopt
from tests.real.home_made import PLAIN, TWIN, HomeMade
from tests.real.private_engine import PrivateEngine
from tests.real.trying import workshop

PATIENCE_S = 120.0


@pytest.fixture
def client(private: PrivateEngine) -> Iterator[APIClient]:
    with private.client() as opened:
        yield opened


@pytest.fixture
def shop(
    private: PrivateEngine,
    client: APIClient,
    home_made_base: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Workshop:
    """A workshop with a cache of its own, which no other run of this host uses."""
    monkeypatch.setenv("DOCKER_HOST", private.url)
    cache = tmp_path / "cache"
    cache.mkdir()
    (cache / "distributions").symlink_to(places().cache / "distributions")
    adopt(client, cache, home_made_base)
    return workshop(cache)


@pytest.fixture
def roots_made(
    client: APIClient, home_made_base: str, monkeypatch: pytest.MonkeyPatch
) -> list[str]:
    """The roots that were made anew. Instead of a real root, the content of the base is used, which
    takes only seconds."""
    asked: list[str] = []
    container = client.create_container(home_made_base, entrypoint=["true"], command=[])["Id"]
    content = b"".join(client.export(container))
    client.remove_container(container)

    def make_root(source: Any, out: Any, *_: Any) -> tuple[str, ...]:
        asked.append(source.suite)
        out.write(content)
        return ("python2.7=2.7.18",)

    monkeypatch.setattr(roots, "make_root", make_root)
    return asked


def obtained(shop: Workshop, orders: tuple[Order, ...]) -> list[Obtained]:
    """The cells' images from a run that ends afterwards."""
    with ContainerEngine(DOCKER, shop) as engine:
        assert engine.stock
        engine.stock.survey(orders)
        made = [engine.obtain(one, lambda _: None) for one in orders]
        engine.stock.free(orders)
    return made


def unnamed(client: APIClient, shop: Workshop) -> list[NamedImage]:
    found = named_images(client, register_of(client, shop.cache))
    return [image for image in found if not image.named]


def origins(made: list[Obtained]) -> list[str]:
    return [one.image.origin if one.image else one.reason for one in made]


def bases(made: list[Obtained]) -> set[str]:
    return {one.image.base for one in made if one.image}


def test_a_base_is_made_anew_once_and_what_it_replaced_goes(
    client: APIClient,
    shop: Workshop,
    home_made: HomeMade,
    roots_made: list[str],
    tmp_path: Path,
) -> None:
    suite = load_suite(home_made.suite(tmp_path / "suite", PLAIN, TWIN))
    orders = tuple(order(suite, cell) for cell in suite.cells)
    before = obtained(shop, orders)
    assert ["built", "built"] == origins(before)
    assert [] == roots_made, "the base was there"

    refreshed = replace(shop, refresh_bases=True, made_anew=set())
    after = obtained(refreshed, orders)
    assert ["bullseye"] == roots_made
    assert ["built", "built"] == origins(after)
    assert 1 == len(bases(after))
    assert bases(before).isdisjoint(bases(after))
    assert [] == unnamed(client, shop)
    assert {"cell": 2, "base": 1, "root": 1} == kinds(client, shop)
    assert ["reused", "reused"] == origins(obtained(shop, orders))

    # Another run is active and may still need the image that loses its name.
    other = Uses(shop.cache, owner_token())
    other.hold(["harness-cell/another"])
    try:
        again = replace(refreshed, made_anew=set())
        assert ["built", "built"] == origins(obtained(again, orders))
        replaced = [image.kind for image in unnamed(client, shop)]
        assert ["cell", "cell", "base", "root"] == replaced
    finally:
        other.close()
    with ContainerEngine(DOCKER, replace(shop, disk_budget=1 << 40)) as engine:
        assert engine.stock
        found = engine.stock.survey(orders)
        assert found
        assert client.df()["LayersSize"] == found.taken, "what has no name counts too"
        engine.stock.make_room(0, lambda _: None)
    assert [] == unnamed(client, shop)
    assert ["reused"] == origins(obtained(shop, orders[:1]))


def test_distributions_come_while_the_base_is_made(
    client: APIClient,
    shop: Workshop,
    home_made: HomeMade,
    roots_made: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    begun = Event()
    fetch, make_root = cells.fetch_missing, roots.make_root

    def fetching(*args: Any) -> int:
        begun.set()
        return fetch(*args)

    def making(*args: Any) -> tuple[str, ...]:
        assert begun.wait(PATIENCE_S), "nothing was fetched while the base is made"
        return make_root(*args)

    monkeypatch.setattr(cells, "fetch_missing", fetching)
    monkeypatch.setattr(roots, "make_root", making)
    suite = load_suite(home_made.suite(tmp_path / "suite", PLAIN))
    orders = tuple(order(suite, cell) for cell in suite.cells)
    refreshed = replace(shop, refresh_bases=True, made_anew=set())
    assert ["built"] == origins(obtained(refreshed, orders))
    assert ["bullseye"] == roots_made

    # What exists already is not requested from anybody.
    begun.clear()
    assert ["reused"] == origins(obtained(shop, orders))
    assert not begun.is_set()


def kinds(client: APIClient, shop: Workshop) -> dict[str, int]:
    found = [image.kind for image in named_images(client, register_of(client, shop.cache))]
    return {kind: found.count(kind) for kind in found}
