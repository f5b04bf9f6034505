"""What a command answers that is no report on a run: one module for each format, found by its name.

Never here: finding out what the answer is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Reply:
    """What a command has to say, for people and for programs. Texts may quote anybody: each format
    escapes them for itself."""

    text: str
    """For a terminal; its line breaks are its own."""
    tree: object
    """The same for a program: mappings, lists and scalars."""
    columns: Sequence[str] = ()
    """Headings, where it is a table."""
    rows: Sequence[Sequence[str]] = ()
