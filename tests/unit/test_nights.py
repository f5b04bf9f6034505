"""Nights compared with a baseline: which findings are one event, how it stands, what began it."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.compare.judge import judge
from harness.compare.kinds import FindingKind
from harness.errors import Exit
from harness.model import Expectation, Level, Probe, Verdict
from harness.nights.night import JudgedRun, Nights
from harness.nights.telling import first_line, tally
from harness.nights.values import Acceptance, Event, Night, Rate, Standing
from tests.unit.builders import HOST, PROBES
from tests.unit.nightly import (
    ALLOWED,
    World,
    accepted,
    cells_of,
    held,
    night,
    one_by_one,
)

CELLS = cells_of(5)
IDS = tuple(one.id for one in CELLS)
QUIET = World()
KERAS = World(
    packages={one: {"keras": "3.0.1"} for one in IDS[1:3]},
    raised=dict.fromkeys(IDS[1:3], "no such layer"),
)
ALARMING = (Verdict.DRIFT, Verdict.FAIL)


def worlds(*each: World) -> list[JudgedRun]:
    return [night(number, CELLS, world) for number, world in enumerate(each)]


def alarms(told: Night) -> list[Event]:
    return [one for one in told.events if one.verdict in ALARMING]


def only(told: Night, *, fixed: bool = True) -> Event:
    """The only event there is that may alarm, or that is no longer there."""
    (one,) = [each for each in alarms(told) if fixed or each.standing is not Standing.FIXED]
    return one


def known_as(one: Event, until: str = "2026-12-31") -> Acceptance:
    return Acceptance(
        id=one.id,
        reason="upstream knows",
        owner="platform",
        until=until,
        findings=tuple(dict.fromkeys(each.id for each in one.findings)),
        cells=one.cells,
        values=one.values,
    )


# --- one entry a cause ---------------------------------------------------------------------------


def test_nothing_that_changed_is_no_event() -> None:
    told = held(worlds(QUIET, QUIET, QUIET))
    assert () == told.events
    assert "0 new, 0 fixed, 0 known, 0 unverified, 0 infrastructure." == first_line(told.events)
    assert told.exit is Exit.OK


def test_a_package_and_what_it_broke_in_two_cells_are_one_event_until_it_is_gone() -> None:
    runs = worlds(QUIET, QUIET, KERAS, KERAS, QUIET, QUIET)
    first, begins, goes_on, ends, after = one_by_one(runs)
    assert [] == alarms(first)
    one = only(begins)
    assert (Standing.NEW, IDS[1:3]) == (one.standing, one.cells)
    assert one.cause is not None
    assert ("package keras", "3.0.0", "3.0.1") == (
        one.cause.what,
        one.cause.before,
        one.cause.after,
    )
    assert (1.0, IDS[1:3]) == (one.cause.agreement, one.cause.cells)
    assert [r.judgement.run.id for r in runs[1:3]] == [one.last_good, one.first_bad]
    assert "2026-11-03" == one.first_bad_day
    assert {FindingKind.RAISED, FindingKind.DIFFERS} == {each.kind for each in one.findings}
    assert one.title.startswith("package keras went from 3.0.0 to 3.0.1: TypeError")
    assert f"harness run --cell {IDS[1]} --probe mnist" == one.reproduce
    again = only(goes_on)
    assert (Standing.OPEN, one.id) == (again.standing, again.id)
    assert (one.first_bad, one.last_good, one.cause) == (
        again.first_bad,
        again.last_good,
        again.cause,
    )
    assert (Exit.FINDINGS, Exit.FINDINGS) == (begins.exit, goes_on.exit)
    gone = only(ends)
    assert (Standing.FIXED, one.id, one.cells) == (gone.standing, gone.id, gone.cells)
    assert (1, Exit.OK) == (tally(ends.events).fixed, ends.exit)
    assert [] == alarms(after)


@pytest.mark.parametrize(
    ("what", "moved"),
    [
        ("base base1", World(bases={"base1": "sha256:other"})),
        ("driver", World(host=replace(HOST, driver="580.65"))),
        ("host class", World(host=replace(HOST, cpu_model="another one"))),
        ("probe mnist", World(probes={"mnist": "sha256:other"})),
        ("harness", World(version="0.2.0")),
        ("package six", World(packages={IDS[1]: {"six": "1.17.0"}, IDS[4]: {"six": "1.17.0"}})),
    ],
)
def test_what_has_no_cause_of_its_own_joins_the_input_that_changed(what: str, moved: World) -> None:
    cells = [one.id for one in CELLS if one.base == "base1"]
    if what.split()[0] in ("driver", "host", "probe", "harness"):
        cells = list(IDS)
    broken = replace(
        moved,
        raised=dict.fromkeys(cells[1:], "bad"),
        accuracy={cells[0]: 0.4},
    )
    told = held(worlds(QUIET, QUIET, broken))
    found = {one.cause.what: one for one in alarms(told) if one.cause is not None}
    assert {what} == set(found)
    assert set(cells) == set(found[what].cells)


def test_an_image_that_moved_is_named_by_the_name_that_it_is_asked_for() -> None:
    cells = (*CELLS, replace(CELLS[0], id="tagged", base="", image="registry.example/tf:1"))
    moved = World(images={"tagged": "moved"}, raised={"tagged": "bad"})
    runs = [night(number, cells, world) for number, world in enumerate((QUIET, moved))]
    cause = only(held(runs)).cause
    assert cause is not None
    assert "image registry.example/tf:1" == cause.what


def test_among_several_inputs_the_one_whose_cells_fit_best_is_the_cause() -> None:
    both = World(
        packages={
            IDS[0]: {"numpy": "2.1.1"},
            IDS[1]: {"numpy": "2.1.1", "six": "1.17.0"},
            IDS[2]: {"numpy": "2.1.1", "six": "1.17.0"},
            IDS[3]: {"numpy": "2.1.1"},
        },
        raised={IDS[1]: "bad", IDS[2]: "bad"},
    )
    failing = next(one for one in alarms(held(worlds(QUIET, both))) if one.verdict is Verdict.FAIL)
    assert failing.cause is not None
    assert ("package six", 1.0) == (failing.cause.what, failing.cause.agreement)
    others = {one.what: one.agreement for one in failing.candidates}
    assert pytest.approx(2 * 2 / (4 + 2)) == others["package numpy"]
    assert list(others) == sorted(others, key=lambda one: -others[one])


def test_where_two_inputs_fit_equally_well_a_package_comes_before_a_base_and_a_host() -> None:
    everything = World(
        packages={one: {"six": "1.17.0"} for one in IDS},
        host=replace(HOST, cpu_model="another one"),
        version="0.2.0",
        raised=dict.fromkeys(IDS, "bad"),
    )
    cause = only(held(worlds(QUIET, everything))).cause
    assert cause is not None
    assert "package six" == cause.what
    order = [one.what for one in only(held(worlds(QUIET, everything))).candidates]
    assert ["image", "host class", "harness"] == order


def test_among_packages_that_fit_alike_one_that_no_rule_lets_move_comes_first() -> None:
    rules = (Expectation(facts="package.keras", rule="ignore", reason="it may move"), *ALLOWED)
    both = World(packages={IDS[1]: {"keras": "3.0.1", "six": "1.17.0"}}, raised={IDS[1]: "bad"})
    runs = [
        night(number, CELLS, one, expectations=rules) for number, one in enumerate((QUIET, both))
    ]
    one = only(held(runs))
    assert one.cause is not None
    assert "package six" == one.cause.what
    assert ["image", "package keras"] == [each.what for each in one.candidates]


def test_what_only_went_back_to_the_baseline_comes_after_what_is_as_never_before() -> None:
    first = World(packages={IDS[1]: {"six": "1.17.0"}})
    broken = World(bases={"base1": "sha256:new"}, raised={IDS[1]: "bad", IDS[4]: "bad"})
    both = replace(first, packages={one: {"six": "1.17.0"} for one in (IDS[1], IDS[4])})
    one = next(
        each for each in alarms(held(worlds(QUIET, both, broken))) if each.findings[0].probes
    )
    assert one.cause is not None
    assert "base base1" == one.cause.what
    assert "package six" in [each.what for each in one.candidates]


def test_packages_that_moved_in_the_same_cells_on_one_night_are_one_event() -> None:
    together = World(packages={IDS[1]: {"keras": "3.0.1", "six": "1.17.0"}})
    later = World(packages={IDS[1]: {"keras": "3.0.1", "six": "1.17.0", "numpy": "2.1.1"}})
    begins, grows = one_by_one(worlds(QUIET, together, later))
    one = only(begins)
    assert "2 packages differ: keras 3.0.1, six 1.17.0" == one.title
    old, new = sorted(alarms(grows), key=lambda each: each.standing is Standing.NEW)
    assert (one.id, Standing.OPEN) == (old.id, old.standing)
    assert (Standing.NEW, "numpy 2.1.1 differs from the baseline") == (new.standing, new.title)


def test_a_defect_joins_the_package_that_brought_it_and_keeps_its_versions() -> None:
    needs = {"packages.missing": ("wheel 0.48.0 requires packaging >=24.0",)}
    moved = World(packages={IDS[1]: {"wheel": "0.48.0"}}, facts={IDS[1]: needs})
    one = only(held(worlds(QUIET, moved)))
    assert {FindingKind.DEFECT, FindingKind.DIFFERS} == {each.kind for each in one.findings}
    assert {"package.wheel: 0.48.0", *needs["packages.missing"]} <= set(one.values)
    same = only(held(worlds(QUIET, World(facts={IDS[1]: needs}))))
    assert (True, (FindingKind.DEFECT,)) == (same.unexplained, tuple(e.kind for e in same.findings))


def test_where_nothing_changed_an_event_is_unexplained() -> None:
    one = only(held(worlds(QUIET, QUIET, World(raised={IDS[2]: "bad"}))))
    assert (True, None, ()) == (one.unexplained, one.cause, one.candidates)
    assert one.flaky is None


def test_what_comes_and_goes_while_nothing_changes_is_flaky_with_its_rate() -> None:
    bad = World(raised={IDS[2]: "bad"})
    *_, gone, back = one_by_one(worlds(QUIET, QUIET, bad, QUIET, bad))
    assert Rate(seen=2, nights=5) == only(back).flaky
    one = only(gone)
    assert (Standing.FIXED, Rate(seen=1, nights=4)) == (one.standing, one.flaky)
    assert 0 == tally(gone.events).fixed


# --- what a night does not say -------------------------------------------------------------------


def test_what_another_failure_hides_was_not_good() -> None:
    bad = World(accuracy={IDS[2]: 0.4})
    hidden = World(accuracy={IDS[2]: 0.4}, raised={IDS[2]: "bad"})
    begins, covered, shown = one_by_one(worlds(QUIET, bad, hidden, bad))
    one, again = only(begins), only(shown, fixed=False)
    assert (one.id, one.first_bad, Standing.OPEN) == (again.id, again.first_bad, again.standing)
    standings = {each.standing for each in alarms(covered)}
    assert {Standing.NEW} == standings


def test_what_infrastructure_ended_stands_apart_and_fixes_nothing() -> None:
    bad = World(raised={IDS[2]: "bad"})
    lost = World(lost=frozenset({IDS[2]}))
    _, covered, back = one_by_one(worlds(QUIET, bad, lost, bad))
    assert [] == alarms(covered)
    counts = tally(covered.events)
    assert (0, 0, 1) == (counts.new, counts.fixed, counts.infrastructure)
    assert covered.exit is Exit.INFRASTRUCTURE
    assert Standing.OPEN is only(back).standing


def test_times_are_unverified_where_the_image_changed_and_nothing_where_it_did_not() -> None:
    told = held(worlds(QUIET, World(packages={IDS[1]: {"six": "1.17.0"}})))
    (one,) = [each for each in told.events if each.verdict is Verdict.UNVERIFIED]
    assert {FindingKind.TIME_UNTOLD} == {each.kind for each in one.findings}
    assert (IDS[1],) == one.cells
    assert 1 == tally(told.events).unverified
    assert one.reproduce.startswith("harness compare ")


def test_what_could_not_be_verified_is_no_alarm_by_itself() -> None:
    ignored = (Expectation(facts="package.six", rule="ignore", reason="it may move"), *ALLOWED)
    moved = World(packages={one: {"six": "1.17.0"} for one in IDS})
    runs = [night(0, CELLS, expectations=ignored), night(1, CELLS, moved, expectations=ignored)]
    told = held(runs)
    assert Exit.OK is told.exit
    assert (0, 1) == (tally(told.events).new, tally(told.events).unverified)
    first, last = runs
    nights = Nights(first, accepted())
    asked = replace(last.judgement, require_verified=True)
    assert Exit.NOTHING is nights.night(asked, nights.seen(last), ()).exit


@pytest.mark.parametrize(
    ("probes", "level", "digest", "said"),
    [
        (PROBES[:3], Level.L3, "", "mnist is not asked"),
        (PROBES, Level.L3, "sha256:other", "mnist has another version"),
        (PROBES, Level.L1, "", "it should reach L1 now, but L3 in the baseline"),
    ],
)
def test_what_is_asked_otherwise_than_in_the_baseline_is_not_green(
    probes: tuple[Probe, ...], level: Level, digest: str, said: str
) -> None:
    cells = [replace(one, level=level) for one in CELLS]
    world = World(probes={"mnist": digest} if digest else {})
    made = night(1, cells, world)
    run = replace(
        made.judgement.run, pairs=tuple((one.id, probe.name) for one in cells for probe in probes)
    )
    tonight = JudgedRun(judgement=judge(run, made.records), records=made.records)
    told = held([night(0, CELLS), tonight])
    found = [one for one in told.events if "compared with the baseline" in one.title]
    (one,) = [one for one in found if FindingKind.NOT_HELD in {each.kind for each in one.findings}]
    assert (Verdict.UNVERIFIED, IDS) == (one.verdict, one.cells)
    assert said in one.title
    assert 0 == tally(told.events).fixed
    asked = replace(tonight.judgement, require_verified=True)
    strict = held([night(0, CELLS), replace(tonight, judgement=asked)])
    assert Exit.NOTHING is strict.exit


# --- cells ---------------------------------------------------------------------------------------


def test_a_cell_that_vanished_is_one_event_with_the_others_and_fixed_when_it_is_back() -> None:
    without = World(gone=frozenset(IDS[3:]))
    begins, goes_on, back = one_by_one(worlds(QUIET, without, without, QUIET))
    one = only(begins)
    assert (Standing.NEW, IDS[3:], Exit.FINDINGS) == (one.standing, one.cells, begins.exit)
    assert Standing.OPEN is only(goes_on).standing
    assert (Standing.FIXED, one.id) == (only(back).standing, only(back).id)


def test_a_cell_that_was_not_selected_is_not_missed() -> None:
    first, last = worlds(QUIET, World(gone=frozenset(IDS[1:])))
    nights = Nights(first, accepted())
    assert () == nights.night(last.judgement, nights.seen(last, IDS[:1]), ()).events
    assert 4 == len(nights.night(last.judgement, nights.seen(last), ()).events[0].cells)


def test_a_cell_that_is_new_has_no_last_good_night() -> None:
    cells = (*CELLS, replace(CELLS[0], id="another"))
    runs = [night(0, CELLS), night(1, cells, World(raised={"another": "bad"}))]
    one = only(held(runs))
    assert (Standing.NEW, "", None) == (one.standing, one.last_good, one.cause)
    assert not one.unexplained


# --- what is known -------------------------------------------------------------------------------


def test_what_the_baseline_has_is_known_and_fixed_when_it_is_gone() -> None:
    bad = World(raised={IDS[2]: "bad"})
    same, gone = one_by_one(worlds(bad, bad, QUIET))
    assert (Standing.KNOWN, Exit.OK) == (only(same).standing, same.exit)
    assert (Standing.FIXED, Exit.OK) == (only(gone).standing, gone.exit)


def test_a_known_event_with_other_values_is_new_again() -> None:
    one = only(held(worlds(World(raised={IDS[2]: "bad"}), World(raised={IDS[2]: "worse"}))))
    assert (Standing.CHANGED, ("TypeError: bad",)) == (one.standing, one.before)
    assert ("TypeError: worse",) == one.values


def test_an_accepted_event_is_known_until_its_last_day_and_in_its_cells_and_values() -> None:
    runs = worlds(QUIET, KERAS, KERAS)
    one = only(held(runs))
    for entry, standing, status in (
        (known_as(one), Standing.KNOWN, Exit.OK),
        (known_as(one, "2026-11-03"), Standing.KNOWN, Exit.OK),
        (known_as(one, "2026-11-02"), Standing.EXPIRED, Exit.FINDINGS),
        (replace(known_as(one), values=("keras: 3.0.2",)), Standing.CHANGED, Exit.FINDINGS),
        (replace(known_as(one), cells=one.cells[:1]), Standing.CHANGED, Exit.FINDINGS),
    ):
        told = held(runs, accepted(entry))
        assert (standing, entry.id, entry) == (
            only(told).standing,
            only(told).id,
            only(told).acceptance,
        )
        assert status is told.exit
    soon = held(runs, accepted(known_as(one, "2026-11-09")))
    assert "1 known (1 expires within a week)" in first_line(soon.events)
    assert "1 known, " in first_line(held(runs, accepted(known_as(one, "2026-11-11"))).events)


def test_an_acceptance_ends_on_its_day_also_where_the_baseline_shows_the_same() -> None:
    bad = World(raised={IDS[2]: "bad"})
    one = only(held(worlds(QUIET, bad)))
    told = held(worlds(bad, bad), accepted(known_as(one, "2026-11-01")))
    assert (Standing.EXPIRED, Exit.FINDINGS) == (only(told).standing, told.exit)


def test_an_acceptance_whose_event_is_no_longer_seen_is_told() -> None:
    entry = known_as(only(held(worlds(QUIET, KERAS))))
    told = held(worlds(QUIET, KERAS, QUIET), accepted(entry))
    assert (entry,) == told.unseen
    assert (Standing.FIXED, entry.id) == (only(told).standing, only(told).id)
    hidden = held(worlds(QUIET, KERAS, World(lost=frozenset(entry.cells))), accepted(entry))
    assert () == hidden.unseen
    assert () == held(worlds(QUIET, KERAS), accepted(entry)).unseen


# --- rules ---------------------------------------------------------------------------------------


def test_that_a_cell_may_differ_from_the_reference_lets_nothing_move_from_night_to_night() -> None:
    apart = World(packages={IDS[2]: {"six": "1.12.0"}})
    assert [] == alarms(held(worlds(apart, apart)))
    moved = World(packages={IDS[2]: {"six": "1.12.1"}})
    one = only(held(worlds(apart, moved)))
    assert "six 1.12.1 differs from the baseline" == one.title
    assert ("package.six: 1.12.1",) == one.values


def test_a_difference_from_the_reference_is_not_told_beside_the_change_that_made_it() -> None:
    plain: tuple[Expectation, ...] = ()
    changed = World(packages={IDS[2]: {"six": "1.17.0"}})
    runs = [night(0, CELLS, expectations=plain), night(1, CELLS, changed, expectations=plain)]
    one = only(held(runs))
    assert ((IDS[2],), "six 1.17.0 differs from the baseline") == (one.cells, one.title)
    # The reference moves: every other cell differs from it now, and did not move.
    changed = World(packages={IDS[0]: {"six": "1.17.0"}})
    runs[1] = night(1, CELLS, changed, expectations=plain)
    assert (IDS[0],) == only(held(runs)).cells


def test_a_difference_that_only_a_rule_made_one_is_new() -> None:
    apart = World(packages={IDS[2]: {"six": "1.12.0"}})
    runs = [night(0, CELLS, apart), night(1, CELLS, apart, expectations=())]
    assert (Standing.NEW, (IDS[2],)) == (only(held(runs)).standing, only(held(runs)).cells)


# --- the first line ------------------------------------------------------------------------------


def event(standing: Standing, verdict: Verdict = Verdict.DRIFT, *, soon: bool = False) -> Event:
    return Event(
        id="3fa9c1d2",
        standing=standing,
        verdict=verdict,
        title="",
        cells=(),
        findings=(),
        expires_soon=soon,
    )


def test_the_first_line() -> None:
    told = [
        *[event(Standing.NEW)] * 3,
        *[event(Standing.FIXED)] * 2,
        *[event(Standing.KNOWN)] * 3,
        *[event(Standing.KNOWN, soon=True)] * 2,
        event(Standing.NEW, Verdict.UNVERIFIED),
    ]
    assert first_line(told) == (
        "3 new, 2 fixed, 5 known (2 expire within a week), 1 unverified, 0 infrastructure."
    )
    again = [event(Standing.CHANGED), event(Standing.EXPIRED), event(Standing.OPEN)]
    assert first_line(again) == (
        "3 new (1 changed since accepted, 1 acceptance expired, 1 since an earlier night), "
        "0 fixed, 0 known, 0 unverified, 0 infrastructure."
    )


# --- for every world -----------------------------------------------------------------------------

SOME = st.lists(st.sampled_from(IDS), max_size=3, unique=True)
WORLDS = st.builds(
    lambda package, version, moved, raised, bad, gone, lost, host: World(
        packages={one: {package: version} for one in moved},
        raised=dict.fromkeys(raised, "bad"),
        accuracy=dict.fromkeys(bad, 0.4),
        gone=frozenset(gone[:1]),
        lost=frozenset(lost[:1]),
        host=replace(HOST, driver=host),
    ),
    st.sampled_from(("keras", "six")),
    st.sampled_from(("1.0", "2.0", "")),
    SOME,
    SOME,
    SOME,
    SOME,
    SOME,
    st.sampled_from(("", "580")),
)


@settings(max_examples=12, deadline=None)
@given(st.lists(WORLDS, min_size=2, max_size=4), st.integers())
def test_the_same_records_give_the_same_events_and_each_finding_is_in_one(
    each: list[World], seed: int
) -> None:
    runs = worlds(*each)
    told = held(runs)
    shuffled = []
    for one in runs:
        records = list(one.records)
        random.Random(seed).shuffle(records)
        shuffled.append(JudgedRun(judgement=judge(one.judgement.run, records), records=records))
    again = held(shuffled)
    assert (told.events, told.unseen, told.exit) == (again.events, again.unseen, again.exit)
    counts = tally(told.events)
    flaky = sum(one.standing is Standing.FIXED and one.flaky is not None for one in told.events)
    sorts = (counts.new, counts.fixed, counts.known, counts.unverified, counts.infrastructure)
    assert len(told.events) == sum(sorts) + flaky
    there = [one for one in told.events if one.standing is not Standing.FIXED]
    placed = [(each.cell, each.id) for one in there for each in one.findings]
    own = {
        (cell.row, found.id)
        for cell in runs[-1].judgement.cells
        for found in cell.findings
        if found.verdict in (*ALARMING, Verdict.INFRASTRUCTURE)
    }
    assert own <= set(placed)
    homes = {key: [one.id for one in there if key in _keys(one)] for key in set(placed)}
    assert all(1 == len(set(ids)) for ids in homes.values())


def _keys(one: Event) -> set[tuple[str, str]]:
    return {(each.cell, each.id) for each in one.findings}


@settings(max_examples=12, deadline=None)
@given(st.lists(WORLDS, min_size=2, max_size=3))
def test_what_was_accepted_is_known_the_same_night(each: list[World]) -> None:
    runs = worlds(*each)
    told = held(runs)
    wanted: dict[str, list[Event]] = {}
    for one in alarms(told):
        if one.standing not in (Standing.FIXED, Standing.KNOWN):
            wanted.setdefault(one.id, []).append(one)
    entries = [
        Acceptance(
            id=id_,
            reason="known",
            owner="us",
            until="2026-12-31",
            findings=tuple({each.id for one in found for each in one.findings}),
            cells=tuple({cell for one in found for cell in one.cells}),
            values=tuple({line for one in found for line in one.values}),
        )
        for id_, found in sorted(wanted.items())
    ]
    again = held(runs, accepted(*entries))
    assert 0 == tally(again.events).new, [(one.standing, one.title) for one in alarms(again)]
    known = {key for one in again.events if one.standing is Standing.KNOWN for key in _keys(one)}
    assert {key for found in wanted.values() for one in found for key in _keys(one)} <= known


@settings(max_examples=12, deadline=None)
@given(WORLDS)
def test_a_run_held_against_itself_has_nothing_new(world: World) -> None:
    first, _ = runs = worlds(world, world)
    told = held(runs)
    missing = world.lost - world.gone
    if not missing:
        assert 0 == tally(told.events).new, [(one.standing, one.title) for one in alarms(told)]
    assert first.judgement.run.id not in told.history
