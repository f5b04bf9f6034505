"""A page that was opened, and what a browser is opened with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from playwright.sync_api import Page

WIDE, NARROW = (1400, 900), (390, 844)
"""Width and height of a screen, and of a phone."""


@dataclass
class Opened:
    """A page in the browser, and what happened since it was opened."""

    page: Page
    asked: list[str] = field(default_factory=list)
    """Addresses that it asked for, its own file left out."""
    said: list[str] = field(default_factory=list)
    """Errors, dialogs, and what was written on its console."""


Open = Callable[..., Opened]
