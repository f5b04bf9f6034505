"""One way to name things: runs, cells, suites, files and formats mean the same in every command."""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import subprocess
import sys
import tarfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import typer

from harness import cli, standard
from harness.cli import app
from harness.commands.runs import LATEST
from harness.errors import UsageError
from harness.running.session import named_suite, suite_word
from harness.store.store import Store
from tests.unit.builders import cell, healthy, record, run

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "naming.md").read_text("utf-8")
COMMANDS: dict[str, Any] = typer.main.get_command(app).commands  # type: ignore[attr-defined]
RUN, NEWER = "20261120T234501Z-3f9a", "20261121T234501Z-4a0b"
NEEDS_A_SUITE = (["plan"], ["run"], ["lock"], ["calibrate"], ["compare", "a", "b"], ["report"])
NEEDS_A_SUITE += (["accept"], ["issues"], ["compare", "--baseline"], ["history"])
BETWEEN = ["--good", "2021-11-01", "--bad", "2021-11-06"]
NEEDS_A_SUITE += (["bisect-day", "a", *BETWEEN], ["rebuild-check", "a"])
PROGRAM = Path(sys.executable).with_name("harness")
REACHING = {"doctor", "clean", "run", "calibrate"}
"""Commands that start processes and talk to engines: they are tried as processes of their own."""
Harness = Callable[..., tuple[int, str, str]]


def section(after: str) -> list[list[str]]:
    """The rows of the table whose first heading is this."""
    (table,) = re.findall(rf"^\| {after} \|.*\n\| ---.*\n((?:\|.*\n)+)", PAGE, re.MULTILINE)
    return [[part.strip() for part in row.split("|")[1:-1]] for row in table.splitlines()]


WORDS = {word for row in section("word") for word in re.findall(r"`([A-Z]+)`", row[0])}


def taken(name: str) -> tuple[list[str], list[str]]:
    """The arguments of a command, and its options that take a word."""
    parameters = COMMANDS[name].params
    arguments = [one.metavar for one in parameters if one.param_type_name == "argument"]
    options = [
        f"{one.opts[0]} {one.metavar}"
        for one in parameters
        if one.param_type_name == "option" and one.metavar in WORDS and not one.hidden
    ]
    return arguments, options


@pytest.mark.parametrize("name", COMMANDS)
def test_the_page_says_which_words_each_command_takes(name: str) -> None:
    rows = {row[0].strip("`"): row[1:] for row in section("command")}
    assert COMMANDS.keys() == rows.keys()
    arguments, options = taken(name)
    assert arguments == re.findall(r"`([^`]+)`", rows[name][0])
    assert options == re.findall(r"`([^`]+)`", rows[name][1])


def test_an_option_takes_the_same_word_wherever_it_is() -> None:
    found: dict[str, set[object]] = {}
    for command in COMMANDS.values():
        for one in command.params:
            if one.param_type_name == "option" and one.metavar in WORDS:
                found.setdefault(one.opts[0], set()).add((one.metavar, one.multiple))
    assert {} == {name: words for name, words in found.items() if len(words) > 1}
    assert {"--cell", "--tag", "--suite", "--engine", "--format", "--output"} <= found.keys()


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_a_format_and_says_where_it_writes(name: str) -> None:
    _, options = taken(name)
    assert "--format FORMAT" in options
    writes_otherwise = {"init", "export"}
    assert ("--output FILE" in options) == (name not in writes_otherwise)


