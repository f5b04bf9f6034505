"""The page in its formats: one golden text each, and hostile strings everywhere."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from check_builders import host, page, reading
from hostile import CANNED

from harness.check import pages
from harness.check.pages import render
from harness.check.reasons import Confidence, Reason, Weight
from harness.errors import UsageError

GOLDEN = Path(__file__).parent / "golden"
WITH_GPU = host(gpu="Tesla P100-PCIE-16GB", capability="6.0")


@pytest.mark.parametrize(
    ("format", "file"),
    [("terminal", "check.txt"), ("markdown", "check.md"), ("json", "check.json")],
)
def test_the_page_reads_as_the_golden_text(format: str, file: str) -> None:
    assert (GOLDEN / file).read_text("utf-8") == render(format, page(where=WITH_GPU))


def test_the_formats_are_found_by_name() -> None:
    assert ("json", "markdown", "terminal") == pages.names()
    with pytest.raises(UsageError, match="there is no format 'html'"):
        render("html", page())


def test_the_same_values_give_the_same_bytes() -> None:
    for format in pages.names():
        assert render(format, page()) == render(format, page())


@pytest.mark.parametrize("text", CANNED, ids=lambda text: ascii(text)[:40])
def test_no_field_harms_who_reads_it(text: str) -> None:
    evil = Reason(
        weight=Weight.BLOCKS,
        title=text,
        evidence=(text,),
        remedy=text,
        source=text,
        confidence=Confidence.READ,
        explain=text,
    )
    spoilt = replace(
        page(),
        name=text,
        digest=text,
        purpose=text,
        reasons=(evil,),
        promises=((text, text, text),),
        host=(("system", text),),
        run=text,
        notices=(text,),
        cost="",
    )
    shown = render("terminal", spoilt, width=80)
    assert all(character == "\n" or character >= " " for character in shown)
    assert not any(line.lstrip().startswith("::") for line in shown.splitlines())
    assert len(shown) < 60_000
    written = render("markdown", spoilt)
    prose = re.sub(r"`[^`]*`", "", written).replace("\\<", "")
    assert "<script" not in prose
    assert not any(line.lstrip().startswith("::") for line in written.splitlines())
    assert len(written) < 60_000
    assert json.loads(render("json", spoilt))["format"] == "harness-check"


@pytest.mark.parametrize("width", [60, 80, 140])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    lines = render("terminal", page(where=WITH_GPU), width=width).splitlines()
    assert max(len(line) for line in lines) <= width


def test_a_command_that_is_broken_into_lines_is_still_one_command() -> None:
    found = page(where=WITH_GPU)
    shown = render("terminal", found, width=60)
    command = shown.partition("Run it\n")[2].partition("\n\n")[0]
    assert found.run.split() == command.replace("\\\n", " ").split()


def test_colour_is_never_alone() -> None:
    plain, coloured = render("terminal", page()), render("terminal", page(), color=True)
    assert "\x1b[" in coloured
    assert "\x1b[" not in plain
    assert "✗ do not reuse here" in plain


def test_the_json_says_what_a_script_needs() -> None:
    told = json.loads(render("json", page(reading())))
    assert ("harness-check", 1) == (told["format"], told["version"])
    assert ("do not reuse here", 1) == (told["answer"], told["exit"])
    assert "libcuda-missing" == told["reasons"][0]["explain"]
    assert {
        "weight",
        "title",
        "evidence",
        "remedy",
        "source",
        "confidence",
        "explain",
        "standing",
        "seen",
    } == set(told["reasons"][0])
