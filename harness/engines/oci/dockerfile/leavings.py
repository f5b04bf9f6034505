"""What builders leave on an engine beside an image: unnamed images of steps, passing names.

Before a build begins, a file in the cache says which images with the build's label there are. What
comes with that label until the build is over, and has no name, is its leaving: that is proved by
the file, not by the label, which every image made from one of ours inherits. A file whose owner
died is found by the next start.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex

from docker import APIClient
from docker.errors import APIError, NotFound

from harness.engines.oci import LABEL
from harness.engines.oci.builder import Builder
from harness.engines.oci.connection import engine_errors, explanation, lasting_name
from harness.engines.oci.images import images_labelled, inspect_image
from harness.machine.files import atomic_write
from harness.serial import UnreadableError, decode, encode

STAGE = f"{LABEL}.steps-of"
"""The label of every stage. Its value is the same for every build of one cell by one cache, so that
a builder finds again what it has made before."""
_PASSING = f"{LABEL}-passing"
_IN_USE = 409
_CHILD = "child"
"""Stands in what engines say of an image that another one is made from."""
_PATIENCE_S = 20
_PAUSE_S = 0.2
_LATE_S = 3


@dataclass(frozen=True, kw_only=True, slots=True)
class BuildUnderWay:
    """What is written down before a build begins."""

    owner: str
    label: str
    """The value of the stages' label."""
    name: str
    """The passing name of its image."""
    names: tuple[str, ...] = ()
    """Passing names of the images that it is made of."""
    before: tuple[str, ...] = ()
    """Ids of the images that had the label already."""


@contextmanager
def under_way(builder: Builder, label: str, sources: int) -> Iterator[BuildUnderWay]:
    """Inside `with`, a build is written down; afterwards its leavings are removed. Raises
    EngineError."""
    token = token_hex(8)
    made = BuildUnderWay(
        owner=builder.workshop.owner,
        label=label,
        name=f"{_PASSING}:{token}",
        names=tuple(f"{_PASSING}-from:{token}-{number}" for number in range(sources)),
        before=_labelled(builder.client, label),
    )
    path = _folder(builder.client, builder.workshop.cache) / f"{token}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    atomic_write(path, encode(made))
    try:
        yield made
    except BaseException:
        _all_gone(builder.client, made)
        # A builder that was left alone ends the step that it is at, whose image comes late.
        time.sleep(_LATE_S)
        raise
    finally:
        if _all_gone(builder.client, made):
            path.unlink(missing_ok=True)


def _all_gone(client: APIClient, made: BuildUnderWay) -> bool:
    """Remove a build's leavings; False where some are still used in the end: the next start behind
    this process looks again. A builder that was left alone ends its step when it notices. Podman's
    never removes the container of a step that was broken off, which no list has: by force it goes
    with its image."""
    deadline = time.monotonic() + _PATIENCE_S
    while not remove_leavings(client, made):
        if time.monotonic() > deadline:
            return remove_leavings(client, made, force=True)
        time.sleep(_PAUSE_S)
    return True


def remove_leavings(client: APIClient, made: BuildUnderWay, *, force: bool = False) -> bool:
    """Remove a build's passing names, and its unnamed images that no named one is made from, with
    `force` those that a container still uses too; False where one uses some."""
    for name in (made.name, *made.names):
        _remove(client, name)
    left = [one for one in _labelled(client, made.label) if one not in made.before]
    going = True
    while left and going:
        # An image that another is made from goes after that one.
        going = False
        for one in tuple(left):
            found = inspect_image(client, one)
            if found is None or (
                not found.get("RepoTags") and _remove(client, one, force=force) is None
            ):
                left.remove(one)
                going = True
    return not any(_is_used(client, one) for one in left)


def _is_used(client: APIClient, image: str) -> bool:
    """Whether a container holds it, be it one that a builder keeps to itself. What a named image is
    made from has a name, or a child, and stays for good."""
    found = inspect_image(client, image)
    if found is None or found.get("RepoTags"):
        return False
    return _CHILD not in (_remove(client, image) or _CHILD)


def sweep_builds(client: APIClient, cache: Path, alive: Callable[[str], bool]) -> tuple[str, ...]:
    """Remove the leavings of builds whose owners are dead; a word for each. Raises EngineError."""
    removed = []
    folder = _folder(client, cache)
    for path in sorted(folder.glob("*.json")) if folder.is_dir() else ():
        try:
            made = decode(BuildUnderWay, path.read_bytes())
        except (OSError, UnreadableError):
            continue
        if not alive(made.owner):
            if remove_leavings(client, made, force=True):
                path.unlink(missing_ok=True)
            removed.append(f"a broken-off build of {made.label.rpartition('/')[0] or made.label}")
    return tuple(removed)


def _folder(client: APIClient, cache: Path) -> Path:
    return cache / "images" / "under-way" / lasting_name(client)


def _labelled(client: APIClient, label: str) -> tuple[str, ...]:
    """Ids of the images with that label, the latest first, those without a name among them."""
    found = images_labelled(client, f"{STAGE}={label}", parents=True)
    found.sort(key=lambda one: -int(one.get("Created") or 0))
    return tuple(dict.fromkeys(str(one["Id"]) for one in found))


def _remove(client: APIClient, name: str, *, force: bool = False) -> str | None:
    """None: a name, or an image without one, is gone. Else why it stays, as the engine says it."""
    with engine_errors("removing what a build left"), suppress(NotFound):
        try:
            client.remove_image(name, force=force, noprune=True)
        except APIError as error:
            if error.status_code != _IN_USE:
                raise
            return explanation(error) or "it is used"
    return None
