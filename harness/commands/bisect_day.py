"""`harness bisect-day CELL --good DAY --bad DAY`: find the upload that broke a cell."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from harness.commands.lock import container_engine, has_containers
from harness.distributions.index import PackageIndex
from harness.errors import Exit, UsageError
from harness.formats.answers import Reply
from harness.formats.bisection import answer_of, step_line
from harness.model import Artifact, Cell, Suite
from harness.moments import is_day
from harness.nights.bisected import Bisection, BisectionEnd, TriedMoment
from harness.nights.bisecting import Search
from harness.probing.probe import applies, suite_probes
from harness.recipes.lockfile import find_lock
from harness.running.opened import dataset_for
from harness.running.progress import Progress, StepsAlone, progress_for
from harness.running.runner import RunInterrupted
from harness.running.session import AUTO, open_suite, places
from harness.running.then import BuiltThen
from harness.store.store import Store
from harness.suite.selection import select, with_tags

_STATUS = {
    BisectionEnd.FOUND: Exit.OK,
    BisectionEnd.AMONG: Exit.NOTHING,
    BisectionEnd.UNTOLD: Exit.NOTHING,
    BisectionEnd.GOOD_IS_BAD: Exit.FINDINGS,
    BisectionEnd.BAD_IS_GOOD: Exit.FINDINGS,
    BisectionEnd.SAME: Exit.FINDINGS,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class BisectRequest:
    """What was asked on the command line."""

    cell: str
    good: str
    bad: str
    finding: str = ""
    """Id of the finding that makes a day bad; if empty, any failure that the good day does not
    have."""
    fresh: bool = False
    """Whether the cell is resolved anew although it has a lock."""
    tags: tuple[str, ...] = ()
    probes: tuple[str, ...] = ()
    engine: str = AUTO
    suite: Path | None = None


def bisect_day(asked: BisectRequest, say: Callable[[str], object]) -> tuple[Reply, Exit]:
    """Search, calling `say` for each step; returns the answer and its exit status.

    Raises UsageError before anything starts, or if a day cannot be resolved; InfrastructureError.
    """
    has_containers(asked.engine)
    _check_days(asked)
    suite = with_tags(open_suite(asked.suite), asked.tags)
    cell = _cell(suite, asked)
    probes = [one for one in suite_probes(suite, asked.probes) if applies(one, cell)]
    if not probes:
        raise UsageError(f"no probe that was named applies to {cell.id}")
    dataset = dataset_for(probes, offline=False)
    index = PackageIndex()

    def tell(tried: TriedMoment) -> None:
        say(step_line(tried))

    with Store(places().store) as store, container_engine(suite, asked.engine) as engine:
        then = BuiltThen(
            suite=suite,
            cell=cell,
            engine=engine,
            probes=probes,
            dataset=dataset,
            store=store,
            progress=_progress(),
            uploads=lambda artifact: uploaded(index, artifact),
        )
        search = Search(cell.id, then, tell, asked.finding)
        try:
            found = search.between(asked.good, asked.bad)
        except RunInterrupted as interruption:
            text = (
                f"a signal ended the search for what broke {cell.id}; what it tried is listed above"
            )
            tree = {"cell": cell.id, "end": "interrupted"}
            return Reply(text=text, tree=tree), Exit(128 + interruption.signal)
    return answer_of(found), status_of(found)


def status_of(found: Bisection) -> Exit:
    """0 if the upload was found; 1 if the two days do not differ as claimed; 5 if what lies between
    them cannot be judged."""
    return _STATUS[found.end]


def uploaded(index: PackageIndex, artifact: Artifact) -> str:
    """When a file was uploaded, according to the index; empty if it does not say. Raises
    IndexUnreachable."""
    files = index.files(artifact.name)
    return next((one.uploaded for one in files if one.sha256 == artifact.sha256), "")


def _check_days(asked: BisectRequest) -> None:
    for option, day in (("--good", asked.good), ("--bad", asked.bad)):
        if not is_day(day):
            raise UsageError(
                f"{option} takes a day, not {day!a:.40}", remedy=f"for example: {option} 2021-11-01"
            )
    if asked.good >= asked.bad:
        raise UsageError(
            f"the good day {asked.good} is not before the bad day {asked.bad}",
            remedy="exchange the two: only an upload that broke the cell can be searched for",
        )


def _cell(suite: Suite, asked: BisectRequest) -> Cell:
    (cell, *more) = select(suite, [asked.cell], [])
    if more:
        raise UsageError(f"{asked.cell!r} matches several cells", remedy="name one cell")
    if not cell.base:
        raise UsageError(
            f"{cell.id} is not built from distributions, so it is the same for every day",
            remedy="name a cell that has a `base`",
        )
    if not asked.fresh and find_lock(Path(suite.root), cell.id) is not None:
        raise UsageError(
            f"{cell.id} has a lock, so it installs the same for every day",
            remedy="--fresh ignores the lock and resolves the cell for each day",
        )
    return cell


def _progress() -> Progress:
    """The progress display of a terminal; elsewhere the lines about each step are enough."""
    if sys.stderr.isatty() and not os.environ.get("CI"):
        return progress_for(sys.stderr)
    return StepsAlone(sys.stderr)
