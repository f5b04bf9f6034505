"""Reports image tags that have moved since they were locked or, if not locked, last seen.

A run uses what a tag names now, as everyone does who asks by that name. If this is a different
image than before, the record has both digests and what differs between the images. The difference
is taken from their metadata, on the engine or in the registry; no layer is read.
"""

from __future__ import annotations

import platform
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from harness.check.difference import DifferenceAnswer, difference_of
from harness.check.host import TargetHost
from harness.check.sighted import said_of, sighting_of
from harness.check.subject import Subject
from harness.compare.locked import LOCKED
from harness.errors import HarnessError
from harness.images.reference import parse_reference
from harness.images.sightings import Sighting
from harness.model import Cell, ImageIdentity, MovedTag, Record, SuiteLock
from harness.running.found import WantedImage, found, memory_of, on_engine
from harness.running.here import utc_now
from harness.text import clean_line

_CHANGED = ("made", "layers")
"""What differs with every build: a difference in only these does not matter."""
_WIDTH = 200


@dataclass(kw_only=True)
class TagWatch:
    """Marks records of a run whose image's name stood for another image before.

    Each cell is looked up once.
    """

    cells: Mapping[str, Cell]
    locked: SuiteLock | None
    engine: str
    """The name of the engine that has the images."""
    offline: bool = False
    """If true, no registry is asked for the earlier image."""
    _known: dict[str, MovedTag | None] = field(default_factory=dict)

    def marked(self, record: Record) -> Record:
        """Return the record with what is known of its image's name."""
        cell, image = self.cells.get(record.cell), record.image
        if cell is None or image is None or not by_tag(cell):
            return record
        if record.cell not in self._known:
            self._known[record.cell] = self._moved(cell, image)
        moved = self._known[record.cell]
        return replace(record, image=replace(image, moved=moved)) if moved else record

    def _moved(self, cell: Cell, image: ImageIdentity) -> MovedTag | None:
        """Return how the tag moved; None if it did not or nothing is known.

        Errors are ignored, since watching a tag must never end a run.
        """
        host = TargetHost(machine=platform.machine())
        try:
            subject = on_engine(WantedImage(name=cell.image, engine=self.engine), host)
        except HarnessError:
            return None
        if subject is None or subject.reading.digest not in (image.manifest, image.id):
            return None  # The tag has moved again since the image was obtained.
        locked = self._locked_as(cell)
        moved = _since_lock(locked, subject) if locked else _since_seen(subject)
        sighting = sighting_of(subject, utc_now())
        if sighting is not None and subject.reading.reference is not None:
            memory_of(subject).keep(subject.reading.reference, sighting)
        return moved and self._told(moved, cell, subject, host)

    def _locked_as(self, cell: Cell) -> str:
        """Return the digest in the lock for the cell's image name; empty if it was not locked."""
        entries = self.locked.images if self.locked else ()
        wanted = (cell.id, cell.image)
        return next((one.digest for one in entries if (one.cell, one.image) == wanted), "")

    def _told(self, moved: MovedTag, cell: Cell, subject: Subject, host: TargetHost) -> MovedTag:
        """Add what differs between the two images, if the earlier one is still available."""
        reference = parse_reference(cell.image)
        before = f"{reference.registry}/{reference.repository}@{moved.before}"
        now = f"{reference.registry}/{reference.repository}@{moved.now}"
        more = f"what differs in their files: harness check --static {before} --against {now}"
        wanted = WantedImage(name=before, engine=self.engine)
        try:
            earlier = on_engine(wanted, host) if self.offline else found(wanted, host)
        except HarnessError as error:
            why = f"{before} is no longer available: {clean_line(error.message, _WIDTH)}"
            return replace(moved, untold=why)
        if earlier is None:
            return replace(moved, untold=f"offline, and {before} is not on the engine: {more}")
        page = difference_of(earlier, subject, ("", ""))
        if page.answer is DifferenceAnswer.UNTOLD and not page.differences:
            return replace(moved, untold=more)
        told = tuple(
            f"{one.kind} {one.what}".strip()
            + f": {clean_line(one.first, _WIDTH) or 'none'} before, "
            + f"{clean_line(one.second, _WIDTH) or 'none'} now"
            for one in page.differences
        )
        alike = not any(_is_more(one) for one in (*told, *moved.differences))
        return replace(moved, differences=told or moved.differences, untold=more, alike=alike)


def _since_lock(locked: str, subject: Subject) -> MovedTag | None:
    now = subject.reading.digest
    return MovedTag(before=locked, now=now, since=LOCKED) if locked != now else None


def _since_seen(subject: Subject) -> MovedTag | None:
    """Compare with the last sighting of a different image.

    None for an image without a registry's digest: a local name moves with every build.
    """
    reading = subject.reading
    if not reading.manifest_digest:
        return None
    earlier = [one for one in subject.seen if one.digest != reading.digest and one.image]
    if not earlier:
        return None
    before = earlier[-1]
    differences = tuple(_said_apart(before, said_of(subject)))
    return MovedTag(
        before=before.digest,
        now=reading.digest,
        since=before.last,
        differences=differences,
        alike=not any(_is_more(one) for one in differences),
    )


def by_tag(cell: Cell) -> bool:
    """Whether a cell is an existing image named by a tag, which may move to another image."""
    if not cell.image:
        return False
    try:
        reference = parse_reference(cell.image)
    except HarnessError:
        return False
    return bool(reference.tag) and not reference.digest


def _said_apart(before: Sighting, now: Mapping[str, str]) -> Iterator[str]:
    """Yield what differs from an earlier sighting, among the keys that both have."""
    for what in sorted({*before.said} & {*now}):
        if before.said[what] != now[what]:
            yield f"{what}: {before.said[what] or 'none'} before, {now[what] or 'none'} now"


def _is_more(difference: str) -> bool:
    """Whether a difference is more than what every new build changes."""
    return not difference.startswith(tuple(f"{one}:" for one in _CHANGED))
