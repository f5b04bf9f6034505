"""What builds leave: the stage that installs, its unfinished forerunners, the containers of steps.

They carry the stage's label, which others inherit. A stage is ours where its history ends in our
LABEL step, or in steps of our own Dockerfile behind it; a container of a build where the engine
gave it the host's name that belongs to the label: no image hands that on.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Mapping
from secrets import token_hex
from typing import Any

from docker import APIClient
from docker.errors import APIError, ImageNotFound, NotFound

from harness.engines.oci import LABEL
from harness.engines.oci.connection import engine_errors, row_of
from harness.engines.oci.images import images_labelled

STAGE = f"{LABEL}.stage"
_TRIES = 12
_NOP = "#(nop)"
_ARGUMENTS = {"STAGE", "INTERPRETER", "SOURCE_DATE_EPOCH"}
_COPY = re.compile(r"COPY (dir|multi):[0-9a-f]{64} in /harness-build/")
_INSTALL = "/harness-build/install.py --from /harness-build --root /harness-out"


def new_stage(owner: str) -> str:
    """What the label of an owner's new stage says."""
    return f"{owner}/{token_hex(8)}"


def mark_of(stage: str) -> dict[str, str]:
    """The host's name that the containers of a build get, and no container made of an image."""
    return {f"{LABEL}-{stage.rpartition('/')[2]}": "127.0.0.1"}


def build_containers(client: APIClient, wanted: Callable[[str], bool]) -> tuple[str, ...]:
    """Containers of the builds of the owners that are wanted. Raises EngineError."""
    with engine_errors("listing containers"):
        found = client.containers(all=True, filters={"label": STAGE})
    return tuple(
        str(one["Id"])
        for one in found
        if wanted(_owner(one["Labels"][STAGE])) and _is_marked(client, one)
    )


def _owner(stage: str) -> str:
    return stage.partition("/")[0]


def _is_marked(client: APIClient, listed: Mapping[str, Any]) -> bool:
    with engine_errors("looking at a container"):
        try:
            found = client.inspect_container(listed["Id"])
        except NotFound:
            return False
    marks = {f"{name}:{at}" for name, at in mark_of(listed["Labels"][STAGE]).items()}
    return marks <= set(found["HostConfig"].get("ExtraHosts") or ())


def unnamed_stages(client: APIClient, wanted: Callable[[str], bool]) -> tuple[str, ...]:
    """Ids of unnamed stages of ours whose label, `OWNER/RANDOM`, is wanted. Raises EngineError."""
    found = images_labelled(client, STAGE, dangling=row_of(client).stages_dangle)
    return tuple(
        str(image["Id"])
        for image in found
        if not [tag for tag in image.get("RepoTags") or () if tag != "<none>:<none>"]
        and wanted(str(image["Labels"][STAGE]))
        and _is_stage(client, str(image["Id"]), str(image["Labels"][STAGE]))
    )


def stages_of(client: APIClient, alive: Callable[[str], bool]) -> tuple[str, ...]:
    """Ids of unnamed stages whose owner is dead. Raises EngineError."""
    return unnamed_stages(client, lambda stage: not alive(_owner(stage)))


def remove_stages(client: APIClient, stage: str) -> None:
    """Remove what one build left. Raises EngineError."""
    for image in unnamed_stages(client, lambda found: found == stage):
        remove_stage(client, image)


def remove_stage(client: APIClient, image: str) -> bool:
    """Whether it is gone. A build that was ended may hold it for a moment longer."""
    for _ in range(_TRIES):
        with engine_errors("removing a stage"):
            try:
                client.remove_image(image, force=False, noprune=False)
            except ImageNotFound:
                return True
            except APIError as error:
                if error.status_code != 409:
                    raise
            else:
                return True
        time.sleep(0.25)
    return False


def _is_stage(client: APIClient, image: str, stage: str) -> bool:
    for step in _steps(client, image):
        if step in (f"LABEL {STAGE}={stage}", f"LABEL {STAGE}=${{STAGE}}"):
            return True
        if not _is_own(step):
            return False
    return False


def _steps(client: APIClient, image: str) -> Iterator[str]:
    """What each step of an image's history did, the last one first.

    Docker fills in what a LABEL names, Podman does not.
    """
    with engine_errors("reading an image's history"):
        try:
            history = client.history(image)  # type: ignore[no-untyped-call]
        except ImageNotFound:
            return
    for entry in history:
        did = str(entry.get("CreatedBy") or "")
        yield (did.partition(_NOP)[2] if _NOP in did else did).replace('"', "").strip()


def _is_own(step: str) -> bool:
    """Whether it is a step of our Dockerfile behind the LABEL. A suite's own Dockerfile may have
    others: then only what ends in the LABEL is known as ours."""
    kind, *words = step.split() or [""]
    if kind == "ARG":
        return _ARGUMENTS.issuperset(words)
    return bool(_COPY.fullmatch(step)) or (kind.startswith("|") and step.endswith(_INSTALL))
