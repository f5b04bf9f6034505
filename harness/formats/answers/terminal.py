"""The reply as lines for a terminal."""

from __future__ import annotations

from harness.formats.answers import Reply
from harness.text import clean, inert_in_ci

_LIMIT = 1_000_000


def render(answer: Reply) -> str:
    """Render its text, without anything that a terminal or a CI service would obey."""
    text = inert_in_ci(clean(answer.text, _LIMIT))
    return text if not text or text.endswith("\n") else text + "\n"
