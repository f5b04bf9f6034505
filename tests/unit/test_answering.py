"""Which stored records answer for a cell: those of the same suite, content, probes and engine."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.model import Cell, EngineInfo, ImageIdentity, Level, Outcome, Probe, Profile, Record
from harness.model import Run as Ran
from harness.running.answering import Sought, answers, comparable_engines, newest_answer, sought
from tests.unit.builders import healthy, run
from tests.unit.strategies import any_of

RECIPE = "r" * 64
BUILT = Cell(id="c", framework=(("tensorflow", "2.21.0"),), python="3.13", base="trixie")
NAMED = Cell(id="c", image="registry/image:1")
THERE = Cell(id="c", host="python3")
PROBES = tuple(Probe(name=name, question="?", source="", digest=name * 2) for name in ("a", "b"))
IMAGE = ImageIdentity(id="sha256:1", layers=("l",), recipe=RECIPE)

NOT_CONTENT = {"id", "place", "tags", "expect"}
"""Fields of a cell that decide no answer: the name, where it is written, how it is selected and
judged."""
OF_THE_RECIPE = {"base", "install", "constraints", "as_of", "environment"}


def stored(
    cell: Cell, *, rounds: int = 1, probes: tuple[Probe, ...] = PROBES, engine: str = "docker"
) -> tuple[Ran, tuple[Record, ...]]:
    made = replace(
        run(cell, rounds=rounds, probes=probes), suite="s", engine=EngineInfo(name=engine)
    )
    records = tuple(
        Record(
            run=made.id,
            cell=key.cell,
            round=key.round,
            probe=key.probe,
            outcome=Outcome.OK,
            probe_digest=next(one.digest for one in probes if one.name == key.probe),
            image=replace(IMAGE, recipe=RECIPE if cell.base else ""),
        )
        for key in made.planned()
    )
    return made, records


def wanted(cell: Cell, engine: str = "auto", **more: Any) -> Sought:
    made = sought("s", cell, RECIPE if cell.base else "", PROBES, engine)
    return replace(made, **more)


@pytest.mark.parametrize("cell", [BUILT, NAMED], ids=["built", "existing"])
def test_the_same_answers(cell: Cell) -> None:
    assert answers(wanted(cell), *stored(cell, rounds=3))


Change = Callable[[Ran, tuple[Record, ...]], tuple[Ran, tuple[Record, ...]]]


@pytest.mark.parametrize(
    "change",
    [
        lambda made, records: (replace(made, suite="another"), records),
        lambda made, records: (replace(made, engine=EngineInfo(name="replay")), records),
        lambda made, records: (replace(made, engine=EngineInfo(name="host")), records),
        lambda made, records: (replace(made, cells=()), records),
        lambda made, records: (replace(made, rounds=2), records),
        lambda made, records: (made, records[:1]),
        lambda made, records: (made, ()),
        lambda made, records: (made, (records[0], replace(records[1], probe_digest="other"))),
        lambda made, records: (
            made,
            (records[0], replace(records[1], outcome=Outcome.ENGINE_GONE)),
        ),
        lambda made, records: (
            made,
            (records[0], replace(records[1], image=ImageIdentity(id="sha256:2"))),
        ),
    ],
    ids=[
        "suite", "replayed", "on the host", "no such cell", "a round lacks", "a probe lacks",
        "no records", "probe changed", "engine gone", "two images",
    ],
)  # fmt: skip
@pytest.mark.parametrize("cell", [BUILT, NAMED], ids=["built", "existing"])
def test_what_was_asked_otherwise_does_not_answer(cell: Cell, change: Change) -> None:
    assert not answers(wanted(cell), *change(*stored(cell)))


@pytest.mark.parametrize("recipe", ["", "another"])
def test_an_image_of_another_recipe_or_of_none_does_not_answer_for_a_built_cell(
    recipe: str,
) -> None:
    made, records = stored(BUILT)
    records = tuple(replace(one, image=replace(IMAGE, recipe=recipe)) for one in records)
    assert not answers(wanted(BUILT), made, records)
    assert not answers(wanted(BUILT), made, tuple(replace(one, image=None) for one in records))


def test_a_built_image_that_came_out_the_same_again_is_the_same() -> None:
    made, records = stored(BUILT)
    again = (records[0], replace(records[1], image=replace(IMAGE, id="sha256:again")))
    assert answers(wanted(BUILT), made, again)


@given(st.data())
def test_whatever_changes_in_the_row_but_its_name_place_and_tags_decides(
    data: st.DataObject,
) -> None:
    name = data.draw(st.sampled_from(sorted({one.name for one in fields(Cell)} - {"id", "base"})))
    changed = replace(NAMED, **{name: getattr(data.draw(any_of(Cell)), name)})
    same = name in NOT_CONTENT or changed == NAMED
    assert same == answers(wanted(changed), *stored(NAMED))


@given(any_of(Cell), st.sampled_from(sorted(OF_THE_RECIPE - {"base"})))
def test_of_a_built_cell_the_recipe_speaks_for_what_it_covers(other: Cell, name: str) -> None:
    changed = replace(BUILT, **{name: getattr(other, name)})
    assert answers(wanted(changed), *stored(BUILT))
    assert not answers(wanted(changed, recipe="another"), *stored(BUILT))


@given(any_of(Cell), st.booleans())
def test_a_row_answers_for_itself_wherever_it_is_written(cell: Cell, built: bool) -> None:
    mine = replace(cell, base="trixie" if built else "")
    moved = replace(mine, place=None, tags=("moved",))
    assert answers(wanted(moved), *stored(mine))


def test_the_kinds_of_content_are_never_taken_for_each_other() -> None:
    assert not answers(wanted(NAMED), *stored(BUILT))
    assert not answers(wanted(BUILT), *stored(NAMED))
    assert not answers(wanted(THERE, engine="host"), *stored(NAMED, engine="host"))


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("auto", ("docker", "podman")),
        ("docker", ("docker",)),
        ("host", ("host",)),
        ("replay", ("replay",)),
    ],
)
def test_host_and_replay_answer_only_when_asked_for(asked: str, expected: tuple[str, ...]) -> None:
    assert expected == comparable_engines(asked)
    for kind in ("docker", "podman", "host", "replay"):
        found = answers(wanted(NAMED, engine=asked), *stored(NAMED, engine=kind))
        assert (kind in expected) == found


def test_more_probes_than_wanted_are_no_hindrance() -> None:
    assert answers(wanted(NAMED, probes={"a": "aa"}), *stored(NAMED))


def test_the_newest_that_answers_is_taken() -> None:
    first, second = stored(NAMED), stored(NAMED)
    newer = (replace(first[0], suite="another"), first[1])
    assert second == newest_answer(wanted(NAMED), [newer, second, first], lambda _: "")
    assert None is newest_answer(wanted(NAMED), [newer], lambda _: "")


@pytest.mark.parametrize(("now", "expected"), [("sha256:1", True), ("sha256:2", False), ("", True)])
def test_a_name_that_stands_for_another_image_now_is_not_answered_from_the_old_one(
    now: str, expected: bool
) -> None:
    kept = stored(NAMED)
    assert expected == (newest_answer(wanted(NAMED), [kept], lambda _: now) is not None)


def test_a_name_is_looked_up_once_for_each_kind_of_engine_and_not_for_a_built_cell() -> None:
    looked: list[str] = []

    def look(kind: str) -> str:
        looked.append(kind)
        return "sha256:2"

    both = [stored(NAMED, engine=kind) for kind in ("docker", "podman", "docker")]
    assert None is newest_answer(wanted(NAMED), both, look)
    assert ["docker", "podman"] == looked
    assert newest_answer(wanted(BUILT), [stored(BUILT)], look)
    assert ["docker", "podman"] == looked


def test_a_relaxed_profile_or_another_level_is_another_question() -> None:
    for changed in (
        replace(NAMED, profile=Profile(name="relaxed", memory_bytes=1)),
        replace(NAMED, level=Level.L0),
        replace(NAMED, settings=(("a", (("steps", 1),)),)),
    ):
        assert not answers(wanted(changed), *stored(NAMED))


def test_records_of_another_cell_do_not_answer() -> None:
    made, records = stored(NAMED)
    others = [replace(one, cell="other") for one in records]
    assert not answers(wanted(NAMED), made, others)
    assert not answers(wanted(NAMED), run(NAMED), healthy(NAMED))
