"""The command line: thin, and quick to say `--help`; each command's work is in harness/commands."""

from __future__ import annotations

import atexit
import errno
import gc
import io
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from harness import __version__
from harness.commands.options import (
    AnswerFormatOption,
    BaselineOption,
    CellOption,
    CleanEngineOption,
    CleanImagesOption,
    DiskBudgetOption,
    EngineOption,
    ExecutorOption,
    ExportPlanOption,
    FormatOption,
    FreshOption,
    HostFormatOption,
    LockEngineOption,
    OutputOption,
    PageFormatOption,
    ProbeOption,
    RecordingsOption,
    RecordToOption,
    RefreshBasesOption,
    ResumeOption,
    ReuseOption,
    RoundsOption,
    RunArgument,
    ShardOption,
    ShardsOption,
    SuiteOption,
    TagOption,
    VerifiedOption,
)
from harness.errors import Exit, HarnessError

_BETWEEN_SEARCHES = 200_000
"""Values made, less those given back, before cycles are looked for."""

app = typer.Typer(
    name="harness",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Does this environment still do, here and now, what that environment did? "
    "A matrix of images, probed for real, compared, the drift explained.",
    epilog="Runs are kept in ~/.local/state/harness/store.sqlite3 (HARNESS_STORE), "
    "downloads in ~/.cache/harness (HARNESS_CACHE), data sets in the folder that HARNESS_DATA "
    "names or else in the cache, reports in ./reports (HARNESS_REPORTS). Exit statuses: 0 as "
    "expected, 1 findings, 2 usage, 3 a bug in harness, 4 infrastructure, 5 nothing verified, "
    "130/143 interrupted.",
)


@app.callback(invoke_without_command=True)
def _top(
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    if version:
        from harness.commands.output import put_out

        put_out(f"harness {__version__}\n")
        raise typer.Exit


@app.command()
def init(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="The folder; the current one by default.")
    ] = Path(),
    format: AnswerFormatOption = "terminal",
) -> None:
    """Write a commented matrix.yaml to start from. No file is overwritten."""
    from harness.commands.init import init as initialised
    from harness.commands.saying import answered

    answered(initialised(folder), format)


@app.command()
def plan(
    cell: Annotated[str, typer.Argument(metavar="CELL", help="The same as --cell.")] = "",
    cells: CellOption = [],  # noqa: B006
    tag: TagOption = [],  # noqa: B006
    verbose: Annotated[
        bool, typer.Option("-v", "--verbose", help="Also how each cell is made.")
    ] = False,
    shard: ShardOption = "",
    export: ExportPlanOption = "",
    shards: ShardsOption = 0,
    suite: SuiteOption = None,
    format: AnswerFormatOption = "terminal",
    output: OutputOption = None,
) -> None:
    """Show what would be built, pulled and probed, and why combinations are left out.

    No engine is needed. With --export, print the plan's shards as jobs of a scheduler; `harness
    merge` brings their results together.
    """
    from harness.commands.plan import export as exported
    from harness.commands.plan import plan as planned
    from harness.commands.plan import whole_plan_asked
    from harness.commands.saying import answered
    from harness.suite.dealing import shard_asked

    wanted = [cell, *cells] if cell else cells
    if export or shards:
        whole_plan_asked(export, shard)
        answered(exported(suite, wanted, tag, export, shards), format, output)
        return
    answered(planned(suite, wanted, tag, verbose, shard_asked(shard)), format, output)


