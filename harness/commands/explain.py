"""`harness explain`: what the knowledge base says, with sources."""

from __future__ import annotations

from harness.formats.answers import Reply


def explain(id: str) -> Reply:
    """An entry; without an id, all ids. Raises UsageError for one there is not."""
    from harness.knowledge import explain as knowledge
    from harness.knowledge.entries import entries

    if not id:
        known = [{"id": one.id, "kind": one.kind, "title": one.title} for one in entries().values()]
        return Reply(
            text=knowledge.listing(),
            tree={"entries": known},
            columns=("id", "kind", "title"),
            rows=[tuple(one.values()) for one in known],
        )
    entry = knowledge.explain(id)
    tree = {
        "id": entry.id,
        "kind": entry.kind,
        "title": entry.title,
        "told": [{"name": name, "value": value} for name, value in entry.lines],
        "source": entry.source,
        "evidence": str(entry.evidence),
    }
    return Reply(text=knowledge.text_of(entry), tree=tree)
