"""The shell of every step of the action, of the workflows and of the GitLab template, as it stands
there: two nights of a suite of this host, dealt, run, merged, reported."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import venv
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import pytest

from tests.process.test_issues import put_gh
from tests.process.workflow_runner import KNOWN_USES, Context, Job, Runner, loaded

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = Path(sys.executable).with_name("harness")
GITHUB = ROOT / "examples" / "ci" / "github.yml"
GITLAB = ROOT / "examples" / "ci" / "gitlab.yml"
NIGHTLY = ROOT / ".github" / "workflows" / "nightly.yml"
ACTION = ROOT / "action.yml"
MATRIX = """\
version: 1
name: mine
probes: [thing]
reference: one
defaults: {level: L0}
cells:
  - {id: one, host: PYTHON}
  - {id: two, host: PYTHON}
  - {id: three, host: PYTHON}
"""
PROBE = """
PROBE = {"question": "What is it?", "order": 1}


def probe(settings):
    with open("PLACE") as opened:
        return {"thing.value": opened.read().strip()}
"""
SUDO = """#!/bin/sh
case $1 in --preserve-env*) shift ;; esac
exec "$@"
"""


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An interpreter of this host with nothing installed: there is little to read from outside."""
    place = tmp_path_factory.mktemp("python")
    venv.create(place, with_pip=False)
    return place / "bin" / "python3"


@pytest.fixture
def github(tmp_path: Path, python: Path) -> Runner:
    """A repository with a suite of three cells of this host, and a GitHub around it."""
    if Path(sys.prefix).resolve() != (ROOT / ".venv").resolve():
        pytest.skip("the action sets up the .venv of this checkout, and these tests run elsewhere")
    for program in ("bash", "jq"):
        if shutil.which(program) is None:
            pytest.skip(f"there is no {program}, which every runner of GitHub has")
    programs = put_gh(tmp_path / "bin")
    (programs / "sudo").write_text(SUDO, "utf-8")
    (programs / "sudo").chmod(0o755)
    (tmp_path / "github" / "artifacts").mkdir(parents=True)
    workspace = tmp_path / "repository"
    (workspace / "probes").mkdir(parents=True)
    (workspace / "matrix.yaml").write_text(MATRIX.replace("PYTHON", str(python)), "utf-8")
    thing = tmp_path / "thing"
    thing.write_text("blue\n", "utf-8")
    (workspace / "probes" / "thing.py").write_text(PROBE.replace("PLACE", str(thing)), "utf-8")
    return Runner(
        root=tmp_path / "runs",
        action=ROOT,
        workspace=workspace,
        programs=programs,
        environment={
            "FAKE_GH": str(tmp_path / "github"),
            "DOCKER_HOST": "unix:///nonexistent/engine.sock",
            "HARNESS_DOWNLOAD": "0",
        },
    )


def a_night(github: Runner, lost: tuple[int, ...] = (), **given: str) -> tuple[Job, list[Job]]:
    """The jobs of the example workflow, those of some shards lost; the last and all others."""
    jobs = loaded(GITHUB)["jobs"]
    values = {"env.SUITE": ".", "env.SHARDS": "2"}
    plan = github.job("plan", jobs["plan"]["steps"], values)
    assert 0 == plan.status, plan.said
    others = [plan]
    numbers = json.loads(plan.outputs["plan.shards"])
    for number in numbers:
        if number not in lost:
            steps = jobs["shard"]["steps"]
            of_one = {**values, "matrix.shard": str(number)}
            others.append(github.job(f"shard {number}", steps, of_one))
    steps = [
        {**step, "with": {**step["with"], **given}} if "with" in step else step
        for step in jobs["report"]["steps"]
    ]
    last = github.job("report", steps, values)
    # The next night finds what this one kept.
    kept = github.root.parent / "github" / "artifacts" / "harness-history"
    shutil.copytree(github.artifacts / "harness-history", kept, dirs_exist_ok=True)
    (github.root.parent / "github" / "last-run").write_text("7", "utf-8")
    for each in github.artifacts.glob("harness-shard-*"):
        shutil.rmtree(each)
    return last, others


