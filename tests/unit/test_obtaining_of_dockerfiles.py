"""Obtaining images of Dockerfiles that are made of each other: the order, the turns, the logs, the
room they need, and what is said of a network. The engine and the builder are replaced."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from harness.engines import Obtained, Workshop
from harness.engines.oci import LABEL, builder, cells, stock
from harness.engines.oci.builder import Builder
from harness.engines.oci.cells import obtain
from harness.engines.oci.dockerfile import obtaining, sources
from harness.engines.oci.dockerfile.asked import StepFailed
from harness.engines.oci.dockerfile.choice import BuilderKind, Choice
from harness.engines.oci.dockerfile.sources import SourceImage
from harness.engines.oci.register import Register
from harness.engines.oci.stock import ImageStock
from harness.engines.oci.uses import Uses
from harness.machine.owner import owner_token
from harness.model import Cell, DockerfileBuild, DockerfileRecipe, ImageIdentity, Outcome
from harness.recipes.orders import Order

DAY = 86400.0
ONE_DAY = 1_700_000_000.0  # 2023-11-14


def recipe(text: str, network: bool = False, **taken: Order) -> DockerfileRecipe:
    parts = tuple(
        (image, order.cell, order.dockerfile)
        for image, order in taken.items()
        if order.dockerfile is not None
    )
    return DockerfileRecipe(text=text, context="", cells=parts, network=network, shown="Dockerfile")


def order(name: str, text: str, network: bool = False, **taken: Order) -> Order:
    cell = Cell(id=name, build=DockerfileBuild(dockerfile="Dockerfile", network=network))
    return Order(cell=cell, dockerfile=recipe(text, network, **taken))


def chain(network: bool = False) -> tuple[Order, Order, Order]:
    """Two cells that take the image of a third."""
    inner = order("inner", "FROM scratch\nCOPY x /\n", network)
    one = order("one", "FROM written\n", written=inner)
    other = order("other", "FROM scratch\nCOPY --from=written /x /x\n", written=inner)
    return inner, one, other


@dataclass
class Engine:
    """A client, and what is done with it."""

    shop: Workshop
    images: dict[str, dict[str, Any]] = field(default_factory=dict)
    done: list[str] = field(default_factory=list)
    holding: list[str] = field(default_factory=list)
    now: float = ONE_DAY
    fails: str = ""

    def info(self) -> dict[str, str]:
        return {"Architecture": "x86_64", "OSType": "linux"}

    def tag(self, image: str, repository: str, tag: str) -> None:
        self.images[f"{repository}:{tag}"] = self.images[image]

    @contextmanager
    def turn(self, name: str, _: Workshop) -> Iterator[None]:
        assert [] == self.holding, "nobody waits for a turn while having one"
        self.holding.append(name)
        yield
        self.holding.remove(name)

    def build(self, by: Builder, cell: Cell, wanted: DockerfileRecipe, ready: Any) -> ImageIdentity:
        """Instead of a builder."""
        self.done.append(f"{cell.id} in {by.log.name}")
        if cell.id == self.fails:
            raise StepFailed("Dockerfile:2: COPY x /")
        name = f"sha256:{cell.id}-{len(self.images)}"
        labels = {
            f"{LABEL}.kind": "cell",
            f"{LABEL}.recipe": ready.digest,
            f"{LABEL}.base-origin": "; ".join(one.told for one in ready.sources),
        }
        self.images[name] = {"Id": name, "Config": {"Labels": labels}}
        return obtaining._named(by, ready, wanted, SimpleNamespace(name=name))  # type: ignore[arg-type]

    def obtain(self, asked: Order, **shop: Any) -> Obtained:
        return obtain(self, asked, replace(self.shop, **shop), lambda _: None)  # type: ignore[arg-type]

    def origin(self, asked: Order) -> str:
        found = self.obtain(asked)
        assert found.image is not None, found.reason
        return found.image.origin


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Engine:
    shop = Workshop(cache=tmp_path, logs=tmp_path / "logs", bases={}, owner=owner_token())
    made = Engine(shop=shop)
    choice = Choice(kind=BuilderKind.CLASSIC)
    for place in (obtaining, sources):
        monkeypatch.setattr(place, "inspect_image", lambda _, name: made.images.get(name))
    monkeypatch.setattr(obtaining, "choose", lambda *_: choice)
    monkeypatch.setattr(obtaining, "row_of", lambda _: None)
    monkeypatch.setattr(obtaining, "say_whose", lambda *_: None)
    monkeypatch.setattr(obtaining, "turn", made.turn)
    monkeypatch.setattr(obtaining, "_built", made.build)
    monkeypatch.setattr(sources, "other_architecture", lambda *_: "")
    monkeypatch.setattr(sources, "triggers_of", lambda *_: ())
    for part in (builder, stock):
        monkeypatch.setattr(part, "register_of", lambda *_: Register(tmp_path / "register"))
    monkeypatch.setattr("time.time", lambda: made.now)
    return made


def test_what_is_taken_is_built_first_once_and_with_a_log_of_its_own(engine: Engine) -> None:
    _, one, other = chain()
    for asked in (one, other, one):
        assert Outcome.OK is engine.obtain(asked).outcome
    assert ["inner in inner.log", "one in one.log", "other in other.log"] == engine.done


def test_what_is_built_again_is_built_again_for_who_takes_it(engine: Engine) -> None:
    inner, one, other = chain()
    for asked in (inner, one, other):
        engine.obtain(asked)
    engine.done.clear()
    anew = set[str]()
    for asked in (one, other, inner):
        assert Outcome.OK is engine.obtain(asked, fresh=True, made_anew=anew).outcome
    assert ["inner", "one", "other"] == [line.partition(" ")[0] for line in engine.done]


def test_a_failure_below_is_told_with_its_cell_its_cause_and_its_log(engine: Engine) -> None:
    _, one, _ = chain()
    engine.fails = "inner"
    found = engine.obtain(one)
    assert Outcome.BUILD_FAILED is found.outcome
    assert (
        "written: the image of cell inner is not available: Dockerfile:2: COPY x /" == found.reason
    )
    assert found.log.endswith("/inner.log")


def test_the_age_of_what_was_fetched_is_told_of_all_that_is_made_of_it(engine: Engine) -> None:
    inner, one, _ = chain(network=True)
    last = order("last", "FROM below\n", below=one)
    assert "built by the classic builder, with the network on: not hermetic" == engine.origin(inner)
    engine.now += 3 * DAY
    of = "of what was built with the network on 2023-11-14"
    assert f"built by the classic builder, {of}: not hermetic" == engine.origin(one)
    assert f"built by the classic builder, {of}: not hermetic" == engine.origin(last)
    engine.now += 2 * DAY
    assert f"reused, {of}, 5 days ago: not hermetic" == engine.origin(last)
    assert "reused, built with the network on 2023-11-14, 5 days ago: not hermetic" == (
        engine.origin(inner)
    )
    found = engine.obtain(last)
    assert found.image is not None
    assert "cell one, built with the network on 2023-11-14: not hermetic" == found.image.base_source


def test_an_entry_of_an_earlier_version_says_when_it_was_made(engine: Engine) -> None:
    inner, one, _ = chain(network=True)
    engine.obtain(inner)
    register = Register(engine.shop.cache / "register")
    (entry,) = register.all()
    register.keep(replace(entry, fetched=0.0))
    engine.now += DAY
    assert "of what was built with the network on 2023-11-14" in engine.origin(one)


def test_without_a_network_nothing_is_said_of_it(engine: Engine) -> None:
    inner, one, _ = chain()
    assert "built by the classic builder" == engine.origin(one)
    assert ("reused", "reused") == (engine.origin(one), engine.origin(inner))


def test_the_oldest_fetch_counts() -> None:
    def source(fetched: float) -> SourceImage:
        return SourceImage(name="", id="", told="", environment={}, onbuild=(), fetched=fetched)

    assert 0.0 == obtaining.oldest_fetch(0.0, [])
    assert 0.0 == obtaining.oldest_fetch(0.0, [source(0.0)])
    assert 3.0 == obtaining.oldest_fetch(5.0, [source(0.0), source(4.0), source(3.0)])


# --- the room on the disk ---


@pytest.fixture
def kept(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> ImageStock:
    monkeypatch.setattr(stock, "named_images", lambda *_: ())
    monkeypatch.setattr(ImageStock, "_free", lambda _: None)
    return ImageStock(engine, replace(engine.shop, disk_budget=10**12))  # type: ignore[arg-type]


def held(engine: Engine) -> list[str]:
    """The cells whose images are held, as another process sees it."""
    names = Uses(engine.shop.cache, f"another than {os.getpid()}").elsewhere()
    return sorted(name.rpartition("/")[2].partition(":")[0] for name in names)


def test_an_image_that_several_are_made_of_counts_once(kept: ImageStock) -> None:
    inner, one, other = chain()
    alone = kept.survey([inner])
    survey = kept.survey([one, other])
    assert alone is not None
    assert survey is not None
    own = alone.needs[0].kept
    assert [2 * own, own] == [need.kept for need in survey.needs]


def test_an_image_is_held_until_the_last_that_is_made_of_it_is_done(
    kept: ImageStock, engine: Engine
) -> None:
    _, one, other = chain()
    last = order("last", "FROM below\n", below=one)
    kept.hold([last, other])
    assert ["inner", "last", "one", "other"] == held(engine)
    kept.free([last])
    assert ["inner", "other"] == held(engine)
    kept.free([other])
    assert [] == held(engine)
    kept.hold([one])
    kept.close()
    assert [] == held(engine)


def test_cells_that_are_locked_are_obtained_as_before(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def built(_: Builder, cell: Cell, __: object) -> Obtained:
        asked.append(cell.id)
        return Obtained(outcome=Outcome.PULL_FAILED, reason="no index")

    monkeypatch.setattr(cells, "_built", built)
    locked = Cell(id="locked", base="py")
    inner = replace(
        recipe("FROM packages\n"),
        cells=(("packages", locked, SimpleNamespace()),),  # type: ignore[arg-type]
    )
    outer = Order(
        cell=Cell(id="outer"),
        dockerfile=replace(recipe("FROM below\n"), cells=(("below", Cell(id="in"), inner),)),
    )
    monkeypatch.setattr("harness.recipes.recipe.digest", lambda _: "0" * 64)
    found = engine.obtain(outer)
    assert ["locked"] == asked
    assert (Outcome.PULL_FAILED, True) == (found.outcome, "no index" in found.reason)
