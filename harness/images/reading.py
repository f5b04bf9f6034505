"""Read what a registry tells about an image without its layers.

This takes two requests, three through an index, and one if nothing has changed since last time.
"""

from __future__ import annotations

import platform
from dataclasses import replace

from harness.images.image import Reading, parse_image
from harness.images.manifest import (
    CONFIG_LIMIT,
    Descriptor,
    Form,
    Manifest,
    Platform,
    parse_manifest,
    platform_of,
)
from harness.images.registry import Received, Registry
from harness.images.remembered import Remembered
from harness.images.untrusted import Unreadable


def read_image(
    registry: Registry, memory: Remembered | None = None, host: Platform | None = None
) -> Reading:
    """Ask a registry about its image, for a host's platform (this machine's by default).

    If the answer cannot be understood, `problem` in the reading says why. Raises ImageRefused,
    RegistryUnreachable, WrongContent, UnsafeAddress.
    """
    return _ImageReader(registry, memory, host or platform_of(platform.machine())).read()


class _ImageReader:
    def __init__(self, registry: Registry, memory: Remembered | None, host: Platform) -> None:
        self.registry, self.memory, self.host = registry, memory, host
        self.fetched = False

    def read(self) -> Reading:
        reference = self.registry.reference
        top = self._top()
        reading = Reading(
            reference=reference, name=str(reference), form=Form.OTHER, digest=top.digest
        )
        try:
            reading = self._understand(reading, top)
        except Unreadable as error:
            reading = replace(reading, problem=str(error))
        if self.memory:
            self.memory.keep_tag(reference, top.digest, top.media_type)
        return replace(
            reading,
            requests=self.registry.transport.requests,
            received=self.registry.transport.received,
            remembered=not self.fetched,
            notices=tuple(dict.fromkeys(self.registry.login.notices)),
        )

    def _top(self) -> Received:
        """The manifest of the tag, from memory if the registry says that nothing has changed."""
        reference = self.registry.reference
        before, media_type = self.memory.tag(reference) if self.memory else ("", "")
        raw = self.memory.content(before) if self.memory and before else None
        if raw is not None and self.registry.current() == before:
            return Received(digest=before, media_type=media_type, raw=raw)
        self.fetched = True
        received = self.registry.manifest(reference.wanted)
        self._keep(received.digest, received.raw)
        return received

    def _understand(self, reading: Reading, top: Received) -> Reading:
        manifest = parse_manifest(top.raw, top.media_type)
        if manifest.form is not Form.INDEX:
            return self._image(reading, manifest, top.digest)
        offered = tuple(dict.fromkeys(str(one) for one, _ in manifest.members))
        reading = replace(reading, form=Form.INDEX, platforms=offered, manifest=manifest)
        chosen = next((one for where, one in manifest.members if where.suits(self.host)), None)
        if chosen is None:
            return reading
        member = self._member(chosen)
        inner = parse_manifest(member, chosen.media_type)
        if inner.form is Form.INDEX:
            raise Unreadable("an index inside an index")
        return self._image(reading, inner, chosen.digest)

    def _image(self, reading: Reading, manifest: Manifest, digest: str) -> Reading:
        reading = replace(reading, form=manifest.form, manifest=manifest, manifest_digest=digest)
        if manifest.form is not Form.IMAGE or manifest.config is None:
            return reading
        if manifest.config.size > CONFIG_LIMIT:
            raise Unreadable(f"its configuration has {manifest.config.size} bytes")
        raw = self._content(manifest.config)
        return replace(reading, image=parse_image(raw, manifest))

    def _member(self, chosen: Descriptor) -> bytes:
        """The manifest of one platform in an index, fetched by its digest."""
        known = self.memory.content(chosen.digest) if self.memory else None
        if known is not None:
            return known
        self.fetched = True
        raw = self.registry.manifest(chosen.digest).raw
        self._keep(chosen.digest, raw)
        return raw

    def _content(self, wanted: Descriptor) -> bytes:
        known = self.memory.content(wanted.digest) if self.memory else None
        if known is not None:
            return known
        self.fetched = True
        raw = self.registry.blob(wanted.digest, wanted.size)
        self._keep(wanted.digest, raw)
        return raw

    def _keep(self, digest: str, raw: bytes) -> None:
        if self.memory:
            self.memory.keep_content(digest, raw)
