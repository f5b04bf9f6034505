"""Options that several commands share, told once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

SuiteOption = Annotated[
    Path | None,
    typer.Option(
        "--suite", help="matrix.yaml or its folder; else ./matrix.yaml, else the default."
    ),
]
ReportSuiteOption = Annotated[
    Path | None,
    typer.Option(
        "--suite", help="matrix.yaml or its folder; else ./matrix.yaml, else every suite."
    ),
]
CellOption = Annotated[list[str], typer.Option("--cell", help="Cells, as a glob; repeatable.")]
TagOption = Annotated[list[str], typer.Option("--tag", help="Cells with this tag; repeatable.")]
EngineOption = Annotated[
    str,
    typer.Option("--engine", help="docker, podman, host, replay; auto: what answers, else host."),
]
LockEngineOption = Annotated[
    str, typer.Option("--engine", help="docker or podman; auto: what answers.")
]


def _report_format(name: str) -> str:
    """Refuse an unknown format before anything is done that takes time."""
    from harness.formats import REPORT

    return REPORT.known(name)


def _page_format(name: str) -> str:
    from harness.formats import PAGE

    return PAGE.known(name)


_FORMATS = "terminal, markdown or json."
FormatOption = Annotated[str, typer.Option("--format", help=_FORMATS, callback=_report_format)]
PageFormatOption = Annotated[str, typer.Option("--format", help=_FORMATS, callback=_page_format)]
OutputOption = Annotated[Path | None, typer.Option("--output", help="Write to this file.")]
VerifiedOption = Annotated[
    bool, typer.Option("--require-verified", help="`unverified` fails, with exit status 5.")
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
    str, typer.Option("--engine", help="docker, podman; auto: every one that answers.")
]
CleanImagesOption = Annotated[
    bool, typer.Option("--images", help="Also the images that were made of cells and bases.")
]
RefreshBasesOption = Annotated[bool, typer.Option("--refresh-bases", help="Make bases anew.")]
RecordingsOption = Annotated[
    Path | None, typer.Option("--recordings", help="What the engine replay answers from.")
]
RecordToOption = Annotated[
    Path | None, typer.Option("--record-to", help="Record what the engine says, for replay.")
]
ReuseOption = Annotated[
    bool,
    typer.Option("--reuse", help="Repeat answers that nothing can have changed since."),
]
ResumeOption = Annotated[
    str,
    typer.Option(
        "--resume",
        metavar="RUN",
        help="Do only what a run lacks that was interrupted, or that infrastructure ended in part.",
    ),
]
