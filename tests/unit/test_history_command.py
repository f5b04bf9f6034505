"""`harness history`, and the nights on the HTML page: stores, exit statuses, the same bytes."""

from __future__ import annotations

import json
import random
import re
import sqlite3
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.cli import main
from harness.commands import history as history_command
from harness.commands.accept import AcceptRequest, accept
from harness.commands.compare import with_baseline
from harness.commands.history import time_span
from harness.commands.past import past_of, past_until
from harness.commands.report import judged
from harness.commands.run import remembered
from harness.errors import UsageError
from harness.formats import render
from harness.formats.page.history import history_part
from harness.formats.page.sparks import HEIGHT, WIDTH, spark_plot
from harness.history.past import SHOWN_NIGHTS
from harness.model import Fact, Outcome
from harness.nights.night import JudgedRun
from harness.store.store import Store
from tests.unit.builders import HOST
from tests.unit.harmless import harmless_html, harmless_json_text, harmless_text, seen_page
from tests.unit.hostile import CANNED
from tests.unit.nightly import World, cells_of, night

CELLS = cells_of(2)
ONE, OTHER = (one.id for one in CELLS)
STEP = "mnist.step_seconds"
MATRIX = 'version: 1\nname: default\ncells: [{id: a, image: "name:tag"}]\n'
MOVED = World(packages={ONE: {"keras": "3.0.1"}})
Harness = Callable[..., tuple[int, str]]


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    monkeypatch.setenv("HARNESS_STORE", str(tmp_path / "state" / "store.sqlite3"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "matrix.yaml").write_text(MATRIX, "utf-8")
    (tmp_path / "state").mkdir()
    with Store(tmp_path / "state" / "store.sqlite3") as opened:
        yield opened


@pytest.fixture
def told(
    store: Store, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Harness:
    """The command line in the morning of the first of December: its exit status, and what it says
    on both streams."""
    del store
    monkeypatch.setattr(history_command, "utc_now", lambda: "2026-12-01T08:00:00Z")

    def run(*words: str) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["harness", *words])
        with pytest.raises(SystemExit) as left:
            main()
        shown = capsys.readouterr()
        return int(left.value.code or 0), shown.out + shown.err

    return run


def put(store: Store, made: JudgedRun, facts: dict[str, dict[str, Fact]] | None = None) -> str:
    """Keep a night, with some facts of the training of some cells."""
    run = made.judgement.run
    store.begin(replace(run, state="running", ended=""))
    for one in made.records:
        if one.probe == "mnist" and one.outcome is Outcome.OK:
            one = replace(one, facts={**one.facts, **(facts or {}).get(one.cell, {})})
        store.record(one)
    store.finish(run.id, ended=run.started)
    return run.id


def keep(store: Store, *numbers: int, moves_on: int = 18) -> list[str]:
    """Nights on which the first cell's steps take longer since its keras moved."""
    rng = random.Random(5)
    kept = []
    for number in numbers:
        moved = number >= moves_on
        step = 0.027 * (1.2 if moved else 1.0) * rng.lognormvariate(0, 0.02)
        made = night(number, CELLS, MOVED if moved else World())
        kept.append(put(store, made, {ONE: {STEP: (step,)}}))
    return kept


def test_every_primary_metric_has_a_line_with_its_nights_and_its_last_change(
    store: Store, told: Harness
) -> None:
    keep(store, *range(30))
    status, said = told("history")
    assert 0 == status
    lines = said.splitlines()
    assert "suite default: 30 nights from 2026-11-01 to 2026-11-30, every 24 hours" == lines[0]
    rows = [line for line in lines if line.startswith("cell0")]
    assert 6 == len(rows)
    (moved,) = [line for line in rows if line.startswith(ONE) and STEP in line]
    assert re.search(r"[▁▂▃▄▅▆▇█]{30}  3\d\.\d ms  30      2026-11-19 \+\d\d\.\d%$", moved)
    assert [True] * 5 == [line.endswith("  none") for line in rows if line != moved]


def test_of_a_cell_the_runs_and_the_inputs_on_each_side_of_a_change_are_told(
    store: Store, told: Harness
) -> None:
    kept = keep(store, *range(30))
    status, said = told("history", ONE)
    assert 0 == status
    assert OTHER not in said
    assert f"{ONE} on docker, AMD EPYC 9B14, 2 cores, 24 GiB, no GPU" in said
    change = said[said.index(f"{STEP} 2026-11-19 ") :]
    assert f"between {kept[17]} and {kept[18]}" in change
    assert "package keras 3.0.0 -> 3.0.1" in change
    assert "package.keras 2026-11-19 3.0.0 -> 3.0.1" in said
    assert "package.numpy" not in said
    assert "framework.import_seconds" in said


def test_a_fact_is_told_night_by_night(store: Store, told: Harness) -> None:
    kept = keep(store, *range(30))
    status, said = told("history", ONE, "package.k*")
    assert 0 == status
    rows = [line.split() for line in said.splitlines() if line.startswith("  2026-")]
    assert kept == [row[3] for row in rows]
    assert ["3.0.0"] * 18 + ["3.0.1"] * 12 == [row[2] for row in rows]
    assert ["changed"] == [row[4] for row in rows if len(row) > 4]
    status, said = told("history", ONE, STEP, "--nights", "3")
    assert 3 == said.count("ms  2026")


def test_a_program_is_told_every_night_of_every_series(store: Store, told: Harness) -> None:
    kept = keep(store, *range(30))
    status, said = told("history", ONE, "--format", "json")
    tree = json.loads(said)
    assert (0, "default", 86400) == (status, tree["suite"], tree["rhythm_seconds"])
    assert kept == [one["run"] for one in tree["nights"]]
    (step,) = [one for one in tree["series"] if one["fact"] == STEP]
    assert kept == [one["run"] for one in step["values"]]
    (change,) = step["changes"]
    assert (kept[17], kept[18], "ratio") == (change["before"], change["after"], change["scale"])
    assert {"what": "package keras", "before": "3.0.0", "after": "3.0.1"} in change["inputs"]
    status, said = told("history", "--format", "markdown")
    assert said.startswith("| cell | fact | last 30 nights | last | nights | last change |")


def test_hosts_of_another_class_have_lines_of_their_own(store: Store, told: Harness) -> None:
    keep(store, *range(8))
    for number in range(8, 16):
        put(store, night(number, CELLS, World(host=replace(HOST, cores=64))), {ONE: {STEP: (0.5,)}})
    status, said = told("history")
    assert 0 == status
    assert "a: docker, AMD EPYC 9B14, 2 cores, 24 GiB, no GPU; b: docker" in said
    rows = [line for line in said.splitlines() if line.startswith(ONE) and STEP in line]
    assert [f"{ONE} (a)", f"{ONE} (b)"] == [line[: len(ONE) + 4] for line in rows]
    assert ["8", "8"] == [line.split()[-2] for line in rows]
    assert all(line.endswith("none") for line in rows)


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        (("nothing",), "no night of the suite default has a cell 'nothing'"),
        ((ONE, "package.kera"), "no night has a fact 'package.kera' of these cells"),
        (("--expect-within", "soon"), "--expect-within takes a time span, not 'soon'"),
        (("--expect-within", "0h"), "--expect-within takes a time span, not '0h'"),
        (("--nights", "0"), "--nights takes a number above zero"),
    ],
)
def test_what_is_not_there_is_told_with_what_is(
    store: Store, told: Harness, words: tuple[str, ...], wanted: str
) -> None:
    keep(store, 0)
    status, said = told("history", *words)
    assert (2, True) == (status, wanted in said)
    assert "= help: " in said
    if "package.kera" in words:
        assert "package.keras" in said


