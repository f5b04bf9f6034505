"""The format `github`: annotations and the job summary go where GitHub expects each of them."""

from __future__ import annotations

import os
from pathlib import Path

from harness import standard
from harness.commands.output import STANDARD_OUTPUT, put_out, written
from harness.compare.judgement import Comparison, Judgement
from harness.errors import InfrastructureError
from harness.formats import render
from harness.formats.github import BUDGET, MOST, commands
from harness.formats.report import report_on
from harness.nights.values import Night
from harness.suite.matrix import FILE_NAME

SUMMARY = "GITHUB_STEP_SUMMARY"
_WORKSPACE = "GITHUB_WORKSPACE"
_LINK = ("GITHUB_SERVER_URL", "GITHUB_REPOSITORY", "GITHUB_RUN_ID")


def told(judged: Judgement | Comparison | Night, output: Path | None, suite: Path | None) -> None:
    """Print the annotations, and write the summary to `output`, else append it to the file that
    GITHUB_STEP_SUMMARY names, else print it as well. If it cannot be written, it is printed instead
    and InfrastructureError is raised."""
    put_out(commands(report_on(judged), matrix_file(suite)))
    named = os.environ.get(SUMMARY, "")
    if output is not None or not named:
        written(render("github", judged, link=_artifacts()), output)
        return
    place = Path(named)
    there = place.stat().st_size if place.is_file() else 0
    text = render("github", judged, budget=max(0, min(BUDGET, MOST - there)), link=_artifacts())
    try:
        with place.open("a", encoding="utf-8") as opened:
            opened.write(text)
    except OSError as error:
        put_out(text)
        raise InfrastructureError(
            f"{SUMMARY} names {place}, which cannot be written: {error.strerror or error}: the "
            "summary was printed instead",
            remedy=f"name a file: --output FILE; {STANDARD_OUTPUT} is standard output",
        ) from None


def matrix_file(suite: Path | None) -> str:
    """The path of the suite's matrix.yaml from the root of the repository; empty if it is
    outside."""
    if suite == standard.default_suite():
        return ""
    named = suite or Path(FILE_NAME)
    file = named / FILE_NAME if named.is_dir() else named
    root = Path(os.environ.get(_WORKSPACE) or ".").resolve()
    file = file.resolve()
    if not file.is_file() or not file.is_relative_to(root):
        return ""
    return file.relative_to(root).as_posix()


def run_link() -> str:
    """The URL of this workflow run; empty outside of one."""
    server, repository, run = (os.environ.get(name, "") for name in _LINK)
    plain = f"{server}/{repository}/actions/runs/{run}"
    fits = server.startswith("https://") and repository.count("/") == 1 and run.isdecimal()
    return plain if fits and not set(plain) & set(" ()<>\n") else ""


def _artifacts() -> str:
    """The URL of the list of its artifacts."""
    return f"{run_link()}#artifacts" if run_link() else ""
