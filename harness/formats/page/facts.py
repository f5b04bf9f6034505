"""Facts about one cell beside its judgement: how it was made, its devices, its path to a GPU."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from shlex import quote

from harness.compare.account import ShownFact
from harness.compare.judgement import CellJudgement
from harness.compare.shown import shown
from harness.model import Cell, ImageIdentity
from harness.text import in_gb

Rows = tuple[tuple[str, str], ...]
"""(name, value)."""
_FEW = 40
_GPU = "gpu."
_STEPS = (
    ("what the kernel shows", r"kernel_module|cards|device_files|driver_file|visible_devices"),
    ("NVML answers", r"nvml\..*"),
    ("the driver answers", r"init|driver_version|cuda_version|count"),
    ("a kernel given to the driver runs", r"\d+\..*"),
    ("the framework computes", r"built_with_cuda|missing_libraries|framework.*"),
)
"""The steps from the kernel up to the framework, each with its facts (docs/probes.md, gpu)."""
_OUTCOME = ("outcome", "why")


@dataclass(frozen=True, kw_only=True, slots=True)
class GpuStep:
    """One step on the path to a GPU."""

    told: str
    rows: Rows
    """Empty if no fact about it was recorded."""


def made_of(judged: CellJudgement) -> Rows:
    """How the cell's environment was made."""
    return tuple((name, value) for name, value in _made(judged) if value)


def _made(judged: CellJudgement) -> Iterator[tuple[str, str]]:
    cell, account = judged.cell, judged.account
    yield "what it is", _origin(cell)
    yield "asked to install", _listed(cell.install)
    yield "constraints", _listed(cell.constraints)
    yield "distributions uploaded until", cell.as_of
    yield "interpreter", cell.interpreter
    yield "environment", _listed(tuple(f"{name}={value}" for name, value in cell.environment))
    if len(account.images) > 1:
        yield "images", f"{len(account.images)}: its rounds did not all run the same one"
    for one in account.images[:_FEW]:
        yield from _image(one)
    yield "engine", account.engine
    yield "limits", _listed(cell.profile.relaxations) or "strict"
    yield "again", f"harness run --cell {quote(judged.row)}"


def _origin(cell: Cell) -> str:
    if cell.image:
        return f"the image {cell.image}, as it is"
    if cell.host:
        return f"the interpreter {cell.host} of this host, as it is"
    if cell.build is not None:
        told = f"an image built of {cell.build.dockerfile}"
        if cell.is_hermetic:
            return told
        what = "which" if cell.build.network else "from an image that"
        return f"{told}, {what} could fetch what it liked: not hermetic"
    return f"an image built on the base {cell.base}" if cell.base else ""


def _image(one: ImageIdentity) -> Iterator[tuple[str, str]]:
    size = f", {in_gb(one.size_bytes)}" if one.size_bytes > 0 else ""
    yield "image", f"{one.id} ({one.origin or 'its origin is not known'}{size})"
    yield "manifest", one.manifest
    yield "recipe", one.recipe
    yield "base image", one.base
    yield "base made from", one.base_source or ""


def _listed(items: Sequence[str]) -> str:
    more = f" and {len(items) - _FEW} more" if len(items) > _FEW else ""
    return ", ".join(items[:_FEW]) + more


def seen_by(judged: CellJudgement) -> Rows:
    """System, framework and devices, as the cell reported them."""
    found = (one for one in judged.account.facts if not one.fact.startswith(_GPU))
    return tuple((one.fact, _value(one)) for one in found)[: _FEW * 2]


def gpu_answer(judged: CellJudgement) -> str:
    """The result for the GPU; empty if the probe was not asked."""
    told = {one.fact: _value(one) for one in judged.account.facts}
    parts = [told.get(f"{_GPU}{name}", "") for name in _OUTCOME]
    return ": ".join(part for part in parts if part)


def gpu_steps(judged: CellJudgement) -> tuple[GpuStep, ...]:
    """Each step on the path to a GPU with its facts; empty if the probe was not asked."""
    facts = [one for one in judged.account.facts if one.fact.startswith(_GPU)]
    if not facts:
        return ()
    return tuple(
        GpuStep(
            told=told,
            rows=tuple(
                (one.fact, _value(one))
                for one in facts
                if re.fullmatch(pattern, one.fact.removeprefix(_GPU))
            )[:_FEW],
        )
        for told, pattern in _STEPS
    )


def _value(one: ShownFact) -> str:
    return shown(one.value, one.nature)
