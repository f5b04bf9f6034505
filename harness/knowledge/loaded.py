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
    modules: dict[str, str]
    """Folder below site-packages -> names of modules, separated by spaces."""


class LoadedTable(StrictModel):
    schema_: str
    loaded: list[Loaded]


@cache
def rows(framework: str) -> tuple[Loaded, ...]:
    """The modules that importing each measured release loads."""
    return tuple(load(f"{framework}_loaded.json", LoadedTable).loaded)


@cache
def nearest(framework: str, version: str) -> tuple[str, frozenset[str]]:
    """(the measured release nearest to a version, the modules that importing it loads).

    Modules are paths below site-packages; those written in Python end in .py.
    """
    order = sorted(frameworks.builds(framework), key=release)
    wanted = ".".join(map(str, release(version)[:2]))
    measured = rows(framework)

    def distance(row: Loaded) -> int:
        own = ".".join(map(str, release(row.release)[:2]))
        known = own in order and wanted in order
        return abs(order.index(own) - order.index(wanted)) if known else len(order)

    row = min(measured, key=distance)
    names = {
        f"{folder}/{name}".lstrip("/") + ("" if ".so" in name else ".py")
        for folder, listed in row.modules.items()
        for name in listed.split()
    }
    return row.release, frozenset(names)


@cache
def around(framework: str, version: str) -> frozenset[str]:
    """The modules that the measured releases before and after a version load, taken together.

    Modules that were added or removed between the two may be loaded, so they are included.
    """
    measured = sorted(rows(framework), key=lambda row: release(row.release))
    wanted = release(version)
    before = [row.release for row in measured if release(row.release) <= wanted][-1:]
    after = [row.release for row in measured if release(row.release) >= wanted][:1]
    return frozenset().union(*(nearest(framework, one)[1] for one in (*before, *after)))
