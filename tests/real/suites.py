"""Suites for tests: the quick cells with little training, and small ones of a test's own."""

from __future__ import annotations

import json
from collections.abc import Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

ROOT = Path(__file__).resolve().parents[2]
BRIEF_STEPS = 20


def default_suite() -> Any:
    """The rows of the default suite, as they are written."""
    return YAML().load((ROOT / "matrix.yaml").read_text("utf-8"))


def quick_ids() -> tuple[str, ...]:
    """Ids of the quick cells, in their order."""
    return tuple(
        str(row["id"]) for row in default_suite()["cells"] if "quick" in row.get("tags", ())
    )


def brief_suite(folder: Path, settings: Mapping[str, Mapping[str, int]] | None = None) -> Path:
    """A suite in `folder` of cells of the default suite, in this order, with their own settings of
    mnist.

    Without settings, it has the quick cells with 20 steps. Recipes and locks are those of the
    default suite, and so are the images. The accuracy band is one that a few steps can reach:
    better than guessing.
    """
    wanted = (
        {cell: {"steps": BRIEF_STEPS} for cell in quick_ids()} if settings is None else settings
    )
    rows = default_suite()
    known = {str(row["id"]): row for row in rows["cells"]}
    rows["cells"] = [known[cell] for cell in wanted]
    rows.pop("axes", None)  # their images are of cells that are not in this suite
    rows["reference"] = next(iter(wanted))
    rows["default"] = []
    rows.pop("tags", None)  # the suite must stay brief, whatever tags are selected
    rows["probes"].remove("keras")  # it trains, too
    rows["expectations"] = [
        rule
        for rule in rows["expectations"]
        if any(fnmatchcase(cell, rule.get("cells", "*")) for cell in wanted)
    ]
    for row in rows["cells"]:
        row["settings"] = {"mnist": dict(wanted[row["id"]])}
    rows["bands"] = [
        {"fact": "mnist.test_accuracy", "dataset": name, "low": 0.11, "high": 1.0, **dict(length)}
        for name in ("mnist-subset", "mnist")
        for length in dict.fromkeys(tuple(each.items()) for each in wanted.values())
    ]
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "matrix.yaml").open("w", encoding="utf-8") as out:
        YAML().dump(rows, out)
    return folder


def small_suite(folder: Path, *cells: Mapping[str, Any], **more: Any) -> Path:
    """A suite of the given cells, written as JSON, which is valid YAML."""
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps({"version": 1, **more, "cells": list(cells)}, indent=1)
    (folder / "matrix.yaml").write_text(text, "utf-8")
    return folder
