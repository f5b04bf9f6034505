"""What pytest collects of a matrix.yaml, and when; nothing is run for that."""

from __future__ import annotations

import pytest

from tests.plugin.demo import MATRIX, Demo

pytest_plugins = "pytester"

QUICK = [
    "matrix.yaml::old::answer",
    "matrix.yaml::old::other",
    "matrix.yaml::new::answer",
    "matrix.yaml::new::other",
]
EXPECTATIONS = ["matrix.yaml::expectations::answer.sum", "matrix.yaml::expectations::other.*"]


def test_a_matrix_is_collected_when_it_is_named_and_not_because_it_lies_there(demo: Demo) -> None:
    demo.write()
    (demo.path / "test_one.py").write_text("def test_one(): pass\n")
    assert ["test_one.py::test_one"] == demo.ids()
    assert ["test_one.py::test_one"] == demo.ids(".")
    assert [*QUICK, *EXPECTATIONS] == demo.ids("matrix.yaml")
    assert ["test_one.py::test_one", *QUICK, *EXPECTATIONS] == demo.ids(
        "test_one.py", "matrix.yaml"
    )


def test_the_configuration_can_name_it_relative_to_itself(demo: Demo) -> None:
    demo.write()
    inner = demo.path / "inner"
    inner.mkdir()
    (inner / "pytest.ini").write_text("[pytest]\nharness_suite = ..\n")
    (inner / "test_one.py").write_text("def test_one(): pass\n")
    demo.pytester.chdir()
    found = demo.ids("--rootdir", "inner", "-c", "inner/pytest.ini")
    assert sorted([*QUICK, *EXPECTATIONS]) == sorted(
        one.removeprefix("../") for one in found if "matrix" in one
    )
    only = demo.ids("--rootdir", "inner", "-c", "inner/pytest.ini", "inner/test_one.py")
    assert 1 == len(only), "a test that is named by itself comes by itself"


def test_a_configured_matrix_is_collected_once_where_it_also_lies_on_the_way(demo: Demo) -> None:
    demo.write()
    (demo.path / "pytest.ini").write_text("[pytest]\nharness_suite = matrix.yaml\n")
    assert [*QUICK, *EXPECTATIONS] == demo.ids()
    assert [*QUICK, *EXPECTATIONS] == demo.ids(".")
    assert [*QUICK, *EXPECTATIONS] == demo.ids("matrix.yaml")


def test_tests_by_hand_are_collected_beside_a_configured_matrix(demo: Demo) -> None:
    """pytest 8 collects nothing more of a folder when a file in it is named as well."""
    demo.write()
    (demo.path / "pytest.ini").write_text("[pytest]\nharness_suite = matrix.yaml\n")
    (demo.path / "tests").mkdir()
    for name in ("test_one.py", "tests/test_two.py"):
        (demo.path / name).write_text("def test_it(): pass\n")
    by_hand = ["test_one.py::test_it", "tests/test_two.py::test_it"]
    whole = sorted([*by_hand, *QUICK, *EXPECTATIONS])
    assert whole == sorted(demo.ids())
    assert whole == sorted(demo.ids("."))
    assert whole == sorted(demo.ids(".", "matrix.yaml"))
    assert whole == sorted(demo.ids("test_one.py", "tests", "matrix.yaml"))
    assert ["tests/test_two.py::test_it"] == demo.ids("tests")
    ini = "[pytest]\nharness_suite = matrix.yaml\ntestpaths = tests matrix.yaml\n"
    (demo.path / "pytest.ini").write_text(ini)
    assert sorted([by_hand[1], *QUICK, *EXPECTATIONS]) == sorted(demo.ids())


def test_a_matrix_named_beside_its_folder_is_collected_once_with_the_tests_there(
    demo: Demo,
) -> None:
    demo.write()
    (demo.path / "test_one.py").write_text("def test_it(cell): pass\n")
    by_hand = ["test_one.py::test_it[old]", "test_one.py::test_it[new]"]
    whole = sorted([*by_hand, *QUICK, *EXPECTATIONS])
    assert whole == sorted(demo.ids(".", "matrix.yaml"))
    assert whole == sorted(demo.ids("matrix.yaml", str(demo.path)))


