"""Marks containers, volumes and networks as ours: by a random name, and a label that states it.

Labels alone prove nothing: `docker commit` and `FROM` pass them on to other people's images, and so
to their containers. A name is not inherited, and no two things of one kind have the same name.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from secrets import token_hex

from harness.engines.oci import LABEL

NAME = f"{LABEL}.name"


def new_name() -> str:
    """Return a random name that nothing else has."""
    return f"{LABEL}-{token_hex(8)}"


def stating(name: str, labels: Mapping[str, str]) -> dict[str, str]:
    """Return `labels` with the one that states the name."""
    return {**labels, NAME: name}


def is_ours(names: Iterable[str] | None, labels: Mapping[str, str] | None) -> bool:
    """Whether something with these names and labels is ours: its label states one of its names.

    An engine puts a slash before the name of a container, which is ignored.
    """
    stated = (labels or {}).get(NAME, "")
    return stated.startswith(f"{LABEL}-") and stated in {one.lstrip("/") for one in names or ()}
