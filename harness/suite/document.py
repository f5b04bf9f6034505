"""Read a YAML document from untrusted bytes, with the place of everything in it.

It is bounded in size, depth and number of nodes. It must be UTF-8 and one document, without
anchors, aliases, tags, merge keys, directives or duplicate keys. Reading any bytes gives a
`Document`, whose `problems` say what is wrong with it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from harness.errors import Problem
from harness.model import Place
from harness.suite.lines import BREAK, Lines, Span, Spot, Where, problem_at

MAX_BYTES = 1024**2
_PLAIN = re.compile(r"[\t\n\r\x20-\x7e]*")
_NOT_YAML = (
    "[^\t\n\r\x20-\x7e\xa0-\u2027\u202f-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
)


@dataclass(frozen=True, kw_only=True)
class Document:
    """A document as plain values, and the place of each of them."""

    path: str
    """The name of the file as the user gave it."""
    lines: Lines
    value: Any
    """Mappings with text keys, lists, and scalars; None for an empty document."""
    spots: Mapping[Where, Spot]
    problems: tuple[Problem, ...]
    doubtful: frozenset[Where]
    """Nodes with a substitute for a value that could not be read."""
    whole: bool
    """Whether it was read to its end; if not, only `problems` is meaningful."""

    def spot(self, where: Where) -> Spot:
        """The spot of a node, or of the nearest enclosing node that has one."""
        for length in range(len(where), -1, -1):
            found = self.spots.get(where[:length])
            if found is not None:
                return found
        return Spot(key=None, value=Span(line=1, column=1))

    def place(self, where: Where) -> Place:
        """The place where a node's value begins."""
        span = self.spot(where).value
        return Place(path=self.path, line=span.line, column=span.column)

    def is_doubtful(self, where: Where) -> bool:
        """Whether the node, or one that encloses it, has already been reported as a problem."""
        return any(where[:length] in self.doubtful for length in range(len(where) + 1))

    def problem(
        self,
        message: str,
        where: Where,
        *,
        at_key: bool = False,
        note: str = "",
        remedy: str = "",
    ) -> Problem:
        """A problem of the node at `where`, or of its key if `at_key`, with its line as excerpt."""
        spot = self.spot(where)
        span = spot.key if at_key and spot.key is not None else spot.value
        return problem_at(self.path, self.lines, span, message, note=note, remedy=remedy)


def read_document(data: bytes, path: str) -> Document:
    """Read a document; `path` names it in problems. Never raises."""
    # Here, because importing ruamel.yaml takes longer than reading most files.
    from harness.suite.nodes import compose

    if len(data) > MAX_BYTES:
        return _unreadable(
            path, "", 0, f"the file is larger than {MAX_BYTES // 1024**2} MiB", "split it"
        )
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        # error.start does not count the byte-order mark, which is not part of the text.
        body = data.removeprefix(b"\xef\xbb\xbf")
        before = body[: error.start].decode("utf-8", "replace")
        rest = BREAK.split(body[error.start :].decode("utf-8", "replace"), maxsplit=1)[0]
        return _unreadable(
            path, before + rest, len(before), "the file is not UTF-8", "save it as UTF-8"
        )
    # Compiling the other pattern takes longer than reading most files, so try this one first.
    odd = None if _PLAIN.fullmatch(text) else re.search(_NOT_YAML, text)
    if odd is not None:
        code = ord(odd.group())
        return _unreadable(
            path, text, odd.start(), f"the character U+{code:04X} cannot stand here", "remove it"
        )

    lines = Lines(text)
    composed = compose(text, path, lines)
    return Document(
        path=path,
        lines=lines,
        value=composed.value,
        spots=composed.spots,
        problems=tuple(composed.problems),
        doubtful=frozenset(composed.doubtful),
        whole=composed.whole,
    )


def _unreadable(path: str, text: str, offset: int, message: str, remedy: str) -> Document:
    lines = Lines(text)
    problem = problem_at(path, lines, lines.span(offset), message, remedy=remedy)
    return Document(
        path=path,
        lines=lines,
        value=None,
        spots={},
        problems=(problem,),
        doubtful=frozenset(),
        whole=False,
    )
