"""What makes an output harmless, and whole: one check for each format."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import fields

from pydantic import TypeAdapter

from harness.formats.document import ReportDocument
from harness.formats.markdown import BUDGET

REPORT = TypeAdapter(ReportDocument)
SGR = re.compile(r"\x1b\[[0-9;]*m")


UNSEEN = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\xad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff"
    "\ud800-\udfff\U000e0000-\U000e0fff]"
)
"""What moves a cursor, reorders its neighbours, hides itself, or cannot be written."""


def harmless_text(text: str) -> None:
    """Nothing in it acts upon a terminal, a person's eyes or a CI service."""
    assert not UNSEEN.search(text)
    assert not any(line.lstrip().startswith("::") for line in text.split("\n"))
    assert not re.search(r"##\w*\[", text)
    text.encode()


def harmless_terminal(text: str) -> None:
    """As text; our own colours are allowed."""
    harmless_text(SGR.sub("", text))


def harmless_markdown(text: str) -> None:
    """Bounded, its tables whole, and no tag in it but ours."""
    harmless_text(text)
    assert len(text.encode()) <= BUDGET
    table: list[int] = []
    for line in text.split("\n"):
        if not line.startswith("|"):
            table = []
            continue
        bars = len(re.findall(r"\|", re.sub(r"\\.", "", line)))
        table.append(bars)
        assert table[0] == bars, line
    outside = re.sub(r"(`+)(?!`).*?(?<!`)\1(?!`)", "", re.sub(r"\\[^`]", "", text))
    tags = set(re.findall(r"<[^>]*>?", outside))
    assert tags <= {"<details>", "</details>", "<summary>", "</summary>", "<!-- -->"}


def harmless_json_text(text: str) -> None:
    """JSON in ASCII of which every string may be printed."""
    text.encode("ascii")
    harmless_text(text)
    for said in texts_of(json.loads(text)):
        assert not UNSEEN.search(said)
        said.encode()


def texts_of(tree: object) -> Iterator[str]:
    """Every string of a JSON value, names too."""
    if isinstance(tree, str):
        yield tree
    elif isinstance(tree, dict):
        yield from tree
        for value in tree.values():
            yield from texts_of(value)
    elif isinstance(tree, list):
        for value in tree:
            yield from texts_of(value)


def harmless_json(text: str) -> None:
    """A report, as its schema has it."""
    harmless_json_text(text)
    REPORT.validate_json(text, strict=True)
    assert {field.name for field in fields(ReportDocument)} == set(json.loads(text))


HARMLESS = {"terminal": harmless_terminal, "markdown": harmless_markdown, "json": harmless_json}
