"""The reply as Markdown: a table if it is one, else its lines unchanged."""

from __future__ import annotations

from harness.formats.answers import Reply
from harness.text import fence, inert_in_ci, markdown

_LIMIT = 1_000_000


def render(answer: Reply) -> str:
    """Render a table, or one block of text."""
    if not answer.columns:
        return inert_in_ci(fence(answer.text, _LIMIT)) + "\n"
    lines = [answer.columns, ["---"] * len(answer.columns)]
    lines += [[markdown(value) for value in row] for row in answer.rows]
    return inert_in_ci("".join(f"| {' | '.join(line)} |\n" for line in lines))
