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
        help="matrix.yaml or its folder, or `standard`, the packaged one; else ./matrix.yaml.",
    ),
]
RunArgument = Annotated[
    str,
    typer.Argument(
        metavar="RUN", help="A run's id, or its beginning; latest: the newest of the suite."
    ),
]
CellOption = Annotated[
    list[str], typer.Option("--cell", metavar="CELL", help="Cells, as a glob; repeatable.")
]
TagOption = Annotated[
    list[str], typer.Option("--tag", metavar="TAG", help="Cells with this tag; repeatable.")
]
EngineOption = Annotated[
    str,
    typer.Option(
        "--engine",
        metavar="ENGINE",
        help="docker, podman, host, replay; auto: what answers, else host.",
    ),
]
LockEngineOption = Annotated[
    str, typer.Option("--engine", metavar="ENGINE", help="docker or podman; auto: what answers.")
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
    bool, typer.Option("--require-verified", help="`unverified` fails, with exit status 5.")
]
BaselineOption = Annotated[
    bool,
    typer.Option("--baseline", help="Hold the run against the baseline that accepted.yaml names."),
]
DiskBudgetOption = Annotated[
    str,
    typer.Option(
        "--disk-budget",
        metavar="SIZE",
        help="What images of ours may take on the engine's disk, as 60GiB; those not used for "
        "longest go. Else HARNESS_DISK_BUDGET, else what is free.",
    ),
]
CleanEngineOption = Annotated[
    str,
    typer.Option(
        "--engine", metavar="ENGINE", help="docker, podman; auto: every one that answers."
    ),
]
CleanImagesOption = Annotated[
    bool, typer.Option("--images", help="Also the images that were made of cells and bases.")
]
ProbeOption = Annotated[
    list[str], typer.Option("--probe", metavar="PROBE", help="Only this probe; repeatable.")
]
RoundsOption = Annotated[
    str,
    typer.Option(
        "--rounds",
        metavar="N|auto",
        help="Fresh containers per cell, in turns; auto: as many as the verdict needs.",
    ),
]
FreshOption = Annotated[
    bool, typer.Option("--fresh", help="Build Dockerfiles anew, without any cache.")
]
RefreshBasesOption = Annotated[bool, typer.Option("--refresh-bases", help="Make bases anew.")]
RecordingsOption = Annotated[
    Path | None,
    typer.Option("--recordings", metavar="DIR", help="What the engine replay answers from."),
]
RecordToOption = Annotated[
    Path | None,
    typer.Option(
        "--record-to",
        metavar="DIR",
        callback=_folder,
        help="Record what the engine says, for replay.",
    ),
]
ReuseOption = Annotated[
    bool,
    typer.Option("--reuse", help="Repeat answers that nothing can have changed since."),
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
        help="local: this host; ray, ray://HOST:PORT: the nodes of a Ray cluster.",
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
        help="Only the cells that are dealt to this one of so many jobs, as 2/8.",
    ),
]
ExportPlanOption = Annotated[
    str,
    typer.Option(
        "--export",
        metavar="SCHEDULER",
        help="k8s, slurm or gha: the plan's shards as an indexed Job, a job array, a matrix.",
    ),
]
ShardsOption = Annotated[
    int, typer.Option("--shards", metavar="COUNT", help="With --export: how many jobs there are.")
]
ResumeOption = Annotated[
    str,
    typer.Option(
        "--resume",
        metavar="RUN",
        help="Do only what a run (latest: the newest) lacks that was interrupted, or that "
        "infrastructure ended in part.",
    ),
]
