"""Lists, opens and closes GitHub issues with GitHub's command line `gh`, which knows the repository
and the user.

Everything is passed as an argument or on standard input, never through a shell.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from typing import Any

from harness.errors import InfrastructureError
from harness.text import clean_line

LABEL = "harness-night"
"""The label of our issues; others are never looked at."""
_MOST = 1000
_LIMIT_S = 60


def open_issues() -> list[tuple[int, str]]:
    """Return (number, text) of every open issue with our label. Raises InfrastructureError."""
    said = _gh(
        *("issue", "list", "--label", LABEL, "--state", "open"),
        *("--limit", str(_MOST), "--json", "number,body"),
    )
    try:
        told: list[dict[str, Any]] = json.loads(said or "[]")
        return [(int(one["number"]), str(one["body"])) for one in told]
    except (ValueError, TypeError, KeyError) as error:
        raise InfrastructureError(
            f"what `gh issue list` says cannot be read: {error}", remedy="update gh"
        ) from None


def ensure_label() -> None:
    """Create our label in the repository, if it is not there yet."""
    _gh(
        *("label", "create", LABEL, "--force", "--color", "B60205"),
        *("--description", "An event of the nightly run; opened and closed by it"),
    )


def open_issue(title: str, body: str) -> str:
    """Open an issue; return its address."""
    command = ("issue", "create", "--title", title, "--label", LABEL, "--body-file", "-")
    return _gh(*command, given=body).strip()


def close_issue(number: int, comment: str) -> None:
    """Close an issue with a comment."""
    _gh("issue", "close", str(number), "--comment", comment)


def _gh(*arguments: str, given: str = "") -> str:
    command: Sequence[str] = ("gh", *arguments)
    what = f"`gh {' '.join(arguments[:2])}`"
    try:
        ended = subprocess.run(
            command,
            input=given.encode("utf-8", "backslashreplace"),
            capture_output=True,
            timeout=_LIMIT_S,
            check=False,
        )
    except FileNotFoundError:
        raise InfrastructureError(
            "there is no `gh` on the PATH", remedy="install GitHub's command line, or leave issues"
        ) from None
    except subprocess.TimeoutExpired:
        raise InfrastructureError(f"{what} did not end within {_LIMIT_S} s") from None
    if ended.returncode:
        said = ended.stderr.decode("utf-8", "replace").strip().splitlines()
        why = clean_line(said[-1] if said else f"status {ended.returncode}")
        raise InfrastructureError(
            f"{what} failed: {why}",
            remedy="it needs GH_TOKEN with the permission `issues: write`, and the repository in "
            "GH_REPO or around the working folder",
        )
    return ended.stdout.decode("utf-8", "replace")
