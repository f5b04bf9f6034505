"""Properties of a test besides its outcome: run, image and versions of the cell it is about.

They are pytest's user properties, so they appear in the XML report and are visible to any plugin
that reads reports.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from harness.compare.items import Results
from harness.model import Record
from harness.text import clean_line, inert_in_ci

Properties = Iterable[tuple[str, object]]
"""As in pytest: (name, value) pairs, in which a name may occur more than once."""

CELL, PROBE, EXPECTATION = "harness.cell", "harness.probe", "harness.expectation"
VERDICT, RUN, ENGINE = "harness.verdict", "harness.run", "harness.engine"
IMAGE, MANIFEST = "harness.image", "harness.manifest"
CLAIMED, MEASURED = "harness.claimed", "harness.measured"
"""Each is followed by its subject: `python`, `cuda` or the name of a framework."""
DOES_NOT_APPLY = "not applicable"


def of_cell(results: Results, cell: str, records: Sequence[Record]) -> Iterator[tuple[str, str]]:
    """Yield the cell, the run, its engine and the images, and the versions, with claimed and
    measured ones kept apart. Values are safe to print. Raises KeyError if the run has no such
    cell."""
    yield CELL, cell
    yield RUN, results.judgement.run.id
    yield ENGINE, results.judgement.run.engine.name
    images = [record.image for record in records if record.image is not None]
    yield from _each(IMAGE, (image.id for image in images))
    yield from _each(MANIFEST, (image.manifest for image in images))
    for claim in results.cell(cell).claims:
        yield from _each(f"{CLAIMED}.{claim.what}", (claim.claimed,))
        yield from _each(f"{MEASURED}.{claim.what}", (claim.measured,))


def _each(name: str, values: Iterable[str]) -> Iterator[tuple[str, str]]:
    for value in dict.fromkeys(values):
        if value:
            yield name, inert_in_ci(clean_line(value))
