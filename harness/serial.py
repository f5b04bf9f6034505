"""Writes model values as canonical JSON, and reads them back.

The same value gives the same bytes: ASCII, sorted keys, no blanks, no NaN, floats that read back as
the same float. A field that was added later and is None is left out, so that a value stored before
the field existed keeps its bytes. Reading validates strictly: text is never turned into an integer.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import cache
from json.encoder import encode_basestring_ascii as _quoted
from typing import TYPE_CHECKING, Any, TypeVar, get_args, get_type_hints

from harness.errors import InternalError
from harness.model import ADDED, WRITTEN_AMONG, Fact, Facts

if TYPE_CHECKING:
    from pydantic import TypeAdapter, ValidationError

T = TypeVar("T")

MAX_LINE_BYTES = 16 * 1024**2
"""A longer untrusted value is refused without being read."""
MAX_DEPTH = 32
_SHOWN = 120


class UnreadableError(ValueError):
    """The bytes are not the value they should be; the message names the field."""

    def __init__(self, problem: str, field: str = "") -> None:
        super().__init__(f"{field}: {problem}" if field else problem)


def storable(text: str) -> str:
    """Return the text with lone surrogates, which no encoding can express, as visible escapes."""
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode("utf-8")


def encode(value: object, *, without: frozenset[str] = frozenset()) -> bytes:
    """Return the canonical JSON of a model value, or of mappings and sequences of such.

    Dataclass fields named in `without` are left out. Raises InternalError, with the field, for what
    JSON cannot hold: a NaN, a key that is not text.
    """
    try:
        plain = _plain(value, type(value).__name__, floating=False, without=without)
        text = json.dumps(plain, sort_keys=True, separators=(",", ":"), allow_nan=False)
    except (TypeError, ValueError, OverflowError) as error:
        raise InternalError(f"a value cannot be stored: {error}") from error
    return text.encode("ascii")


def readable(tree: object) -> str:
    """Return JSON that people can read too: ASCII, sorted keys, one blank for each level, a newline
    at the end.

    The bytes equal those of `json.dumps(tree, sort_keys=True, indent=1)`, in a third of the time,
    because that indents in Python, value by value. A dataclass becomes an object, without fields
    that were added later and are None. Raises ValueError for a NaN or an infinity, and TypeError
    for what JSON does not have.
    """
    return _indented(tree, "\n") + "\n"


def _indented(value: Any, margin: str) -> str:
    """`margin` is the line break and the indentation of the line on which the value begins."""
    kind = type(value)
    write = _SCALARS.get(kind)
    if write is not None:
        return write(value)
    inner = margin + " "
    if kind in (list, tuple, dict) and len(value) > 4:  # Fewer are written as fast one by one.
        kinds = set(map(type, value.values() if kind is dict else value))
        if kinds <= _SCALARS.keys() and (kind is not dict or {str} == set(map(type, value))):
            flat = _encoder(f",{inner}").encode(value)  # This is done in C.
            return f"{flat[0]}{inner}{flat[1:-1]}{margin}{flat[-1]}"
    if kind is list or kind is tuple:
        items = [_indented(one, inner) for one in value]
        return f"[{inner}{f',{inner}'.join(items)}{margin}]" if items else "[]"
    if kind is dict:
        pairs = [(_quoted(_text(name, "an object")), value[name]) for name in sorted(value)]
    elif is_dataclass(value) and not isinstance(value, type):
        pairs = [
            (name, told)
            for name, field, added in _sorted_fields(type(value))
            if not ((told := getattr(value, field)) is None and added)
        ]
    elif isinstance(value, str):  # A member of a string enumeration.
        return _quoted(value)
    else:
        raise TypeError(f"a {kind.__name__} is nothing that JSON has")
    items = [f"{name}: {_indented(told, inner)}" for name, told in pairs]
    return f"{{{inner}{f',{inner}'.join(items)}{margin}}}" if items else "{}"


@cache
def _encoder(comma: str) -> json.JSONEncoder:
    return json.JSONEncoder(sort_keys=True, separators=(comma, ": "), allow_nan=False)


def _number(value: float) -> str:
    if not math.isfinite(value):
        raise ValueError(f"{value} is nothing that JSON has")
    return float.__repr__(value)


_SCALARS: dict[type, Callable[[Any], str]] = {
    str: _quoted,
    float: _number,
    int: int.__repr__,
    bool: {True: "true", False: "false"}.__getitem__,
    type(None): {None: "null"}.__getitem__,
}


@cache
def _sorted_fields(kind: type) -> tuple[tuple[str, str, bool], ...]:
    """Return (name in JSON, name, whether it was added later) for a dataclass's fields, by name."""
    return tuple(
        (_quoted(one.name), one.name, bool(one.metadata.get(ADDED)))
        for one in sorted(fields(kind), key=lambda one: one.name)
    )


