"""Fixtures for hand-written tests."""

from __future__ import annotations

from textwrap import dedent

from harness.model import Outcome, Raised
from tests.plugin.demo import Demo

pytest_plugins = "pytester"

INI = "[pytest]\nharness_suite = matrix.yaml\n"


def by_hand(demo: Demo, text: str, name: str = "test_hand.py") -> None:
    (demo.path / "pytest.ini").write_text(INI)
    (demo.path / name).write_text(dedent(text))


def test_a_test_runs_for_every_selected_cell_with_its_facts_and_records(demo: Demo) -> None:
    demo.write()
    by_hand(
        demo,
        """
        def test_sum(cell, facts, records):
            assert {"old": "1.0", "new": "2.0", "late": "3.0"}[cell.id] == facts["demo.version"]
            assert dict(cell.framework)["demo"] == facts["demo.version"]
            assert [(cell.id, "answer"), (cell.id, "other")] == [
                (one.cell, one.probe) for one in records
            ]

        def test_cell_alone(cell):
            assert cell.level == "L1"
        """,
    )
    demo.run("test_hand.py").assert_outcomes(passed=4)
    demo.run("test_hand.py", "--harness-cell", "late").assert_outcomes(passed=2)
    demo.run("test_hand.py", "-m", "harness_skip").assert_outcomes(passed=2)
    assert ["old", "new"] == [cell.id for cell in demo.runs()[0][0].cells]
    assert ["late"] == [cell.id for cell in demo.runs()[1][0].cells]


def test_no_run_is_made_for_tests_that_need_no_records(demo: Demo) -> None:
    demo.write()
    by_hand(demo, "def test_id(cell):\n    assert cell.id\n")
    demo.run("test_hand.py").assert_outcomes(passed=2)
    assert not (demo.home / "store.sqlite3").exists()


def test_two_cells_are_compared(demo: Demo) -> None:
    demo.write(said={("new", "other"): {"other.thing": "changed"}})
    by_hand(
        demo,
        """
        def test_with_the_reference(cell, compare):
            found = compare()
            assert found.reference.cell.id.startswith("old")
            assert (cell.id == "new") == bool(found.findings)

        def test_with_another(cell, compare):
            found = [one.fact for one in compare("new").candidate.differences]
            assert (["demo.version", "other.thing"] if cell.id == "old" else []) == found
        """,
    )
    demo.run("test_hand.py").assert_outcomes(passed=4)
    narrow = demo.run("test_hand.py", "-k", "another and old")
    narrow.assert_outcomes(failed=1, deselected=3)
    narrow.stdout.fnmatch_lines(["new was deselected, so old was not run with it"])
    other = demo.run("test_hand.py", "-k", "another", "--harness-cell", "late")
    other.stdout.fnmatch_lines(["new is not selected, so late has not been run with it"])


def test_a_fact_that_is_not_there_says_why(demo: Demo) -> None:
    lost = Raised(type="ImportError", message="no demo", traceback="ImportError: no demo\n")
    demo.write(said={("new", "answer"): lost})
    by_hand(
        demo,
        """
        def test_misspelt(facts):
            assert facts["other.thin"]

        def test_lost(facts):
            assert 42 == facts["answer.sum"]
        """,
    )
    result = demo.run("test_hand.py", "--harness-cell", "[on]*")
    result.assert_outcomes(passed=1, failed=3)
    result.stdout.fnmatch_lines(
        [
            "old has no fact 'other.thin'; did you mean `other.thing`?*",
            "new has no answer.sum: answer raised: ImportError: no demo",
        ]
    )


def test_what_is_unverified_or_lost_ends_a_hand_written_test_as_any_other(demo: Demo) -> None:
    demo.write(obtained={"old": Outcome.HOST_INCOMPATIBLE, "new": Outcome.PULL_FAILED})
    by_hand(demo, "def test_sum(facts):\n    assert facts['answer.sum']\n")
    result = demo.run("test_hand.py", "-rs")
    result.assert_outcomes(skipped=1, errors=1)
    result.stdout.fnmatch_lines(["*new has not answered: the image could not be pulled*"])
    demo.run("test_hand.py", "--require-verified").assert_outcomes(errors=2)


def test_a_probe_of_the_users_own_needs_no_registration(demo: Demo) -> None:
    demo.write()
    probe = 'PROBE = {"question": "Mine?"}\n\n\ndef probe(settings):\n    return {}\n'
    (demo.path / "probes" / "mine.py").write_text(probe)
    matrix = (demo.path / "matrix.yaml").read_text()
    (demo.path / "matrix.yaml").write_text(
        matrix.replace("[answer, other]", "[mine]").replace("level: L1", "level: L0")
    )
    demo.record({("old", "mine"): {"mine.own": 1}, ("new", "mine"): {"mine.own": 1}}, {})
    by_hand(demo, "def test_mine(facts):\n    assert 1 == facts['mine.own']\n")
    result = demo.run("-k", "mine", "-v")
    result.assert_outcomes(passed=4, deselected=2)
    result.stdout.fnmatch_lines(["matrix.yaml::old::mine PASSED*"])


def test_containers_are_skipped_where_the_engine_has_none(demo: Demo) -> None:
    demo.write()
    by_hand(demo, "def test_in(container):\n    raise AssertionError\n")
    result = demo.run("test_hand.py", "-rs")
    result.assert_outcomes(skipped=2)
    result.stdout.fnmatch_lines(["*the engine replay has no containers*"])


def test_a_projects_own_cell_fixture_stays_its_own(demo: Demo) -> None:
    demo.write()
    by_hand(
        demo,
        """
        import pytest

        @pytest.fixture
        def cell():
            return "B7"

        def test_sheet(cell):
            assert "B7" == cell
        """,
    )
    demo.run("test_hand.py").assert_outcomes(passed=1)
    by_hand(
        demo,
        """
        import pytest

        @pytest.mark.parametrize("cell", ["A1", "A2"])
        def test_sheet(cell):
            assert cell[0] == "A"

        @pytest.mark.parametrize("cell", ["late"], indirect=True)
        def test_chosen(cell, facts):
            assert "3.0" == facts["demo.version"]
        """,
    )
    demo.run("test_hand.py").assert_outcomes(passed=3)


def test_without_a_suite_the_fixtures_say_so(demo: Demo) -> None:
    (demo.path / "recordings").mkdir()
    (demo.path / "test_hand.py").write_text("def test_id(cell):\n    assert cell.id\n")
    result = demo.run("test_hand.py")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["no suite: set `harness_suite`*"])


def test_a_matrix_named_on_the_command_line_is_the_suite_of_the_fixtures(demo: Demo) -> None:
    demo.write()
    (demo.path / "test_hand.py").write_text("def test_id(facts):\n    assert facts\n")
    demo.run("matrix.yaml", "test_hand.py").assert_outcomes(passed=8)
    assert 1 == len(demo.runs()), "tests of both kinds share one run"
