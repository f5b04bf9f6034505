"""Checks which sources of a base this host can use, by its programs and Pythons, and which
distributions are in its cache; no engine is asked.

Never here: trying a source. That a source can be used says nothing about networks and mirrors.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from harness.distributions.cache import DistributionCache
from harness.engines.prefixes import PrefixUnavailable, find_prefix
from harness.engines.rootfs import archive_mirror
from harness.model import Lock, Source

REGISTRY = "a registry, not asked"


@dataclass(frozen=True, kw_only=True, slots=True)
class HostMeans:
    """What this host has for making bases."""

    mmdebstrap: bool
    archive: bool
    """Whether the address of Debian's archive is known."""
    prefixes: Mapping[str, str]
    """By major.minor version: the CPython that can be copied, in words; empty if there is none."""


def host_means(sources: Iterable[Source]) -> HostMeans:
    """Find out what this host has, as far as these sources need it."""
    pythons = sorted({source.python for source in sources if source.kind == "prefix"})
    return HostMeans(
        mmdebstrap=shutil.which("mmdebstrap") is not None,
        archive=bool(archive_mirror()),
        prefixes={python: _prefix(python) for python in pythons},
    )


def usable_here(source: Source, means: HostMeans) -> str:
    """Describe in a few words whether this host can use a source."""
    if source.kind == "pull":
        return REGISTRY
    found = ""
    lacking = [] if means.mmdebstrap else ["mmdebstrap is not installed"]
    if source.archive and not means.archive:
        lacking.append("Debian's archive is not known")
    if source.kind == "prefix":
        found = means.prefixes.get(source.python, "")
        if not found:
            lacking.append(f"no CPython {source.python} of pyenv or uv")
    if lacking:
        return f"not here: {', '.join(lacking)}"
    return f"can be used here: {found}" if found else "can be used here"


def cached_files(cache: Path, locks: Iterable[Lock]) -> frozenset[str]:
    """Return the SHA-256 of those locked files that are in this host's cache at `cache`."""
    kept = DistributionCache(cache / "distributions")
    wanted = (one for lock in locks for one in (*lock.tools, *lock.distributions))
    return frozenset(one.sha256 for one in wanted if kept.has(one))


def _prefix(python: str) -> str:
    try:
        found = find_prefix(python)
    except PrefixUnavailable:
        return ""
    return f"{found.version} of {found.origin}"
