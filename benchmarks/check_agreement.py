"""How often `harness check --static` agrees with what running the image shows.

Needs Docker and Debian's docker-registry. Every cell of the default suite that is built here, and
the images of tests/real/broken_images.py, are pushed under names that reveal nothing, predicted
from their layers, then pulled and probed (20 steps of training). An answer agrees as
tests/real/agreement.py defines it; *cannot tell* never does. For every rule, the confirmed and the
refuted predictions are counted. Rows are kept by name, so the whole can be measured in parts
(`--only GLOB`). Limits: 95 % agree, and no image that fails is called `reuse`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from results_file import RESULTS, arguments, write_result

sys.path.append(str(Path(__file__).resolve().parents[1]))

from harness import standard
from harness.engines.oci.connection import connect
from harness.engines.oci.images import images_labelled
from harness.suite.matrix import load_suite
from tests.real import agreement, broken_images
from tests.real.broken_images import Broken
from tests.real.legacy_registry import served

ROOT = Path(__file__).resolve().parents[1]
AGREE = 0.95
NAME = "check_agreement"
HARNESS = str(Path(sys.executable).with_name("harness"))


def wanted() -> Iterator[Broken]:
    """Every image: those built to break, the small ones first, then the built cells of the
    suite."""
    yield from broken_images.MADE
    yield from broken_images.at_random()
    yield from broken_images.NAIVE
    suite = load_suite(standard.default_suite())
    named = {one.cell for one in broken_images.NAIVE}
    for cell in suite.cells:
        if cell.base and cell.id not in named:
            yield Broken(name=cell.id, cell=cell.id, path=False)


def build(cell: str) -> None:
    """Make sure that the engine has an image of the cell."""
    own = ROOT / broken_images.BROKEN_SUITE
    broken = cell in {one.id for one in load_suite(own).cells}
    suite = str(own) if broken else "standard"
    command = (HARNESS, "run", "--suite", suite, "--cell", cell, "--probe", "python")
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode not in (0, 5):
        raise SystemExit(f"{cell} cannot be built: {done.stdout[-1500:]}")


def main() -> int:
    parser = arguments(__doc__)
    parser.add_argument("--only", default="*", help="a glob of names; others keep their rows")
    parser.add_argument("--missing", action="store_true", help="only what has no row yet")
    parser.add_argument("--keep", type=Path, help="a folder that the registry keeps its images in")
    parser.add_argument("--built", action="store_true", help="only what is on the engine already")
    asked = parser.parse_args()
    path = RESULTS / f"{NAME}.json"
    rows: dict[str, Any] = {}
    if path.exists():
        rows = {row["name"]: row for row in json.loads(path.read_text("utf-8"))["rows"]}
    os.environ["HARNESS_DOWNLOAD"] = "0"
    client = connect(timeout_s=600)
    with tempfile.TemporaryDirectory() as folder:
        for name in ("STORE", "REPORTS"):
            os.environ[f"HARNESS_{name}"] = f"{folder}/{name.lower()}"
        with served(asked.keep or Path(folder)) as registry:
            for one in wanted():
                if not fnmatchcase(one.name, asked.only) or (asked.missing and one.name in rows):
                    continue
                images = _images(client)
                if one.cell not in images and not asked.built:
                    build(one.cell)
                    images = _images(client)
                if one.cell not in images:
                    continue
                row = agreement.held_against(client, registry, one, images)
                rows[one.name] = row.as_dict()
                mark = "agrees" if row.agrees else "DIFFERS"
                print(f"{mark}  {row.name}: {row.answer}; {row.shown} ({row.saw})", flush=True)
                _write(asked.date, rows)
    client.close()
    return _write(asked.date, rows)


def _images(client: Any) -> dict[str, str]:
    """The latest image of each cell on the engine. Images made from it carry its labels, too."""
    found = sorted(images_labelled(client, "harness.kind=cell"), key=lambda one: one["Created"])
    return {
        one["Labels"]["harness.cell"]: str(one["Id"])
        for one in found
        if any(tag.startswith("harness-cell/") for tag in one["RepoTags"] or ())
    }


def _write(date: str, rows: dict[str, Any]) -> int:
    ordered = [rows[one.name] for one in wanted() if one.name in rows]
    agree = sum(row["agrees"] for row in ordered)
    wrong = [row["name"] for row in ordered if row["answer"] == "reuse" and row["shown"] == "fails"]
    left = [one.name for one in wanted() if one.name not in rows]
    figures = {
        "images": len(ordered),
        "agree": agree,
        "rate": round(agree / len(ordered), 4) if ordered else 0.0,
        "failing_but_called_reuse": wrong,
        "not_measured": left,
        "rows_with_predictions": sum(bool(row.get("predictions")) for row in ordered),
        "rules": agreement.by_rule(ordered),
        "rows": ordered,
    }
    path = write_result(NAME, date, figures)
    held = bool(ordered) and agree >= AGREE * len(ordered) and not wrong
    print(
        f"{agree} of {len(ordered)} agree (limit {AGREE:.0%}), {len(wrong)} that fail are called "
        f"reuse (limit none), {len(left)} not measured; "
        f"{'within' if held else 'ABOVE'} the limits; {path}"
    )
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
