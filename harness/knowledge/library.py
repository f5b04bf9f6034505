"""The knowledge base: files of facts with sources, checked against a schema whenever they are read.

Code asks for facts by name; another framework is three more files: `<framework>_builds.json`,
`<framework>_tags.json`, `<framework>_wheels.json`.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Literal, TypeVar

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from harness.errors import InternalError

FOLDER = Path(__file__).resolve().parent
Evidence = Literal["measured", "source_read", "knowledge"]
MEANING: dict[Evidence, str] = {
    "measured": "measured",
    "source_read": "the source was read",
    "knowledge": "general knowledge; the source was not opened",
}


class StrictModel(BaseModel):
    """A row of a table: nothing missing, nothing unknown, no kind guessed."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class SourcedRow(StrictModel):
    """A row that says where it is from."""

    source: str
    evidence: Evidence


class ToolkitUpdate(StrictModel):
    """A release within one minor version of CUDA."""

    release: str
    """Its full version; empty: it has only a name."""
    name: str
    driver: str


class Toolkit(SourcedRow):
    """One release of CUDA."""

    version: str
    driver: str | None
    """Lowest Linux x86_64 driver; None: unknown."""
    updates: list[ToolkitUpdate]
    minor_version_driver: str | None
    """Lowest driver of minor-version compatibility; None: the release has no such thing."""
    sm_first: str
    sm_last: str | None
    """Highest compute capability it can compile for."""
    note: str


class Branch(SourcedRow):
    """A driver branch that is the last for some GPUs, or the first for some toolkits."""

    id: str
    branch: int
    architectures: list[str]
    """Lowest and highest capability it is the last for."""
    what: str
    gone_from: int
    """The first branch without them."""
    final: str


class Rule(SourcedRow):
    """A rule in words."""

    id: str
    rule: str


class Gpu(SourcedRow):
    """A GPU as it is sold."""

    name: str
    capability: str
    architecture: str
    note: str = ""
    """Where names or sources disagree."""


class Breakage(SourcedRow):
    """One known way to break: the line it is known by, why, and what to do."""

    id: str
    category: str
    what: str
    affected: str
    signature: str
    where: Literal["log", "dockerfile"]
    cause: str
    remedy: str
    since: str = ""
    """ISO date from which on it breaks; empty: at any time."""
    specific: bool
    """It fires for this cause alone."""
    sample: str
    """A line it was tried on; empty: untested."""


class System(SourcedRow):
    """A distribution's release."""

    id: str
    name: str
    codename: str
    glibc: str
    python: str
    python3: str
    end: str
    """ISO date of the end of public support."""


class Python(SourcedRow):
    """A minor version of Python."""

    version: str
    end: str


class Limit(SourcedRow):
    """A version at which a product changed what it does with old images."""

    id: str
    product: str
    version: str
    capability: str = ""
    """The compute capability from which on GPUs are concerned; empty: it is about no GPU."""
    meaning: str
    remedy: str


class Variable(SourcedRow):
    """A variable or label of NVIDIA's images."""

    name: str
    kind: str
    meaning: str


class DefaultRegistry(SourcedRow):
    """The registry that is meant where an image's name has none."""

    name: str
    aliases: list[str]
    endpoint: str
    """Host that answers for it."""
    credentials: str
    """Its key in Docker's configuration."""
    namespace: str
    """Put before a repository of one word."""
    realms: list[str]
    """Hosts of its token servers, which may see credentials for it."""


class ReasonRow(StrictModel):
    """What a reason of `harness check` says, and what it weighs. Texts are templates: `{name}` is
    a fact that the rule knows, `{known.remedy}` a field of the row that `known` names."""

    id: str
    weight: Literal["blocks", "untold", "cpu", "change", "note", "fine"]
    headline: str
    remedy: str = ""
    source: str = ""
    confidence: Literal["measured", "read in the image", "table", "rule of thumb"]
    known: str = ""
    """Id of a limit or a breakage; empty: the texts need none."""
    explain: str = ""
    """Id for `harness explain`."""
    about: str = ""
    """What it speaks for, or leaves open: nothing speaks for what another reason leaves open."""
    foresees: dict[str, Literal["yes", "no"]] = {}
    """Sign that running the image would show -> whether it would."""


class CudaTable(StrictModel):
    schema_: str
    toolkits: list[Toolkit]
    branches: list[Branch]
    rules: list[Rule]


class GpuTable(StrictModel):
    schema_: str
    gpus: list[Gpu]


class BreakageTable(StrictModel):
    schema_: str
    breakages: list[Breakage]


class SystemTable(StrictModel):
    schema_: str
    systems: list[System]
    pythons: list[Python]


class LimitTable(StrictModel):
    schema_: str
    limits: list[Limit]


class NvidiaTable(StrictModel):
    schema_: str
    variables: list[Variable]


class ReasonTable(StrictModel):
    schema_: str
    reasons: list[ReasonRow]


class RegistryTable(StrictModel):
    schema_: str
    default: DefaultRegistry


T = TypeVar("T", bound=StrictModel)


def load(name: str, kind: type[T]) -> T:
    """A table by its file name. Raises InternalError where the file is not what it should be."""
    try:
        tree = json.loads((FOLDER / name).read_text(encoding="utf-8"))
        tree["schema_"] = tree.pop("schema")
        return TypeAdapter(kind).validate_python(tree)
    except (OSError, ValueError, KeyError, ValidationError) as error:
        raise InternalError(f"the knowledge base is broken: {name}: {error}") from error


@cache
def cuda() -> CudaTable:
    """CUDA toolkits, driver branches, rules of compatibility."""
    return load("cuda.json", CudaTable)


@cache
def gpus() -> GpuTable:
    """GPU names and what they can do."""
    return load("gpus.json", GpuTable)


@cache
def breakages() -> tuple[Breakage, ...]:
    """Known ways to break."""
    return tuple(load("breakages.json", BreakageTable).breakages)


@cache
def systems() -> SystemTable:
    """Distributions and Pythons."""
    return load("systems.json", SystemTable)


@cache
def limits() -> dict[str, Limit]:
    """Versions at which products changed, by id."""
    return {one.id: one for one in load("engines.json", LimitTable).limits}


@cache
def reasons() -> dict[str, ReasonRow]:
    """What reasons of `harness check` say and weigh, by id."""
    return {one.id: one for one in load("reasons.json", ReasonTable).reasons}


@cache
def known() -> dict[str, Limit | Breakage]:
    """Limits and breakages, by id: what a reason may rest on."""
    return {**limits(), **{one.id: one for one in breakages()}}


@cache
def default_registry() -> DefaultRegistry:
    """The registry that is meant where an image's name has none."""
    return load("registries.json", RegistryTable).default


@cache
def nvidia() -> NvidiaTable:
    """NVIDIA's images."""
    return load("nvidia_images.json", NvidiaTable)


def system(id: str) -> System | None:
    """A distribution's release by its id, such as `ubuntu-16.04`."""
    return next((one for one in systems().systems if one.id == id), None)


def toolkit(version: str) -> Toolkit | None:
    """The row of a CUDA release, by major.minor of its version."""
    minor = ".".join(version.split(".")[:2])
    return next((one for one in cuda().toolkits if one.version == minor), None)
