"""An image as it is remembered under its tag: what it said of itself, in a few short texts."""

from __future__ import annotations

from collections.abc import Mapping

from harness.check.claims import ClaimOrigin
from harness.check.subject import Subject
from harness.images.manifest import Form
from harness.images.sightings import Sighting
from harness.text import clean_line

SAID = ("framework", "python", "system", "cuda", "cudnn")
"""What is remembered of its claims."""
_LONGEST = 300


def sighting_of(subject: Subject, when: str, answer: str = "", run: str = "") -> Sighting | None:
    """What there is to remember of an image that was found under a tag at `when`; None where it
    was named by its digest, or is none."""
    reading = subject.reading
    reference = reading.reference
    if reference is None or not reference.tag or reference.digest or not reading.digest:
        return None
    if reading.digest.partition(":")[2] == reference.tag:
        return None  # Somebody named it by its id.
    if reading.archived or reading.form not in (Form.IMAGE, Form.INDEX):
        return None
    return Sighting(
        digest=reading.digest,
        image=reading.manifest_digest if reading.form is Form.IMAGE else "",
        platform=str(reading.image.platform) if reading.image else "",
        first=when,
        last=when,
        said=said_of(subject),
        answer=answer,
        run=run,
    )


def said_of(subject: Subject) -> Mapping[str, str]:
    """What the image itself says, not its tag: that is the same for all that it names."""
    image = subject.reading.image
    said = {}
    for what in SAID:
        own = [one for one in subject.all(what) if one.origin is not ClaimOrigin.TAG]
        if own:
            best = [one for one in own if one.origin is own[0].origin]
            said[what] = clean_line(best[-1].value, _LONGEST)
    if image is not None:
        said["command"] = clean_line(" ".join((*image.entrypoint, *image.command)), _LONGEST)
        said["made"] = clean_line(image.created[:10], 40)
    return said
