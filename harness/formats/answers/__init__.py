"""What a command prints other than a report on a run: one module for each format, found by its
name.

Never here: working out the answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Reply:
    """The reply of a command, for people and for programs. Texts may quote anything: each format
    escapes them itself."""

    text: str
    """For a terminal; its line breaks are kept."""
    tree: object
    """The same for a program: mappings, lists and scalars."""
    columns: Sequence[str] = ()
    """Column headings, if the reply is a table."""
    rows: Sequence[Sequence[str]] = ()
