"""The inputs of a cell on a night, whose change may be the cause of a finding."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from functools import lru_cache

from harness.compare.facts import Merged
from harness.compare.images import distinct
from harness.compare.kept import KeptByIdentity
from harness.compare.shown import shown
from harness.compare.view import View
from harness.model import Cell, HostClass, ImageIdentity

PACKAGE = "package."
"""Prefix of facts about packages. The names of these inputs begin with the same word and a
blank."""
KINDS = ("package", "base", "image", "driver", "host class", "probe", "data", "harness")
"""The kinds of inputs; where two explain a finding equally well, the earlier kind is preferred."""
ABSENT = "absent"
"""The value of an input that a cell does not have."""
_SHORT = 19
"""How many characters of a digest are kept: its algorithm and twelve digits."""


@lru_cache(maxsize=50_000)
def kind_of_input(name: str) -> str:
    """The kind of an input: the word or words that its name begins with."""
    return next(one for one in KINDS if name == one or name.startswith(f"{one} "))


def rank(name: str) -> int:
    """Return the rank of an input's kind: the lower, the more it is preferred."""
    return KINDS.index(kind_of_input(name))


def _packages_in(facts: Mapping[str, Merged]) -> Mapping[str, str]:
    return {
        f"package {fact.removeprefix(PACKAGE)}": shown(facts[fact].value)
        for fact in facts
        if fact.startswith(PACKAGE)
    }


_packages = KeptByIdentity(_packages_in)


def inputs_of(view: View) -> Mapping[str, str]:
    """Return every input of a cell that its records mention, by name. Equal values mean equal
    inputs."""
    return _inputs(view)


def _inputs_of(view: View) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for part in (view.facts,) if view.parts is None else view.parts.values():
        found.update(_packages(part))
    records = tuple(view.answers.values())
    images = distinct(view.cell, (one.image for one in records))
    if images:
        found[_image_name(view.cell)] = _joined(_content(view.cell, one) for one in images)
        bases = _joined(one.base[:_SHORT] for one in images if one.base)
        if bases:
            found[f"base {view.cell.base}".strip()] = bases
    host = view.run.host
    found["driver"] = host.driver or "none"
    found["host class"] = _host_class(host)
    for name, digests in (
        *((f"probe {one.probe}", one.probe_digest) for one in records),
        *((f"data {one.probe}", one.dataset_digest) for one in records),
    ):
        if digests:
            found[name] = digests.removeprefix("sha256:")[:12]
    if view.run.version:
        found["harness"] = view.run.version
    return {name: found[name] for name in sorted(found)}


_inputs = KeptByIdentity(_inputs_of, most=32_768)


def changed(before: Mapping[str, str], after: Mapping[str, str]) -> Mapping[str, tuple[str, str]]:
    """Return the inputs that differ, with both values; `absent` where one side has none.

    A kind that only one side has is left out: its probe did not answer on the other side, which is
    no change.
    """
    if before == after:
        return {}
    known = {kind_of_input(name) for name in before} & {kind_of_input(name) for name in after}
    apart = {name for name, _ in before.items() ^ after.items()}
    return {
        name: (before.get(name, ABSENT), after.get(name, ABSENT))
        for name in sorted(apart)
        if kind_of_input(name) in known
    }


def _image_name(cell: Cell) -> str:
    """Return the name of the image input; for an existing image it includes the name it is asked
    for by, since a moved tag concerns that name."""
    return f"image {cell.image}" if cell.image else "image"


def _content(cell: Cell, image: ImageIdentity) -> str:
    """Return what distinguishes two images of a cell, by the same rule as `distinct`."""
    if cell.is_built and image.layers:
        return f"layers {hashlib.sha256(' '.join(image.layers).encode()).hexdigest()[:12]}"
    return image.id[:_SHORT]


def _host_class(host: HostClass) -> str:
    """Write a host class on one line, with its processor flags as a digest."""
    flags = hashlib.sha256(" ".join(sorted(host.cpu_flags)).encode()).hexdigest()[:8]
    size = f"{host.cores} cores, {host.memory_gib} GiB"
    gpus = ", ".join(host.gpus) or "no GPU"
    return f"{host.cpu_model or host.machine} (flags {flags}), {size}, {gpus}"


def _joined(texts: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(texts))
