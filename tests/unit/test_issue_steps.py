"""Which issues a night opens and closes: by evidence, one an event, and not hundreds."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.model import Verdict
from harness.nights.issues import MOST, OpenIssue, alarms, body_of, mark, steps
from harness.nights.values import Event, Night, Standing
from tests.unit.nightly import World, cells_of, held, night

CELLS = cells_of(3)
MOVED = World(packages={CELLS[0].id: {"keras": "3.0.1"}})
MOVES = held([night(0, CELLS), night(1, CELLS, MOVED)])
EVENT = next(one for one in MOVES.events if alarms(one))
BROKEN = replace(MOVES, events=(EVENT,))
WELL = held([night(0, CELLS), night(1, CELLS)])
LOST = held([night(0, CELLS), night(1, CELLS, World(lost=frozenset({CELLS[1].id})))])


def issue(number: int, event: str = EVENT.id, suite: str = "") -> OpenIssue:
    name = suite or BROKEN.judgement.run.suite
    return OpenIssue(number=number, body=f"what somebody wrote\n{mark(event, name)}\nmore")


def standing(one: Standing, of: Night = BROKEN) -> Night:
    return replace(of, events=tuple(replace(event, standing=one) for event in of.events))


def test_what_alarms_gets_an_issue_and_only_one() -> None:
    assert (EVENT,) == steps(BROKEN, []).open
    assert () == steps(BROKEN, [issue(4)]).open
    again = steps(BROKEN, [issue(9), issue(4)])
    assert (4,) == again.stay, "the oldest stays"
    assert [9] == [one.number for one in again.close]


@pytest.mark.parametrize("one", list(Standing))
def test_known_and_fixed_events_have_none(one: Standing) -> None:
    quiet = one in (Standing.KNOWN, Standing.FIXED)
    todo = steps(standing(one), [issue(1)])
    assert quiet == bool(todo.close)
    assert quiet != bool(todo.stay)
    assert quiet == (() == steps(standing(one), []).open)


def test_an_event_that_is_gone_is_closed_only_by_a_night_that_could_have_seen_it() -> None:
    assert [1] == [one.number for one in steps(WELL, [issue(1, "0badcafe")]).close]
    assert any(one.verdict is Verdict.INFRASTRUCTURE for one in LOST.events)
    assert (1,) == steps(LOST, [issue(1, "0badcafe")]).stay
    unfinished = replace(WELL.judgement, run=replace(WELL.judgement.run, state="interrupted"))
    assert (1,) == steps(replace(WELL, judgement=unfinished), [issue(1, "0badcafe")]).stay


def test_what_infrastructure_ended_or_nobody_could_tell_gets_no_issue() -> None:
    for verdict in (Verdict.INFRASTRUCTURE, Verdict.UNVERIFIED):
        assert not alarms(replace(EVENT, verdict=verdict))


def test_issues_of_another_suite_and_of_nobody_are_not_looked_at() -> None:
    other = issue(1, suite="another suite")
    todo = steps(WELL, [other, OpenIssue(number=2, body="no mark")])
    assert ((), ()) == (todo.close, todo.stay)


def test_a_night_in_which_all_is_broken_opens_a_bounded_number() -> None:
    many = tuple(replace(EVENT, id=f"{number:08x}") for number in range(MOST + 7))
    todo = steps(replace(BROKEN, events=many), [])
    assert (MOST, 7) == (len(todo.open), todo.left_out)


def test_the_text_of_an_issue_is_found_again_and_names_no_link_where_there_is_none() -> None:
    def details(_: Event) -> list[str]:
        return ["- a line"]

    text = body_of(EVENT, BROKEN.judgement.run.suite, details, "")
    assert (7,) == steps(BROKEN, [OpenIssue(number=7, body=text)]).stay
    assert "](" not in text
    linked = body_of(EVENT, "x", details, "https://example.org/1")
    assert "[The run](https://example.org/1)" in linked
