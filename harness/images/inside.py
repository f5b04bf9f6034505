"""What an image holds, as it is told without running anything. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from harness.images.carried import CarriedPackage
from harness.images.owners import Overlap
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
    told: bool = False
    """Whether its own account (METADATA, PKG-INFO) was read."""
    requires: tuple[str, ...] = ()
    """Its Requires-Dist, as they are written."""
    listed: tuple[str, ...] = ()
    """Lines of setuptools' requires.txt, its sections among them."""
    requires_python: str = ""
    modules: tuple[str, ...] = ()
    """First names of what it says it installed, and first two: `google`, `google/protobuf`."""


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
    bits: int = 0
    machine_number: int = 0
    """As ELF numbers it."""
    interpreter: str = ""
    """The loader that a program asks for."""
    soname: str = ""
    rpath: str = ""
    runpath: str = ""
    no_default: bool = False
    """It wants neither the cache nor the default folders searched."""
    wants: tuple[tuple[str, str], ...] = ()
    """(library, version of symbols) that it cannot do without."""
    undefined: str = ""
    """Symbols it cannot do without; see `dynamic`."""
    exports: str = ""
    versions: str = ""
    unread: str = ""
    """Why its symbols are not told; empty: they are."""
    opened: tuple[str, ...] = ()
    """Libraries that its text names: it may open them when it runs. Only of the framework's."""
    size: int = 0


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
    system_packages: tuple[tuple[str, str], ...] = ()
    """(name, version) of each of these."""
    modules: frozenset[str] = frozenset()
    """What can be imported by its first one or two names: paths below any site-packages."""
    links: Mapping[str, str] = field(default_factory=dict)
    """Path of a symbolic link -> where it leads, as it is written; hard links with a slash."""
    texts: Mapping[str, str] = field(default_factory=dict)
    """Files that steer the dynamic loader: path -> text."""
    cache: bytes = b""
    """The content of ld.so.cache."""
    damages: tuple[Damage, ...] = ()
    """Distributions with a list of their files (RECORD) that does not hold."""
    carried: tuple[CarriedPackage, ...] = ()
    """Packages of a framework, whoever put them there."""
    overlaps: tuple[Overlap, ...] = ()
    """Distributions that claim the same files."""
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
