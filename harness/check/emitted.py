"""Write a suite of one cell as text: its row with the base, defaults and bands it needs. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from io import StringIO
from typing import Any

from ruamel.yaml import YAML

from harness.model import Cell
from harness.text import clean_line

_WIDTH = 4096
"""Columns of a line, wide enough that requirements are not folded."""


def suite_text(tree: Mapping[str, Any], cell: Cell, said: str) -> str:
    """The matrix.yaml of one cell, as an excerpt of a whole suite's `tree`.

    If the tree has a row for the cell, it is copied without its tags; otherwise a row is written
    from the cell's values. `said` goes on top, as a comment.
    """
    rows = [row for row in tree.get("cells", ()) if row.get("id") == cell.id]
    row = {key: value for key, value in rows[0].items() if key != "tags"} if rows else _row(cell)
    suite: dict[str, Any] = {
        "version": 1,
        "name": cell.id,
        "bases": {cell.base: tree["bases"][cell.base]},
        "defaults": tree.get("defaults"),
        "cells": [row],
        "bands": tree.get("bands"),
    }
    # The text may come from an image: each of its lines must stay inside its own comment.
    comment = "".join(f"# {clean_line(line)}\n" for line in said.splitlines())
    return comment + _yaml({key: value for key, value in suite.items() if value})


def _yaml(tree: Mapping[str, Any]) -> str:
    yaml = YAML(typ="rt", pure=True)
    yaml.width = _WIDTH
    # Otherwise U+0085 and U+2028 would be written unescaped and read back as line ends.
    yaml.allow_unicode = False
    yaml.indent(mapping=2, sequence=4, offset=2)
    text = StringIO()
    yaml.dump(tree, text)
    return text.getvalue()


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
