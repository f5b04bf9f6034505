"""What is known of frameworks: their builds, and what the tags of their own images promise."""

from __future__ import annotations

import re
from functools import cache
from typing import Literal

from pydantic import Field

from harness.knowledge.library import FOLDER, SourcedRow, StrictModel, load
from harness.knowledge.versions import release

InstructionSet = Literal["baseline", "avx", "avx2"]


class Period(SourcedRow):
    """Releases whose images were made alike."""

    id: str
    first: str
    last: str
    """Empty: still so."""
    system: str
    cuda: str
    """Empty: differs inside the period."""
    cudnn: str
    python: str
    python3: str
    """Where a tag asks for Python 3; empty: tags no longer do."""
    base: str
    gpu_base: str
    command: str
    jupyter: Literal["always", "suffix"]
    """Whether every image starts Jupyter, or only those whose tag says so."""
    port: int
    folder: str
    note: str


class RecipeFile(StrictModel):
    file: str
    base: str
    command: str
    cudnn: str
    capabilities: str


class TaggedRelease(SourcedRow):
    """What the Dockerfiles of one release say."""

    release: str
    commit: str
    date: str
    files: list[RecipeFile]


class Tags(StrictModel):
    """The grammar and history of a framework's own image tags."""

    schema_: str
    repositories: list[str]
    pattern: str
    grammar: list[str]
    sources: list[str]
    periods: list[Period]
    releases: list[TaggedRelease]


class Wheel(SourcedRow):
    """What was measured on one wheel."""

    package: str
    version: str
    file: str
    sha256: str
    needed: list[str]
    glibc: str
    glibcxx: str
    cubin: list[str]
    ptx: list[str]
    avx: str
    vex_functions: int
    consequence: str


class Wheels(StrictModel):
    schema_: str
    wheels: list[Wheel]


class BuildGpuCode(SourcedRow):
    """For which GPUs a build holds code: ready, or to be compiled by the driver at start."""

    cubin: list[str]
    ptx: list[str]


class OneDnn(StrictModel):
    """What is on by default, and the variable that changes it."""

    default: str
    env: str


class Determinism(StrictModel):
    """How the same bits are asked for."""

    api: str
    note: str


class BuildSources(StrictModel):
    """Where the fields of a build are from."""

    build: str
    pypi: str
    keras: str
    min_cpu: str
    onednn: str
    determinism: str
    sonames: str
    by_release: str


class Build(StrictModel):
    """One minor release of a framework."""

    minor: str
    compiler: str | None
    cuda: str
    cudnn: str
    pypi_linux_x86_64: dict[str, dict[str, list[str]] | None]
    """Distribution -> release -> tags of the Pythons that there are wheels for."""
    keras: str
    min_cpu: str
    """What the CPU must have, in words."""
    instruction_set: InstructionSet
    """What the CPU must have."""
    instruction_set_of_release: dict[str, InstructionSet]
    """Where a release needs another than its minor version."""
    onednn: OneDnn
    determinism: Determinism
    wheel_gpu_arch: BuildGpuCode | None
    sources: BuildSources
    gpu_library_sonames: list[str]
    gpu_library_linkage: str
    """How the GPU build finds CUDA's libraries, in words."""
    gpu_libraries: Literal["linked", "opened"]
    """`linked`: the import fails without them; `opened`: at run time, by name."""
    note: str = ""

    @property
    def links_cuda(self) -> bool:
        """Whether the GPU build cannot even be imported without CUDA's libraries."""
        return self.gpu_libraries == "linked"

    def needs(self, version: str) -> InstructionSet:
        """What a release of it needs of the CPU: without it, it ends at import."""
        return self.instruction_set_of_release.get(version, self.instruction_set)


class Variant(SourcedRow):
    """A distribution that carries the framework's package under another name."""

    package: str
    what: str


class Builds(StrictModel):
    schema_: str
    gpu_packages: list[str]
    """Distributions that are for GPUs alone."""
    variants: list[Variant]
    """Distributions made elsewhere or otherwise: of their builds nothing else is known."""
    rows: list[Build]


class Pinned(StrictModel):
    """A set of distributions that was seen to work, or not."""

    package: str
    version: str
    python: str
    pins: dict[str, str]
    sdists: list[str]
    obstacles: list[str]
    works: bool
    seen: str
    """What was seen, in words."""


class Pins(StrictModel):
    schema_: str
    sets: list[Pinned]


class Conflict(SourcedRow):
    """What does not go together, and how one knows it by its breakage."""

    breakage: str
    framework: str
    """Releases, as a version specifier."""
    package: str
    versions: str
    python: str
    absent: bool
    """It breaks where the package is not there."""
    module: str = ""
    """What importing it loads first, below site-packages: a package may be there without its
    account of itself."""
    unless: dict[str, str]
    """Environment that mends it."""
    where: dict[str, list[str]] = Field(default_factory=dict)
    """Values of variables under which alone it breaks."""
    effect: Literal["blocks", "change", "note"]


class Conflicts(StrictModel):
    schema_: str
    conflicts: list[Conflict]


@cache
def names() -> tuple[str, ...]:
    """The frameworks there are tables of."""
    return tuple(sorted(path.name[: -len("_builds.json")] for path in FOLDER.glob("*_builds.json")))


@cache
def builds(framework: str) -> dict[str, Build]:
    """Builds by minor release."""
    return {row.minor: row for row in load(f"{framework}_builds.json", Builds).rows}


@cache
def gpu_packages(framework: str) -> frozenset[str]:
    """Its distributions that are for GPUs alone."""
    return frozenset(load(f"{framework}_builds.json", Builds).gpu_packages)


@cache
def variants(framework: str) -> dict[str, Variant]:
    """Distributions that carry it under another name, by name."""
    return {row.package: row for row in load(f"{framework}_builds.json", Builds).variants}


@cache
def tags(framework: str) -> Tags:
    """What its own images' tags promise."""
    return load(f"{framework}_tags.json", Tags)


@cache
def wheels(framework: str) -> Wheels:
    """What was measured on its wheels."""
    return load(f"{framework}_wheels.json", Wheels)


@cache
def pins(framework: str) -> tuple[Pinned, ...]:
    """Sets of distributions that were tried."""
    return tuple(load(f"{framework}_pins.json", Pins).sets)


@cache
def conflicts(framework: str) -> tuple[Conflict, ...]:
    """What does not go together with it."""
    return tuple(load(f"{framework}_conflicts.json", Conflicts).conflicts)


@cache
def packages(framework: str) -> frozenset[str]:
    """The distributions that carry the framework."""
    return frozenset(name for row in builds(framework).values() for name in row.pypi_linux_x86_64)


@cache
def carriers(framework: str) -> frozenset[str]:
    """Every distribution that is known to carry the framework, its own and variants."""
    return packages(framework) | frozenset(variants(framework))


def build(framework: str, version: str) -> Build | None:
    """The build of a full version; None where nothing is known of it."""
    parts = release(version)
    return builds(framework).get(".".join(map(str, parts[:2]))) if len(parts) >= 2 else None


def period(framework: str, version: str) -> Period | None:
    """How images of that version were made."""
    wanted = release(version)[:2]
    for one in tags(framework).periods:
        if release(one.first) <= wanted and (not one.last or wanted <= release(one.last)):
            return one
    return None


def framework_of(repository: str) -> str:
    """The framework whose own repository this is; empty: nobody's."""
    return next((name for name in names() if repository in tags(name).repositories), "")


@cache
def tag_pattern(framework: str) -> re.Pattern[str]:
    """The grammar of its tags."""
    return re.compile(tags(framework).pattern)