@app.command()
def run(
    cell: CellOption = [],  # noqa: B006
    tag: TagOption = [],  # noqa: B006
    probe: ProbeOption = [],  # noqa: B006
    rounds: RoundsOption = "1",
    engine: EngineOption = "auto",
    suite: SuiteOption = None,
    format: FormatOption = "terminal",
    output: OutputOption = None,
    refresh_bases: RefreshBasesOption = False,
    fresh: FreshOption = False,
    offline: Annotated[bool, typer.Option("--offline", help="Download and pull nothing.")] = False,
    require_verified: VerifiedOption = False,
    recordings: RecordingsOption = None,
    record_to: RecordToOption = None,
    disk_budget: DiskBudgetOption = "",
    reuse: ReuseOption = False,
    resume: ResumeOption = "",
    baseline: BaselineOption = False,
    shard: ShardOption = "",
    executor: ExecutorOption = "local",
) -> None:
    """Build or pull the cells, probe them, compare the answers and report.

    Without a selection, the cells with the tags that the suite's `default:` names run, or else all
    cells. With --baseline, the exit status is 1 only if an event is new, changed, no longer
    accepted, or about a cell that vanished.
    """
    from harness.commands.run import run as ran
    from harness.commands.saying import reported
    from harness.running.progress import progress_for
    from harness.running.wanted import Wanted, rounds_asked
    from harness.suite.dealing import shard_asked

    first, looks = rounds_asked(rounds)
    wanted = Wanted(
        suite=suite,
        cells=tuple(cell),
        tags=tuple(tag),
        probes=tuple(probe),
        rounds=first,
        looks=looks,
        engine=engine,
        refresh_bases=refresh_bases,
        fresh=fresh,
        offline=offline,
        require_verified=require_verified,
        recordings=recordings,
        record_to=record_to,
        disk_budget=disk_budget,
        reuse=reuse,
        resume=resume,
        shard=shard_asked(shard),
        executor=executor,
    )
    judgement, status = ran(wanted, progress_for(sys.stderr), baseline=baseline)
    reported(judgement, format, output, suite)
    raise typer.Exit(status)


@app.command()
def compare(
    a: Annotated[str, typer.Argument(metavar="A", help="CELL, RUN:CELL, or host:PYTHON.")] = "",
    b: Annotated[str, typer.Argument(metavar="B", help="What is compared with A.")] = "",
    baseline: Annotated[
        bool,
        typer.Option("--baseline", help="Compare run A (by default the newest) with the baseline."),
    ] = False,
    rounds: RoundsOption = "",
    engine: EngineOption = "auto",
    suite: SuiteOption = None,
    format: FormatOption = "terminal",
    output: OutputOption = None,
) -> None:
    """Compare two environments: what differs between them, and what it means.

    With --rounds both are run now, in turns. Times can be compared only in this way.

    Without --rounds, a cell's answers come from the newest run of the suite that asked all its
    probes of the same row and image on docker or podman (with --engine X: on X); if there is none,
    the cell is run. The report says which run that is, and how old. The rules that were kept with
    the runs apply (B's, if they differ), or those of --suite.
    """
    from harness.commands.compare import compare as compared
    from harness.commands.compare import sides_asked, with_baseline
    from harness.commands.saying import reported
    from harness.running.progress import progress_for

    sides_asked(a, b, rounds, baseline=baseline)
    if baseline:
        night = with_baseline(suite, a or "latest")
        reported(night, format, output, suite)
        raise typer.Exit(night.exit)
    comparison = compared(suite, a, b, engine, progress_for(sys.stderr), rounds)
    reported(comparison, format, output, suite)
    raise typer.Exit(comparison.exit)


@app.command()
def accept(
    run: RunArgument = "latest",
    event: Annotated[
        list[str], typer.Option("--event", metavar="ID", help="Accept this event; repeatable.")
    ] = [],  # noqa: B006
    reason: Annotated[str, typer.Option("--reason", help="Why the event is accepted.")] = "",
    until: Annotated[
        str, typer.Option("--until", metavar="DAY", help="The last day on which it is accepted.")
    ] = "",
    owner: Annotated[
        str, typer.Option("--owner", metavar="WHO", help="Who is responsible for it.")
    ] = "",
    prune: Annotated[
        bool, typer.Option("--prune", help="Remove the events that are no longer seen.")
    ] = False,
    suite: SuiteOption = None,
    format: AnswerFormatOption = "terminal",
    output: OutputOption = None,
) -> None:
    """Make a run the baseline of its suite, or accept its events until a day.

    Shows what changed, then writes accepted.yaml beside matrix.yaml.
    """
    from harness.commands.accept import AcceptRequest
    from harness.commands.accept import accept as accepted
    from harness.commands.saying import answered

    asked = AcceptRequest(
        run=run, events=tuple(event), reason=reason, until=until, owner=owner, prune=prune
    )
    answered(accepted(suite, asked), format, output)


