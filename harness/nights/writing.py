"""Writes an accepted.yaml: one block for each event, sorted by id.

A text that a person edited stays as it is, comments included, except for what really changes: the
two values of the baseline, and the blocks of events that are added, removed or changed. So a review
in git shows only that, and two branches that accept different events can be merged. Nothing that
depends on the moment of writing is included.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from harness.errors import AcceptedError, UsageError
from harness.nights.accepted import SHA256, read_accepted, read_with_places
from harness.nights.values import Acceptance, Accepted
from harness.suite.document import Document
from harness.suite.lines import Where
from harness.text import clean_line

_HEAD = """\
# What is known of this suite: its baseline, and events that are no news. See `harness accept`.
version: 1
"""
_WIDTH = 100


def new_text(accepted: Accepted) -> str:
    """Return the text of a new file."""
    baseline = accepted.baseline
    head = f"{_HEAD}baseline:\n  run: {_quoted(baseline.run)}\n"
    head += f"  export: {_quoted(SHA256 + baseline.export)}\n"
    if not accepted.events:
        return f"{head}events: []\n"
    blocks = (_block(one) for one in sorted(accepted.events, key=lambda one: one.id))
    return f"{head}events:\n{''.join(blocks)}"


def edited(text: str, path: str, accepted: Accepted) -> str:
    """Return `text` changed so that it states `accepted`; whatever stays the same is left as it is
    written.

    Raises AcceptedError where the text is already invalid, and UsageError where its form does not
    allow changing it block by block.
    """
    before, document = read_with_places(text.encode(), path)
    try:
        made = _edited(text, document, before, accepted)
        if _said(read_accepted(made.encode(), path)) == _said(accepted):
            return made
    except (AcceptedError, _OtherForm):
        pass
    raise UsageError(
        f"{path} is not written one block for each event, and cannot be changed without losing "
        "what stands in it",
        remedy="write each event as a block of lines that begins with `- id:`, and the two keys of "
        "the baseline on lines of their own",
    )


class _OtherForm(Exception):
    """The text is valid, but not written in blocks."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Parts:
    """A text split into pieces that together are all of it."""

    head: tuple[str, ...]
    """The lines up to and including the `events:` line."""
    blocks: Mapping[str, str]
    """By event id, including the comments above each block."""
    tail: tuple[str, ...]
    indent: str = "  "
    """The indentation before the dash of each block."""


def _edited(text: str, document: Document, before: Accepted, accepted: Accepted) -> str:
    lines = text.splitlines(keepends=True)
    if lines and not lines[-1].endswith("\n"):
        lines[-1] += "\n"
    baseline = accepted.baseline
    for key, old, new in (
        ("run", before.baseline.run, baseline.run),
        ("export", SHA256 + before.baseline.export, SHA256 + baseline.export),
    ):
        if old != new:
            _replace(lines, document, ("baseline", key), _quoted(new))
    parts = _parts(lines, document)
    known = {one.id: _bare(one) for one in before.events}
    written = []
    for one in sorted(accepted.events, key=lambda one: one.id):
        block = parts.blocks.get(one.id, "")
        if known.get(one.id) == _bare(one):
            written.append(block)
        else:
            written.append(_comments(block) + _block(one, parts.indent))
    *above, key = parts.head
    if not written:
        key = "events: []\n"
    elif not parts.blocks:
        key = "events:\n"
    return "".join((*above, key, *written, *parts.tail))


def _replace(lines: list[str], document: Document, where: Where, new: str) -> None:
    """Replace the value of a scalar; the rest of its line stays."""
    span = document.spot(where).value
    line = lines[span.line - 1]
    start = span.column - 1
    lines[span.line - 1] = f"{line[:start]}{new}{line[start + span.length :]}"


def _parts(lines: list[str], document: Document) -> _Parts:
    tops = sorted(
        spot.key.line
        for where, spot in document.spots.items()
        if len(where) == 1 and spot.key is not None
    )
    if ("events",) not in document.spots:
        return _Parts(head=(*lines, "events: []\n"), blocks={}, tail=())
    key = document.spot(("events",)).key
    assert key is not None
    end = next((line - 1 for line in tops if line > key.line), len(lines))
    events: Sequence[Mapping[str, str]] = document.value["events"]
    if not events:
        return _Parts(head=tuple(lines[: key.line]), blocks={}, tail=tuple(lines[key.line :]))
    starts = [document.place(("events", number)).line - 1 for number in range(len(events))]
    if any(not lines[start].lstrip().startswith("- ") for start in starts):
        raise _OtherForm
    if len(set(starts)) < len(starts) or starts[0] < key.line:
        raise _OtherForm
    ends = [
        _last_content(lines, start, stop)
        for start, stop in zip(starts, [*starts[1:], end], strict=True)
    ]
    begins = [key.line, *ends[:-1]]
    blocks = {
        event["id"]: "".join(lines[begin:stop])
        for event, begin, stop in zip(events, begins, ends, strict=True)
    }
    first = lines[starts[0]]
    return _Parts(
        head=tuple(lines[: key.line]),
        blocks=blocks,
        tail=tuple(lines[ends[-1] :]),
        indent=first[: len(first) - len(first.lstrip(" "))],
    )


def _last_content(lines: Sequence[str], start: int, stop: int) -> int:
    """Return the position after the last line that is neither blank nor a comment."""
    while stop > start + 1 and _is_aside(lines[stop - 1]):
        stop -= 1
    return stop


def _is_aside(line: str) -> bool:
    return not line.strip() or line.lstrip().startswith("#")


def _comments(block: str) -> str:
    """Return the comments above a block."""
    lines = block.splitlines(keepends=True)
    first = next((place for place, line in enumerate(lines) if not _is_aside(line)), len(lines))
    return "".join(lines[:first])


def _block(one: Acceptance, indent: str = "  ") -> str:
    said = [
        f"- id: {_quoted(one.id)}",
        f"  reason: {_quoted(one.reason)}",
        f"  owner: {_quoted(one.owner)}",
        f"  until: {_quoted(one.until)}",
        *_list("findings", one.findings),
        *_list("cells", one.cells),
    ]
    if one.values:
        said += ["  values:", *(f"    - {_quoted(line)}" for line in one.values)]
    return "".join(f"{indent}{line}\n" for line in said)


def _list(name: str, items: Iterable[str]) -> list[str]:
    """Write a list, on one line where it fits."""
    shown = [_quoted(one) for one in items]
    line = f"  {name}: [{', '.join(shown)}]"
    return [line] if len(line) <= _WIDTH else [f"  {name}:", *(f"    - {one}" for one in shown)]


def _quoted(text: str) -> str:
    """Write a text as a double-quoted scalar, which is the same in JSON and YAML. Without quotes,
    an id of digits alone would be a number."""
    return json.dumps(clean_line(text, 100_000), ensure_ascii=False)


def _bare(one: Acceptance) -> Acceptance:
    return replace(one, place=None)


def _said(accepted: Accepted) -> Accepted:
    return replace(
        accepted, events=tuple(map(_bare, sorted(accepted.events, key=lambda one: one.id)))
    )
