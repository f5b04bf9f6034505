"""The result of a night: events, each with its cause and its standing against the baseline."""

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
    """The run's id."""
    export: str
    """SHA-256 of its export, in hexadecimal: a run with the same id but other records is not the
    baseline."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Acceptance:
    """One known event, as `accepted.yaml` states it."""

    id: str
    """The event's id."""
    reason: str
    owner: str
    """Who is responsible for it."""
    until: str
    """The last day on which it counts as known (ISO date)."""
    findings: tuple[str, ...]
    """Ids of the findings it consists of."""
    cells: tuple[str, ...]
    """The cells in which it was seen when it was accepted."""
    values: tuple[str, ...] = ()
    """What was seen, one value a line. With other values the event is new again."""
    place: Place | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Accepted:
    """The content of an `accepted.yaml`."""

    baseline: Baseline
    events: tuple[Acceptance, ...] = ()
    """Sorted by id; no two have the same."""


class Standing(StrEnum):
    """How an event compares with what was accepted."""

    NEW = "new"
    """Nobody accepted it, and the night before did not have it."""
    CHANGED = "changed"
    """It was accepted with other values or in other cells, so it is new again."""
    EXPIRED = "expired"
    """It was accepted until a day that is past."""
    OPEN = "open"
    """Nobody accepted it, but it has been there since an earlier night, so it is no new alarm."""
    KNOWN = "known"
    """The baseline has it, or it was accepted."""
    FIXED = "fixed"
    """The baseline, an acceptance or the night before has it, and this night does not."""


@dataclass(frozen=True, kw_only=True, slots=True)
class InputChange:
    """An input of cells that changed between two nights, and may be the cause of an event."""

    what: str
    """Its name: `package keras`, `base bookworm-py311`, `image`, `driver`, `host class`, `probe
    mnist`, `harness`."""
    before: str
    after: str
    """The value in the first of the cells, where they differ."""
    cells: tuple[str, ...]
    """All cells in which it changed, whether affected or not."""
    agreement: float
    """How well these match the affected cells: their F1 score, from 0 to 1."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Rate:
    """In how many of a cell's nights a finding was seen, counted over nights between which nothing
    changed."""

    seen: int
    nights: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Event:
    """Findings of one or more cells that share their cause. Its texts may quote output of
    images."""

    id: str
    """Stays the same over nights: the id of its findings, of the input that changed, or of the
    acceptance that covers it."""
    standing: Standing
    verdict: Verdict
    """The worst verdict of its findings; for a fixed event, the verdict it had."""
    title: str
    cells: tuple[str, ...]
    """In the order of the run."""
    findings: tuple[Finding, ...]
    """The worst first. For a fixed event, those of the night that had them last."""
    values: tuple[str, ...] = ()
    """What was seen, one value a line, as `accepted.yaml` keeps it."""
    before: tuple[str, ...] = ()
    """The accepted values, where tonight's are others."""
    first_bad: str = ""
    """The run of the first night since which it has been there without a break; empty for a known
    event."""
    first_bad_day: str = ""
    """The day on which that run began (ISO date)."""
    last_good: str = ""
    """The last earlier run that judged an affected cell and found it without the event; empty where
    there is none because the cell is new."""
    cause: InputChange | None = None
    """The change between these two runs that fits best. None where nothing changed, or where the
    findings state their cause themselves."""
    candidates: tuple[InputChange, ...] = ()
    """What else changed at that time, the best match first."""
    unexplained: bool = False
    """Whether its findings name no cause and no input changed."""
    flaky: Rate | None = None
    """How often it appeared while nothing changed. None where it is not known to come and go."""
    acceptance: Acceptance | None = None
    """The acceptance that makes it known, or did; None where the baseline does, or nothing."""
    expires_soon: bool = False
    """Whether it stays known for at most one more week."""
    reproduce: str = ""
    """A command that reproduces it in one of its cells."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Night:
    """The judgement of a run, compared with the baseline."""

    judgement: Judgement
    """The judgement as it is without a baseline."""
    baseline: Baseline
    baseline_day: str
    """The day on which the baseline's run began (ISO date)."""
    events: tuple[Event, ...]
    """The most important first: by standing, then by verdict."""
    unseen: tuple[Acceptance, ...] = ()
    """Acceptances whose event is no longer seen; `harness accept --prune` removes them."""
    history: tuple[str, ...] = ()
    """The runs between the baseline and this one that were used, oldest first."""
    notices: tuple[str, ...] = ()
    exit: Exit


@dataclass(frozen=True, kw_only=True, slots=True)
class NightCount:
    """How many events a night has of each sort. Every event counts in exactly one of the first
    five."""

    new: int
    """Drift and failures that are not known: new, changed, expired or open."""
    fixed: int
    known: int
    unverified: int
    infrastructure: int
    expiring: int = 0
    """How many of the known ones stay known for at most one more week."""
    changed: int = 0
    """How many of the new ones were accepted with other values or in other cells."""
    expired: int = 0
    """How many of the new ones were accepted until a day that is past."""
    open: int = 0
    """How many of the new ones have been there since an earlier night and so are no new alarm."""
