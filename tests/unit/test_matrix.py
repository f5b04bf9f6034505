"""A matrix.yaml becomes a suite, or every one of its problems."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.errors import MatrixError, Problem, UsageError
from harness.model import Band, Excluded, Expectation, Level, Place, Profile, Source, Suite
from harness.recipes.pins import by_tag
from harness.suite.matrix import load_suite, read_suite

ROOT = Path(__file__).parents[2]
MISTAKES = sorted((Path(__file__).parent / "mistakes").glob("*.txt"))
BASES = """
bases:
  old: {python: "2.7", sources: [{debian: bullseye, packages: [python2.7]}]}
  new: {python: "3.13", sources: [{prefix: "3.13", debian: trixie}]}
"""


def suite_of(text: str) -> Suite:
    return read_suite(text.encode(), "matrix.yaml", Path("/suites/mine"))


def errors_of(text: str) -> str:
    with pytest.raises(MatrixError) as caught:
        suite_of(text)
    return str(caught.value)


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda path: path.stem)
def test_a_typical_mistake_is_told_as_agreed(mistake: Path) -> None:
    text, _, expected = mistake.read_text(encoding="utf-8").partition("=====\n")

    assert expected.rstrip("\n") == errors_of(text)


def test_there_are_a_dozen_typical_mistakes() -> None:
    assert len(MISTAKES) >= 12


def test_the_smallest_suite_is_a_version_and_an_image() -> None:
    suite = suite_of('version: 1\ncells: [{id: x, image: "name:tag"}]')

    (cell,) = suite.cells
    assert ("x", "name:tag", Level.L3, Profile()) == (cell.id, cell.image, cell.level, cell.profile)
    assert ("mine", "/suites/mine") == (suite.name, suite.root)
    assert cell.place == Place(path="matrix.yaml", line=2, column=14)


def test_a_built_cell_installs_its_framework_and_takes_its_bases_python() -> None:
    suite = suite_of(
        f"version: 1\n{BASES}\ncells: [{{id: a, base: old, framework: {{frame: '1.2'}}}}]"
    )

    (cell,) = suite.cells
    assert (("frame==1.2",), "2.7") == (cell.install, cell.python)
    assert suite.bases[0].sources == (
        Source(
            kind="debian",
            suite="bullseye",
            packages=("python2.7",),
            interpreter="/usr/bin/python2.7",
        ),
    )
    assert suite.bases[1].sources == (Source(kind="prefix", suite="trixie", python="3.13"),)


def test_defaults_are_merged_name_by_name_and_the_cell_wins() -> None:
    suite = suite_of(
        f"""version: 1
{BASES}
defaults:
  level: L1
  as-of: 2020-01-02
  environment: {{A: default, B: default}}
  settings: {{mnist: {{steps: 5, threads: 1}}, other: {{x: null}}}}
  profile: {{memory: 12GiB, network: true}}
cells:
  - id: built
    base: old
    level: L2
    as-of: 2019-03-04
    environment: {{B: own}}
    settings: {{mnist: {{steps: 9}}}}
    profile: {{network: false, environment: {{C: d}}}}
  - {{id: found, image: "x:1"}}
"""
    )

    built, found = suite.cells
    assert (Level.L2, "2019-03-04") == (built.level, built.as_of)
    assert built.environment == (("A", "default"), ("B", "own"))
    assert built.settings == (
        ("mnist", (("steps", 9), ("threads", 1))),
        ("other", (("x", None),)),
    )
    assert built.profile == Profile(
        name="relaxed",
        memory_bytes=12 * 1024**3,
        environment=(("C", "d"),),
        relaxations=("environment.C=d", "memory=12GiB"),
    )
    assert (Level.L1, (), "") == (found.level, found.environment, found.as_of)


def test_a_profile_that_departs_in_nothing_is_strict() -> None:
    suite = suite_of(
        'version: 1\ncells: [{id: x, image: "x:1", profile: {memory: 6GiB, writable: false}}]'
    )

    assert suite.cells[0].profile == Profile()


def test_expectations_and_bands_are_kept_in_the_order_written_with_their_place() -> None:
    suite = suite_of(
        """version: 1
cells: [{id: a, image: "x:1"}]
expectations:
  - {facts: "p.*", rule: within, absolute: 0.5, relative: 1}
  - {facts: "*", rule: allowed, cells: "a*", reason: why, until: 2027-01-31}
