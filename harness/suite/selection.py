"""Select the cells that a command applies to: by globs over ids, by tags, or by the suite's
default."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fnmatch import fnmatchcase

from harness.errors import NothingToRunError, UsageError
from harness.model import AskedMore, Cell, Scalar, Suite
from harness.text import name_remedy


def select(suite: Suite, cells: Sequence[str] = (), tags: Sequence[str] = ()) -> tuple[Cell, ...]:
    """The cells that match any of the globs and have any of the tags, in the suite's order.

    Without globs and tags: the cells with one of the suite's default tags, or all if there are no
    default tags. Raises UsageError for a glob or tag that no cell has, and if no cell has both.
    Raises NothingToRunError if every cell of the suite is left out.
    """
    if not suite.cells:
        raise _all_left_out(suite)
    for glob in cells:
        if not any(fnmatchcase(cell.id, glob) for cell in suite.cells):
            raise _no_cell(suite, glob)
    known = {tag for cell in suite.cells for tag in cell.tags}
    for tag in tags:
        if tag not in known:
            raise UsageError(
                f"no cell has the tag `{tag}`", remedy=name_remedy(tag, known, what="the tags are")
            )
    wanted = tags_of(suite, cells, tags)
    chosen = tuple(
        cell
        for cell in suite.cells
        if (not cells or any(fnmatchcase(cell.id, glob) for glob in cells))
        and (not wanted or any(tag in cell.tags for tag in wanted))
    )
    if not chosen and not (cells or tags):
        raise UsageError(
            f"no cell has one of the default tags {_listed(suite.default)}",
            remedy="correct `default:` in matrix.yaml, or name cells with --cell",
        )
    if not chosen:
        raise UsageError(
            f"no cell matches {_listed(cells)} and has one of the tags {_listed(tags)}",
            remedy="give globs or tags alone, or see `harness plan`",
        )
    return chosen


def tags_of(suite: Suite, cells: Sequence[str], tags: Sequence[str]) -> tuple[str, ...]:
    """The tags that a selection uses: the named ones or, if neither tags nor cells are named, the
    suite's default tags."""
    return tuple(tags or (() if cells else suite.default))


def with_tags(suite: Suite, tags: Sequence[str]) -> Suite:
    """The suite with the additional probes and settings of these tags.

    The settings replace all others; of several tags the one written last wins.
    """
    more = [one for one in suite.asked_more if one.tag in tags]
    if not more:
        return suite
    return replace(
        suite,
        also=tuple(dict.fromkeys(name for one in more for name in one.probes)),
        cells=tuple(replace(cell, settings=_settings(cell, more)) for cell in suite.cells),
    )


def _settings(
    cell: Cell, more: Sequence[AskedMore]
) -> tuple[tuple[str, tuple[tuple[str, Scalar], ...]], ...]:
    merged = {probe: dict(values) for probe, values in cell.settings}
    for one in more:
        for probe, values in one.settings:
            merged.setdefault(probe, {}).update(values)
    return tuple((probe, tuple(sorted(values.items()))) for probe, values in sorted(merged.items()))


def _all_left_out(suite: Suite) -> NothingToRunError:
    """One error that lists every left-out cell with its reason."""
    lines = [
        f"  {one.id}: {one.reason}" + (f" ({one.place})" if one.place else "")
        for one in suite.excluded
    ]
    if not lines:
        return NothingToRunError(
            f"the suite {suite.name} has no cells", remedy="add one to its matrix.yaml"
        )
    return NothingToRunError(
        f"every cell of the suite {suite.name} is left out:\n" + "\n".join(lines),
        remedy="take what leaves them out from `exclude:` in matrix.yaml, or add cells",
    )


def _no_cell(suite: Suite, glob: str) -> UsageError:
    left_out = next((cell for cell in suite.excluded if fnmatchcase(cell.id, glob)), None)
    if left_out is not None:
        return UsageError(f"cell `{left_out.id}` is left out: {left_out.reason}")
    ids = [cell.id for cell in suite.cells]
    return UsageError(
        f"no cell matches `{glob}`", remedy=name_remedy(glob, ids, what="the cells are")
    )


def _listed(words: Sequence[str]) -> str:
    return ", ".join(f"`{word}`" for word in words)