def test_only_expectations_that_can_fail_are_tests(demo: Demo) -> None:
    dated = '  - {facts: "dated.*", rule: allowed, until: 2030-01-01, reason: for now}\n'
    twins = '  - {facts: "answer.sum", rule: exact, cells: "n*"}\n' * 2
    demo.write(MATRIX + dated + twins)
    names = [one.split("::")[2] for one in demo.ids("matrix.yaml") if "expectations" in one]
    assert [
        "answer.sum",
        "other.*",
        "dated.*",
        "answer.sum of n*",
        "answer.sum of n* (2)",
    ] == names


def test_without_a_selection_the_suites_default_is_taken(demo: Demo) -> None:
    demo.write(MATRIX.replace("default: [quick]", "default: [nightly]"))
    cells = {one.split("::")[1] for one in demo.ids("matrix.yaml")}
    assert {"late", "bare", "expectations"} == cells


def test_cells_are_selected_by_glob_and_tag_and_mark(demo: Demo) -> None:
    demo.write()

    def cells(*arguments: str) -> set[str]:
        return {one.split("::")[1] for one in demo.ids("matrix.yaml", *arguments)}

    assert {"late"} == cells("--harness-cell", "la*")
    assert {"late", "bare", "expectations"} == cells("--harness-tag", "nightly")
    assert {"late"} == cells("--harness-tag", "nightly", "--harness-cell", "l*")
    assert {"old", "new"} == cells("-m", "harness_quick")
    assert {"late", "bare"} == cells("-m", "harness_nightly"), "a tag that -m names is a choice"
    assert {"new"} == cells("-m", "harness_skip"), "a tag that is called skip skips nothing"
    assert {"new"} == cells("-k", "new")
    assert [] == demo.ids("matrix.yaml", "-m", "not harness")
    assert ["matrix.yaml::new::other"] == demo.ids("matrix.yaml", "-k", "new and other")


def test_what_nothing_judges_yet_is_an_error_of_collection_with_its_place(demo: Demo) -> None:
    demo.write()
    probe = demo.path / "probes" / "other.py"
    probe.write_text(probe.read_text().replace("PROBE = {", "PROBE = {'where': 'nowhere', ", 1))
    result = demo.run("matrix.yaml")
    assert pytest.ExitCode.INTERRUPTED == result.ret
    result.stdout.fnmatch_lines(["*`where` should be*", "*other.py:*"])


def test_a_node_id_names_a_cell_outside_the_default(demo: Demo) -> None:
    demo.write()
    assert ["matrix.yaml::late::other"] == demo.ids("matrix.yaml::late::other")
    assert ["matrix.yaml::late::answer", "matrix.yaml::late::other"] == demo.ids(
        "matrix.yaml::late"
    )


def test_marks_of_tags_are_registered(demo: Demo) -> None:
    demo.write()
    result = demo.run("--strict-markers", "--strict-config", "--co", "-q", "matrix.yaml")
    assert 0 == result.ret
    result.stdout.no_fnmatch_line("*Unknown*")


def test_every_mistake_of_a_matrix_is_told_with_its_place(demo: Demo) -> None:
    demo.write()
    wrong = MATRIX.replace("rule: exact", "rule: exakt").replace("level: L1", "level: L9")
    (demo.path / "matrix.yaml").write_text(wrong)
    result = demo.run("matrix.yaml")
    assert 2 == result.ret
    result.stdout.fnmatch_lines(["*matrix.yaml:5:19*", "*matrix.yaml:14:*", "*exakt*"])
    result.stdout.no_fnmatch_line("*Traceback*")


def test_an_unknown_cell_or_tag_is_told_with_what_there_is(demo: Demo) -> None:
    demo.write()
    result = demo.run("matrix.yaml", "--harness-cell", "odl")
    assert 2 == result.ret
    result.stdout.fnmatch_lines(["*no cell matches `odl`*", "*did you mean `old`*"])


def test_collecting_only_runs_nothing_and_leaves_nothing(demo: Demo) -> None:
    demo.write()
    assert 0 == demo.run("--co", "-q", "matrix.yaml").ret
    assert not demo.home.exists()


def test_other_yaml_files_are_left_to_others(demo: Demo) -> None:
    demo.write()
    (demo.path / "other.yaml").write_text("a: 1\n")
    assert 4 == demo.run("other.yaml").ret
