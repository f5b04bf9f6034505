"""Options that ask for what there is not: one usage error, before anything is collected."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.plugin.demo import Demo

pytest_plugins = "pytester"

SUITE = "[pytest]\nharness_suite = matrix.yaml\n"


def refused(result: pytest.RunResult) -> list[str]:
    """What a usage error says."""
    assert pytest.ExitCode.USAGE_ERROR == result.ret
    assert [] == result.outlines, "nothing was begun"
    lines = [line for line in result.errlines if line]
    assert lines[0].startswith("ERROR: "), lines
    lines[0] = lines[0].removeprefix("ERROR: ")
    return lines


def test_all_that_is_wrong_is_one_error_that_says_what_there_is(demo: Demo) -> None:
    demo.write()
    assert [
        "there is no engine 'dokcer'",
        "   = help: --harness-engine takes one of: auto, docker, host, podman, replay",
        "0 rounds cannot be run",
        "   = help: --harness-rounds takes 1 and every more",
    ] == refused(demo.run("matrix.yaml", "--harness-engine=dokcer", "--harness-rounds=0"))
    assert not demo.home.exists()


def test_rounds_are_a_number(demo: Demo) -> None:
    demo.write()
    result = demo.run("matrix.yaml", "--harness-rounds=many")
    assert pytest.ExitCode.USAGE_ERROR == result.ret
    result.stderr.fnmatch_lines(["*--harness-rounds: invalid int value: 'many'*"])


def test_recordings_that_are_not_there_are_told_before_anything_is_collected(demo: Demo) -> None:
    demo.write()
    assert [
        f"there are no recordings at {demo.path / 'nowhere'}",
        "   = help: make some: harness run --record-to DIR",
    ] == refused(demo.run("matrix.yaml", "--harness-recordings=nowhere"))


def test_recordings_without_the_engine_that_reads_them_are_an_error(demo: Demo) -> None:
    demo.write()
    (told, remedy) = refused(demo.run("matrix.yaml", "--harness-engine=auto"))
    assert told.startswith("--harness-recordings is what the engine replay answers from")
    assert "   = help: add --harness-engine=replay" == remedy


def test_recordings_of_the_configuration_do_not_hinder_another_engine(demo: Demo) -> None:
    demo.write()
    result = demo.run("matrix.yaml", "--harness-engine=host", "--harness-recordings=nowhere")
    result.assert_outcomes(skipped=6)


@pytest.fixture
def elsewhere(demo: Demo, tmp_path: Path) -> Path:
    """Recordings outside of the folder that pytest is called in; the suite is configured there."""
    demo.write()
    (demo.path / "pytest.ini").write_text(SUITE)
    there = tmp_path / "recorded elsewhere"
    (demo.path / "recordings").rename(there)
    return there


def called(demo: Demo, *arguments: str) -> pytest.RunResult:
    return demo.pytester.runpytest_inprocess(
        *("-p", "no:hypothesispytest", "--assert", "plain", "--harness-engine=replay"), *arguments
    )


def test_a_value_that_pytest_took_for_its_root_is_an_error_that_says_how_to_write_it(
    demo: Demo, elsewhere: Path
) -> None:
    (told, remedy) = refused(called(demo, "--harness-recordings", str(elsewhere)))
    assert f"pytest took '{elsewhere}', the value of --harness-recordings, for a folder" in told
    assert f"   = help: join them: --harness-recordings='{elsewhere}'" == remedy
    called(demo, f"--harness-recordings={elsewhere}").assert_outcomes(passed=6)


def test_so_is_one_in_the_variable_that_pytest_reads_options_from(
    demo: Demo, elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTEST_ADDOPTS", f"--harness-recordings '{elsewhere}'")
    (told, _) = refused(called(demo))
    assert f"pytest took '{elsewhere}'" in told


def test_a_value_apart_is_fine_where_the_root_stays_what_it_is(demo: Demo) -> None:
    demo.write()
    (demo.path / "pytest.ini").write_text(SUITE)
    (demo.path / "old").mkdir()
    demo.run("--harness-recordings", "recordings").assert_outcomes(passed=6)
    demo.run("--harness-cell", "old").assert_outcomes(passed=2)


def test_a_folder_with_a_configuration_of_its_own_is_not_taken_for_the_root(demo: Demo) -> None:
    demo.write()
    (demo.path / "pytest.ini").write_text(SUITE)
    (demo.path / "recordings" / "pytest.ini").write_text("[pytest]\n")
    assert 2 == len(refused(called(demo, "--harness-recordings", "recordings")))
    called(demo, "--harness-recordings=recordings").assert_outcomes(passed=6)
