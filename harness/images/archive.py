"""Read images in a file, in place: the format of `docker save`, and the OCI layout."""

from __future__ import annotations

import tarfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, BinaryIO, cast

from harness.errors import UsageError
from harness.images.digests import digest_of, is_digest, verify
from harness.images.image import Image, Reading, parse_image
from harness.images.looking import Layer
from harness.images.manifest import (
    CONFIG_LIMIT,
    LAYERS,
    MANIFEST_LIMIT,
    Form,
    Manifest,
    Platform,
    parse_manifest,
)
from harness.images.untrusted import Unreadable, items, mapping, parse, text, texts

_MEMBERS = 100_000
_CHUNK = 1024**2
_NAMES = ("io.containerd.image.name", "org.opencontainers.image.ref.name")
_HELP = "name a file that `docker save` wrote, or an OCI layout in a tar file"


@dataclass(frozen=True, kw_only=True)
class Archive:
    """An open archive, and the one image of it that is meant."""

    tar: tarfile.TarFile
    members: Mapping[str, tarfile.TarInfo]
    reading: Reading
    layers: tuple[Layer, ...]


@contextmanager
def opened_archive(
    path: Path, host: Platform, wanted: str = "", stream: BinaryIO | None = None
) -> Iterator[Archive]:
    """Open an archive's image for a host; if it holds several, the one called `wanted`.

    If `stream` is given, the archive is read from it, and `path` is only its name. Raises
    UsageError if the file is no image, or if it is not clear which image is meant.
    """
    try:
        with tarfile.open(None if stream else path, mode="r:*", fileobj=stream) as tar:
            yield _archive(path, tar, host, wanted)
    except (tarfile.TarError, EOFError, OSError) as error:
        raise UsageError(f"{path} cannot be read as an image: {error}", remedy=_HELP) from error
    except Unreadable as error:
        raise UsageError(f"{path} holds no image: {error}", remedy=_HELP) from error


def _archive(path: Path, tar: tarfile.TarFile, host: Platform, wanted: str) -> Archive:
    members: dict[str, tarfile.TarInfo] = {}
    for count, member in enumerate(tar):
        if count > _MEMBERS:
            raise Unreadable(f"it has more than {_MEMBERS} files")
        members[member.name.removeprefix("./")] = member
    if "manifest.json" in members:
        return _saved(path, tar, members, wanted)
    if "index.json" in members:
        return _layout(path, tar, members, host, wanted)
    raise Unreadable("it has neither manifest.json nor index.json")


def _saved(
    path: Path, tar: tarfile.TarFile, members: dict[str, tarfile.TarInfo], wanted: str
) -> Archive:
    """The format of `docker save`: a list of images, each with the names of its files."""
    raw = _content(tar, members, "manifest.json", MANIFEST_LIMIT)
    rows = items(parse(b'{"images":' + raw + b"}", MANIFEST_LIMIT + 20).get("images"))
    row = _chosen([(mapping(one), texts(mapping(one).get("RepoTags"))) for one in rows], wanted)
    config = _content(tar, members, text(row.get("Config")), CONFIG_LIMIT)
    names = texts(row.get("Layers"))
    image = parse_image(config)
    if len(names) > LAYERS or len(names) != len(image.layers):
        raise Unreadable(f"it lists {len(names)} layers, its configuration {len(image.layers)}")
    layers = tuple(
        Layer(named=diff, plain=True, open=_opener(tar, members, name))
        for name, diff in zip(names, image.layers, strict=True)
        if is_digest(diff)
    )
    if len(layers) != len(names):
        raise Unreadable("a layer of its configuration has no digest of a known kind")
    tags = texts(row.get("RepoTags"))
    tag = next((one for one in tags if _same(one, wanted)), tags[0] if tags else "")
    reading = _reading(path, image, digest_of(config), tag)
    # An engine names an image without a tag by the digest of its configuration.
    known = str(reading.reference) if reading.reference else digest_of(config)
    reading = replace(reading, loaded_as=known)
    return Archive(tar=tar, members=members, reading=reading, layers=layers)


