"""What is remembered of patterns is what asking them one by one says."""

from __future__ import annotations

from fnmatch import fnmatchcase

from hypothesis import given
from hypothesis import strategies as st

from harness.compare.facts import nature_of
from harness.compare.patterns import matches, natures_of, rules_of
from harness.compare.rules import expectation_for
from harness.model import Expectation, Nature

NAMES = st.text(alphabet="ab.[]*", min_size=1, max_size=4)
RULES = st.builds(
    Expectation,
    facts=NAMES,
    rule=st.sampled_from(["exact", "ignore"]),
    cells=st.one_of(st.just("*"), NAMES),
)


@given(st.lists(RULES, max_size=6).map(tuple), st.lists(NAMES, max_size=5), NAMES)
def test_the_first_rule_that_matches_fact_and_cell_decides(
    rules: tuple[Expectation, ...], facts: list[str], cell: str
) -> None:
    for fact in facts:
        asked = (
            one for one in rules if fnmatchcase(fact, one.facts) and fnmatchcase(cell, one.cells)
        )
        assert next(asked, None) is expectation_for(rules, fact, cell)


def test_rules_of_another_run_are_not_taken_for_these() -> None:
    one = (Expectation(facts="a", rule="ignore"),)
    other = (Expectation(facts="a", rule="exact"),)
    for rules in (one, other, one, (*other,)):
        assert rules[0] is expectation_for(rules, "a", "cell")
    for count in range(200):  # more than are kept
        rules = (Expectation(facts="a", rule="ignore", reason=str(count)),)
        assert rules[0] is expectation_for(rules, "a", "cell")
    assert one[0] is expectation_for(one, "a", "cell")
    assert rules_of(one) is rules_of(one)


@given(st.lists(st.tuples(NAMES, st.sampled_from(Nature)), max_size=5).map(tuple), NAMES)
def test_the_first_pattern_says_what_a_fact_is(
    natures: tuple[tuple[str, Nature], ...], fact: str
) -> None:
    stated = (kind for pattern, kind in natures if fnmatchcase(fact, pattern))
    assert next(stated, Nature.STATIC) is nature_of(fact, natures)
    assert natures_of(natures) is natures_of(natures)


@given(NAMES, NAMES)
def test_a_name_matches_as_the_shell_says(name: str, pattern: str) -> None:
    assert fnmatchcase(name, pattern) == matches(name, pattern)
