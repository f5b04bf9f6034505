"""The surroundings of a command: where files lie, which suite is meant, and what time it is.

Nothing of an engine is needed for that, and none is imported, so that a report starts at once.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from harness import standard
from harness.machine.places import Places, places_here
from harness.suite.matrix import FILE_NAME, suite_name

STANDARD = "standard"
"""The word for the packaged suite in `--suite`."""
NO_SUITE_REMEDY = (
    "`harness init` writes a first one; --suite DIR takes that of another folder, "
    f"--suite {STANDARD} the one that comes with harness"
)


def places() -> Places:
    """The paths of store, cache, data and reports."""
    return places_here()


def named_suite(text: str) -> Path:
    """The path that `--suite` names: a matrix.yaml, its folder, or, for the word `standard`, the
    packaged suite (a folder of that name is written `./standard`)."""
    return standard.default_suite() if text == STANDARD else Path(text)


def suite_word(path: Path | None) -> str:
    """The value of `--suite` that names this suite again; empty for none."""
    if path is None:
        return ""
    return STANDARD if path == standard.default_suite() else str(path)


def suite_name_here(named: Path | None) -> str | None:
    """The name of the suite that the user names, else of the matrix.yaml in this folder.

    None if there is neither. Raises UsageError and MatrixError.
    """
    here = Path(FILE_NAME)
    if named is None and not here.is_file():
        return None
    return suite_name(named or here)


def utc_now() -> str:
    """The current time, ISO 8601 in UTC, to the second."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
