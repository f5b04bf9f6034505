"""Making images: importing a root file system, building with the network off.

Building uses the classic builder's API, so that Docker and Podman build the same. Wheels travel in
the build context and live only in a labelled stage, which is removed after every build.
"""

from __future__ import annotations

import json
import time
from collections.abc import Generator, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import IO, Any

from docker import APIClient
from docker.errors import APIError
from requests.exceptions import ConnectionError as RequestsConnectionError
from requests.exceptions import ReadTimeout

from harness.engines.oci.builder import Builder
from harness.engines.oci.connection import DiskFull, disk_full, engine_errors, row_of
from harness.engines.oci.images import inspect_image
from harness.engines.oci.register import described
from harness.engines.oci.stages import mark_of, new_stage, remove_stages
from harness.errors import EngineError

IDLE_S = 600
"""A build that prints nothing for so long is given up."""
TOTAL_S = 3600
"""No build takes longer."""
OUTPUT_CHARACTERS = 64 * 1024**2
"""A build that prints more is given up: its log would fill the disk."""
_LAST_LINES = 12
_LINE, _ERROR = 1000, 8000


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


def import_root(
    builder: Builder, tar: IO[bytes], name: str, labels: Mapping[str, str]
) -> dict[str, Any]:
    """Make an image of a root file system. Raises EngineError."""
    client = builder.client
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
    _keep(builder, name, found, "")
    return found


def _keep(builder: Builder, name: str, found: Mapping[str, Any], base: str) -> None:
    """Write down that it was built here, before anything else is done."""
    if built := described(name, found, base):
        builder.register.keep(built)


def build(builder: Builder, context: IO[bytes], wanted: ImageBuild) -> dict[str, Any]:
    """Build with the network off; every line of output goes to the builder's log as it comes.

    Success is an image under the wanted name, with the wanted labels. Raises BuildFailed,
    DiskFull, EngineError. The stage and all intermediate images are removed in any case.
    """
    client, workshop = builder.client, builder.workshop
    stage = new_stage(workshop.owner)
    lines: list[str] = []
    error, printed, made = "", 0, ""
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
                made = str((piece.get("aux") or {}).get("ID") or made)
                if printed > OUTPUT_CHARACTERS:
                    raise BuildFailed(f"it printed more than {OUTPUT_CHARACTERS >> 20} MiB")
                if workshop.stop.is_set():
                    raise BuildFailed("it was stopped")
        # What stands under the name may be another's, and carry the same labels.
        found = inspect_image(client, made) if made and not error else None
        if found is not None and _carries(found, wanted.labels):
            _keep(builder, wanted.name, found, wanted.arguments.get("BASE", ""))
    finally:
        remove_stages(client, stage)
    if disk_full(error):
        raise DiskFull(f"the engine's disk is full (building {wanted.name})")
    if error:
        raise BuildFailed("\n".join([error, "last lines:", *lines]))
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
                extra_hosts=mark_of(stage) if row_of(client).build_containers else None,
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
