"""Decides what an expectation says about one difference. The first that matches fact and cell
wins."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from harness.compare.facts import as_number, as_numbers, equal
from harness.compare.patterns import rules_of
from harness.model import Expectation, Fact, Nature, Run

MUST_BE_EQUAL = "must be equal"
"""The reason given where a rule without a reason of its own demands equality; it is not a cause."""
RANDOM_STREAM = "expected: another random stream"
"""The reason given where a framework draws different numbers from the same seed."""
WITHIN = "within"
"""The name of the only rule that looks at the two values."""
EXPIRY_NOTICE = timedelta(days=14)
"""How long before its end an allowance is announced."""


class Judged(StrEnum):
    """The result for one compared fact."""

    SAME = "same"
    ALLOWED = "allowed"
    IGNORED = "ignored"
    DRIFT = "drift"
    NOT_JUDGED = "not-judged"


@dataclass(frozen=True, kw_only=True, slots=True)
class Ruling:
    """The ruling on one fact: the result, the rule behind it (empty where the fact's nature
    decides), and the reason."""

    judged: Judged
    rule: str = ""
    reason: str = ""
    ends: str = ""
    """The last day of an allowance, where it ends soon (ISO date)."""


Values = tuple[Fact, ...]
"""One side of a comparison: its single value; empty where the fact is absent there."""


def expectation_for(
    expectations: Iterable[Expectation], fact: str, cell: str
) -> Expectation | None:
    """Return the first expectation, in written order, that matches both the fact and the candidate
    cell."""
    return rules_of(expectations).rule(fact, cell)


def can_fail(expectation: Expectation) -> bool:
    """Tell whether a difference can break the expectation; some only exempt facts from judgement.
    An `equivalent` rule can be broken by the rounds."""
    if expectation.rule == "allowed":
        return bool(expectation.until)
    return expectation.rule in ("exact", "within", "equivalent")


def rule_on(
    expectation: Expectation | None,
    reference: Values,
    candidate: Values,
    nature: Nature,
    at: date | None,
) -> Ruling:
    """Judge one fact of a candidate against its reference, on the date `at` of the run.

    A fact that only one side has is a difference. Without an expectation, a static fact drifts, a
    drawn one may differ, and measurements and times are not judged. Where `at` is None (a run whose
    date cannot be read), no dated allowance applies.
    """
    if reference and candidate and equal(reference[0], candidate[0]):
        return Ruling(judged=Judged.SAME)
    if expectation is None:
        if nature in (Nature.STATIC, Nature.SEEDED):
            return Ruling(judged=Judged.DRIFT)
        if nature is Nature.DRAWN:
            return Ruling(judged=Judged.ALLOWED, reason=RANDOM_STREAM)
        return Ruling(judged=Judged.NOT_JUDGED, reason=f"no rule judges {_PLURAL[nature]} yet")
    judge = _RULES.get(expectation.rule)
    if judge is None:
        unknown = f"this version does not know the rule {expectation.rule!r}"
        return Ruling(judged=Judged.NOT_JUDGED, rule=expectation.rule, reason=unknown)
    return judge(expectation, reference, candidate, at)


def run_date(run: Run) -> date | None:
    """Return the day on which a run was started, at which its allowances are judged; None where it
    cannot be read."""
    return _date(run.started)


def holds(until: str, at: date | None) -> bool:
    """Tell whether something that ends on the day `until` (empty: never) still counts on the day
    `at`. Where `at` is None (it cannot be read), nothing dated counts."""
    if not until:
        return True
    end = _date(until)
    return end is not None and at is not None and at <= end


def ends_soon(until: str, at: date | None) -> bool:
    """Tell whether something that still counts on the day `at` ends soon enough to be announced."""
    end = _date(until)
    return end is not None and at is not None and end - at <= EXPIRY_NOTICE


def _exact(expectation: Expectation, _r: Values, _c: Values, _at: date | None) -> Ruling:
    reason = expectation.reason or MUST_BE_EQUAL
    return Ruling(judged=Judged.DRIFT, rule="exact", reason=reason)


def _within(
    expectation: Expectation, reference: Values, candidate: Values, _at: date | None
) -> Ruling:
    if not reference or not candidate:
        reason = f"missing, must be {_bound_text(expectation)}"
        return Ruling(judged=Judged.DRIFT, rule=WITHIN, reason=reason)
    return rulings_within(expectation)[within(expectation, reference[0], candidate[0])]


def within(expectation: Expectation, reference: Fact, candidate: Fact) -> bool | None:
    """Tell whether two values lie within the bound of an expectation; None where they are not two
    numbers or two series of one length."""
    if type(reference) is type(candidate) is float and math.isfinite(reference - candidate):
        return _is_within(expectation, reference, candidate)
    pairs = _number_pairs(reference, candidate)
    if pairs is None:
        return None
    return all(_is_within(expectation, one, other) for one, other in pairs)


def rulings_within(expectation: Expectation) -> Mapping[bool | None, Ruling]:
    """Return what a bound rules on two values, by what `within` tells about them."""
    bound = _bound_text(expectation)
    reason = expectation.reason or bound
    unlike = f"not two numbers or two series of one length, must be {bound}"
    return {
        True: Ruling(judged=Judged.ALLOWED, rule=WITHIN, reason=reason),
        False: Ruling(judged=Judged.DRIFT, rule=WITHIN, reason=f"not {bound}"),
        None: Ruling(judged=Judged.DRIFT, rule=WITHIN, reason=unlike),
    }


def _equivalent(expectation: Expectation, _r: Values, _c: Values, _at: date | None) -> Ruling:
    return Ruling(
        judged=Judged.NOT_JUDGED,
        rule="equivalent",
        reason=expectation.reason or "equivalence is judged over rounds, not by one value",
    )


def _ignore(expectation: Expectation, _r: Values, _c: Values, _at: date | None) -> Ruling:
    return Ruling(judged=Judged.IGNORED, rule="ignore", reason=expectation.reason)


def _allowed(expectation: Expectation, _r: Values, _c: Values, at: date | None) -> Ruling:
    if not expectation.until:
        return Ruling(judged=Judged.ALLOWED, rule="allowed", reason=expectation.reason)
    if not holds(expectation.until, at):
        reason = f"the allowance ended on {expectation.until}: {expectation.reason}"
        return Ruling(judged=Judged.DRIFT, rule="allowed", reason=reason)
    return Ruling(
        judged=Judged.ALLOWED,
        rule="allowed",
        reason=expectation.reason,
        ends=expectation.until if ends_soon(expectation.until, at) else "",
    )


_RULES: Mapping[str, Callable[[Expectation, Values, Values, date | None], Ruling]] = {
    "exact": _exact,
    WITHIN: _within,
    "equivalent": _equivalent,
    "ignore": _ignore,
    "allowed": _allowed,
}
_PLURAL = {Nature.MEASURED: "measurements", Nature.TIMING: "times", Nature.OBSERVED: "observations"}


def _number_pairs(reference: Fact, candidate: Fact) -> tuple[tuple[float, float], ...] | None:
    one, other = as_number(reference), as_number(candidate)
    if one is not None and other is not None:
        return ((one, other),)
    many, others = as_numbers(reference), as_numbers(candidate)
    if many is None or others is None or len(many) != len(others):
        return None
    return tuple(zip(many, others, strict=True))


def _is_within(expectation: Expectation, reference: float, candidate: float) -> bool:
    """Where both bounds are given, meeting one is enough, because small values need the absolute
    one."""
    distance = abs(candidate - reference)
    absolute = expectation.absolute is not None and distance <= expectation.absolute
    relative = expectation.relative is not None and distance <= expectation.relative * abs(
        reference
    )
    return absolute or relative


def _bound_text(expectation: Expectation) -> str:
    bounds = []
    if expectation.absolute is not None:
        bounds.append(f"{expectation.absolute:g}")
    if expectation.relative is not None:
        bounds.append(f"{expectation.relative:.3g} of the reference's size")
    return "within " + (" or ".join(bounds) or "no bound at all")


def _date(text: str) -> date | None:
    try:
        return datetime.fromisoformat(text).date()
    except ValueError:
        return None
