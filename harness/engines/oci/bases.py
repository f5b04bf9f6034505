"""Bases on a container engine: of a base's sources, the first one that works is used.

A base is made once per engine, and found again by the digest of its request. It is made anew only
when the request changes or with `--refresh-bases`.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import Any

from docker import APIClient
from docker.errors import APIError

from harness.engines.oci import LABEL
from harness.engines.oci.builder import Builder
from harness.engines.oci.building import BuildFailed, ImageBuild, build
from harness.engines.oci.connection import engine_errors, explanation
from harness.engines.oci.roots import SourceFailed, kept_or_made, root_of
from harness.engines.oci.specification import ContainerSpec, create_container
from harness.engines.oci.stream import AttachedStream
from harness.errors import HarnessError
from harness.model import Base, Outcome, Profile, Source
from harness.recipes import recipe
from harness.recipes.pins import by_tag


@dataclass(frozen=True, kw_only=True, slots=True)
class ReadyBase:
    """A base on the engine, with its interpreter and the source it was really made from."""

    image: str
    interpreter: str
    python: str
    source: Source
    digest: str = ""
    """The digest with which the registry answered for a pulled base; empty if unknown."""

    @property
    def provenance(self) -> str:
        """The source in words; if it was pulled by a tag, with the digest of the answer."""
        tagged = self.digest and by_tag(self.source)
        return describe(self.source) + (f"@{self.digest}" if tagged else "")


class BaseUnavailable(HarnessError):
    """No source of a base works here; `outcome` tells whether the cause is this host."""

    def __init__(self, message: str, outcome: Outcome) -> None:
        super().__init__(message)
        self.outcome = outcome


def base_name(base: Base) -> str:
    """Return the image name of a base, which has the digest of its request."""
    return f"{LABEL}-base:{recipe.base_request_digest(base)[:16]}"


def obtain_base(builder: Builder, base: Base) -> ReadyBase:
    """Find or make a base.

    If it was made from a source that the base no longer lists (such as another tag), it is made
    anew. Raises BaseUnavailable with every source's reason, DiskFull, or EngineError.
    """
    return _ready(
        kept_or_made(
            builder,
            base_name(base),
            lambda: _first_that_works(builder, base),
            fits=lambda found: _source_of(found) in base.sources,
        )
    )


def _first_that_works(builder: Builder, base: Base) -> dict[str, Any]:
    reasons: list[str] = []
    outcomes: list[Outcome] = []
    for source in base.sources:
        builder.say(f"base {base.id}: {describe(source)}")
        try:
            return _make(builder, base, source)
        except SourceFailed as failure:
            reasons.append(f"{describe(source)}: {failure}")
            outcomes.append(failure.outcome)
    outcome = Outcome.PULL_FAILED if Outcome.PULL_FAILED in outcomes else Outcome.HOST_INCOMPATIBLE
    raise BaseUnavailable(f"no source of base {base.id} works here: " + "; ".join(reasons), outcome)


def describe(source: Source) -> str:
    """Describe a source in a few words."""
    if source.kind == "pull":
        return f"pull {source.image}"
    if source.kind == "debian":
        return f"Debian {source.suite}" + (" from the archive" if source.archive else "")
    return f"CPython {source.python} of this host on Debian {source.suite}"


def _ready(found: dict[str, Any]) -> ReadyBase:
    labels = found["Config"]["Labels"]
    return ReadyBase(
        image=str(found["Id"]),
        interpreter=labels[f"{LABEL}.interpreter"],
        python=labels[f"{LABEL}.python"],
        source=_source_of(found),
        digest=labels.get(_DIGEST, ""),
    )


_DIGEST = f"{LABEL}.base-digest"


def _source_of(found: dict[str, Any]) -> Source:
    source = json.loads(found["Config"]["Labels"][f"{LABEL}.base-source"])
    return Source(**{**source, "packages": tuple(source["packages"])})


def _make(builder: Builder, base: Base, source: Source) -> dict[str, Any]:
    root = root_of(builder, source)
    version = _version(builder, root.image, root.interpreter)
    if version.rpartition(".")[0] != base.python:
        raise SourceFailed(f"it has Python {version}, not {base.python}", Outcome.HOST_INCOMPATIBLE)
    labels = {
        f"{LABEL}.kind": "base",
        f"{LABEL}.base": recipe.base_request_digest(base),
        f"{LABEL}.base-source": json.dumps(
            {field: getattr(source, field) for field in Source.__dataclass_fields__},
            sort_keys=True,
        ),
        _DIGEST: root.digest,
        f"{LABEL}.interpreter": root.interpreter,
        f"{LABEL}.python": version,
    }
    # Run a command, so that the files that Podman adds to every container belong to the base.
    nothing = (root.interpreter, "-B", "-c", "pass")
    wanted = ImageBuild(name=base_name(base), base=root.image, command=nothing, labels=labels)
    try:
        return build(builder, wanted)
    except BuildFailed as failure:
        raise SourceFailed(str(failure), Outcome.HOST_INCOMPATIBLE) from failure


_SAID_S = 60.0
_SAID_BYTES = 64_000
_ASK = "import sys; sys.stdout.write('%d.%d.%d' % sys.version_info[:3])"
_QUESTION = Profile(name="question", memory_bytes=512 * 1024**2, processes=64)


def _version(builder: Builder, image: str, interpreter: str) -> str:
    """Ask the interpreter for its full version, in a container of its own."""
    spec = ContainerSpec(
        image=image,
        command=(interpreter, "-c", _ASK),
        labels={f"{LABEL}.kind": "question", f"{LABEL}.owner": builder.workshop.owner},
        profile=_QUESTION,
    )
    said = run_quietly(builder.client, spec)
    if said.count(".") != 2:
        raise SourceFailed(
            f"{interpreter} does not run in it: {said[-300:]}", Outcome.HOST_INCOMPATIBLE
        )
    return said


def run_quietly(client: APIClient, spec: ContainerSpec) -> str:
    """Run one of our own short commands; return what it printed, bounded."""
    with engine_errors("asking a base for its Python"):
        container = create_container(client, spec)
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
