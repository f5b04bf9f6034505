"""What is kept by identity is never taken for what was made of another value."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from harness.compare.kept import KeptByIdentity


@given(st.lists(st.lists(st.integers(), max_size=3), max_size=20))
def test_each_value_has_what_was_made_of_it(values: list[list[int]]) -> None:
    total: KeptByIdentity[list[int], int] = KeptByIdentity(sum, most=3)
    for value in (*values, *reversed(values)):
        assert sum(value) == total(value)
    for number in range(50):  # of values that nobody else holds
        assert number == total([number])


def test_the_same_value_is_asked_once() -> None:
    asked: list[str] = []

    def make(text: str) -> int:
        asked.append(text)
        return len(text)

    kept = KeptByIdentity(make)
    one = "a text"
    assert [6, 6] == [kept(one), kept(one)]
    assert ["a text"] == asked
