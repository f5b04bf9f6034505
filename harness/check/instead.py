"""Find a replacement for an old image: the nearest cell of the suite that works on this host.

Preferred is a locked cell of the suite with the same release; next a new cell with the same
release, from a set of distributions that the knowledge base has seen to work; last the nearest
release that is locked in the suite. Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from harness.check.host import TargetHost
from harness.check.subject import Subject
from harness.errors import UsageError
from harness.knowledge import frameworks
from harness.knowledge.frameworks import Pinned
from harness.knowledge.versions import minor, release
from harness.model import Base, Cell, Suite

_IMPORTED_TOO = ("setuptools",)
"""Build tools that some releases also import at run time, and that are therefore installed."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Instead:
    """The cell to use instead of an image, and why this one."""

    cell: Cell
    why: str
    locked: bool
    """Whether the cell has a lock; if not, its distributions have yet to be resolved."""


def instead_of(
    subject: Subject, host: TargetHost, suite: Suite, locked: Callable[[Cell], bool]
) -> Instead:
    """The cell to use instead of the subject. `locked` tells whether a cell has a lock.

    Raises UsageError where the image's framework is not known, or where the suite has no cell of
    that framework which works on this host.
    """
    framework, version = subject.framework, subject.version
    if not version:
        raise UsageError(
            "no cell can replace the image: it is not known which framework it holds",
            remedy="add --static, which reads its files",
        )
    ready = [one for one in _fit(suite, framework, host) if locked(one)]
    wanted = subject.said("python")
    gpu = subject.for_gpu_of(host) and bool(host.gpus)
    for cell in sorted(ready, key=lambda one: _distance(one, framework, version, wanted, gpu)):
        if _version(cell, framework) == version:
            why = f"the same release ({framework} {version}), locked in the suite {suite.name}"
            return Instead(cell=cell, why=why, locked=True)
        row = next(_rows(framework, version, wanted, suite, host), None)
        if row is not None:
            why = f"the same release ({framework} {version}), of distributions seen to work"
            return Instead(cell=row, why=why, locked=False)
        found = f"{framework} {_version(cell, framework)}"
        why = (
            f"the nearest release that is locked in the suite {suite.name}: {found}, not {version}"
        )
        return Instead(cell=cell, why=why, locked=True)
    raise UsageError(
        f"the suite {suite.name} has no cell of {framework} that works on this host",
        remedy="add one to a matrix.yaml, then `harness lock`",
    )


def _version(cell: Cell, framework: str) -> str:
    return dict(cell.framework).get(framework, "")


def _fit(suite: Suite, framework: str, host: TargetHost) -> Iterator[Cell]:
    """Built cells of the framework that this host can run.

    Cells that were made to demonstrate a failure are left out: those expected to fail, and those
    where only one of CUDA and a GPU is asked for.
    """
    for cell in suite.cells:
        version = _version(cell, framework)
        to_show = bool(cell.cuda) != bool(cell.gpu) or cell.expect is not None
        if not cell.base or not version or to_show:
            continue
        if (not cell.gpu or host.gpus) and _runs(framework, version, host):
            yield cell


def _runs(framework: str, version: str, host: TargetHost) -> bool:
    """Whether the host's CPU has what the release needs."""
    build = frameworks.build(framework, version)
    needed = build.needs(version) if build else "baseline"
    return needed == "baseline" or needed in host.flags


def _distance(
    cell: Cell, framework: str, version: str, python: str, gpu: bool
) -> tuple[bool, int, tuple[int, ...], bool, bool]:
    """A sort key: how far a cell is from what is wanted; the smallest is the nearest."""
    own = _version(cell, framework)
    order = sorted(frameworks.builds(framework), key=release)
    places = [order.index(one) if one in order else -1 for one in (minor(own), minor(version))]
    patch = tuple(abs(a - b) for a, b in zip(release(own), release(version), strict=False))
    return (
        own != version,
        abs(places[0] - places[1]),
        patch,
        bool(cell.gpu) != gpu,
        bool(python) and minor(cell.python) != minor(python),
    )


def _rows(
    framework: str, version: str, python: str, suite: Suite, host: TargetHost
) -> Iterator[Cell]:
    """New cells of exactly that release, those with the same Python first."""
    bases = {base.python: base for base in suite.bases}
    found = [
        one
        for one in frameworks.pins(framework)
        if one.version == version
        and one.works
        and one.package not in frameworks.gpu_packages(framework)
        and minor(one.python) in bases
        and _runs(framework, version, host)
    ]
    as_of = next((cell.as_of for cell in suite.cells if cell.as_of), "")
    for one in sorted(found, key=lambda row: minor(row.python) != minor(python)):
        yield _row(framework, one, bases[minor(one.python)], as_of)


def _row(framework: str, pinned: Pinned, base: Base, as_of: str) -> Cell:
    others = {name: version for name, version in pinned.pins.items() if name != pinned.package}
    return Cell(
        id=f"{framework}-{pinned.version}-py{base.python}",
        framework=((framework, pinned.version),),
        python=base.python,
        base=base.id,
        install=(
            f"{pinned.package}=={pinned.version}",
            *_requirements(others, _IMPORTED_TOO),
        ),
        constraints=tuple(f"{name}=={version}" for name, version in sorted(others.items())),
        as_of=as_of,
    )


def _requirements(pins: dict[str, str], names: Iterable[str]) -> tuple[str, ...]:
    return tuple(name for name in names if name in pins)
