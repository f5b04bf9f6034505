"""Which modules importing a framework loads: measured for some releases, assumed for others."""

from __future__ import annotations

from functools import cache

from harness.knowledge import frameworks
from harness.knowledge.library import SourcedRow, StrictModel, load
from harness.knowledge.versions import release


class Loaded(SourcedRow):
    """The modules that importing one release loads."""

    release: str
    python: str
    guarded: str
    """Packages and compiled modules (paths below site-packages without a suffix, separated by
    spaces) without which the import and its Keras still work, because every import of one is inside
    a `try` statement."""
    library: str
    """Compiled modules of Python's own library that it loads, separated by spaces."""
    needs: str
    """Those of them without which the import or its Keras fails."""
    modules: dict[str, str]
    """Folder below site-packages -> names of modules, separated by spaces."""


class LoadedTable(StrictModel):
    schema_: str
    named: dict[str, str]
    """Distribution -> its module (the first one or two parts), where the names differ."""
    loaded: list[Loaded]


@cache
def rows(framework: str) -> tuple[Loaded, ...]:
    """The modules that importing each measured release loads."""
    return tuple(load(f"{framework}_loaded.json", LoadedTable).loaded)


@cache
def module_of(framework: str, distribution: str) -> str:
    """The first one or two parts of the name of a distribution's module, where its list of files
    is not known: its own name, unless the table has another one."""
    plain = distribution.replace("-", "_")
    if framework not in frameworks.names():
        return plain
    return load(f"{framework}_loaded.json", LoadedTable).named.get(distribution, plain)


@cache
def nearest(framework: str, version: str) -> tuple[str, frozenset[str]]:
    """(the measured release nearest to a version, the modules that importing it loads).

    Modules are paths below site-packages; those written in Python end in .py.
    """
    row = _nearest(framework, version)
    names = {
        f"{folder}/{name}".lstrip("/") + ("" if ".so" in name else ".py")
        for folder, listed in row.modules.items()
        for name in listed.split()
    }
    return row.release, frozenset(names)


@cache
def library(framework: str, version: str) -> frozenset[str]:
    """The compiled modules of Python's own library that the nearest measured release loads."""
    return frozenset(_nearest(framework, version).library.split())


@cache
def needs(framework: str, version: str) -> frozenset[str]:
    """The compiled modules of Python's own library without which the nearest measured release
    fails."""
    return frozenset(_nearest(framework, version).needs.split())


@cache
def guarded(framework: str, version: str) -> frozenset[str]:
    """The packages and compiled modules without which a version still works, as paths below
    site-packages.

    Only those without which the measured releases before and after it work, too.
    """
    return frozenset.intersection(
        *(frozenset(row.guarded.split()) for row in _around(framework, version))
    )


def is_guarded(path: str, among: frozenset[str]) -> bool:
    """Whether a module's path below site-packages is that of a guarded module or package."""
    folder, _, name = path.rpartition("/")
    parts = [*(folder.split("/") if folder else []), name.partition(".")[0]]
    return any("/".join(parts[:many]) in among for many in range(1, len(parts) + 1))


@cache
def around(framework: str, version: str) -> frozenset[str]:
    """The modules that the measured releases before and after a version load, taken together.

    Modules that were added or removed between the two may be loaded, so they are included.
    """
    return frozenset().union(
        *(nearest(framework, row.release)[1] for row in _around(framework, version))
    )


def _around(framework: str, version: str) -> tuple[Loaded, ...]:
    """The measured releases before and after a version: one row for a measured release, and for
    those outside of what was measured."""
    measured = sorted(rows(framework), key=lambda row: release(row.release))
    wanted = release(version)
    before = [row for row in measured if release(row.release) <= wanted][-1:]
    after = [row for row in measured if release(row.release) >= wanted][:1]
    return tuple({row.release: row for row in (*before, *after)}.values())


def _nearest(framework: str, version: str) -> Loaded:
    order = sorted(frameworks.builds(framework), key=release)
    wanted = ".".join(map(str, release(version)[:2]))

    def distance(row: Loaded) -> int:
        own = ".".join(map(str, release(row.release)[:2]))
        known = own in order and wanted in order
        return abs(order.index(own) - order.index(wanted)) if known else len(order)

    return min(rows(framework), key=distance)
