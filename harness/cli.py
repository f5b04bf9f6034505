"""The command line: thin, and quick to say `--help`; each command's work is in harness/commands."""

from __future__ import annotations

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
    epilog="Where things lie: runs in ~/.local/state/harness/store.sqlite3 (HARNESS_STORE), "
    "downloads in ~/.cache/harness (HARNESS_CACHE), data sets in the folder HARNESS_DATA names, "
    "else the cache, reports in ./reports (HARNESS_REPORTS). Exit statuses: 0 as expected, "
    "1 findings, 2 usage, 3 a bug of ours, 4 infrastructure, 5 nothing verified, "
    "130/143 interrupted.",
)


@app.callback(invoke_without_command=True)
def _top(
    version: Annotated[bool, typer.Option("--version", help="Say the version.")] = False,
) -> None:
    if version:
        from harness.commands.output import put_out

        put_out(f"harness {__version__}\n")
        raise typer.Exit


@app.command()
def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where to; here.")] = Path(),
    format: AnswerFormatOption = "terminal",
) -> None:
    """Write a commented matrix.yaml to start from. Nothing is overwritten."""
    from harness.commands.init import init as initialised
    from harness.commands.saying import answered

    answered(initialised(folder), format)


@app.command()
def plan(
    cell: Annotated[str, typer.Argument(metavar="CELL", help="As --cell, for one.")] = "",
    cells: CellOption = [],  # noqa: B006
    tag: TagOption = [],  # noqa: B006
    verbose: Annotated[bool, typer.Option("-v", "--verbose", help="How each is made.")] = False,
    shard: ShardOption = "",
    export: ExportPlanOption = "",
    shards: ShardsOption = 0,
    suite: SuiteOption = None,
    format: AnswerFormatOption = "terminal",
    output: OutputOption = None,
) -> None:
    """What would be built, pulled and probed, and why a combination is left out. No engine.

    With --export: its shards as jobs of a scheduler, for `harness merge` to bring together.
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
    offline: Annotated[bool, typer.Option("--offline", help="Fetch and pull nothing.")] = False,
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
    """Build or pull the cells, probe them, compare, report.

    Without a selection: the tags the suite's `default:` names, else every cell. With --baseline,
    status 1 only for what is new, changed, no longer accepted, or vanished.
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
        typer.Option(
            "--baseline", help="A is a run (else the newest): compare it with the baseline."
        ),
    ] = False,
    rounds: RoundsOption = "",
    engine: EngineOption = "auto",
    suite: SuiteOption = None,
    format: FormatOption = "terminal",
    output: OutputOption = None,
) -> None:
    """Two environments side by side: what differs, and what it means.

    With --rounds both are run now, in turns: only so can their times be compared.

    A cell is answered by the newest run of the suite that asked all its probes of the same row and
    image on docker or podman (--engine X: on X alone), else it is run; the report says by which
    run, and how old it is. The rules kept with the runs judge (B's, if they differ), or --suite's.
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
        list[str], typer.Option("--event", metavar="ID", help="An event of the run; repeatable.")
    ] = [],  # noqa: B006
    reason: Annotated[str, typer.Option("--reason", help="Why it may be so.")] = "",
    until: Annotated[
        str, typer.Option("--until", metavar="DAY", help="The last day it is known.")
    ] = "",
    owner: Annotated[str, typer.Option("--owner", metavar="WHO", help="Who looks after it.")] = "",
    prune: Annotated[
        bool, typer.Option("--prune", help="Take out what is no longer seen instead.")
    ] = False,
    suite: SuiteOption = None,
    format: AnswerFormatOption = "terminal",
    output: OutputOption = None,
) -> None:
    """Make a run the baseline of its suite, or one of its events known until a day.

    What changed is shown first; then accepted.yaml beside matrix.yaml is written.
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
    good: Annotated[str, typer.Option("--good", metavar="DAY", help="A day as of which it is.")],
    bad: Annotated[str, typer.Option("--bad", metavar="DAY", help="A later one: not any more.")],
    finding: Annotated[
        str,
        typer.Option(
            "--finding", metavar="ID", help="What makes a day bad; else any failure new since."
        ),
    ] = "",
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Resolve it anew although it has a lock.")
    ] = False,
    tag: TagOption = [],  # noqa: B006
    probe: ProbeOption = [],  # noqa: B006
    engine: LockEngineOption = "auto",
    suite: SuiteOption = None,
    format: AnswerFormatOption = "terminal",
    output: OutputOption = None,
) -> None:
    """Which upload to the package index broke a cell that is resolved anew each night.

    It is resolved as of days between, then of moments; what differs is built and probed. Exit
    status: 0 found, 1 not reproducible, 4 infrastructure, 5 days between cannot be judged.
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
        bool, typer.Option("--dry-run", help="Only say which events would have one.")
    ] = False,
    suite: SuiteOption = None,
    format: AnswerFormatOption = "terminal",
    output: OutputOption = None,
) -> None:
    """One issue on GitHub for each event of a run against the baseline, closed when it is over.

    By the command `gh`; nothing else of harness asks GitHub for anything.
    """
    from harness.commands.issues import issues as told
    from harness.commands.saying import answered

    answered(told(suite, run, dry_run=dry_run), format, output)


@app.command()
def calibrate(
    cell: Annotated[str, typer.Argument(metavar="CELL", help="Else the reference.")] = "",
    rounds: Annotated[
        int, typer.Option("--rounds", metavar="N", help="Fresh containers of each of the two.")
    ] = 24,
    engine: EngineOption = "auto",
    suite: SuiteOption = None,
    format: AnswerFormatOption = "terminal",
    output: OutputOption = None,
) -> None:
    """A cell against itself: this host's noise, its false alarms, the smallest effect to be seen.

    Kept as a run; later runs on hosts of this class judge times by it.
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
    list: Annotated[bool, typer.Option("--list", help="List the newest runs instead.")] = False,
    every: Annotated[bool, typer.Option("--all", help="With --list: every run.")] = False,
    cell: CellOption = [],  # noqa: B006
    suite: SuiteOption = None,
    format: FormatOption = "terminal",
    output: OutputOption = None,
    require_verified: VerifiedOption = False,
) -> None:
    """A run's report again, from its records.

    Without a run: the newest of the suite, imported ones too, which are marked. As HTML, 500 cells
    and more have pages of their own in a folder beside the file; --cell tells any of them.
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
        str, typer.Argument(metavar="CELL", help="All its metrics, and what ever changed.")
    ] = "",
    fact: Annotated[
        str, typer.Argument(metavar="FACT", help="One fact night by night, or a pattern.")
    ] = "",
    nights: Annotated[
        int, typer.Option("--nights", metavar="N", help="The newest N nights are looked at.")
    ] = 60,
    expect_within: Annotated[
        str,
        typer.Option(
            "--expect-within", metavar="TIME", help="Status 1 where no night is so new: 36h, 2d."
        ),
    ] = "",
    suite: SuiteOption = None,
    format: AnswerFormatOption = "terminal",
    output: OutputOption = None,
) -> None:
    """The primary metrics of every cell over the nights, and where they changed.

    With CELL: all its metrics, and the facts that ever changed. With FACT: night by night.
    """
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
            "--inputs", help="Only probes, data, and what tags of images name: nothing is built."
        ),
    ] = False,
    engine: LockEngineOption = "auto",
    suite: SuiteOption = None,
    format: AnswerFormatOption = "terminal",
    output: OutputOption = None,
) -> None:
    """Resolve and hash what each cell installs, inside its own base, and prove it by building.

    What else goes into cells is locked beside matrix.yaml, in matrix.lock.json.
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
    """Build a cell twice, from nothing but its base, and name each path that differs.

    Exit status: 0 equal, or all differences have a known reason; 1 some have none, or it does not
    build.
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
        Path, typer.Argument(metavar="FILE", help="Where to; -: standard output.")
    ] = Path("-"),
    suite: SuiteOption = None,
    format: AnswerFormatOption = "terminal",
) -> None:
    """Write a run's records as JSON lines, to be compared elsewhere."""
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
    file: Annotated[Path, typer.Argument(metavar="FILE", help="An exported run; -: from a pipe.")],
    format: AnswerFormatOption = "terminal",
    output: OutputOption = None,
) -> None:
    """Take in a run that was exported elsewhere."""
    from harness.commands.saying import answered
    from harness.commands.transfer import import_run

    answered(import_run(file), format, output)


