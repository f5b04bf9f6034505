"""Bring every file of a lock into the cache, by hash, from the index."""

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
"""Files that are told by name; a lock has dozens."""


def fetch_missing(
    artifacts: Iterable[Artifact],
    cache: DistributionCache,
    index: PackageIndex | None,
    said: Callable[[str], object] = lambda _: None,
) -> int:
    """Fetch what the cache lacks; the number of files fetched.

    Without an index nothing is fetched. `said` hears one line, before the first. Raises
    WrongLockError where the index has the very file with another hash. InfrastructureError: index
    unreachable, a file gone from it, a download that is not what the index says, a full disk;
    without an index, that something is missing.
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
    """What is wrong where the index has no file with the locked hash: the lock, where it has the
    file with another one."""
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
