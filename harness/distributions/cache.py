"""The cache of distributions: each file once, known by its SHA-256, verified, shared by all cells.

A file appears under its final name only when whole and verified (temporary name, fsync, rename),
so a killed harness leaves at worst a temporary file, which the next start removes.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable
from pathlib import Path

from harness.errors import InfrastructureError
from harness.model import Artifact

_STALE_S = 24 * 3600.0


class DistributionCache:
    """Content-addressed files under `root`."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def path(self, sha256: str) -> Path:
        """Where a file with this digest lies, or would lie."""
        return self.root / sha256[:2] / sha256

    def has(self, artifact: Artifact) -> bool:
        """Present, with the size the lock says; content was verified when it came in."""
        try:
            return self.path(artifact.sha256).stat().st_size == artifact.size
        except OSError:
            return False

    def admit(self, sha256: str, source: Callable[[Callable[[bytes], object]], object]) -> Path:
        """Take in what `source` writes, if its digest is `sha256`; otherwise nothing changes.

        Raises InfrastructureError where the bytes differ or the disk refuses.
        """
        final = self.path(sha256)
        if final.exists():
            return final
        temporary = final.with_name(f"{sha256}.{os.getpid()}-{time.monotonic_ns()}.part")
        digest = hashlib.sha256()
        try:
            final.parent.mkdir(parents=True, exist_ok=True)
            with temporary.open("xb") as out:

                def write(chunk: bytes) -> None:
                    digest.update(chunk)
                    out.write(chunk)

                source(write)
                out.flush()
                os.fsync(out.fileno())
            if digest.hexdigest() != sha256:
                raise InfrastructureError(
                    f"a download has SHA-256 {digest.hexdigest()}, not the locked {sha256}",
                    remedy="try again; where it stays so, somebody changed a published file",
                )
            temporary.chmod(0o444)
            temporary.replace(final)
        except OSError as error:
            raise InfrastructureError(
                f"the cache {self.root} cannot be written: {error}",
                remedy="free some space, or move the cache with HARNESS_CACHE",
            ) from error
        finally:
            temporary.unlink(missing_ok=True)
        return final

    def remove_stale_parts(self) -> int:
        """Remove what interrupted downloads of more than a day ago left; how many."""
        removed = 0
        for part in self.root.glob("*/*.part"):
            if time.time() - part.stat().st_mtime > _STALE_S:
                part.unlink(missing_ok=True)
                removed += 1
        return removed
