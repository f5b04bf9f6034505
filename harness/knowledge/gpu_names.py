"""Look up GPUs by name, as people, shops and drivers write it."""

from __future__ import annotations

import re

from harness.errors import UsageError
from harness.knowledge.library import Gpu, gpus
from harness.text import clean_line

_VENDOR = {"nvidia", "tesla", "geforce", "quadro", "grid", "graphics", "device", "gpu"}


def gpu_named(name: str) -> Gpu:
    """The row of a GPU: `Tesla V100-SXM2-16GB`, `rtx 3090`, `NVIDIA A100 80GB PCIe`.

    Raises UsageError if it is unknown or ambiguous.
    """
    wanted = _words(name)
    matches = [(len(_words(row.name)), row) for row in gpus().gpus if _is(row, wanted)]
    if matches:
        return max(matches, key=lambda match: match[0])[1]
    near = [row.name for row in gpus().gpus if wanted and set(wanted) <= set(_words(row.name))]
    remedy = f"it may be one of: {', '.join(near[:8])}" if near else "`harness explain` lists them"
    raise UsageError(f"unknown GPU {clean_line(name, 60)!r}", remedy=remedy)


def capability_of(name: str) -> str:
    """The compute capability of a GPU, such as 7.0. Raises UsageError as `gpu_named`."""
    return gpu_named(name).capability


def _is(row: Gpu, wanted: tuple[str, ...]) -> bool:
    """Whether the name begins with the row's words; what follows is memory size, bus, or a vendor's
    addition."""
    words = _words(row.name)
    return wanted[: len(words)] == words


def _words(name: str) -> tuple[str, ...]:
    # `RTX3090` and `RTX 3090` are the same; `K80` and `A100` are one word each.
    spaced = re.sub(r"\b(rtx|gtx|gt)(?=\d)", r"\1 ", name.lower()[:200])
    return tuple(word for word in re.findall(r"[a-z0-9]+", spaced) if word not in _VENDOR)
