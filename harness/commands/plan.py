"""`harness plan`: what would be built, pulled and probed, and how a cell is made. No engine is
needed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from harness.engines.sources import cached_files, host_means, usable_here
from harness.errors import UsageError
from harness.formats.answers import Reply
from harness.formats.dealing import dealing_document, dealing_text
from harness.formats.exported_plan import EXPORTS, ExportedPlan, exported, selection_of
from harness.formats.plan import BuildTemplate, plan_text
from harness.formats.plan_document import plan_document
from harness.model import Cell, Suite
from harness.probing.probe import suite_probes
from harness.recipes.lockfile import find_lock
from harness.recipes.of_dockerfile import DockerfileFound, DockerfileReader
from harness.recipes.of_lock import build_files
from harness.recipes.recipe import base_of
from harness.running.aloud import aloud
from harness.running.dealing import dealt
from harness.running.session import open_suite, places, suite_word
from harness.store.store import Store
from harness.suite.dealing import MOST_SHARDS, Dealt
from harness.suite.selection import select, tags_of, with_tags


def plan(
    suite_path: Path | None,
    cells: Sequence[str],
    tags: Sequence[str],
    verbose: bool,
    shard: tuple[int, int] | None = None,
) -> Reply:
    """The plan, for people and for programs. Raises UsageError, MatrixError, DockerfileError;
    StoreError if cells are distributed over shards and their earlier durations cannot be read.

    Shards are made from the selection that `harness run` would take, including its default tags.
    """
    suite = open_suite(suite_path)
    by_tags = tags_of(suite, cells, tags) if shard else tuple(tags)
    suite = with_tags(suite, by_tags)
    chosen = select(suite, cells, tags) if cells or tags or shard else suite.cells
    dealing: Dealt | None = None
    if shard is not None:
        with aloud("dealing the cells to shards"), _store() as store:
            dealing = dealt(suite, chosen, shard[1], store)
        own = dealing.of(shard[0])
        chosen = tuple(cell for cell in chosen if cell.id in own)
    locks = {
        cell.id: lock
        for cell in chosen
        if cell.base and (lock := find_lock(Path(suite.root), cell.id)) is not None
    }
    sources = {each for cell in chosen if cell.base for each in base_of(suite, cell).sources}
    with aloud("looking for Pythons and for what makes bases on this host"):
        means = host_means(sources)
    usable = {source: usable_here(source, means) for source in sources}
    probes = suite_probes(suite, cells=chosen)
    template, files = build_files(suite)
    dockerfiles = _dockerfiles(suite, chosen)
    text = plan_text(
        suite,
        chosen,
        probes,
        locks,
        verbose or len(chosen) == 1,
        template=BuildTemplate(
            dockerfile=template,
            files=files,
            cached=cached_files(places().cache, locks.values()),
            dockerfiles=dockerfiles,
        ),
        usable=usable,
    )
    tree = plan_document(suite, chosen, probes, locks, usable, dockerfiles)
    if dealing is not None and shard is not None:
        text = f"{dealing_text(dealing, shard[0])}\n{text}"
        tree |= {"shard": dealing_document(dealing, shard[0])}
    return Reply(text=text, tree=tree)


def export(
    suite_path: Path | None, cells: Sequence[str], tags: Sequence[str], to: str, count: int
) -> Reply:
    """The shards of a plan for a scheduler, with one job for each shard that has cells.

    Raises UsageError, MatrixError, StoreError as `plan` does with a shard.
    """
    if to not in EXPORTS:
        raise UsageError(
            f"a plan cannot be exported to {to!a:.40}", remedy=f"take one of: {', '.join(EXPORTS)}"
        )
    if not 1 <= count <= MOST_SHARDS:
        raise UsageError(
            f"--export needs the number of jobs, from 1 to {MOST_SHARDS}, not {count}",
            remedy=f"harness plan --export {to} --shards 8",
        )
    suite = open_suite(suite_path)
    suite = with_tags(suite, tags_of(suite, cells, tags))
    chosen = select(suite, cells, tags)
    with aloud("dealing the cells to shards"), _store() as store:
        dealing = dealt(suite, chosen, count, store)
    plan = ExportedPlan(
        count=count,
        numbers=tuple(sorted(set(dealing.shards))),
        suite=suite_word(suite_path),
        selection=selection_of(cells, tags),
    )
    text = exported(to, plan)
    return Reply(text=text, tree={"export": to, "text": text, "shards": list(plan.numbers)})


def whole_plan_asked(export: str, shard: str) -> None:
    """Raise UsageError if `--shards` is given without an export, or an export is limited to one
    shard."""
    if not export:
        raise UsageError(
            "--shards is the number of jobs that --export writes",
            remedy="harness plan --export gha --shards 8; for one shard: harness plan --shard 1/8",
        )
    if shard:
        raise UsageError(
            f"--export writes a job for every shard, not for {shard!a:.40} alone",
            remedy=f"leave out --shard: harness plan --export {export:.40} --shards 8",
        )


@contextmanager
def _store() -> Iterator[Store | None]:
    """The store, with earlier durations; None if nothing was ever run."""
    where = places().store
    if not where.exists():
        yield None
        return
    with Store(where, readonly=True) as store:
        yield store


def _dockerfiles(suite: Suite, cells: Sequence[Cell]) -> dict[str, DockerfileFound]:
    """The Dockerfiles of cells, read and judged; reports everything that is wrong with any of
    them."""
    reader, found = DockerfileReader(suite), dict[str, DockerfileFound]()
    problems: dict[str, None] = {}
    for cell in cells:
        if cell.build is not None:
            try:
                found[cell.id] = reader.of(cell)
            except UsageError as error:
                problems[str(error)] = None
    if problems:
        raise UsageError("\n".join(problems))
    return found
