"""`harness host`: describe this host, so that images can be checked for it elsewhere."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from harness.check.host import LIMIT, TargetHost, parse_host
from harness.errors import UsageError
from harness.running.aloud import aloud
from harness.serial import readable


def describe() -> bytes:
    """The description of this host as JSON. The script that produces it can also run on its own."""
    with aloud("looking at this host"):
        description = import_module("harness.probing.guest.describe_host").describe()
    return readable(description).encode()


def ray_arguments() -> str:
    """Arguments that tell `ray start` about this host, on one line. If an engine answers, they
    include the room on its disk."""
    from harness.errors import EngineError
    from harness.machine.hostclass import host_class
    from harness.model import Suite
    from harness.running.cluster.needs import resources_of, start_arguments
    from harness.running.session import AUTO, opened_engine, workshop

    nothing = Suite(name="", root="", digest="", cells=())
    with aloud("looking at this host"):
        try:
            with opened_engine(AUTO, workshop(nothing)) as (engine, _):
                host = engine.host()
                room = engine.stock.room() if engine.stock is not None else None
        except EngineError:
            host, room = host_class(), None
    return f"{start_arguments(resources_of(host, room))}\n"


def this_host() -> TargetHost:
    """This host, as the target of a check."""
    return parse_host(describe(), "this host")


def described_host(path: Path) -> TargetHost:
    """A host that was described elsewhere. Raises UsageError."""
    try:
        with path.open("rb") as stream:
            raw = stream.read(LIMIT + 1)
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from error
    return parse_host(raw, str(path))
