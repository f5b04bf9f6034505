"""Summarise an image in a few short texts, to be remembered under its tag."""

from __future__ import annotations

from collections.abc import Mapping

from harness.check.claims import ClaimOrigin
from harness.check.subject import Subject
from harness.images.manifest import Form
from harness.images.sightings import Sighting
from harness.text import clean_line

SAID = ("framework", "python", "system", "cuda", "cudnn")
"""The claims that are remembered."""
_LONGEST = 300


def sighting_of(subject: Subject, when: str, answer: str = "", run: str = "") -> Sighting | None:
    """The sighting of an image under a tag at the time `when`.

    None where it was named by its digest or id, came from an archive, or is no image.
    """
    reading = subject.reading
    reference = reading.reference
    if reference is None or not reference.tag or reference.digest or not reading.digest:
        return None
    if reading.digest.partition(":")[2] == reference.tag:
        return None  # The image was named by its id, which parses like a tag.
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
    """What the image itself says, without its tag, which says the same of every image it names."""
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