@app.command(name="bisect-day")
def bisect_day(
    cell: Annotated[str, typer.Argument(metavar="CELL", help="A cell that is built.")],
    good: Annotated[str, typer.Option("--good", metavar="DAY", help="A day on which it works.")],
    bad: Annotated[
        str, typer.Option("--bad", metavar="DAY", help="A later day on which it fails.")
    ],
    finding: Annotated[
        str,
        typer.Option(
            "--finding",
            metavar="ID",
            help="The finding that makes a day bad; by default any new failure.",
        ),
    ] = "",
    fresh: Annotated[bool, typer.Option("--fresh", help="Ignore the lock of the cell.")] = False,
    tag: TagOption = [],  # noqa: B006
    probe: ProbeOption = [],  # noqa: B006
    engine: LockEngineOption = "auto",
    suite: SuiteOption = None,
    format: AnswerFormatOption = "terminal",
    output: OutputOption = None,
) -> None:
    """Find the upload to the package index that broke a cell.

    The cell is resolved as of days in between, then as of single uploads; each new resolution is
    built and probed. Exit status: 0 found, 1 not reproducible, 4 infrastructure, 5 the days in
    between cannot be judged.
    """
    from harness.commands.bisect_day import BisectRequest
    from harness.commands.bisect_day import bisect_day as bisected
    from harness.commands.saying import answered

    asked = BisectRequest(
        cell=cell,
        good=good,
        bad=bad,
        finding=finding,
        fresh=fresh,
        tags=tuple(tag),
        probes=tuple(probe),
        engine=engine,
        suite=suite,
    )
    answer, status = bisected(asked, _say)
    answered(answer, format, output)
    raise typer.Exit(status)


@app.command()
def issues(
    run: RunArgument = "latest",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only print which issues would be opened or closed.")
    ] = False,
    suite: SuiteOption = None,
    format: AnswerFormatOption = "terminal",
    output: OutputOption = None,
) -> None:
    """Keep one GitHub issue for each event of a run, and close it when the event is over.

    Calls the command `gh`; no other part of harness contacts GitHub.
    """
    from harness.commands.issues import issues as told
    from harness.commands.saying import answered

    answered(told(suite, run, dry_run=dry_run), format, output)


@app.command()
def calibrate(
    cell: Annotated[str, typer.Argument(metavar="CELL", help="By default the reference.")] = "",
    rounds: Annotated[
        int, typer.Option("--rounds", metavar="N", help="Fresh containers for each side.")
    ] = 24,
    engine: EngineOption = "auto",
    suite: SuiteOption = None,
    format: AnswerFormatOption = "terminal",
    output: OutputOption = None,
) -> None:
    """Compare a cell with itself, to measure the noise of this host.

    Reports the rate of false alarms and the smallest effect that can be seen. The result is kept
    as a run; later runs on hosts of this class use it to judge times.
    """
    from harness.commands.calibrate import calibrate as calibrated
    from harness.commands.saying import answered
    from harness.running.progress import progress_for

    answer, status = calibrated(suite, cell, rounds, engine, progress_for(sys.stderr))
    answered(answer, format, output)
    raise typer.Exit(status)


@app.command()
def report(
    run: RunArgument = "",
    list: Annotated[bool, typer.Option("--list", help="List the newest runs.")] = False,
    every: Annotated[bool, typer.Option("--all", help="With --list: every run.")] = False,
    cell: CellOption = [],  # noqa: B006
    suite: SuiteOption = None,
    format: FormatOption = "terminal",
    output: OutputOption = None,
    require_verified: VerifiedOption = False,
) -> None:
    """Print the report of a run again, from its records.

    Without RUN, it is the newest run of the suite, which may be an imported one (it is marked).
    From 500 cells on, the HTML report has separate pages for cells with findings in a folder beside
    the file; --cell shows any cell.
    """
    from harness.commands.report import judged, listing, of_cells
    from harness.commands.saying import answered, reported

    if list:
        answered(listing(every=every), format, output)
        return
    judgement = judged(run, require_verified=require_verified, suite_path=suite)
    if cell:
        judgement = of_cells(judgement, cell)
    reported(judgement, format, output, suite)
    raise typer.Exit(judgement.exit)


