"""The plan as text: what would be built, pulled and probed. No engine is asked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from harness.formats.dockerfile_plan import (
    dockerfile_digest,
    dockerfile_rows,
    dockerfile_steps,
)
from harness.formats.steps import steps
from harness.model import Artifact, Base, Cell, Lock, Probe, Recipe, Source, Suite
from harness.probing.probe import applies, why_not
from harness.recipes.of_dockerfile import DockerfileFound
from harness.recipes.recipe import (
    base_of,
    base_request_digest,
    digest,
    is_fresh,
    lock_request_digest,
    recipe_of,
    render,
)
from harness.text import clean, clean_line, in_kb, in_mb

_TEXT_SHOWN = 32_000
"""At most so many characters of a Dockerfile are shown."""


@dataclass(frozen=True, kw_only=True, slots=True)
class BuildTemplate:
    """What a cell's image is built with, as for `recipe_of`."""

    dockerfile: str
    """Text of the Dockerfile template."""
    files: tuple[tuple[str, str], ...]
    """(name, text) of the files that the build runs."""
    cached: frozenset[str] | None = None
    """SHA-256 of the locked files that the cache of this host has; None if the cache was not
    read."""
    dockerfiles: Mapping[str, DockerfileFound] = field(default_factory=dict)
    """The Dockerfile of each cell that is built from one, by cell id."""


def plan_text(
    suite: Suite,
    cells: Sequence[Cell],
    probes: Sequence[Probe],
    locks: Mapping[str, Lock],
    verbose: bool,
    *,
    template: BuildTemplate | None = None,
    usable: Mapping[Source, str] = MappingProxyType({}),
) -> str:
    """The plan for some of a suite's cells, with locks by cell id; `verbose` adds how each is made.

    Without a template neither Dockerfile nor recipe digest is shown. `usable` maps sources of bases
    to whether this host can use them.
    """
    lines = [*_summary(suite, cells, locks), ""]
    found = template.dockerfiles if template else {}
    for cell in cells:
        lines += _cell(suite, cell, probes, locks.get(cell.id), usable, found.get(cell.id))
        if verbose and cell.id in found:
            lines += _of_dockerfile(found[cell.id])
        if verbose:
            lock = locks.get(cell.id)
            lines += _making(suite, cell, lock)
            if cell.base:
                lines += _steps(base_of(suite, cell), lock, template)
            if cell.base and lock is not None and template is not None:
                wanted = recipe_of(cell, suite, lock, template.dockerfile, template.files)
                lines += _dockerfile(wanted)
        lines.append("")
    whole = len(cells) == len(suite.cells)
    if whole and suite.excluded:
        lines.append(f"left out ({len(suite.excluded)}):")
        lines += [f"  {clean_line(one.id)}: {clean_line(one.reason)}" for one in suite.excluded]
        lines.append("")
    if not verbose:
        lines.append("harness plan CELL shows how a cell is made.")
    return "\n".join(lines).rstrip("\n") + "\n"


def lock_state(cell: Cell, base: Base, lock: Lock | None) -> str:
    """present, missing, or stale (resolved for a request other than the present one)."""
    if lock is None:
        return "missing"
    return "present" if is_fresh(lock, cell, base) else "stale"


def base_words(source: Source) -> str:
    """A source of a base in a few words."""
    if source.kind == "pull":
        return f"pull {source.image}"
    if source.kind == "debian":
        archive = " from Debian's archive" if source.archive else ""
        return f"Debian {source.suite}{archive} with its own Python"
    return f"CPython {source.python} of this host on Debian {source.suite}"


