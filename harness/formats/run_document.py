"""A run as the JSON report tells it: who made it, when, on which engines and hosts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from harness.model import Beside, Run
from harness.text import clean

TEXT_LIMIT = 4000
"""Characters of one text in a JSON report."""


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
    beside: list[BesideDocument] | None = None
    """Left out where one engine took all cells."""


def run_document(run: Run) -> RunDocument:
    """What a report says of a run; every text cleaned and bounded."""
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
