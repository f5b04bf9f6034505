"""Lists and removes the images that we made: a cache, emptied by a person or a disk budget.

Ours are the images of the register. Images that somebody else made from them, tagged or built may
have the same labels, and are left alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass

from docker import APIClient
from docker.errors import APIError, ImageNotFound

from harness.engines.oci import LABEL
from harness.engines.oci.connection import engine_errors, explanation, row_of
from harness.engines.oci.images import images_labelled, inspect_image
from harness.engines.oci.register import BuiltImage, Register
from harness.errors import UsageError
from harness.images.reference import parse_reference

_IN_USE = 409
_KIND = f"{LABEL}.kind"
_MISSING = "<missing>"
_UNNAMED = "<none>:<none>"


@dataclass(frozen=True, kw_only=True, slots=True)
class NamedImage:
    """An image of ours."""

    built: BuiltImage
    name: str
    """As the engine spells it; its id if another image has taken its name."""
    size_bytes: int
    """Including the layers that it shares with others."""
    created: float = 0.0
    """Seconds since the epoch."""
    replaced: bool = False
    """Whether another image was built under its name since, so that nothing looks for this one."""

    @property
    def id(self) -> str:
        """The engine's id."""
        return self.built.id

    @property
    def kind(self) -> str:
        """`cell`, `base` or `root`."""
        return self.built.kind

    @property
    def named(self) -> bool:
        """Whether it still has its name."""
        return self.name != self.id

    @property
    def asked_for(self) -> str:
        """The name under which it was built, or its id if that name finds another image."""
        return self.id if self.replaced else self.built.name


_ORDER = ("cell", "base", "root")
"""The order of removal: an image is removed before the one it was made from."""


def named_images(client: APIClient, register: Register) -> tuple[NamedImage, ...]:
    """Return all our images, in an order in which they can be removed. Raises EngineError."""
    built = register.all()
    there = {str(image["Id"]): image for image in images_labelled(client, _KIND, parents=True)}
    found: list[NamedImage] = []
    looked_for: set[str] = set()
    for one in built:
        image = there.get(one.id)
        if image is None or one.kind not in _ORDER:
            continue
        tags = [tag for tag in image.get("RepoTags") or () if tag != _UNNAMED]
        own = [tag for tag in tags if is_name(tag, one.name)]
        first = one.name not in looked_for
        looked_for.add(one.name)
        if tags and not own:
            continue  # It has only a name that somebody else gave it: it is theirs now.
        found.append(
            NamedImage(
                built=one,
                name=own[0] if own else one.id,
                size_bytes=int(image.get("Size") or 0),
                created=float(image.get("Created") or 0),
                replaced=not first,
            )
        )
    return tuple(sorted(found, key=lambda image: (_ORDER.index(image.kind), image.name)))


def is_name(tag: str, name: str) -> bool:
    """Whether an engine's tag is the name that we gave; Podman puts a registry before it."""
    try:
        return parse_reference(tag.removeprefix("localhost/")) == parse_reference(name)
    except UsageError:
        return False


def remove_named(client: APIClient, register: Register, image: NamedImage) -> str:
    """Remove an image by its name; return why it was kept, empty if it is gone.

    If somebody else named it too, it only loses our name, and is no longer ours. What it was made
    from stays, since that may be somebody else's. Raises EngineError.
    """
    there = inspect_image(client, image.name)
    if there is None or there["Id"] != image.id:
        return "" if there is None else "another image has its name now"
    if not row_of(client).keeps_parents and _takes_another(client, register, image):
        return "removing it would also remove an unnamed image of somebody else"
    steps = _steps_of(client, image)
    with engine_errors(f"removing {image.name}"):
        try:
            client.remove_image(image.name, noprune=True)
        except ImageNotFound:
            pass
        except APIError as error:
            if error.status_code != _IN_USE:
                raise
            return f"in use: {explanation(error)}"
    left = inspect_image(client, image.id)
    if left is not None and not left.get("RepoTags"):
        return "in use: other images were made from it"
    register.forget(image.built)
    if left is None:
        _remove_steps(client, steps)
    return ""


def _takes_another(client: APIClient, register: Register, image: NamedImage) -> bool:
    """Whether removing it would remove an unnamed parent that is not ours."""
    ours = {built.id: built for built in register.all()}
    below = image.built.base
    while below and (found := inspect_image(client, below)) is not None:
        if found.get("RepoTags"):
            return False
        if below not in ours:
            return True
        below = ours[below].base
    return False


def _steps_of(client: APIClient, image: NamedImage) -> tuple[str, ...]:
    """Return the unnamed images that the steps of its build left between it and its base."""
    with engine_errors(f"looking at {image.name}"):
        history = client.history(image.id)  # type: ignore[no-untyped-call]
    ids = [str(entry.get("Id") or "") for entry in history][1:]
    base = image.built.base
    if image.kind == "cell" and not base:
        return tuple(one for one in ids if one != _MISSING)  # built from a Dockerfile, on scratch
    return tuple(ids[: ids.index(base)]) if base in ids else ()


def _remove_steps(client: APIClient, steps: Iterable[str]) -> None:
    for step in steps:
        found = inspect_image(client, step)
        if found is None or found.get("RepoTags"):
            return
        with engine_errors("removing a step of a build"), suppress(ImageNotFound):
            try:
                client.remove_image(step, noprune=True)
            except APIError as error:
                if error.status_code != _IN_USE:
                    raise
                return
