"""Makes the root of a base from its source: a pulled image, a Debian, or a Debian with CPython.

Cells share bases, and bases share roots, so whatever has a name is made under that name's lock.
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
    """A source of a base does not work here; `outcome` tells whether the cause is this host."""

    def __init__(self, reason: str, outcome: Outcome) -> None:
        super().__init__(reason)
        self.outcome = outcome


def turn(name: str, workshop: Workshop) -> AbstractContextManager[None]:
    """Return a lock on a name, so that two cells, or two harness processes of this host, do not
    make the same thing twice."""
    path = workshop.cache / "locks" / f"{name.replace(':', '-').replace('/', '-')}.lock"
    return lease(path, alone=True, stop=workshop.stop)


def kept_or_made(
    builder: Builder,
    name: str,
    make: Callable[[], dict[str, Any]],
    fits: Callable[[dict[str, Any]], bool] = lambda _: True,
) -> dict[str, Any]:
    """Return the image that was built here under that name, or make it with `make`.

    It is made if there is none, if `fits` rejects it, or if bases are refreshed and it has not been
    made anew yet. It is made anew only once: otherwise every cell that shares a base would get
    another one, and each would take the name from the one before.
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
    """Report an image that has that name but was not built here, and will lose the name."""
    found = inspect_image(builder.client, name)
    ours = {built.id for built in builder.register.named(name)}
    if found is not None and found["Id"] not in ours:
        short = str(found["Id"])[7:19]
        builder.say(f"{name} was not built here: that image is kept as {short}, without the name")


@dataclass(frozen=True, kw_only=True, slots=True)
class Root:
    """The image from which a base is made, and the Python to use in it."""

    image: str
    interpreter: str
    digest: str = ""
    """The digest with which the registry answered for a pulled image; empty if unknown."""


def root_of(builder: Builder, source: Source) -> Root:
    """Find or make the root of a source. Raises SourceFailed, DiskFull, EngineError."""
    match source.kind:
        case "pull":
            return _pulled(builder, source)
        case "debian":
            return Root(image=_debian(builder, source), interpreter=source.interpreter)
        case _:
            path = f"/{TARGET}/bin/python{source.python}"
            return Root(image=_with_python(builder, source), interpreter=path)


def _pulled(builder: Builder, source: Source) -> Root:
    """Return an image of a registry: the one on the engine, unless bases are refreshed."""
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
            builder.say(f"{name} could not be pulled again, so the existing one is used: {reason}")
        found = inspect_image(client, name)
    if found is None:
        raise SourceFailed("pulled, but not on the engine", Outcome.PULL_FAILED)
    return Root(
        image=str(found["Id"]),
        interpreter=source.interpreter or "python3",
        digest=pulled_digest(found, name),
    )


def _debian(builder: Builder, source: Source) -> str:
    """Return the id of a Debian root, which several bases may share."""
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
    """Return the id of a Debian root with this host's CPython."""
    name = f"{LABEL}-root:{recipe.digest(source)[:16]}-python"
    return str(kept_or_made(builder, name, lambda: _laid(builder, source, name))["Id"])


_LAY = (
    f"tar -x -p --no-same-owner -C / -f {BUILD_DIR}/prefix.tar"
    " && echo /opt/python/lib > /etc/ld.so.conf.d/harness-python.conf && ldconfig"
)
"""Unpacks a CPython prefix on a root, and makes the loader find its libpython."""


def _laid(builder: Builder, source: Source, name: str) -> dict[str, Any]:
    with tempfile.NamedTemporaryFile() as spool:
        try:
            pack_prefix(source.python, spool)
        except PrefixUnavailable as error:
            raise SourceFailed(error.message, Outcome.HOST_INCOMPATIBLE) from error
        spool.flush()
        # Only after the prefix was found: a host without one need not make a Debian root.
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
