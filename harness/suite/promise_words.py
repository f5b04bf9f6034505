"""Pydantic types for the values in promises: requests, statuses, paths, patterns, JSON."""

from __future__ import annotations

import json
import re
from typing import Annotated, Any

from pydantic import AfterValidator, Field, WithJsonSchema

from harness.suite import words
from harness.suite.words import Complaint

_JSON_BYTES = 64 * 1024
_PATTERN = 200


def _checked_status(value: object) -> str:
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if not isinstance(text, str) or re.fullmatch(words.STATUS, text) is None:
        raise Complaint("not a status", remedy="write it as 200, or a class of them as 4xx")
    return text


def _checked_json(value: object) -> object:
    try:
        text = json.dumps(value, allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        raise Complaint("JSON cannot hold this", remedy="no NaN, no infinity") from None
    if len(text) > _JSON_BYTES:
        raise Complaint(f"more than {_JSON_BYTES // 1024} KiB of JSON", remedy="send less")
    return value


def _groups(value: str) -> int:
    """The number of groups in a regular expression; 0 if it is not valid."""
    try:
        return re.compile(value).groups if len(value) <= _PATTERN else 0
    except (re.error, OverflowError, RecursionError):
        return 0


def _checked_pattern(value: str) -> str:
    if value and _groups(value) != 1:
        raise Complaint(
            "not a regular expression with one group",
            remedy="write a group around the number, as in 'error: ([0-9.]+)'",
        )
    return value


def _checked_pair(value: str) -> str:
    if value and _groups(value) != 2:
        raise Complaint(
            "not a regular expression with two groups",
            remedy="write a group around each number, as in '([0-9]+) of ([0-9]+)'",
        )
    return value


Port = Annotated[int, Field(ge=1, le=65_535)]
Ask = Annotated[str, Field(pattern=words.ASK)]
UrlPath = Annotated[str, Field(pattern=words.URL_PATH)]
Inside = Annotated[str, Field(pattern=words.INSIDE)]
User = Annotated[str, Field(pattern=words.USER)]
UserId = Annotated[str, Field(pattern=words.USER_ID)]
HeaderName = Annotated[str, Field(pattern=words.HEADER)]
HeaderValue = Annotated[str, Field(pattern=words.ONE_LINE, max_length=2000)]
Status = Annotated[
    Any,
    AfterValidator(_checked_status),
    WithJsonSchema({"anyOf": [{"type": "integer"}, {"type": "string", "pattern": words.STATUS}]}),
]
Json = Annotated[Any, AfterValidator(_checked_json), WithJsonSchema({})]
Pattern = Annotated[str, AfterValidator(_checked_pattern)]
PairPattern = Annotated[str, AfterValidator(_checked_pair)]
Seconds = Annotated[float, Field(gt=0, le=3600, allow_inf_nan=False)]
Body = Annotated[str, Field(max_length=_JSON_BYTES)]
Command = Annotated[
    list[Annotated[str, Field(max_length=8192)]], Field(min_length=1, max_length=200)
]
