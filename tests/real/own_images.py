"""Images of a test's own, made from another image with lines of a Dockerfile."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from secrets import token_hex

from docker import APIClient
from docker.errors import ImageNotFound

NO_REGISTRY = "127.0.0.1:9"
"""Nobody listens on the discard port, so any request to this registry fails."""


@contextmanager
def image_of(
    engine: APIClient, plain: str, *lines: str, arguments: Mapping[str, str] | None = None
) -> Iterator[str]:
    """An image with some more lines of a Dockerfile, under a name that no registry answers for."""
    name = f"{NO_REGISTRY}/x-{token_hex(4)}:1"
    text = "\n".join((f"FROM {plain}", *lines))
    said = list(
        engine.build(
            fileobj=io.BytesIO(text.encode()),
            tag=name,
            rm=True,
            network_mode="none",
            buildargs=dict(arguments or {}),
            decode=True,
        )
    )
    assert not [line for line in said if "error" in line], said
    try:
        yield name
    finally:
        # A test may have removed it by its id, together with all its names.
        with suppress(ImageNotFound):
            engine.remove_image(name)