def decode(kind: type[T], data: bytes) -> T:
    """Read back a value written by `encode`. Missing fields get their defaults.

    Use it for bytes that the harness itself wrote. Raises UnreadableError where they are not such a
    value.
    """
    value: T = _validated(kind, data)
    return value


def decode_facts(data: bytes) -> Facts:
    """Read back facts written by `encode`. Raises UnreadableError where they are not facts."""
    facts: dict[str, Fact] = _validated(dict[str, Fact], data)
    return facts


def decode_untrusted(kinds: Mapping[str, type[T]], line: bytes) -> T:
    """Read one JSON object from outside, as the kind whose name is one of the object's keys.

    It is stricter than `decode`: length and depth are bounded, and NaN, infinity, repeated keys and
    fields that the kind does not have are refused. Raises UnreadableError, with the field.
    """
    tree = _parse(line)
    kind = next((kind for name, kind in kinds.items() if name in tree), None)
    if kind is None:
        raise UnreadableError(
            f"an object with one of the fields {', '.join(kinds)} should stand here"
        )
    value: T = _validated(kind, line, tree)
    _refuse_unknown(tree, _plain(value, "", floating=False), "")
    return value


def _plain(
    value: object, where: str, *, floating: bool, without: frozenset[str] = frozenset()
) -> Any:
    """Convert `value` to plain JSON types; an integer where a float belongs (`floating`) becomes a
    float."""
    if type(value) is str:  # The usual case, faster than trying pattern after pattern.
        return storable(value)
    match value:
        case None | bool():
            return value
        case Enum():
            return value.value
        case str():
            return storable(value)
        case int():
            return float(value) if floating else value
        case float():
            if not math.isfinite(value):
                raise ValueError(f"{where} is {value}")
            return value
        case Mapping():
            return {
                storable(_text(key, where)): _plain(
                    item, f"{where}.{key}", floating=floating, without=without
                )
                for key, item in value.items()
            }
        case tuple() | list():
            return [
                _plain(item, f"{where}[{position}]", floating=floating, without=without)
                for position, item in enumerate(value)
            ]
        case _ if is_dataclass(value) and not isinstance(value, type):
            tree = {
                name: _plain(
                    getattr(value, name), f"{where}.{name}", floating=of_floats, without=without
                )
                for name, of_floats, added in _fields(type(value))
                if name not in without and not (added and getattr(value, name) is None)
            }
            for name, default, mapping, key in _among(type(value)):
                if (found := tree.pop(name, default)) != default:
                    tree[mapping][key] = found
            return tree
    raise TypeError(f"{where} is a {type(value).__name__}")


def _text(key: object, where: str) -> str:
    if not isinstance(key, str):
        raise TypeError(f"{where} has a key that is a {type(key).__name__}")
    return key


@cache
def _fields(kind: type) -> tuple[tuple[str, bool, bool], ...]:
    """Return, for a dataclass's fields, (name, whether its numbers are declared as floats, whether
    it was added after values of the kind were stored)."""
    hints = get_type_hints(kind)
    return tuple(
        (field.name, _of_floats(hints[field.name]), bool(field.metadata.get(ADDED)))
        for field in fields(kind)
    )


@cache
def _among(kind: type) -> tuple[tuple[str, object, str, str], ...]:
    """Return (name, default, mapping, key) for the fields that are written in another field's
    mapping."""
    return tuple(
        (field.name, field.default, *field.metadata[WRITTEN_AMONG])
        for field in fields(kind)
        if WRITTEN_AMONG in field.metadata
    )


