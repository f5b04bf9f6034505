"""Options that several commands share, defined once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def _suite(text: str) -> Path:
    from harness.running.here import named_suite

    return named_suite(text)


SuiteOption = Annotated[
    Path | None,
    typer.Option(
        "--suite",
        metavar="SUITE",
        parser=_suite,
        help="A matrix.yaml or its folder, or `standard` for the packaged one; by default "
        "./matrix.yaml.",
    ),
]
RunArgument = Annotated[
    str,
    typer.Argument(
        metavar="RUN", help="A run's id or its beginning; latest: the newest run of the suite."
    ),
]
CellOption = Annotated[
    list[str], typer.Option("--cell", metavar="CELL", help="Select cells by a glob; repeatable.")
]
TagOption = Annotated[
    list[str], typer.Option("--tag", metavar="TAG", help="Select cells by a tag; repeatable.")
]
EngineOption = Annotated[
    str,
    typer.Option(
        "--engine",
        metavar="ENGINE",
        help="docker, podman, host or replay; auto: the engine that answers, or else host.",
    ),
]
LockEngineOption = Annotated[
    str,
    typer.Option(
        "--engine", metavar="ENGINE", help="docker or podman; auto: the engine that answers."
    ),
]


def _report_format(name: str) -> str:
    """Refuse an unknown format before anything slow is done."""
    from harness.formats import REPORT

    return REPORT.known(name)


def _page_format(name: str) -> str:
    from harness.formats import PAGE

    return PAGE.known(name)


def _answer_format(name: str) -> str:
    from harness.formats import ANSWER

    return ANSWER.known(name)


def _host_format(name: str) -> str:
    from harness.errors import UsageError

    if name != "json":
        raise UsageError(
            f"there is no format {name!r} for the description of a host", remedy="use json"
        )
    return name


_FORMATS = "terminal, markdown or json."
_PAGES = "terminal, markdown, html or json."
_REPORTS = "terminal, markdown, html, json, junit or github."
FormatOption = Annotated[
    str, typer.Option("--format", metavar="FORMAT", help=_REPORTS, callback=_report_format)
]
PageFormatOption = Annotated[
    str, typer.Option("--format", metavar="FORMAT", help=_PAGES, callback=_page_format)
]
AnswerFormatOption = Annotated[
    str, typer.Option("--format", metavar="FORMAT", help=_FORMATS, callback=_answer_format)
]
HostFormatOption = Annotated[
    str, typer.Option("--format", metavar="FORMAT", help="json.", callback=_host_format)
]


def _output(path: Path | None) -> Path | None:
    """Refuse a file that cannot be written before anything slow is done."""
    from harness.commands.output import writable

    return writable(path)


def _folder(path: Path | None) -> Path | None:
    from harness.commands.output import writable_folder

    return writable_folder(path)


OutputOption = Annotated[
    Path | None,
    typer.Option(
        "--output",
        metavar="FILE",
        callback=_output,
        help="Write to this file; -: standard output.",
    ),
]
VerifiedOption = Annotated[
    bool, typer.Option("--require-verified", help="Exit with 5 if a verdict is `unverified`.")
]
BaselineOption = Annotated[
    bool,
    typer.Option("--baseline", help="Compare the run with the baseline that accepted.yaml names."),
]
DiskBudgetOption = Annotated[
    str,
    typer.Option(
        "--disk-budget",
        metavar="SIZE",
        help="How much of the engine's disk harness images may take, such as 60GiB; the least "
        "recently used are removed. By default HARNESS_DISK_BUDGET, or else what is free.",
    ),
]
CleanEngineOption = Annotated[
    str,
    typer.Option(
        "--engine", metavar="ENGINE", help="docker or podman; auto: every engine that answers."
    ),
]
CleanImagesOption = Annotated[
    bool, typer.Option("--images", help="Also remove the images of cells and bases.")
]
ProbeOption = Annotated[
    list[str], typer.Option("--probe", metavar="PROBE", help="Run only this probe; repeatable.")
]
RoundsOption = Annotated[
    str,
    typer.Option(
        "--rounds",
        metavar="N|auto",
        help="Fresh containers for each cell, in turns; auto: as many as the verdicts need.",
    ),
]
FreshOption = Annotated[
    bool, typer.Option("--fresh", help="Build Dockerfiles again without any cache.")
]
RefreshBasesOption = Annotated[
    bool, typer.Option("--refresh-bases", help="Make the base images again.")
]
RecordingsOption = Annotated[
    Path | None,
    typer.Option(
        "--recordings", metavar="DIR", help="The recordings that the engine replay answers from."
    ),
]
RecordToOption = Annotated[
    Path | None,
    typer.Option(
        "--record-to",
        metavar="DIR",
        callback=_folder,
        help="Record the engine's answers for replay.",
    ),
]
ReuseOption = Annotated[
    bool,
    typer.Option("--reuse", help="Reuse earlier answers if nothing they depend on has changed."),
]


def _executor(text: str) -> str:
    """Refuse an invalid executor before anything slow is done."""
    from harness.running.executor import LOCAL

    if text != LOCAL:
        from harness.running.cluster.address import cluster_address
        from harness.running.cluster.connected import ray_module

        cluster_address(text)
        ray_module()
    return text


ExecutorOption = Annotated[
    str,
    typer.Option(
        "--executor",
        metavar="EXECUTOR",
        callback=_executor,
        help="local: this host; ray or ray://HOST:PORT: the nodes of a Ray cluster.",
    ),
]


def _shard(text: str) -> str:
    """Refuse an invalid shard before anything slow is done."""
    from harness.suite.dealing import shard_asked

    shard_asked(text)
    return text


ShardOption = Annotated[
    str,
    typer.Option(
        "--shard",
        metavar="N/COUNT",
        callback=_shard,
        help="Only the cells of this shard, such as 2/8.",
    ),
]
ExportPlanOption = Annotated[
    str,
    typer.Option(
        "--export",
        metavar="SCHEDULER",
        help="k8s, slurm or gha: print the shards as an indexed Job, a job array or a matrix.",
    ),
]
ShardsOption = Annotated[
    int, typer.Option("--shards", metavar="COUNT", help="With --export: the number of jobs.")
]
ResumeOption = Annotated[
    str,
    typer.Option(
        "--resume",
        metavar="RUN",
        help="Do what is missing of an interrupted run (latest: the newest), or of one that "
        "infrastructure ended in part.",
    ),
]
