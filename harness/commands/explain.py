"""`harness explain`: what the knowledge base says, with sources."""

from __future__ import annotations


def explain(id: str) -> str:
    """The text of an entry; without an id, all ids. Raises UsageError for one there is not."""
    from harness.knowledge import explain as knowledge

    return knowledge.text_of(knowledge.explain(id)) if id else knowledge.listing()