def _summary(suite: Suite, cells: Sequence[Cell], locks: Mapping[str, Lock]) -> Iterator[str]:
    built = [cell for cell in cells if cell.base]
    dockerfiles = sum(cell.build is not None for cell in cells)
    images = sum(bool(cell.image) for cell in cells)
    hosts = sum(bool(cell.host) for cell in cells)
    kinds = [
        f"{count} {kind}"
        for count, kind in (
            (len(built), "to build"),
            (dockerfiles, "of a Dockerfile" if dockerfiles == 1 else "of Dockerfiles"),
            (images, "image" if images == 1 else "images"),
            (hosts, "of this host"),
        )
        if count
    ]
    whole = len(cells) == len(suite.cells)
    noun = "cell" if len(suite.cells) == 1 else "cells"
    counted = f"{len(cells)} {noun}" if whole else f"{len(cells)} of {len(suite.cells)} {noun}"
    left_out = f", {len(suite.excluded)} left out" if whole and suite.excluded else ""
    listed = f" ({', '.join(kinds)})" if kinds else ""
    yield f"Suite {clean_line(suite.name)}: {counted}{listed}{left_out}"
    if images:
        yield "A plan asks no engine: whether images exist was not checked."
    if suite.rules.reference:
        yield f"Compared with: {clean_line(suite.rules.reference)}"
    if suite.default:
        yield f"Without a selection, `harness run` takes the tags: {', '.join(suite.default)}"
    for more in suite.asked_more:
        settings = (
            f"{probe} with {', '.join(f'{name}={value}' for name, value in each)}"
            for probe, each in more.settings
        )
        asked = ", ".join((*more.probes, *settings))
        yield f"Selected by the tag {clean_line(more.tag)}, it asks too: {clean_line(asked)}"
    unlocked = [
        cell.id
        for cell in built
        if lock_state(cell, base_of(suite, cell), locks.get(cell.id)) != "present"
    ]
    if unlocked:
        yield f"Not ready to build: {len(unlocked)} without a fresh lock (harness lock)"
    wanted = {a.sha256: a.size for cell in built if cell.id in locks for a in _all(locks[cell.id])}
    if wanted:
        yield f"Distributions: {len(wanted)} different files, {_size(sum(wanted.values()))}"


_NO_PROMISE = "the cell makes no promise that they check"
_GPU = {"all": "needs a GPU", "if-there": "uses a GPU where there is one"}


def _cell(
    suite: Suite,
    cell: Cell,
    probes: Sequence[Probe],
    lock: Lock | None,
    usable: Mapping[Source, str],
    dockerfile: DockerfileFound | None,
) -> Iterator[str]:
    tags = f"  [{', '.join(cell.tags)}]" if cell.tags else ""
    yield clean_line(cell.id) + tags
    claims = [f"{name} {version}" for name, version in cell.framework]
    claims += [f"Python {cell.python}"] if cell.python else []
    claims += [f"CUDA {cell.cuda}"] if cell.cuda else []
    claims += [_GPU[cell.gpu]] if cell.gpu else []
    yield _row("claims", ", ".join(claims) or "nothing")
    yield _row("should reach", f"{cell.level} ({cell.level.meaning})")
    if cell.base:
        base = base_of(suite, cell)
        for number, source in enumerate(base.sources):
            told = f" ({usable[source]})" if source in usable else ""
            words = f"{number + 1}. {base_words(source)}{told}"
            yield _row("built on" if number == 0 else "", words)
        yield _row("installs", _installs(cell, base, lock))
    elif cell.image:
        yield _row("image", f"{cell.image}, as it is; pulled where the engine lacks it")
    elif cell.build is not None:
        if dockerfile is None:
            yield _row("built of", cell.build.dockerfile)
        else:
            yield from (_row(name, value) for name, value in dockerfile_rows(dockerfile))
    else:
        yield _row("host", f"Python {cell.host} of this machine, as it is")
    run = [probe.name for probe in probes if applies(probe, cell)]
    yield _row("probes", ", ".join(run) or "none")
    not_run = defaultdict(list)
    for probe in probes:
        if not applies(probe, cell):
            why = _NO_PROMISE if probe.promises else why_not(probe, cell)
            not_run[why].append(probe.name)
    for number, (why, names) in enumerate(not_run.items()):
        yield _row("not applicable" if number == 0 else "", f"{', '.join(names)} ({why})")
    known = {name for probe in probes for name in probe.frameworks}
    if unknown := [name for name, _ in cell.framework if name not in known]:
        yield _row("not measured", f"{', '.join(unknown)}: no probe knows this framework")
    if cell.profile.relaxations:
        yield _row("relaxed", ", ".join(cell.profile.relaxations))


