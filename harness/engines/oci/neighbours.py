"""What somebody else did to a container of ours while it ran, as far as the engine tells.

Docker tells of all that is listed here. Podman 4.3 tells of a program that was run in it, of pauses
and of a second connection, and is silent about changed limits and about files that were copied.
No engine tells of what is done behind its back: by a debugger, or in the kernel's cgroups.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

CHANGES: Mapping[str, str] = {
    "update": "changed the limits of the container",
    "exec_create": "ran a program in the container",
    "exec_start": "ran a program in the container",
    "exec": "ran a program in the container",
    "pause": "paused the container",
    "unpause": "paused the container",
    "extract-to-dir": "copied files into the container",
    "restart": "restarted the container",
    "checkpoint": "took a checkpoint of the container",
    "restore": "restored the container from a checkpoint",
}
"""What may change an answer or a time, by the engine's word for it."""
LOOKS: Mapping[str, str] = {
    "top": "its processes were listed",
    "rename": "it was renamed",
    "archive-path": "files were copied out of it",
    "export": "its files were exported",
    "commit": "an image was made of it",
    "resize": "its terminal was resized",
}
"""What changes no answer."""
NEIGHBOURS = "container.neighbours"
"""What of that was observed, in a record."""
_ATTACH = "attach"
_ATTACHED = "connected to the container's input and output"
ALLOWED_ATTACHES = 1
"""Ours."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Touched:
    """What somebody else did."""

    changed: tuple[str, ...] = ()
    """What may have changed an answer, in words that follow "somebody"."""
    looked: tuple[str, ...] = ()
    """What changed none."""


def touched(actions: Iterable[str]) -> Touched:
    """What of the events of a container of ours somebody else caused."""
    counts = Counter(actions)
    changed = [words for action, words in CHANGES.items() if counts[action]]
    if counts[_ATTACH] > ALLOWED_ATTACHES:
        changed.append(_ATTACHED)
    looked = [words for action, words in LOOKS.items() if counts[action]]
    return Touched(changed=tuple(dict.fromkeys(changed)), looked=tuple(looked))