@app.command()
def merge(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE", help="Exported runs and stores; several.")
    ],
    format: AnswerFormatOption = "terminal",
    output: OutputOption = None,
) -> None:
    """Bring runs of several jobs together; the shards of one plan become one run.

    The order plays no part, nor whether they were merged before. Exit status 4 where a shard is
    missing: the run is there, and its report says which cells have no answer.
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
        Path | None, typer.Option("--archive", metavar="FILE", help="A saved image.")
    ] = None,
    static: Annotated[bool, typer.Option("--static", help="Look inside its layers too.")] = False,
    host: Annotated[
        str, typer.Option("--host", metavar="FILE", help="A described host; here.")
    ] = "here",
    gpu: Annotated[
        str, typer.Option("--gpu", metavar="GPU", help="Suppose this GPU, as it is sold.")
    ] = "",
    driver: Annotated[
        str, typer.Option("--driver", metavar="DRIVER", help="Suppose this NVIDIA driver.")
    ] = "",
    pull: Annotated[bool, typer.Option("--pull", help="Pull it and run its probes too.")] = False,
    emit_cell: Annotated[bool, typer.Option("--emit-cell", help="Write one that works.")] = False,
    registry: Annotated[
        bool, typer.Option("--registry", help="Ask its registry even where the engine has it.")
    ] = False,
    against: Annotated[
        str, typer.Option("--against", metavar="IMAGE", help="What differs in another, or a FILE.")
    ] = "",
    engine: EngineOption = "auto",
    format: PageFormatOption = "terminal",
    output: OutputOption = None,
) -> None:
    """May this old image be reused, here, and for what? Without --pull nothing is run.

    Of a Dockerfile: what is known to be wrong with it, by its lines. Exit status: 0 reuse, 1 not as
    it is, 2 unknown or refused, 4 registry out of reach, 5 cannot tell; with --against: 0 equal, 1
    they differ.
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
    """Can this host and its engine do what runs need? Exit status 4 where they cannot.

    With --executor ray: can every node of the cluster?
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
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would go.")] = False,
    format: AnswerFormatOption = "terminal",
    output: OutputOption = None,
) -> None:
    """Remove what dead runs left: containers, volumes, networks, images in the making, temporary
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
        bool, typer.Option("--ray", help="As arguments of `ray start`, for a node of a cluster.")
    ] = False,
) -> None:
    """Describe this host, to check images for it elsewhere."""
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
        str, typer.Argument(metavar="PAGE", help="Print this one; else where they lie, and which.")
    ] = "",
    format: AnswerFormatOption = "terminal",
    output: OutputOption = None,
) -> None:
    """Where the documentation lies on this machine, and its pages."""
    from harness.commands.docs import docs as documented
    from harness.commands.saying import answered

    answered(documented(page), format, output)


@app.command()
def explain(
    id: Annotated[
        str, typer.Argument(metavar="ID", help="As reports name them; else all are listed.")
    ] = "",
    where: Annotated[
        list[str] | None,
        typer.Argument(metavar="RUN", help="The run of a finding, or two sides of a comparison."),
    ] = None,
    format: AnswerFormatOption = "terminal",
    output: OutputOption = None,
) -> None:
    """What is known of a breakage, a build, a GPU, a driver, a tag; or a finding of a report."""
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
