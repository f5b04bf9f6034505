"""Register images that a test gave to an engine as built there; otherwise they count as foreign."""

from __future__ import annotations

from pathlib import Path

from docker import APIClient

from harness.engines.oci.register import described, register_of


def adopt(client: APIClient, cache: Path, name: str) -> None:
    """Record that the image of that name was built here."""
    found = client.inspect_image(name)  # type: ignore[no-untyped-call]
    built = described(name, found, "")
    assert built
    register_of(client, cache).keep(built)
