"""Check whether the installed distributions meet the framework's requirements. Pure.

The requirements are those that distributions state (Requires-Dist, or setuptools' requires.txt),
followed from the framework through all its dependencies, with markers and extras evaluated for the
image's own Python.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial

from harness.check.subject import Subject
from harness.compare.requirements import Unparsed, applies, meets, parsed, plain
from harness.images.inside import Distribution
from harness.knowledge import frameworks, loaded
from harness.knowledge.versions import minor, release

_MACHINES = {"amd64": "x86_64", "arm64": "aarch64", "386": "i686", "arm": "armv7l"}
"""Architecture in an image's configuration -> Python's name of the machine."""
_MOST = 2000
"""Requirements that are examined at most."""
_SHORT = 3


@dataclass(frozen=True, kw_only=True, slots=True)
class Unmet:
    """A requirement that the installed distributions do not meet."""

    by: str
    """Name and version of the distribution that states it."""
    name: str
    """The required distribution, in lower case with dashes."""
    wanted: str
    """The version specifier; empty for any version."""
    have: str
    """The installed version; empty if it is not installed."""
    loaded: bool
    """Whether importing the framework depends on it: loads a module of it and, if it is missing,
    does not work without it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RequirementsRead:
    """The result of checking all requirements."""

    met: int
    """How many are met."""
    unmet: tuple[Unmet, ...]
    unparsed: tuple[str, ...]
    """Lines that do not follow the grammar of requirements."""
    untold: tuple[Distribution, ...]
    """The framework's own distribution, where no such metadata was read."""


def requirements_of(subject: Subject) -> RequirementsRead | None:
    """Check the requirements of the framework that the image holds.

    None where the layers were not read, or where none of its distributions was found.
    """
    inside = subject.inside
    if inside is None or not subject.framework:
        return None
    carriers = frameworks.carriers(subject.framework)
    named = {one.value for one in subject.all("package")}
    holders = [one for one in inside.distributions if one.name in carriers | named]
    python = subject.said("python")
    holders = [one for one in holders if not python or _for(one, python)]
    if not holders:
        return None
    beside = _beside(inside.distributions, holders)
    walk = _Walk(
        beside,
        _environment(subject, holders[0]),
        _loaded(subject),
        _guarded(subject),
        partial(loaded.module_of, subject.framework),
    )
    for one in holders:
        if one.told:
            walk.follow(one)
    return RequirementsRead(
        met=walk.met,
        unmet=tuple(walk.unmet.values()),
        unparsed=tuple(walk.unparsed),
        untold=() if any(one.told for one in holders) else tuple(holders[:1]),
    )


def _for(one: Distribution, python: str) -> bool:
    return not one.python or minor(python).startswith(one.python)


def _beside(every: tuple[Distribution, ...], holders: list[Distribution]) -> _Installed:
    """The distributions that the framework's Python can see, by name.

    Those in its own prefix come first. Otherwise any in the image for that Python version count,
    since PYTHONPATH or a virtual environment with access to the system's packages may lead there.
    A distribution whose Python is not known counts as visible.
    """
    first = holders[0]
    near: _Installed = defaultdict(list)
    far: _Installed = defaultdict(list)
    for one in every:
        if one.python and first.python and not _for(one, first.python):
            continue
        # Debian's own Python looks below /usr and below /usr/local.
        debian = {one.prefix, first.prefix} <= {"usr", "usr/local", ""}
        (near if debian or one.prefix == first.prefix else far)[one.name].append(one)
    return {**far, **near}


def _environment(subject: Subject, holder: Distribution) -> dict[str, str]:
    """The values of environment markers (PEP 508) in the image's Python."""
    python = subject.said("python") or holder.python
    image = subject.reading.image
    architecture = image.platform.architecture if image else ""
    return {
        "implementation_name": "cpython",
        "implementation_version": python,
        "os_name": "posix",
        "platform_machine": _MACHINES.get(architecture, architecture or "x86_64"),
        "platform_python_implementation": "CPython",
        "platform_release": "",
        "platform_system": "Linux",
        "platform_version": "",
        "python_full_version": python if len(release(python)) >= _SHORT else f"{python}.0",
        "python_version": minor(python),
        "sys_platform": "linux2" if python.startswith("2") else "linux",
    }


