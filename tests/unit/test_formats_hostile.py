"""Whatever an image says, in whatever field: each format still parses back."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.compare.comparison import Side, compare_cells
from harness.compare.judge import judge
from harness.compare.judgement import Comparison, Judgement
from harness.formats import REPORT, render
from harness.formats.github import commands
from harness.formats.report import report_on
from harness.model import Expectation, Outcome, Raised, Record, Rules, Run
from harness.nights.night import JudgedRun, Nights
from harness.nights.values import Acceptance, Accepted, Baseline, InputChange, Night, Standing
from tests.unit.builders import NAMES, PROBES, cell, healthy, record, run
from tests.unit.harmless import HARMLESS, harmless_commands, harmless_terminal
from tests.unit.hostile import CANNED, texts

NEW = cell()


def poisoned(say: list[str]) -> tuple[Run, list[Record]]:
    """A run in which every field an image, a suite or an imported file fills says one of `say`."""
    one, two, three, four = say
    old = replace(NEW, id=one or "old", framework=((two, three),), python=four, gpu="", place=None)
    rules = (
        Expectation(facts="package.b*", rule="allowed", reason=two, until="2026-11-22"),
        Expectation(facts="package.c*", rule=three, reason=four),
    )
    facts = {f"package.{name}": say[place % 4] for place, name in enumerate(NAMES)}
    facts |= {f"package.{one}": two, three: (four, one, None), "package.series": tuple(say)}
    raised = Raised(type=one, message=two, traceback=f"{three}\nSomeError: {four}\n")
    records = [
        *healthy(NEW),
        record("python", {"python.version": three}, of=old.id),
        record("packages", facts, of=old.id),  # type: ignore[arg-type]
        record("devices", of=old.id, outcome=Outcome.RAISED, raised=raised, reason=one),
        record("mnist", of=old.id, outcome=Outcome.CRASHED, reason=two, noise=three),
    ]
    of = run(NEW, old, expectations=rules, notices=(one, two), reference=NEW.id)
    of = replace(
        of,
        id=four or "run",
        started=one,
        state=two,
        suite=three,
        engine=replace(of.engine, name=one, version=two),
        host=replace(of.host, cpu_model=three, gpus=(four,)),
    )
    return of, records


def both(say: list[str]) -> tuple[Judgement, Comparison]:
    of, records = poisoned(say)
    one, other = (each.id for each in of.cells)
    rules = Rules(expectations=of.rules.expectations)
    return judge(of, records), compare_cells(
        Side(run=of, records=records, cell=one),
        Side(run=of, records=records, cell=other),
        rules=rules,
        at=None,
    )


def as_night(say: list[str]) -> Night:
    """That run as a night, with an acceptance that says the same."""
    of, records = poisoned(say)
    tonight = JudgedRun(judgement=judge(of, records), records=records)
    quiet = replace(of, id="baseline", started="2026-11-19T00:00:00Z")
    healthy_ones = [replace(one, run="baseline") for one in healthy(NEW)]
    before = JudgedRun(judgement=judge(quiet, healthy_ones), records=healthy_ones)
    nights = Nights(before, Accepted(baseline=Baseline(run=say[0], export="ab" * 32)))
    made = nights.night(tonight.judgement, nights.seen(tonight), (), say)
    one, two, three, four = say
    entry = Acceptance(
        id=one, reason=two, owner=three, until=four, findings=(one,), cells=(two,), values=(three,)
    )
    change = InputChange(what=one, before=two, after=three, cells=(four,), agreement=0.5)
    events = (
        *made.events,
        *(
            replace(
                each,
                id=one,
                title=two,
                cells=(three,),
                values=(four,),
                before=(one,),
                first_bad=two,
                first_bad_day=three,
                last_good=four,
                cause=change,
                candidates=(change,),
                acceptance=entry,
                reproduce=one,
                standing=standing,
            )
            for each in made.events[:1]
            for standing in Standing
        ),
    )
    return replace(made, events=events, unseen=(entry,), history=tuple(say), baseline_day=one)


def test_every_format_has_its_check() -> None:
    assert set(HARMLESS) == set(REPORT.names())


@settings(max_examples=15, deadline=None)
@given(st.lists(texts, min_size=4, max_size=4))
def test_hostile_text_in_every_field_leaves_every_format_whole(say: list[str]) -> None:
    for judged in both(say):
        for name, check in HARMLESS.items():
            check(render(name, judged))
        harmless_terminal(render("terminal", judged, width=60, color=True))
        harmless_commands(commands(report_on(judged), say[0]))


@settings(max_examples=10, deadline=None)
@given(st.lists(texts, min_size=4, max_size=4))
def test_hostile_text_in_every_field_of_a_night_leaves_every_format_whole(say: list[str]) -> None:
    told = as_night(say)
    assert told.events
    for name, check in HARMLESS.items():
        check(render(name, told))
    harmless_commands(commands(report_on(told), say[0]))


@pytest.mark.parametrize("name", sorted(HARMLESS))
def test_the_canned_attacks_leave_every_format_whole(name: str) -> None:
    short = [text for text in CANNED if len(text) < 1000]
    long = [text for text in CANNED if len(text) >= 1000]
    rotations = [
        [short[(start + place) % len(short)] for place in range(4)] for start in range(len(short))
    ]
    for say in (*rotations, (long * 4)[:4]):
        for judged in (*both(say), as_night(say)):
            HARMLESS[name](render(name, judged))
            harmless_commands(commands(report_on(judged), say[0]))


def test_what_would_be_markup_to_rich_is_text() -> None:
    shown = render("terminal", both(["[/x]", "[red]b", "[link=http://x]y[/link]", "v"])[0])
    assert "[/x]" in shown
    assert "[link=http://x]y" in shown


@pytest.mark.parametrize("probe", [one.name for one in PROBES])
def test_a_million_characters_do_not_make_a_long_report(probe: str) -> None:
    long = "x" * 1_000_000
    records = [
        record(probe, {f"{probe}.a": long}) if one.probe == probe else one for one in healthy(NEW)
    ]
    judgement = judge(run(NEW), records)
    for name in REPORT.names():
        assert 100_000 > len(render(name, judgement))
