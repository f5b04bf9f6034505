"""What an image holds, as it is told without running anything. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from harness.knowledge.versions import release

_LINKS = 16
AVX_PER_MILLION = 50
"""Times that code leaves AVX, per million bytes, from which on it needs AVX: code that only
dispatches to it does so less than once, code that needs it 390 times and more (measured on the
wheels 1.2.1 to 2.21.0)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Distribution:
    """An installed distribution."""

    name: str
    """Small letters, with dashes."""
    version: str
    python: str
    """major.minor (Debian's own packages: major) of the folder it lies in."""
    prefix: str
    path: str


@dataclass(frozen=True, kw_only=True, slots=True)
class SharedObject:
    """A shared object that was read."""

    path: str
    ours: bool
    """Whether it belongs to the framework."""
    machine: str = ""
    needed: tuple[str, ...] = ()
    requires: tuple[str, ...] = ()
    provides: tuple[str, ...] = ()
    cubin: tuple[str, ...] = ()
    ptx: tuple[str, ...] = ()
    avx_per_million: float = -1.0
    problem: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Damage:
    """A distribution that is not as it was installed."""

    name: str
    """Small letters, with dashes."""
    version: str
    folder: str
    missing: tuple[str, ...] = ()
    """Modules that its list has and the image has not, or has empty; paths below `folder`."""
    altered: tuple[str, ...] = ()
    """Modules of another size than it says."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Inside:
    """What was found inside an image without running anything."""

    distributions: tuple[Distribution, ...] = ()
    pythons: Mapping[str, str] = field(default_factory=dict)
    """Path of a program -> where it leads (a path; itself where it is a file)."""
    libraries: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Name of a library -> folders that have it."""
    objects: tuple[SharedObject, ...] = ()
    system: str = ""
    """id-version of os-release: ubuntu-16.04."""
    packages: int = 0
    """How many packages dpkg has installed."""
    modules: frozenset[str] = frozenset()
    """What can be imported by its first one or two names: paths below any site-packages."""
    damages: tuple[Damage, ...] = ()
    """Distributions with a list of their files (RECORD) that does not hold."""
    problems: tuple[str, ...] = ()
    """Layers that could not be read to their end, and why."""

    def python_on(self, path: str) -> tuple[str, str]:
        """(program, version) of the Python that a PATH finds first: python3, else python."""
        for name in ("python3", "python"):
            for folder in path.split(":"):
                program = f"{folder.strip('/')}/{name}"
                if program in self.pythons:
                    return program, self.version_of(program)
        return "", ""

    def version_of(self, program: str) -> str:
        """major.minor of a Python, by the name its links end at."""
        for _ in range(_LINKS):
            if found := re.search(r"python(\d\.\d{1,2})$", program):
                return found[1]
            onward = self.pythons.get(program, program)
            if onward == program:
                break
            program = onward
        found = re.search(r"python(\d)$", program)
        return found[1] if found else ""

    def symbols(self, prefix: str, *, wanted: bool) -> str:
        """The highest version of a family of symbols (GLIBC_, GLIBCXX_) that the framework's
        objects want, or that the system's libraries have; empty where there is none."""
        versions = {
            name.removeprefix(prefix)
            for one in self.objects
            if one.ours is wanted
            for name in (one.requires if wanted else one.provides)
            if name.startswith(prefix) and release(name.removeprefix(prefix))
        }
        return max(versions, key=release, default="")
