"""What goes on side by side: cells are obtained, and while a probe is asked nothing is."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import pytest

from harness.engines import Obtained, Pass, Performed, Say
from harness.model import Artifact, Base, HostClass, Lock, Outcome, Recipe, Source
from harness.recipes.orders import Order
from harness.running.abreast import at_once, begun_first
from harness.running.task import Task
from harness.running.worker import work
from tests.unit.builders import HOST, cell
from tests.unit.scripted import PROBES, Scripted


@pytest.mark.parametrize(
    ("expected", "cores", "memory_gib"),
    [(2, 2, 24), (1, 1, 24), (1, 8, 4), (1, 8, 7), (2, 8, 8), (4, 64, 256), (1, 0, 0)],
)
def test_as_much_goes_on_as_cores_and_memory_carry(
    expected: int, cores: int, memory_gib: int
) -> None:
    host: HostClass = replace(HOST, cores=cores, memory_gib=memory_gib)
    assert expected == at_once(host)


def built(name: str, python: str, size: int) -> Order:
    source = Source(kind="debian", suite="bullseye", packages=(f"python{python}",))
    base = Base(id=f"py{python}", python=python, sources=(source,))
    wheel = Artifact(name="x", version="1", filename="x.whl", sha256="0" * 64, size=size)
    lock = Lock(cell=name, python=python, request="", as_of="", tools=(), distributions=(wheel,))
    wanted = Recipe(base=base, interpreter="", lock=lock, environment=(), dockerfile="")
    return Order(cell=cell(name), recipe=wanted)


def test_a_cell_of_each_base_is_begun_before_a_second_one_of_any_and_the_largest_first() -> None:
    orders = (
        built("small-2.7", "2.7", 10),
        built("large-2.7", "2.7", 30),
        built("small-3.9", "3.9", 5),
        built("large-3.13", "3.13", 40),
        Order(cell=cell("existing")),
        Order(cell=cell("another")),
    )
    begun = [one.cell.id for one in begun_first(orders)]
    assert ["large-3.13", "small-2.7", "small-3.9"] == begun[:3]
    assert ["existing", "another"] == begun[3:5], "what shares no base waits for none"
    assert ["large-2.7"] == begun[5:]


def test_what_is_begun_is_what_was_ordered() -> None:
    orders = tuple(built(f"c{number}", "2.7", number) for number in range(5))
    assert set(orders) == set(begun_first(orders))
    assert () == begun_first(())


@dataclass(kw_only=True)
class Watched(Scripted):
    """Says what went on while a probe was asked, and how much was obtained at a time."""

    busy: list[str] = field(default_factory=list)
    beside: list[tuple[str, ...]] = field(default_factory=list)
    most: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)
    together: threading.Barrier = field(default_factory=lambda: threading.Barrier(2, timeout=60))

    @contextmanager
    def doing(self, what: str) -> Iterator[None]:
        with self.lock:
            self.busy.append(what)
            self.most = max(self.most, len(self.busy))
        try:
            yield
        finally:
            with self.lock:
                self.busy.remove(what)

    def obtain(self, order: Order, say: Say) -> Obtained:
        with self.doing(f"obtain {order.cell.id}"):
            # Each waits for another: one alone would never end.
            self.together.wait()
            if order.cell.id == "broken":
                return Obtained(outcome=Outcome.BUILD_FAILED, reason="no")
            return super().obtain(order, say)

    def second_opinion(self, run: str, cell: str, obtained: Obtained) -> None:
        with self.doing(f"read {cell}"):
            self.together.wait()

    def perform(self, request: Pass) -> Performed:
        with self.lock:
            self.beside.append(tuple(self.busy))
        return super().perform(request)


def test_nothing_of_ours_goes_on_while_a_probe_is_asked() -> None:
    engine = Watched(on=replace(HOST, cores=2, memory_gib=24))
    orders = tuple(Order(cell=cell(name)) for name in ("one", "two", "three", "four"))
    said = list(
        work(engine, Task(run="r", orders=orders, probes=PROBES, rounds=3), lambda *_: None)
    )
    assert 2 == engine.most
    assert [()] * 12 == engine.beside
    assert 4 * 3 * len(PROBES) == len(said)
