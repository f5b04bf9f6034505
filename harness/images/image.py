"""An image by its own account: its configuration, read without trusting it."""

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
    """What a configuration says."""

    platform: Platform
    created: str = ""
    """ISO 8601, as written there."""
    environment: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    entrypoint: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    user: str = ""
    folder: str = ""
    ports: tuple[str, ...] = ()
    volumes: tuple[str, ...] = ()
    steps: tuple[str, ...] = ()
    """How it was made, oldest first: the commands of its history."""
    times: tuple[str, ...] = ()
    """When each of these steps was made, as written there; empty: not told."""
    layers: tuple[str, ...] = ()
    """Digests of the layers' plain content, lowest first."""
    download_bytes: int = 0
    """Compressed layers together, as the manifest says."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """What is known of an image from a registry or an archive."""

    reference: Reference | None
    """None: it came from a file."""
    name: str
    """As a person calls it."""
    form: Form
    digest: str = ""
    """What the tag stands for."""
    manifest_digest: str = ""
    """Of the image itself; another than `digest` where that is an index."""
    manifest: Manifest | None = None
    image: Image | None = None
    platforms: tuple[str, ...] = ()
    """What an index offers."""
    problem: str = ""
    """Why it cannot be read, where it cannot."""
    requests: int = 0
    received: int = 0
    """Bytes."""
    archived: bool = False
    """It came from a file: nothing was asked of a registry."""
    file: str = ""
    """Path of that file."""
    loaded_as: str = ""
    """What engines of every age call it after `load` of that file; empty: nobody can say."""
    engine: str = ""
    """The local engine that holds it and told of it; empty: none did."""
    remembered: bool = False
    """Nothing had changed since the last time."""
    notices: tuple[str, ...] = ()


def parse_image(raw: bytes, manifest: Manifest | None = None) -> Image:
    """Read a configuration. Raises Unreadable where it is no JSON object."""
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
