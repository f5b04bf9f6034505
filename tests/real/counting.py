"""Which images of a run were really probed: those of which all probes answered."""

from __future__ import annotations

from harness.model import Outcome, Record


def count(records: tuple[Record, ...], real_images: dict[str, str]) -> None:
    """Count the images of which all probes answered."""
    fine = {Outcome.OK, Outcome.NOT_APPLICABLE}
    answered = {record.image.id for record in records if record.image}
    answered -= {
        record.image.id for record in records if record.image and record.outcome not in fine
    }
    for record in records:
        if record.image and record.image.id in answered:
            real_images.setdefault(record.image.id, record.image.origin)