def _loaded(subject: Subject) -> frozenset[str]:
    """The first one or two path parts of the modules that the nearest measured releases load."""
    if not subject.version or subject.framework not in frameworks.names():
        return frozenset()
    modules = loaded.around(subject.framework, subject.version)
    tops: set[str] = set()
    for path in modules:
        parts = path.removesuffix(".py").split("/")
        tops.add("/".join(parts[:2]))
        # A namespace package belongs to no single distribution.
        if parts[0] not in _NAMESPACES:
            tops.add(parts[0])
    return frozenset(tops)


def _guarded(subject: Subject) -> frozenset[str]:
    """The first part of the modules of packages without which the framework works."""
    if not subject.version or subject.framework not in frameworks.names():
        return frozenset()
    return loaded.guarded(subject.framework, subject.version)


_NAMESPACES = frozenset({"google", "backports"})
_Installed = dict[str, list[Distribution]]


class _Walk:
    """Follows requirements from one distribution through all its dependencies, each once."""

    def __init__(
        self,
        installed: _Installed,
        here: Mapping[str, str],
        loaded: frozenset[str],
        guarded: frozenset[str],
        module_of: Callable[[str], str],
    ) -> None:
        self.installed, self.here, self.loaded, self.guarded = installed, here, loaded, guarded
        self.module_of = module_of
        self.seen: set[tuple[str, str]] = set()
        self.looked = 0
        self.met = 0
        self.unmet: dict[tuple[str, str, str], Unmet] = {}
        self.unparsed: list[str] = []

    def follow(self, first: Distribution) -> None:
        """Check all requirements that can be reached from a distribution."""
        todo = [(first, "")]
        while todo:
            one, extra = todo.pop()
            if (one.path, extra) in self.seen:
                continue
            self.seen.add((one.path, extra))
            for line in _lines(one):
                self.looked += 1
                if self.looked > _MOST:
                    return
                todo.extend(self._hold(line, one, extra))

    def _hold(self, line: str, by: Distribution, extra: str) -> list[tuple[Distribution, str]]:
        """Check one requirement, and return the (distribution, extra) pairs to follow next."""
        who = f"{by.name} {by.version}"
        try:
            wanted = parsed(line)
            # Requirements that apply without the extra are checked without it.
            if not applies(wanted, self.here, extra) or (extra and applies(wanted, self.here)):
                return []
            name = re.sub(r"[-_.]+", "-", wanted.name).lower()
            specifier = str(wanted.specifier)
            there = self.installed.get(name, [])
            # Where a name is installed twice, either of the two may be the one in use.
            fits = [one for one in there if wanted.url is not None or meets(specifier, one.version)]
        except Unparsed as error:
            self.unparsed.append(f"{who} requires {line[:100]}: {error}")
            return []
        if fits:
            self.met += 1
        else:
            have = there[0].version if there else ""
            self.unmet.setdefault(
                (name, specifier, have),
                Unmet(
                    by=who,
                    name=name,
                    wanted=specifier,
                    have=have,
                    loaded=self._is_loaded(name, there),
                ),
            )
        extras = ("", *sorted(wanted.extras))
        return [(one, each) for one in (fits or there) for each in extras]

    def _is_loaded(self, name: str, there: list[Distribution]) -> bool:
        """Whether the import loads a module of it, by its list of modules, else by its name; a
        missing package without which the framework works does not count."""
        tops = {top for one in there for top in one.modules} or {self.module_of(name)}
        if not there and tops <= self.guarded:
            return False
        return not self.loaded.isdisjoint(tops)


def _lines(one: Distribution) -> Iterator[str]:
    yield from one.requires
    if not one.requires:
        yield from plain(one.listed)
