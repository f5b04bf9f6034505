"""A Dockerfile that takes the image of a cell that is built of a Dockerfile itself."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.commands.plan import plan
from harness.errors import DockerfileError, MatrixError, UsageError
from harness.model import Cell, DockerfileBuild, DockerfileRecipe, Suite
from harness.recipes.lockfile import lock_path
from harness.recipes.orders import order
from harness.recipes.parts import fetching, is_hermetic, parts_of
from harness.recipes.recipe import digest
from harness.suite.matrix import load_suite
from harness.suite.selection import select
from harness.suite.taken import circles, with_relaxations_of_taken

ROOT = Path(__file__).resolve().parents[2]
LOCKED = "tf1.9.0-py3.6"
"""A cell of the default suite, whose row and lock are taken over."""
ROWS = f"""  - id: reader
    dockerfile: reader/Dockerfile
    from: {{written: "cell:written", other: "cell:{LOCKED}"}}
  - id: written
    dockerfile: written/Dockerfile
    from: {{system: py3.6, writer: "cell:{LOCKED}", fetched: "cell:fetched"}}
  - id: fetched
    dockerfile: fetched/Dockerfile
    from: {{system: py3.6}}
"""
FILES = {
    "reader": "FROM other\nCOPY --from=written /saved /saved\n",
    "written": "FROM writer AS one\nRUN true\nFROM system\nCOPY --from=one /saved /saved\n"
    "COPY --from=fetched /x /x\n",
    "fetched": "FROM system\nRUN touch /x\n",
}


def written(folder: Path, rows: str = ROWS) -> Path:
    """A suite with a locked cell of the default one, and three Dockerfiles."""
    text = (ROOT / "matrix.yaml").read_text("utf-8")
    base = text[text.index("  py3.6:\n") : text.index("  py3.7:\n")]
    begins = text.index(f"  - id: {LOCKED}\n")
    cell = text[begins : text.index("  - id:", begins + 1)].partition("  #")[0]
    for name, dockerfile in FILES.items():
        (folder / name).mkdir(exist_ok=True)
        (folder / name / "Dockerfile").write_text(dockerfile, "utf-8")
    head = "version: 1\ndefaults: {as-of: 2026-11-20}\nbases:\n"
    (folder / "matrix.yaml").write_text(f"{head}{base}cells:\n{cell}{rows}", "utf-8")
    lock = lock_path(folder, LOCKED)
    lock.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(lock_path(ROOT, LOCKED), lock)
    return folder


@pytest.fixture
def suite(tmp_path: Path) -> Suite:
    return load_suite(written(tmp_path))


def of(suite: Suite, name: str) -> DockerfileRecipe:
    (cell,) = select(suite, [name], [])
    recipe = order(suite, cell).dockerfile
    assert recipe is not None
    return recipe


def test_the_recipe_has_that_of_the_other_cell_with_everything_in_it(suite: Suite) -> None:
    (locked,) = select(suite, [LOCKED], [])
    taken = {image: (cell.id, recipe) for image, cell, recipe in of(suite, "reader").cells}
    assert {
        "other": (LOCKED, order(suite, locked).recipe),
        "written": ("written", of(suite, "written")),
    } == taken
    ids = [cell.id for cell, _ in parts_of(of(suite, "reader"))]
    assert sorted([LOCKED, "fetched", "written"]) == sorted(ids)
    assert max(ids.index(LOCKED), ids.index("fetched")) < ids.index("written")


def test_a_change_anywhere_below_is_another_image(suite: Suite) -> None:
    before = {name: digest(of(suite, name)) for name in FILES}
    path = Path(suite.root) / "fetched/Dockerfile"
    path.write_text("FROM system\nRUN touch /x /y\n", "utf-8")
    after = {name: digest(of(suite, name)) for name in FILES}
    assert all(before[name] != after[name] for name in FILES)


def test_a_locked_cell_that_is_taken_by_another_one_has_to_be_locked(suite: Suite) -> None:
    rows = ROWS.replace(f', other: "cell:{LOCKED}"', ", other: py3.6")
    folder = written(Path(suite.root), rows)
    path = folder / "matrix.yaml"
    path.write_text(path.read_text("utf-8").replace("gast==0.2.2", "gast==0.2.1"), "utf-8")
    with pytest.raises(UsageError, match=f"the lock of cell {LOCKED} is stale"):
        of(load_suite(folder), "reader")


def test_what_is_wrong_with_the_other_dockerfile_is_told_with_its_place(suite: Suite) -> None:
    path = Path(suite.root) / "fetched/Dockerfile"
    path.write_text("FROM system\nADD http://127.0.0.1/x /x\n", "utf-8")
    with pytest.raises(DockerfileError, match=r"fetched/Dockerfile"):
        of(suite, "reader")


def test_a_secret_of_the_other_build_is_missed_with_the_name_of_its_cell(
    suite: Suite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HARNESS_TEST_TOKEN", raising=False)
    rows = f"{ROWS}    secrets: [{{id: token, env: HARNESS_TEST_TOKEN}}]\n"
    folder = written(Path(suite.root), rows)
    (folder / "fetched/Dockerfile").write_text(
        "FROM system\nRUN --mount=type=secret,id=token touch /x\n", "utf-8"
    )
    with pytest.raises(UsageError, match="cell fetched: the secret token: the variable"):
        of(load_suite(folder), "reader")


# --- circles ---


@pytest.mark.parametrize(
    ("taken", "said"),
    [
        (
            "reader",
            "the cell `reader` takes the image of `written`, which takes that of `fetched`, "
            "which takes that of `reader`: none of them can be built first",
        ),
        (
            "written",
            "the cell `written` takes the image of `fetched`, which takes that of `written`:",
        ),
        ("fetched", "the cell `fetched` takes its own image"),
    ],
)
def test_a_circle_is_one_error_with_its_line(tmp_path: Path, taken: str, said: str) -> None:
    rows = ROWS.replace("{system: py3.6}", f'{{system: "cell:{taken}"}}')
    with pytest.raises(MatrixError) as raised:
        load_suite(written(tmp_path, rows))
    (problem,) = raised.value.problems
    assert said in problem.message
    first = said.split("`")[1]
    lines = (tmp_path / "matrix.yaml").read_text("utf-8").split("\n")
    assert f'"cell:{said.split("`")[3] if "which" in said else taken}"' in lines[problem.line - 1]
    assert f"- id: {first}" in "\n".join(lines[: problem.line])
    assert "a cell that does not need this one" in problem.remedy


def test_a_circle_within_a_product_is_told_once(tmp_path: Path) -> None:
    rows = """axes:
  - id: "box-{python}"
    python: ["3.6", "3.7", "3.8"]
    dockerfile: fetched/Dockerfile
    from: {system: "cell:box-{python}"}
