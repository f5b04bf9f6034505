"""The steps by which a run gets a built cell's image: found, fetched, built or reused.

No engine is asked, so what depends on one is worded as a condition.
"""

from __future__ import annotations

from collections.abc import Iterator, Set

from harness.model import Artifact, Base, Lock, Source
from harness.recipes.recipe import base_request_digest
from harness.text import in_kb, in_mb

_SHOWN = 12
"""Shown digits of a digest."""


def steps(base: Base, lock: Lock | None, cached: Set[str] | None) -> Iterator[str]:
    """One line for each step. `cached` is the SHA-256 of the locked files that this host's cache
    has; None if the cache was not read."""
    request = base_request_digest(base)[:_SHOWN]
    yield (
        f"base: reused where the engine has the one that was made for this request ({request}); "
        f"else the first source that works: {'; or '.join(map(_made, base.sources))}"
    )
    if lock is None:
        yield "distributions: none until they are locked, and so no image"
        return
    yield f"distributions: {_fetched((*lock.tools, *lock.distributions), cached)}"
    built = sum(not one.is_wheel for one in lock.distributions)
    first = f"{built} of them built from source, " if built else ""
    yield (
        "image: reused where the engine has the one that was built here from the same recipe on "
        f"the same base; else {_count(len(lock.distributions), 'distribution')} installed on the "
        f"base, {first}with the network off"
    )
    yield "files: read from outside without running anything, once for each image"
    yield "probes: run last, in one container for each round, after everything is built"


def _made(source: Source) -> str:
    if source.kind == "pull":
        return f"{source.image} is pulled"
    origin = " from Debian's archive" if source.archive else ""
    root = f"the minimal root of Debian {source.suite}{origin} (made once, kept for a day)"
    packages = f" with {', '.join(source.packages)} added" if source.packages else ""
    if source.kind == "prefix":
        return f"{root}{packages}, and this host's CPython {source.python} laid on it"
    return f"{root}{packages}"


def _fetched(artifacts: tuple[Artifact, ...], cached: Set[str] | None) -> str:
    sizes = {one.sha256: one.size for one in artifacts}
    if cached is None:
        return f"those of {_count(len(sizes), 'file')} that the cache lacks are fetched by hash"
    missing = [size for digest, size in sizes.items() if digest not in cached]
    if not missing:
        return f"all {len(sizes)} files are in the cache of this host, nothing is fetched"
    size = sum(missing)
    told = in_mb(size, 1) if size >= 10**6 else in_kb(size)
    return (
        f"{len(sizes) - len(missing)} of {len(sizes)} files are in the cache of this host, "
        f"{told} are fetched from the package index by hash, while the base is made"
    )


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