def harness(github: Runner, *arguments: str) -> subprocess.CompletedProcess[str]:
    store = github.artifacts / "harness-history" / "store.sqlite3"
    return subprocess.run(
        [PROGRAM, *arguments],
        cwd=github.workspace,
        env={**os.environ, "HARNESS_STORE": str(store)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_two_nights_are_dealt_run_merged_and_reported(github: Runner) -> None:
    first, others = a_night(github)
    assert [0, 0, 0] == [job.status for job in others], "\n".join(job.said for job in others)
    assert "this is the first" in others[0].said
    assert "merged from 2 of 2 shards" in first.summary, first.said
    assert 0 == first.status, first.said
    accepted = harness(github, "accept", "latest", "--suite", ".")
    assert 0 == accepted.returncode, accepted.stderr

    (github.root.parent / "thing").write_text("red\n", "utf-8")
    last, others = a_night(github, lost=(2,), issues="true")
    assert "the history is that of run 7" in others[0].said
    assert "by how long they took before" in others[0].said
    assert 4 == last.status, last.said
    assert last.summary.startswith("## 1 new, 0 fixed, 0 known, ")
    assert "thing.value red differs from the baseline" in last.summary
    assert "shard 2 of 2, which was to run this cell, is missing" in last.summary
    commands = [line for line in last.said.splitlines() if line.startswith("::")]
    assert any(re.match(r"::error file=matrix\.yaml,line=\d+,", line) for line in commands)
    issues = json.loads((github.root.parent / "github" / "issues.json").read_text("utf-8"))
    assert ["thing.value" in one["title"] for one in issues] == [True]
    kept = github.artifacts / "harness-report"
    assert {"junit.xml", "report.html", "report.json", "report.md"} == {
        one.name for one in kept.iterdir()
    }
    junit = ElementTree.fromstring((kept / "junit.xml").read_text("utf-8"))
    assert ["one", "two", "three"] == [suite.get("name") for suite in junit]


def test_a_shard_runs_as_root_where_it_has_to(github: Runner) -> None:
    steps: list[Any] = [
        {"uses": "./", "with": {"do": "plan", "shards": "1"}},
        {"uses": "./", "with": {"do": "shard", "shards": "1", "root": "true"}},
    ]
    job = github.job("both", steps, {})
    assert 0 == job.status, job.said
    assert (github.artifacts / "harness-shard-1" / "shard-1.jsonl").is_file()


def test_what_the_action_cannot_do_is_refused(github: Runner) -> None:
    job = github.job("x", [{"uses": "./", "with": {"do": "everything"}}], {})
    assert 2 == job.status
    assert "::error::harness: the input do must be" in job.said


def test_a_night_without_any_shard_fails(github: Runner) -> None:
    job = github.job("x", [{"uses": "./", "with": {"do": "report"}}], {})
    assert 4 == job.status
    assert "no shard handed over" in job.said


def test_the_nightly_workflow_of_this_project_deals_its_own_suite(github: Runner) -> None:
    github.workspace = ROOT
    jobs = loaded(NIGHTLY)["jobs"]
    plan = github.job("plan", jobs["plan"]["steps"], {"env.SHARDS": "6"})
    assert 0 == plan.status, plan.said
    assert [1, 2, 3, 4, 5, 6] == json.loads(plan.outputs["plan.shards"])
    assert "by the size of what they install" in plan.said


# --- GitLab ---------------------------------------------------------------------------------------

FAKE_PYTHON = """#!/bin/sh
# `python -m venv FOLDER`, with a pip that installs nothing: harness is here already.
mkdir -p "$3/bin"
printf '#!/bin/sh\\necho "$@" >>"%s/installed"\\n' "$3" >"$3/bin/pip"
chmod +x "$3/bin/pip"
ln -sf PYTHON "$3/bin/python"
ln -sf HARNESS "$3/bin/harness"
"""


def gitlab_job(
    github: Runner, name: str, place: Path, **more: str
) -> subprocess.CompletedProcess[str]:
    """One job of the template: its three parts as GitLab runs them, the last in a shell of its
    own and whatever became of the others."""
    tree = loaded(GITLAB)
    job = {**tree[".harness"], **tree[name]}
    environment = {
        **github.environment,
        "PATH": f"{github.programs}{os.pathsep}{os.environ['PATH']}",
        "HOME": os.environ.get("HOME", "/"),
        "CI_PROJECT_DIR": str(place),
        **more,
    }
    for key, value in {**tree["variables"], **job["variables"]}.items():
        environment[key] = value.replace("$CI_PROJECT_DIR", str(place))
    said, status = "", 0
    for part in (["before_script", "script"], ["after_script"]):
        lines = [line for each in part for line in job.get(each, [])]
        ended = subprocess.run(
            ["bash", "-eo", "pipefail", "-c", "\n".join(lines)],
            cwd=place,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        said += ended.stdout + ended.stderr
        status = status or ended.returncode
    return subprocess.CompletedProcess([], status, said, "")


def test_the_gitlab_template_runs_a_night(github: Runner) -> None:
    fake = github.programs / "python"
    fake.write_text(
        FAKE_PYTHON.replace("PYTHON", sys.executable).replace("HARNESS", str(PROGRAM)), "utf-8"
    )
    fake.chmod(0o755)
    jobs: dict[str, Path] = {}
    for name in ("plan", "1", "2", "report"):
        jobs[name] = github.root / name
        shutil.copytree(github.workspace, jobs[name])
    plan = gitlab_job(github, "night:plan", jobs["plan"])
    assert 0 == plan.returncode, plan.stdout
    installed = (jobs["plan"] / ".night" / "venv" / "installed").read_text("utf-8")
    assert installed.startswith("install --quiet git+https://")
    for number in ("1", "2"):
        nodes = {"CI_NODE_INDEX": number, "CI_NODE_TOTAL": "2"}
        shard = gitlab_job(github, "night:shard", jobs[number], **nodes)
        assert 0 == shard.returncode, shard.stdout
        shutil.copytree(
            jobs[number] / ".night" / "shards",
            jobs["report"] / ".night" / "shards",
            dirs_exist_ok=True,
        )
    report = gitlab_job(github, "night:report", jobs["report"])
    assert 0 == report.returncode, report.stdout
    assert "merged from 2 of 2 shards" in report.stdout
    assert (jobs["report"] / ".night" / "history" / "store.sqlite3").is_file()
    junit = ElementTree.parse(jobs["report"] / ".night" / "night" / "junit.xml").getroot()
    assert 3 == len(junit)


# --- what can be seen without running ------------------------------------------------------------


def steps_of(path: Path) -> list[tuple[str, Any]]:
    """(name, step) of every step of a workflow, or of the action."""
    tree = loaded(path)
    if "runs" in tree:
        return [(str(step["name"]), step) for step in tree["runs"]["steps"]]
    return [(name, step) for name, job in tree["jobs"].items() for step in job["steps"]]


WORKFLOWS = (ACTION, GITHUB, *sorted((ROOT / ".github" / "workflows").glob("*.yml")))
FILES = (*WORKFLOWS, GITLAB)


def scripts_of(path: Path) -> list[str]:
    if path != GITLAB:
        return [str(step["run"]) for _, step in steps_of(path) if "run" in step]
    jobs = [job for job in loaded(path).values() if isinstance(job, dict)]
    parts = ("before_script", "script", "after_script")
    return ["\n".join(job[part]) for job in jobs for part in parts if part in job]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_step_is_clean_shell(path: Path, tmp_path: Path) -> None:
    for number, script in enumerate(scripts_of(path)):
        file = tmp_path / f"{number}.sh"
        file.write_text(f"#!/usr/bin/env bash\nset -eo pipefail\n{script}\n", "utf-8")
        checker = Path(sys.executable).with_name("shellcheck")
        ended = subprocess.run([checker, file], capture_output=True, text=True, check=False)
        assert (0, "") == (ended.returncode, ended.stdout)


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_no_step_puts_a_value_into_its_script_and_none_uses_an_action_nobody_looked_at(
    path: Path,
) -> None:
    for _, step in steps_of(path):
        assert "${{" not in str(step.get("run", ""))
        if "uses" in step:
            assert step["uses"] in (*KNOWN_USES, "./", "OWNER/harness@v1")


@pytest.mark.parametrize("path", [NIGHTLY, GITHUB], ids=lambda path: path.name)
def test_what_a_workflow_gives_the_action_is_what_it_takes(path: Path) -> None:
    takes = loaded(ACTION)["inputs"].keys()
    given = [
        step["with"] for _, step in steps_of(path) if step.get("uses") in ("./", "OWNER/harness@v1")
    ]
    assert ["plan", "shard", "report"] == [one["do"] for one in given]
    assert all(one.keys() <= takes for one in given)
    selections = {one.get("select", "") for one in given[:2]}
    assert 1 == len(selections), "the jobs of a night deal the same cells"


def test_the_runner_of_these_tests_reads_expressions_as_github_does() -> None:
    context = Context({"inputs.do": "plan", "inputs.issues": "true"})
    assert context.evaluated("inputs.do == 'plan' && inputs.issues == 'true'")
    assert not context.evaluated("inputs.do != 'plan'")
    assert "a plan b" == context.filled("a ${{ inputs.do }} b")
    assert "" == context.filled("${{ steps.x.outputs.y }}")
    assert "6" == context.filled("${{ inputs.shards || '6' }}")
