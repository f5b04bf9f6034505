"""The HTML page: what stands on it, where its links lead, what is drawn, and what is left out."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

import harness.formats.html as page_format
from harness.compare.accounting import account_of
from harness.compare.facts import merge
from harness.compare.judge import judge
from harness.compare.judgement import Judgement
from harness.formats import render
from harness.formats.nights import is_quiet
from harness.formats.page.anchors import anchor, numbered
from harness.formats.page.cells import ROWS as GROUP_ROWS
from harness.formats.page.cells import rows_for
from harness.formats.page.charts import LARGEST, MARKS, Line, SpanRow, line_plot, span_plot
from harness.formats.page.curves import POINTS
from harness.formats.page.grid import NONE, grid_of
from harness.formats.page.night import night_part
from harness.formats.page.plots import ROWS as PLOT_ROWS
from harness.formats.page.plots import wilson
from harness.model import Cell, ImageIdentity, Level, Outcome
from harness.nights.telling import first_line
from harness.nights.values import Night
from tests.unit.builders import RUN, cell, healthy, mnist_facts, record, run, without
from tests.unit.harmless import PageSeen, seen_page
from tests.unit.nightly import World, cells_of, held, night
from tests.unit.test_formats import BROKEN, NEW, OLD, comparison, judgement, small

numbers = st.floats(allow_nan=True, allow_infinity=True)


def shown(judged: Judgement) -> tuple[str, PageSeen]:
    text = render("html", judged)
    return text, seen_page(text)


def words(page: PageSeen) -> str:
    return " ".join(" ".join(page.text).split())


def test_what_it_comes_to_comes_first_then_the_findings_then_the_grid() -> None:
    text, page = shown(judgement())
    assert 1 == [tag for tag, _ in page.tags].count("h1")
    assert "3 cells: 1 fails, 1 drifts, 1 passes." in words(page)
    order = ["<h1", "first-findings", 'class="grid"', 'id="findings"', 'id="cells"', 'id="each"']
    places = [text.index(one) for one in order]
    assert sorted(places) == places


def test_every_cell_has_a_chip_a_row_and_a_part_of_its_own_under_a_name_that_stays() -> None:
    _, page = shown(judgement())
    for one in (NEW, OLD, BROKEN):
        classes = [
            (tag, attributes.get("class", ""))
            for tag, attributes in page.tags
            if attributes.get("data-cell") == one.id
        ]
        assert {"a", "tr", "article"} <= {tag for tag, _ in classes}
        assert f"cell-{one.id}" in page.values("id")
    chips = [one for tag, one in page.tags if one.get("class", "").startswith("chip ")]
    looks = {tuple(one["class"].split()) for one in chips}
    assert {"fail", "drift", "pass"} == {verdict for _, verdict, _ in looks}
    assert all(
        f"level-{one['aria-label'].partition(': ')[2].partition(',')[0]}" in one["class"].split()
        for one in chips
    )
    assert all(one["aria-label"].startswith(f"{one['data-cell']}: L") for one in chips)


def test_a_finding_is_told_with_cause_remedy_and_a_link_by_its_id() -> None:
    judged = judgement()
    text, page = shown(judged)
    (finding, *_) = judged.findings
    assert f"finding-{finding.id}" in page.values("id")
    told = words(page)
    for part in (finding.title, finding.cause, finding.remedy, f"harness explain {finding.id}"):
        assert part
        assert part in told
    assert text.count(f'href="#finding-{finding.id}"') >= 3


def test_a_comparison_is_a_page_without_a_grid() -> None:
    text = render("html", comparison())
    page = seen_page(text)
    assert f"{OLD.id} against {NEW.id}" in words(page)
    assert 'class="grid"' not in text
    assert {f"cell-{NEW.id}", f"cell-{OLD.id}"} <= set(page.values("id"))


def test_what_was_not_verified_is_told_of_the_cell_with_its_reason() -> None:
    records = [
        *without(healthy(NEW), "mnist"),
        record("mnist", of=NEW.id, outcome=Outcome.TIMED_OUT, reason="after 60 s"),
    ]
    _, page = shown(judge(run(NEW), records))
    told = words(page)
    assert "What was not verified, and why" in told
    assert "mnist, round 1 timed-out: after 60 s" in told
    assert "L2 sees its devices missed: mnist" in told
    assert "L3 learns needs the level before it: mnist" in told


def test_how_a_cell_was_made_and_what_it_ran_on_stands_on_the_page() -> None:
    image = ImageIdentity(
        id="sha256:" + "1" * 64,
        recipe="2" * 64,
        base="sha256:" + "3" * 64,
        base_source="Debian trixie",
        origin="built",
        size_bytes=2_100_000_000,
    )
    records = [replace(one, image=image) for one in healthy(NEW)]
    told = words(shown(judge(run(NEW), records))[1])
    for part in (f"{image.id} (built, 2.1 GB)", image.recipe, image.base, "Debian trixie"):
        assert part in told
    assert f"harness run --cell {NEW.id}" in told


def test_the_way_to_a_gpu_is_told_step_by_step() -> None:
    facts = {
        "gpu.outcome": "driver without device",
        "gpu.why": "cuInit says 100",
        "gpu.kernel_module": "580.65",
        "gpu.nvml.present": True,
        "gpu.init": 100,
    }
    records = [*healthy(NEW), record("python", {"python.version": "3.13.5", **facts}, of=NEW.id)]
    told = words(shown(judge(run(NEW), records))[1])
    steps = ["what the kernel shows", "NVML answers", "the driver answers", "a kernel given to the"]
    places = [told.index(one) for one in steps]
    assert sorted(places) == places
    assert "GPU: driver without device: cuInit says 100" in told
    assert "a kernel given to the driver runs : nothing was said of it" in told


def test_the_grid_is_in_order_of_versions_and_says_what_no_claim_is_made_of() -> None:
    bare = Cell(id="mine", host="python3")
    cells = [cell("b", "2.10.0", "3.10"), cell("a", "2.9.1", "3.9"), cell("c", "odd", "3.9"), bare]
    records = [each for one in cells for each in healthy(one)]
    judged = judge(run(*cells), records)
    found = grid_of(judged.cells, {one.id: one.id for one in cells})
    assert ("3.9", "3.10", "3.13") == found.pythons
    rows = [one.version for one in found.rows]
    assert [NONE, "tensorflow 2.9.1", "tensorflow 2.10.0", "tensorflow odd"] == rows
    assert "framework" == found.corner
    alike = grid_of(judged.cells[:2], {one.id: one.id for one in cells})
    assert ("tensorflow", ["2.9.1", "2.10.0"]) == (
        alike.corner,
        [one.version for one in alike.rows],
    )


def test_cells_that_fill_no_page_are_counted_and_the_worst_are_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(page_format, "CELLS", 3)
    monkeypatch.setattr(page_format, "DETAILED", 2)
    of, records = small()
    more = [cell(f"more{number}") for number in range(4)]
    of = replace(of, cells=(*more, *of.cells), pairs=())
    of = run(*of.cells, expectations=of.rules.expectations, reference=NEW.id)
    records += [each for one in more for each in healthy(one)]
    _, page = shown(judge(of, records))
    assert "4 more cells, none with a worse verdict" in words(page)
    rows = [one["data-cell"] for tag, one in page.tags if tag == "tr" and "data-verdict" in one]
    assert 3 == len(rows)
    assert {BROKEN.id, NEW.id} <= set(rows)
    parts = {one["data-cell"] for tag, one in page.tags if "cell " in one.get("class", "")}
    assert {BROKEN.id, NEW.id} == parts


# --- what a cell says of itself -----------------------------------------------------------------


def test_an_account_keeps_each_round_and_leaves_out_what_is_no_number() -> None:
    records = healthy(NEW, rounds=2)
    odd = mnist_facts(accuracy="high", last_loss=float("nan"))
    records += [record("mnist", odd, of=NEW.id, round_=3)]
    facts = merge(run(NEW).probes, records)
    answers = {(one.round, one.probe): one for one in records}
    account = account_of(run(NEW), answers, facts)
    assert [1, 2] == [one.round for one in account.losses]
    assert [1, 2] == [one.round for one in account.accuracies]
    assert [1, 2, 3] == [one.round for one in account.step_seconds]
    assert 1 == len(account.images)


@given(st.one_of(st.integers(), st.floats(), st.text(max_size=5), st.none(), st.booleans()))
def test_a_count_that_is_none_is_not_taken_for_one(odd: int | float | str | bool | None) -> None:
    facts = {**mnist_facts(), "mnist.series_every": odd, "mnist.test_images": odd}
    judged = judge(run(NEW), healthy(NEW, mnist=facts))
    account = judged.cells[0].account
    assert 1 <= account.loss_every <= 10**9
    assert 0 <= account.test_images <= 10**9
    assert "</html>" in render("html", judged)


# --- plots --------------------------------------------------------------------------------------


def drawn(svg: str) -> ElementTree.Element:
    """A plot, of which every coordinate is a finite number that lies in it."""
    root = ElementTree.fromstring(svg)
    _, _, width, height = (float(one) for one in root.attrib["viewBox"].split())
    for one in root.iter():
        for name in ("x", "y", "x1", "x2", "y1", "y2", "cx", "cy", "width", "height"):
            if name in one.attrib and one.tag != "svg":
                value = float(one.attrib[name])
                assert math.isfinite(value)
                assert -width <= value <= width + height
        for place in one.attrib.get("points", "").split():
            x, y = (float(each) for each in place.split(","))
            assert 0 <= x <= width
            assert 0 <= y <= height
    return root


@given(st.lists(st.tuples(numbers, numbers), min_size=1, max_size=6), st.text(max_size=20))
def test_any_numbers_can_be_drawn_as_a_line(points: list[tuple[float, float]], name: str) -> None:
    line = Line(name=name, href="x", mark=1, points=tuple(points), told=name)
    drawn(line_plot([line], title=name, across="x", up="y", number=str))


@given(st.lists(numbers, min_size=3, max_size=3), st.text(max_size=60))
def test_any_numbers_can_be_drawn_as_a_row(values: list[float], name: str) -> None:
    low, middle, high = values
    span = SpanRow(name=name, href="x", low=low, high=high, middle=middle, told=name)
    drawn(span_plot([span, span], title=name, across="x", number=str, always=(0.0,)))


@pytest.mark.parametrize("value", [0.0, 1e-300, -1e-300, 0.9567, 1e12, -1e12, LARGEST * 10])
def test_a_single_value_has_a_scale_around_it(value: float) -> None:
    span = SpanRow(name="a", href="x", low=value, high=value, middle=value, told="a")
    root = drawn(span_plot([span], title="t", across="x", number=str))
    (middle,) = [one for one in root.iter() if one.get("class") == "middle"]
    assert 0 < float(middle.attrib["x1"]) < 760


def test_a_curve_is_drawn_where_its_numbers_are() -> None:
    line = Line(name="a", href="x", mark=0, points=((0, 0), (50, 5), (100, 10)), told="a")
    root = drawn(line_plot([line], title="t", across="x", up="y", number=lambda one: f"{one:g}"))
    (way,) = [one.attrib["points"] for one in root.iter("polyline")]
    (x0, y0), (x1, y1), (x2, y2) = [tuple(map(float, each.split(","))) for each in way.split()]
    assert (0, 320) == (x0, y0)
    assert (x2 / 2, 160) == (x1, y1)
    assert 0 == y2
    ticks = {one.text for one in root.iter("text")}
    assert {"0", "100", "10"} <= ticks


def test_a_long_training_is_thinned_and_keeps_its_ends() -> None:
    losses = tuple(10.0 / (1 + step) for step in range(5000))
    text, _ = shown(judge(run(NEW), healthy(NEW, mnist={**mnist_facts(), "mnist.loss": losses})))
    (way,) = re.findall(r'points="([^"]+)"', text)
    assert POINTS <= len(way.split()) <= POINTS + 1
    assert f"{losses[-1]:.4g} at step 5000" in text


def test_curves_of_other_lengths_are_not_held_against_the_reference() -> None:
    short = {**mnist_facts(), "mnist.loss": (3.0, 2.0)}
    cells = [NEW, replace(NEW, id="same"), replace(NEW, id="short")]
    records = [
        *healthy(cells[0]),
        *healthy(cells[1]),
        *healthy(cells[2], mnist=short),
    ]
    text, _ = shown(judge(run(*cells), records))
    apart = text[text.index('id="curves-apart"') :]
    drawn_there = re.findall(r'data-cell="([^"]+)"', apart[: apart.index("</figure>")])
    assert ["same"] == drawn_there


def test_the_interval_of_an_accuracy_is_wilsons() -> None:
    # Agresti and Coull 1998, table of the score interval; and R's prop.test(correct = FALSE).
    low, high = wilson(0.9, 100)
    assert (0.8256, 0.9448) == (round(low, 4), round(high, 4))
    assert (0.0, 1.0) == (round(wilson(0.0, 10)[0], 12), round(wilson(1.0, 10)[1], 12))
    low, high = wilson(0.9656, 10_000)
    assert (0.9618, 0.9690) == (round(low, 4), round(high, 4))


# --- names of places ------------------------------------------------------------------------------


@given(st.text(), st.text())
def test_a_place_has_a_name_that_a_link_can_hold_and_no_other_place_has(
    one: str, other: str
) -> None:
    assert re.fullmatch(r"cell-[A-Za-z0-9._-]+", anchor("cell", one))
    assert len(anchor("cell", one)) < 80
    assert (one == other) == (anchor("cell", one) == anchor("cell", other))


def test_names_that_repeat_are_counted() -> None:
    assert ("finding-ab", "finding-cd", "finding-ab-2") == numbered("finding", ("ab", "cd", "ab"))


def test_nothing_of_a_page_depends_on_when_or_where_it_is_written() -> None:
    text = render("html", judgement())
    assert text == render("html", judgement())
    assert RUN in text
    assert "http:" not in text.replace("http-equiv", "")
    assert str(Level.L3) in text


def test_the_limits_in_the_documentation_are_those_of_the_code() -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "page.md").read_text("utf-8")
    for limit in (
        f"{page_format.CELLS} cells in grid and table",
        f"{page_format.DETAILED} with a part of their own",
        f"{MARKS} curves",
        f"{PLOT_ROWS} rows in a plot",
        f"{GROUP_ROWS} differences of a group",
        f"{page_format.FINDINGS} findings",
    ):
        assert limit in page


def test_the_more_cells_the_fewer_differences_of_each_are_told() -> None:
    assert [40, 40, 10, 4, 4] == [rows_for(count) for count in (0, 25, 100, 250, 10_000)]
    many = {f"package-{number:03}": "1.0" for number in range(100)}
    records = [*healthy(NEW), *healthy(OLD, packages=many)]
    told = words(shown(judge(run(NEW, OLD), records))[1])
    assert "package.package-000" in told
    assert "61 more: harness report" in told


# --- nights ---------------------------------------------------------------------------------------


def a_night() -> Night:
    """Two cells that broke with a package, one that vanished, one that was mended."""
    cells = cells_of(6)
    broke = {one: {"keras": "3.1.0"} for one in ("cell01", "cell02")}
    world = World(
        packages=broke,
        raised=dict.fromkeys(broke, "bad keras"),
        gone=frozenset({"cell05"}),
    )
    first = World(raised={"cell03": "trouble of old"})
    return held([night(0, cells, first), night(1, cells), night(2, cells, world)])


def test_a_night_begins_with_its_first_line_and_what_is_new() -> None:
    told = a_night()
    text = render("html", told)
    page = seen_page(text)
    line = first_line(told.events)
    assert line.startswith("2 new, 1 fixed, ")
    assert f">{line}</h1>" in text
    assert text.index(line) < text.index("first-events") < text.index('class="grid"')
    new = next(one for one in told.events if "keras" in one.title)
    assert text.count(f'href="#event-{new.id}"') >= 2
    said = words(page)
    for part in (new.title, f"run {new.first_bad}", new.reproduce, f"Event {new.id}"):
        assert part
        assert part in said


def test_what_is_known_or_fixed_is_folded_and_does_not_alarm() -> None:
    told = a_night()
    part = night_part(told)
    assert {"fixed"} == {one.word for one in part.quiet}
    assert {"pass"} == {one.verdict for one in part.quiet}
    assert "fail" == part.look
    quiet = replace(told, events=tuple(one for one in told.events if is_quiet(one)))
    assert "pass" == night_part(quiet).look
    assert "Nothing is new" in words(seen_page(render("html", quiet)))
