"""Suites for tests: the quick cells with little training, and small ones of a test's own."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
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
    return tuple(str(row["id"]) for row in default_suite()["cells"] if "quick" in row["tags"])


def brief_suite(
    folder: Path, cells: Sequence[str] = (), settings: Mapping[str, Any] | None = None
) -> Path:
    """Cells of the default suite (the quick ones) with other settings of mnist, in `folder`.

    Same recipes and locks, so the images are those of the default suite. A band asks for what 20
    steps can give: better than guessing among ten digits.
    """
    rows = default_suite()
    wanted = tuple(cells) or quick_ids()
    settings = {"steps": BRIEF_STEPS} if settings is None else settings
    rows["cells"] = [row for row in rows["cells"] if row["id"] in wanted]
    rows["reference"] = wanted[0]
    rows["default"] = []
    length = {name: value for name, value in settings.items() if name in ("steps", "epochs")}
    for row in rows["cells"]:
        row["settings"] = {"mnist": dict(settings)}
    rows["bands"] = [
        {"fact": "mnist.test_accuracy", "dataset": name, "low": 0.11, "high": 1.0, **length}
        for name in ("mnist-subset", "mnist")
    ]
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "matrix.yaml").open("w", encoding="utf-8") as out:
        YAML().dump(rows, out)
    return folder


def small_suite(folder: Path, *cells: Mapping[str, Any], **more: Any) -> Path:
    """A suite of the cells given; JSON is YAML."""
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps({"version": 1, **more, "cells": list(cells)}, indent=1)
    (folder / "matrix.yaml").write_text(text, "utf-8")
    return folder
