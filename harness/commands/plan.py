"""`harness plan`: what would be built, pulled, probed, and how a cell is made. No engine."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from harness.engines.sources import cached_files, host_means, usable_here
from harness.formats.answers import Reply
from harness.formats.plan import BuildTemplate, plan_text
from harness.formats.plan_document import plan_document
from harness.probing.probe import suite_probes
from harness.recipes.lockfile import find_lock
from harness.recipes.orders import build_files
from harness.recipes.recipe import base_of
from harness.running.aloud import aloud
from harness.running.session import open_suite, places
from harness.suite.selection import select


def plan(
    suite_path: Path | None, cells: Sequence[str], tags: Sequence[str], verbose: bool
) -> Reply:
    """A plan, for people and for programs. Raises UsageError, MatrixError."""
    suite = open_suite(suite_path)
    chosen = select(suite, cells, tags) if cells or tags else suite.cells
    locks = {
        cell.id: lock
        for cell in chosen
        if cell.base and (lock := find_lock(Path(suite.root), cell.id)) is not None
    }
    sources = {each for cell in chosen if cell.base for each in base_of(suite, cell).sources}
    with aloud("looking for Pythons and for what makes bases on this host"):
        means = host_means(sources)
    usable = {source: usable_here(source, means) for source in sources}
    probes = suite_probes(suite)
    template, files = build_files(suite)
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
        ),
        usable=usable,
    )
    return Reply(text=text, tree=plan_document(suite, chosen, probes, locks, usable))
