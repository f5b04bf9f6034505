"""Images on the engine: finding by label, importing a root file system, building, removing.

Building uses the classic builder's API, so that Docker and Podman build the same. Wheels travel in
the build context and live only in a labelled stage, which is removed after every build.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from secrets import token_hex
from typing import IO, Any

from docker import APIClient
from docker.errors import APIError, ImageNotFound
from requests.exceptions import ConnectionError as RequestsConnectionError
from requests.exceptions import ReadTimeout

from harness.engines.oci import LABEL
from harness.engines.oci.builder import Builder
from harness.engines.oci.connection import DiskFull, disk_full, engine_errors, explanation, row_of
from harness.errors import EngineError, UsageError
from harness.images.reference import parse_reference
from harness.model import ImageIdentity

IDLE_S = 600
"""A build that prints nothing for so long is given up."""
TOTAL_S = 3600
"""No build takes longer."""
OUTPUT_CHARACTERS = 64 * 1024**2
"""A build that prints more is given up: its log would fill the disk."""
_LAST_LINES = 12
_LINE, _ERROR = 1000, 8000
_STAGE_TRIES = 12
_SOURCE = 500
"""Any image may carry our labels: what one says of its base is bounded."""


class BuildFailed(Exception):
    """A build ended without an image; carries the cause and the last lines, for a record."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ImageBuild:
    """A Dockerfile with its arguments, labels and the name the image gets."""

    name: str
    dockerfile: str
    """Path of the Dockerfile inside the context."""
    arguments: Mapping[str, str]
    labels: Mapping[str, str]


def inspect_image(client: APIClient, name: str) -> dict[str, Any] | None:
    """What the engine knows of an image; None: it has none of that name or id."""
    with engine_errors(f"looking for image {name}"):
        try:
            found: dict[str, Any] = client.inspect_image(name)  # type: ignore[no-untyped-call]
        except ImageNotFound:
            return None
    return found


def pull(client: APIClient, name: str) -> str:
    """Pull an image; empty, or why not. Raises EngineError."""
    with engine_errors(f"pulling {name}"):
        try:
            for line in client.pull(name, stream=True, decode=True):
                if "error" in line:
                    return " ".join(str(line["error"]).split())[:500]
        except APIError as error:
            return explanation(error)
    return ""


def pulled_digest(found: Mapping[str, Any], name: str) -> str:
    """The digest under which a registry answered for the image of that name; empty: unknown.

    Docker leaves the default registry out of a name, Podman puts it in.
    """
    try:
        wanted = parse_reference(name)
        known = [parse_reference(str(each)) for each in found.get("RepoDigests") or ()]
    except UsageError:
        return ""
    place = (wanted.registry, wanted.repository)
    return next((one.digest for one in known if (one.registry, one.repository) == place), "")


def identity(found: Mapping[str, Any], *, origin: str) -> ImageIdentity:
    """The identity of an inspected image."""
    labels = (found.get("Config") or {}).get("Labels") or {}
    digests = found.get("RepoDigests") or []
    return ImageIdentity(
        id=str(found["Id"]),
        manifest=str(digests[0]).partition("@")[2] if digests else "",
        layers=tuple((found.get("RootFS") or {}).get("Layers") or ()),
        recipe=str(labels.get(f"{LABEL}.recipe", "")),
        base=str(labels.get(f"{LABEL}.base-image", "")),
        base_source=str(labels.get(f"{LABEL}.base-origin", ""))[:_SOURCE] or None,
        origin=origin,
        size_bytes=int(found.get("Size") or 0),
    )


_ARCHITECTURE = {"x86_64": "amd64", "aarch64": "arm64", "armv7l": "arm", "i686": "386"}
"""Kernel's name of a machine -> the one images use."""


def other_architecture(client: APIClient, image: str) -> str:
    """Why an image's programs cannot run here, where it is for another machine; else empty.

    Asked after a failure, not before: a host may have an emulator.
    """
    found = inspect_image(client, image) or {}
    with engine_errors("saying its machine"):
        machine = str(client.info().get("Architecture", ""))
    here, wanted = _ARCHITECTURE.get(machine, machine), str(found.get("Architecture", ""))
    if not wanted or not here or wanted == here:
        return ""
    return f"wrong architecture: the image is for {wanted}, and this engine runs {here}"


def images_labelled(
    client: APIClient, label: str, *, dangling: bool = False
) -> list[dict[str, Any]]:
    """Every image, unnamed ones included, that carries a label (`key` or `key=value`).

    With `dangling`, only those the engine calls so.
    """
    filters = {"label": label, **({"dangling": True} if dangling else {})}
    with engine_errors("listing images"):
        found: list[dict[str, Any]] = client.images(filters=filters, all=False)
    return found


