"""What is known of frameworks: their builds, and what the tags of their own images promise."""

from __future__ import annotations

import re
from functools import cache
from typing import Any, Literal

from pydantic import Field

from harness.knowledge.library import FOLDER, SourcedRow, StrictModel, load
from harness.knowledge.versions import release


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
    bazel: str


class TaggedRelease(SourcedRow):
    """What the Dockerfiles of one release say."""

    release: str
    commit: str
    date: str
    files: list[RecipeFile]


class RunFlag(StrictModel):
    host: str
    flag: str


class Tags(StrictModel):
    """The grammar and history of a framework's own image tags."""

    schema_: str
    repositories: list[str]
    pattern: str
    suffixes: dict[str, str]
    grammar: list[str]
    sources: list[str]
    periods: list[Period]
    releases: list[TaggedRelease]
    run_flags: list[RunFlag]
    run_flags_source: str


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


class Resolved(StrictModel):
    version: str
    python: str
    resolved: dict[str, str]
    verdict: str


class Wheels(StrictModel):
    schema_: str
    wheels: list[Wheel]
    finding: str
    resolved: list[Resolved]
    resolved_how: str
    resolved_caveat: str


class Architectures(StrictModel):
    """For which GPUs a build holds code: ready, or to be compiled by the driver at start."""

    cubin: list[str] = Field(default_factory=list)
    ptx: list[str] = Field(default_factory=list)
    evidence: str


class Build(StrictModel):
    """One minor release of a framework."""

    minor: str
    doc_version: str | None
    doc_python: str | None
    compiler: str | None
    bazel_cpu: str | None
    bazel_gpu: str | None
    cuda: str
    cudnn: str
    cuda_as_documented: str
    cog_row: dict[str, Any] | None
    pypi_linux_x86_64: dict[str, dict[str, Any] | None]
    gpu_pip_name: str
    keras: str
    min_cpu: str
    onednn: dict[str, str | None]
    determinism: dict[str, str | None]
    wheel_gpu_arch: Architectures | None
    requires_dist_sample: list[str] | None
    requires_python: str | None
    contrib_module: bool
    sources: dict[str, str | None]
    gpu_library_sonames: list[str]
    gpu_library_linkage: str
    note: str = ""

    @property
    def links_cuda(self) -> bool:
        """Whether the GPU build cannot even be imported without CUDA's libraries."""
        return self.gpu_library_linkage.startswith("DT_NEEDED")

    @property
    def needs_avx(self) -> bool:
        """Whether it crashes on a CPU without AVX."""
        return self.min_cpu.startswith("AVX")


class Builds(StrictModel):
    schema_: str
    generated: str
    extra: str
    rows: list[Build]


class Pinned(StrictModel):
    """A set of distributions that was seen to work, or not."""

    package: str
    version: str
    python: str
    pins: dict[str, str]
    sdists: list[str]
    obstacles: list[str]
    seen: str


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
    effect: Literal["blocks", "change", "note"]


class Conflicts(StrictModel):
    schema_: str
    conflicts: list[Conflict]


class Loaded(SourcedRow):
    """What importing one release loads."""

    release: str
    python: str
    modules: dict[str, str]
    """Folder of site-packages -> names of modules, divided by spaces."""


class LoadedTable(StrictModel):
    schema_: str
    loaded: list[Loaded]


@cache
def names() -> tuple[str, ...]:
    """The frameworks there are tables of."""
    return tuple(sorted(path.name[: -len("_builds.json")] for path in FOLDER.glob("*_builds.json")))


@cache
def builds(framework: str) -> dict[str, Build]:
    """Builds by minor release."""
    return {row.minor: row for row in load(f"{framework}_builds.json", Builds).rows}


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
def loaded(framework: str, version: str) -> tuple[str, frozenset[str]]:
    """(the measured release nearest to a version, the modules that its import loads: paths in
    site-packages). Modules of Python end in .py."""
    order = sorted(builds(framework), key=release)
    wanted = ".".join(map(str, release(version)[:2]))
    rows = load(f"{framework}_loaded.json", LoadedTable).loaded

    def distance(row: Loaded) -> int:
        own = ".".join(map(str, release(row.release)[:2]))
        known = own in order and wanted in order
        return abs(order.index(own) - order.index(wanted)) if known else len(order)

    nearest = min(rows, key=distance)
    names = {
        f"{folder}/{name}".lstrip("/") + ("" if ".so" in name else ".py")
        for folder, listed in nearest.modules.items()
        for name in listed.split()
    }
    return nearest.release, frozenset(names)


@cache
def packages(framework: str) -> frozenset[str]:
    """The distributions that carry the framework."""
    return frozenset(name for row in builds(framework).values() for name in row.pypi_linux_x86_64)


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
