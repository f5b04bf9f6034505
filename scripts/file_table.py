"""The tables of docs/files.md (which release reads whose saved models), made from its result.

python scripts/file_table.py            writes the tables of reports/files/reads.json there
python scripts/file_table.py --run RUN  takes the result from a run of the tag `files` first
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
RESULT = ROOT / "reports" / "files" / "reads.json"
PAGE = ROOT / "docs" / "files.md"
BEGINS, ENDS = "<!-- made by scripts/file_table.py -->\n", "<!-- end -->\n"
FORMATS = {
    "savedmodel": "SavedModel",
    "hdf5": "HDF5",
    "keras": ".keras",
    "frozen": "Frozen graph",
    "checkpoint": "Checkpoint",
}
_SHOWN = 120
"""Characters of an error that are shown: enough to search for it. Errors that begin with the same
ones are one, because what follows is mostly what the reader has to offer."""
FACTS = ("reads", "largest_difference", "cannot_read", "not_written", "images_sha256")


def result_of(run_id: str) -> dict[str, Any]:
    """The answers of the readers in a run of the store, by their release. Raises SystemExit if one
    did not answer, because an incomplete table would look complete."""
    from harness.machine.places import places_here
    from harness.store.store import Store

    with Store(places_here().store, readonly=True) as store:
        run = store.latest_run() if run_id == "latest" else store.run(run_id)
        if run is None:
            raise SystemExit("there is no run")
        records = [one for one in store.records(run.id) if one.probe == "files"]
    readers = {}
    for one in records:
        if one.outcome != "ok":
            raise SystemExit(f"{one.cell}: {one.outcome} {one.reason}")
        facts = {name: one.facts[f"files.{name}"] for name in FACTS}
        readers[str(one.facts["files.framework_version"])] = facts
    if not readers:
        raise SystemExit(f"nobody was asked in {run.id}: harness run --tag files")
    return {
        "measured_by": f"run {run.id}",
        "readers": dict(sorted(readers.items(), key=lambda r: _order(r[0]))),
    }


def rows(result: Mapping[str, Any]) -> Iterator[str]:
    """A table for each format in Markdown, and the errors behind their numbers."""
    readers: Mapping[str, _Facts] = result["readers"]
    told: dict[str, int] = {}
    writers = sorted({_split(one)[0] for f in readers.values() for one in _lines(f)}, key=_order)
    for kind, name in FORMATS.items():
        yield f"## {name}"
        yield ""
        yield from _table(kind, writers, readers, told)
    yield "## Errors"
    yield ""
    for why, number in told.items():
        yield f"{number}. {why}"
    yield ""
    yield f"Measured by {result['measured_by']}."


_Facts = Mapping[str, Sequence[str]]


def _table(
    kind: str, writers: Sequence[str], readers: Mapping[str, _Facts], told: dict[str, int]
) -> Iterator[str]:
    yield f"| written by | {' | '.join(readers)} |"
    yield "| --- " * (1 + len(readers)) + "|"
    unwritten: dict[str, list[str]] = {}
    for writer in writers:
        pair = f"{writer} {kind}"
        reasons = {why for facts in readers.values() if (why := _why(facts, "not_written", pair))}
        if reasons:
            unwritten.setdefault(" or ".join(sorted(reasons)), []).append(writer)
        else:
            cells = [_cell(facts, pair, told) for facts in readers.values()]
            yield f"| {writer} | {' | '.join(cells)} |"
    yield ""
    if unwritten:
        listed = (f"by {', '.join(by)} ({_number(why, told)})" for why, by in unwritten.items())
        yield f"Not written {'; '.join(listed)}."
        yield ""


def _cell(facts: _Facts, pair: str, told: dict[str, int]) -> str:
    if pair in facts["reads"]:
        return "yes"
    why = _why(facts, "cannot_read", pair)
    return str(_number(why, told)) if why else "not asked"


def _number(why: str, told: dict[str, int]) -> int:
    return told.setdefault(_escaped(why), len(told) + 1)


def _why(facts: _Facts, name: str, pair: str) -> str:
    """Why a file was not written, or is not read; empty if nothing says so."""
    lines = (one for one in facts[name] if one.startswith(f"{pair}: "))
    return next(lines, "").removeprefix(f"{pair}: ")


def _lines(facts: _Facts) -> Iterator[str]:
    yield from (*facts["reads"], *facts["cannot_read"], *facts["not_written"])


def _split(line: str) -> list[str]:
    return line.split(":", 1)[0].split()


def _order(version: str) -> list[int]:
    return [int(part) if part.isdigit() else 0 for part in version.split(".")]


def _escaped(text: str) -> str:
    """Text as Markdown code, shortened to what a reader needs to search for it, and without what
    differs between two messages of one kind: the container's name, and the folder of the file."""
    text = re.sub(r"running on [0-9a-f]{12}\b", "running on this host", text)
    text = re.sub(r"/saved/[0-9.]+/", "/saved/RELEASE/", text)
    return "`" + (text if len(text) <= _SHOWN else f"{text[:_SHOWN]}...").replace("`", "'") + "`"


def page_with(page: str, result: Mapping[str, Any]) -> str:
    """The page with its tables replaced by those of a result."""
    head, _, rest = page.partition(BEGINS)
    _, _, tail = rest.partition(ENDS)
    return head + BEGINS + "\n" + "\n".join(rows(result)) + "\n\n" + ENDS + tail


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", help="a run of the tag `files` in the store, or `latest`")
    asked = parser.parse_args()
    if asked.run:
        RESULT.parent.mkdir(parents=True, exist_ok=True)
        RESULT.write_text(json.dumps(result_of(asked.run), indent=1) + "\n", "utf-8")
    result = json.loads(RESULT.read_text("utf-8"))
    PAGE.write_text(page_with(PAGE.read_text("utf-8"), result), "utf-8")


if __name__ == "__main__":
    main()
