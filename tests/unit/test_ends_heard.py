"""An end that the event stream tells is believed where it is a plain one, and nothing else is."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any, cast

import pytest
from docker import APIClient

from harness.engines.oci.containers import ContainerEnd, _well_ended
from harness.engines.oci.watch import EventWatch
from harness.model import Outcome

OURS, OTHER = "c0ffee", "decade"
PLAIN = ContainerEnd(outcome=Outcome.OK, exit=0)


class Told:
    """An engine of which only the event stream is asked; it stays open until it is closed."""

    def __init__(self, events: list[tuple[str, str, dict[str, str]]]) -> None:
        self._events = events
        self.told = threading.Event()
        self._over = threading.Event()

    def events(self, **_: Any) -> Told:
        return self

    def __iter__(self) -> Iterator[dict[str, Any]]:
        for container, action, more in self._events:
            yield {"Action": action, "Actor": {"ID": container, "Attributes": more}}
        self.told.set()
        self._over.wait(30)

    def close(self) -> None:
        self._over.set()


def died(code: str) -> tuple[str, str, dict[str, str]]:
    return OURS, "die", {"exitCode": code}


@pytest.mark.parametrize(
    ("expected", "events"),
    [
        pytest.param(PLAIN, [(OURS, "start", {}), died("0")], id="plain"),
        pytest.param(PLAIN, [(OTHER, "kill", {}), died("0")], id="another one was killed"),
        pytest.param(None, [died("1")], id="exit status 1"),
        pytest.param(None, [died("137")], id="SIGKILL"),
        pytest.param(None, [(OURS, "die", {})], id="its exit status is not told"),
        pytest.param(None, [died("none")], id="no number"),
        pytest.param(None, [(OURS, "kill", {}), died("0")], id="killed"),
        pytest.param(None, [(OURS, "oom", {}), died("0")], id="out of memory"),
        pytest.param(None, [(OURS, "pause", {}), (OURS, "unpause", {}), died("0")], id="paused"),
        pytest.param(None, [(OURS, "update", {}), died("0")], id="its limits were changed"),
        pytest.param(None, [(OURS, "exec_start: sh", {}), died("0")], id="a program was run in it"),
        pytest.param(None, [(OURS, "exec", {}), died("0")], id="Podman's word for it"),
        pytest.param(None, [(OURS, "attach", {})] * 2 + [died("0")], id="a second connection"),
        pytest.param(PLAIN, [(OURS, "attach", {}), (OURS, "rename", {}), died("0")], id="renamed"),
        pytest.param(PLAIN, [(OTHER, "exec", {}), died("0")], id="another one's program"),
        pytest.param(None, [(OURS, "start", {})], id="it runs"),
        pytest.param(None, [(OTHER, "die", {"exitCode": "0"})], id="another one ended"),
    ],
)
def test_only_a_plain_end_needs_no_inspection(
    expected: ContainerEnd | None, events: list[tuple[str, str, dict[str, str]]]
) -> None:
    engine = Told(events)
    watch = EventWatch(cast("APIClient", engine))
    watch.start()
    try:
        assert engine.told.wait(30)
        assert expected == _well_ended(watch, OURS)
    finally:
        watch.close()
    assert not watch.engine_gone
