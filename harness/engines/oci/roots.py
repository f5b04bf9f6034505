"""What a base is made of, by its source: a pulled image, a Debian, a Debian with CPython.

Cells share bases, and bases share roots: whatever has a name is made in the name's turn.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import Any

from docker import APIClient

from harness.engines import Say, Workshop
from harness.engines.oci import LABEL
from harness.engines.oci.connection import DiskFull, disk_full
from harness.engines.oci.images import (
    BuildFailed,
    BuildPlan,
    build,
    import_root,
    inspect_image,
    labelled,
    pull,
)
from harness.engines.prefixes import PrefixUnavailable, pack_prefix
from harness.engines.rootfs import RootUnavailable, make_root
from harness.machine.lease import lease
from harness.model import Outcome, Source
from harness.recipes import recipe
from harness.standard import dockerfile


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
    client: APIClient, name: str, workshop: Workshop, make: Callable[[], dict[str, Any]]
) -> dict[str, Any]:
    """The image of that name; where it is missing, or is still to be made anew, what `make` makes.

    Anew once: a base made again for every cell that shares it would take the name from the others'.
    """
    with turn(name, workshop):
        anew = workshop.refresh_bases and name not in workshop.made_anew
        found = None if anew else inspect_image(client, name)
        if found is None:
            found = make()
            workshop.made_anew.add(name)
        return found


def pulled(client: APIClient, source: Source, workshop: Workshop, say: Say) -> str:
    """An image of a registry: the one that is there, unless bases are to be made anew.

    Raises SourceFailed, DiskFull, EngineError.
    """
    found = inspect_image(client, source.image)
    if found is not None and not workshop.refresh_bases:
        return str(found["Id"])
    if workshop.offline:
        raise SourceFailed("offline, and not on the engine", Outcome.PULL_FAILED)
    reason = pull(client, source.image)
    if disk_full(reason):
        raise DiskFull(f"the engine's disk is full (pulling {source.image}): {reason}")
    if reason and found is None:
        raise SourceFailed(reason, Outcome.PULL_FAILED)
    if reason:
        say(f"{source.image} could not be pulled anew, the one that is there is used: {reason}")
    found = inspect_image(client, source.image)
    if found is None:
        raise SourceFailed("pulled, but not on the engine", Outcome.PULL_FAILED)
    return str(found["Id"])


def debian(client: APIClient, source: Source, workshop: Workshop, log: Path) -> str:
    """A Debian root; several bases may share one. Raises SourceFailed, DiskFull, EngineError."""
    plain = replace(source, interpreter="", python="", kind="debian")
    name = f"{LABEL}-root:{recipe.digest(plain)[:16]}"
    made = kept_or_made(
        client, name, workshop, lambda: _imported(client, source, name, workshop, log)
    )
    return str(made["Id"])


def _imported(
    client: APIClient, source: Source, name: str, workshop: Workshop, log: Path
) -> dict[str, Any]:
    if workshop.offline:
        raise SourceFailed("offline, and not on the engine", Outcome.PULL_FAILED)
    try:
        with tempfile.TemporaryFile() as spool:
            packages = make_root(source, spool, log, workshop.owner, workshop.stop)
            spool.seek(0)
            labels = {
                f"{LABEL}.kind": "root",
                f"{LABEL}.packages": " ".join(packages),
                "org.opencontainers.image.title": f"Debian {source.suite}",
            }
            return import_root(client, spool, name, labels)
    except RootUnavailable as error:
        raise SourceFailed(str(error.message), error.outcome) from error


def with_python(client: APIClient, source: Source, workshop: Workshop, log: Path) -> str:
    """The host's CPython laid on a Debian root. Raises SourceFailed, DiskFull, EngineError."""
    root = debian(client, source, workshop, log)
    name = f"{LABEL}-root:{recipe.digest(source)[:16]}-python"
    made = kept_or_made(
        client, name, workshop, lambda: _laid(client, source, root, name, workshop, log)
    )
    return str(made["Id"])


def _laid(
    client: APIClient, source: Source, root: str, name: str, workshop: Workshop, log: Path
) -> dict[str, Any]:
    with tempfile.TemporaryFile() as context:
        try:
            labels = {f"{LABEL}.kind": "root", f"{LABEL}.python-prefix": source.python}
            text = labelled(dockerfile("prefix.Dockerfile"), labels)
            pack_prefix(source.python, context, text)
        except PrefixUnavailable as error:
            raise SourceFailed(error.message, Outcome.HOST_INCOMPATIBLE) from error
        context.seek(0)
        plan = BuildPlan(
            name=name, dockerfile="Dockerfile", arguments={"BASE": root}, labels=labels
        )
        try:
            return build(client, context, plan, log, workshop)
        except BuildFailed as failure:
            raise SourceFailed(str(failure), Outcome.HOST_INCOMPATIBLE) from failure
