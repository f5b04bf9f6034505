"""Decides on the metrics of compared cells over rounds, with the noise that all of them share.

A report is one family: every compared cell has at most four primary metrics of each network that
its probes train, and the report's rate of false alarms is divided over all of them, whether or not
each cell has each. Everything else is shown, with p-values that are corrected together (Benjamini
and Hochberg 1995), and never raises an alarm.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date

from harness.compare.busy import busy_told, too_many
from harness.compare.kept import Later
from harness.compare.measurement import Measured, OfOneRound, Pairing
from harness.compare.metrics import PRIMARY, Metric, metrics_of, networks_of
from harness.compare.otherwise import another_probe, asked_alike, other_data
from harness.compare.pairing import pair
from harness.compare.patterns import rules_of
from harness.compare.processors import apart, processors
from harness.compare.rules import holds
from harness.compare.statistics.decision import Decision, decide
from harness.compare.statistics.family import Family
from harness.compare.statistics.noise import HostNoise, Spread, noise_of
from harness.compare.statistics.paired import Scale, Tolerance
from harness.compare.view import View
from harness.model import Expectation, KnownSpread, Run


def family_of(run: Run, compared: int) -> Family:
    """Return the family of a report in which so many cells are compared with their reference."""
    networks = max(1, len(networks_of(run)))
    family = Family(questions=max(1, compared) * len(PRIMARY) * networks)
    if run.looks:
        return replace(family, looks=run.looks)
    return family.of_fixed(max(run.rounds, 1))


def measure(
    pairs: Sequence[tuple[View, View]],
    rules: Iterable[Expectation],
    at: date | None,
    compared: int = 0,
    scales: Collection[Scale] = tuple(Scale),
    shown: bool = True,
) -> tuple[Sequence[Measured], ...]:
    """Decide on the metrics of each (reference, candidate); the result has one element for each
    pair.

    `compared` is how many pairs the report will have, where these are only some of them. Metrics on
    scales other than `scales` are left out and, without `shown`, also those that never raise an
    alarm. The noise of a metric is estimated over all pairs and from what the candidates' runs know
    from calibrations. Facts that a rule ignores, or judges by a bound of its own, are left out.
    """
    expectations = tuple(rules)
    if not pairs:
        return ()
    family = family_of(pairs[0][1].run, max(compared, len(pairs)))
    first = tuple(scales) if shown else tuple(one for one in scales if one is Scale.SHARE)
    found = [
        _pairings(one, other, expectations, (first if _once(one, other) else scales, shown))
        for one, other in pairs
    ]
    known = _known(found, [other.run for _, other in pairs])

    def decided(pairings: _Found) -> tuple[Measured, ...]:
        return tuple(_measured(one, known, family, rule, at) for one, rule in pairings)

    def later(one: View, other: View) -> Later[tuple[Measured, ...]]:
        return Later(lambda: decided(_pairings(one, other, expectations, (scales, shown))))

    every = [decided(pairings) for pairings in found]
    if not shown:
        return tuple(
            OfOneRound(cell, later(*pair)) if _once(*pair) else cell
            for pair, cell in zip(pairs, every, strict=True)
        )
    corrected = _corrected([one for cell in every for one in cell])
    return tuple(tuple(corrected[id(one)] for one in cell) for cell in every)


def _once(one: View, other: View) -> bool:
    """Tell whether two cells have one round each."""
    return one.parts is not None and other.parts is not None


def rounds_wanted(measured: Iterable[Measured], rounds: int) -> int:
    """Return after how many rounds in all an `auto` run should look again, having made `rounds`.

    It is the same number where the metrics that steer are settled, where no look is left, or where
    the rounds made do not pair, since further ones would not either.
    """
    wanted = rounds
    for one in measured:
        pairs = one.decided.rounds >= min(rounds, 2)
        if one.allowed and one.decided.withheld:
            continue  # No verdict depends on it: do not wait for a quieter host.
        if pairs and one.metric.steers and one.decided.decision is Decision.ANOTHER_ROUND:
            wanted = max(wanted, one.family.next_look(rounds) or rounds)
    return wanted


def spreads_of(measured: Iterable[Measured]) -> tuple[KnownSpread, ...]:
    """Return what the rounds of comparisons show about their metrics' noise, to be kept for later
    runs."""
    return tuple(
        KnownSpread(metric=_noise_key(one.metric), variance=spread.variance, df=spread.df)
        for one in measured
        if (spread := _own(one.pairing)) is not None
    )


_Found = list[tuple[Pairing, Expectation | None]]
_JUDGED_BY_VALUE = ("exact", "within", "ignore")


def _pairings(
    reference: View,
    candidate: View,
    rules: tuple[Expectation, ...],
    wanted: tuple[Collection[Scale], bool],
) -> _Found:
    scales, shown = wanted
    both = reference.answered & candidate.answered
    book = rules_of(rules)
    found = []
    networks = networks_of(candidate.run)
    processors_apart = apart(processors(reference.facts), processors(candidate.facts))
    asked_apart = _asked_apart(reference, candidate, both)
    for metric in metrics_of(reference.facts, candidate.facts, networks):
        if metric.scale not in scales or metric.probe not in both:
            continue
        if not (shown or metric.pattern):
            continue
        rule = book.rule(metric.fact, candidate.row)
        if rule is not None and rule.rule in _JUDGED_BY_VALUE:
            continue
        made = pair(reference, candidate, metric)
        if processors_apart and metric.scale is Scale.RATIO:
            made = made.without_rounds(processors_apart)
        if why := asked_apart.get(metric.probe):
            made = made.without_rounds(why)
        found.append((made, rule))
    return found


def _asked_apart(reference: View, candidate: View, both: Collection[str]) -> Mapping[str, str]:
    """Return the probes among these that asked the two something else, or with other data, with the
    reason."""
    if asked_alike(reference.answers, candidate.answers):
        return {}
    ours, theirs = reference.answers.values(), candidate.answers.values()
    told = (
        (probe, another_probe(ours, theirs, probe) or other_data(ours, theirs, probe))
        for probe in both
    )
    return {probe: why for probe, why in told if why}


def _known(found: Iterable[_Found], runs: Iterable[Run]) -> Mapping[str, HostNoise]:
    spreads: dict[str, list[Spread]] = defaultdict(list)
    for pairings in found:
        for each, _ in pairings:
            if (own := _own(each)) is not None:
                spreads[_noise_key(each.metric)].append(own)
    for run in {run.id: run for run in runs}.values():
        for kept in run.noise or ():
            spreads[kept.metric].append(Spread(variance=kept.variance, df=kept.df))
    return {key: noise_of(told) for key, told in spreads.items()}


def _own(pairing: Pairing) -> Spread | None:
    paired = pairing.paired
    # Equal bits say nothing about times, which vary all the same.
    if paired.rounds < 2 or (paired.equal_bits and paired.scale is not Scale.RATIO):
        return None
    try:
        variance = paired.variance
    except ValueError:
        return None
    return Spread(variance=max(variance, paired.floor), df=paired.rounds - 1)


def _noise_key(metric: Metric) -> str:
    """Return the key under which the noise of a metric is known. A probe's whole answer is known by
    its kind, so that what other probes showed counts too; a metric of one of several networks by
    its own name."""
    whole = metric.fact.count(".") == 1
    return metric.pattern if metric.pattern and whole else metric.fact


def _measured(
    pairing: Pairing,
    known: Mapping[str, HostNoise],
    family: Family,
    rule: Expectation | None,
    at: date | None,
) -> Measured:
    noise = known.get(_noise_key(pairing.metric), HostNoise())
    tolerance = tolerance_of(pairing.metric, rule)
    decided = decide(pairing.paired, noise, family, tolerance)
    if too_many(pairing.busy, decided.rounds):
        decided = decided.without_effect(busy_told(pairing.busy, decided.rounds), family)
    return Measured(
        pairing=pairing,
        decided=decided,
        family=family,
        known=noise,
        rule=rule,
        allowed=rule is not None and rule.rule == "allowed" and holds(rule.until, at),
    )


def tolerance_of(metric: Metric, rule: Expectation | None) -> Tolerance:
    """Return what counts as different and as the same: what the suite's rule states, otherwise the
    default."""
    usual = metric.tolerance
    if rule is None or rule.rule != "equivalent":
        return usual
    return Tolerance(
        minimum_effect=rule.minimum or min(usual.minimum_effect, (rule.margin or 1) / 2),
        margin=rule.margin or max(usual.margin, 2 * (rule.minimum or 0)),
    )


def _corrected(every: Sequence[Measured]) -> Mapping[int, Measured]:
    """Return all of them by identity; the p-values of those that may not raise an alarm are
    corrected."""
    shown = [one for one in every if not one.primary and one.decided.df > 0]
    adjusted: list[float] = []
    if shown:
        from scipy import stats

        adjusted = [
            float(p) for p in stats.false_discovery_control([one.decided.p for one in shown])
        ]
    told = {id(one): replace(one, adjusted_p=p) for one, p in zip(shown, adjusted, strict=True)}
    return {id(one): told.get(id(one), one) for one in every}
