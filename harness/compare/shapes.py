"""The facts of a cell with one round, in two halves: names with natures, which many cells share,
and values.

A *shape* says which facts there are, and of which nature each is. Whatever depends on that alone
(which fact is a metric, which rule judges it) is found once for each shape, not once for each cell.
A `Merged` value is only made for a fact that somebody asks for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, overload

from harness.compare.merged import Merged
from harness.compare.patterns import NatureBook
from harness.model import Fact, Facts, Nature

_MOST = 4096
"""How many shapes are kept; more than any store has."""


class AnswerShape:
    """The names and natures of the facts in one answer of a probe."""

    __slots__ = ("book", "names", "natures", "probe", "rounds")

    def __init__(self, names: Iterable[str], book: NatureBook, probe: str, number: int) -> None:
        self.names = tuple(sorted(names))
        self.natures: Mapping[str, Nature] = {name: book.nature(name) for name in self.names}
        self.book = book
        self.probe = probe
        self.rounds = (number,)

    def merged(self, name: str, value: Fact) -> Merged:
        """Return a fact of this answer as one that was merged over its only round."""
        return Merged(
            fact=name,
            nature=self.natures[name],
            probe=self.probe,
            values=(value,),
            rounds=self.rounds,
        )


class AnswerFacts(Mapping[str, Merged]):
    """The facts of one answer, by name, in order."""

    __slots__ = ("shape", "stated")

    def __init__(self, shape: AnswerShape, stated: Facts) -> None:
        self.shape = shape
        self.stated = stated
        """The values, as the answer states them."""

    def __getitem__(self, name: str) -> Merged:
        return self.shape.merged(name, self.stated[name])

    def __contains__(self, name: object) -> bool:
        return name in self.stated

    def __iter__(self) -> Iterator[str]:
        return iter(self.shape.names)

    def __len__(self) -> int:
        return len(self.shape.names)

    def __repr__(self) -> str:
        return repr(dict(self))


class CellShape:
    """The names of the facts in all answers of a cell, and which answer gives each."""

    __slots__ = ("names", "parts", "where")

    def __init__(self, parts: tuple[AnswerShape, ...]) -> None:
        self.parts = parts
        self.where = {name: at for at, part in enumerate(parts) for name in part.names}
        self.names = tuple(sorted(self.where))

    @property
    def clash(self) -> bool:
        """Whether two answers give the same fact."""
        return len(self.names) < sum(len(part.names) for part in self.parts)


class FactsOfCell(Mapping[str, Merged]):
    """The facts of all answers of a cell that has one round, by name, in order."""

    __slots__ = ("parts", "shape")

    def __init__(self, shape: CellShape, parts: tuple[AnswerFacts, ...]) -> None:
        self.shape = shape
        self.parts = parts

    def __getitem__(self, name: str) -> Merged:
        return self.parts[self.shape.where[name]][name]

    @overload
    def get(self, name: str, /) -> Merged | None: ...
    @overload
    def get(self, name: str, default: Any, /) -> Any: ...
    def get(self, name: str, default: Any = None, /) -> Any:
        """Return a fact, or the default where there is none."""
        at = self.shape.where.get(name)
        return default if at is None else self.parts[at][name]

    def stated(self, name: str) -> Fact:
        """Return the value of a fact, as its answer states it; None where there is none."""
        at = self.shape.where.get(name)
        return None if at is None else self.parts[at].stated[name]

    def __contains__(self, name: object) -> bool:
        return name in self.shape.where

    def __iter__(self) -> Iterator[str]:
        return iter(self.shape.names)

    def __len__(self) -> int:
        return len(self.shape.names)

    def __repr__(self) -> str:
        return repr(dict(self))


_ANSWERS: dict[tuple[tuple[str, ...], int, str, int], AnswerShape] = {}
_CELLS: dict[tuple[int, ...], CellShape] = {}
"""Keyed by the identity of the answers' shapes, which the entry keeps alive."""


def facts_of_answer(facts: Facts, book: NatureBook, probe: str, number: int) -> AnswerFacts:
    """Return the facts of an answer of `probe` in round `number`."""
    key = (tuple(facts), id(book), probe, number)
    shape = _ANSWERS.get(key)
    if shape is None:
        if len(_ANSWERS) >= _MOST:
            _ANSWERS.clear()
        shape = _ANSWERS[key] = AnswerShape(facts, book, probe, number)
    return AnswerFacts(shape, facts)


def facts_of_cell(parts: Iterable[AnswerFacts]) -> FactsOfCell | None:
    """Join the facts of several answers; None where two of them give the same fact."""
    told = tuple(parts)
    key = tuple(id(part.shape) for part in told)
    shape = _CELLS.get(key)
    if shape is None:
        if len(_CELLS) >= _MOST:
            _CELLS.clear()
        shape = _CELLS[key] = CellShape(tuple(part.shape for part in told))
    return None if shape.clash else FactsOfCell(shape, told)
