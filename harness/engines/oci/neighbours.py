"""What somebody else did to a container of ours while it ran, as far as the engine reports it.

Docker reports everything that is listed here. Podman 4.3 reports programs that were run in it,
pauses and a second connection, but neither changed limits nor copied files. No engine reports what
is done without it, such as by a debugger or in the kernel's cgroups.
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
"""Actions that may change an answer or a time, by the engine's name for them."""
LOOKS: Mapping[str, str] = {
    "top": "its processes were listed",
    "rename": "it was renamed",
    "archive-path": "files were copied out of it",
    "export": "its files were exported",
    "commit": "an image was made of it",
    "resize": "its terminal was resized",
}
"""Actions that change no answer, by the engine's name for them."""
NEIGHBOURS = "container.neighbours"
"""Observation in a record: which of these actions happened."""
_ATTACH = "attach"
_ATTACHED = "connected to the container's input and output"
ALLOWED_ATTACHES = 1
"""The number of connections that we make ourselves."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Touched:
    """What somebody else did to a container."""

    changed: tuple[str, ...] = ()
    """What may have changed an answer, in words that follow "somebody"."""
    looked: tuple[str, ...] = ()
    """What changed no answer."""


def touched(actions: Iterable[str]) -> Touched:
    """Return which of a container's events somebody else caused."""
    counts = Counter(actions)
    changed = [words for action, words in CHANGES.items() if counts[action]]
    if counts[_ATTACH] > ALLOWED_ATTACHES:
        changed.append(_ATTACHED)
    looked = [words for action, words in LOOKS.items() if counts[action]]
    return Touched(changed=tuple(dict.fromkeys(changed)), looked=tuple(looked))
