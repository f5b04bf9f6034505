"""The content of a report in order, built once from a judgement or comparison for every format.

Texts may quote what images printed; each format escapes them itself.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from shlex import quote
from typing import TYPE_CHECKING

from harness.compare.bits import BitsOf
from harness.compare.judgement import (
    CellJudgement,
    Comparison,
    Finding,
    Judgement,
    NotJudged,
    RuleUse,
)
from harness.compare.statistics.family import Family
from harness.errors import Exit
from harness.formats.sentences import story, summary
from harness.model import HostClass, Outcome, Run
from harness.nights.values import Night

if TYPE_CHECKING:
    from harness.history.past import Past

_MINUTE = timedelta(minutes=1)
_CELLS = 8
"""At most so many cells of a second engine are named."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Report:
    """A judgement or a comparison, ready to be rendered."""

    kind: str
    """report or comparison."""
    heading: tuple[str, ...]
    """What was judged, where and when, as short parts of one line."""
    cells: tuple[CellJudgement, ...]
    reference: str
    """Id of the cell that the others are compared with; empty if there is none."""
    summary: str
    story: tuple[str, ...]
    """Sentences about accuracy and step time."""
    findings: tuple[Finding, ...]
    not_judged: tuple[NotJudged, ...]
    let_pass: tuple[RuleUse, ...]
    notices: tuple[str, ...]
    records: str
    next_steps: tuple[tuple[str, str], ...]
    """(command, what it is for)."""
    everything: str
    """The command that shows what this report leaves out; empty if there is none."""
    exit: Exit
    runs: tuple[Run, ...]
    equal_bits: tuple[tuple[str, ...], ...] = ()
    """Groups of cells whose training ended with equal bits in every round."""
    night: Night | None = None
    """The run compared with the baseline; None if there was no such comparison."""
    bits: tuple[BitsOf, ...] = ()
    """If digests of tensors were asked for: which cells computed the same."""
    past: Past | None = None
    """The nights up to this run; None if the history was not read."""

    @property
    def family(self) -> Family | None:
        """The questions that share a rate of false alarms; None if nothing was compared."""
        return next((one.family for cell in self.cells for one in cell.measured), None)


def report_on(judged: Judgement | Comparison | Night, past: Past | None = None) -> Report:
    """Build the report on a run, on a run compared with the baseline, or on two cells."""
    if isinstance(judged, Night):
        made = _of_run(judged.judgement)
        notices = (*judged.notices, *made.notices)
        return replace(made, night=judged, notices=notices, exit=judged.exit, past=past)
    return replace(_of_run(judged) if isinstance(judged, Judgement) else _of_two(judged), past=past)


def rounds_told(run: Run) -> str:
    """The number of rounds of the run's cells, in words."""
    numbers = sorted({run.rounds_of(cell.id) for cell in run.cells} or {run.rounds})
    if len(numbers) > 1:
        return f"{numbers[0]} to {numbers[-1]} rounds"
    return "1 round" if numbers == [1] else f"{numbers[0]} rounds"


def _of_run(judged: Judgement) -> Report:
    run = judged.run
    rounds = rounds_told(run)
    state = (run.state,) if run.state != "complete" else ()
    imported = ("imported",) if judged.imported else ()
    candidate = next((one.cell.id for one in judged.cells if one.compared), "")
    shown = quote(run.id)
    everything = f"harness report {shown} --format markdown"
    steps = [(everything, "every difference, cell by cell")]
    if judged.own and judged.lacks and run.state != "running" and run.engine.name != "replay":
        suite = f" --suite {quote(judged.suite)}" if judged.suite else ""
        why = "only what this run lacks; what it has is kept"
        steps.insert(0, (f"harness run --resume {shown}{suite}", why))
    if candidate:
        sides = " ".join(quote(f"{run.id}:{one}") for one in (judged.reference, candidate))
        steps.append((f"harness compare {sides}", "two cells side by side"))
    steps.append((f"harness export {shown} {shown}.jsonl", "the records, to be compared elsewhere"))
    return Report(
        kind="report",
        heading=(f"run {run.id}", *imported, *state, *_shards(run), *where(run), rounds),
        cells=judged.cells,
        reference=judged.reference,
        summary=summary(judged.cells),
        story=story(judged.cells, judged.reference, by_one_job=not run.merged),
        findings=judged.findings,
        not_judged=judged.not_judged,
        let_pass=judged.let_pass,
        notices=(*judged.notices, *_notes(judged.cells)),
        records=_records(judged.cells),
        next_steps=tuple(steps),
        everything=everything,
        exit=judged.exit,
        runs=(run,),
        equal_bits=judged.equal_bits,
        bits=judged.bits,
    )


