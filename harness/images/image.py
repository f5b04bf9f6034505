"""An image as its configuration describes it, and as it was read from a registry or archive.

The configuration is not trusted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from harness.images.manifest import CONFIG_LIMIT, Form, Manifest, Platform
from harness.images.reference import Reference
from harness.images.untrusted import items, mapping, pairs, parse, text, texts

_STEPS = 1024
_STEP = 8192


@dataclass(frozen=True, kw_only=True, slots=True)
class Image:
    """The configuration of an image."""

    platform: Platform
    created: str = ""
    """Time of creation (ISO 8601), as written there."""
    environment: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    entrypoint: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    user: str = ""
    folder: str = ""
    ports: tuple[str, ...] = ()
    volumes: tuple[str, ...] = ()
    steps: tuple[str, ...] = ()
    """The commands of its history, oldest first."""
    times: tuple[str, ...] = ()
    """The time of each of these steps, as written there; empty text if not given."""
    layers: tuple[str, ...] = ()
    """Digests of the layers' uncompressed content, lowest first."""
    download_bytes: int = 0
    """Size of all compressed layers, according to the manifest."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """What was read of an image in a registry, in an archive, or on a local engine."""

    reference: Reference | None
    """None for an image from a file without a usable tag."""
    name: str
    """The image's name, for people."""
    form: Form
    digest: str = ""
    """The digest that the tag points to."""
    manifest_digest: str = ""
    """The digest of the image's own manifest; differs from `digest` where that is an index."""
    manifest: Manifest | None = None
    image: Image | None = None
    platforms: tuple[str, ...] = ()
    """The platforms that an index offers."""
    problem: str = ""
    """Why the image cannot be read; empty if it can."""
    requests: int = 0
    received: int = 0
    """Bytes received from the registry."""
    archived: bool = False
    """Whether it came from a file, so that no registry was asked."""
    file: str = ""
    """Path of that file."""
    loaded_as: str = ""
    """The name that engines of every age give it after `load` of that file; empty if not known."""
    engine: str = ""
    """The local engine that holds it and described it; empty if none did."""
    remembered: bool = False
    """Whether nothing had changed since the last time."""
    notices: tuple[str, ...] = ()


def parse_image(raw: bytes, manifest: Manifest | None = None) -> Image:
    """Parse a configuration. Raises Unreadable if it is no JSON object."""
    tree = parse(raw, CONFIG_LIMIT)
    inner = mapping(tree.get("config"))
    environment = {}
    for entry in texts(inner.get("Env")):
        name, equals, value = entry.partition("=")
        if name and equals:
            environment[name] = value
    history = [mapping(step) for step in items(tree.get("history"), _STEPS)]
    return Image(
        platform=Platform(
            os=text(tree.get("os"), 40) or "linux",
            architecture=text(tree.get("architecture"), 40),
            variant=text(tree.get("variant"), 40),
        ),
        created=text(tree.get("created"), 40),
        environment=environment,
        labels=dict(pairs(inner.get("Labels"))),
        entrypoint=texts(inner.get("Entrypoint")),
        command=texts(inner.get("Cmd")),
        user=text(inner.get("User"), 200),
        folder=text(inner.get("WorkingDir"), 1000),
        ports=tuple(sorted(text(one, 40) for one in mapping(inner.get("ExposedPorts")))[:100]),
        volumes=tuple(sorted(text(one, 400) for one in mapping(inner.get("Volumes")))[:100]),
        steps=tuple(text(step.get("created_by"), _STEP) for step in history),
        times=tuple(text(step.get("created"), 40) for step in history),
        layers=texts(mapping(tree.get("rootfs")).get("diff_ids")),
        download_bytes=sum(layer.size for layer in manifest.layers) if manifest else 0,
    )
