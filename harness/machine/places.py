"""The paths of the store, the cache, the data sets and the reports, and how to move them.

They are computed from the environment and the home folder. Nothing is created here.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from harness.errors import UsageError

STORE_VARIABLE = "HARNESS_STORE"
CACHE_VARIABLE = "HARNESS_CACHE"
DATA_VARIABLE = "HARNESS_DATA"
REPORTS_VARIABLE = "HARNESS_REPORTS"
DOWNLOAD_VARIABLE = "HARNESS_DOWNLOAD"


def may_download(env: Mapping[str, str]) -> bool:
    """Whether data sets may be downloaded: not if HARNESS_DOWNLOAD is `0`."""
    return env.get(DOWNLOAD_VARIABLE, "1") != "0"


def places_here() -> Places:
    """Return the paths for this process. UsageError if HOME is not an absolute path and one of the
    paths would be in it."""
    named = os.environ.get("HOME")
    if named is not None and not named.startswith("/"):
        needed = Places.from_environment(os.environ, _NOWHERE)
        if any(_NOWHERE in one.parents for one in (needed.store, needed.cache)):
            raise UsageError(
                f"HOME is {named!r}: the places of the store and the cache are unknown",
                remedy=f"set HOME, or both {STORE_VARIABLE} and {CACHE_VARIABLE}",
            )
        return needed
    return Places.from_environment(os.environ, Path.home())


_NOWHERE = Path("/nonexistent")


@dataclass(frozen=True, kw_only=True, slots=True)
class Places:
    """The paths that the harness uses. A relative path is relative to the working folder."""

    store: Path
    """The SQLite file with all runs."""
    cache: Path
    """The folder of distributions, data sets and bases: all that can be fetched or made again."""
    data: Path | None
    """A folder with data sets that the user named; if None, they come from the cache, a download
    or the shipped subset."""
    reports: Path
    """The folder to which runs write their reports."""

    @classmethod
    def from_environment(cls, env: Mapping[str, str], home: Path) -> Places:
        """Return the paths that `env` names, else those of the XDG base directories under `home`.

        An empty variable counts as unset, and so does a relative XDG variable, as the XDG
        specification requires. `~` in our own variables means `home`.
        """
        state = _xdg(env, "XDG_STATE_HOME", home / ".local" / "state")
        cache = _xdg(env, "XDG_CACHE_HOME", home / ".cache")
        return cls(
            store=_named(env, STORE_VARIABLE, home) or state / "harness" / "store.sqlite3",
            cache=_named(env, CACHE_VARIABLE, home) or cache / "harness",
            data=_named(env, DATA_VARIABLE, home),
            reports=_named(env, REPORTS_VARIABLE, home) or Path("reports"),
        )

    @property
    def tags(self) -> Path:
        """The folder that remembers what tags stood for earlier. It lies beside the store, not in
        the cache, because it cannot be made again."""
        return self.store.with_name(f"{self.store.name}.tags")

    def rows(self) -> tuple[tuple[str, str, str], ...]:
        """Return (name, path, the variable that moves it) of each, for help texts."""
        data = str(self.data) if self.data else f"{self.cache}, then the subset that is shipped"
        return (
            ("store", str(self.store), STORE_VARIABLE),
            ("cache", str(self.cache), CACHE_VARIABLE),
            ("data", data, DATA_VARIABLE),
            ("reports", str(self.reports), REPORTS_VARIABLE),
        )


def _named(env: Mapping[str, str], variable: str, home: Path) -> Path | None:
    text = env.get(variable, "")
    if not text:
        return None
    if text == "~" or text.startswith("~/"):
        return home / text[2:]
    return Path(text)


def _xdg(env: Mapping[str, str], variable: str, default: Path) -> Path:
    path = Path(env.get(variable, ""))
    return path if path.is_absolute() else default
