"""Read the plain values of a YAML text, and enforce the restrictions of `harness.suite.document`.

ruamel.yaml composes the nodes. The code here sees each node before it is composed, so that
unsupported syntax is reported with its place, and nothing exceeds the limits of depth and size. The
meaning of a scalar is decided by `harness.suite.scalars`, not by ruamel.yaml, which also knows
dates and `1_000`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, NoReturn

from ruamel.yaml import YAML
from ruamel.yaml.composer import Composer
from ruamel.yaml.events import AliasEvent, CollectionStartEvent, MappingStartEvent, ScalarEvent
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from harness.errors import Problem
from harness.model import Scalar
from harness.suite.lines import Lines, Span, Spot, Where, problem_at
from harness.suite.scalars import LongNumberError, described, resolve
from harness.text import clean_line

MAX_DEPTH = 32
MAX_NODES = 20_000
MAX_PROBLEMS = 100

_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ufeff]")
_TAG = "tag:yaml.org,2002:str"
"""The tag of every scalar: tags in the text are not supported, and ruamel.yaml's constructors are
not used."""


class _Stop(Exception):
    """Raised to stop reading, after the problem has been noted."""


@dataclass(slots=True)
class Composed:
    """The result of reading a text."""

    value: Any = None
    spots: dict[Where, Spot] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    doubtful: set[Where] = field(default_factory=set)
    whole: bool = False


@dataclass(frozen=True, slots=True)
class _Step:
    """The step from a mapping to a value: its key, and whether the value is kept."""

    name: str
    span: Span
    stored: bool


def compose(text: str, path: str, lines: Lines) -> Composed:
    """The value of a YAML text and the spots of its nodes. Never raises."""
    made = Composed()
    yaml = YAML(typ="safe", pure=True)
    _Composer(yaml, made=made, path=path, lines=lines)  # a composer gives itself to its loader
    try:
        yaml.compose(text)
        made.whole = True
    except _Stop:
        pass
    except Exception as error:  # ruamel.yaml raises many kinds of errors on hostile text
        made.problems.append(_syntax_error(error, path, lines))
    return made


class _Composer(Composer):
    def __init__(self, loader: Any, *, made: Composed, path: str, lines: Lines) -> None:
        super().__init__(loader)
        self.warn_double_anchors = False
        self._made = made
        self._path = path
        self._lines = lines
        self._nodes = 0
        self._way: Where = ()
        """The way to the node that is being composed."""
        self._keys: dict[Node, _Step] = {}

    # --- what ruamel.yaml calls ---

    def get_single_node(self) -> Node | None:
        """Compose the only document of the text, and put its value into `made`."""
        if not self.check_node():
            return None
        node: Node = self.get_node()
        if self.check_node():
            event = self._begin()
            self._end(event, "a second document begins here", remedy="one file, one document")
        self._made.value = self._plain(node)
        return node

    def compose_document(self) -> Any:
        self._begin()
        return super().compose_document()

    def compose_node(self, parent: Node | None, index: Any) -> Node:
        """Compose one node. `index` is the node of the key in a mapping (None for the key itself),
        or the position in a list."""
        event = self.parser.peek_event()
        self._admit(event)
        if isinstance(parent, MappingNode) and index is None:
            return self._key()
        around, key = self._way, None
        if isinstance(parent, MappingNode):
            key = self._keys[index]
            self._way = (*around, key.name)
        elif parent is not None:
            self._way = (*around, index)
        if isinstance(event, CollectionStartEvent) and len(self._way) >= MAX_DEPTH:
            self._end(event, f"nested deeper than {MAX_DEPTH}")
        self._made.spots[self._way] = Spot(
            key=key.span if key else None, value=self._span(event), text=_written(event)
        )
        if isinstance(event, AliasEvent):
            self._refuse(event, "aliases are not read here", remedy="write the value out")
            self._made.doubtful.add(self._way)
            event = self.parser.get_event()
            node: Node = ScalarNode(_TAG, None, event.start_mark, event.end_mark)
        else:
            node = super().compose_node(parent, index)
        self._way = around
        return node

    def compose_scalar_node(self, anchor: object) -> ScalarNode:  # noqa: ARG002
        """Compose a scalar, whose value here is the plain value, not the text."""
        event = self.parser.get_event()
        value, is_sound = self._scalar(event)
        if not is_sound:
            self._made.doubtful.add(self._way)
        return ScalarNode(_TAG, value, event.start_mark, event.end_mark)

    # --- nodes ---

    def _begin(self) -> Any:
        """The event that begins a document."""
        event = self.parser.peek_event()
        if event.version or event.tags:
            self._refuse(event, "a directive cannot stand here", remedy="remove the line")
        return event

    def _admit(self, event: Any) -> None:
        self._nodes += 1
        if self._nodes > MAX_NODES:
            self._end(event, f"there are more than {MAX_NODES} nodes")
        if isinstance(event, AliasEvent):
            return
        if event.anchor is not None:
            self._refuse(event, "anchors are not read here", remedy="write the value out")
        if event.tag is not None:
            self._refuse(event, "tags are not read here", remedy="remove the `!...`")

    def _scalar(self, event: Any) -> tuple[Scalar, bool]:
        """(the value of a scalar, whether it is free of forbidden characters)."""
        text: str = event.value
        odd = _CONTROL.search(text)
        if odd is not None:
            self._refuse(event, f"the character U+{ord(odd.group()):04X} cannot stand in a text")
        try:
            return (resolve(text) if event.style is None else text), odd is None
        except LongNumberError as error:
            self._refuse(event, str(error), note="too long", remedy="text stands in quotes")
            return text, odd is None

    def _key(self) -> Node:
        event = self.parser.get_event()
        if isinstance(event, AliasEvent):
            self._end(event, "a key must be text, got an alias")
        if isinstance(event, CollectionStartEvent):
            got = described({} if isinstance(event, MappingStartEvent) else [])
            self._end(event, f"a key must be text, got {got}")
        value, is_sound = self._scalar(event)
        step: str = event.value
        stored = True
        if not isinstance(value, str):
            shown = clean_line(step, 80)
            self._refuse(
                event,
                f"a key must be text, got {described(value)}",
                note=f"YAML reads {shown} as {described(value)}" if shown else "",
                remedy=f'put it in quotes: "{shown}"' if shown else "give it a name",
            )
        if event.style is None and step == "<<":
            self._refuse(event, "merge keys are not read here", remedy="write the keys out")
            stored = False
        elif (first := self._made.spots.get((*self._way, step))) is not None:
            assert first.key is not None
            message = f"the key `{clean_line(step, 80)}` stands here twice"
            self._refuse(event, message, note=f"first on line {first.key.line}")
            stored = False
        if not stored:
            # The refused value gets a way of its own, so that it does not replace the first one.
            step = f"{step}\0{self._nodes}"
        if not is_sound:
            self._made.doubtful.add((*self._way, step))
        node = ScalarNode(_TAG, step, event.start_mark, event.end_mark)
        self._keys[node] = _Step(step, self._span(event), stored)
        return node

    def _plain(self, node: Node) -> Any:
        """The plain value of a composed node, which is no deeper than MAX_DEPTH."""
        if isinstance(node, MappingNode):
            return {
                self._keys[key].name: self._plain(value)
                for key, value in node.value
                if self._keys[key].stored
            }
        if isinstance(node, SequenceNode):
            return [self._plain(one) for one in node.value]
        return node.value

    # --- problems ---

    def _span(self, event: Any) -> Span:
        return self._lines.span(event.start_mark.index, event.end_mark.index)

    def _refuse(self, event: Any, message: str, *, note: str = "", remedy: str = "") -> None:
        span = self._span(event)
        self._made.problems.append(
            problem_at(self._path, self._lines, span, message, note=note, remedy=remedy)
        )
        if len(self._made.problems) >= MAX_PROBLEMS:
            raise _Stop

    def _end(self, event: Any, message: str, *, remedy: str = "") -> NoReturn:
        self._refuse(event, message, remedy=remedy)
        raise _Stop


def _syntax_error(error: Exception, path: str, lines: Lines) -> Problem:
    """The problem for an error of ruamel.yaml."""
    said = str(getattr(error, "problem", None) or "it cannot be read")
    at = getattr(error, "problem_mark", None)
    opened = getattr(error, "context_mark", None)
    if opened is not None and "end of stream" in said:
        at = opened
    return problem_at(
        path,
        lines,
        lines.span(at.index if at is not None else 0),
        f"this is not YAML: {clean_line(said, 200)}",
        note=clean_line(str(getattr(error, "context", None) or ""), 200),
        remedy="indent with spaces" if r"'\t'" in said else "",
    )


def _written(event: Any) -> str:
    """The text of a scalar without quotes; empty for everything else."""
    return event.value if isinstance(event, ScalarEvent) and event.style is None else ""
