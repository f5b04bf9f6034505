"""Images that a test gave to an engine, counted as built there: else they are somebody else's."""

from __future__ import annotations

from pathlib import Path

from docker import APIClient

from harness.engines.oci.register import described, register_of


def adopt(client: APIClient, cache: Path, name: str) -> None:
    """Write down that the image of that name was built here."""
    found = client.inspect_image(name)  # type: ignore[no-untyped-call]
    built = described(name, found, "")
    assert built
    register_of(client, cache).keep(built)
