"""When the releases of frameworks came: how old is what an image holds?"""

from __future__ import annotations

import re
from functools import cache

from harness.knowledge.library import SourcedRow, load
from harness.knowledge.versions import release


class ReleaseDays(SourcedRow):
    """When its releases came."""

    schema_: str
    days: dict[str, str]
    """Version -> ISO date of the first file of it on the package index."""


@cache
def release_days(framework: str) -> ReleaseDays:
    """When its releases came."""
    return load(f"{framework}_released.json", ReleaseDays)


def released(framework: str, version: str) -> str:
    """The day of a release (ISO); of a pre-release that the table does not have, the day of the
    release it came before; of a nightly, the day in its version. Empty where nobody knows."""
    if found := re.search(r"\.?dev(20\d\d)(\d\d)(\d\d)", version):
        return "-".join(found.groups())
    days = release_days(framework).days
    wanted = _spelt(version)
    known = next((day for one, day in days.items() if _spelt(one) == wanted), "")
    return known or days.get(".".join(map(str, release(version))), "")


def _spelt(version: str) -> str:
    """1.12.0-rc0 and 1.12.0rc0 are one version."""
    return re.sub(r"[-_.]?(rc|alpha|beta|a|b)[-_.]?(?=\d)", r"\1", version.lower())
