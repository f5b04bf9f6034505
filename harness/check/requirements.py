"""Does what is installed beside a framework meet what it, and all that it needs, asks for? Pure.

The requirements are those that distributions state (Requires-Dist, or setuptools' requires.txt),
followed from the framework onwards, with markers and extras evaluated for the image's own Python.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from harness.check.subject import Subject
from harness.compare.requirements import Unparsed, applies, meets, parsed, plain
from harness.images.inside import Distribution
from harness.knowledge import frameworks, loaded
from harness.knowledge.versions import minor, release

_MACHINES = {"amd64": "x86_64", "arm64": "aarch64", "386": "i686", "arm": "armv7l"}
"""Of an image's configuration -> as Python calls them."""
_MOST = 2000
"""Requirements that are looked at."""
_SHORT = 3


@dataclass(frozen=True, kw_only=True, slots=True)
class Unmet:
    """A requirement that what is installed does not meet."""

    by: str
    """Distribution and version that state it."""
    name: str
    """Of what is asked for: small letters, with dashes."""
    wanted: str
    """As a specifier; empty: any version."""
    have: str
    """The version that is installed; empty: none is."""
    loaded: bool
    """Whether importing the framework loads a module of it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RequirementsRead:
    """What came of looking at all of them."""

    met: int
    """How many are met."""
    unmet: tuple[Unmet, ...]
    unparsed: tuple[str, ...]
    """Lines that do not follow the grammar."""
    untold: tuple[Distribution, ...]
    """Distributions of the framework itself whose account was not read."""


def requirements_of(subject: Subject) -> RequirementsRead | None:
    """The requirements of the framework that the image is taken for; None where nobody looked
    inside, or none of its distributions was found."""
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
    walk = _Walk(beside, _environment(subject, holders[0]), _loaded(subject))
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
    """What the framework's Python has, by name: in its own prefix, else anywhere in the image for
    that version of Python, since a path that is not looked at here may lead there (PYTHONPATH, a
    virtual environment that sees the system's). One of which nobody knows for which Python it is
    counts."""
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
    """The variables of markers, as the image's Python would answer them."""
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
    """What importing the measured releases around this one loads, by first names."""
    if not subject.version or subject.framework not in frameworks.names():
        return frozenset()
    modules = loaded.around(subject.framework, subject.version)
    tops: set[str] = set()
    for path in modules:
        parts = path.removesuffix(".py").split("/")
        tops.add("/".join(parts[:2]))
        # The first name of a namespace is of nobody.
        if parts[0] not in _NAMESPACES:
            tops.add(parts[0])
    return frozenset(tops)


_NAMESPACES = frozenset({"google", "backports"})
_Installed = dict[str, list[Distribution]]


class _Walk:
    """From one distribution to all that it needs, each requirement once."""

    def __init__(
        self, installed: _Installed, here: Mapping[str, str], loaded: frozenset[str]
    ) -> None:
        self.installed, self.here, self.loaded = installed, here, loaded
        self.seen: set[tuple[str, str]] = set()
        self.looked = 0
        self.met = 0
        self.unmet: dict[tuple[str, str, str], Unmet] = {}
        self.unparsed: list[str] = []

    def follow(self, first: Distribution) -> None:
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
        """What has to be followed onwards from one requirement."""
        who = f"{by.name} {by.version}"
        try:
            wanted = parsed(line)
            # What holds without the extra is looked at without it.
            if not applies(wanted, self.here, extra) or (extra and applies(wanted, self.here)):
                return []
            name = re.sub(r"[-_.]+", "-", wanted.name).lower()
            specifier = str(wanted.specifier)
            there = self.installed.get(name, [])
            # Where a name is listed twice, one of both is what lies there.
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
        """By what it says it installed, else by its own name."""
        tops = {top for one in there for top in one.modules} or {name.replace("-", "_")}
        return not self.loaded.isdisjoint(tops)


def _lines(one: Distribution) -> Iterator[str]:
    yield from one.requires
    if not one.requires:
        yield from plain(one.listed)
