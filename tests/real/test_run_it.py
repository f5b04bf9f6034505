"""The command under "Run it" is pasted as printed, and does what it says."""

from __future__ import annotations

import json
from pathlib import Path

from docker import APIClient

from tests.real.commandline import Place
from tests.real.legacy_registry import LegacyRegistry
from tests.real.terminal_of import typed_into

TYPED = "import tensorflow\nprint('release', '-'.join(tensorflow.__version__.split('.')))\nexit()\n"


def built(place: Place, cell: str) -> str:
    """The image of a cell of the default suite, built unless it is there."""
    place.harness("run", "--suite", "standard", "--cell", cell, "--probe", "python", status=5)
    _, records = place.recorded()
    (image,) = {one.image.id for one in records if one.image}
    return image


def printed(text: str) -> str:
    """The lines under the title, which a person copies from the page."""
    return text.partition("\nRun it\n")[2].partition("\n\n")[0]


def test_a_python_off_the_path_is_started_by_its_whole_name(
    place: Place, engine: APIClient, registry: LegacyRegistry
) -> None:
    """Its Python is called python2.7 and nothing else, and nothing says what it does by default."""
    name = registry.push(engine, built(place, "tf1.2.1-py2.7"), "run-it")
    page = place.harness("check", name, "--static", status=1).out
    command = printed(page)
    assert "--entrypoint /usr/bin/python2.7" in command
    assert "--gpus" not in command
    try:
        status, shown = typed_into(command, TYPED)
    finally:
        engine.remove_image(name, noprune=True)
    assert 0 == status, shown
    assert "release 1-2-1" in shown.replace("('release', '1-2-1')", "release 1-2-1"), shown


def test_a_file_is_loaded_and_started(place: Place, engine: APIClient, tmp_path: Path) -> None:
    own = "harness-tests/run-it:1"
    engine.tag(built(place, "tf1.2.1-py2.7"), "harness-tests/run-it", "1")
    file = tmp_path / "an image.tar"
    try:
        with file.open("wb") as out:
            for part in engine.get_image(own):
                out.write(part)
    finally:
        engine.remove_image(own, noprune=True)
    told = json.loads(
        place.harness("check", "--archive", str(file), "--format", "json", status=1).out
    )
    assert "reuse with these changes" == told["answer"]
    page = place.harness("check", "--archive", str(file), status=1).out
    try:
        status, shown = typed_into(printed(page), TYPED)
    finally:
        engine.remove_image(own, noprune=True)
    assert 0 == status, shown
    assert "1-2-1" in shown
