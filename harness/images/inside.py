"""The content of an image, as found in its layers without running anything. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from harness.images.carried import CarriedPackage
from harness.images.owners import Overlap
from harness.knowledge.versions import release

_LINKS = 16
AVX_PER_MILLION = 50
"""Code that leaves AVX at least this often per million bytes needs AVX. Code that only dispatches
to it does so less than once, code that needs it 390 times and more (measured on the wheels 1.2.1 to
2.21.0)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Distribution:
    """An installed distribution."""

    name: str
    """In lower case with dashes."""
    version: str
    python: str
    """major.minor of the Python whose folder it lies in (only major for Debian's own packages)."""
    prefix: str
    path: str
    told: bool = False
    """Whether its metadata (METADATA, PKG-INFO) was read."""
    requires: tuple[str, ...] = ()
    """Its Requires-Dist lines, as written."""
    listed: tuple[str, ...] = ()
    """Lines of setuptools' requires.txt, including section headers."""
    requires_python: str = ""
    modules: tuple[str, ...] = ()
    """The first, and the first two, path parts of its listed files: `google`, `google/protobuf`."""


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
    """ELF's number of the machine."""
    interpreter: str = ""
    """The loader that a program asks for."""
    soname: str = ""
    rpath: str = ""
    runpath: str = ""
    no_default: bool = False
    """Whether it asks the loader to search neither the cache nor the default folders."""
    wants: tuple[tuple[str, str], ...] = ()
    """(library, symbol version) pairs that it requires."""
    undefined: str = ""
    """Symbols that it requires; see `dynamic`."""
    exports: str = ""
    versions: str = ""
    unread: str = ""
    """Why its symbols were not read; empty if they were."""
    opened: tuple[str, ...] = ()
    """Libraries that its data names and that it may open at run time; only known for the
    framework's objects."""
    size: int = 0
    """In bytes."""
    sums: frozenset[str] = frozenset()
    """Its check sum, with the algorithm (`sha256:...` or `md5:...`; see `sums`), and that of the
    same file without what was appended to it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Damage:
    """A distribution whose files differ from its list of files."""

    name: str
    """In lower case with dashes."""
    version: str
    folder: str
    missing: tuple[str, ...] = ()
    """Listed modules that are missing, or empty; paths below `folder`."""
    altered: tuple[str, ...] = ()
    """Modules whose size differs from the listed one; paths below `folder`."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Inside:
    """Everything that was found in an image's layers without running anything."""

    distributions: tuple[Distribution, ...] = ()
    pythons: Mapping[str, str] = field(default_factory=dict)
    """Path of a Python program -> the path it links to; its own path if it is a file."""
    libraries: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Name of a library -> folders that contain it."""
    objects: tuple[SharedObject, ...] = ()
    sums: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Path of a compiled file -> the sums that were recorded when it was installed."""
    system: str = ""
    """id and version from os-release, such as ubuntu-16.04."""
    packages: int = 0
    """The number of packages that dpkg has installed."""
    system_packages: tuple[tuple[str, str], ...] = ()
    """(name, version) of each of these packages."""
    modules: frozenset[str] = frozenset()
    """Importable modules by the first one or two parts of their names: paths below any
    site-packages."""
    hiding: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Folder inside a package -> the modules of Python's own library that it would hide if
    PYTHONPATH named it."""
    links: Mapping[str, str] = field(default_factory=dict)
    """Path of a symbolic link -> its target as written; hard links have a leading slash."""
    texts: Mapping[str, str] = field(default_factory=dict)
    """Files that configure the dynamic loader: path -> text."""
    cache: bytes = b""
    """The content of ld.so.cache."""
    damages: tuple[Damage, ...] = ()
    """Distributions whose files differ from their list of files (RECORD)."""
    carried: tuple[CarriedPackage, ...] = ()
    """Packages of a framework, however they got there."""
    overlaps: tuple[Overlap, ...] = ()
    """Pairs of distributions that claim the same files."""
    problems: tuple[str, ...] = ()
    """Layers that could not be read completely, and why."""

    def python_on(self, path: str) -> tuple[str, str]:
        """(program, version) of the Python found first on a PATH: python3, else python. Both are
        empty if there is none."""
        for name in ("python3", "python"):
            for folder in path.split(":"):
                program = f"{folder.strip('/')}/{name}"
                if program in self.pythons:
                    return program, self.version_of(program)
        return "", ""

    def version_of(self, program: str) -> str:
        """major.minor of a Python, by the name of the file that its links lead to."""
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
        """The highest version of a family of symbols (GLIBC_, GLIBCXX_); empty if there is none.

        `wanted`: the version that the framework's objects require; otherwise the one that the
        system's libraries define.
        """
        versions = {
            name.removeprefix(prefix)
            for one in self.objects
            if one.ours is wanted
            for name in (one.requires if wanted else one.provides)
            if name.startswith(prefix) and release(name.removeprefix(prefix))
        }
        return max(versions, key=release, default="")
