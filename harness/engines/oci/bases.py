"""Bases on a container engine: the first source that works wins, and is kept under its request.

A base is made once per engine and found again by the digest of its own request; anew only when
the request changes or on `--refresh-bases`.
"""

from __future__ import annotations

import json
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from docker import APIClient
from docker.errors import APIError

from harness.engines import Say, Workshop
from harness.engines.oci import LABEL
from harness.engines.oci.connection import engine_errors, explanation
from harness.engines.oci.images import (
    BuildFailed,
    BuildPlan,
    build,
    labelled,
)
from harness.engines.oci.roots import SourceFailed, debian, kept_or_made, pulled, with_python
from harness.engines.oci.stream import AttachedStream
from harness.engines.oci.volume import pack
from harness.errors import HarnessError
from harness.model import Base, Outcome, Source
from harness.recipes import recipe
from harness.standard import dockerfile


@dataclass(frozen=True, kw_only=True, slots=True)
class ReadyBase:
    """A base on the engine, with the interpreter to use and the source it really came from."""

    image: str
    interpreter: str
    python: str
    source: Source


class BaseUnavailable(HarnessError):
    """No source of a base works here; `outcome` says whether the host or the world is to blame."""

    def __init__(self, message: str, outcome: Outcome) -> None:
        super().__init__(message)
        self.outcome = outcome


def base_name(base: Base) -> str:
    """The name a base is kept under: its request's digest."""
    return f"{LABEL}-base:{recipe.base_request_digest(base)[:16]}"


def obtain_base(
    client: APIClient, base: Base, workshop: Workshop, log: Path, say: Say
) -> ReadyBase:
    """Find or make a base.

    Raises BaseUnavailable with every source's reason, DiskFull, or EngineError.
    """
    name = base_name(base)
    return _ready(
        kept_or_made(
            client,
            name,
            workshop,
            lambda: _first_that_works(client, base, name, workshop, log, say),
        )
    )


def _first_that_works(
    client: APIClient, base: Base, name: str, workshop: Workshop, log: Path, say: Say
) -> dict[str, Any]:
    reasons: list[str] = []
    outcomes: list[Outcome] = []
    for source in base.sources:
        say(f"base {base.id}: {describe(source)}")
        try:
            return _make(client, base, source, name, workshop, log, say)
        except SourceFailed as failure:
            reasons.append(f"{describe(source)}: {failure}")
            outcomes.append(failure.outcome)
    outcome = Outcome.PULL_FAILED if Outcome.PULL_FAILED in outcomes else Outcome.HOST_INCOMPATIBLE
    raise BaseUnavailable(f"no source of base {base.id} works here: " + "; ".join(reasons), outcome)


def describe(source: Source) -> str:
    """A source in a few words."""
    if source.kind == "pull":
        return f"pull {source.image}"
    if source.kind == "debian":
        return f"Debian {source.suite}" + (" from the archive" if source.archive else "")
    return f"CPython {source.python} of this host on Debian {source.suite}"


def _ready(found: dict[str, Any]) -> ReadyBase:
    labels = found["Config"]["Labels"]
    source = json.loads(labels[f"{LABEL}.base-source"])
    return ReadyBase(
        image=str(found["Id"]),
        interpreter=labels[f"{LABEL}.interpreter"],
        python=labels[f"{LABEL}.python"],
        source=Source(**{**source, "packages": tuple(source["packages"])}),
    )


def _make(
    client: APIClient,
    base: Base,
    source: Source,
    name: str,
    workshop: Workshop,
    log: Path,
    say: Say,
) -> dict[str, Any]:
    if source.kind == "pull":
        root, interpreter = pulled(client, source, workshop, say), source.interpreter or "python3"
    elif source.kind == "debian":
        root, interpreter = debian(client, source, workshop, log), source.interpreter
    else:
        root, interpreter = (
            with_python(client, source, workshop, log),
            f"/opt/python/bin/python{source.python}",
        )
    version = _version(client, root, interpreter, workshop.owner)
    if version.rpartition(".")[0] != base.python:
        raise SourceFailed(f"it has Python {version}, not {base.python}", Outcome.HOST_INCOMPATIBLE)
    labels = {
        f"{LABEL}.kind": "base",
        f"{LABEL}.base": recipe.base_request_digest(base),
        f"{LABEL}.base-source": json.dumps(
            {field: getattr(source, field) for field in Source.__dataclass_fields__},
            sort_keys=True,
        ),
        f"{LABEL}.interpreter": interpreter,
        f"{LABEL}.python": version,
    }
    with tempfile.TemporaryFile() as context:
        text = labelled(dockerfile("named.Dockerfile"), labels)
        pack({"Dockerfile": text.encode()}, context)
        context.seek(0)
        try:
            return build(
                client,
                context,
                BuildPlan(
                    name=name, dockerfile="Dockerfile", arguments={"BASE": root}, labels=labels
                ),
                log,
                workshop,
            )
        except BuildFailed as failure:
            raise SourceFailed(str(failure), Outcome.HOST_INCOMPATIBLE) from failure


_SAID_S = 60.0
_SAID_BYTES = 64_000
_ASK = "import sys; sys.stdout.write('%d.%d.%d' % sys.version_info[:3])"


def _version(client: APIClient, image: str, interpreter: str, owner: str) -> str:
    """The interpreter's full version, asked in a container with nothing but itself."""
    said = run_quietly(client, image, [interpreter, "-c", _ASK], owner)
    if said.count(".") != 2:
        raise SourceFailed(
            f"{interpreter} does not run in it: {said[-300:]}", Outcome.HOST_INCOMPATIBLE
        )
    return said


def run_quietly(client: APIClient, image: str, command: list[str], owner: str) -> str:
    """Run one of our own short commands with no network; what it printed, bounded."""
    with engine_errors("asking a base for its Python"):
        container = client.create_container(
            image=image,
            entrypoint=command,
            command=[],
            labels={f"{LABEL}.kind": "question", f"{LABEL}.owner": owner},
            use_config_proxy=False,
            host_config=client.create_host_config(
                network_mode="none", cap_drop=["ALL"], read_only=True
            ),
        )["Id"]
        said = bytearray()

        def hear(_channel: int, piece: bytes) -> bool:
            said.extend(piece)
            return len(said) < _SAID_BYTES

        stream = AttachedStream(client, container)
        try:
            client.start(container)
            stream.read(hear, time.monotonic() + _SAID_S, lambda: True)
        except APIError as error:
            return explanation(error)
        finally:
            stream.close()
            client.remove_container(container, force=True, v=True)
    return said.decode("utf-8", "backslashreplace").strip()[-1000:]
