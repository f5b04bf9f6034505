"""What a base is made of, by its source: a pulled image, a Debian, a Debian with CPython.

Cells share bases, and bases share roots: whatever has a name is made in the name's turn.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from harness.engines import Workshop
from harness.engines.oci import LABEL
from harness.engines.oci.builder import Builder
from harness.engines.oci.building import BuildFailed, ImageBuild, build, import_root
from harness.engines.oci.connection import DiskFull, disk_full
from harness.engines.oci.images import inspect_image, pull, pulled_digest
from harness.engines.oci.specification import BUILD_DIR
from harness.engines.prefixes import TARGET, PrefixUnavailable, pack_prefix
from harness.engines.rootfs import RootUnavailable, make_root
from harness.machine.lease import lease
from harness.model import Outcome, Source
from harness.recipes import recipe


class SourceFailed(Exception):
    """A source of a base does not work here; `outcome` says whose fault that is."""

    def __init__(self, reason: str, outcome: Outcome) -> None:
        super().__init__(reason)
        self.outcome = outcome


def turn(name: str, workshop: Workshop) -> AbstractContextManager[None]:
    """What two cells, or two harnesses of this host, hold so as not to make one thing twice."""
    path = workshop.cache / "locks" / f"{name.replace(':', '-').replace('/', '-')}.lock"
    return lease(path, alone=True, stop=workshop.stop)


def kept_or_made(
    builder: Builder,
    name: str,
    make: Callable[[], dict[str, Any]],
    fits: Callable[[dict[str, Any]], bool] = lambda _: True,
) -> dict[str, Any]:
    """The image that was built here under that name; where there is none, it does not fit, or is
    still to be made anew, what `make` makes.

    Anew once: a base made again for every cell that shares it would take the name from the others'.
    """
    workshop = builder.workshop
    with turn(name, workshop):
        anew = workshop.refresh_bases and name not in workshop.made_anew
        found = None if anew else _kept(builder, name)
        if found is None or not fits(found):
            found = make()
            workshop.made_anew.add(name)
        return found


def _kept(builder: Builder, name: str) -> dict[str, Any] | None:
    for built in builder.register.named(name):
        if (found := inspect_image(builder.client, built.id)) is not None:
            return found
    say_whose(builder, name)
    return None


def say_whose(builder: Builder, name: str) -> None:
    """Say where an image has that name that was not built here, and will lose it."""
    found = inspect_image(builder.client, name)
    ours = {built.id for built in builder.register.named(name)}
    if found is not None and found["Id"] not in ours:
        short = str(found["Id"])[7:19]
        builder.say(f"{name} is not what was built here: it stays, as {short}, without that name")


@dataclass(frozen=True, kw_only=True, slots=True)
class Root:
    """What a base is laid on: an image of the engine, and the Python to use in it."""

    image: str
    interpreter: str
    digest: str = ""
    """Of a pulled one: what the registry answered with; empty where that is not known."""


def root_of(builder: Builder, source: Source) -> Root:
    """What a source gives. Raises SourceFailed, DiskFull, EngineError."""
    match source.kind:
        case "pull":
            return _pulled(builder, source)
        case "debian":
            return Root(image=_debian(builder, source), interpreter=source.interpreter)
        case _:
            path = f"/{TARGET}/bin/python{source.python}"
            return Root(image=_with_python(builder, source), interpreter=path)


def _pulled(builder: Builder, source: Source) -> Root:
    """An image of a registry: the one that is there, unless bases are to be made anew."""
    client, name = builder.client, source.image
    found = inspect_image(client, name)
    if found is None or builder.workshop.refresh_bases:
        if builder.workshop.offline:
            raise SourceFailed("offline, and not on the engine", Outcome.PULL_FAILED)
        reason = pull(client, name)
        if disk_full(reason):
            raise DiskFull(f"the engine's disk is full (pulling {name}): {reason}")
        if reason and found is None:
            raise SourceFailed(reason, Outcome.PULL_FAILED)
        if reason:
            builder.say(f"{name} could not be pulled anew, the one that is there is used: {reason}")
        found = inspect_image(client, name)
    if found is None:
        raise SourceFailed("pulled, but not on the engine", Outcome.PULL_FAILED)
    return Root(
        image=str(found["Id"]),
        interpreter=source.interpreter or "python3",
        digest=pulled_digest(found, name),
    )


def _debian(builder: Builder, source: Source) -> str:
    """A Debian root; several bases may share one."""
    plain = replace(source, interpreter="", python="", kind="debian")
    name = f"{LABEL}-root:{recipe.digest(plain)[:16]}"
    return str(kept_or_made(builder, name, lambda: _imported(builder, source, name))["Id"])


def _imported(builder: Builder, source: Source, name: str) -> dict[str, Any]:
    workshop = builder.workshop
    if workshop.offline:
        raise SourceFailed("offline, and not on the engine", Outcome.PULL_FAILED)
    try:
        with tempfile.TemporaryFile() as spool:
            packages = make_root(source, spool, builder.log, workshop)
            spool.seek(0)
            labels = {
                f"{LABEL}.kind": "root",
                f"{LABEL}.packages": " ".join(packages),
                "org.opencontainers.image.title": f"Debian {source.suite}",
            }
            return import_root(builder, spool, name, labels)
    except RootUnavailable as error:
        raise SourceFailed(str(error.message), error.outcome) from error


def _with_python(builder: Builder, source: Source) -> str:
    """The host's CPython laid on a Debian root."""
    name = f"{LABEL}-root:{recipe.digest(source)[:16]}-python"
    return str(kept_or_made(builder, name, lambda: _laid(builder, source, name))["Id"])


_LAY = (
    f"tar -x -p --no-same-owner -C / -f {BUILD_DIR}/prefix.tar"
    " && echo /opt/python/lib > /etc/ld.so.conf.d/harness-python.conf && ldconfig"
)
"""Lays a prefix on a root, and lets the loader find its libpython."""


def _laid(builder: Builder, source: Source, name: str) -> dict[str, Any]:
    with tempfile.NamedTemporaryFile() as spool:
        try:
            pack_prefix(source.python, spool)
        except PrefixUnavailable as error:
            raise SourceFailed(error.message, Outcome.HOST_INCOMPATIBLE) from error
        spool.flush()
        # After the prefix: a host that has none makes no Debian in vain.
        root = _debian(builder, source)
        wanted = ImageBuild(
            name=name,
            base=root,
            command=("/bin/sh", "-c", _LAY),
            labels={f"{LABEL}.kind": "root", f"{LABEL}.python-prefix": source.python},
            files={"prefix.tar": Path(spool.name)},
        )
        try:
            return build(builder, wanted)
        except BuildFailed as failure:
            raise SourceFailed(str(failure), Outcome.HOST_INCOMPATIBLE) from failure
