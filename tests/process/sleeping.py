"""An engine that sleeps, for tests of what carries tasks: it works in any process, on any node.

What it is asked to do is in the id of a cell: `sleeps-0.2` takes so many seconds, `kills-once` ends
its process the first time that it is asked. Whatever it does it writes down in a folder.
"""

from __future__ import annotations

import contextlib
import functools
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

from harness.engines import Obtained, Pass, Performed, Say, Workshop
from harness.machine.owner import owner_alive, owner_token
from harness.model import EngineInfo, HostClass, ImageIdentity, Outcome
from harness.probing.answer import Answer
from harness.recipes.orders import Order

FOLDER = "SLEEPING_FOLDER"
"""Where the engine of a node keeps what it has."""
HOST = HostClass(machine="x86_64", cpu_model="none", cpu_flags=(), cores=2, memory_gib=24)


class Sleeping:
    """What a run leaves while it performs is a file with its owner, as a container would be."""

    name = "host"
    stock = None
    here = True

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...

    def describe(self) -> EngineInfo:
        return EngineInfo(name=self.name, version="1")

    def host(self) -> HostClass:
        return HOST

    def sweep(self) -> tuple[str, ...]:
        dead = [
            path
            for path in sorted(self._folder.glob("*.left"))
            if not owner_alive(path.read_text("utf-8"))
        ]
        for path in dead:
            path.unlink()
        return tuple(path.stem for path in dead)

    def stop(self) -> None: ...

    def release(self, run: str) -> None: ...

    def obtain(self, order: Order, say: Say) -> Obtained:
        say("obtained at once")
        return Obtained(image=ImageIdentity(id=f"sha256:{order.cell.id}"))

    def second_opinion(self, run: str, cell: str, obtained: Obtained) -> None: ...

    def perform(self, request: Pass) -> Performed:
        left = self._folder / f"{request.cell}-{request.round}-{os.getpid()}.left"
        left.write_text(_owner(os.getpid()), "utf-8")
        self._note(request)
        what, _, amount = request.cell.partition("-")
        once = self._folder.parent / f"{request.cell}.killed"
        if what == "kills" and (amount.startswith("always") or not once.exists()):
            once.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        if what == "sleeps" and (seconds := float(amount.partition("-")[0])):
            # Even a sleep of no time gives the processor away.
            time.sleep(seconds)
        answers = {}
        for question in request.questions:
            name = question.probe.name
            request.asks(name)
            answers[name] = Answer(probe=name, outcome=Outcome.OK, facts={f"{name}.x": 1})
        left.unlink()
        return Performed(answers=answers)

    def _note(self, request: Pass) -> None:
        with (self._folder / "performed").open("a", encoding="utf-8") as out:
            out.write(f"{request.cell} {request.round} {os.getpid()} {time.time()}\n")


@functools.cache
def _owner(pid: int) -> str:
    """This process as owner; it is asked once, so that what is measured is not that."""
    del pid  # A process that was forked is another owner.
    return owner_token()


@contextlib.contextmanager
def opened(name: str, shop: Workshop) -> Iterator[tuple[Sleeping, tuple[str, ...]]]:
    """The engine of this node; it has the folder that the node's environment names."""
    del name, shop
    with Sleeping(Path(os.environ[FOLDER])) as engine:
        yield engine, ()