@app.command()
def history(
    cell: Annotated[
        str,
        typer.Argument(
            metavar="CELL", help="Show all metrics of this cell, and the facts that changed."
        ),
    ] = "",
    fact: Annotated[
        str, typer.Argument(metavar="FACT", help="Show this fact (or pattern) for each night.")
    ] = "",
    nights: Annotated[
        int, typer.Option("--nights", metavar="N", help="How many of the newest nights to read.")
    ] = 60,
    expect_within: Annotated[
        str,
        typer.Option(
            "--expect-within",
            metavar="TIME",
            help="Exit with 1 if the newest night is older: 36h, 2d.",
        ),
    ] = "",
    suite: SuiteOption = None,
    format: AnswerFormatOption = "terminal",
    output: OutputOption = None,
) -> None:
    """Show the primary metrics of every cell over the nights, and where they changed."""
    from harness.commands.history import HistoryRequest
    from harness.commands.history import history as remembered
    from harness.commands.saying import answered

    asked = HistoryRequest(cell=cell, fact=fact, nights=nights, expect_within=expect_within)
    reply, status = remembered(suite, asked)
    answered(reply, format, output)
    raise typer.Exit(status)


@app.command()
def lock(
    cell: CellOption = [],  # noqa: B006
    tag: TagOption = [],  # noqa: B006
    inputs: Annotated[
        bool,
        typer.Option(
            "--inputs", help="Lock only probes, data and the digests of image tags; build nothing."
        ),
    ] = False,
    engine: LockEngineOption = "auto",
    suite: SuiteOption = None,
    format: AnswerFormatOption = "terminal",
    output: OutputOption = None,
) -> None:
    """Resolve what each cell installs, inside its own base, and write it down with hashes.

    Each cell is built to prove its lock. Probes, data, bases and image tags are locked in
    matrix.lock.json beside matrix.yaml.
    """
    from harness.commands.lock import LockRequest
    from harness.commands.lock import lock as locked
    from harness.commands.saying import answered

    asked = LockRequest(
        suite=suite, cells=tuple(cell), tags=tuple(tag), engine=engine, inputs=inputs
    )
    answered(locked(asked, _say), format, output)


@app.command(name="rebuild-check")
def rebuild_check(
    cell: Annotated[str, typer.Argument(metavar="CELL", help="A cell that is built.")],
    engine: LockEngineOption = "auto",
    suite: SuiteOption = None,
    format: AnswerFormatOption = "terminal",
    output: OutputOption = None,
) -> None:
    """Build a cell twice from its base, and name each path that differs.

    Exit status: 0 if all differences have a known reason (or there are none), 1 if one has none or
    the cell does not build.
    """
    from harness.commands.rebuild_check import rebuild_check as checked
    from harness.commands.saying import answered

    answer, status = checked(suite, cell, engine, _say)
    answered(answer, format, output)
    raise typer.Exit(status)


@app.command()
def export(
    run: RunArgument = "latest",
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="The file to write; -: standard output.")
    ] = Path("-"),
    suite: SuiteOption = None,
    format: AnswerFormatOption = "terminal",
) -> None:
    """Write the records of a run as JSON lines, to compare them elsewhere."""
    from harness.commands.output import written
    from harness.commands.transfer import export_run
    from harness.formats import render_answer

    if run == "-":  # `harness export -`: the run is left out, not the file
        run, file = "latest", Path(run)
    told = render_answer(format, export_run(run, file, suite))
    # What says which run it was must not stand among its records.
    if str(file) == "-":
        print(told, end="", file=sys.stderr)
    else:
        written(told, None)


@app.command(name="import")
def import_(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="An exported run; -: standard input.")
    ],
    format: AnswerFormatOption = "terminal",
    output: OutputOption = None,
) -> None:
    """Import a run that was exported elsewhere."""
    from harness.commands.saying import answered
    from harness.commands.transfer import import_run

    answered(import_run(file), format, output)


@app.command()
def merge(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE", help="Exported runs or stores; repeatable.")
    ],
    format: AnswerFormatOption = "terminal",
    output: OutputOption = None,
) -> None:
    """Merge the runs of several jobs; the shards of one plan become one run.

    The order does not matter, and merging again changes nothing. Exit status 4 if a shard is
    missing: the run is made, and its report says which cells have no answer.
    """
    from harness.commands.merge import merge as merged
    from harness.commands.saying import answered

    answer, status = merged(files)
    answered(answer, format, output)
    raise typer.Exit(status)