def test_a_store_without_runs_has_no_history(store: Store, told: Harness) -> None:
    status, said = told("history")
    assert 2 == status
    assert "there are no runs" in said
    store.close()


def test_a_run_that_cannot_be_read_back_is_told_and_hides_no_other(
    store: Store, told: Harness
) -> None:
    kept = keep(store, *range(3))
    connection = sqlite3.connect(store.path)
    connection.execute("UPDATE records SET body = '{}' WHERE run = ?", (kept[1],))
    connection.commit()
    connection.close()
    status, said = told("history", ONE, STEP)
    assert 0 == status
    assert f"the run {kept[1]} cannot be read from the store and is left out" in said
    rows = [line.split()[-1] for line in said.splitlines() if line.startswith("  2026-")]
    assert [kept[0], kept[2]] == rows
    assert kept[1] not in page(kept[2])


def test_a_run_that_the_history_could_not_take_is_reported_with_a_notice(store: Store) -> None:
    made = night(0, CELLS)
    with Store(store.path, readonly=True) as reader:
        run, records = made.judgement.run, made.records
        (*_, notice) = remembered(made.judgement, reader, run, records).notices
    assert "this run could not be added to the history yet" in notice


# --- a night that is missing ----------------------------------------------------------------------


def test_a_missing_last_night_ends_in_one_where_it_is_expected(store: Store, told: Harness) -> None:
    keep(store, *range(28))  # the last began on the 28th, at two
    status, said = told("history")
    assert 0 == status
    late = "2 nights are missing: they come every 24 hours, and the newest, "
    assert late in said
    assert [1, 1, 0, 0] == [
        told("history", "--expect-within", within)[0] for within in ("36h", "1d", "80h", "4d")
    ]
    status, said = told("history", "--expect-within", "36h")
    assert "no night within 36h: the newest, " in said
    assert f"began {78 / 24:.3g} days ago" in said


