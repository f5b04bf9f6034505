"""A suite of one cell, as text: its row with the base, defaults and bands it needs. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from harness.model import Cell


def suite_text(tree: Mapping[str, Any], cell: Cell, said: str) -> str:
    """The matrix.yaml of one cell, taken out of the tree of a whole one.

    A row that is there is taken as it is written, without its tags; another one is written from
    the cell. `said` goes on top, as a comment.
    """
    rows = [row for row in tree.get("cells", ()) if row.get("id") == cell.id]
    row = {key: value for key, value in rows[0].items() if key != "tags"} if rows else _row(cell)
    lines = [f"# {line}".rstrip() for line in said.splitlines()]
    lines += ["version: 1", f"name: {_flow(cell.id)}", "bases:"]
    lines += [f"  {_flow(cell.base)}:", *_mapping(tree["bases"][cell.base], 4)]
    if tree.get("defaults"):
        lines += ["defaults:", *_mapping(tree["defaults"], 2)]
    lines += ["cells:", *_item(row)]
    if bands := tree.get("bands"):
        lines += ["bands:", *(f"  - {_flow(band)}" for band in bands)]
    return "\n".join(lines) + "\n"


def _row(cell: Cell) -> dict[str, Any]:
    values = {
        "id": cell.id,
        "framework": dict(cell.framework),
        "cuda": cell.cuda,
        "base": cell.base,
        "install": list(cell.install),
        "constraints": list(cell.constraints),
        "as-of": cell.as_of,
        "interpreter": cell.interpreter,
        "environment": dict(cell.environment),
        "gpu": cell.gpu,
    }
    return {key: value for key, value in values.items() if value}


def _item(row: Mapping[str, Any]) -> Iterator[str]:
    for number, line in enumerate(_mapping(row, 4)):
        yield f"  - {line[4:]}" if number == 0 else line


def _mapping(values: Mapping[str, Any], indent: int) -> Iterator[str]:
    """Keys on lines of their own; lists of mappings one line each."""
    for key, value in values.items():
        if isinstance(value, list) and value and all(isinstance(one, dict) for one in value):
            yield f"{' ' * indent}{key}:"
            yield from (f"{' ' * (indent + 2)}- {_flow(one)}" for one in value)
        else:
            yield f"{' ' * indent}{key}: {_flow(value)}"


def _flow(value: object) -> str:
    """JSON, which YAML reads alike."""
    return json.dumps(value, ensure_ascii=False)
