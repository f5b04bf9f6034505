"""Cells of Dockerfiles: from their rows to recipes, and what a plan tells of them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from harness.commands.plan import plan
from harness.dockerfiles import context
from harness.errors import DockerfileError, UsageError
from harness.model import DockerfileBuild, Suite
from harness.recipes import of_dockerfile
from harness.recipes.of_dockerfile import DockerfileReader
from harness.recipes.orders import order, orders
from harness.recipes.recipe import digest
from harness.serial import decode, encode
from harness.suite.matrix import load_suite
from harness.suite.selection import select

MATRIX = """
version: 1
bases:
  old: {python: "3.9", sources: [{debian: bullseye, packages: [python3.9]}]}
  new: {python: "3.13", sources: [{debian: trixie, packages: [python3.13]}]}
cells:
  - id: one
    dockerfile: box/Dockerfile
    args: {V: "3.9"}
    from: {"python:3.9": old}
    secrets: [{id: token, env: HARNESS_TEST_TOKEN}]
axes:
  - id: "many-{python}-{kit}"
    python: ["3.9", "3.13"]
    framework: {kit: ["1.0", "2.0", "3.0"]}
    dockerfile: box/Dockerfile
    args: {V: "{python}", KIT: "kit=={kit}"}
    from: {"python:3.9": old}
    target: first
