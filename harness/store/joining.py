"""Joins the shards of one plan into one run, after checking that they belong together.

Pure functions: the runs of shards go in, the run that they were planned as comes out.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from harness.errors import UsageError
from harness.model import Beside, Cell, KnownSpread, MergedShard, Run, Shard
from harness.serial import encode

_ID_DIGITS = 8
_APART = timedelta(days=1)
"""Shards of one night do not begin further apart than this; if they do, a notice says so."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """The run of a shard, and where it was read."""

    run: Run
    source: str
    """The name of its file."""


def plan_digest(run: Run, shard: Shard) -> str:
    """Return the digest of the plan that a shard belongs to.

    It covers everything that must be equal in all shards of the plan, including which cell was
    dealt to which shard.
    """
    probes = [replace(one, source="") for one in run.probes]
    unasked = [replace(one, source="") for one in run.unasked or ()]
    plan = {
        "suite": run.suite,
        "suite_digest": run.suite_digest,
        "version": run.version,
        "cells": list(shard.cells),
        "dealt": list(shard.dealt),
        "count": shard.count,
        "probes": probes,
        "unasked": unasked,
        "rounds": run.rounds,
        "looks": list(run.looks or ()),
        "rules": run.rules,
    }
    return f"sha256:{hashlib.sha256(encode(plan)).hexdigest()}"


def joined(parts: Sequence[Part]) -> Run:
    """Return the run that these shards were planned as; it lists absent shards as missing.

    The same shards give the same run, in any order and however often they are named. Its id is
    derived from theirs. UsageError if they are not of one plan, if two runs are of the same shard,
    or if a file contradicts itself.
    """
    ordered = _each_once(parts)
    for part in ordered:
        _check(part)
    _check_one_plan(ordered)
    first = ordered[0].run
    shard = _shard(first)
    there = {_shard(part.run).number: part.run for part in ordered}
    merged = tuple(
        MergedShard(number=number, cells=cells, run=there[number].id if number in there else "")
        for number, cells in _dealt(shard)
    )
    rounds = {cell.id: run.rounds_of(cell.id) for run in there.values() for cell in run.cells}
    differing = tuple(
        (cell.id, rounds[cell.id])
        for cell in shard.cells
        if rounds.get(cell.id, first.rounds) != first.rounds
    )
    begun = min(part.run.started for part in ordered)
    whole = all(one.run for one in merged)
    complete = whole and all(part.run.state == "complete" for part in ordered)
    return replace(
        first,
        id=_id(begun, [part.run for part in ordered]),
        started=begun,
        ended=max(part.run.ended for part in ordered),
        state="complete" if complete else "interrupted",
        cells=shard.cells,
        pairs=tuple((cell.id, probe.name) for cell in shard.cells for probe in first.probes),
        notices=_notices(ordered),
        beside=tuple(_beside([part.run for part in ordered])) or None,
        opinions=tuple(one for part in ordered for one in part.run.opinions or ()) or None,
        noise=_noise([part.run for part in ordered], first.rules.reference or shard.cells[0].id),
        cell_rounds=differing or None,
        shard=None,
        merged=merged,
    )


def missing_shards(run: Run) -> tuple[MergedShard, ...]:
    """The shards that a merged run lacks."""
    return tuple(one for one in run.merged or () if not one.run)


def _shard(run: Run) -> Shard:
    assert run.shard is not None, "only runs of shards are joined"
    return run.shard


def _dealt(shard: Shard) -> Iterator[tuple[int, tuple[str, ...]]]:
    """(number, ids of its cells) of every shard that has any, by number."""
    found: dict[int, list[str]] = {}
    for cell, to in zip(shard.cells, shard.dealt, strict=True):
        found.setdefault(to, []).append(cell.id)
    for number in sorted(found):
        yield number, tuple(found[number])


def _each_once(parts: Sequence[Part]) -> list[Part]:
    """Return the shards sorted by number, each run once. UsageError if two runs are of the same
    shard, or if two files have different runs of the same id."""
    found: dict[str, Part] = {}
    for part in sorted(parts, key=lambda one: (one.run.id, one.source)):
        other = found.setdefault(part.run.id, part)
        if replace(other.run, state="", ended="", cell_rounds=None, opinions=None) != replace(
            part.run, state="", ended="", cell_rounds=None, opinions=None
        ):
            raise UsageError(
                f"{other.source} and {part.source} have different runs of the id {part.run.id}",
                remedy="leave one of them out",
            )
        if (part.run.ended, len(part.run.opinions or ())) > (
            other.run.ended,
            len(other.run.opinions or ()),
        ):
            found[part.run.id] = part  # the later export of the two
    ordered = sorted(found.values(), key=lambda one: (_shard(one.run).number, one.run.id))
    taken: dict[tuple[str, int], Part] = {}
    for part in ordered:
        shard = _shard(part.run)
        twin = taken.setdefault((shard.plan, shard.number), part)
        if twin is not part:
            raise UsageError(
                f"shard {shard.number} of {shard.count} is there twice: run {twin.run.id} "
                f"({twin.source}) and run {part.run.id} ({part.source})",
                remedy="leave one of them out: a cell has the rounds of one run",
            )
    return ordered


def _check(part: Part) -> None:
    """Check that the shard is one of the plan that it states, since a file may contain anything.

    UsageError otherwise.
    """
    run, shard = part.run, _shard(part.run)
    wrong = ""
    if len(shard.cells) != len(shard.dealt) or not 1 <= shard.number <= shard.count:
        wrong = "its numbers do not fit each other"
    elif any(not 1 <= to <= shard.count for to in shard.dealt):
        wrong = "a cell is dealt to a shard that there is not"
    elif len({cell.id for cell in shard.cells}) != len(shard.cells):
        wrong = "a cell is in its plan twice"
    elif run.cells != _own(shard):
        wrong = "its cells are not those that were dealt to it"
    elif shard.plan != plan_digest(run, shard):
        wrong = "its plan is not the one that its digest says"
    elif run.pairs != tuple((cell.id, probe.name) for cell in run.cells for probe in run.probes):
        wrong = "it does not ask every probe of each of its cells"
    if wrong:
        raise UsageError(
            f"{part.source}: the run {run.id} is no whole shard: {wrong}",
            remedy="export it again where it was made",
        )


def _own(shard: Shard) -> tuple[Cell, ...]:
    pairs = zip(shard.cells, shard.dealt, strict=True)
    return tuple(cell for cell, to in pairs if to == shard.number)


def _check_one_plan(parts: Sequence[Part]) -> None:
    first = parts[0]
    for other in parts[1:]:
        if _shard(other.run).plan != _shard(first.run).plan:
            raise UsageError(
                f"these are shards of different plans: {first.source} (run {first.run.id}) and "
                f"{other.source} (run {other.run.id}) have {_difference(first.run, other.run)}",
                remedy="merge the shards of one plan; jobs deal alike where they have the same "
                "suite, selection, harness and history",
            )


def _difference(one: Run, other: Run) -> str:
    """Describe in words the first part in which the plans of two shards differ."""
    ours, theirs = _shard(one), _shard(other)
    told = (
        ("another suite", one.suite == other.suite),
        ("another matrix.yaml", one.suite_digest == other.suite_digest),
        ("another version of harness", one.version == other.version),
        ("another number of shards", ours.count == theirs.count),
        ("other cells", [c.id for c in ours.cells] == [c.id for c in theirs.cells]),
        ("the same cells asked otherwise", ours.cells == theirs.cells),
        ("the same cells dealt otherwise, by another history", ours.dealt == theirs.dealt),
        ("other probes", (one.probes, one.unasked) == (other.probes, other.unasked)),
        ("other rounds", (one.rounds, one.looks) == (other.rounds, other.looks)),
        ("other rules", one.rules == other.rules),
    )
    return next((what for what, equal in told if not equal), "another plan")


def _id(begun: str, runs: Sequence[Run]) -> str:
    """Return the id of the joined run. It sorts by time as every run's id does, and is derived
    from the shards' ids, so that merging the same shards again finds the same run."""
    digits = hashlib.sha256("\n".join(sorted(run.id for run in runs)).encode()).hexdigest()
    time = re.sub(r"[^0-9T]", "", begun)[:15] or "unknown"
    return f"{time}Z-m{digits[:_ID_DIGITS]}"