def _of_floats(hint: object) -> bool:
    leaves = set(_leaves(hint))
    return float in leaves and int not in leaves


def _leaves(hint: object) -> Iterator[object]:
    arguments = get_args(hint)
    if not arguments:
        yield hint
    for argument in arguments:
        yield from _leaves(argument)


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    from pydantic import TypeAdapter

    return TypeAdapter(kind)


def _validated(kind: Any, data: bytes, tree: object = None) -> Any:
    from pydantic import ValidationError

    try:
        return _adapter(kind).validate_json(data, strict=True)
    except ValidationError as error:
        raise _unreadable(error, tree) from None


def _unreadable(error: ValidationError, tree: object) -> UnreadableError:
    found = error.errors(include_url=False, include_input=False, include_context=False)
    places = [_inside(entry["loc"], tree, entry["type"] == "missing") for entry in found]
    if places.count(places[0]) > 1:  # One error for each kind that would have been accepted.
        return UnreadableError("a value of this kind does not belong here", places[0])
    return UnreadableError(found[0]["msg"], places[0])


def _inside(location: tuple[int | str, ...], tree: object, is_missing: bool) -> str:
    """Return the part of a location that is in the document; for a union, pydantic adds the name of
    the branch."""
    steps: list[str] = []
    for step in location:
        in_object = isinstance(tree, dict) and step in tree
        in_array = isinstance(tree, list) and isinstance(step, int) and step < len(tree)
        if tree is not None and not (in_object or in_array or is_missing):
            break
        tree = tree[step] if in_object or in_array else None  # type: ignore[index]
        steps.append(_shown(str(step)))
    return ".".join(steps)


def _parse(line: bytes) -> dict[str, Any]:
    if len(line) > MAX_LINE_BYTES:
        raise UnreadableError(f"longer than {MAX_LINE_BYTES // 1024**2} MiB")
    try:
        tree = json.loads(line.decode("utf-8"), object_pairs_hook=_without_twins)
    except RecursionError:
        raise UnreadableError(f"nested deeper than {MAX_DEPTH}") from None
    except UnreadableError:
        raise
    except UnicodeDecodeError as error:
        raise UnreadableError(f"not UTF-8 at byte {error.start}") from None
    except json.JSONDecodeError as error:
        raise UnreadableError(f"not JSON: {error.msg} at character {error.pos + 1}") from None
    except ValueError as error:  # An integer with thousands of digits.
        raise UnreadableError(f"not JSON: {error}") from None
    if not isinstance(tree, dict):
        raise UnreadableError("a JSON object should stand here")
    _check(tree, "", 0)
    return tree


def _without_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    for name, item in pairs:
        if name in tree:
            raise UnreadableError("stands there twice", _shown(name))
        tree[name] = item
    return tree


def _check(tree: object, where: str, depth: int) -> None:
    if depth > MAX_DEPTH:
        raise UnreadableError(f"nested deeper than {MAX_DEPTH}", where)
    if isinstance(tree, float) and not math.isfinite(tree):
        raise UnreadableError("not a finite number", where)
    if isinstance(tree, dict):
        for name, item in tree.items():
            _check(item, _joined(where, name), depth + 1)
    elif isinstance(tree, list):
        for position, item in enumerate(tree):
            _check(item, _joined(where, str(position)), depth + 1)


def _refuse_unknown(tree: Any, known: Any, where: str) -> None:
    if isinstance(tree, dict) and isinstance(known, dict):
        for name, item in tree.items():
            if name not in known:
                raise UnreadableError("unknown field", _joined(where, name))
            _refuse_unknown(item, known[name], _joined(where, name))
    elif isinstance(tree, list) and isinstance(known, list):
        for position, (item, counterpart) in enumerate(zip(tree, known, strict=True)):
            _refuse_unknown(item, counterpart, _joined(where, str(position)))


def _joined(where: str, name: str) -> str:
    return f"{where}.{_shown(name)}" if where else _shown(name)


def _shown(name: str) -> str:
    text = ascii(name)[1:-1]
    return text if len(text) <= _SHOWN else text[: _SHOWN - 3] + "..."