def test_a_night_in_time_is_no_alarm(store: Store, told: Harness) -> None:
    keep(store, *range(31))
    status, said = told("history", "--expect-within", "36h")
    assert 0 == status
    assert "missing" not in said
    assert "within" not in said


def test_a_run_of_a_few_cells_does_not_stand_in_for_a_night(store: Store, told: Harness) -> None:
    cells = cells_of(6)
    for number in range(6):
        put(store, night(number, cells))
    put(store, night(29, cells[:1]))
    assert 1 == told("history", "--expect-within", "36h")[0]
    assert 1 == told("history", cells[1].id, "--expect-within", "36h")[0]
    assert 0 == told("history", cells[0].id, "--expect-within", "60h")[0]


def test_where_there_is_no_night_at_all_one_that_is_expected_is_missing(
    store: Store, told: Harness
) -> None:
    store.close()
    status, said = told("history", "--expect-within", "36h")
    assert (1, True) == (status, "no night within 36h: the store has none" in said)


def test_the_report_of_a_night_says_that_nights_before_it_are_missing(store: Store) -> None:
    first, *_, last = keep(store, 0, 1, 2, 3, 4, 5, 6, 9)
    accept(None, AcceptRequest(run=first))
    told = with_baseline(None, last)
    (said,) = [one for one in told.notices if "missing" in one]
    assert said.startswith("2 nights are missing before this one: the suite runs every 24 hours")
    for name in ("terminal", "markdown", "json", "html"):
        assert "nights are missing before this one" in " ".join(render(name, told).split())
    put(store, night(10, CELLS))
    with_next = with_baseline(None, last)
    assert told.notices == with_next.notices


@pytest.mark.parametrize(("text", "hours"), [("90m", 1.5), ("36h", 36), ("2d", 48), ("0.5d", 12)])
def test_times_are_minutes_hours_and_days(text: str, hours: float) -> None:
    found = time_span(text)
    assert found is not None
    assert hours * 3600 == found.total_seconds()


@given(st.text(max_size=8))
def test_any_other_text_is_no_time(text: str) -> None:
    try:
        found = time_span(text)
    except UsageError:
        return
    assert (found is None) == (text == "")


# --- the page -------------------------------------------------------------------------------------


def page(run: str) -> str:
    judgement = judged(run)
    return render("html", judgement, past_of("html", judgement))


def test_the_page_shows_the_nights_up_to_its_run_and_names_them(store: Store) -> None:
    kept = keep(store, *range(35))
    text = page(kept[33])
    harmless_html(text)
    part = text[text.index('<section id="history"') :]
    part = part[: part.index("</section>")]
    runs = re.findall(r"<code>(\S+)</code></li>", part)
    assert kept[4:34] == runs
    assert SHOWN_NIGHTS == len(runs)
    assert 6 == part.count('class="spark"')
    assert 1 == part.count('class="changed"')
    assert "with it: " in part
    assert "package keras 3.0.0 -&gt; 3.0.1" in part
    assert 'href="#history"' in text


