"""Matches names against shell-style patterns, each pair only once.

A report asks some hundred thousand times which of a few patterns a name matches, while there are
only some hundred names. Results are cached, up to a limit, so that a long-lived process does not
grow.
"""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase
from functools import lru_cache

from harness.model import Expectation, Nature

EVERY = "*"
_KEPT = 64
_NAMES = 100_000


@lru_cache(maxsize=_NAMES)
def matches(name: str, pattern: str) -> bool:
    """Tell whether a name matches a shell-style pattern; case matters."""
    return fnmatchcase(name, pattern)


class RuleBook:
    """Expectations in written order, and which of them match a fact."""

    def __init__(self, expectations: tuple[Expectation, ...]) -> None:
        self.expectations = expectations
        self.for_every_cell = all(one.cells == EVERY for one in expectations)
        """Whether they decide alike in all cells."""
        self._of: dict[str, tuple[Expectation, ...]] = {}
        self._limited = tuple(
            dict.fromkeys(one.cells for one in expectations if one.cells != EVERY)
        )
        self._in_cells: dict[tuple[bool, ...], RuleBook] = {}

    def of_cell(self, cell: str) -> RuleBook:
        """Return the book of the expectations that concern a cell: one object for all cells that
        the same ones concern."""
        if self.for_every_cell:
            return self
        concerned = tuple(matches(cell, pattern) for pattern in self._limited)
        book = self._in_cells.get(concerned)
        if book is None:
            if len(self._in_cells) >= _NAMES:
                self._in_cells.clear()
            others = {one for one, told in zip(self._limited, concerned, strict=True) if not told}
            kept = tuple(one for one in self.expectations if one.cells not in others)
            book = self._in_cells[concerned] = RuleBook(kept)
        return book

    def first(self, fact: str) -> Expectation | None:
        """Return the first expectation that matches the fact, in a book of one cell."""
        return next(iter(self.matching(fact)), None)

    def matching(self, fact: str) -> tuple[Expectation, ...]:
        """Return the expectations whose pattern matches the fact, whatever their cells. The first
        one that is for all cells is the last in the result, since none after it ever decides."""
        found = self._of.get(fact)
        if found is None:
            found = self._of[fact] = self._matching(fact)
        return found

    def _matching(self, fact: str) -> tuple[Expectation, ...]:
        if len(self._of) >= _NAMES:
            self._of.clear()
        told = []
        for one in self.expectations:
            if fnmatchcase(fact, one.facts):
                told.append(one)
                if one.cells == EVERY:
                    break
        return tuple(told)

    def rule(self, fact: str, cell: str) -> Expectation | None:
        """Return the first expectation that matches both the fact and the cell; None where none
        does."""
        for one in self.matching(fact):
            if one.cells == EVERY or matches(cell, one.cells):
                return one
        return None


class NatureBook:
    """The natures that a probe declares, by pattern, and the nature of each fact."""

    def __init__(self, natures: tuple[tuple[str, Nature], ...]) -> None:
        self.natures = natures
        self._of: dict[str, Nature] = {}

    def nature(self, fact: str) -> Nature:
        """Return the nature of a fact: that of the first pattern that matches, otherwise static."""
        found = self._of.get(fact)
        if found is None:
            if len(self._of) >= _NAMES:
                self._of.clear()
            stated = (kind for pattern, kind in self.natures if fnmatchcase(fact, pattern))
            found = self._of[fact] = next(stated, Nature.STATIC)
        return found


_RULES: dict[int, RuleBook] = {}
_NATURES: dict[int, NatureBook] = {}
"""Keyed by the identity of the tuples they are made of. The books keep these alive, so that their
identities stay valid; comparing or hashing thirty rules would take longer than asking them."""


def rules_of(expectations: Iterable[Expectation]) -> RuleBook:
    """Return the book of these expectations; the same tuple gives the same book."""
    told = tuple(expectations)
    book = _RULES.get(id(told))
    if book is None:
        if len(_RULES) >= _KEPT:
            _RULES.clear()
        book = _RULES[id(told)] = RuleBook(told)
    return book


def natures_of(natures: Iterable[tuple[str, Nature]]) -> NatureBook:
    """Return the book of these natures; the same tuple gives the same book."""
    told = tuple(natures)
    book = _NATURES.get(id(told))
    if book is None:
        if len(_NATURES) >= _KEPT:
            _NATURES.clear()
        book = _NATURES[id(told)] = NatureBook(told)
    return book
