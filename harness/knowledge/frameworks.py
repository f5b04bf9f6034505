"""Facts about frameworks: their builds, and what the tags of their own images promise."""

from __future__ import annotations

import re
from functools import cache
from typing import Literal

from pydantic import Field

from harness.knowledge.library import FOLDER, SourcedRow, StrictModel, load
from harness.knowledge.versions import release

InstructionSet = Literal["baseline", "avx", "avx2"]


class Period(SourcedRow):
    """A range of releases whose images were made in the same way."""

    id: str
    first: str
    last: str
    """The last release; empty if the period still goes on."""
    system: str
    cuda: str
    """Empty if it differs within the period."""
    cudnn: str
    python: str
    python3: str
    """The Python of tags that ask for Python 3; empty if tags no longer do."""
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
    """What the framework's own Dockerfiles of one release contain."""

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
    """Measurements of one wheel."""

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
    """Compute capabilities of the GPUs that a build contains code for."""

    cubin: list[str]
    """With code that is ready to run."""
    ptx: list[str]
    """With PTX, which the driver compiles at start."""


class OneDnn(StrictModel):
    """Whether oneDNN is on by default, and the variable that changes it."""

    default: str
    env: str


class Determinism(StrictModel):
    """How to ask for bit-identical results."""

    api: str
    note: str


class BuildSources(StrictModel):
    """The sources of a build's fields."""

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
    """Distribution -> release -> tags of the Pythons with a wheel."""
    keras: str
    min_cpu: str
    """What the CPU must support, in words."""
    instruction_set: InstructionSet
    """The instruction set that the CPU must support."""
    instruction_set_of_release: dict[str, InstructionSet]
    """Release -> instruction set, for releases that differ from their minor version."""
    onednn: OneDnn
    determinism: Determinism
    wheel_gpu_arch: BuildGpuCode | None
    sources: BuildSources
    gpu_library_sonames: list[str]
    gpu_library_linkage: str
    """How the GPU build finds CUDA's libraries, in words."""
    gpu_libraries: Literal["linked", "opened"]
    """`linked`: the import fails without them; `opened`: they are opened by name at run time."""
    note: str = ""

    @property
    def links_cuda(self) -> bool:
        """Whether the GPU build cannot even be imported without CUDA's libraries."""
        return self.gpu_libraries == "linked"

    def needs(self, version: str) -> InstructionSet:
        """The instruction set that a release needs; without it, the process dies at import."""
        return self.instruction_set_of_release.get(version, self.instruction_set)


class Variant(SourcedRow):
    """A distribution that carries the framework's package under another name."""

    package: str
    what: str


class Builds(StrictModel):
    schema_: str
    gpu_packages: list[str]
    """Distributions that are only for GPUs."""
    variants: list[Variant]
    """Distributions that were built elsewhere or in another way; their builds are not known."""
    rows: list[Build]


class Pinned(StrictModel):
    """A set of distributions that was tried, and whether it worked."""

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
    """Distributions that do not work together, and the breakage by which one recognises it."""

    breakage: str
    framework: str
    """Releases, as a version specifier."""
    package: str
    versions: str
    python: str
    absent: bool
    """Whether it breaks if the package is absent."""
    module: str = ""
    """The file below site-packages that importing the package loads first; a package may be there
    without metadata."""
    unless: dict[str, str]
    """Environment variables, and the values with which it does not break."""
    where: dict[str, list[str]] = Field(default_factory=dict)
    """Environment variables, and patterns of the values with which alone it breaks."""
    effect: Literal["blocks", "change", "note", "untold"]
    fails: Literal["import", "keras"] = "import"
    """What fails first where the effect is `blocks`: the import of the framework, or of its
    Keras."""


class Conflicts(StrictModel):
    schema_: str
    conflicts: list[Conflict]


@cache
def names() -> tuple[str, ...]:
    """The names of all frameworks that have tables."""
    return tuple(sorted(path.name[: -len("_builds.json")] for path in FOLDER.glob("*_builds.json")))


@cache
def builds(framework: str) -> dict[str, Build]:
    """The framework's builds: minor version -> build."""
    return {row.minor: row for row in load(f"{framework}_builds.json", Builds).rows}


@cache
def gpu_packages(framework: str) -> frozenset[str]:
    """The framework's distributions that are only for GPUs."""
    return frozenset(load(f"{framework}_builds.json", Builds).gpu_packages)


@cache
def variants(framework: str) -> dict[str, Variant]:
    """Distributions that contain the framework under another name: name -> variant."""
    return {row.package: row for row in load(f"{framework}_builds.json", Builds).variants}


@cache
def tags(framework: str) -> Tags:
    """What the tags of the framework's own images promise."""
    return load(f"{framework}_tags.json", Tags)


@cache
def wheels(framework: str) -> Wheels:
    """Measurements of the framework's wheels."""
    return load(f"{framework}_wheels.json", Wheels)


@cache
def pins(framework: str) -> tuple[Pinned, ...]:
    """Sets of distributions that were tried."""
    return tuple(load(f"{framework}_pins.json", Pins).sets)


@cache
def conflicts(framework: str) -> tuple[Conflict, ...]:
    """Known conflicts of the framework with other distributions."""
    return tuple(load(f"{framework}_conflicts.json", Conflicts).conflicts)


@cache
def packages(framework: str) -> frozenset[str]:
    """The distributions of the framework's own project that contain it."""
    return frozenset(name for row in builds(framework).values() for name in row.pypi_linux_x86_64)


@cache
def carriers(framework: str) -> frozenset[str]:
    """Every distribution that is known to contain the framework: its own, and variants."""
    return packages(framework) | frozenset(variants(framework))


def build(framework: str, version: str) -> Build | None:
    """The build of a full version; None if it is not in the table."""
    parts = release(version)
    return builds(framework).get(".".join(map(str, parts[:2]))) if len(parts) >= 2 else None


def period(framework: str, version: str) -> Period | None:
    """How images of that version were made; None if not known."""
    wanted = release(version)[:2]
    for one in tags(framework).periods:
        if release(one.first) <= wanted and (not one.last or wanted <= release(one.last)):
            return one
    return None


def framework_of(repository: str) -> str:
    """The framework that an image repository belongs to; empty if to none."""
    return next((name for name in names() if repository in tags(name).repositories), "")


@cache
def tag_pattern(framework: str) -> re.Pattern[str]:
    """The pattern of the framework's image tags."""
    return re.compile(tags(framework).pattern)