@app.command()
def check(
    image: Annotated[
        str, typer.Argument(metavar="IMAGE", help="[REGISTRY/]NAME[:TAG], or a Dockerfile.")
    ] = "",
    archive: Annotated[
        Path | None, typer.Option("--archive", metavar="FILE", help="An image saved as a file.")
    ] = None,
    static: Annotated[
        bool, typer.Option("--static", help="Also read the files in its layers.")
    ] = False,
    host: Annotated[
        str,
        typer.Option(
            "--host",
            metavar="FILE",
            help="A host that `harness host` described; by default this one.",
        ),
    ] = "here",
    gpu: Annotated[
        str, typer.Option("--gpu", metavar="GPU", help="Assume this GPU, by its product name.")
    ] = "",
    driver: Annotated[
        str, typer.Option("--driver", metavar="DRIVER", help="Assume this NVIDIA driver.")
    ] = "",
    pull: Annotated[
        bool, typer.Option("--pull", help="Also pull the image and run the probes in it.")
    ] = False,
    emit_cell: Annotated[
        bool, typer.Option("--emit-cell", help="Write a cell that works instead of the image.")
    ] = False,
    registry: Annotated[
        bool, typer.Option("--registry", help="Ask the registry even if the engine has the image.")
    ] = False,
    against: Annotated[
        str,
        typer.Option("--against", metavar="IMAGE", help="Compare with this image (or saved FILE)."),
    ] = "",
    engine: EngineOption = "auto",
    format: PageFormatOption = "terminal",
    output: OutputOption = None,
) -> None:
    """Tell whether an old image can be reused on this host, and for what.

    Nothing is run without --pull. For a Dockerfile, print what is known to be wrong with it, line
    by line. Exit status: 0 reuse it, 1 not as it is, 2 unknown or refused, 4 the registry does not
    answer, 5 cannot tell; with --against: 0 the images are equal, 1 they differ.
    """
    from harness.commands.check import CheckRequest
    from harness.commands.check import check as checked
    from harness.commands.output import written
    from harness.commands.saying import look
    from harness.formats import render_difference, render_page

    asked = CheckRequest(
        image=image,
        archive=archive,
        static=static,
        host=host,
        gpu=gpu,
        driver=driver,
        pull=pull,
        emit_cell=emit_cell,
        engine=engine,
        registry=registry,
    )
    from harness.commands.check_dockerfile import check_dockerfile, is_dockerfile

    if not archive and not against and is_dockerfile(image):
        from harness.formats import render_answer
        from harness.formats.dockerfile_page import dockerfile_reply

        told = check_dockerfile(asked)
        written(render_answer(format, dockerfile_reply(told)), output)
        raise typer.Exit(told.exit)
    if against:
        from harness.commands.against import against as held_against

        differs = held_against(asked, against)
        written(render_difference(format, differs, **look(format, output)), output)
        raise typer.Exit(differs.exit)
    page = checked(asked)
    written(render_page(format, page, **look(format, output)), output)
    raise typer.Exit(page.exit)


@app.command()
def doctor(
    engine: LockEngineOption = "auto",
    executor: ExecutorOption = "local",
    as_json: Annotated[bool, typer.Option("--json", hidden=True)] = False,
    format: AnswerFormatOption = "terminal",
    output: OutputOption = None,
) -> None:
    """Check that this host and its engine can do what runs need.

    With --executor ray, check every node of the cluster. Exit status 4 if something cannot work.
    """
    from harness.commands.doctor import answer, line, looked_everywhere, status_of
    from harness.commands.saying import one_by_one

    format = "json" if as_json else format  # as it was asked for before every command had it
    findings = one_by_one(looked_everywhere(engine, executor), line, answer, format, output)
    raise typer.Exit(status_of(findings))


@app.command()
def clean(
    engine: CleanEngineOption = "auto",
    images: CleanImagesOption = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only print what would be removed.")
    ] = False,
    format: AnswerFormatOption = "terminal",
    output: OutputOption = None,
) -> None:
    """Remove what dead runs left: containers, volumes, networks, unfinished images, temporary
    folders."""
    from harness.commands.clean import answer
    from harness.commands.clean import clean as cleaned
    from harness.commands.saying import one_by_one
    from harness.text import clean_line

    found = cleaned(engine, images=images, dry_run=dry_run)
    one_by_one(found, lambda one: clean_line(one.line), answer, format, output)