"""
    with pytest.raises(MatrixError) as raised:
        load_suite(written(tmp_path, rows))
    (problem,) = raised.value.problems
    assert "the cell `box-3.6` takes its own image" in problem.message


NAMES = st.sampled_from("abcdefg")
TAKES = st.dictionaries(NAMES, st.lists(NAMES, max_size=3))


def below(takes: Mapping[str, list[str]], name: str) -> set[str]:
    """What a cell takes, however indirectly."""
    found: set[str] = set()
    left = [name]
    while left:
        for one in takes.get(left.pop(), ()):
            if one in takes and one not in found:
                found.add(one)
                left.append(one)
    return found


@given(TAKES)
def test_circles_are_found_wherever_there_are_some(takes: dict[str, list[str]]) -> None:
    found = list(circles(takes))
    assert bool(found) == any(name in below(takes, name) for name in takes)
    for circle in found:
        assert all(
            taken in takes[name]
            for name, taken in zip(circle, (*circle[1:], circle[0]), strict=True)
        )
    told = [name for circle in found for name in circle]
    assert len(told) == len(set(told))
    without = {name: taken for name, taken in takes.items() if name not in told}
    assert not any(name in below(without, name) for name in without), "nothing is left to find"


# --- the network ---


def cell(name: str, takes: list[str], network: bool) -> Cell:
    images = tuple((f"image-{one}", f"cell:{one}") for one in takes)
    build = DockerfileBuild(dockerfile="Dockerfile", images=images, network=network)
    return Cell(id=name, build=build)


@given(TAKES, st.sets(NAMES))
def test_whoever_is_made_of_something_fetched_is_not_hermetic(
    takes: dict[str, list[str]], networked: set[str]
) -> None:
    # Of a later letter only, so that there is no circle.
    ordered = {
        name: [one for one in takes.get(name, ()) if one > name and one in takes] for name in takes
    }
    cells = [cell(name, taken, name in networked) for name, taken in ordered.items()]
    for one in with_relaxations_of_taken(cells):
        wanted = sorted(
            f"build-network=true of {name}" for name in below(ordered, one.id) & networked
        )
        assert wanted == list(one.profile.relaxations)
        assert bool(wanted) is (one.profile.name == "relaxed")


def test_a_plan_says_what_is_fetched_on_the_way(tmp_path: Path) -> None:
    folder = written(tmp_path, f"{ROWS}    build-network: true\n")
    suite = load_suite(folder)
    relaxations = {one.id: one.profile.relaxations for one in suite.cells}
    of_fetched = ("build-network=true of fetched",)
    assert {
        LOCKED: (),
        "reader": of_fetched,
        "written": of_fetched,
        "fetched": ("build-network=true",),
    } == relaxations
    (reader,) = select(suite, ["reader"], [])
    assert not reader.is_hermetic
    assert ("fetched",) == fetching(of(suite, "reader"))
    assert not is_hermetic(of(suite, "reader"))
    reply = plan(folder, ["reader"], [], verbose=False)
    assert "written: the image of cell written, first built of " in reply.text
    assert "the build of cell fetched may fetch things: build-network" in reply.text
    assert "its age is reported" in reply.text
    assert isinstance(reply.tree, dict)
    assert [False] == [one["hermetic"] for one in reply.tree["cells"]]


def test_without_a_network_all_is_hermetic(suite: Suite) -> None:
    assert all(one.is_hermetic for one in suite.cells)
    assert is_hermetic(of(suite, "reader"))
    assert "not hermetic" not in plan(Path(suite.root), ["reader"], [], verbose=False).text
