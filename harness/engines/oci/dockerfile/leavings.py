"""Removes what builders leave on an engine beside an image: unnamed images of steps, and temporary
names.

Before a build begins, a file in the cache lists which images with the build's label exist. Images
with that label that appear until the build is over, and have no name, are what it left. The file
proves that, not the label, which every image made from one of ours inherits. A file whose owner is
dead is handled at the start of the next run.
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
"""The label of every stage. Its value is the same for every build of one cell with one cache, so
that a builder can reuse steps of earlier builds."""
_PASSING = f"{LABEL}-passing"
_IN_USE = 409
_CHILD = "child"
"""A word in the engines' error message about an image from which another one is made."""
_PATIENCE_S = 20
_PAUSE_S = 0.2
_LATE_S = 3


@dataclass(frozen=True, kw_only=True, slots=True)
class BuildUnderWay:
    """The content of the file that is written before a build begins."""

    owner: str
    label: str
    """The value of the stages' label."""
    name: str
    """The temporary name of the build's image."""
    names: tuple[str, ...] = ()
    """Temporary names of the images from which it is made."""
    before: tuple[str, ...] = ()
    """Ids of the images that had the label before."""


@contextmanager
def under_way(builder: Builder, label: str, sources: int) -> Iterator[BuildUnderWay]:
    """Keep a build's file during `with`, and afterwards remove what the build left. Raises
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
        # An abandoned builder still ends its current step, whose image appears later.
        time.sleep(_LATE_S)
        raise
    finally:
        if _all_gone(builder.client, made):
            path.unlink(missing_ok=True)


def _all_gone(client: APIClient, made: BuildUnderWay) -> bool:
    """Remove what a build left; return False if some of it is still used in the end.

    In that case the next run after this process tries again. An abandoned builder ends its step
    once it notices, so this waits for a while. Podman's builder never removes the container of an
    interrupted step, and does not list it either: it is removed by force, with its image.
    """
    deadline = time.monotonic() + _PATIENCE_S
    while not remove_leavings(client, made):
        if time.monotonic() > deadline:
            return remove_leavings(client, made, force=True)
        time.sleep(_PAUSE_S)
    return True


def remove_leavings(client: APIClient, made: BuildUnderWay, *, force: bool = False) -> bool:
    """Remove a build's temporary names, and its unnamed images from which no named one is made.

    With `force`, also those that a container still uses. Return False if a container uses some.
    """
    for name in (made.name, *made.names):
        _remove(client, name)
    left = [one for one in _labelled(client, made.label) if one not in made.before]
    going = True
    while left and going:
        # An image from which another is made can be removed only after that one.
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
    """Whether a container uses an image, including a builder's own unlisted containers.

    An image that has a name or a child does not count: it stays for good.
    """
    found = inspect_image(client, image)
    if found is None or found.get("RepoTags"):
        return False
    return _CHILD not in (_remove(client, image) or _CHILD)


def sweep_builds(client: APIClient, cache: Path, alive: Callable[[str], bool]) -> tuple[str, ...]:
    """Remove what builds of dead owners left; return a description of each. Raises EngineError."""
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
    """Return the ids of all images with that label, including unnamed ones, the latest first."""
    found = images_labelled(client, f"{STAGE}={label}", parents=True)
    found.sort(key=lambda one: -int(one.get("Created") or 0))
    return tuple(dict.fromkeys(str(one["Id"]) for one in found))


def _remove(client: APIClient, name: str, *, force: bool = False) -> str | None:
    """Remove a name, or an image without a name; return the engine's reason if it stays, else
    None."""
    with engine_errors("removing what a build left"), suppress(NotFound):
        try:
            client.remove_image(name, force=force, noprune=True)
        except APIError as error:
            if error.status_code != _IN_USE:
                raise
            return explanation(error) or "it is used"
    return None