bands: [{fact: m.acc, dataset: d, epochs: 10, low: 0.9, high: 1}]
"""
    )

    assert suite.rules.expectations == (
        Expectation(
            facts="p.*",
            rule="within",
            absolute=0.5,
            relative=1.0,
            place=Place(path="matrix.yaml", line=4, column=5),
        ),
        Expectation(
            facts="*",
            rule="allowed",
            cells="a*",
            reason="why",
            until="2027-01-31",
            place=Place(path="matrix.yaml", line=5, column=5),
        ),
    )
    assert suite.rules.bands == (Band(fact="m.acc", dataset="d", low=0.9, high=1.0, epochs=10),)


def test_a_product_gives_cells_and_exclusions_with_reasons_and_loses_nothing() -> None:
    suite = suite_of(
        f"""version: 1
{BASES}
axes:
  - id: "tf{{tensorflow}}-py{{python}}"
    framework: {{tensorflow: ["1.2.1", "1.14.0", "2.21.0"]}}
    python: ["2.7", "3.13"]
    base: {{"2.7": old, "3.13": new}}
    constraints: ["tensorboard=={{tensorflow}}"]
    exclude: [{{tensorflow: "1.14.*", python: "2.7", reason: not ours}}]
"""
    )

    assert ["tf1.2.1-py2.7", "tf2.21.0-py3.13"] == [cell.id for cell in suite.cells]
    assert suite.cells[1].constraints == ("tensorboard==2.21.0",)
    assert suite.cells[1].install == ("tensorflow==2.21.0",)
    assert suite.cells[1].base == "new"
    place = Place(path="matrix.yaml", line=8, column=9)
    reasons = {one.id: one.reason for one in suite.excluded}
    assert Excluded(id="tf1.14.0-py2.7", reason="not ours", place=place) in suite.excluded
    assert set(reasons) == {
        "tf1.2.1-py3.13", "tf1.14.0-py2.7", "tf1.14.0-py3.13", "tf2.21.0-py2.7",
    }  # fmt: skip
    assert reasons["tf2.21.0-py2.7"] == (
        "tensorflow 2.21.0 has no wheel for Python 2.7; it has for 3.10, 3.11, 3.12, 3.13"
    )


def test_a_row_that_cannot_exist_is_left_out_with_the_reason() -> None:
    suite = suite_of(
        f"""version: 1
{BASES}
cells:
  - {{id: a, base: new, framework: {{tensorflow: "1.2.1"}}}}
  - {{id: b, base: new, framework: {{tensorflow: "2.21.0"}}, install: [tensorflow-cpu==2.11.1]}}
  - {{id: c, image: "x:1", framework: {{tensorflow: "1.2.1"}}, python: "3.13"}}
"""
    )

    assert ["c"] == [cell.id for cell in suite.cells]
    assert [
        "tensorflow 1.2.1 has no wheel for Python 3.13; it has for 2.7, 3.3, 3.4, 3.5, 3.6",
        "tensorflow-cpu 2.11.1 has no wheel for Python 3.13; it has for 3.8, 3.9, 3.10",
    ] == [one.reason for one in suite.excluded]


def test_a_reference_that_cannot_exist_is_an_error_with_the_reason() -> None:
    text = f"""version: 1
reference: a
{BASES}
cells:
  - {{id: a, base: new, framework: {{tensorflow: "1.2.1"}}}}
  - {{id: b, base: new}}
"""
    assert "the reference `a` is left out: tensorflow 1.2.1 has no wheel" in errors_of(text)


def test_a_broken_row_does_not_hide_what_is_wrong_elsewhere() -> None:
    found = errors_of(
        """version: 1
cells:
  - {id: a, image: "x:1", taggs: []}
  - {id: b, base: none-such}
  - {id: c}
"""
    )

    assert "unknown key `taggs`" in found
    assert "there is no base `none-such`" in found
    assert "matrix.yaml:5:10" in found


def test_what_a_broken_row_might_have_named_is_not_missed_elsewhere() -> None:
    found = errors_of(
        'version: 1\nreference: a\ndefault: [t]\ncells: [{id: a, image: "x:1", tags: [t], no: 1}]'
    )

    assert found.count("error:") == 1


def test_a_product_too_large_is_an_error_before_it_is_made() -> None:
    versions = ", ".join(f'"1.{n}"' for n in range(100))
    found = errors_of(
        f"""version: 1