def _installs(cell: Cell, base: Base, lock: Lock | None) -> str:
    state = lock_state(cell, base, lock)
    asked = ", ".join(cell.install) or "nothing"
    remedy = f"run: harness lock --cell {cell.id}"
    if lock is None:
        return f"{asked}; not locked yet, {remedy}"
    size = _size(sum(artifact.size for artifact in lock.distributions))
    count = f"{len(lock.distributions)} distributions, {size}"
    if state == "stale":
        return f"{asked}; the lock ({count}) is stale, what is asked for has changed, {remedy}"
    return f"{asked}; locked: {count}"


def _making(suite: Suite, cell: Cell, lock: Lock | None) -> Iterator[str]:
    if cell.place is not None:
        yield _row("written at", str(cell.place))
    if cell.settings:
        for probe, settings in cell.settings:
            shown = ", ".join(f"{name}={value}" for name, value in settings)
            yield _row(f"set for {probe}", shown)
    if not cell.base:
        return
    base = base_of(suite, cell)
    if cell.constraints:
        yield _row("constraints", ", ".join(cell.constraints))
    if cell.as_of:
        yield _row("as of", f"{cell.as_of}: nothing uploaded later")
    for name, value in cell.environment:
        yield _row("environment", f"{name}={value}")
    for number, source in enumerate(base.sources):
        if source.kind == "pull":
            continue
        packages = ", ".join(source.packages) or "none"
        yield _row("Debian packages" if number == 0 else "", f"{number + 1}. {packages}")
    yield _row("base digest", base_request_digest(base))
    yield _row("lock request", lock_request_digest(cell, base))
    if lock is None:
        return
    yield _row("resolved by", f"Python {lock.python}")
    yield "  distributions"
    yield from _artifacts(lock.distributions)
    yield "  tools, not left in the image"
    yield from _artifacts(lock.tools)


def _steps(base: Base, lock: Lock | None, template: BuildTemplate | None) -> Iterator[str]:
    yield "  what a run does"
    told = steps(base, lock, template.cached if template else None)
    yield from (f"    {number}. {clean_line(one, 2000)}" for number, one in enumerate(told, 1))


def _of_dockerfile(found: DockerfileFound) -> Iterator[str]:
    yield _row(*dockerfile_digest(found.recipe))
    yield "  what a run does"
    told = dockerfile_steps(found)
    yield from (f"    {number}. {clean_line(one, 2000)}" for number, one in enumerate(told, 1))
    yield "  Dockerfile"
    lines = clean(found.dockerfile.text, _TEXT_SHOWN).splitlines()
    yield from (f"    {number:>4}  {line}".rstrip() for number, line in enumerate(lines, 1))


def _dockerfile(recipe: Recipe) -> Iterator[str]:
    yield _row("recipe digest", digest(recipe))
    yield "  Dockerfile"
    yield from (f"    {line}".rstrip() for line in clean(render(recipe)).splitlines())


def _artifacts(artifacts: Sequence[Artifact]) -> Iterator[str]:
    for one in artifacts:
        built = "" if one.is_wheel else ", built from source"
        name = clean_line(f"{one.name} {one.version}")
        yield f"    {name:<40} {_size(one.size):>9}  sha256:{one.sha256[:16]}{built}"


def _all(lock: Lock) -> tuple[Artifact, ...]:
    return (*lock.tools, *lock.distributions)


def _row(name: str, value: str) -> str:
    return f"  {name:<16} {clean_line(value, 2000)}"


def _size(size: int) -> str:
    """A size in decimal units, as usual for downloads."""
    return in_mb(size, 1) if size >= 10**6 else in_kb(size)
