"""The address that a notebook server prints as it starts, and what it means from outside."""

from __future__ import annotations

from typing import Any, cast

import pytest

from harness.machine.web import WebAnswer
from harness.outside.breaches import Breaches
from harness.outside.notebooks import _TOLD_URL, NotebookServer, _url

TOKEN = "0123456789abcdef0123456789abcdef"


class Opened:
    """A server that answers whatever path is opened."""

    port = 8888

    def __init__(self, status: int = 200) -> None:
        self.status = status
        self.paths: list[str] = []

    def get(self, path: str, *, with_token: bool = True) -> WebAnswer:
        assert not with_token
        self.paths.append(path)
        return WebAnswer(status=self.status)


def facts_of(line: str, server: Opened, broken: Breaches | None = None) -> dict[str, Any]:
    told = _TOLD_URL.search(f"[I 21:11 NotebookApp]\n        {line}\n")
    assert told is not None
    assert TOKEN == told[3]
    return dict(
        _url("n", told, cast("NotebookServer", server), Breaches() if broken is None else broken)
    )


@pytest.mark.parametrize(
    ("line", "shown", "explained"),
    [
        (f"http://localhost:8888/?token={TOKEN}", "http://localhost:8888/?token=...", ""),
        (f"http://127.0.0.1:8888/lab?token={TOKEN}", "http://127.0.0.1:8888/lab?token=...", ""),
        (
            f"http://0.0.0.0:8888/?token={TOKEN}",
            "http://0.0.0.0:8888/?token=...",
            "0.0.0.0 is where it listens inside",
        ),
        (
            f"http://(7c9477769ed4 or 127.0.0.1):8888/?token={TOKEN}",
            "http://(the container's name or 127.0.0.1):8888/?token=...",
            "nobody outside knows the container's name",
        ),
    ],
)
def test_what_is_printed_is_explained(line: str, shown: str, explained: str) -> None:
    server = Opened()
    facts = facts_of(line, server)
    assert shown == facts["n.url_told"]
    assert explained in facts.get("n.url_explained", "")
    assert bool(explained) is ("n.url_explained" in facts)
    assert facts["n.url_works"] is True
    assert [line.partition("8888")[2]] == server.paths


def test_an_address_that_does_not_open_breaks_the_promise() -> None:
    broken = Breaches()
    line = f"http://(7c9477769ed4 or 127.0.0.1):8888/?token={TOKEN}"
    assert facts_of(line, Opened(status=403), broken)["n.url_works"] is False
    assert ("port 8888, its token URL: it answers 403",) == broken.told


def test_two_containers_say_the_same() -> None:
    first, second = (
        facts_of(f"http://({name} or 127.0.0.1):8888/?token={TOKEN}", Opened())
        for name in ("7c9477769ed4", "0123456789ab")
    )
    assert first == second
