"""The plan as values for a program, with the same content as `plan_text`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from harness.formats.dockerfile_plan import dockerfile_tree
from harness.formats.plan import base_words, lock_state
from harness.model import Cell, Lock, Probe, Source, Suite
from harness.probing.probe import applies
from harness.recipes.of_dockerfile import DockerfileFound
from harness.recipes.recipe import base_of


def plan_document(
    suite: Suite,
    cells: Sequence[Cell],
    probes: Sequence[Probe],
    locks: Mapping[str, Lock],
    usable: Mapping[Source, str],
    dockerfiles: Mapping[str, DockerfileFound] = MappingProxyType({}),
) -> dict[str, object]:
    """The plan for some of a suite's cells, with locks and Dockerfiles by cell id; `usable` maps
    sources of bases to whether this host can use them. Sizes are in bytes."""
    whole = len(cells) == len(suite.cells)
    left_out = suite.excluded if whole else ()
    return {
        "suite": suite.name,
        "suite_digest": suite.digest,
        "reference": suite.rules.reference,
        "default_tags": list(suite.default),
        "cells": [
            {**_told(cell, probes), **_of_dockerfile(cell, dockerfiles.get(cell.id))}
            if cell.build is not None
            else _cell(suite, cell, probes, locks.get(cell.id), usable)
            for cell in cells
        ],
        "left_out": [{"id": one.id, "reason": one.reason} for one in left_out],
    }


def _cell(
    suite: Suite,
    cell: Cell,
    probes: Sequence[Probe],
    lock: Lock | None,
    usable: Mapping[Source, str],
) -> dict[str, object]:
    told = _told(cell, probes)
    if cell.image:
        return {**told, "kind": "image", "image": cell.image}
    if cell.host:
        return {**told, "kind": "host", "host": cell.host}
    base = base_of(suite, cell)
    sources = [{"source": base_words(one), "here": usable.get(one, "")} for one in base.sources]
    distributions = lock.distributions if lock else ()
    return {
        **told,
        "kind": "built",
        "base": {"id": base.id, "sources": sources},
        "install": list(cell.install),
        "lock": lock_state(cell, base, lock),
        "distributions": [
            {"name": one.name, "version": one.version, "size": one.size, "sha256": one.sha256}
            for one in distributions
        ],
    }


def _told(cell: Cell, probes: Sequence[Probe]) -> dict[str, object]:
    return {
        "id": cell.id,
        "framework": dict(cell.framework),
        "python": cell.python,
        "cuda": cell.cuda,
        "gpu": cell.gpu,
        "level": str(cell.level),
        "tags": list(cell.tags),
        "written_at": str(cell.place or ""),
        "relaxed": list(cell.profile.relaxations),
        "probes": [probe.name for probe in probes if applies(probe, cell)],
        "not_applicable": [probe.name for probe in probes if not applies(probe, cell)],
    }


def _of_dockerfile(cell: Cell, found: DockerfileFound | None) -> dict[str, object]:
    assert cell.build is not None
    if found is None:
        return {"kind": "dockerfile", "dockerfile": cell.build.dockerfile}
    return {"kind": "dockerfile", **dockerfile_tree(found)}
