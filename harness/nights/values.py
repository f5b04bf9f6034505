"""What a night comes to: events, each with its cause and its standing against the baseline."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from harness.compare.judgement import Finding, Judgement
from harness.errors import Exit
from harness.model import Place, Verdict


@dataclass(frozen=True, kw_only=True, slots=True)
class Baseline:
    """The accepted run that later runs are compared with."""

    run: str
    """Its id."""
    export: str
    """SHA-256 of its export, hexadecimal: a run of that id with other records is not it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Acceptance:
    """One event that is known, as `accepted.yaml` states it."""

    id: str
    """The event's id."""
    reason: str
    owner: str
    """Who looks after it."""
    until: str
    """The last day it is known (ISO date)."""
    findings: tuple[str, ...]
    """Ids of the findings that it consists of."""
    cells: tuple[str, ...]
    """In which it was seen when it was accepted."""
    values: tuple[str, ...] = ()
    """What was seen, a line each. With other values it is new again."""
    place: Place | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Accepted:
    """What stands in an `accepted.yaml`."""

    baseline: Baseline
    events: tuple[Acceptance, ...] = ()
    """By id; no two have the same."""


class Standing(StrEnum):
    """How an event stands against what was accepted."""

    NEW = "new"
    """Nobody accepted it, and the night before did not have it."""
    CHANGED = "changed"
    """It is known with other values, or in other cells: it is new again."""
    EXPIRED = "expired"
    """It was known until a day that is past."""
    OPEN = "open"
    """Nobody accepted it, and it has been there since an earlier night: no new alarm."""
    KNOWN = "known"
    """The baseline has it, or it was accepted."""
    FIXED = "fixed"
    """The baseline, an acceptance or the night before has it, and this night does not."""


@dataclass(frozen=True, kw_only=True, slots=True)
class InputChange:
    """An input of cells that changed between two nights: what may be the cause of an event."""

    what: str
    """package keras, base bookworm-py311, image, driver, host class, probe mnist, harness."""
    before: str
    after: str
    """Of the first of the cells, where they differ in it."""
    cells: tuple[str, ...]
    """Those in which it changed, of all cells."""
    agreement: float
    """How well these are the affected cells: F1, 0 to 1."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Rate:
    """In how many of the nights of one cell, between which nothing changed, a finding was seen."""

    seen: int
    nights: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Event:
    """Findings of one or more cells that share their cause. Texts may quote what images said."""

    id: str
    """Stays the same over nights: that of its findings, of the input that changed, or of the
    acceptance that it is known by."""
    standing: Standing
    verdict: Verdict
    """The worst of its findings; of a fixed one, what it was."""
    title: str
    cells: tuple[str, ...]
    """In the order of the run."""
    findings: tuple[Finding, ...]
    """Worst first. Of a fixed event: those that are gone, of the night that had them last."""
    values: tuple[str, ...] = ()
    """What was seen, a line each, as `accepted.yaml` keeps it."""
    before: tuple[str, ...] = ()
    """The values that were known, where they changed."""
    first_bad: str = ""
    """The run of the first night that has it without a break; of a known one it is empty."""
    first_bad_day: str = ""
    """The day on which that run began (ISO date)."""
    last_good: str = ""
    """The last run before it in which an affected cell was judged and did not have it; empty: there
    is none, the cell is new."""
    cause: InputChange | None = None
    """What changed between the two and fits best. None: nothing, or its findings say why."""
    candidates: tuple[InputChange, ...] = ()
    """What else changed then, the best first."""
    unexplained: bool = False
    """Its findings name no cause, and nothing changed."""
    flaky: Rate | None = None
    """It came and went while nothing changed. None: that is not known of it."""
    acceptance: Acceptance | None = None
    """By what it is known, or was; None: by the baseline, or not at all."""
    expires_soon: bool = False
    """It is known for at most a week more."""
    reproduce: str = ""
    """A command that shows it again in one of its cells."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Night:
    """A run's judgement, held against the baseline."""

    judgement: Judgement
    """As without a baseline."""
    baseline: Baseline
    baseline_day: str
    """The day on which the baseline's run began (ISO date)."""
    events: tuple[Event, ...]
    """Those to look at first come first: by standing, then by verdict."""
    unseen: tuple[Acceptance, ...] = ()
    """Acceptances whose event is no longer seen: `harness accept --prune` removes them."""
    history: tuple[str, ...] = ()
    """The runs between the baseline and this one that were used, oldest first."""
    notices: tuple[str, ...] = ()
    exit: Exit


@dataclass(frozen=True, kw_only=True, slots=True)
class NightCount:
    """How many events a night has of each sort. An event counts in one of the first five."""

    new: int
    """Drift and failures that are not known: new, changed, expired, open."""
    fixed: int
    known: int
    unverified: int
    infrastructure: int
    expiring: int = 0
    """Of the known ones: for at most a week more."""
    changed: int = 0
    """Of the new ones: known with other values or in other cells."""
    expired: int = 0
    """Of the new ones: they were known until a day that is past."""
    open: int = 0
    """Of the new ones: no new alarm, they have been there since an earlier night."""
