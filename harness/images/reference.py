"""Parse image names as Docker does: registry, repository, tag, digest."""

from __future__ import annotations

import re
from dataclasses import dataclass

from harness.errors import UsageError
from harness.images.digests import is_digest
from harness.knowledge.library import default_registry
from harness.text import clean_line

_PART = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_REPOSITORY = re.compile(rf"{_PART}(?:/{_PART})*")
_TAG = re.compile(r"\w[\w.-]{0,127}", re.ASCII)
_HOST = re.compile(
    r"(?P<host>localhost|\[[0-9a-fA-F:.]{2,45}\]|[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?)"
    r"(?::(?P<port>\d{1,5}))?"
)
_LONGEST = 512


@dataclass(frozen=True, kw_only=True, slots=True)
class Reference:
    """One image in one registry. If it has both a tag and a digest, the digest decides."""

    registry: str
    """Host, with the port if one is given."""
    repository: str
    tag: str = ""
    digest: str = ""

    @property
    def wanted(self) -> str:
        """The digest or tag to ask the registry for."""
        return self.digest or self.tag

    def __str__(self) -> str:
        tag = f":{self.tag}" if self.tag else ""
        digest = f"@{self.digest}" if self.digest else ""
        return f"{self.registry}/{self.repository}{tag}{digest}"


def parse_reference(name: str) -> Reference:
    """Parse an image name; the tag is `latest` if neither tag nor digest is given.

    Raises UsageError, which quotes the name.
    """
    if not name or len(name) > _LONGEST or "://" in name:
        raise _refused(name, "write it as you would for `docker pull`: [REGISTRY/]NAME[:TAG]")
    rest, at, digest = name.partition("@")
    if at and not is_digest(digest):
        raise _refused(name, "a digest is sha256: and 64 hexadecimal digits")
    registry, path = _registry_of(rest)
    repository, colon, tag = path.partition(":")
    if colon and not _TAG.fullmatch(tag):
        raise _refused(name, "a tag has letters, digits, dots, dashes, at most 128")
    default = default_registry()
    if registry == default.name and "/" not in repository:
        repository = f"{default.namespace}/{repository}"
    if not _REPOSITORY.fullmatch(repository) or len(repository) > 255:
        raise _refused(name, "a repository has small letters, digits, and . _ - between them")
    tag = tag or ("" if digest else "latest")
    return Reference(registry=registry, repository=repository, tag=tag, digest=digest)


def _registry_of(name: str) -> tuple[str, str]:
    """(registry, rest of the name). The first part is a registry if it has a dot or a port, or is
    `localhost`."""
    default = default_registry()
    first, slash, rest = name.partition("/")
    if not slash or not ("." in first or ":" in first or first == "localhost"):
        return default.name, name
    found = _HOST.fullmatch(first)
    if not found or int(found["port"] or 1) not in range(1, 65536):
        raise _refused(name, "a registry is a host name, with :PORT where it has its own")
    first = first.lower()
    known = first == default.name or first in default.aliases
    return (default.name if known else first), rest


def _refused(name: str, remedy: str) -> UsageError:
    return UsageError(f"{clean_line(name, 120)!r} is no image name", remedy=remedy)