def test_later_nights_do_not_change_the_page_of_a_run(store: Store) -> None:
    kept = keep(store, *range(6))
    before = page(kept[3])
    assert before == page(kept[3])
    keep(store, *range(6, 9))
    assert before == page(kept[3])
    put(store, replace_run(night(0, CELLS), "20261101T110000Z-0bad", "2026-11-01T11:00:00Z"))
    after = page(kept[3])
    assert before != after
    assert "20261101T110000Z-0bad" in after


def replace_run(made: JudgedRun, name: str, started: str) -> JudgedRun:
    judgement = made.judgement
    run = replace(judgement.run, id=name, started=started)
    records = [replace(one, run=name) for one in made.records]
    return JudgedRun(judgement=replace(judgement, run=run), records=records)


def test_nights_on_another_kind_of_host_are_not_on_the_page(store: Store) -> None:
    keep(store, *range(5))
    other = replace(HOST, cores=64)
    last = put(store, night(5, CELLS, World(host=other)))
    run = store.run(last)
    past = past_until(store, run)
    assert {other} == {one.track.host for one in past.series}
    assert {1} == {len(one.nights) for one in past.series}
    assert 6 == len(past.nights)


def test_the_first_night_has_none_before_it(store: Store) -> None:
    (only,) = keep(store, 0)
    assert "No night before this one is kept." in page(only)


def test_other_formats_and_comparisons_look_for_no_history(store: Store) -> None:
    (only,) = keep(store, 0)
    assert past_of("json", judged(only)) is None
    assert 'id="history"' not in render("html", judged(only))
    assert history_part(None, (), "") is None


def test_hostile_words_of_an_image_are_harmless_in_every_format(
    store: Store, told: Harness
) -> None:
    words = [one for one in CANNED if len(one) < 2000]
    facts: dict[str, Fact] = {f"mnist.{one}": one for one in words}
    facts |= {f"mnist.{one}_seconds": 1.0 for one in words}
    for number in range(7):
        moving = {f"mnist.x{one}": f"{one}{number}" for one in words}
        put(store, night(number, CELLS), {ONE: {**facts, **moving}})
    for asked in (("history",), ("history", ONE), ("history", ONE, "mnist*")):
        for name, harmless in (
            ("terminal", harmless_text),
            ("markdown", harmless_text),
            ("json", harmless_json_text),
        ):
            status, said = told(*asked, "--format", name)
            assert 0 == status
            harmless(said)
    harmless_html(page("latest"))


@given(
    st.lists(st.none() | st.floats(allow_nan=False, allow_infinity=False), max_size=40),
    st.lists(st.integers(0, 39), max_size=3),
    st.text(max_size=20),
)
def test_any_nights_can_be_drawn(values: list[float | None], places: list[int], title: str) -> None:
    there = [one for one in places if one < len(values)]
    changed = [one for one in there if one > 0]
    root = ElementTree.fromstring(spark_plot(values, title=title, changed=changed, aside=there))
    spots = [
        *(
            tuple(one.split(","))
            for way in root.iter("polyline")
            for one in way.get("points", "").split()
        ),
        *((one.get("cx", ""), one.get("cy", "")) for one in root.iter("circle")),
    ]
    for x, y in spots:
        assert 0 <= float(x) <= WIDTH
        assert 0 <= float(y) <= HEIGHT
    assert bool(spots) == any(one is not None for one in values)


def test_a_gap_is_no_line_and_the_newest_night_is_a_dot() -> None:
    text = spark_plot([1.0, 2.0, None, 3.0, 4.0], title="t", changed=[3], aside=[])
    root = ElementTree.fromstring(text)
    assert [2, 2] == [len(one.get("points", "").split()) for one in root.iter("polyline")]
    assert ["last"] == [one.get("class") for one in root.iter("circle")]
    (line,) = root.iter("line")
    assert WIDTH / 2 < float(line.get("x1", "")) < WIDTH * 0.75
    assert seen_page(text).tags[0][1]["role"] == "img"
