"""Bases on a container engine: the first source that works wins, and is kept under its request.

A base is made once per engine and found again by the digest of its own request; anew only when
the request changes or on `--refresh-bases`.
"""

from __future__ import annotations

import json
import tempfile
import time
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from docker import APIClient
from docker.errors import APIError

from harness import recipe
from harness.engines import Say, Workshop
from harness.engines.oci import LABEL
from harness.engines.oci.connection import engine_errors, explanation
from harness.engines.oci.images import (
    BuildFailed,
    BuildPlan,
    build,
    import_root,
    inspect_image,
    labelled,
)
from harness.engines.oci.stream import AttachedStream
from harness.engines.oci.volume import pack
from harness.errors import HarnessError
from harness.lease import lease
from harness.model import Base, Outcome, Source
from harness.prefixes import PrefixUnavailable, pack_prefix
from harness.rootfs import RootUnavailable, make_root
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


class _SourceFailed(Exception):
    def __init__(self, reason: str, outcome: Outcome) -> None:
        super().__init__(reason)
        self.outcome = outcome


def base_name(base: Base) -> str:
    """The name a base is kept under: its request's digest."""
    return f"{LABEL}-base:{recipe.base_request_digest(base)[:16]}"


def obtain_base(
    client: APIClient, base: Base, workshop: Workshop, log: Path, say: Say
) -> ReadyBase:
    """Find or make a base. Raises BaseUnavailable with every source's reason, or EngineError."""
    name = base_name(base)
    with turn(name, workshop):
        found = inspect_image(client, name)
        if found is not None and not workshop.refresh_bases:
            return _ready(found)
        return _first_that_works(client, base, name, workshop, log, say)


def _first_that_works(
    client: APIClient, base: Base, name: str, workshop: Workshop, log: Path, say: Say
) -> ReadyBase:
    reasons: list[str] = []
    outcomes: list[Outcome] = []
    for source in base.sources:
        say(f"base {base.id}: {describe(source)}")
        try:
            return _make(client, base, source, name, workshop, log)
        except _SourceFailed as failure:
            reasons.append(f"{describe(source)}: {failure}")
            outcomes.append(failure.outcome)
    outcome = Outcome.PULL_FAILED if Outcome.PULL_FAILED in outcomes else Outcome.HOST_INCOMPATIBLE
    raise BaseUnavailable(f"no source of base {base.id} works here: " + "; ".join(reasons), outcome)


def turn(name: str, workshop: Workshop) -> AbstractContextManager[None]:
    """What two cells, or two harnesses of this host, hold so as not to make one thing twice."""
    path = workshop.cache / "locks" / f"{name.replace(':', '-').replace('/', '-')}.lock"
    return lease(path, alone=True, stop=workshop.stop)


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
    client: APIClient, base: Base, source: Source, name: str, workshop: Workshop, log: Path
) -> ReadyBase:
    if source.kind == "pull":
        root, interpreter = _pull(client, source, workshop), source.interpreter or "python3"
    elif source.kind == "debian":
        root, interpreter = _debian(client, source, workshop, log), source.interpreter
    else:
        root, interpreter = (
            _prefix(client, source, workshop, log),
            f"/opt/python/bin/python{source.python}",
        )
    version = _version(client, root, interpreter, workshop.owner)
    if version.rpartition(".")[0] != base.python:
        raise _SourceFailed(
            f"it has Python {version}, not {base.python}", Outcome.HOST_INCOMPATIBLE
        )
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
            found = build(
                client,
                context,
                BuildPlan(
                    name=name, dockerfile="Dockerfile", arguments={"BASE": root}, labels=labels
                ),
                log,
                workshop,
            )
        except BuildFailed as failure:
            raise _SourceFailed(str(failure), Outcome.HOST_INCOMPATIBLE) from failure
    return _ready(found)


def _pull(client: APIClient, source: Source, workshop: Workshop) -> str:
    found = inspect_image(client, source.image)
    if found is None:
        if workshop.offline:
            raise _SourceFailed("offline, and not on the engine", Outcome.PULL_FAILED)
        with engine_errors(f"pulling {source.image}"):
            try:
                for line in client.pull(source.image, stream=True, decode=True):
                    if "error" in line:
                        raise _SourceFailed(str(line["error"]), Outcome.PULL_FAILED)
            except APIError as error:
                raise _SourceFailed(explanation(error), Outcome.PULL_FAILED) from error
        found = inspect_image(client, source.image)
    if found is None:
        raise _SourceFailed("pulled, but not on the engine", Outcome.PULL_FAILED)
    return str(found["Id"])


def _debian(client: APIClient, source: Source, workshop: Workshop, log: Path) -> str:
    plain = replace(source, interpreter="", python="", kind="debian")
    name = f"{LABEL}-root:{recipe.digest(plain)[:16]}"
    # Several bases may share one root.
    with turn(name, workshop):
        found = inspect_image(client, name)
        if found is not None and not workshop.refresh_bases:
            return str(found["Id"])
        return _import(client, source, name, workshop, log)


def _import(client: APIClient, source: Source, name: str, workshop: Workshop, log: Path) -> str:
    try:
        with tempfile.TemporaryFile() as spool:
            packages = make_root(source, spool, log, workshop.owner, workshop.stop)
            spool.seek(0)
            labels = {
                f"{LABEL}.kind": "root",
                f"{LABEL}.packages": " ".join(packages),
                "org.opencontainers.image.title": f"Debian {source.suite}",
            }
            return import_root(client, spool, name, labels)
    except RootUnavailable as error:
        raise _SourceFailed(str(error.message), error.outcome) from error


def _prefix(client: APIClient, source: Source, workshop: Workshop, log: Path) -> str:
    """The host's CPython laid on a Debian root; unnamed until the base is named after it."""
    root = _debian(client, source, workshop, log)
    name = f"{LABEL}-root:{recipe.digest(source)[:16]}-python"
    found = inspect_image(client, name)
    if found is not None and not workshop.refresh_bases:
        return str(found["Id"])
    with tempfile.TemporaryFile() as context:
        try:
            labels = {f"{LABEL}.kind": "root", f"{LABEL}.python-prefix": source.python}
            text = labelled(dockerfile("prefix.Dockerfile"), labels)
            pack_prefix(source.python, context, text)
        except PrefixUnavailable as error:
            raise _SourceFailed(error.message, Outcome.HOST_INCOMPATIBLE) from error
        context.seek(0)
        plan = BuildPlan(
            name=name,
            dockerfile="Dockerfile",
            arguments={"BASE": root},
            labels=labels,
        )
        try:
            return str(build(client, context, plan, log, workshop)["Id"])
        except BuildFailed as failure:
            raise _SourceFailed(str(failure), Outcome.HOST_INCOMPATIBLE) from failure


_SAID_S = 60.0
_SAID_BYTES = 64_000
_ASK = "import sys; sys.stdout.write('%d.%d.%d' % sys.version_info[:3])"


def _version(client: APIClient, image: str, interpreter: str, owner: str) -> str:
    """The interpreter's full version, asked in a container with nothing but itself."""
    said = run_quietly(client, image, [interpreter, "-c", _ASK], owner)
    if said.count(".") != 2:
        raise _SourceFailed(
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