def _beside(runs: Sequence[Run]) -> Iterator[Beside]:
    """Yield every engine and host class but that of the first shard, with the cells it ran."""
    found: dict[bytes, tuple[Run, list[str]]] = {}
    for run in runs:
        for cell in run.cells:
            of = run.of(cell.id)
            _, cells = found.setdefault(encode([of.engine, of.host]), (of, []))
            cells.append(cell.id)
    found.pop(encode([runs[0].engine, runs[0].host]), None)
    for of, cells in found.values():
        yield Beside(engine=of.engine, host=of.host, cells=tuple(cells))


def _notices(parts: Sequence[Part]) -> tuple[str, ...]:
    told = [notice for part in parts for notice in part.run.notices]
    times = sorted(part.run.started for part in parts)
    try:
        apart = datetime.fromisoformat(times[-1]) - datetime.fromisoformat(times[0])
    except (ValueError, TypeError):
        apart = timedelta()
    if apart > _APART:
        told.append(f"its shards began up to {apart.days} days apart: are they of one night?")
    return tuple(dict.fromkeys(told))


def _noise(runs: Sequence[Run], reference: str) -> tuple[KnownSpread, ...] | None:
    """Return the known noise of the host that ran the reference: only cells that took turns with
    the reference on that host have their times compared with it."""
    having = (run for run in runs if reference in {cell.id for cell in run.cells})
    return next((run.noise for run in having), None)