def import_root(
    client: APIClient, tar: IO[bytes], name: str, labels: Mapping[str, str]
) -> dict[str, Any]:
    """Make an image of a root file system. Raises EngineError."""
    changes = [f"LABEL {json.dumps(key)}={json.dumps(value)}" for key, value in labels.items()]
    with engine_errors("importing a root file system"):
        answer = client.import_image_from_data(tar, repository=name, changes=changes)
        for line in str(answer).splitlines():
            status = json.loads(line)
            if "error" in status:
                raise EngineError(f"the engine refused a root file system: {status['error']}")
    found = inspect_image(client, name)
    if found is None:
        raise EngineError(f"the engine imported {name}, but does not have it")
    return found


def build(builder: Builder, context: IO[bytes], wanted: ImageBuild) -> dict[str, Any]:
    """Build with the network off; every line of output goes to the builder's log as it comes.

    Success is an image under the wanted name, with the wanted labels. Raises BuildFailed,
    DiskFull, EngineError. The stage and all intermediate images are removed in any case.
    """
    client, workshop = builder.client, builder.workshop
    stage = f"{workshop.owner}/{token_hex(8)}"
    lines: list[str] = []
    error, printed = "", 0
    try:
        with (
            builder.log.open("a", encoding="utf-8", errors="backslashreplace") as out,
            closing(_output(client, context, wanted, stage)) as pieces,
        ):
            for piece in pieces:
                text = str(piece.get("stream") or piece.get("status") or piece.get("error") or "")
                out.write(text if text.endswith("\n") else text + "\n")
                out.flush()
                printed += len(text)
                lines += [line[:_LINE] for line in text.splitlines() if line.strip()]
                del lines[:-_LAST_LINES]
                error = str(piece.get("error") or error)[:_ERROR]
                if printed > OUTPUT_CHARACTERS:
                    raise BuildFailed(f"it printed more than {OUTPUT_CHARACTERS >> 20} MiB")
                if workshop.stop.is_set():
                    raise BuildFailed("it was stopped")
    finally:
        remove_stages(client, f"{LABEL}.stage={stage}")
    if disk_full(error):
        raise DiskFull(f"the engine's disk is full (building {wanted.name})")
    if error:
        raise BuildFailed("\n".join([error, "last lines:", *lines]))
    found = inspect_image(client, wanted.name)
    if found is None or not _carries(found, wanted.labels):
        raise BuildFailed("\n".join(["the build ended without its image", *lines]))
    return found


def _output(
    client: APIClient, context: IO[bytes], wanted: ImageBuild, stage: str
) -> Generator[dict[str, Any], None, None]:
    began = time.monotonic()
    with engine_errors(f"building {wanted.name}"), _patience(client, IDLE_S):
        try:
            for piece in client.build(
                fileobj=context,
                custom_context=True,
                dockerfile=wanted.dockerfile,
                tag=wanted.name,
                buildargs={**wanted.arguments, "STAGE": stage},
                network_mode="none",
                nocache=True,
                rm=True,
                forcerm=True,
                decode=True,
                use_config_proxy=False,
                timeout=IDLE_S,
            ):
                yield piece
                if time.monotonic() - began > TOTAL_S:
                    raise BuildFailed(f"the build took longer than {TOTAL_S} s")
        except (ReadTimeout, RequestsConnectionError) as error:
            if "timed out" in str(error).lower():
                raise BuildFailed(f"the build printed nothing for {IDLE_S} s") from error
            raise
        except APIError as error:
            if error.is_client_error():
                raise BuildFailed(str(error.explanation)[:_ERROR]) from error
            raise


@contextmanager
def _patience(client: APIClient, seconds: int) -> Iterator[None]:
    before = client.timeout
    client.timeout = seconds
    try:
        yield
    finally:
        client.timeout = before


def remove_stage(client: APIClient, image: str) -> bool:
    """Whether it is gone. A build that was ended may hold it for a moment longer."""
    for _ in range(_STAGE_TRIES):
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


def labelled(dockerfile: str, labels: Mapping[str, str]) -> str:
    """A Dockerfile that ends in one LABEL step: the builder's own option makes one step each."""
    pairs = (f"{key}={quoted(value)}" for key, value in labels.items())
    return dockerfile.rstrip("\n") + "\nLABEL " + " ".join(pairs) + "\n"


def quoted(value: str) -> str:
    """A value as a Dockerfile's double-quoted word, in which nothing is substituted."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("$", "\\$")
    return f'"{escaped}"'


def _carries(found: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    held = (found.get("Config") or {}).get("Labels") or {}
    return all(held.get(key) == value for key, value in labels.items())


def unnamed_stages(
    client: APIClient, label: str, alive: Callable[[str], bool] = lambda _: False
) -> tuple[str, ...]:
    """Ids of unnamed images that carry a stage label, but those of a live owner."""
    found = []
    for image in images_labelled(client, label, dangling=row_of(client).stages_dangle):
        if any(tag != "<none>:<none>" for tag in image.get("RepoTags") or ()):
            continue
        if not alive(str((image.get("Labels") or {}).get(f"{LABEL}.stage", "")).partition("/")[0]):
            found.append(str(image["Id"]))
    return tuple(found)


def remove_stages(client: APIClient, label: str) -> None:
    """Remove unnamed images that carry a stage label."""
    for image in unnamed_stages(client, label):
        remove_stage(client, image)
