"""A run as the JSON report has it: who made it, when, on which engines and hosts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from harness.model import ADDED, Beside, MergedShard, Run, RunHost, Shard
from harness.text import clean

TEXT_LIMIT = 4000
"""Longest text in a JSON report, in characters."""


@dataclass(frozen=True, kw_only=True, slots=True)
class BesideDocument:
    """An engine that took some of the cells, and its host."""

    engine: str
    engine_version: str
    cells: list[str]
    machine: str
    cpu_model: str
    cores: int
    memory_gib: int
    gpus: list[str]


@dataclass(frozen=True, kw_only=True, slots=True)
class RunHostDocument:
    """A host of a cluster, and the cells that were asked on it."""

    name: str
    engine: str
    engine_version: str
    engine_address: str
    cells: list[str]


@dataclass(frozen=True, kw_only=True, slots=True)
class ShardDocument:
    """Which share of a plan a run did."""

    number: int
    """The number of this shard, counted from 1."""
    count: int
    plan: str
    """Digest of the whole plan and its distribution over shards: equal in all its shards."""
    plan_cells: int
    """How many cells the whole plan has; this report has only those of its shard."""


@dataclass(frozen=True, kw_only=True, slots=True)
class MergedShardDocument:
    """A shard that a run was merged from, or that was missing then."""

    number: int
    run: str
    """Id of its run; empty if it was missing."""
    missing: bool
    cells: list[str]
    """The cells that were assigned to it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RunDocument:
    id: str
    started: str
    ended: str
    state: str
    harness: str
    suite: str
    suite_digest: str
    engine: str
    engine_version: str
    machine: str
    cpu_model: str
    cores: int
    memory_gib: int
    gpus: list[str]
    rounds: int
    beside: list[BesideDocument] | None = field(default=None, metadata={ADDED: True})
    """Left out if one engine took all cells."""
    hosts: list[RunHostDocument] | None = field(default=None, metadata={ADDED: True})
    """The hosts of a cluster that the cells were spread over. Left out if there was only one."""
    shard: ShardDocument | None = field(default=None, metadata={ADDED: True})
    """Left out if the run did its whole plan."""
    merged: list[MergedShardDocument] | None = field(default=None, metadata={ADDED: True})
    """The shards that it was merged from, by number. Left out if it was not merged."""


def run_document(run: Run) -> RunDocument:
    """The document about a run; every text is cleaned and bounded."""
    return RunDocument(
        id=_text(run.id),
        started=_text(run.started),
        ended=_text(run.ended),
        state=_text(run.state),
        harness=_text(run.version),
        suite=_text(run.suite),
        suite_digest=_text(run.suite_digest),
        engine=_text(run.engine.name),
        engine_version=_text(run.engine.version),
        machine=_text(run.host.machine),
        cpu_model=_text(run.host.cpu_model),
        cores=run.host.cores,
        memory_gib=run.host.memory_gib,
        gpus=_texts(run.host.gpus),
        rounds=run.rounds,
        beside=[_beside(one) for one in run.beside] if run.beside else None,
        hosts=[_host(run, one) for one in run.hosts] if run.hosts else None,
        shard=_shard(run.shard) if run.shard is not None else None,
        merged=[_merged(one) for one in run.merged] if run.merged is not None else None,
    )


def _shard(shard: Shard) -> ShardDocument:
    return ShardDocument(
        number=shard.number,
        count=shard.count,
        plan=_text(shard.plan),
        plan_cells=len(shard.cells),
    )


def _merged(one: MergedShard) -> MergedShardDocument:
    return MergedShardDocument(
        number=one.number, run=_text(one.run), missing=not one.run, cells=_texts(one.cells)
    )


def _host(run: Run, one: RunHost) -> RunHostDocument:
    return RunHostDocument(
        name=_text(one.name),
        engine=_text(one.engine.name),
        engine_version=_text(one.engine.version),
        engine_address=_text(one.address),
        cells=_texts(cell for cell, name in run.taken or () if name == one.name),
    )


def _beside(one: Beside) -> BesideDocument:
    return BesideDocument(
        engine=_text(one.engine.name),
        engine_version=_text(one.engine.version),
        cells=_texts(one.cells),
        machine=_text(one.host.machine),
        cpu_model=_text(one.host.cpu_model),
        cores=one.host.cores,
        memory_gib=one.host.memory_gib,
        gpus=_texts(one.host.gpus),
    )


def _texts(texts: Iterable[str]) -> list[str]:
    return [_text(text) for text in texts]


def _text(text: str) -> str:
    return clean(text, TEXT_LIMIT)