axes:
  - id: x
    framework: {{a: [{versions}], b: [{versions}]}}
    image: "x:1"
"""
    )

    assert "10000 combinations" in found


def test_a_template_that_names_not_every_axis_makes_twins() -> None:
    found = errors_of(
        """version: 1
axes: [{id: "x{python}", framework: {f: ["1", "2"]}, python: ["3.9"], image: "x:{f}"}]
"""
    )

    assert "there are two cells `x3.9`" in found
    assert "name every axis in the template" in found


def test_a_missing_file_is_a_usage_error_that_names_it() -> None:
    with pytest.raises(UsageError, match=r"no-such/matrix\.yaml cannot be read: No such file"):
        load_suite(Path("no-such/matrix.yaml"))


def test_the_default_suite_is_what_issue_and_readme_promise() -> None:
    suite = load_suite(ROOT)

    tagged = {tag: [c.id for c in suite.cells if tag in c.tags] for tag in ("quick", "registry")}
    assert tagged["quick"] == [
        "tf1.2.1-py2.7",
        "tf1.14.0-py2.7",
        "tf2.11.1-py3.9",
        "tf2.21.0-py3.13",
    ]
    assert {"hub-1.2.1-gpu-py3", "hub-1.9.0-devel-py3"} <= set(tagged["registry"])
    assert sum("nightly" in cell.tags and "quick" not in cell.tags for cell in suite.cells) >= 11
    assert (("quick",), "tf1.2.1-py2.7") == (suite.default, suite.rules.reference)
    assert suite.excluded == ()
    # No published image has the Python and the tools of this one.
    bases = [base for base in suite.bases if base.id != "py3.6-toolkit"]
    kinds = [[(s.kind, s.archive) for s in base.sources] for base in bases]
    assert all(sources[-2:] == [("prefix", False), ("pull", False)] for sources in kinds)
    assert kinds[0] == [("debian", False), ("debian", True), ("prefix", False), ("pull", False)]
    assert all(by_tag(base.sources[-1]) for base in bases)


def test_the_default_suite_lets_no_rule_cover_everything() -> None:
    suite = load_suite(ROOT)

    assert all(rule.facts.strip("*") for rule in suite.rules.expectations)
    assert all(rule.reason for rule in suite.rules.expectations if rule.rule == "allowed")


def test_the_example_of_products_excludes_with_reasons() -> None:
    suite = load_suite(ROOT / "examples" / "axes")

    assert ["tf1.2.1-py2.7", "tf1.2.1-py3.6", "tf1.15.0-py3.6", "tf2.21.0-py3.13"] == [
        cell.id for cell in suite.cells if "quick" in cell.tags
    ]
    assert len(suite.excluded) == 5
    assert all(one.reason and one.place for one in suite.excluded)


def test_every_example_of_the_documentation_is_a_suite() -> None:
    page = (ROOT / "docs" / "matrix.md").read_text(encoding="utf-8")
    examples = [part.split("```")[0] for part in page.split("```yaml\n")[1:]]

    assert len(examples) >= 5
    for text in examples:
        assert suite_of(text).cells


def test_a_digest_is_of_the_bytes_and_changes_with_them() -> None:
    text = 'version: 1\ncells: [{id: x, image: "name:tag"}]'

    assert suite_of(text).digest == suite_of(text).digest != suite_of(text + "\n").digest
    assert replace(suite_of(text), digest="") == replace(suite_of(text + "\n"), digest="")


def problems_of(text: str) -> tuple[Problem, ...] | None:
    """None for a sound suite."""
    try:
        suite_of(text)
    except MatrixError as error:
        return error.problems
    return None


SOUND = (ROOT / "examples" / "axes" / "matrix.yaml").read_text(encoding="utf-8")
PIECES = ["", "\n", ":", "- ", "[", "]", "{", "}", '"', "1", "null", "&a ", "*a ", "\t", "#", "\\"]


@settings(max_examples=100, deadline=None)
@given(st.integers(0, len(SOUND) - 1), st.integers(0, 12), st.sampled_from(PIECES), st.booleans())
def test_an_altered_suite_is_a_suite_or_problems_with_a_place(
    start: int, length: int, piece: str, twice: bool
) -> None:
    altered = SOUND[:start] + piece * (1 + twice) + SOUND[start + length :]
    problems = problems_of(altered)

    lines = altered.count("\n") + 1
    assert problems is None or problems
    assert all(1 <= problem.line <= lines for problem in problems or ())
