"""The knowledge base: files of facts with sources, checked against a schema whenever they are read.

Code asks for facts by name. Another framework needs only three more files:
`<framework>_builds.json`, `<framework>_tags.json`, `<framework>_wheels.json`.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Literal, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from harness.errors import InternalError

FOLDER = Path(__file__).resolve().parent
Evidence = Literal["measured", "source_read", "knowledge"]
MEANING: dict[Evidence, str] = {
    "measured": "measured",
    "source_read": "the source was read",
    "knowledge": "general knowledge; the source was not opened",
}


class StrictModel(BaseModel):
    """A row of a table: no field may be missing or unknown, and no type is converted."""

    # A command reads few of the tables: how to check one is worked out when it is read.
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, defer_build=True)


class SourcedRow(StrictModel):
    """A row that names its source."""

    source: str
    evidence: Evidence


class ToolkitUpdate(StrictModel):
    """A release within one minor version of CUDA."""

    release: str
    """Its full version; empty if it has only a name."""
    name: str
    driver: str


class Toolkit(SourcedRow):
    """One release of CUDA."""

    version: str
    driver: str | None
    """Lowest Linux x86_64 driver; None if not known."""
    updates: list[ToolkitUpdate]
    minor_version_driver: str | None
    """Lowest driver with minor-version compatibility; None if the release has none."""
    sm_first: str
    sm_last: str | None
    """Highest compute capability it can compile for."""
    note: str


class Branch(SourcedRow):
    """A driver branch that is the last for some GPUs, or the first for some toolkits."""

    id: str
    branch: int
    architectures: list[str]
    """Lowest and highest compute capability of the GPUs it is the last for."""
    what: str
    gone_from: int
    """The first branch without support for them."""
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
    """One known way to break: the line it is recognised by, its cause, and its remedy."""

    id: str
    category: str
    what: str
    affected: str
    signature: str
    where: Literal["log", "dockerfile"]
    cause: str
    remedy: str
    since: str = ""
    """ISO date from which on it breaks; empty for at any time."""
    specific: bool
    """Whether the signature matches for this cause only."""
    sample: str
    """A line that the signature was tried on; empty if untested."""


class System(SourcedRow):
    """A release of a Linux distribution."""

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
    """A version from which on a product treats old images differently."""

    id: str
    product: str
    version: str
    capability: str = ""
    """The lowest compute capability of the GPUs concerned; empty if it is not about GPUs."""
    meaning: str
    remedy: str


class Variable(SourcedRow):
    """A variable or label of NVIDIA's images."""

    name: str
    kind: str
    meaning: str


class DefaultRegistry(SourcedRow):
    """The registry that is meant if an image's name has none."""

    name: str
    aliases: list[str]
    endpoint: str
    """The host that serves it."""
    credentials: str
    """Its key in Docker's configuration."""
    namespace: str
    """The prefix for repositories of one word."""
    realms: list[str]
    """Hosts of its token servers, which may see its credentials."""


class ReasonRow(StrictModel):
    """The texts and weight of a reason of `harness check`.

    Texts are templates: `{name}` is a fact from the rule, `{known.remedy}` a field of the row that
    `known` names.
    """

    id: str
    weight: Literal["blocks", "untold", "cpu", "change", "note", "fine"]
    headline: str
    remedy: str = ""
    source: str = ""
    confidence: Literal["measured", "read in the image", "table", "rule of thumb"]
    known: str = ""
    """Id of a limit or a breakage; empty if the texts need none."""
    explain: str = ""
    """Id for `harness explain`."""
    about: str = ""
    """The topic that it speaks for or leaves open. Where one reason leaves a topic open, no other
    can speak for it."""
    foresees: dict[str, Literal["yes", "no"]] = {}
    """Predictions: sign -> the value that running the image would show."""


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
    """Load a table by its file name. Raises InternalError if the file is missing or invalid."""
    try:
        tree = json.loads((FOLDER / name).read_text(encoding="utf-8"))
        tree["schema_"] = tree.pop("schema")
        return kind.model_validate(tree)
    except (OSError, ValueError, KeyError, ValidationError) as error:
        raise InternalError(f"the knowledge base is broken: {name}: {error}") from error


@cache
def cuda() -> CudaTable:
    """CUDA toolkits, driver branches, rules of compatibility."""
    return load("cuda.json", CudaTable)


@cache
def gpus() -> GpuTable:
    """GPUs and their compute capabilities."""
    return load("gpus.json", GpuTable)


@cache
def breakages() -> tuple[Breakage, ...]:
    """All known breakages."""
    return tuple(load("breakages.json", BreakageTable).breakages)


@cache
def systems() -> SystemTable:
    """Releases of Linux distributions and Python, with their ends of support."""
    return load("systems.json", SystemTable)


@cache
def limits() -> dict[str, Limit]:
    """Versions at which products changed, by id."""
    return {one.id: one for one in load("engines.json", LimitTable).limits}


@cache
def reasons() -> dict[str, ReasonRow]:
    """Texts and weights of the reasons of `harness check`, by id."""
    return {one.id: one for one in load("reasons.json", ReasonTable).reasons}


@cache
def known() -> dict[str, Limit | Breakage]:
    """Limits and breakages by id, to which the row of a reason can refer."""
    return {**limits(), **{one.id: one for one in breakages()}}


@cache
def default_registry() -> DefaultRegistry:
    """The registry that is meant if an image's name has none."""
    return load("registries.json", RegistryTable).default


@cache
def nvidia() -> NvidiaTable:
    """Variables and labels of NVIDIA's images."""
    return load("nvidia_images.json", NvidiaTable)


def system(id: str) -> System | None:
    """The release of a Linux distribution by its id, such as `ubuntu-16.04`; None if unknown."""
    return next((one for one in systems().systems if one.id == id), None)


def toolkit(version: str) -> Toolkit | None:
    """The row of a CUDA release, by major.minor of its version; None if unknown."""
    minor = ".".join(version.split(".")[:2])
    return next((one for one in cuda().toolkits if one.version == minor), None)
