"""Fetch every file of a lock from the index into the cache, by hash."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor

from harness.distributions.cache import DistributionCache
from harness.distributions.index import IndexFile, IndexUnreachable, PackageIndex
from harness.errors import HarnessError, InfrastructureError, WrongLockError
from harness.model import Artifact
from harness.text import in_mb

_PARALLEL = 4
_NAMED = 3
"""How many files a message names; a lock has dozens."""


def fetch_missing(
    artifacts: Iterable[Artifact],
    cache: DistributionCache,
    index: PackageIndex | None,
    said: Callable[[str], object] = lambda _: None,
) -> int:
    """Fetch what the cache lacks; returns the number of files fetched.

    Without an index nothing is fetched. `said` is called with one line before the first file.
    Raises WrongLockError if the index has the very file with another hash. Raises
    InfrastructureError if the index is unreachable, has lost a file or sends something else than it
    lists, if the disk is full, or if a file is missing and there is no index.
    """
    missing = {artifact.sha256: artifact for artifact in artifacts if not cache.has(artifact)}
    if not missing:
        return 0
    if index is None:
        names = sorted(artifact.filename for artifact in missing.values())
        more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
        raise InfrastructureError(
            f"offline, and not in the cache: {', '.join(names[:_NAMED])}{more}",
            remedy="run once without --offline",
        )

    def bring(artifact: Artifact) -> None:
        listed = index.files(artifact.name)
        file = next((one for one in listed if one.sha256 == artifact.sha256), None)
        if file is None:
            raise _not_there(artifact, listed)
        cache.admit(artifact.sha256, lambda write: index.fetch(file, write))

    size = sum(artifact.size for artifact in missing.values())
    said(f"fetching {len(missing)} distributions, {in_mb(size)}")
    with ThreadPoolExecutor(_PARALLEL) as pool:
        for done in [pool.submit(bring, artifact) for artifact in missing.values()]:
            done.result()
    return len(missing)


def _not_there(artifact: Artifact, listed: Iterable[IndexFile]) -> HarnessError:
    """The error for a locked hash that the index does not have: it blames the lock if the index has
    the file with another hash."""
    same = next((one for one in listed if one.filename == artifact.filename), None)
    if same is None:
        return IndexUnreachable(
            f"{artifact.filename} is not on the package index (any more)",
            remedy="check pip's index settings; or lock again with `harness lock`",
        )
    return WrongLockError(
        f"the lock is wrong: it gives {artifact.filename} the SHA-256 {artifact.sha256}, and on "
        f"the package index it has {same.sha256}",
        remedy="lock again with `harness lock`; a lock is not edited by hand",
    )
