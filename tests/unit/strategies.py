"""Hypothesis strategies for every frozen type of the model, made from its annotations."""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import is_dataclass, replace
from enum import Enum
from functools import cache
from typing import Any, Union, get_args, get_origin, get_type_hints

from hypothesis import strategies as st

from harness import model

NAMES = st.text(
    st.characters(codec="ascii", categories=("Ll", "Nd"), include_characters=".-_"),
    min_size=1,
    max_size=6,
)
TEXTS = st.one_of(NAMES, st.text(max_size=6))
_LEAVES: dict[object, st.SearchStrategy[Any]] = {
    str: TEXTS,
    int: st.integers(-(2**70), 2**70),
    bool: st.booleans(),
    float: st.floats(allow_nan=False, allow_infinity=False) | st.integers(-9, 9),
    type(None): st.none(),
}
_EXACT_FLOAT = st.floats(allow_nan=False, allow_infinity=False)
SCALARS: st.SearchStrategy[model.Scalar] = st.one_of(
    TEXTS, _LEAVES[int], _EXACT_FLOAT, st.booleans(), st.none()
)
FACTS = st.dictionaries(TEXTS, SCALARS | st.lists(SCALARS, max_size=4).map(tuple), max_size=4)

MODEL_TYPES: tuple[type, ...] = tuple(
    kind for kind in vars(model).values() if isinstance(kind, type) and is_dataclass(kind)
)


@cache
def any_of(kind: Any) -> st.SearchStrategy[Any]:
    """Values of a model type, or of any annotation that occurs in one."""
    origin, arguments = get_origin(kind), get_args(kind)
    if kind == model.Scalar:
        return SCALARS
    if kind == model.Facts:
        return FACTS
    if kind in _LEAVES:
        return _LEAVES[kind]
    if origin in (Union, types.UnionType):
        return st.one_of([any_of(argument) for argument in arguments])
    if origin is tuple and arguments[-1] is Ellipsis:
        return st.lists(any_of(arguments[0]), max_size=2).map(tuple)
    if origin is tuple:
        return st.tuples(*map(any_of, arguments))
    if origin is Mapping:
        return st.dictionaries(any_of(arguments[0]), any_of(arguments[1]), max_size=2)
    if issubclass(kind, Enum):
        return st.sampled_from(kind)
    # Deferred, because the recipe of a Dockerfile can have others in it.
    return st.deferred(lambda: _built(kind))


def _built(kind: Any) -> st.SearchStrategy[Any]:
    hints = get_type_hints(kind)
    return st.builds(kind, **{name: any_of(hint) for name, hint in hints.items()})


@st.composite
def runs(draw: st.DrawFn, state: str = "running") -> model.Run:
    """Runs as a runner begins them: distinct planned pairs, a few rounds, probes without text."""
    run = draw(any_of(model.Run))
    return replace(
        run,
        id="20261120T2345" + draw(st.text("0123456789", min_size=2, max_size=2)) + "Z-3f9a",
        state=state,
        ended="",
        rounds=draw(st.integers(1, 2)),
        pairs=tuple(draw(st.lists(st.tuples(NAMES, NAMES), max_size=3, unique=True))),
        probes=tuple(replace(probe, source="") for probe in run.probes),
        opinions=None,
        looks=draw(st.none() | st.lists(st.integers(1, 12), max_size=2).map(tuple)),
        cell_rounds=None,
        # Told from the records: tests/unit/test_hosts.py.
        hosts=None,
        taken=None,
    )


def records_for(key: model.Key) -> st.SearchStrategy[model.Record]:
    """Any record with this key."""
    return any_of(model.Record).map(
        lambda record: replace(record, run=key.run, cell=key.cell, round=key.round, probe=key.probe)
    )
