"""The two field systems with a notebook server: the teaching toolkit, and the legacy GPU tag."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from docker import APIClient

from harness.engines.oci.dockerfile.unreached import found_here
from harness.model import Fact, Outcome
from tests.real.commandline import Place, Said
from tests.real.leftovers import Leftovers
from tests.real.suites import ROOT

TOOLKIT, LEGACY = "teaching-toolkit", "legacy-gpu-tag"
OUTSIDE = ("metadata", "notebook", "volume", "command")


@pytest.fixture
def suite(engine: APIClient, tmp_path: Path) -> Iterator[Path]:
    """The default suite in a folder of its own, where its Dockerfiles can be changed. Images of
    changed ones are removed; those of the suite's own cells stay for the next test."""
    folder = tmp_path / "suite"
    folder.mkdir()
    shutil.copy(ROOT / "matrix.yaml", folder)
    shutil.copytree(ROOT / "dockerfiles", folder / "dockerfiles")
    before = {one["Id"] for one in engine.images()}
    yield folder
    for cell in (TOOLKIT, LEGACY):
        for image in engine.images(f"harness-cell/{cell}"):
            if image["Id"] not in before:
                engine.remove_image(image["Id"], force=True)


def asked(place: Place, suite: Path, cell: str, *probes: str) -> tuple[Said, Mapping[str, Fact]]:
    """Ask a cell some probes; returns the output and the facts of all of them."""
    options = [word for probe in probes for word in ("--probe", probe)]
    said = place.harness("run", "--suite", str(suite), "--cell", cell, *options, or_status=1)
    _, records = place.recorded()
    assert {Outcome.OK} == {one.outcome for one in records}, said.text
    return said, {key: value for one in records for key, value in one.facts.items()}


@pytest.mark.long
def test_the_teaching_toolkit_is_what_its_people_wrote(
    engine: APIClient, place: Place, suite: Path
) -> None:
    left = Leftovers.since_now(engine)
    said, facts = asked(place, suite, TOOLKIT, *OUTSIDE)
    assert 0 == said.status, said.text
    assert () == facts["metadata.differs"]
    assert ("keras", ("/src",), ("8888/tcp",)) == tuple(
        facts[f"metadata.{key}"] for key in ("user", "volumes", "exposed_ports")
    )
    assert "keras 1000 /src" == facts["notebook.8888.cell.1"]
    assert "Using TensorFlow backend." in str(facts["notebook.8888.cell.2"])
    assert "[('/device:CPU:0', 'CPU')]" == facts["notebook.8888.cell.3"]
    assert facts["notebook.8888.url_works"] is True
    assert facts["notebook.8888.open_to_all"] is False
    assert (True, 1000) == (facts["volume.1.persists"], facts["volume.1.owner"])
    assert [] == left.found()


@pytest.mark.long
@pytest.mark.parametrize(
    ("before", "after", "probe", "expected"),
    [
        ("--ip=0.0.0.0", "--ip=127.0.0.1", "notebook", "served on 127.0.0.1 alone"),
        ("--port=8888", "--port=9999", "notebook", "something does on 9999"),
        ("USER keras\n", "", "metadata", "the image runs as root"),
        ("VOLUME /src\n", "VOLUME /data\n", "metadata", "declares the volume /data"),
        ("-u 1000 keras", "-u 1001 keras", "volume", "belongs to user 1001, but 1000 was promised"),
        (
            "CMD jupyter notebook",
            "ENV KERAS_BACKEND=theano\nCMD jupyter notebook",
            "notebook",
            "No module named 'theano'",
        ),
    ],
    ids=["itself-alone", "another-port", "root", "another-volume", "another-uid", "no-backend"],
)
def test_a_toolkit_that_is_another_one_is_told(
    before: str, after: str, probe: str, expected: str, place: Place, suite: Path
) -> None:
    path = suite / "dockerfiles" / "field" / TOOLKIT / "Dockerfile"
    text = path.read_text("utf-8")
    assert before in text
    path.write_text(text.replace(before, after), "utf-8")
    matrix = (suite / "matrix.yaml").read_text("utf-8")
    quick = matrix.replace("ready: {path: /api, within: 120}", "ready: {path: /api, within: 20}")
    (suite / "matrix.yaml").write_text(quick, "utf-8")
    said, facts = asked(place, suite, TOOLKIT, probe)
    assert 1 == said.status, said.text
    kind = "metadata.differs" if probe == "metadata" else f"{probe}.broken"
    told = facts[kind]
    assert isinstance(told, tuple)
    assert any(expected in str(one) for one in told), told


@pytest.mark.long
def test_the_look_alike_of_the_legacy_tag_does_all_but_the_gpu(
    engine: APIClient, place: Place, suite: Path
) -> None:
    left = Leftovers.since_now(engine)
    _, facts = asked(place, suite, LEGACY, *OUTSIDE)
    assert "/notebooks 0 (3, 6)" == facts["notebook.8888.cell.1"]
    assert "libcusolver.so.8.0: cannot open" in str(facts["notebook.8888.cell.2"])
    for library in ("libcusolver.so.8.0", "libcublas.so.8.0", "libcudnn.so.5", "libcuda.so.1"):
        assert f"{library} => not found" in str(facts["notebook.8888.cell.3"])
    for probe in ("notebook", "volume", "command"):
        assert () == facts[f"{probe}.broken"]
    assert facts["volume.1.persists"] is True
    assert ("bash -c echo in $PWD with $NVIDIA_VISIBLE_DEVICES", 0) == (
        facts["command.1.command"],
        facts["command.1.exit"],
    )
    assert ("the image exposes port 6006, and the cell does not promise to serve it",) == (
        facts["metadata.differs"]
    )
    assert [] == left.found()


@pytest.mark.long
def test_what_this_machine_cannot_tell_is_unverified(place: Place, suite: Path) -> None:
    if found_here("repo.anaconda.com"):
        pytest.skip("the channels of conda are found here")
    said = place.harness(
        "run", "--suite", str(suite), "--cell", f"{TOOLKIT}-*", "--cell", f"{LEGACY}-*", status=5
    )
    _, records = place.recorded()
    assert {Outcome.HOST_INCOMPATIBLE} == {one.outcome for one in records}, said.text
    assert {f"{TOOLKIT}-conda", f"{TOOLKIT}-gpu", f"{LEGACY}-original"} == {
        one.cell for one in records
    }
    assert "this host does not find repo.anaconda.com" in said.text
    assert "asks for a GPU" in said.text