def _of_two(judged: Comparison) -> Report:
    cells = (judged.reference, judged.candidate)
    ran = {run.id: run for run in (judged.reference_run, judged.candidate_run)}
    heading = [f"{judged.candidate.cell.id} against {judged.reference.cell.id}"]
    for run in ran.values():
        heading += [f"run {run.id}", *where(run, judged.asked)]
    sides = (
        _side(judged.reference_run, judged.reference),
        _side(judged.candidate_run, judged.candidate),
    )
    suite = f" --suite {quote(judged.suite)}" if judged.suite else ""
    everything = f"harness compare {' '.join(sides)}{suite} --format markdown"
    return Report(
        kind="comparison",
        heading=tuple(dict.fromkeys(heading)),
        cells=cells,
        reference=judged.reference.cell.id,
        summary=summary(cells),
        story=story(cells, judged.reference.cell.id),
        findings=judged.findings,
        not_judged=judged.not_judged,
        let_pass=judged.let_pass,
        notices=(*judged.notices, *_notes(cells)),
        records=_records(cells),
        next_steps=(
            (everything, "every difference"),
            *((f"harness report {quote(run)}", "all that was judged in that run") for run in ran),
        ),
        everything=everything,
        exit=judged.exit,
        runs=tuple(ran.values()),
        equal_bits=judged.equal_bits,
        bits=judged.bits,
    )


def _shards(run: Run) -> tuple[str, ...]:
    """Which shard of a plan a run is, or how many shards it was merged from."""
    if run.shard is not None:
        return (f"shard {run.shard.number} of {run.shard.count}",)
    if run.merged is None:
        return ()
    there = sum(bool(one.run) for one in run.merged)
    return (f"merged from {there} of {len(run.merged)} shards",)


def _side(run: Run, cell: CellJudgement) -> str:
    """A cell as an argument of `harness compare`."""
    return quote(f"{run.id}:{cell.row}")


def where(run: Run, now: str = "") -> tuple[str, ...]:
    """When, on which engine and on which host a run was made, and its age at the time `now`."""
    old = age(run.started, now) if now else ""
    engines = [f"{one.name} {one.version}".strip() for one in run.engines]
    for place, other in enumerate(run.beside or (), 1):
        more = f" and {len(other.cells) - _CELLS} more" if len(other.cells) > _CELLS else ""
        engines[place] += f" for {', '.join(other.cells[:_CELLS])}{more}"
    hosts = dict.fromkeys(map(host, (run.host, *(one.host for one in run.beside or ()))))
    if run.hosts:
        hosts |= dict.fromkeys(spread(run))
    return (f"{started(run)} ({old})" if old else started(run), " and ".join(engines), *hosts)


def spread(run: Run) -> tuple[str, ...]:
    """Which host of a cluster took which cells, one line each; empty if the run had one host."""
    told = []
    for one in run.hosts or ():
        cells = [cell for cell, name in run.taken or () if name == one.name]
        more = f" and {len(cells) - _CELLS} more" if len(cells) > _CELLS else ""
        engine = f" (engine at {one.address})" if one.address else ""
        told.append(f"{one.name}{engine}: {', '.join(cells[:_CELLS]) or 'no cell'}{more}")
    return tuple(told)


def age(begun: str, now: str) -> str:
    """The age at `now` of a run that began at `begun`, in one unit, rounded down. Both are times as
    runs write them; empty if one cannot be parsed."""
    try:
        minutes = (datetime.fromisoformat(now) - datetime.fromisoformat(begun)) // _MINUTE
    except (ValueError, TypeError):
        return ""
    if minutes < 0:
        return "later than this host's clock"
    for length, unit in ((24 * 60, "day"), (60, "hour"), (1, "minute")):
        if count := minutes // length:
            return f"{count} {unit}{'' if count == 1 else 's'} old"
    return "less than a minute old"


def started(run: Run) -> str:
    """The start of a run to the minute, in UTC, as it was recorded."""
    return f"{run.started[:16].replace('T', ' ')} UTC"


def host(one: HostClass) -> str:
    """A host class in a few words."""
    cores = "1 core" if one.cores == 1 else f"{one.cores} cores"
    quota = f" (the time of {one.quota:g})" if one.quota else ""
    size = f"{cores}{quota}, {one.memory_gib} GiB"
    # the host of a remote engine, whose GPUs are not known either
    if not one.cpu_model and not one.gpus:
        return f"{one.machine or 'an unknown host'}, {size}"
    gpus = Counter(one.gpus)
    gpu = ", ".join(f"{count} x {name}" if count > 1 else name for name, count in gpus.items())
    return f"{one.cpu_model or one.machine}, {size}, {gpu or 'no GPU'}"


def _notes(cells: Iterable[CellJudgement]) -> tuple[str, ...]:
    return tuple(f"{cell.cell.id}: {note.text}" for cell in cells for note in cell.notes)


def _records(cells: Iterable[CellJudgement]) -> str:
    told = tuple(cells)
    outcomes: Counter[Outcome] = Counter()
    for cell in told:
        outcomes.update(dict(cell.outcomes))
    planned = sum(cell.planned for cell in told)
    there = planned - sum(cell.missing for cell in told)
    parts = [f"{outcomes[one]} {one}" for one in Outcome if outcomes[one]]
    return f"{there} of {planned} planned records" + (f": {', '.join(parts)}" if parts else "")
