"""`harness explain`: look up a row of the knowledge base by its id."""

from __future__ import annotations

from textwrap import fill

from harness.errors import UsageError
from harness.knowledge.entries import Entry, entries, slug
from harness.knowledge.library import MEANING
from harness.text import did_you_mean


def explain(id: str) -> Entry:
    """The entry under an id; case and punctuation do not matter.

    Raises UsageError, with the nearest ids, if there is none.
    """
    known = entries()
    wanted = slug(id)
    if wanted not in known and wanted.rpartition(".")[0] in known:
        wanted = wanted.rpartition(".")[0]  # there is a row for the minor version of this release
    if wanted in known:
        return known[wanted]
    near = did_you_mean(wanted, tuple(known))
    parts = [one for one in known if wanted and wanted in one][:8]
    remedy = f"did you mean {near}?" if near else "`harness explain` lists what there is"
    if parts and not near:
        remedy = f"did you mean one of: {', '.join(parts)}?"
    raise UsageError(f"nothing is known under {id[:80]!r}", remedy=remedy)


def text_of(entry: Entry) -> str:
    """An entry as lines for a terminal."""
    width = max(len(name) for name, _ in (*entry.lines, ("evidence", "")))
    told = [*entry.lines, ("source", entry.source), ("evidence", MEANING[entry.evidence])]
    rows = [_wrapped(f"  {name:{width}}  ", value) for name, value in told]
    return "\n".join([f"{entry.id}  ({entry.kind})", entry.title, "", *rows, ""])


def _wrapped(head: str, value: str) -> str:
    return fill(
        value,
        100,
        initial_indent=head,
        subsequent_indent=" " * len(head),
        break_long_words=False,
        break_on_hyphens=False,
    )


def listing() -> str:
    """All ids as text, grouped by kind."""
    kinds: dict[str, list[str]] = {}
    for entry in entries().values():
        kinds.setdefault(entry.kind, []).append(entry.id)
    parts = [f"{kind} ({len(ids)})\n  " + "\n  ".join(ids) for kind, ids in kinds.items()]
    return "\n".join([*parts, ""])
