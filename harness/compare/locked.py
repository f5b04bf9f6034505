"""Compares what was locked with what a run really used: probes, data, bases, tags of images.

Only a tag that moved is a finding, because it concerns its cell. Other probes, data or bases than
those locked give only a notice: each release of the harness brings other probes, and bases are made
on each host, so a finding would appear in every cell and belong to none.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from harness.compare.judgement import Finding, Note, finding
from harness.compare.kinds import FindingKind
from harness.model import Cell, MovedTag, Record, Run, SuiteLock

LOCKED = "locked"
"""Stands for the moment a tag was last seen where the suite's lock says what it stood for."""
_SHOWN = 12
_DIGITS = 19
"""How many characters of a digest a notice shows: its algorithm and twelve digits."""


def unfit(run: Run, records: Iterable[Record]) -> tuple[str, ...]:
    """Return notices where probes, data or bases of a run differ from what was locked."""
    if run.locked is None:
        return ()
    told = tuple(records)
    inputs = (*_probes(run, run.locked), *_data(told, run.locked))
    bases = tuple(_bases(run, told, run.locked))
    notices = []
    if inputs:
        notices.append(
            f"the suite's lock is out of date: {'; '.join(inputs)}. New differences may come "
            "from that; `harness lock --inputs` renews the lock"
        )
    if bases:
        notices.append(
            f"bases differ from the locked ones: {'; '.join(bases)}. A base made on another "
            "host or day differs; `harness lock --cell ID` locks the new one with its cell"
        )
    return tuple(notices)


def _probes(run: Run, lock: SuiteLock) -> Iterator[str]:
    locked = dict(lock.probes)
    if not locked:
        return
    others = [one.name for one in run.probes if locked.get(one.name, one.digest) != one.digest]
    new = [one.name for one in run.probes if one.name not in locked]
    if others:
        yield f"probes that changed since they were locked: {', '.join(sorted(others))}"
    if new:
        yield f"probes that were not locked: {', '.join(sorted(new))}"


def _data(records: Iterable[Record], lock: SuiteLock) -> Iterator[str]:
    locked = {digest: name for name, digest in lock.data}
    found = {one.dataset_digest for one in records if one.dataset_digest}
    if locked and (others := sorted(found - set(locked))):
        names = ", ".join(sorted(locked.values()))
        told = ", ".join(one[:_DIGITS] for one in others)
        yield f"data that changed since it was locked as {names}: {told}"


def _bases(run: Run, records: Iterable[Record], lock: SuiteLock) -> Iterator[str]:
    locked = {one.base: one for one in lock.bases}
    base_of = {cell.id: cell.base for cell in run.cells}
    found: dict[str, tuple[str, str]] = {}
    for record in records:
        base = locked.get(base_of.get(record.cell, ""))
        image = record.image
        if base is None or image is None or not image.base_digest:
            continue
        if image.base_digest != base.layers:
            found[base.base] = (
                image.base_source or "an unknown source",
                image.base_digest,
            )
    for name in sorted(found):
        source, digest = found[name]
        was = locked[name]
        yield f"{name} ({_made(was.source, was.layers)} locked, {_made(source, digest)} here)"


def _made(source: str, digest: str) -> str:
    return f"{source}, {digest[:_DIGITS]}"


def of_moved_tag(cell: Cell, records: Iterable[Record]) -> tuple[Finding, ...]:
    """Return the finding for an existing image whose name stands for another one than before.
    Another build with the same content counts only where the digest was locked."""
    asked = [one for one in records if one.image is not None]
    moved = _moved(asked)
    if moved is None or (moved.alike and moved.since != LOCKED):
        return ()
    words = {
        "image": cell.image,
        "known": "was locked"
        if moved.since == LOCKED
        else f"when it was seen on {moved.since[:10]}",
        "before": moved.before,
        "cell": cell.id,
    }
    return (
        finding(
            FindingKind.TAG_MOVED,
            cell,
            words,
            evidence=_evidence(moved),
            probes=sorted({one.probe for one in asked}),
            subject=(cell.image,),
        ),
    )


def note_of_tag(records: Iterable[Record]) -> tuple[Note, ...]:
    """Return the note about a tag that now names another build with the same content."""
    moved = _moved(records)
    if moved is None or not moved.alike or moved.since == LOCKED:
        return ()
    told = "; ".join(_evidence(moved))
    return (Note(text=f"its tag names another build with the same content: {told}"),)


def _moved(records: Iterable[Record]) -> MovedTag | None:
    return next((one.image.moved for one in records if one.image and one.image.moved), None)


def _evidence(moved: MovedTag) -> tuple[str, ...]:
    seen = "locked" if moved.since == LOCKED else f"last seen {moved.since}"
    more = len(moved.differences) - _SHOWN
    return (
        f"{moved.before}, {seen}",
        f"{moved.now}, now",
        *moved.differences[:_SHOWN],
        *([f"and {more} more differences"] if more > 0 else []),
        *([moved.untold] if moved.untold else []),
    )
