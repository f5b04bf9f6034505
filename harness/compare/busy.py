"""Rounds in which this host was busy with other things, and what their times are worth.

Processor time that others take is missing to the cell whose turn it is. A program that keeps all
processors busy takes 1 / (1 - s) times as long where others take the share s of them. For a tenth
that is 1.11: a cell compared with itself, disturbed in one turn and not in the other, would lie
outside the margin of 10 % inside which two times are the same. So more than a tenth is *too busy*.
The kernel counts the share over the whole turn (`harness/machine/load.py`); it includes the
engine's own work to start and end a container.

A few disturbed rounds widen the interval, and the decision stands. Where more than half of the
rounds are disturbed, they may agree only because of the disturbance, so no time is decided.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from harness.compare.facts import as_number
from harness.model import Record

ELSEWHERE = "host.busy_elsewhere"
"""Observed with each record: processors that other work kept busy, on average over the turn."""
STOLEN = "host.stolen"
"""Observed: processors that a hypervisor gave to other machines, on average over the turn."""
PROCESSORS = "host.processors"
"""Observed: the number of processors that these two refer to."""

TOO_BUSY = 0.10
"""A share of the processors. Where others take more, an unchanged cell may seem to differ by more
than the margin for times (see the module's docstring)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class BusyRound:
    """A round in which the host was too busy during at least one turn."""

    number: int
    share: float
    """The share of the processors, 0 to 1, that others took in the turn in which they took most."""


def share_taken(record: Record, processors: int) -> float | None:
    """Return the share of the host's processors, 0 to 1, that was not available to the record while
    it was asked; None where nobody counted. `processors` is used where the record does not say how
    many there are."""
    told = [as_number(record.observed.get(name)) for name in (ELSEWHERE, STOLEN)]
    among = as_number(record.observed.get(PROCESSORS)) or processors
    if told == [None, None] or among <= 0:
        return None
    return min(1.0, max(0.0, sum(one or 0.0 for one in told) / among))


def busy_rounds(records: Iterable[Record], processors: int) -> tuple[BusyRound, ...]:
    """Return the rounds that were too busy, by number."""
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
    """Tell whether so many rounds were too busy that no time may be decided."""
    return 2 * len(busy) > rounds


def busy_told(busy: tuple[BusyRound, ...], rounds: int) -> str:
    """Describe how busy it was, for a person; empty where no round was too busy."""
    if not busy:
        return ""
    most = max(one.share for one in busy)
    some = f"{len(busy)} of {rounds} rounds" if rounds > 1 else "its round"
    return (
        f"the host was too busy in {some}: other processes took up to {100 * most:.0f} % of "
        f"its processors, more than {100 * TOO_BUSY:.0f} %"
    )
