"""Plain values made of YAML events, every restriction of `harness.suite.document` kept on the way.

Works on events, not on ruamel.yaml's own constructors: nothing is recursive, nothing is resolved
that was not asked for, and the place of every node is at hand.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from harness.errors import Problem
from harness.suite.document import Lines, Mark, Spot, Where, problem_at
from harness.suite.scalars import LongNumberError, described, resolve
from harness.text import clean_line

MAX_DEPTH = 32
MAX_NODES = 20_000
MAX_PROBLEMS = 100

_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ufeff]")


class _Stop(Exception):
    """Reading on makes no sense; the problem is noted."""


@dataclass(slots=True)
class _Frame:
    """An open list or mapping. `key` is the key whose value comes next."""

    container: list[Any] | dict[str, Any]
    where: Where
    start: Mark
    key: str | None = None
    key_mark: Mark | None = None
    stored: bool = True
    """Whether the coming value counts; that of a refused key is read and dropped."""


@dataclass(slots=True)
class Composed:
    """What came of the events."""

    value: Any = None
    spots: dict[Where, Spot] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    doubtful: set[Where] = field(default_factory=set)
    whole: bool = False


def compose(text: str, path: str, lines: Lines) -> Composed:
    """The value of a YAML text and the spots of its nodes. Never raises."""
    composer = _Composer(path, lines)
    try:
        for event in _events(text):
            composer.take(event)
        composer.made.whole = True
    except _Stop:
        pass
    except Exception as error:  # hostile text ends in many kinds of error there
        composer.syntax_error(error)
    return composer.made


def _events(text: str) -> Iterator[Any]:
    from ruamel.yaml import YAML

    yield from YAML(typ="safe", pure=True).parse(text)


class _Composer:
    def __init__(self, path: str, lines: Lines) -> None:
        self.made = Composed()
        self._path = path
        self._lines = lines
        self._open: list[_Frame] = []
        self._nodes = 0
        self._documents = 0

    def take(self, event: Any) -> None:
        """One event of ruamel.yaml."""
        match type(event).__name__:
            case "DocumentStartEvent":
                self._document(event)
            case "ScalarEvent":
                self._node(event)
                self._scalar(event)
            case "AliasEvent":
                self._node(event)
                self._alias(event)
            case "MappingStartEvent":
                self._node(event)
                self._enter(event, {})
            case "SequenceStartEvent":
                self._node(event)
                self._enter(event, [])
            case "MappingEndEvent" | "SequenceEndEvent":
                self._leave()

    def syntax_error(self, error: Exception) -> None:
        """Note what ruamel.yaml could not read."""
        said = str(getattr(error, "problem", None) or "it cannot be read")
        at = getattr(error, "problem_mark", None)
        opened = getattr(error, "context_mark", None)
        if opened is not None and "end of stream" in said:
            at = opened
        mark = self._lines.mark(at.index if at is not None else 0)
        remedy = "indent with spaces" if r"'\t'" in said else ""
        found = problem_at(
            self._path,
            self._lines,
            mark,
            f"this is not YAML: {clean_line(said, 200)}",
            note=clean_line(str(getattr(error, "context", None) or ""), 200),
            remedy=remedy,
        )
        self.made.problems.append(found)

    # --- events ---

    def _document(self, event: Any) -> None:
        self._documents += 1
        if event.version or event.tags:
            self._refuse(event, "a directive cannot stand here", remedy="remove the line")
        if self._documents > 1:
            self._refuse(event, "a second document begins here", remedy="one file, one document")
            raise _Stop

    def _node(self, event: Any) -> None:
        self._nodes += 1
        if self._nodes > MAX_NODES:
            self._refuse(event, f"there are more than {MAX_NODES} nodes")
            raise _Stop
        anchor = getattr(event, "anchor", None)
        is_alias = type(event).__name__ == "AliasEvent"
        if anchor is not None and not is_alias:
            self._refuse(event, "anchors are not read here", remedy="write the value out")
        if getattr(event, "tag", None) is not None:
            self._refuse(event, "tags are not read here", remedy="remove the `!...`")

    def _alias(self, event: Any) -> None:
        if self._awaits_key():
            self._refuse(event, "a key must be text, got an alias")
            raise _Stop
        self._refuse(event, "aliases are not read here", remedy="write the value out")
        where = self._store(event, None)
        self.made.doubtful.add(where)

    def _scalar(self, event: Any) -> None:
        text: str = event.value
        plain = event.style is None
        odd = _CONTROL.search(text)
        if odd is not None:
            self._refuse(event, f"the character U+{ord(odd.group()):04X} cannot stand in a text")
        try:
            value = resolve(text) if plain else text
        except LongNumberError as error:
            self._refuse(event, str(error), note="too long", remedy="text stands in quotes")
            value = text
        if self._awaits_key():
            where = (*self._open[-1].where, self._key(event, text, value, plain=plain))
            if odd is not None:
                self.made.doubtful.add(where)
            return
        where = self._store(event, value, text=text if plain else "")
        if odd is not None:
            self.made.doubtful.add(where)

    def _key(self, event: Any, text: str, value: object, *, plain: bool) -> str:
        frame = self._open[-1]
        mark = self._mark(event)
        name, stored = text, True
        if not isinstance(value, str):
            shown = _short(text)
            self._refuse(
                event,
                f"a key must be text, got {described(value)}",
                note=f"YAML reads {shown} as {described(value)}" if shown else "",
                remedy=f'put it in quotes: "{shown}"' if shown else "give it a name",
            )
        if plain and text == "<<":
            self._refuse(event, "merge keys are not read here", remedy="write the keys out")
            stored = False
        elif name in frame.container:
            first = self.made.spots[(*frame.where, name)].key
            line = first.line if first else frame.start.line
            self._refuse(
                event, f"the key `{_short(name)}` stands here twice", note=f"first on line {line}"
            )
            stored = False
        if not stored:
            # A way of its own, so that the refused value hides nothing of the first one.
            name = f"{name}\0{self._nodes}"
        frame.key, frame.key_mark, frame.stored = name, mark, stored
        return name

    def _enter(self, event: Any, container: list[Any] | dict[str, Any]) -> None:
        if self._awaits_key():
            self._refuse(event, f"a key must be text, got {described(container)}")
            raise _Stop
        if len(self._open) >= MAX_DEPTH:
            self._refuse(event, f"nested deeper than {MAX_DEPTH}")
            raise _Stop
        where = self._store(event, container)
        self._open.append(_Frame(container=container, where=where, start=self._mark(event)))

    def _leave(self) -> None:
        self._open.pop()

    # --- places ---

    def _awaits_key(self) -> bool:
        return bool(
            self._open and isinstance(self._open[-1].container, dict) and self._open[-1].key is None
        )

    def _store(self, event: Any, value: Any, *, text: str = "") -> Where:
        mark = self._mark(event)
        if not self._open:
            self.made.value = value
            self.made.spots[()] = Spot(key=None, value=mark, text=text)
            return ()
        frame = self._open[-1]
        if isinstance(frame.container, list):
            where: Where = (*frame.where, len(frame.container))
            frame.container.append(value)
        else:
            assert frame.key is not None
            where = (*frame.where, frame.key)
            if frame.stored:
                frame.container[frame.key] = value
        self.made.spots[where] = Spot(key=frame.key_mark, value=mark, text=text)
        frame.key = frame.key_mark = None
        return where

    def _mark(self, event: Any) -> Mark:
        return self._lines.mark(event.start_mark.index, event.end_mark.index)

    def _refuse(self, event: Any, message: str, *, note: str = "", remedy: str = "") -> None:
        self.made.problems.append(
            problem_at(
                self._path, self._lines, self._mark(event), message, note=note, remedy=remedy
            )
        )
        if len(self.made.problems) >= MAX_PROBLEMS:
            raise _Stop


def _short(name: str) -> str:
    return clean_line(name, 80)
