"""`harness clean`: remove what dead runs left and, on request, images that the harness made."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.errors import EngineError, UsageError
from harness.formats.answers import Reply
from harness.machine.owner import maybe_alive, owner_alive
from harness.machine.workfolder import dead_folders, sweep_folders
from harness.running.session import AUTO, CONTAINER_ENGINES, places
from harness.text import in_mb

SESSIONS = "sessions"
"""Folder in the cache in which pytest sessions communicate with their runs."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Cleaned:
    """What was done with one thing, or a remark about the whole."""

    line: str
    """For a person."""
    did: str = ""
    """removed, would remove or kept; empty for a remark about the whole."""
    what: str = ""
    where: str = ""
    """An engine, or `this host`."""
    why: str = ""
    """Why it was kept."""

    def tree(self) -> dict[str, str]:
        """The same for a program."""
        told = {"did": self.did, "what": self.what, "where": self.where, "why": self.why}
        return told if self.did else {"said": self.line}


def clean(engine: str, *, images: bool, dry_run: bool) -> Iterator[Cleaned]:
    """Remove leftovers and, with `images`, the images of cells and bases. Yields one item for each.

    `engine` auto means every container engine that answers. Whatever a living process owns is left
    alone. Raises UsageError for another kind of engine, EngineError if a named one does not answer.
    """
    if engine not in (AUTO, *CONTAINER_ENGINES):
        raise UsageError(
            f"the engine {engine!r} keeps nothing that could be cleaned",
            remedy=f"take one of: {', '.join((AUTO, *CONTAINER_ENGINES))}",
        )
    did = "would remove" if dry_run else "removed"
    count = 0
    for line in _host(dry_run):
        count += 1
        yield Cleaned(line=f"{did} {line} on this host", did=did, what=line, where="this host")
    for name in CONTAINER_ENGINES if engine == AUTO else (engine,):
        try:
            found = list(_engine(name, images, dry_run))
        except EngineError as error:
            if engine != AUTO:
                raise
            yield Cleaned(line=f"{name}: {error.message}")
            continue
        count += len(found)
        for what, kept in found:
            line = f"kept {what} on {name}, {kept}" if kept else f"{did} {what} on {name}"
            done = "kept" if kept else did
            yield Cleaned(line=line, did=done, what=what, where=name, why=kept)
    if not count:
        yield Cleaned(line="there is nothing to clean")
    elif not images:
        yield Cleaned(line="images are kept: --images removes those too")


def answer(done: Sequence[Cleaned]) -> Reply:
    """The reply about everything that was done."""
    return Reply(
        text="".join(f"{one.line}\n" for one in done),
        tree={"done": [one.tree() for one in done]},
        columns=("did", "what", "where", "why"),
        rows=[(one.did, one.what or one.line, one.where, one.why) for one in done],
    )


def _host(dry_run: bool) -> tuple[str, ...]:
    sessions = places().cache / SESSIONS
    dead = dead_folders(owner_alive) if dry_run else sweep_folders(owner_alive)
    return (*dead, *_sessions(sessions, dry_run))


def _sessions(folder: Path, dry_run: bool) -> Iterator[str]:
    from harness.testing.board import dead_sessions, remove_session

    for dead in dead_sessions(folder):
        if not dry_run:
            remove_session(dead)
        yield f"session {dead.name}"


def _engine(name: str, images: bool, dry_run: bool) -> Iterator[tuple[str, str]]:
    """(thing to remove, reason to keep it if it is kept)."""
    from harness.engines.oci.capabilities import TABLE
    from harness.engines.oci.connection import connect
    from harness.engines.oci.named import named_images, remove_named
    from harness.engines.oci.register import register_of
    from harness.engines.oci.sweep import leftovers, sweep

    client = connect(next(row for row in TABLE if row.engine == name))
    try:
        found = leftovers(client, maybe_alive)
        gone = [str(one) for one in found] if dry_run else sweep(client, maybe_alive)
        for what in gone:
            yield what, ""
        register = register_of(client, places().cache)
        for image in named_images(client, register) if images else ():
            kept = "" if dry_run else remove_named(client, register, image)
            yield f"image {image.name} ({in_mb(image.size_bytes)})", kept
    finally:
        client.close()
