"""What makes an output harmless, and whole: one check for each format."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ElementTree
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from hashlib import sha256
from html.parser import HTMLParser

from junitparser import JUnitXml
from pydantic import TypeAdapter

from harness.formats import github
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


def harmless_markdown(text: str, budget: int = BUDGET) -> None:
    """Bounded, its tables whole, and no tag in it but ours."""
    harmless_text(text)
    assert len(text.encode()) <= budget
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


def harmless_summary(text: str) -> None:
    """Markdown that is small, and of which all that is folded is closed again."""
    harmless_markdown(text, github.BUDGET)
    lines = text.split("\n")
    opened = sum(line.startswith("<details><summary>") for line in lines)
    assert opened == lines.count("</details>")


COMMAND = re.compile(r"::(?:error|warning) (?:file=[^:,\n]*,(?:line=\d+,)?)?title=[^:,\n]+::[^\n]*")
"""A workflow command that we give: no other one, and nothing in it that ends it."""


def harmless_commands(text: str) -> None:
    """Lines that GitHub obeys: each is an annotation of ours and nothing else."""
    assert not UNSEEN.search(text)
    text.encode()
    for line in text.splitlines():
        assert COMMAND.fullmatch(line), line
        assert "##" not in line
        assert re.sub(r"%(?:25|0[AD]|3A|2C|23)", "", line).count("%") == 0


def harmless_junit(text: str) -> None:
    """XML that JUnit's readers take, whose counts are those of its cases."""
    harmless_text(text)
    root = ElementTree.fromstring(text)
    names = {"testsuites", "testsuite", "testcase", "properties", "property", "system-out"}
    assert {each.tag for each in root.iter()} <= names | {"failure", "error", "skipped"}
    read = JUnitXml.fromstring(text.encode())
    for suite in read:
        results = [type(one).__name__ for case in suite for one in case.result]
        assert all(len(case.result) <= 1 for case in suite)
        assert suite.tests == len(list(suite))
        assert suite.failures == results.count("Failure")
        assert suite.errors == results.count("Error")
        assert suite.skipped == results.count("Skipped")
    assert read.tests == sum(suite.tests for suite in read)


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
    names = {field.name for field in fields(ReportDocument)}
    assert names - {"night"} <= set(json.loads(text)) <= names


@dataclass
class PageSeen(HTMLParser):
    """What a browser would make of a page: its tags with their attributes, and its text."""

    tags: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    text: list[str] = field(default_factory=list)
    inline: dict[str, str] = field(default_factory=dict)
    """What stands in the style and in the script of the page, of which there is one each."""
    open: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        assert len(named) == len(attrs), f"an attribute stands twice: {attrs}"
        self.tags.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, f"{tag} ends where it was not begun"

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] in ("style", "script"):
            assert self.open[-1] not in self.inline
            self.inline[self.open[-1]] = data
        else:
            self.text.append(data)

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment: {data[:80]}")

    def values(self, name: str) -> list[str]:
        """Every value of an attribute."""
        return [attributes[name] for _, attributes in self.tags if name in attributes]


VOID = {"meta", "input", "br"}
_TAGS = """
html head meta title style body a header p strong span h1 h2 h3 h4 nav ul ol li main div section
table caption thead tbody tr th td small form label input fieldset legend button output article code
details summary pre abbr figure figcaption svg g text line polyline rect circle dl dt dd b script
"""
_ATTRIBUTES = """
lang charset http-equiv content name class href id aria-labelledby aria-label aria-hidden hidden
tabindex role scope rowspan colspan type autocomplete placeholder value checked for title data-cell
data-cells data-verdict viewbox transform x y x1 x2 y1 y2 cx cy r width height dy points fill stroke
stroke-width stroke-dasharray text-anchor font-family font-size
"""
TAGS, ATTRIBUTES = frozenset(_TAGS.split()), frozenset(_ATTRIBUTES.split())


def seen_page(text: str) -> PageSeen:
    """A page, read by a parser of HTML; every tag that is begun is ended."""
    page = PageSeen()
    page.feed(text)
    page.close()
    assert [] == page.open
    return page


def harmless_html(text: str) -> None:
    """Only tags and attributes of ours, none that runs or fetches anything; links that lead to a
    place on the page; a policy that admits our style and our script and nothing else."""
    harmless_text(text)
    page = seen_page(text)
    assert {tag for tag, _ in page.tags} <= TAGS
    names = {name for _, attributes in page.tags for name in attributes}
    assert names <= ATTRIBUTES
    places = page.values("id")
    assert len(places) == len(set(places))
    for href in page.values("href"):
        assert href[:1] == "#"
        assert href[1:] in places
    for name in ("aria-labelledby", "for"):
        assert set(page.values(name)) <= set(places)
    (policy,) = [one["content"] for tag, one in page.tags if "http-equiv" in one]
    allowed = [
        f"{kind}-src 'sha256-{b64encode(sha256(page.inline[kind].encode()).digest()).decode()}'"
        for kind in ("style", "script")
    ]
    wanted = ["default-src 'none'", *allowed, "base-uri 'none'", "form-action 'none'"]
    assert "; ".join(wanted) == policy


HARMLESS = {
    "terminal": harmless_terminal,
    "markdown": harmless_markdown,
    "json": harmless_json,
    "html": harmless_html,
    "junit": harmless_junit,
    "github": harmless_summary,
}
