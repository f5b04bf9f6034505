"""Describe an image that a local engine holds in the same form as an image in a registry. Pure.

The digests are the engine's: it recomputed every one when it pulled or built the image.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from harness.errors import UsageError
from harness.images.digests import is_digest
from harness.images.image import Reading, parse_image
from harness.images.manifest import Form
from harness.images.reference import Reference, parse_reference
from harness.images.untrusted import items, mapping, text, texts


def reading_of_held(
    inspected: Mapping[str, object],
    history: Sequence[object],
    reference: Reference,
    engine: str,
) -> Reading:
    """The reading of an image that `engine` holds.

    `inspected` and `history` are its answers to `/images/NAME/json` and `/images/NAME/history`.
    """
    tree = {
        "architecture": text(inspected.get("Architecture"), 40),
        "os": text(inspected.get("Os"), 40),
        "variant": text(inspected.get("Variant"), 40),
        "created": text(inspected.get("Created"), 40),
        "config": mapping(inspected.get("Config")),
        "history": [_step(mapping(one)) for one in reversed(items(list(history)))],
        "rootfs": {"diff_ids": list(texts(mapping(inspected.get("RootFS")).get("Layers")))},
    }
    pulled = digest_there(inspected, reference)
    return Reading(
        reference=reference,
        name=str(reference),
        form=Form.IMAGE,
        digest=pulled or text(inspected.get("Id"), 200),
        manifest_digest=pulled,
        image=parse_image(json.dumps(tree).encode()),
        engine=engine,
    )


def is_called(inspected: Mapping[str, object], reference: Reference) -> bool:
    """Whether the image that an engine found really has that name.

    Engines also find images by the beginning of an id. Podman puts `localhost/` before names
    without a registry.
    """
    if reference.digest:
        return digest_there(inspected, reference) == reference.digest
    return any(
        _parsed(form) == reference
        for tag in texts(inspected.get("RepoTags"))
        for form in (tag, tag.removeprefix("localhost/"))
    )


def digest_there(inspected: Mapping[str, object], reference: Reference) -> str:
    """The digest with which the image was pulled under this name; empty if it was not pulled."""
    found = [_parsed(one) for one in texts(inspected.get("RepoDigests"))]
    place = (reference.registry, reference.repository)
    digests = [one.digest for one in found if one and (one.registry, one.repository) == place]
    if reference.digest in digests:
        return reference.digest
    return next((one for one in digests if is_digest(one)), "")


def _parsed(name: str) -> Reference | None:
    try:
        return parse_reference(name)
    except UsageError:
        return None


def _step(row: Mapping[str, object]) -> dict[str, object]:
    """A step of the history in the form of a configuration; the engine gives its time in
    seconds."""
    made = row.get("Created")
    when = ""
    if isinstance(made, int) and not isinstance(made, bool) and 0 <= made < 1 << 34:
        when = datetime.fromtimestamp(made, UTC).isoformat()
    return {"created_by": text(row.get("CreatedBy")), "created": when}
