"""Where and when a command is called: where things lie, which suite is meant, what time it is.

Nothing of an engine is needed for that, so nothing of one is imported: a report begins at once.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from harness import standard
from harness.machine.places import Places, places_here
from harness.suite.matrix import FILE_NAME, suite_name

STANDARD = "standard"
"""What `--suite` calls the packaged suite."""
NO_SUITE_REMEDY = (
    "`harness init` writes one to start from; --suite DIR takes another folder's, "
    f"--suite {STANDARD} the one that harness brings along"
)


def places() -> Places:
    """Where store, cache, data and reports lie."""
    return places_here()


def named_suite(text: str) -> Path:
    """What `--suite` names: a matrix.yaml, its folder, or by the word `standard` the packaged
    suite (a folder of that name is `./standard`)."""
    return standard.default_suite() if text == STANDARD else Path(text)


def suite_word(path: Path | None) -> str:
    """What to write behind `--suite` for this suite again; empty for none."""
    if path is None:
        return ""
    return STANDARD if path == standard.default_suite() else str(path)


def suite_name_here(named: Path | None) -> str | None:
    """The name of the suite the user names, else of the matrix.yaml here; None: there is none.

    Raises UsageError, MatrixError.
    """
    here = Path(FILE_NAME)
    if named is None and not here.is_file():
        return None
    return suite_name(named or here)


def utc_now() -> str:
    """The moment, ISO 8601 in UTC, to the second."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
