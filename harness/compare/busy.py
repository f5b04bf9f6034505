"""Rounds in which this host was busy with other things: what their times are worth.

What others keep busy is missing to the cell whose turn it is. A program that keeps all processors
busy takes 1 / (1 - s) as long where others take the share s of them. With a tenth that is 1.11: a
cell against itself, disturbed in one turn and not in the other, would lie outside the margin of
10 % inside which two times are the same. So more than a tenth is *too busy*. The share is counted
by the kernel over the whole turn (`harness/machine/load.py`), and has in it what the engine itself
works to start and to end a container.

A few disturbed rounds widen the interval, and the decision stands. Where more than half of the
rounds are disturbed, what they agree on may be the disturbance: then no time is decided.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from harness.compare.facts import as_number
from harness.model import Record

ELSEWHERE = "host.busy_elsewhere"
"""Observed with each record: processors that others kept busy, on average over the turn."""
STOLEN = "host.stolen"
"""Observed: processors that a hypervisor gave to other machines, on average over the turn."""
PROCESSORS = "host.processors"
"""Observed: of how many processors that is told."""

TOO_BUSY = 0.10
"""Share of the processors. Where others take more, an unchanged cell may seem to differ by more
than the margin of a time: see above."""


@dataclass(frozen=True, kw_only=True, slots=True)
class BusyRound:
    """A round in which the host was too busy, at least in one turn."""

    number: int
    share: float
    """Of the processors, 0 to 1: what others took in the turn in which they took most."""


def share_taken(record: Record, processors: int) -> float | None:
    """Which share of the host's processors, 0 to 1, was not the record's to use while it was asked;
    None where nobody counted. `processors` is taken where the record does not tell how many."""
    told = [as_number(record.observed.get(name)) for name in (ELSEWHERE, STOLEN)]
    among = as_number(record.observed.get(PROCESSORS)) or processors
    if told == [None, None] or among <= 0:
        return None
    return min(1.0, max(0.0, sum(one or 0.0 for one in told) / among))


def busy_rounds(records: Iterable[Record], processors: int) -> tuple[BusyRound, ...]:
    """The rounds that were too busy, by their numbers."""
    shares: dict[int, float] = defaultdict(float)
    for record in records:
        if not record.repeats and (share := share_taken(record, processors)) is not None:
            shares[record.round] = max(shares[record.round], share)
    return tuple(
        BusyRound(number=number, share=share)
        for number, share in sorted(shares.items())
        if share > TOO_BUSY
    )


def too_many(busy: tuple[BusyRound, ...], rounds: int) -> bool:
    """Whether so many rounds were too busy that nothing is decided by the times of all."""
    return 2 * len(busy) > rounds


def busy_told(busy: tuple[BusyRound, ...], rounds: int) -> str:
    """How busy, for a person; empty where no round was."""
    if not busy:
        return ""
    most = max(one.share for one in busy)
    some = f"{len(busy)} of {rounds} rounds" if rounds > 1 else "its round"
    return (
        f"the host was too busy in {some}: others took up to {100 * most:.0f} % of its processors, "
        f"more than {100 * TOO_BUSY:.0f} %"
    )
