"""A cache of registries' answers, stored by digest; an unchanged tag then costs one request.

The cache is not trusted: all content is verified against its digest when it is read.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from harness.errors import HarnessError
from harness.images.digests import digest_of, is_digest
from harness.images.manifest import CONFIG_LIMIT
from harness.images.reference import Reference
from harness.machine.files import atomic_write

_MOST = 600
"""Files at most; the oldest are deleted first."""
_TAG_LIMIT = 64 * 1024


@dataclass(frozen=True, kw_only=True, slots=True)
class Remembered:
    """A folder with cached answers. Files that cannot be read or written count as not cached."""

    folder: Path

    def tag(self, reference: Reference) -> tuple[str, str]:
        """(digest, media type) that the image's tag pointed to when last asked; empty if not
        known."""
        try:
            with self._tag_path(reference).open("rb") as stream:
                row = json.loads(stream.read(_TAG_LIMIT))
            told = (row["reference"], row["digest"], row["media_type"])
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            return "", ""
        if not all(isinstance(one, str) for one in told) or told[0] != str(reference):
            return "", ""
        return (told[1], told[2]) if is_digest(told[1]) else ("", "")

    def keep_tag(self, reference: Reference, digest: str, media_type: str) -> None:
        """Remember what a tag points to now."""
        row = {"reference": str(reference), "digest": digest, "media_type": media_type}
        self._write(self._tag_path(reference), json.dumps(row).encode())

    def content(self, digest: str) -> bytes | None:
        """The content with that digest, verified; None if it is missing or damaged."""
        try:
            with self._content_path(digest).open("rb") as stream:
                raw = stream.read(CONFIG_LIMIT + 1)
        except OSError:
            return None
        return raw if digest_of(raw, digest) == digest else None

    def keep_content(self, digest: str, raw: bytes) -> None:
        """Remember verified content."""
        self._write(self._content_path(digest), raw)

    def _tag_path(self, reference: Reference) -> Path:
        return self.folder / f"tag-{sha256(str(reference).encode()).hexdigest()}"

    def _content_path(self, digest: str) -> Path:
        return self.folder / digest.replace(":", "-")

    def _write(self, path: Path, raw: bytes) -> None:
        with suppress(OSError, HarnessError):
            self.folder.mkdir(parents=True, exist_ok=True)
            # Configurations of private images must not be readable by other users.
            self.folder.chmod(0o700)
            atomic_write(path, raw)
            self._prune()

    def _prune(self) -> None:
        with os.scandir(self.folder) as entries:
            aged = sorted((one.stat().st_mtime, one.path) for one in entries if one.is_file())
        for _, path in aged[: max(0, len(aged) - _MOST)]:
            with suppress(OSError):
                Path(path).unlink()
