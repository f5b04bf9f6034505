"""Check what one part of a matrix says about another: whether names exist, and values agree."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from harness.errors import Problem
from harness.suite.diagnosis import Diagnosis
from harness.suite.document import Document
from harness.suite.lines import Where
from harness.suite.taken import is_base
from harness.text import name_remedy

if TYPE_CHECKING:
    from harness.model import Cell, Excluded
    from harness.suite.schema import Axis, BandTable, CellTable, ExpectationTable, Matrix

_ORIGINS = ("base", "dockerfile", "image", "host")
_DOCKERFILE_ONLY = ("context", "args", "target", "platform", "from", "build-network", "secrets")
_BUILT_ONLY = ("install", "constraints", "as-of", "environment")


@dataclass(frozen=True, kw_only=True, slots=True)
class Named:
    """The names that are defined in a document, including those of parts with problems."""

    bases: frozenset[str]
    tags: frozenset[str]
    whole: bool
    """Whether no row or product is left out because of a problem, so that a name that is missing
    here really does not exist."""


def names(document: Document, matrix: Matrix, *, whole: bool = False) -> Named:
    """Every name that a reference may use.

    Bases are taken from the document itself, because a base with another problem still exists.
    """
    tree = document.value
    bases = tree.get("bases") if isinstance(tree, dict) else None
    tags = {tag for row in (*matrix.cells, *matrix.axes) for tag in row.tags}
    return Named(
        bases=frozenset(bases if isinstance(bases, dict) else ()),
        tags=frozenset(tags),
        whole=whole,
    )


def row_problems(
    document: Document, row: CellTable, where: Where, named: Named
) -> Iterator[Problem]:
    """The problems of where a row's cell comes from (base, Dockerfile, image or host)."""
    origins = [key for key in _ORIGINS if getattr(row, key)]
    if len(origins) != 1:
        got = " and ".join(f"`{key}`" for key in origins) or "none"
        yield document.problem(
            f"cell `{row.id}` needs one of {_quoted(_ORIGINS)}, got {got}", (*where, "id")
        )
    yield from build_problems(document, row, where)
    for image, base in row.images.items():
        if is_base(base) and base not in named.bases:
            yield unknown_base(document, base, (*where, "from", image), named)
    if origins and "base" not in origins:
        for key in _BUILT_ONLY:
            if key.replace("-", "_") in row.model_fields_set:
                hint = "; to change an existing image's own, see `profile`"
                yield document.problem(
                    f"`{key}` is for cells on a base, and this one takes what `{origins[0]}` has",
                    (*where, key),
                    at_key=True,
                    remedy=f"remove it, or name a `base`{hint if key == 'environment' else ''}",
                )
    if row.base and row.base not in named.bases:
        yield unknown_base(document, row.base, (*where, "base"), named)


def build_problems(document: Document, row: CellTable | Axis, where: Where) -> Iterator[Problem]:
    """The problems of a row's keys for the build of a Dockerfile."""
    if not row.dockerfile:
        for key in _DOCKERFILE_ONLY:
            name = "images" if key == "from" else key.replace("-", "_")
            if name in row.model_fields_set:
                yield document.problem(
                    f"`{key}` is for cells that are built of a Dockerfile",
                    (*where, key),
                    at_key=True,
                    remedy="name one by `dockerfile`, or remove it",
                )
    seen: set[str] = set()
    for number, secret in enumerate(row.secrets):
        at = (*where, "secrets", number)
        if bool(secret.env) == bool(secret.file):
            yield document.problem(
                f"the secret `{secret.id}` needs one of `env`, `file`", (*at, "id")
            )
        if secret.id in seen:
            yield document.problem(f"there are two secrets `{secret.id}`", (*at, "id"))
        seen.add(secret.id)


def _quoted(keys: Iterable[str]) -> str:
    return ", ".join(f"`{key}`" for key in keys)


def unknown_base(document: Document, base: str, where: Where, named: Named) -> Problem:
    """The problem of a base that does not exist."""
    return document.problem(
        f"there is no base `{base}`",
        where,
        remedy=name_remedy(base, named.bases, what="the bases are"),
    )


def python_problem(
    document: Document, cell: Cell, pythons: Mapping[str, str], where: Where
) -> Iterator[Problem]:
    """The problem of a cell whose Python is not that of its base."""
    own = pythons.get(cell.base, "")
    if cell.python and own and cell.python != own:
        yield document.problem(
            f"cell `{cell.id}` claims Python {cell.python}, its base `{cell.base}` has {own}",
            (*where, "python"),
        )


