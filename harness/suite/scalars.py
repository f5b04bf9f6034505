"""The meaning of a plain YAML scalar, by the core schema of YAML 1.2: `no` and `3:30` are text."""

from __future__ import annotations

import re

from harness.model import Scalar

MAX_NUMBER_LENGTH = 64
"""Characters of a number at most; a longer one is refused without computing it."""

_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_TRUE = frozenset({"true", "True", "TRUE"})
_FALSE = frozenset({"false", "False", "FALSE"})
_INTEGER = re.compile(r"[-+]?[0-9]+")
_OCTAL = re.compile(r"0o[0-7]+")
_HEXADECIMAL = re.compile(r"0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_INFINITE = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_NUMBERS = (_INTEGER, _OCTAL, _HEXADECIMAL, _FLOAT, _INFINITE)


class LongNumberError(ValueError):
    """A number with too many digits to be meant seriously."""


def resolve(text: str) -> Scalar:
    """The value of a plain (unquoted) scalar.

    Raises LongNumberError for a number of more than MAX_NUMBER_LENGTH characters.
    """
    if text in _NULL:
        return None
    if text in _TRUE:
        return True
    if text in _FALSE:
        return False
    if text[0] not in "+-.0123456789" or not any(form.fullmatch(text) for form in _NUMBERS):
        return text
    if len(text) > MAX_NUMBER_LENGTH:
        raise LongNumberError(f"a number of {len(text)} characters")
    if _INTEGER.fullmatch(text):
        return int(text)
    if _OCTAL.fullmatch(text):
        return int(text[2:], 8)
    if _HEXADECIMAL.fullmatch(text):
        return int(text[2:], 16)
    return float(text.replace(".", "", 1) if _INFINITE.fullmatch(text) else text)


def described(value: object) -> str:
    """A value in the words of an error message: `the number 3.1`, `a list`."""
    match value:
        case None:
            return "nothing"
        case bool():
            return f"the boolean {str(value).lower()}"
        case int() | float():
            return f"the number {value}"
        case str():
            return "text"
        case list():
            return "a list"
        case dict():
            return "a mapping"
        case _:
            return type(value).__name__
