"""The cache of distributions, shared by all cells: each file once, verified, named by its SHA-256.

A file gets its final name only when it is complete and verified (temporary name, fsync, rename). A
killed harness leaves at most a temporary file, which a later download removes after a day.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from harness.errors import InfrastructureError
from harness.model import Artifact

_STALE_S = 24 * 3600.0


class DistributionCache:
    """Files under `root`, addressed by content."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def path(self, sha256: str) -> Path:
        """The path of a file with this digest, whether or not it exists."""
        return self.root / sha256[:2] / sha256

    def has(self, artifact: Artifact) -> bool:
        """Whether the file is there in the size the lock states; its content was verified on
        admission."""
        try:
            return self.path(artifact.sha256).stat().st_size == artifact.size
        except OSError:
            return False

    def admit(self, sha256: str, source: Callable[[Callable[[bytes], object]], object]) -> Path:
        """Store what `source` writes if its digest is `sha256`; otherwise change nothing.

        Raises InfrastructureError if the digest differs or the disk refuses.
        """
        final = self.path(sha256)
        if final.exists():
            return final
        temporary = final.with_name(f"{sha256}.{os.getpid()}-{time.monotonic_ns()}.part")
        digest = hashlib.sha256()
        try:
            final.parent.mkdir(parents=True, exist_ok=True)
            self._remove_stale_parts()
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
                    remedy="try again; where it stays so, a published file was changed",
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

    def _remove_stale_parts(self) -> None:
        """Remove partial downloads that are more than a day old: their process is gone."""
        for part in self.root.glob("*/*.part"):
            # It may belong to another user, or be removed by another process at the same time: no
            # reason for this download to fail.
            with suppress(OSError):
                if time.time() - part.stat().st_mtime > _STALE_S:
                    part.unlink()
