"""Commits a container's files to an image with the settings of the image it was made from.

An engine passes a container's own settings on to the committed image; here each of them is reset.
The image first gets a temporary name derived from its container's random name. If the process dies
before it enters the image into the register, that name proves the image ours, and it is removed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from docker import APIClient
from docker.errors import ImageNotFound

from harness.engines.oci import LABEL
from harness.engines.oci.connection import engine_errors, patience, row_of
from harness.engines.oci.images import images_labelled, inspect_image
from harness.engines.oci.named import is_name
from harness.engines.oci.owned import NAME, is_ours
from harness.engines.oci.specification import is_root
from harness.errors import EngineError

_MAKING = f"{LABEL}-making"
_COMMIT_S = 3600
"""Seconds for a commit, which reads and writes all new files without any output."""
_COMMANDS = ("Entrypoint", "Cmd")
_KEPT = ("Env", *_COMMANDS, "User", "WorkingDir", "Volumes", "ExposedPorts", "Healthcheck")
_DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
"""The PATH that each engine gives a process if its image sets none. Podman writes it into an image
that is committed from such a container."""
_USUAL = ("PATH", _DEFAULT_PATH)
_MEANS_NOTHING = {"WorkingDir": ("/",), "User": ("root", "0", "0:0", "root:root")}
"""Values that mean the same as no value."""


def commit(
    client: APIClient,
    container: str,
    settings: Mapping[str, Any],
    kept: Callable[[Mapping[str, Any]], str],
) -> dict[str, Any]:
    """Make an image from a stopped container, with these settings; return the engine's description.

    `kept` enters the image into the register, and returns its final name. Raises EngineError and
    DiskFull.
    """
    told: dict[str, Any] = {"conf": settings}
    if not row_of(client).commits_settings:
        told = {"changes": _instructions(settings)}
    with engine_errors("committing a container"), patience(client, _COMMIT_S):
        own = str(client.inspect_container(container)["Name"]).lstrip("/")
        tag = own.removeprefix(f"{LABEL}-")
        made = client.commit(container, _MAKING, tag, pause=False, **told)
    passing = f"{_MAKING}:{tag}"
    try:
        found = inspect_image(client, str(made["Id"]))
        if found is None:
            raise EngineError("the engine made an image of a container, but does not have it")
        repository, _, tag = kept(found).rpartition(":")
        with engine_errors(f"naming {repository}"):
            client.tag(str(found["Id"]), repository, tag)
    finally:
        remove_unfinished(client, passing)
    return found


def settings_of(
    base: Mapping[str, Any],
    labels: Mapping[str, str],
    environment: tuple[tuple[str, str], ...] = (),
) -> dict[str, Any]:
    """Return the settings of an image made from one with the settings `base`: those of `base`, with
    additional labels and variables, and without what its container would pass on."""
    settings: dict[str, Any] = {name: base.get(name) or [] for name in _COMMANDS}
    settings["Labels"] = dict(labels)
    settings["Env"] = [f"{name}={value}" for name, value in environment]
    if not is_root(user := str(base.get("User") or "")):
        settings["User"] = user
    if base.get("Healthcheck"):
        settings["Healthcheck"] = base["Healthcheck"]
    return settings


def _instructions(settings: Mapping[str, Any]) -> list[str]:
    """Return the same settings as instructions for Podman.

    Podman reads one instruction a line, and of a quoted value removes only the outer quotes. It
    takes a health check from the image by itself.
    """
    # The entry point comes before the command, because it clears the command.
    said = [f"{name.upper()} {json.dumps(settings[name])}" for name in _COMMANDS]
    if "User" in settings:
        said.append(f"USER {settings['User']}")
    for variable in settings["Env"]:
        name, _, value = variable.partition("=")
        said.append(f'ENV {name}="{value}"')
    return [*said, *(f'LABEL {key}="{value}"' for key, value in settings["Labels"].items())]


def otherwise(
    base: Mapping[str, Any], wanted: Mapping[str, Any], made: Mapping[str, Any]
) -> tuple[str, ...]:
    """Describe the settings in which an image differs from what was wanted or from its base."""
    expected = {**{key: base.get(key) for key in _KEPT}, **wanted}
    expected["Env"] = [*(base.get("Env") or ()), *wanted["Env"]]
    held = made.get("Labels") or {}
    lacking = [key for key, value in wanted["Labels"].items() if held.get(key) != value]
    return (
        *(f"label {key} {held.get(key)!r}" for key in lacking),
        *(
            f"{key} {made.get(key)!r}, not {expected[key]!r}"
            for key in _KEPT
            if _plain(key, made.get(key)) != _plain(key, expected[key])
        ),
    )


def _plain(key: str, value: Any) -> Any:
    """Normalize a setting, so that equal meanings are equal; None if it has no effect."""
    if key == "Env":
        told = dict(str(each).partition("=")[::2] for each in value or ())
        return {name: each for name, each in told.items() if (name, each) != _USUAL}
    return None if not value or value in _MEANS_NOTHING.get(key, ()) else value


def unfinished(client: APIClient, alive: Callable[[str], bool]) -> tuple[str, ...]:
    """Return the temporary names of images whose makers died before they entered them into the
    register. Raises EngineError."""
    return tuple(
        tag
        for image in images_labelled(client, NAME)
        for tag in image.get("RepoTags") or ()
        if _is_in_making(tag, labels := image.get("Labels") or {})
        and not alive(labels.get(f"{LABEL}.owner", ""))
    )


def _is_in_making(tag: str, labels: Mapping[str, str]) -> bool:
    rest = tag.rpartition(":")[2]
    return is_name(tag, f"{_MAKING}:{rest}") and is_ours([f"{LABEL}-{rest}"], labels)


def remove_unfinished(client: APIClient, name: str) -> None:
    """Remove that name from an image; if it is the last name, the engine removes the image, too."""
    with engine_errors("removing an image's passing name"), suppress(ImageNotFound):
        client.remove_image(name, noprune=True)
