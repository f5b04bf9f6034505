"""A run as the shards that several jobs made of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from harness.model import Record, Run, Shard
from harness.store.joining import plan_digest
from harness.store.store import Store
from harness.store.transfer import export


def shard_of_run(whole: Run, dealt: Sequence[int], count: int, number: int) -> Run:
    """The run that the job of one shard makes of a planned run."""
    pairs = zip(whole.cells, dealt, strict=True)
    own = tuple(cell for cell, to in pairs if to == number)
    shard = Shard(number=number, count=count, plan="", cells=whole.cells, dealt=tuple(dealt))
    made = replace(
        whole,
        id=f"{whole.id}-{number}",
        started=f"{whole.started[:17]}{number:02}Z",
        cells=own,
        pairs=tuple((cell.id, probe.name) for cell in own for probe in whole.probes),
    )
    return replace(made, shard=replace(shard, plan=plan_digest(made, shard)))


def as_shards(whole: Run, dealt: Sequence[int], count: int) -> list[Run]:
    """Every shard that has cells."""
    return [shard_of_run(whole, dealt, count, number) for number in sorted(set(dealt))]


def kept(store: Store, shard: Run, records: Iterable[Record]) -> None:
    """What the job of a shard leaves in its store."""
    store.begin(replace(shard, state="running", ended=""))
    own = {cell.id for cell in shard.cells}
    for one in records:
        if one.cell in own:
            store.record(replace(one, run=shard.id))
    store.finish(shard.id, ended=shard.ended)


def exported_shards(folder: Path, shards: Iterable[Run], records: Sequence[Record]) -> list[Path]:
    """An export of each shard, made on a store of its own."""
    files = []
    for shard in shards:
        place = folder / f"job-{shard.id}.sqlite3"
        with Store(place) as store:
            kept(store, shard, records)
            file = folder / f"{shard.id}.jsonl"
            export(store, shard.id, file)
        files.append(file)
    return files
