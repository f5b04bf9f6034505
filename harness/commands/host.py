"""`harness host`: describe this host, to check images for it elsewhere."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from harness.check.host import LIMIT, TargetHost, parse_host
from harness.errors import UsageError
from harness.running.aloud import aloud
from harness.serial import readable


def describe() -> bytes:
    """The description of this host, as JSON. The file that makes it also runs by itself."""
    with aloud("looking at this host"):
        description = import_module("harness.probing.guest.describe_host").describe()
    return readable(description).encode()


def this_host() -> TargetHost:
    """This host."""
    return parse_host(describe(), "this host")


def described_host(path: Path) -> TargetHost:
    """A host that was described elsewhere. Raises UsageError."""
    try:
        with path.open("rb") as stream:
            raw = stream.read(LIMIT + 1)
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from error
    return parse_host(raw, str(path))
