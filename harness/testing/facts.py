"""The facts of a cell for hand-written tests: a mapping that explains why a fact is missing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NoReturn

from harness.compare.facts import merge
from harness.model import Fact, Outcome, Record, Run, Verdict
from harness.outcomes import Unanswered, unanswered
from harness.text import clean_line, name_remedy

Refuse = Callable[[Verdict, str], NoReturn]
"""Ends a test that asks for something missing, with the verdict for that case and the reason."""


class CellFacts(dict[str, Fact]):
    """Facts by key, each with the value that stands for all rounds: `Merged.value`."""

    def __init__(self, run: Run, cell: str, records: Sequence[Record], refuse: Refuse) -> None:
        merged = merge(run.probes, records)
        super().__init__({fact: one.value for fact, one in merged.items()})
        self._cell = cell
        self._refuse = refuse
        self._silent = [(one, how) for one in records if (how := unanswered(one))]
        if self._silent and (not self or self._worst() is Verdict.INFRASTRUCTURE):
            refuse(self._worst(), f"{cell} has not answered: {self._why()}")

    def __missing__(self, fact: str) -> Fact:
        if self._silent:
            self._refuse(self._worst(), f"{self._cell} has no {fact}: {self._why()}")
        hint = name_remedy(fact, list(self), what="there are")
        self._refuse(Verdict.FAIL, f"{self._cell} has no fact {fact!r}; {hint}")

    def _worst(self) -> Verdict:
        return max((how.verdict for _, how in self._silent), key=lambda one: one.severity)

    def _why(self) -> str:
        told = dict.fromkeys(_told(record, how) for record, how in self._silent)
        return "; ".join(told)


def _told(record: Record, how: Unanswered) -> str:
    reason = record.reason
    if record.outcome is Outcome.RAISED and record.raised is not None:
        reason = f"{record.raised.type}: {record.raised.message}"
    return clean_line(f"{how.told}: {reason}" if reason else how.told, 200)
