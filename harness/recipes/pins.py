"""Bases that are pulled by a tag, and the digests that locks pin the tags to.

A base falls back to a tag if no earlier source works, and a tag may name another image tomorrow. So
such a tag is not part of the digest of a base or lock. The digest that the tag had when a cell was
locked is kept in the cell's lock instead.
"""

from __future__ import annotations

from dataclasses import replace

from harness.model import Base, Lock, Source

_DIGEST = "@sha256:"


def by_tag(source: Source) -> bool:
    """Whether a source is an image named without its digest, which may be another one tomorrow."""
    return source.kind == "pull" and _DIGEST not in source.image


def repository_of(image: str) -> str:
    """An image's name without tag and digest."""
    named = image.partition("@")[0]
    head, slash, last = named.rpartition("/")
    return head + slash + last.partition(":")[0]


def decisive(base: Base) -> tuple[Source, ...]:
    """The sources that a base's digest covers: all but trailing ones by tag; all if there are no
    others."""
    sources = base.sources
    while sources and by_tag(sources[-1]):
        sources = sources[:-1]
    return sources or base.sources


def pin_of(source: Source, digest: str) -> str:
    """The pin that a lock keeps for the source of its base; empty if that is not named by a tag."""
    return f"{source.image}@{digest}" if digest and by_tag(source) else ""


def pinned(base: Base, lock: Lock) -> Base:
    """The base, with the tag that the lock pins replaced by the digest."""
    if not lock.base:
        return base
    return replace(base, sources=tuple(_pinned(each, lock.base) for each in base.sources))


def pin_holds(base: Base, lock: Lock) -> bool:
    """Whether the tag that a lock pins is still a source of its base."""
    tag = lock.base.partition("@")[0]
    return not lock.base or any(by_tag(each) and each.image == tag for each in base.sources)


def _pinned(source: Source, pin: str) -> Source:
    tag, _, digest = pin.partition("@")
    if not by_tag(source) or source.image != tag:
        return source
    return replace(source, image=f"{repository_of(tag)}@{digest}")
