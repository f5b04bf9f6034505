from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.text import clean, clean_line, code, fence, html, inert_in_ci, markdown
from tests.unit.hostile import CANNED, texts

LIMITS = st.integers(0, 200)


def is_plain(text: str) -> bool:
    return all(
        character == "\n" or unicodedata.category(character) not in {"Cc", "Cf", "Cs", "Zl", "Zp"}
        for character in text
    )


@pytest.mark.parametrize(
    ("shown", "text"),
    [
        ("a b é 漢 🙂", "a b é 漢 🙂"),
        (r"\x1b[31mred", "\x1b[31mred"),
        (r"\x1b]8;;x\x07y", "\x1b]8;;x\x07y"),
        (r"\x9b31m", "\x9b31m"),
        (r"abc\u202egnp", "abc\u202egnp"),
        (r"\ud800", "\ud800"),
        (r"\U000e0041", "\U000e0041"),
        (r"a\tb", "a\tb"),
        ("two\nlines", "two\r\nlines"),
        (r"over\rwritten", "over\rwritten"),
        (r"\x00", "\x00"),
    ],
)
def test_what_cannot_be_seen_becomes_a_visible_escape(shown: str, text: str) -> None:
    assert shown == clean(text)


def test_a_line_has_its_newlines_written_out() -> None:
    assert r"two\nlines" == clean_line("two\nlines")


def test_what_is_cut_is_counted() -> None:
    assert "xxxxx… (+999995 characters)" == clean("x" * 1_000_000, 5)


def test_escapes_count_towards_the_limit() -> None:
    assert r"\x1b\x1b… (+98 characters)" == clean("\x1b" * 100, 10)


@given(texts, LIMITS)
def test_clean_text_is_plain_bounded_and_encodable(text: str, limit: int) -> None:
    shown = clean(text, limit)
    assert is_plain(shown)
    assert len(shown) <= limit + len("… (+1000000 characters)")
    shown.encode()


@given(texts)
def test_cleaning_twice_changes_nothing_more(text: str) -> None:
    assert clean_line(text, 10**7) == clean_line(clean_line(text, 10**7), 10**7)


@given(texts, LIMITS)
def test_a_clean_line_is_one_line(text: str, limit: int) -> None:
    assert 1 == len(f"{clean_line(text, limit)}.".splitlines())


@given(st.text(st.characters(exclude_categories=("C", "Z")), max_size=50))
def test_plain_words_are_shown_as_they_are(text: str) -> None:
    invisible = {"\u034f", "\u115f", "\u1160", "\u17b4", "\u17b5", "\u3164", "\uffa0"}
    invisible |= {chr(code) for code in (*range(0x180B, 0x1810), *range(0xFE00, 0xFE10))}
    invisible |= {chr(code) for code in range(0xE0100, 0xE01F0)}
    if not invisible & set(text):
        assert text == clean_line(text)


@pytest.mark.parametrize(
    ("shown", "text"),
    [
        ("1.2.1", "1.2.1"),
        (r"\[x\](javascript:alert(1))", "[x](javascript:alert(1))"),
        (r"\<b\> \| \`c\`", "<b> | `c`"),
        ("@<!-- -->all", "@all"),
        (r"\- item", "- item"),
        (r"1\. item", "1. item"),
        (r"http\://x", "http://x"),
        (r"two\\nlines", "two\nlines"),
    ],
)
def test_prose_in_markdown_has_no_markup_of_its_own(shown: str, text: str) -> None:
    assert shown == markdown(text)


@given(texts)
def test_prose_in_markdown_keeps_pipes_angles_and_mentions_harmless(text: str) -> None:
    shown = markdown(text)
    without_own = shown.replace("@<!-- -->", "")
    bare = re.sub(r"\\.", "", without_own)
    assert not set("|<>`[]@") & set(bare)
    assert "\n" not in shown


@pytest.mark.parametrize(
    ("shown", "text"),
    [("`1.2`", "1.2"), ("``a`b``", "a`b"), ("`` `a ``", "`a"), (r"a\|b", "a|b"), ("", "")],
)
def test_code_is_a_span_no_text_can_leave(shown: str, text: str) -> None:
    assert shown == code(text)


@given(texts)
def test_a_fence_is_longer_than_any_run_inside(text: str) -> None:
    first, *inside, last = fence(text).split("\n")
    ticks = first.removesuffix("text")
    assert ticks == last
    assert set("`") == set(ticks)
    assert not any(ticks in line for line in inside)


@given(texts)
def test_text_in_html_opens_no_tag_and_leaves_no_attribute(text: str) -> None:
    shown = html(text).replace("@<!-- -->", "")
    assert not set("<>\"'") & set(shown)


@given(st.lists(texts, max_size=4))
def test_no_line_of_a_report_is_a_command_to_ci(lines: list[str]) -> None:
    report = inert_in_ci("\n".join(clean_line(line, 500) for line in lines))
    assert not any(line.lstrip().startswith("::") for line in report.splitlines())
    assert re.search(r"##\w*\[", report) is None


def test_a_coloured_line_is_no_command_either() -> None:
    assert "\x1b[1m \\::error::x\x1b[0m" == inert_in_ci("\x1b[1m ::error::x\x1b[0m")


@pytest.mark.parametrize("text", CANNED)
def test_every_canned_attack_is_plain_once_cleaned(text: str) -> None:
    assert is_plain(clean(text))