def twins(document: Document, made: Collection[tuple[Cell | Excluded, Where]]) -> Iterator[Problem]:
    """The problems of cells with the same id, one for each row or product.

    Case is ignored, because names of images are in lower case.
    """
    first: dict[str, Where] = {}
    told: set[Where] = set()
    for cell, where in made:
        name = cell.id.lower()
        if name not in first:
            first[name] = where
        elif where not in told:
            told.add(where)
            line = document.spot((*first[name], "id")).value.line
            yield document.problem(
                f"there are two cells `{cell.id}`",
                (*where, "id"),
                note=f"also on line {line}" if first[name] != where else "",
                remedy="name every axis in the template" if where[0] == "axes" else "",
            )


def suite_problems(
    document: Document,
    diagnosis: Diagnosis,
    cells: Collection[Cell],
    excluded: Collection[Excluded],
    named: Named,
) -> Iterator[Problem]:
    """The problems of the reference, the tags, the bases, expectations and bands."""
    matrix = diagnosis.matrix
    assert matrix is not None
    ids = {cell.id for cell in cells}
    left_out = {cell.id: cell.reason for cell in excluded}
    if named.whole:
        if not ids and not left_out:
            yield document.problem("there is no cell", (), remedy="add one under `cells`")
        if matrix.reference in left_out:
            reason = left_out[matrix.reference]
            yield document.problem(
                f"the reference `{matrix.reference}` is left out: {reason}", ("reference",)
            )
        elif matrix.reference and matrix.reference not in ids:
            yield document.problem(
                f"there is no cell `{matrix.reference}`",
                ("reference",),
                remedy=name_remedy(matrix.reference, ids, what="the cells are"),
            )
        for number, tag in enumerate(matrix.default):
            if tag not in named.tags:
                yield document.problem(
                    f"no cell has the tag `{tag}`",
                    ("default", number),
                    remedy=name_remedy(tag, named.tags, what="the tags are"),
                )
        for tag in matrix.tags:
            if tag not in named.tags:
                yield document.problem(
                    f"no cell has the tag `{tag}`",
                    ("tags", tag),
                    at_key=True,
                    remedy=name_remedy(tag, named.tags, what="the tags are"),
                )
    for base, table in matrix.bases.items():
        for number, source in enumerate(table.sources):
            own = getattr(source, "prefix", table.python)
            if own != table.python:
                yield document.problem(
                    f"base `{base}` has Python {table.python}, this source {own}",
                    ("bases", base, "sources", number, "prefix"),
                )
    for number, rule in enumerate(matrix.expectations):
        where = diagnosis.where("expectations", number)
        yield from _expectation(document, rule, where)
        globbed = any(fnmatchcase(known, rule.cells) for known in (*ids, *left_out))
        if named.whole and not globbed:
            yield document.problem(
                f"no cell matches `{rule.cells}`",
                (*where, "cells"),
                remedy=name_remedy(rule.cells, ids, what="the cells are"),
            )
    seen: set[tuple[Any, ...]] = set()
    for number, band in enumerate(matrix.bands):
        yield from _band(document, band, diagnosis.where("bands", number), seen)


def _expectation(document: Document, rule: ExpectationTable, where: Where) -> Iterator[Problem]:
    bounds = [key for key in ("absolute", "relative") if getattr(rule, key) is not None]
    if rule.rule == "within" and not bounds:
        yield document.problem(
            "`within` needs a bound", (*where, "rule"), remedy="add `absolute` or `relative`"
        )
    if rule.rule == "allowed" and not rule.reason:
        yield document.problem(
            "`allowed` needs a reason", (*where, "rule"), remedy="add `reason`, for the reports"
        )
    if None not in (rule.margin, rule.minimum) and not rule.minimum < rule.margin:  # type: ignore[operator]
        yield document.problem(
            f"`minimum` is not below `margin` ({rule.margin:g}): a difference could be both",
            (*where, "minimum"),
        )
    for key, only in (
        (bounds[0] if bounds else "", "within"),
        ("until", "allowed"),
        ("margin", "equivalent"),
        ("minimum", "equivalent"),
    ):
        if key and key in rule.model_fields_set and rule.rule != only:
            yield document.problem(
                f"`{key}` means something to `{only}` alone", (*where, key), at_key=True
            )


def _band(
    document: Document, band: BandTable, where: Where, seen: set[tuple[Any, ...]]
) -> Iterator[Problem]:
    if band.low > band.high:
        yield document.problem(f"`low` is above `high` ({band.high:g})", (*where, "low"))
    if (band.steps is None) == (band.epochs is None):
        yield document.problem("a band is for `steps` or for `epochs`", where)
    own = (band.fact, band.dataset, band.steps, band.epochs)
    if own in seen:
        yield document.problem("there is a band for this already", where)
    seen.add(own)