@pytest.fixture
def harness(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Harness:
    """The command line in this process in an empty folder, with two runs in its store."""
    for name, place in (("STORE", "store.sqlite3"), ("REPORTS", "reports"), ("CACHE", "cache")):
        monkeypatch.setenv(f"HARNESS_{name}", str(tmp_path / place))
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/no-engine.sock")
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    with Store(tmp_path / "store.sqlite3") as store:
        for day, run_id in ((20, RUN), (21, NEWER)):
            made = run(cell(), run_id=run_id, started=f"2026-11-{day}T23:45:01Z")
            store.begin(made)
            for one in healthy(cell(), run_id=run_id):
                store.record(one)
            store.finish(run_id, ended=f"2026-11-{day}T23:50:00Z")

    def ran(*arguments: str) -> tuple[int, str, str]:
        if arguments[0] in REACHING or "host:python3" in arguments:
            ended = subprocess.run(
                [PROGRAM, *arguments], capture_output=True, text=True, check=False
            )
            return ended.returncode, ended.stdout, ended.stderr
        monkeypatch.setattr(sys, "argv", ["harness", *arguments])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        said = capsys.readouterr()
        return int(ended.value.code or 0), said.out, said.err

    return ran


@pytest.mark.parametrize("arguments", NEEDS_A_SUITE, ids=" ".join)
def test_without_a_suite_a_command_says_so_and_offers_to_make_one(
    harness: Harness, arguments: list[str]
) -> None:
    status, out, err = harness(*arguments)
    assert 2 == status
    assert "" == out
    assert "no matrix.yaml in this folder" in err
    assert "`harness init`" in err
    assert "--suite standard" in err
    assert [] == list(Path().iterdir())


def test_the_packaged_suite_is_named_by_a_word_and_a_folder_of_that_name_by_its_path() -> None:
    assert standard.default_suite() == named_suite("standard")
    assert "standard" == suite_word(named_suite("standard"))
    assert Path("standard/matrix.yaml") == named_suite("./standard/matrix.yaml")
    assert "" == suite_word(None)


SIDE = cell().id
ANSWERS = (
    ["init", "new"],
    ["plan", "--suite", "standard"],
    ["plan", "--suite", "standard", "--cell", "tf2.*"],
    ["report", RUN],
    ["report", "--list"],
    ["compare", f"{RUN}:{SIDE}", f"{LATEST}:{SIDE}"],
    ["accept", RUN, "--suite", "new"],
    ["history", "--suite", "new"],
    ["history", SIDE, "mnist.*", "--suite", "new"],
    ["issues", RUN, "--suite", "new", "--dry-run"],
    ["lock", "--suite", "new"],
    ["export", LATEST, "run.jsonl"],
    ["import", "run.jsonl"],
    ["merge", "run.jsonl"],
    ["check", "--archive", "image.tar"],
    ["doctor"],
    ["clean", "--dry-run"],
    ["host"],
    ["docs"],
    ["docs", "howto/gpu-host"],
    ["explain"],
    ["explain", "libcudnn-missing"],
    ["run", "--suite", "new", "--probe", "python"],
    ["calibrate", "here", "--suite", "new", "--rounds", "3"],
    ["bisect-day", "here", "--suite", "new", *BETWEEN],
    ["rebuild-check", "here", "--suite", "new"],
)


def test_every_command_is_among_those_that_are_tried() -> None:
    assert COMMANDS.keys() == {arguments[0] for arguments in ANSWERS}


@pytest.mark.parametrize("arguments", ANSWERS, ids=" ".join)
def test_every_command_answers_in_json_and_refuses_a_format_that_is_none(
    harness: Harness, arguments: list[str]
) -> None:
    status, out, err = harness(*arguments, "--format", "jsn")
    assert (2, "") == (status, out)
    assert "there is no format 'jsn'" in err
    assert [] == list(Path().iterdir())
    if "new" in arguments and arguments[0] != "init":
        harness("init", "new")
    if arguments[0] in ("accept", "history", "issues"):
        matrix = Path("new/matrix.yaml")
        named = matrix.read_text("utf-8").replace("name: starter", "name: default")
        matrix.write_text(named, "utf-8")
    if arguments[0] == "issues":
        harness("accept", RUN, "--suite", "new")
    if arguments[0] in ("import", "merge"):
        harness("export", LATEST, "run.jsonl")
    if arguments[0] == "check":
        _save_image(Path("image.tar"))
    if arguments[0] in ("calibrate", "bisect-day", "rebuild-check"):
        return  # They answer of a cell that trains or is built; tests of their own do that.
    status, out, err = harness(*arguments, "--format", "json")
    assert 2 != status, err
    tree = json.loads(out)
    assert isinstance(tree, dict)
    assert out.isascii()


@pytest.mark.parametrize(
    ("named", "found"), [(RUN, RUN), (RUN[:10], RUN), (NEWER, NEWER), (LATEST, NEWER)]
)
def test_a_run_is_named_alike_by_every_command_that_takes_one(
    harness: Harness, named: str, found: str
) -> None:
    _, reported, _ = harness("report", named, "--format", "json")
    assert [found] == [one["id"] for one in json.loads(reported)["runs"]]
    _, exported, said = harness("export", named, "-")
    assert found == json.loads(exported.splitlines()[0])["run"]["id"]
    assert f"wrote run {found} to standard output" in said
    same = f"version: 1\nname: {run(cell()).suite}\ncells: [{{id: a, host: python3}}]\n"
    Path("matrix.yaml").write_text(same, "utf-8")
    _, taken_as, _ = harness("accept", named, "--format", "json")
    assert found == json.loads(taken_as)["baseline"]
    _, nightly, _ = harness("compare", "--baseline", named, "--format", "json")
    assert [found] == [one["id"] for one in json.loads(nightly)["runs"]]
    _, compared, _ = harness("compare", f"{named}:{SIDE}", f"{named}:{SIDE}", "--format", "json")
    assert [found] == [one["id"] for one in json.loads(compared)["runs"]]
    status, _, refused = harness("run", "--resume", named)
    assert 2 == status
    assert f"run {found} cannot be resumed" in refused


def test_an_export_without_anything_is_the_latest_run_on_standard_output(
    harness: Harness,
) -> None:
    _, named, _ = harness("export", NEWER, "-")
    for arguments in ((), (LATEST,), ("-",)):
        status, out, _ = harness("export", *arguments)
        assert (0, named) == (status, out)
    harness("export", NEWER, "file.jsonl")
    assert named == Path("file.jsonl").read_text("ascii")


def test_a_run_is_taken_in_from_a_pipe(tmp_path: Path, harness: Harness) -> None:
    _, exported, _ = harness("export", RUN, "-")
    ended = subprocess.run(
        [PROGRAM, "import", "-", "--format", "json"],
        input=exported.encode(),
        env={**os.environ, "HARNESS_STORE": str(tmp_path / "other.sqlite3")},
        capture_output=True,
        check=False,
    )
    assert 0 == ended.returncode, ended.stderr
    assert RUN == json.loads(ended.stdout)["run"]


@pytest.mark.parametrize("name", ["terminal", "markdown", "json"])
def test_what_is_written_to_a_file_is_what_is_printed(harness: Harness, name: str) -> None:
    for arguments in (["report", RUN], ["report", "--list"], ["explain", "libcudnn-missing"]):
        _, printed, _ = harness(*arguments, "--format", name)
        _, dash, _ = harness(*arguments, "--format", name, "--output", "-")
        _, nothing, _ = harness(*arguments, "--format", name, "--output", "file")
        assert "" == nothing
        assert printed == dash == Path("file").read_text("utf-8")


def test_a_list_of_runs_obeys_its_format(harness: Harness) -> None:
    _, told, _ = harness("report", "--list", "--format", "json")
    runs = json.loads(told)["runs"]
    assert [(NEWER, "pass"), (RUN, "pass")] == [(one["id"], one["verdict"]) for one in runs]
    _, told, _ = harness("report", "--list", "--format", "markdown")
    assert told.startswith("| run | verdict |")
    assert 4 == len(told.splitlines())


def test_two_runs_that_begin_alike_are_told(harness: Harness) -> None:
    status, _, err = harness("export", "2026", "-")
    assert 2 == status
    assert RUN in err
    assert NEWER in err


def test_the_host_is_asked_as_the_cell_it_is_held_against(harness: Harness, tmp_path: Path) -> None:
    own = cell("asked", "")
    own = replace(
        own, framework=(), settings=(("packages", (("limit", 3),)),), timeouts=(("python", 7.5),)
    )
    made = replace(run(own, run_id="20261122T000000Z-0000"), pairs=(("asked", "python"),))
    made = replace(made, probes=tuple(one for one in made.probes if one.name == "python"))
    with Store(tmp_path / "store.sqlite3") as store:
        store.begin(made)
        store.record(record("python", of=own.id, run_id=made.id))
        store.finish(made.id, ended=made.started)
    status, _, err = harness("compare", f"{made.id}:asked", "host:python3", "--format", "json")
    assert 2 != status, err
    with Store(tmp_path / "store.sqlite3", readonly=True) as store:
        latest = store.latest_run()
        assert latest is not None
        (host,) = latest.cells
        assert [record.probe for record in store.records(latest.id)] == ["python"]
    assert own.settings == host.settings
    assert own.timeouts == host.timeouts
    assert own.level == host.level


def _save_image(path: Path) -> None:
    """A saved image of one empty layer, as `docker save` writes it."""
    layer = io.BytesIO()
    with tarfile.open(fileobj=layer, mode="w"):
        pass
    content = layer.getvalue()
    digest = hashlib.sha256(content).hexdigest()
    config = {
        "architecture": "amd64",
        "os": "linux",
        "config": {"Env": ["PATH=/usr/bin"]},
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{digest}"]},
    }
    manifest = [{"Config": "config.json", "RepoTags": ["a:b"], "Layers": ["layer.tar"]}]
    files = {
        "config.json": json.dumps(config).encode(),
        "layer.tar": content,
        "manifest.json": json.dumps(manifest).encode(),
    }
    with tarfile.open(path, "w") as archive:
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))


def test_an_unknown_run_is_an_error_of_usage(harness: Harness) -> None:
    for arguments in (["report", "no"], ["export", "no"], ["compare", "no:a", "no:b"]):
        status, _, err = harness(*arguments)
        assert 2 == status
        assert "no run 'no'" in err
    assert UsageError.exit == 2


def test_a_shell_completes_commands_and_options() -> None:
    def completed(line: str) -> list[str]:
        asked = {"COMP_WORDS": line, "COMP_CWORD": str(line.count(" "))}
        ended = subprocess.run(
            [PROGRAM],
            env={**os.environ, **asked, "_HARNESS_COMPLETE": "complete_bash"},
            capture_output=True,
            text=True,
            check=False,
        )
        return ended.stdout.split()

    assert ["report"] == completed("harness rep")
    assert "--resume" in completed("harness run --re")