"""
TEXT = """ARG V
FROM python:3.9 AS first
ARG KIT
RUN echo $KIT
FROM python:${V}
RUN --mount=type=secret,id=token true
"""


@pytest.fixture
def suite(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Suite:
    monkeypatch.setenv("HARNESS_TEST_TOKEN", "do not tell")
    (tmp_path / "box").mkdir()
    (tmp_path / "box/Dockerfile").write_text(TEXT, "utf-8")
    (tmp_path / "box/data.txt").write_text("data", "utf-8")
    matrix = MATRIX.replace("    target: first\n", "    target: first\n    secrets: []\n")
    (tmp_path / "matrix.yaml").write_text(matrix, "utf-8")
    return load_suite(tmp_path)


def without_secret(suite: Suite) -> Suite:
    path = Path(suite.root) / "box/Dockerfile"
    path.write_text(TEXT.replace("--mount=type=secret,id=token ", ""), "utf-8")
    text = (Path(suite.root) / "matrix.yaml").read_text("utf-8")
    line = "    secrets: [{id: token, env: HARNESS_TEST_TOKEN}]\n"
    (Path(suite.root) / "matrix.yaml").write_text(text.replace(line, ""), "utf-8")
    return load_suite(Path(suite.root))


def test_a_row_and_a_product_say_how_dockerfiles_are_built(suite: Suite) -> None:
    one, *many = suite.cells
    assert one.build is not None
    assert (("V", "3.9"),) == one.build.args
    assert "box" == one.build.folder
    assert 6 == len(many)
    last = many[-1].build
    assert last is not None
    assert (("KIT", "kit==3.0"), ("V", "3.9")) == many[4].build.args  # type: ignore[union-attr]
    assert ("first", (("python:3.9", "old"),)) == (last.target, last.images)
    assert one == decode(type(one), encode(one))


def test_a_recipe_covers_what_decides_the_image_and_no_secret(suite: Suite) -> None:
    asked = order(suite, suite.cells[0])
    assert asked.dockerfile is not None
    assert "do not tell" not in repr(asked)
    recipe = asked.dockerfile
    assert digest(recipe) == asked.digest
    elsewhere = replace(recipe, path="/x", folder="/y", shown="z", context_bytes=1)
    assert digest(elsewhere) == digest(recipe)
    named = replace(recipe.secrets[0], env="OTHER", file="")
    assert digest(replace(recipe, secrets=(named,))) == digest(recipe)
    base = replace(recipe.bases[0][1], id="another name")
    assert digest(replace(recipe, bases=(("python:3.9", base),))) == digest(recipe)
    for changed in (
        replace(recipe, text="FROM x"),
        replace(recipe, context="0" * 64),
        replace(recipe, args=(("V", "3.8"),)),
        replace(recipe, target="first"),
        replace(recipe, platform="linux/arm64"),
        replace(recipe, network=True),
        replace(recipe, secrets=()),
        replace(recipe, bases=()),
    ):
        assert digest(changed) != digest(recipe)


def test_a_secret_without_a_value_stops_a_run_and_no_plan(
    suite: Suite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HARNESS_TEST_TOKEN")
    assert DockerfileReader(suite).of(suite.cells[0]).recipe.secrets
    with pytest.raises(UsageError, match="HARNESS_TEST_TOKEN is not set"):
        order(suite, suite.cells[0])


def test_the_members_of_a_product_share_one_reading_of_their_context(
    suite: Suite, monkeypatch: pytest.MonkeyPatch
) -> None:
    digested: list[Path] = []

    def counted(found: context.Context) -> str:
        digested.append(found.folder)
        return context.context_digest(found)

    suite = without_secret(suite)
    monkeypatch.setattr(of_dockerfile, "context_digest", counted)
    made = orders(suite, suite.cells)
    assert 7 == len(made)
    assert 1 == len(digested)
    assert 1 == len({one.dockerfile.context for one in made if one.dockerfile})
    assert 7 == len({one.digest for one in made})


def test_all_that_is_wrong_is_told_before_anything_starts(suite: Suite) -> None:
    path = Path(suite.root) / "box/Dockerfile"
    path.write_text(TEXT + "ADD http://127.0.0.1/x /\nRUN --mount=type=ssh true\n", "utf-8")
    with pytest.raises(DockerfileError) as raised:
        order(suite, suite.cells[0])
    assert [7, 8] == [one.line for one in raised.value.problems]
    path.unlink()
    with pytest.raises(
        UsageError, match=r"matrix\.yaml:7: the Dockerfile of cell one cannot be read"
    ):
        order(suite, suite.cells[0])


def test_a_context_that_is_no_folder_is_told_with_the_row(suite: Suite) -> None:
    cell = suite.cells[0]
    lost = replace(cell, build=replace(cell.build or DockerfileBuild(dockerfile=""), context="no"))
    with pytest.raises(UsageError, match=r"matrix\.yaml:7: cell one: the context .* is no folder"):
        order(suite, lost)


def test_a_network_is_a_relaxation_that_every_report_shows(suite: Suite) -> None:
    path = Path(suite.root) / "matrix.yaml"
    text = path.read_text("utf-8")
    path.write_text(
        text.replace("    args: {V:", "    build-network: true\n    args: {V:", 1), "utf-8"
    )
    one, *many = load_suite(Path(suite.root)).cells
    assert ("relaxed", ("build-network=true",)) == (one.profile.name, one.profile.relaxations)
    assert {()} == {cell.profile.relaxations for cell in many}


def test_a_plan_tells_of_what_it_is_built(suite: Suite) -> None:
    suite = without_secret(suite)
    reply = plan(Path(suite.root), ["many-3.13-1.0"], [], verbose=False)
    for told in (
        "box/Dockerfile, 6 instructions, 1 stage, up to first",
        "takes            python:3.9: the base old",
        "context          2 files",
        "arguments        KIT=kit==1.0, V=3.13",
        "       4  RUN echo $KIT",
        "goes to the engine with the resolved Dockerfile",
    ):
        assert told in reply.text
    assert isinstance(reply.tree, dict)
    (cell,) = reply.tree["cells"]
    assert ("dockerfile", True, []) == (cell["kind"], cell["hermetic"], cell["needs"])
    (only,) = select(suite, ["many-3.13-1.0"], [])
    assert order(suite, only).digest == cell["recipe"]
    whole = plan(Path(suite.root), [], [], verbose=False).text
    assert "7 cells (7 of Dockerfiles)" in whole
    assert "takes            python:3.9: the base old" in whole


def test_the_example_is_a_product_of_three_releases_on_two_pythons(tmp_path: Path) -> None:
    example = Path(__file__).resolve().parents[2] / "examples" / "own-dockerfile"
    for name in ("matrix.yaml", "Dockerfile"):
        (tmp_path / name).write_bytes((example / name).read_bytes())
    suite = load_suite(tmp_path)
    assert ["own-tf2.11.1-py3.9", "own-tf2.20.0-py3.13", "own-tf2.21.0-py3.13"] == [
        cell.id for cell in suite.cells
    ]
    with pytest.raises(UsageError, match=r"contexts/2\.11\.1 is no folder"):
        order(suite, suite.cells[0])
    for cell in suite.cells:
        assert cell.build is not None
        (tmp_path / cell.build.context).mkdir(parents=True)
    found = DockerfileReader(suite).of(suite.cells[0])
    assert "py3.9" == dict(found.recipe.bases)["python:3.9"].id
    assert 2 == len(found.layout.stages)
