"""The days on which frameworks' releases were published, to tell the age of an image's content."""

from __future__ import annotations

import re
from functools import cache

from harness.knowledge.library import SourcedRow, load
from harness.knowledge.versions import release


class ReleaseDays(SourcedRow):
    """The days on which a framework's releases were published."""

    schema_: str
    days: dict[str, str]
    """Version -> ISO date of its first file on the package index."""


@cache
def release_days(framework: str) -> ReleaseDays:
    """The days on which the framework's releases were published."""
    return load(f"{framework}_released.json", ReleaseDays)


def released(framework: str, version: str) -> str:
    """The day of a release as an ISO date; empty if not known.

    For a nightly, it is the day in its version; for a pre-release that is not in the table, the day
    of the release that followed it.
    """
    if found := re.search(r"\.?dev(20\d\d)(\d\d)(\d\d)", version):
        return "-".join(found.groups())
    days = release_days(framework).days
    wanted = _spelt(version)
    known = next((day for one, day in days.items() if _spelt(one) == wanted), "")
    return known or days.get(".".join(map(str, release(version))), "")


def _spelt(version: str) -> str:
    """A version in one spelling: 1.12.0-rc0 and 1.12.0rc0 are the same."""
    return re.sub(r"[-_.]?(rc|alpha|beta|a|b)[-_.]?(?=\d)", r"\1", version.lower())
