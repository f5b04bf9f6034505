"""accepted.yaml: what is wrong in it is told with its place, and an edit changes nothing else."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import AcceptedError, Exit, UsageError
from harness.nights import schema
from harness.nights.accepted import read_accepted
from harness.nights.values import Acceptance, Accepted, Baseline
from harness.nights.writing import edited, new_text
from harness.text import clean_line

ROOT = Path(__file__).resolve().parents[2]
BASELINE = Baseline(run="20261129T010000Z-3f9a", export="ab" * 32)
NAME = "accepted.yaml"

WRITTEN = f"""\
# Of the platform team.
version: 1

baseline:  # moved after each release
  run: {BASELINE.run}  # the one of release 7
  export: "sha256:{BASELINE.export}"

# What we know of.
events:
  # keras 3.0.1 moved its layers; see our ticket 12
  - id: 3fa9c1d2
    reason: upstream moved its layers  # they know
    owner: platform
    until: 2026-12-31
    findings: ["3fa9c1d2", "77aa0011"]
    cells: [tf2.21.0-py3.13]
    values:
      - 'package.keras: 3.0.1'

  - id: "90000000"
    reason: a slow host
    owner: infra
    until: "2027-01-31"
    findings: ["90000000"]
    cells: [a, b]
# The end.
"""


def acceptance(id_: str = "3fa9c1d2", **more: object) -> Acceptance:
    made = Acceptance(
        id=id_,
        reason="upstream knows",
        owner="platform",
        until="2026-12-31",
        findings=(id_,),
        cells=("tf2.21.0-py3.13",),
        values=("package.keras: 3.0.1",),
    )
    return replace(made, **more)  # type: ignore[arg-type]


def read(text: str) -> Accepted:
    found = read_accepted(text.encode(), NAME)
    return replace(found, events=tuple(replace(one, place=None) for one in found.events))


def test_what_is_written_is_read_again() -> None:
    accepted = Accepted(baseline=BASELINE, events=(acceptance("12345678"), acceptance("3fa9c1d2")))
    assert accepted == read(new_text(accepted))
    assert replace(accepted, events=()) == read(new_text(replace(accepted, events=())))


def test_one_block_each_in_order_of_ids_and_no_time_of_writing() -> None:
    events = (acceptance("f0000000"), acceptance("10000000"))
    text = new_text(Accepted(baseline=BASELINE, events=events))
    assert ['  - id: "10000000"', '  - id: "f0000000"'] == [
        line for line in text.splitlines() if "- id" in line
    ]
    assert text == new_text(Accepted(baseline=BASELINE, events=events[::-1]))


def test_a_file_is_not_touched_where_nothing_changes() -> None:
    assert WRITTEN == edited(WRITTEN, NAME, read(WRITTEN))


def test_an_event_that_comes_stands_in_its_place_and_all_comments_stay() -> None:
    before = read(WRITTEN)
    made = edited(WRITTEN, NAME, replace(before, events=(*before.events, acceptance("55550000"))))
    assert (*before.events[:1], acceptance("55550000"), *before.events[1:]) == read(made).events
    kept = iter(made.splitlines())
    assert all(line in kept for line in WRITTEN.splitlines())


def test_an_event_that_goes_takes_its_own_comment_with_it_and_no_other() -> None:
    before = read(WRITTEN)
    made = edited(WRITTEN, NAME, replace(before, events=before.events[1:]))
    assert "ticket 12" not in made
    lines = [line for line in WRITTEN.splitlines() if line in made.splitlines()]
    assert made.splitlines() == lines
    for kept in ("# Of the platform team.", "# What we know of.", "# The end.", "# moved after"):
        assert kept in made
    none = edited(WRITTEN, NAME, replace(before, events=()))
    assert () == read(none).events
    assert "# The end." in none
    assert before == read(edited(none, NAME, before))


def test_an_event_that_becomes_another_keeps_the_comment_above_it() -> None:
    before = read(WRITTEN)
    changed = replace(before.events[0], until="2027-06-30", reason="upstream is slow")
    made = edited(WRITTEN, NAME, replace(before, events=(changed, before.events[1])))
    assert changed == read(made).events[0]
    assert "  # keras 3.0.1 moved its layers; see our ticket 12\n" in made


def test_another_baseline_changes_its_two_values_alone() -> None:
    other = Baseline(run="20261130T010000Z-0001", export="cd" * 32)
    made = edited(WRITTEN, NAME, replace(read(WRITTEN), baseline=other))
    assert other == read(made).baseline
    changed = [line for line in made.splitlines() if line not in WRITTEN.splitlines()]
    assert 2 == len(changed)
    assert changed[0].endswith("# the one of release 7")


@pytest.mark.parametrize(
    "text",
    [
        "version: 1\nevents: []\nbaseline: {run: R, export: E}\n",
        "version: 1\nbaseline:\n  run: R\n  export: E\n",
        "version: 1\nbaseline:\n  run: R\n  export: E\nevents:\n  []\n",
        "events:\n- id: '77777777'\n  reason: r\n  owner: o\n  until: 2026-12-31\n"
        "  findings: ['77777777']\n  cells: [a]\n# about the baseline\n"
        "baseline:\n  run: R\n  export: E\nversion: 1",
        "version: 1\r\nbaseline:\r\n  run: R\r\n  export: E\r\nevents: []\r\n",
    ],
)
def test_other_orders_and_forms_are_edited_too_or_refused_whole(text: str) -> None:
    text = text.replace("R", BASELINE.run).replace("E", f"sha256:{BASELINE.export}")
    before = read(text)
    wanted = replace(before, events=(acceptance("11111111"), *before.events))
    try:
        made = edited(text, NAME, wanted)
    except UsageError:
        assert "events:\n  []" in text
    else:
        assert wanted == read(made)
        assert "about the baseline" not in text or "about the baseline" in made


def test_events_in_one_line_are_never_rewritten() -> None:
    one = (
        '[{id: "77777777", reason: r, owner: o, until: "2026-12-31", findings: ["77777777"], '
        "cells: [a]}]"
    )
    text = new_text(Accepted(baseline=BASELINE)).replace("[]", one)
    with pytest.raises(UsageError, match="one block for each event"):
        edited(text, NAME, Accepted(baseline=BASELINE, events=(acceptance(),)))


ONE_LINE = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1, max_size=60
).map(lambda text: clean_line(text, 200))
SAID = ONE_LINE.filter(lambda text: len(text) <= 500)
ENTRIES = st.builds(
    Acceptance,
    id=st.text("0123456789abcdef", min_size=8, max_size=8),
    reason=SAID,
    owner=SAID,
    until=st.dates().map(lambda day: day.isoformat()),
    findings=st.lists(
        st.text("0123456789abcdef", min_size=8, max_size=8), min_size=1, max_size=9, unique=True
    ).map(tuple),
    cells=st.lists(
        st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}", fullmatch=True), min_size=1
    ).map(tuple),
    values=st.lists(SAID, max_size=4).map(tuple),
)
MANY = st.lists(ENTRIES, max_size=5, unique_by=lambda one: one.id).map(
    lambda found: tuple(sorted(found, key=lambda one: one.id))
)


@given(MANY, MANY)
def test_whatever_is_accepted_is_written_and_edited_without_loss(
    before: tuple[Acceptance, ...], after: tuple[Acceptance, ...]
) -> None:
    text = new_text(Accepted(baseline=BASELINE, events=before))
    assert before == read(text).events
    made = edited(text, NAME, Accepted(baseline=BASELINE, events=after))
    assert after == read(made).events
    assert made == new_text(Accepted(baseline=BASELINE, events=after))


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_any_bytes_are_read_or_refused_with_problems(data: bytes) -> None:
    problems: object = "none"
    try:
        read_accepted(data, NAME)
    except AcceptedError as error:
        problems = error.problems
    assert problems


@pytest.mark.parametrize(
    ("old", "new", "said", "line"),
    [
        ("version: 1", "version: 2", "this harness reads version 1", 2),
        ("owner: platform", "ownr: platform", "unknown key `ownr`", 13),
        ("owner: infra", "owner: ''", "`owner`", 22),
        ('"2027-01-31"', "soon", "`until`: not a date", 23),
        ("2026-12-31", "''", "`until`", 14),
        ('"90000000"\n    reason', "90000000\n    reason", "`id` must be text", 20),
        ("id: 3fa9c1d2", 'id: "90000000"', "stands here a second time", 20),
        ("3fa9c1d2\n    reason", "3FA9\n    reason", "eight hexadecimal digits", 11),
        ("sha256:abab", "abab", "`sha256:` and 64 hexadecimal digits", 6),
        ("cells: [a, b]", "cells: []", "`cells`", 25),
    ],
)
def test_what_is_wrong_is_told_with_its_line(old: str, new: str, said: str, line: int) -> None:
    text = WRITTEN.replace(old, new, 1)
    assert text != WRITTEN
    with pytest.raises(AcceptedError) as raised:
        read(text)
    assert Exit.USAGE is raised.value.exit
    assert any(said in str(one) for one in raised.value.problems), str(raised.value)
    assert line in [one.line for one in raised.value.problems]


def test_all_problems_are_told_at_once() -> None:
    text = WRITTEN.replace("version: 1", "version: 2").replace("owner: platform", "ownr: x")
    with pytest.raises(AcceptedError) as raised:
        read(text)
    assert 3 == len(raised.value.problems)


def test_a_text_that_is_no_mapping_says_what_it_should_be() -> None:
    with pytest.raises(AcceptedError, match="is a mapping with `version`, `baseline` and `events`"):
        read("- 1\n")


def test_the_published_schema_is_that_of_the_code() -> None:
    published = (ROOT / "accepted.schema.json").read_text("utf-8")
    assert schema.render() == published, "python -m harness.nights.schema"
    assert {"version", "baseline", "events"} == set(json.loads(published)["properties"])
