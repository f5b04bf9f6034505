"""Groups of cells that computed the same bits, and where the others part from them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from harness.compare.bits import BitsGroup, BitsOf, bits_of
from harness.compare.judge import judge
from harness.compare.judgement import Judgement
from harness.formats import render
from harness.model import Cell, Fact, Nature, Record
from tests.unit.builders import MNIST, cell, record, run
from tests.unit.harmless import harmless_text

BITS = replace(
    MNIST,
    name="bits",
    natures=(("bits.digests", Nature.MEASURED), ("bits.loss", Nature.MEASURED)),
    evidence=(),
    dataset="",
)
TENSORS = ("conv1", "hidden", "loss")
CELLS = tuple(cell(f"tf{version}-py3.13", version) for version in ("1.2.1", "2.20.0", "2.21.0"))
OLD, SAME_ONE, SAME_OTHER = CELLS


def digests(other_from: int | None = None, steps: int = 3) -> tuple[str, ...]:
    """Of each tensor of each step; from one on another's."""
    changed = steps * len(TENSORS) if other_from is None else other_from
    return tuple(
        f"{place:015x}{'a' if place < changed else 'b'}" for place in range(steps * len(TENSORS))
    )


def facts(told: Sequence[Fact], **more: Fact) -> dict[str, Fact]:
    usual: dict[str, Fact] = {
        "bits.tensors": TENSORS,
        "bits.digests": tuple(told),  # type: ignore[dict-item]
        "bits.initial_weights_sha256": "w",
        "bits.batches_sha256": "i",
        "bits.steps": 3,
    }
    return {**usual, **{f"bits.{name}": value for name, value in more.items()}}


def judged(answers: Mapping[Cell, Sequence[Mapping[str, Fact]]]) -> Judgement:
    records: list[Record] = []
    for of, rounds in answers.items():
        records += [
            record("bits", dict(said), of=of.id, round_=number)
            for number, said in enumerate(rounds, 1)
        ]
    most = max(map(len, answers.values()))
    return judge(run(*answers, probes=(BITS,), rounds=most), records)


def test_cells_with_equal_bits_are_a_group_and_the_others_say_where_they_part() -> None:
    found = judged(
        {
            OLD: [facts(digests(4))],
            SAME_ONE: [facts(digests())],
            SAME_OTHER: [facts(digests())],
        }
    )
    assert (
        BitsOf(
            fact="bits.digests",
            groups=(
                BitsGroup(cells=(OLD.id,)),
                BitsGroup(
                    cells=(SAME_ONE.id, SAME_OTHER.id), parts="first apart at step 2, in hidden"
                ),
            ),
        ),
    ) == found.bits
    for name in ("terminal", "markdown"):
        shown = " ".join(render(name, found).replace("\\", "").split())
        assert "group 1 of 2: tf1.2.1-py3.13: bits of its own." in shown
        assert (
            "group 2 of 2: tf2.20.0-py3.13, tf2.21.0-py3.13: equal bits; first apart at step 2, "
            "in hidden." in shown
        )
    assert '"parts": "first apart at step 2, in hidden"' in render("json", found)


def test_the_references_group_is_the_first_wherever_it_stands() -> None:
    told = judged({OLD: [facts(digests(0))], SAME_ONE: [facts(digests())]})
    views = [(one.cell.id, {}) for one in told.cells]
    assert () == bits_of(views, OLD.id)
    turned = replace(told.run, rules=replace(told.run.rules, reference=SAME_ONE.id))
    records = [
        record("bits", facts(digests(0)), of=OLD.id),
        record("bits", facts(digests()), of=SAME_ONE.id),
    ]
    (found,) = judge(turned, records).bits
    assert [(SAME_ONE.id,), (OLD.id,)] == [one.cells for one in found.groups]


def test_a_cell_whose_rounds_do_not_agree_is_in_no_group() -> None:
    found = judged(
        {
            OLD: [facts(digests()), facts(digests())],
            SAME_ONE: [facts(digests()), facts(digests(5))],
        }
    )
    (told,) = found.bits
    assert (SAME_ONE.id,) == told.unsteady
    assert [(OLD.id,)] == [one.cells for one in told.groups]
    assert "their own rounds do not agree" in " ".join(render("terminal", found).split())


def test_equal_digests_of_other_numbers_are_no_equal_bits() -> None:
    (told,) = judged(
        {OLD: [facts(digests())], SAME_ONE: [facts(digests(), batches_sha256="other")]}
    ).bits
    assert "it computes from other numbers: batches" == told.groups[1].parts


def test_other_tensors_or_another_number_of_digests_are_said() -> None:
    for other in (facts(digests(), tensors=("a", "b", "c")), facts(digests()[:-1])):
        (told,) = judged({OLD: [facts(digests(3))], SAME_ONE: [other]}).bits
        assert "its steps have other tensors" == told.groups[1].parts


def test_digests_that_are_none_are_in_no_group() -> None:
    for odd in ("text", (), (1.0, 2.0), None):
        (told,) = judged(
            {OLD: [facts(digests())], SAME_ONE: [facts((), digests=odd)]}  # type: ignore[dict-item]
        ).bits
        assert (SAME_ONE.id,) == told.unsteady


@given(st.text(max_size=30), st.integers(min_value=0, max_value=8))
def test_what_an_image_calls_its_tensors_is_harmless_in_a_report(name: str, place: int) -> None:
    tensors = (name, name, name)
    told = judged(
        {
            OLD: [facts(digests(), tensors=tensors)],
            SAME_ONE: [facts(digests(place), tensors=tensors)],
        }
    )
    harmless_text(render("terminal", told))
