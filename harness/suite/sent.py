"""Read the files that a suite's checks send, together with the suite itself.

The promise then contains what is sent. So a cell's content depends on the file's content, and the
file need not be found again where the request is made.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from harness.promises import Check, Promise, Served

if TYPE_CHECKING:
    from harness.errors import Problem
    from harness.suite.document import Document
    from harness.suite.lines import Where

MOST_BYTES = 64 * 1024
"""Bytes of one file at most, because a suite is kept in memory and sent to every worker. For larger
requests there is `bytes`."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SentFiles:
    """Reads the files that the checks of a suite send, each once."""

    document: Document
    root: Path
    """The suite's folder."""
    problems: list[Problem] = field(default_factory=list)
    _read: dict[str, tuple[str, str]] = field(default_factory=dict)

    def filled(self, promise: Promise | None, where: Where) -> Promise | None:
        """The promise of the row at `where` with the content of its files filled in.

        Files that cannot be read are reported in `problems`.
        """
        if promise is None or not any(c.file for one in promise.serves for c in one.checks):
            return promise
        serves = tuple(
            self._served(one, (*where, "serves", number))
            for number, one in enumerate(promise.serves)
        )
        return replace(promise, serves=serves)

    def _served(self, one: Served, where: Where) -> Served:
        checks = tuple(
            self._check(check, (*where, "checks", number))
            for number, check in enumerate(one.checks)
        )
        return replace(one, checks=checks)

    def _check(self, check: Check, where: Where) -> Check:
        if not check.file:
            return check
        if check.file not in self._read:
            self._read[check.file] = _content(self.root / check.file)
        content, why = self._read[check.file]
        if why:
            self.problems.append(
                self.document.problem(
                    f"the file `{check.file}` {why}",
                    (*where, "file"),
                    remedy="`file` names it from the suite's folder",
                )
            )
        return replace(check, content=content)


def _content(path: Path) -> tuple[str, str]:
    """(content of a file in Base64, why it cannot be sent); one of the two is empty."""
    try:
        if not path.is_file():
            return "", "is not there"
        with path.open("rb") as opened:
            data = opened.read(MOST_BYTES + 1)
    except OSError as error:
        return "", f"cannot be read: {error.strerror or type(error).__name__}"
    if len(data) > MOST_BYTES:
        return "", f"is larger than the {MOST_BYTES // 1024} KiB that a check sends of a file"
    return base64.b64encode(data).decode("ascii"), ""