@app.command()
def host(
    save: Annotated[Path | None, typer.Option("--save", hidden=True)] = None,
    format: HostFormatOption = "json",
    output: OutputOption = None,
    ray: Annotated[
        bool, typer.Option("--ray", help="Print arguments of `ray start` for a node of a cluster.")
    ] = False,
) -> None:
    """Describe this host, so that images can be checked for it elsewhere."""
    from harness.commands.host import describe, ray_arguments
    from harness.commands.output import written

    del format  # There is one, in which `check --host` reads it.
    if ray:
        written(ray_arguments(), output or save)
        return
    written(describe().decode(), output or save)


@app.command()
def docs(
    page: Annotated[
        str,
        typer.Argument(
            metavar="PAGE", help="Print this page; by default, list the pages and their folder."
        ),
    ] = "",
    format: AnswerFormatOption = "terminal",
    output: OutputOption = None,
) -> None:
    """Show where the documentation is on this machine, or print a page of it."""
    from harness.commands.docs import docs as documented
    from harness.commands.saying import answered

    answered(documented(page), format, output)


@app.command()
def explain(
    id: Annotated[
        str, typer.Argument(metavar="ID", help="An id as in a report; by default all are listed.")
    ] = "",
    where: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="RUN", help="The run of a finding, or the two sides of a comparison."
        ),
    ] = None,
    format: AnswerFormatOption = "terminal",
    output: OutputOption = None,
) -> None:
    """Explain a known breakage, a build, a GPU, a driver, a tag, or a finding of a report."""
    from harness.commands.explain import explain as explained
    from harness.commands.saying import answered

    answered(explained(id, where or ()), format, output)


def _say(text: str) -> None:
    """Say on standard error what images, registries and files from elsewhere may have worded."""
    from harness.text import plain

    with suppress(OSError, ValueError):  # Who cannot be told still gets the exit status.
        print(plain(text.rstrip("\n")), file=sys.stderr)


def main() -> None:
    """The entry point: every error is one clear message and its documented status."""
    if sys.stderr is None:  # It is closed: what would be said there is not missed.
        sys.stderr = Path(os.devnull).open("w")  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # A terminal may not know every sign of a report.
            stream.reconfigure(errors="backslashreplace")
    # A command makes many values and hardly a cycle: looking for these as often as usual takes a
    # tenth of a report's time.
    gc.set_threshold(_BETWEEN_SEARCHES, 20, 20)
    # The last two searches, when the interpreter ends, take another tenth, to give back memory that
    # the end of the process gives back anyway.
    atexit.register(gc.freeze)
    # What other packages hook into pydantic has no part here, and finding it takes as long.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    try:
        _within(app)
    finally:
        _flushed()


def _within(command: Callable[[], object]) -> None:
    """Run a command; whatever it ends in is said once, and is its exit status."""
    try:
        command()
    except HarnessError as error:
        told = str(error)
        _say(told if told.startswith("error") else f"error: {told}")
        sys.exit(error.exit)
    except KeyboardInterrupt:
        _say("interrupted")
        sys.exit(Exit.INTERRUPTED)
    except BrokenPipeError:
        sys.exit(Exit.OK)
    except OSError as error:
        if error.filename is not None or error.errno not in _OUTPUT_GONE:
            _told_as_bug()
        _say(f"error: standard output does not take any more: {error.strerror}")
        sys.exit(Exit.INFRASTRUCTURE)
    except MemoryError:
        _say("error: there is not enough memory")
        sys.exit(Exit.INFRASTRUCTURE)
    except Exception:
        _told_as_bug()


_OUTPUT_GONE = (errno.ENOSPC, errno.EIO, errno.EBADF, errno.EDQUOT, errno.EFBIG)


def _told_as_bug() -> NoReturn:
    import traceback

    _say(traceback.format_exc())
    _say("error: this is a bug in harness; please report it with the lines above")
    sys.exit(Exit.INTERNAL)


def _flushed() -> None:
    """Nothing is left to be written when the interpreter ends: it would fail there without a
    word."""
    from harness.commands.output import forget_standard_output

    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except (OSError, ValueError):
        forget_standard_output()
