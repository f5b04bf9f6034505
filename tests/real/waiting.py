"""Cells whose probe waits, so that something can be done to them meanwhile; and their outcomes."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

from docker import APIClient

from harness.model import Outcome
from tests.real.commandline import Place
from tests.real.suites import small_suite

Told = Callable[[str], None]


WAITS = """
import time

PROBE = {"question": "?", "settings": {"seconds": 0.0}, "timeout_s": 20}


def probe(settings):
    time.sleep(settings["seconds"])
    return {"waits.done": True}
"""


EARLY = """
PROBE = {"question": "?", "order": 1}


def probe(settings):
    return {"early.done": True}
"""


def waiting_suite(
    folder: Path, image: str, *, seconds: float, probes: Sequence[str] = ("waits",)
) -> Path:
    cells = [
        {"id": "brief", "image": image, "interpreter": "python2.7", "level": "L0"},
        {
            "id": "long",
            "image": image,
            "interpreter": "python2.7",
            "level": "L0",
            "settings": {"waits": {"seconds": seconds}},
        },
    ]
    suite = small_suite(folder, *cells, probes=list(probes))
    (folder / "probes").mkdir(exist_ok=True)
    (folder / "probes" / "waits.py").write_text(WAITS, "ascii")
    return suite


def probing(place: Place, url: str, cell: str = "long") -> Callable[[], bool]:
    """Whether that cell's container is running."""

    def look() -> bool:
        client = connect_to(url)
        try:
            labels = [f"harness.cell={cell}", "harness.kind=probe"]
            found = client.containers(filters={"label": labels})
            return any(each["State"] == "running" for each in found)
        finally:
            client.close()

    return look


def answering(url: str) -> Callable[[], bool]:
    """Whether the long cell's container has given a complete answer."""

    def look() -> bool:
        client = connect_to(url)
        try:
            labels = ["harness.cell=long", "harness.kind=probe"]
            found = client.containers(filters={"label": labels})
            return any(b"early.done" in client.logs(each["Id"]) for each in found)
        finally:
            client.close()

    return look


def connect_to(url: str) -> APIClient:
    return APIClient(base_url=url, version="auto", timeout=30)


def outcomes(place: Place) -> dict[str, Outcome]:
    """The outcome of each cell's only probe; a key is recorded at most once."""
    run, records = place.recorded()
    assert len({one.key for one in records}) == len(records) <= len(run.planned())
    return {one.cell: one.outcome for one in records}


def last_words(process: subprocess.Popen[str], place: Place) -> tuple[int, str]:
    """The exit status and the whole output."""
    out, _ = process.communicate(timeout=180)
    status = process.returncode
    return status if status >= 0 else 128 - status, out + place.told()
