"""A suite with a service, run as by a user: recorded and replayed, killed and swept."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from docker import APIClient

from harness.engines.oci import LABEL
from tests.real.commandline import Place
from tests.real.made_bases import newest_base
from tests.real.own_images import image_of

SERVICE = Path(__file__).with_name("service_in_image.py")
PORT = 5000


@pytest.fixture(scope="module")
def service(engine: APIClient) -> Iterator[tuple[str, str]]:
    """An image that serves, and the path of its Python."""
    base, python = newest_base(engine)
    words = SERVICE.read_text("utf-8").encode().hex()
    unpack = f"import pathlib; pathlib.Path('/service.py').write_bytes(bytes.fromhex('{words}'))"
    with image_of(
        engine,
        base,
        f'RUN {python} -c "{unpack}"',
        f"EXPOSE {PORT}",
        f'CMD ["{python}", "/service.py", "squares"]',
    ) as name:
        yield name, python


def suite(folder: Path, service: tuple[str, str], *promises: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    lines = "".join(f"    {line}\n" for line in promises)
    (folder / "matrix.yaml").write_text(
        f"version: 1\nprobes: [http]\ncells:\n  - id: squares\n    image: {service[0]!r}\n"
        f"    interpreter: {service[1]}\n    level: L0\n{lines}",
        "utf-8",
    )
    return folder


GOOD = (
    "stops-within: 10",
    f"serves: [{{port: {PORT}, checks: [",
    '  {ask: "POST /predict", json: {number: 3}, answers: {square: 9}, times: 5, keep: true},',
    '  {ask: "POST /predict", text: no, status: 4xx}]}]',
)
BAD = (
    f"serves: [{{port: {PORT}, checks: [",
    '  {ask: "POST /predict", json: {number: 3}, answers: {square: 10}}]}]',
)


def test_a_service_passes_and_what_was_relaxed_for_it_is_shown(
    place: Place, service: tuple[str, str]
) -> None:
    said = place.harness("run", "--suite", str(suite(place.folder / "s", service, *GOOD)))
    assert f"127.0.0.1 of the host publishes {PORT}" in said.text
    _, records = place.recorded()
    assert {"metadata", "http", "command"} == {one.probe for one in records}
    assert {"ok"} == {one.outcome.value for one in records}


def test_a_promise_that_is_not_kept_fails_the_cell_and_says_so(
    place: Place, service: tuple[str, str]
) -> None:
    folder = suite(place.folder / "s", service, *BAD)
    said = place.harness("run", "--suite", str(folder), status=1)
    assert "a promise is not kept" in said.text
    assert 'it is {"square":9}, but {"square":10} was promised' in said.text


def test_what_was_recorded_is_replayed_and_another_promise_is_not(
    place: Place, service: tuple[str, str]
) -> None:
    folder = suite(place.folder / "s", service, *BAD)
    kept = str(place.folder / "kept")
    place.harness("run", "--suite", str(folder), "--record-to", kept, status=1)
    replay = ("run", "--suite", str(folder), "--engine", "replay", "--recordings", kept)
    assert "a promise is not kept" in place.harness(*replay, status=1).text
    suite(place.folder / "s", service, *GOOD)
    assert "has changed since it was recorded" in place.harness(*replay, status=5).text


def ours(engine: APIClient, kind: str) -> list[str]:
    filters = {"label": f"{LABEL}.pass"}
    if kind == "networks":
        return [one["Id"] for one in engine.networks(filters=filters)]
    return [one["Id"] for one in engine.containers(all=True, filters=filters)]


def test_what_a_killed_run_left_is_removed(
    place: Place, engine: APIClient, service: tuple[str, str]
) -> None:
    slow = (
        f'command: ["{service[1]}", /service.py, never]',
        f"serves: [{{port: {PORT}, ready: {{within: 600}}}}]",
    )
    folder = suite(place.folder / "s", service, *slow)
    before = set(ours(engine, "containers"))
    with place.started("run", "--suite", str(folder)) as process:
        deadline = time.monotonic() + 120
        while not set(ours(engine, "containers")) - before:
            assert time.monotonic() < deadline, place.told()
            time.sleep(0.1)
        process.send_signal(signal.SIGKILL)
        process.wait()
    left = set(ours(engine, "containers")) - before
    assert left
    place.harness("clean")
    assert set() == left & set(ours(engine, "containers"))
    assert [] == ours(engine, "networks")
