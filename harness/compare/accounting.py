"""Builds the account of a cell from its answers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache

from harness.compare.account import Account, RoundSeries, ShownFact, Silence
from harness.compare.facts import Merged, as_number, as_numbers, ending_in
from harness.compare.levels import Answers
from harness.compare.patterns import matches
from harness.compare.shown import ACCURACY, LOSS, STEP_SECONDS
from harness.model import Outcome, Record, Run

_SHOWN = (
    "os.pretty_name",
    "libc.version",
    "python.full_version",
    "framework.*",
    "devices.*",
    "gpu.*",
)
_LOSS_EVERY = "series_every"
_TEST_IMAGES = "test_images"
_LARGEST = 10**9
"""A larger whole number is not taken for a count of steps or images."""


def account_of(run: Run, answers: Answers, facts: Mapping[str, Merged]) -> Account:
    """Return the account of a cell, from its answers and the facts merged from them. `run` is the
    run as it was for this cell."""
    records = [answers[key] for key in sorted(answers)]
    loss = _first(facts, LOSS)
    accuracy = _first(facts, ACCURACY)
    return Account(
        engine=f"{run.engine.name} {run.engine.version}".strip(),
        images=tuple(dict.fromkeys(one.image for one in records if one.image is not None)),
        losses=_series(loss),
        loss_every=max(1, _beside(facts, loss, _LOSS_EVERY)),
        step_seconds=_series(_first(facts, STEP_SECONDS)),
        accuracies=_series(accuracy),
        test_images=_beside(facts, accuracy, _TEST_IMAGES),
        facts=tuple(
            ShownFact(fact=name, value=facts[name].value, nature=facts[name].nature)
            for name in _shown(tuple(facts))
        ),
        silences=tuple(_silences(records)),
    )


@lru_cache(maxsize=256)
def _shown(names: tuple[str, ...]) -> tuple[str, ...]:
    """Return those of these names that are shown. Cached, because cells have the same names."""
    return tuple(one for one in names if any(matches(one, pattern) for pattern in _SHOWN))


def _first(facts: Mapping[str, Merged], pattern: str) -> Merged | None:
    """Return the first fact by name that a pattern matches, which is also the one in the
    headline."""
    found = ending_in(facts, pattern)
    return facts[min(found)] if found else None


def _series(merged: Merged | None) -> tuple[RoundSeries, ...]:
    if merged is None:
        return ()
    rounds = merged.rounds or tuple(range(1, len(merged.values) + 1))
    told = []
    for number, value in zip(rounds, merged.values, strict=True):
        single = as_number(value)
        values = as_numbers(value) if single is None else (single,)
        if values:
            told.append(RoundSeries(round=number, values=values))
    return tuple(told)


def _beside(facts: Mapping[str, Merged], merged: Merged | None, name: str) -> int:
    """Return a count given beside a fact, under the same first name; 0 where there is none."""
    if merged is None:
        return 0
    found = facts.get(f"{merged.fact.partition('.')[0]}.{name}")
    value = found.value if found is not None else None
    return value if type(value) is int and 0 < value <= _LARGEST else 0


def _silences(records: Iterable[Record]) -> Iterable[Silence]:
    for one in records:
        if one.outcome not in (Outcome.OK, Outcome.NOT_APPLICABLE):
            yield Silence(probe=one.probe, round=one.round, outcome=one.outcome, reason=one.reason)
