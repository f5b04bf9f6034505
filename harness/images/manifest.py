"""Manifests as registries serve them: of one image, an index of several, or an obsolete format."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from harness.images.digests import is_digest
from harness.images.untrusted import Unreadable, items, mapping, parse, size, text

MANIFEST_LIMIT = 4 * 1024**2
"""Bytes of a manifest at most; registries themselves refuse larger ones."""
CONFIG_LIMIT = 8 * 1024**2
LAYERS = 127
"""Layers at most; no engine stacks more."""

_DOCKER = "application/vnd.docker.distribution.manifest."
_OCI = "application/vnd.oci.image."
_IMAGES = (f"{_DOCKER}v2+json", f"{_OCI}manifest.v1+json")
_INDEXES = (f"{_DOCKER}list.v2+json", f"{_OCI}index.v1+json")
_LEGACY = (f"{_DOCKER}v1+prettyjws", f"{_DOCKER}v1+json")
_CONFIGS = ("application/vnd.docker.container.image.v1+json", f"{_OCI}config.v1+json")
ACCEPT = ", ".join((*_IMAGES, *_INDEXES, *(f"{one};q=0.1" for one in _LEGACY)))
"""The Accept header. Obsolete formats come last; they are only asked for to be recognised."""


_ARCHITECTURES = {
    "x86_64": "amd64",
    "amd64": "amd64",
    "aarch64": "arm64",
    "arm64": "arm64",
    "i686": "386",
    "armv7l": "arm",
    "ppc64le": "ppc64le",
    "s390x": "s390x",
}


class Form(StrEnum):
    """The kind of a manifest."""

    IMAGE = "image"
    INDEX = "index"
    LEGACY = "legacy-format"
    """Schema 1, which today's engines refuse."""
    OTHER = "not an image"


@dataclass(frozen=True, kw_only=True, slots=True)
class Descriptor:
    """A piece of content, named by its digest."""

    digest: str
    size: int
    media_type: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Platform:
    """The operating system and processor that an image was built for."""

    os: str = "linux"
    architecture: str
    variant: str = ""

    def __str__(self) -> str:
        return "/".join(part for part in (self.os, self.architecture, self.variant) if part)

    def suits(self, host: Platform) -> bool:
        """Whether `host` runs it natively. Variants count only if both platforms have one."""
        same = (self.os, self.architecture) == (host.os, host.architecture)
        return same and (not self.variant or not host.variant or self.variant <= host.variant)


def platform_of(machine: str) -> Platform:
    """The platform of a machine, by the kernel's name for it (such as x86_64)."""
    return Platform(architecture=_ARCHITECTURES.get(machine, machine))


@dataclass(frozen=True, kw_only=True, slots=True)
class Manifest:
    """A manifest, as far as it was understood."""

    form: Form
    media_type: str
    config: Descriptor | None = None
    layers: tuple[Descriptor, ...] = ()
    members: tuple[tuple[Platform, Descriptor], ...] = ()
    """For an index: (platform, image) of each member."""


def parse_manifest(raw: bytes, content_type: str) -> Manifest:
    """Parse a manifest. Raises Unreadable for one that is invalid or can be read in two ways."""
    tree = parse(raw, MANIFEST_LIMIT)
    claimed = content_type.partition(";")[0].strip().lower()
    named = text(tree.get("mediaType"), 200).lower()
    form = _form(tree, claimed, named)
    if form is Form.IMAGE:
        return _image(tree, named or claimed)
    if form is Form.INDEX:
        return Manifest(form=form, media_type=named or claimed, members=_members(tree))
    return Manifest(form=form, media_type=text(named or claimed, 200))


def _form(tree: dict[str, object], claimed: str, named: str) -> Form:
    """The kind of a manifest, by media type and content, which must agree.

    Otherwise one body could be read in two ways (CVE-2021-41190).
    """
    legacy = tree.get("schemaVersion") == 1
    if legacy:
        if "config" in tree or "manifests" in tree:
            raise Unreadable("it is a manifest of two kinds at once")
        return Form.LEGACY
    if "manifests" in tree and ("layers" in tree or "config" in tree):
        raise Unreadable("it is a manifest of two kinds at once")
    kinds = {
        Form.IMAGE if one in _IMAGES else Form.INDEX
        for one in (claimed, named)
        if one in _IMAGES + _INDEXES
    }
    if len(kinds) > 1:
        raise Unreadable(f"it is sent as {text(claimed, 80)} and says that it is another kind")
    if not kinds:
        return Form.LEGACY if claimed in _LEGACY else Form.OTHER
    (kind,) = kinds
    if ("manifests" in tree) != (kind is Form.INDEX):
        raise Unreadable("its content is not of the kind it says")
    return kind


def _image(tree: dict[str, object], media_type: str) -> Manifest:
    config = _descriptor(tree.get("config"))
    layers = tree.get("layers")
    if not isinstance(layers, list):
        raise Unreadable("it lists no layers")
    if len(layers) > LAYERS:
        raise Unreadable(f"it has {len(layers)} layers; no engine stacks more than {LAYERS}")
    known = config.media_type in _CONFIGS
    return Manifest(
        form=Form.IMAGE if known else Form.OTHER,
        media_type=media_type if known else config.media_type,
        config=config,
        layers=tuple(_descriptor(one) for one in layers),
    )


def _descriptor(value: object) -> Descriptor:
    row = mapping(value)
    digest, length = text(row.get("digest"), 200), size(row.get("size"))
    if not is_digest(digest) or length < 0:
        raise Unreadable("a part of it has no digest of a known kind, or no size")
    return Descriptor(digest=digest, size=length, media_type=text(row.get("mediaType"), 200))


def _members(tree: dict[str, object]) -> tuple[tuple[Platform, Descriptor], ...]:
    members = []
    for one in items(tree.get("manifests")):
        row = mapping(one)
        platform = mapping(row.get("platform"))
        architecture = text(platform.get("architecture"), 40)
        if row.get("mediaType") not in _IMAGES or architecture in ("", "unknown"):
            continue
        members.append(
            (
                Platform(
                    os=text(platform.get("os"), 40),
                    architecture=architecture,
                    variant=text(platform.get("variant"), 40),
                ),
                _descriptor(row),
            )
        )
    return tuple(members)
