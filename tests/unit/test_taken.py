"""What stands for the images of a Dockerfile: a base, a locked cell, a data set. Cells that are
built of Dockerfiles themselves are in test_taken_of_dockerfiles.py."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from harness.commands.plan import plan
from harness.engines.budget import Need, together
from harness.errors import MatrixError, UsageError
from harness.model import Suite
from harness.recipes.lockfile import lock_path
from harness.recipes.orders import order
from harness.recipes.recipe import digest
from harness.suite.known import KnownNames
from harness.suite.matrix import load_suite

ROOT = Path(__file__).resolve().parents[2]
PARTS = "tf1.9.0-py3.6"
"""A cell of the default suite, whose row and lock are taken over."""
DOCKERFILE = "FROM tensorflow/tensorflow:1.9.0\nCOPY --from=digits / /data/\n"
BOX = """  - id: box
    dockerfile: box/Dockerfile
    from: {"tensorflow/tensorflow:1.9.0": "cell:PARTS", digits: "data:mnist"}
""".replace("PARTS", PARTS)


def written(folder: Path, box: str = BOX) -> Path:
    """A suite with a locked cell of the default one, and a box."""
    text = (ROOT / "matrix.yaml").read_text("utf-8")
    base = text[text.index("  py3.6:\n") : text.index("  py3.7:\n")]
    begins = text.index(f"  - id: {PARTS}\n")
    cell = text[begins : text.index("  - id:", begins + 1)].partition("  #")[0]
    (folder / "box").mkdir(exist_ok=True)
    (folder / "box/Dockerfile").write_text(DOCKERFILE, "utf-8")
    head = "version: 1\ndefaults: {as-of: 2026-11-20}\nbases:\n"
    (folder / "matrix.yaml").write_text(f"{head}{base}cells:\n{cell}{box}", "utf-8")
    return folder


@pytest.fixture
def suite(tmp_path: Path) -> Suite:
    return load_suite(written(tmp_path), KnownNames(settings={}, datasets=frozenset({"mnist"})))


def test_a_locked_cell_and_a_data_set_stand_for_images(suite: Suite) -> None:
    parts, box = suite.cells
    asked = order(suite, box)
    recipe = asked.dockerfile
    assert recipe is not None
    ((image, cell, of),) = recipe.cells
    assert ("tensorflow/tensorflow:1.9.0", parts) == (image, cell)
    assert order(suite, parts).recipe == of
    assert (("digits", "mnist"),) == recipe.data
    assert () == recipe.bases


def test_what_the_cell_installs_and_the_data_set_are_in_the_digest(suite: Suite) -> None:
    recipe = order(suite, suite.cells[1]).dockerfile
    assert recipe is not None
    ((image, cell, of),) = recipe.cells
    fewer = replace(of, lock=replace(of.lock, distributions=of.lock.distributions[1:]))
    for changed in (
        replace(recipe, cells=((image, cell, fewer),)),
        replace(recipe, cells=()),
        replace(recipe, data=(("digits", "fashion-mnist"),)),
        replace(recipe, data=()),
    ):
        assert digest(changed) != digest(recipe)
    renamed = replace(recipe, cells=((image, replace(cell, id="other"), of),))
    assert digest(renamed) == digest(recipe)


def test_a_plan_tells_what_stands_for_them(suite: Suite) -> None:
    told = plan(Path(suite.root), ["box"], [], verbose=False).text
    assert f"tensorflow/tensorflow:1.9.0: the image of cell {PARTS}" in told
    assert "digits: the data set mnist, found by its hashes when it is built" in told


@pytest.mark.parametrize(
    ("taken", "said"),
    [
        ("cell:nobody", "there is no cell `nobody`"),
        ("cell:box", "the cell `box` takes its own image"),
        ("cell:hub", "the cell `hub` is not built here"),
        ("cell:hub", "its image can be named in the Dockerfile: python:3.13"),
        ("data:letters", "there is no data set `letters`"),
        ("nothing", "there is no base `nothing`"),
        ("cell:", "`cell:` and that of a built cell"),
        ("image:x", "`cell:` and that of a built cell"),
    ],
)
def test_what_stands_for_an_image_has_to_exist(tmp_path: Path, taken: str, said: str) -> None:
    row = BOX.replace(f"cell:{PARTS}", taken) + '  - {id: hub, image: "python:3.13"}\n'
    known = KnownNames(settings={}, datasets=frozenset({"mnist"}))
    with pytest.raises(MatrixError) as raised:
        load_suite(written(tmp_path, row), known)
    assert said in str(raised.value)
    assert "matrix.yaml" in str(raised.value)


def test_a_stale_lock_of_the_cell_stops_the_run(tmp_path: Path) -> None:
    folder = written(tmp_path)
    lock = lock_path(folder, PARTS)
    lock.parent.mkdir(parents=True)
    shutil.copyfile(lock_path(ROOT, PARTS), lock)
    path = folder / "matrix.yaml"
    path.write_text(path.read_text("utf-8").replace("gast==0.2.2", "gast==0.2.1"), "utf-8")
    suite = load_suite(folder)
    with pytest.raises(UsageError, match=f"the lock of cell {PARTS} is stale"):
        order(suite, suite.cells[1])


def test_room_is_made_for_the_cells_that_are_still_to_be_built() -> None:
    own, part = Need(cell="box", kept=3, passing=1), Need(cell="parts", kept=5, passing=7)
    assert Need(cell="box", kept=8, passing=7) == together("box", own, part)
