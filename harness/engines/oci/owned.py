"""What makes a container, a volume or a network ours: a random name, and a label that states it.

Labels alone prove nothing: `docker commit` and `FROM` hand them on to other people's images, and so
to their containers. A name is not inherited, and no two things of one kind have the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from secrets import token_hex

from harness.engines.oci import LABEL

NAME = f"{LABEL}.name"


def new_name() -> str:
    """A name that nothing else has."""
    return f"{LABEL}-{token_hex(8)}"


def stating(name: str, labels: Mapping[str, str]) -> dict[str, str]:
    """The labels of something of ours of that name."""
    return {**labels, NAME: name}


def is_ours(names: Iterable[str] | None, labels: Mapping[str, str] | None) -> bool:
    """Whether what has these names and labels is ours: one of the names is what the label states.

    An engine puts a slash before the name of a container.
    """
    stated = (labels or {}).get(NAME, "")
    return stated.startswith(f"{LABEL}-") and stated in {one.lstrip("/") for one in names or ()}
