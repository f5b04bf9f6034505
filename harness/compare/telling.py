"""Describes what rounds show about a metric, in sentences for a person who is no statistician."""

from __future__ import annotations

import math
from collections.abc import Sequence

from harness.compare.busy import busy_told
from harness.compare.measurement import Measured
from harness.compare.statistics.decision import MOST_ERRORS, Decided, Decision
from harness.compare.statistics.family import Family
from harness.compare.statistics.laws import one_sided_critical, power
from harness.compare.statistics.paired import Scale, Tolerance, on_scale

_FEW_DF = 20
"""With fewer degrees of freedom behind the noise, the text adds which differences would still be
found."""


def said(one: Measured) -> str:
    """Describe the result, with its interval and what an unchanged cell would show."""
    decided = one.decided
    if one.pairing.paired.equal_bits and one.metric.scale is Scale.SHARE:
        return "the same: equal bits in every round"
    if not decided.df:
        return decided.refused or "nothing to compare"
    if one.metric.scale is Scale.RATIO:
        return (
            f"{_times(decided.estimate)} ({_ratio(decided.low)} to {_ratio(decided.high)}, "
            f"{_rounds(decided.rounds)}; a cell against itself would show {_ratio(decided.noise)})"
        )
    return (
        f"{_points(decided.estimate)} ({_signed(decided.low)} to {_signed(decided.high)}, "
        f"{_rounds(decided.rounds)}; a cell against itself would show {100 * decided.noise:.2f})"
    )


def verdict_of_rounds(one: Measured) -> str:
    """Describe the decision in a word or two."""
    if one.decided.decision is Decision.DRIFT:
        return "differs, as allowed" if one.allowed else "drift"
    if one.decided.decision is Decision.SAME:
        return "the same"
    return "undecided"


def why_untold(one: Measured) -> str:
    """Say why the rounds do not decide, and how many would."""
    decided = one.decided
    if decided.refused:
        return decided.refused
    if decided.would_do is not None:
        return (
            f"{_rounds(decided.rounds)} are too few to decide; {decided.would_do} would be enough, "
            "if the rest are like them"
        )
    return f"{_rounds(decided.rounds)} are too few to decide, and no practical number is enough"


def rests_on(one: Measured) -> tuple[str, ...]:
    """Return the rule behind a decision with its error rate, line by line."""
    decided, family = one.decided, one.family
    lines = []
    if decided.level:
        lines.append(
            f"p = {decided.p:.2g} against {decided.level:.2g}: {share(family.alpha)} of reports on "
            f"unchanged cells alarm at all, over {family.questions} questions"
        )
    lines.append(
        f"drift begins at {limit(one.metric.scale, decided.tolerance, 'minimum_effect')}; "
    )
    lines[-1] += f"the same lies inside {limit(one.metric.scale, decided.tolerance, 'margin')}"
    lines.append(f"noise: {known(one)}")
    lines += [told.told for told in one.pairing.classified[:1]]
    lines += one.pairing.left_out
    lines += [text for text in [disturbance(one)] if text]
    if one.rule is not None and one.rule.rule == "allowed" and not one.allowed:
        lines.append(f"the allowance ended on {one.rule.until}: {one.rule.reason}")
    return tuple(lines)


def disturbance(one: Measured) -> str:
    """Say in which of its rounds the host was too busy, and what follows from that; empty where it
    never was."""
    text = busy_told(one.pairing.busy, one.decided.rounds)
    if not text or one.decided.withheld:
        return text
    return f"{text}; so few rounds do not prevent a decision"


def known(one: Measured) -> str:
    """Describe how noisy a round is and how well that is known; where little is known, also what
    would still be found."""
    decided = one.decided
    if not decided.df:
        return "unknown"
    sd = math.sqrt(decided.variance)
    told = f"{100 * sd:.2g} %" if one.metric.scale is Scale.RATIO else f"{100 * sd:.2g} points"
    text = f"{told} a round, on {min(decided.df, 9999):.0f} degrees of freedom"
    if one.known.df >= _FEW_DF:
        return text
    found = found_at_last(one.family, one.metric.scale, decided)
    what = "a margin's difference is" if one.metric.scale is Scale.SHARE else "10 % more is"
    return f"{text}; at that, {what} found in {100 * found:.0f} % by {_last(one.family)} rounds"


def found_at_last(family: Family, scale: Scale, decided: Decided) -> float:
    """Return the probability that a difference of the margin's size would be found at the last
    look."""
    rounds = _last(family)
    df = decided.df + max(0, rounds - decided.rounds)
    critical = one_sided_critical(family.difference_level(rounds, scale) / 2, df)
    if not math.isfinite(critical) or critical > MOST_ERRORS:
        return 0.0
    margin = on_scale(scale, decided.tolerance.margin)
    return power(margin / math.sqrt(decided.variance / rounds), critical, df)


def limit(scale: Scale, tolerance: Tolerance, which: str) -> str:
    """Write a tolerance as people do: 3 %, or 0.3 points."""
    value: float = getattr(tolerance, which)
    return f"{100 * value:g} %" if scale is Scale.RATIO else f"{100 * value:g} points"


def share(value: float) -> str:
    """Write a rate as a percentage."""
    return f"{100 * value:g} %"


def family_told(measured: Sequence[Measured]) -> str:
    """Describe the family, rates and tolerances by which a report's metrics were judged; empty
    where none was."""
    if not measured:
        return ""
    family = measured[0].family
    looks = ", ".join(map(str, family.looks))
    when = f"looked at after {looks} rounds" if len(family.looks) > 1 else _rounds(family.looks[0])
    scales = {one.metric.scale: one.decided.tolerance for one in measured if one.primary}
    limits = "; ".join(
        f"{'times' if scale is Scale.RATIO else 'accuracy'}: minimum effect "
        f"{limit(scale, tolerance, 'minimum_effect')}, margin {limit(scale, tolerance, 'margin')}"
        for scale, tolerance in sorted(scales.items())
    )
    return (
        f"{family.questions} questions share {share(family.alpha)} of false alarms; each is called "
        f"the same wrongly in {share(family.same)} at most; {when}; {limits}"
    )


def _last(family: Family) -> int:
    return family.looks[-1] if len(family.looks) > 1 else max(family.looks[-1], 2)


def _times(estimate: float) -> str:
    return f"{_ratio(estimate)} times as long"


def _ratio(logarithm: float) -> str:
    value = math.exp(logarithm)
    return f"{value:.2f}" if 0.095 <= value < 1000 else f"{value:.3g}"


def _points(estimate: float) -> str:
    if abs(estimate) < 5e-5:
        return "as accurate"
    more = "more" if estimate > 0 else "less"
    return f"{100 * abs(estimate):.2f} points {more} accurate"


def _signed(value: float) -> str:
    return f"{100 * value:+.2f}"


def _rounds(rounds: int) -> str:
    return "1 round" if rounds == 1 else f"{rounds} rounds"
