"""A container's files as an image, whose settings are those of the image that it was made from.

An engine hands a container's own settings on to what is committed of it; here each is set back. The
image is first known by a name that its container alone could give it, so that one whose maker died
before it was written down is known as ours, and removed.
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
"""A commit reads and writes all that is new; an engine says nothing meanwhile."""
_COMMANDS = ("Entrypoint", "Cmd")
_KEPT = ("Env", *_COMMANDS, "User", "WorkingDir", "Volumes", "ExposedPorts", "Healthcheck")
_DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
"""What each engine gives a process whose image sets no PATH. Podman writes it into an image that is
committed of such a container."""
_USUAL = ("PATH", _DEFAULT_PATH)
_MEANS_NOTHING = {"WorkingDir": ("/",), "User": ("root", "0", "0:0", "root:root")}
"""What means the same as to say nothing."""


def commit(
    client: APIClient,
    container: str,
    settings: Mapping[str, Any],
    kept: Callable[[Mapping[str, Any]], str],
) -> dict[str, Any]:
    """Make an image of a stopped container with these settings.

    `kept` writes it down, and gives the name it gets then. Raises EngineError, DiskFull.
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
    """The settings of an image made of one with those of `base`: more labels and variables, else
    none that a container of it would hand on."""
    settings: dict[str, Any] = {name: base.get(name) or [] for name in _COMMANDS}
    settings["Labels"] = dict(labels)
    settings["Env"] = [f"{name}={value}" for name, value in environment]
    if not is_root(user := str(base.get("User") or "")):
        settings["User"] = user
    if base.get("Healthcheck"):
        settings["Healthcheck"] = base["Healthcheck"]
    return settings


def _instructions(settings: Mapping[str, Any]) -> list[str]:
    """The same, as Podman reads instructions: one a line, of a quoted value the outer quotes are
    taken off and nothing else. A check of health it takes from the image by itself."""
    # The entry point comes before the command: it empties that.
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
    """What an image has otherwise than wanted, or than the one it was made from, in words."""
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
    """A setting as it is meant; None for one that says nothing."""
    if key == "Env":
        told = dict(str(each).partition("=")[::2] for each in value or ())
        return {name: each for name, each in told.items() if (name, each) != _USUAL}
    return None if not value or value in _MEANS_NOTHING.get(key, ()) else value


def unfinished(client: APIClient, alive: Callable[[str], bool]) -> tuple[str, ...]:
    """Names of images whose makers died before they had written them down. Raises EngineError."""
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
    """Take that name from an image; the image goes with its last one."""
    with engine_errors("removing an image's passing name"), suppress(ImageNotFound):
        client.remove_image(name, noprune=True)