def _layout(
    path: Path,
    tar: tarfile.TarFile,
    members: dict[str, tarfile.TarInfo],
    host: Platform,
    wanted: str,
) -> Archive:
    """The OCI layout: an index, and everything else as blobs named by their digests."""
    index = parse(_content(tar, members, "index.json", MANIFEST_LIMIT), MANIFEST_LIMIT)
    rows = [mapping(one) for one in items(index.get("manifests"))]
    row = _chosen([(one, _names(one)) for one in rows], wanted)
    digest = text(row.get("digest"), 200)
    manifest = parse_manifest(_blob(tar, members, digest), text(row.get("mediaType"), 200))
    if manifest.form is Form.INDEX:
        chosen = next((one for where, one in manifest.members if where.suits(host)), None)
        if chosen is None:
            offered = ", ".join(str(where) for where, _ in manifest.members)
            raise Unreadable(f"it has no image for {host}; it has: {offered or 'none'}")
        digest = chosen.digest
        manifest = parse_manifest(_blob(tar, members, digest), chosen.media_type)
    if manifest.form is not Form.IMAGE or manifest.config is None:
        raise Unreadable(f"it holds {manifest.media_type or 'something else'}, no image")
    image = parse_image(_blob(tar, members, manifest.config.digest), manifest)
    tag = next(iter(_names(row)), "")
    layers = tuple(
        Layer(named=one.digest, plain=False, open=_opener(tar, members, _place(one.digest)))
        for one in manifest.layers
    )
    reading = _reading(path, image, digest, tag, manifest)
    return Archive(tar=tar, members=members, reading=reading, layers=layers)


def _names(row: dict[str, object]) -> tuple[str, ...]:
    """The names that an OCI layout gives an image."""
    notes = mapping(row.get("annotations"))
    return tuple(name for one in _NAMES if (name := text(notes.get(one), 512)))


def _chosen(
    rows: list[tuple[dict[str, object], tuple[str, ...]]], wanted: str
) -> dict[str, object]:
    """The row of the image that is meant. Raises Unreadable if that is not clear."""
    named = [row for row, names in rows if any(_same(name, wanted) for name in names)]
    if wanted and len(named) == 1:
        return named[0]
    if not wanted and len(rows) == 1:
        return rows[0][0]
    there = ", ".join(name for _, names in rows[:20] for name in names[:3]) or "none has a name"
    which = f"none of them is {wanted!r}" if wanted else "say which: harness check NAME --archive"
    raise Unreadable(f"it holds {len(rows)} images ({there}); {which}")


def _same(name: str, wanted: str) -> bool:
    from harness.images.reference import parse_reference

    try:
        return bool(wanted) and parse_reference(name) == parse_reference(wanted)
    except UsageError:
        return False


def _reading(
    path: Path, image: Image, digest: str, tag: str, manifest: Manifest | None = None
) -> Reading:
    from harness.images.reference import parse_reference

    try:
        reference = parse_reference(tag) if tag else None
    except UsageError:
        reference = None
    return Reading(
        reference=reference,
        name=f"{path.name}" + (f" ({tag[:300]})" if tag else ""),
        form=Form.IMAGE,
        digest=digest,
        manifest_digest=digest,
        manifest=manifest,
        image=image,
        archived=True,
        file=str(path),
    )


def _place(digest: str) -> str:
    return f"blobs/{digest.replace(':', '/', 1)}"


def _blob(tar: tarfile.TarFile, members: dict[str, tarfile.TarInfo], digest: str) -> bytes:
    if not is_digest(digest):
        raise Unreadable("a part of it has no digest of a known kind")
    raw = _content(tar, members, _place(digest), CONFIG_LIMIT)
    verify(raw, digest, "part of the archive")
    return raw


def _content(
    tar: tarfile.TarFile, members: dict[str, tarfile.TarInfo], name: str, limit: int
) -> bytes:
    with _stream(tar, members, name) as stream:
        raw = stream.read(limit + 1)
    if len(raw) > limit:
        raise Unreadable(f"{name} has more than {limit} bytes")
    return raw


def _stream(tar: tarfile.TarFile, members: dict[str, tarfile.TarInfo], name: str) -> IO[bytes]:
    """Open a file of the archive, following one link: older engines wrote repeated layers as
    links."""
    member = members.get(name)
    if member is not None and member.issym():
        folder = name.rpartition("/")[0]
        target = f"{folder}/{member.linkname}" if folder else member.linkname
        parts: list[str] = []
        for part in target.split("/"):
            parts = parts[:-1] if part == ".." else [*parts, part] if part else parts
        member = members.get("/".join(parts))
    stream = tar.extractfile(member) if member is not None and member.isfile() else None
    if stream is None:
        raise Unreadable(f"it lacks {name or 'a part'}")
    return stream


def _opener(tar: tarfile.TarFile, members: dict[str, tarfile.TarInfo], name: str) -> _Opener:
    return _Opener(tar=tar, members=members, name=name)


@dataclass(frozen=True, kw_only=True)
class _Opener:
    tar: tarfile.TarFile
    members: dict[str, tarfile.TarInfo]
    name: str

    @contextmanager
    def __call__(self) -> Iterator[Iterator[bytes]]:
        with _stream(self.tar, self.members, self.name) as stream:
            yield iter(lambda: cast("BinaryIO", stream).read(_CHUNK), b"")
