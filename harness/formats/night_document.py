"""A night as the JSON report has it; every text is cleaned and bounded."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass

from harness.formats.run_document import TEXT_LIMIT
from harness.nights.telling import first_line, tally
from harness.nights.values import Acceptance, Event, InputChange, Night
from harness.text import clean


@dataclass(frozen=True, kw_only=True, slots=True)
class ChangeDocument:
    """An input that changed between the last good night and the first bad one."""

    what: str
    before: str
    after: str
    cells: list[str]
    """All cells in which it changed."""
    agreement: float
    """How well these match the affected cells: F1, from 0 to 1."""


@dataclass(frozen=True, kw_only=True, slots=True)
class AcceptanceDocument:
    id: str
    reason: str
    owner: str
    until: str


@dataclass(frozen=True, kw_only=True, slots=True)
class RateDocument:
    """In how many nights, between which nothing changed, it was seen."""

    seen: int
    nights: int


@dataclass(frozen=True, kw_only=True, slots=True)
class EventDocument:
    """Findings of one or more cells that share their cause."""

    id: str
    standing: str
    """new, changed, expired, open, known or fixed."""
    verdict: str
    title: str
    cells: list[str]
    findings: list[str]
    """Ids."""
    values: list[str]
    before: list[str]
    """The values that were known, if they changed."""
    first_bad: str
    first_bad_day: str
    last_good: str
    """Ids of runs; empty if there is none."""
    cause: ChangeDocument | None
    candidates: list[ChangeDocument]
    unexplained: bool
    flaky: RateDocument | None
    acceptance: AcceptanceDocument | None
    expires_soon: bool
    reproduce: str


@dataclass(frozen=True, kw_only=True, slots=True)
class NightDocument:
    """What a run comes to against the baseline."""

    first_line: str
    counts: dict[str, int]
    baseline: str
    baseline_export: str
    """SHA-256."""
    baseline_day: str
    history: list[str]
    """The runs since the baseline that were used, oldest first."""
    events: list[EventDocument]
    unseen: list[AcceptanceDocument]
    """Acceptances whose event is no longer seen."""


def night_document(night: Night | None) -> NightDocument | None:
    """Turn the night into a document; None if there is none."""
    if night is None:
        return None
    return NightDocument(
        first_line=first_line(night.events),
        counts=asdict(tally(night.events)),
        baseline=_text(night.baseline.run),
        baseline_export=_text(night.baseline.export),
        baseline_day=_text(night.baseline_day),
        history=_texts(night.history),
        events=[_event(one) for one in night.events],
        unseen=[_acceptance(one) for one in night.unseen],
    )


def _event(one: Event) -> EventDocument:
    rate = one.flaky
    return EventDocument(
        id=_text(one.id),
        standing=str(one.standing),
        verdict=str(one.verdict),
        title=_text(one.title),
        cells=_texts(one.cells),
        findings=list(dict.fromkeys(each.id for each in one.findings)),
        values=_texts(one.values),
        before=_texts(one.before),
        first_bad=_text(one.first_bad),
        first_bad_day=_text(one.first_bad_day),
        last_good=_text(one.last_good),
        cause=_change(one.cause) if one.cause is not None else None,
        candidates=[_change(each) for each in one.candidates],
        unexplained=one.unexplained,
        flaky=None if rate is None else RateDocument(seen=rate.seen, nights=rate.nights),
        acceptance=_acceptance(one.acceptance) if one.acceptance is not None else None,
        expires_soon=one.expires_soon,
        reproduce=_text(one.reproduce),
    )


def _change(one: InputChange) -> ChangeDocument:
    return ChangeDocument(
        what=_text(one.what),
        before=_text(one.before),
        after=_text(one.after),
        cells=_texts(one.cells),
        agreement=one.agreement,
    )


def _acceptance(one: Acceptance) -> AcceptanceDocument:
    return AcceptanceDocument(
        id=_text(one.id),
        reason=_text(one.reason),
        owner=_text(one.owner),
        until=_text(one.until),
    )


def _texts(texts: Iterable[str]) -> list[str]:
    return [_text(text) for text in texts]


def _text(text: str) -> str:
    return clean(text, TEXT_LIMIT)
