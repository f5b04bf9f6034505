"""The page in its formats: one golden text each, and hostile strings everywhere."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.check.host import parse_host
from harness.check.page import CheckPage
from harness.check.reasons import Confidence, PredictionStanding, Reason, Weight
from harness.errors import UsageError
from harness.formats import PAGE
from harness.formats import render_page as render
from harness.text import plain
from tests.unit.check_builders import host, legacy_gpu, page, reading
from tests.unit.harmless import (
    harmless_html,
    harmless_json_text,
    harmless_markdown,
    harmless_terminal,
    harmless_text,
)
from tests.unit.hostile import CANNED, texts

GOLDEN = Path(__file__).parent / "golden"
HARMLESS = {
    "terminal": harmless_terminal,
    "markdown": harmless_markdown,
    "json": harmless_json_text,
    "html": harmless_html,
}
NAME = "name of "
Way = tuple[str | int, ...]
"""Steps from the root of a configuration to one of its texts."""
WITH_GPU = host(gpu="Tesla P100-PCIE-16GB", capability="6.0")


@pytest.mark.parametrize(
    ("format", "file"),
    [("terminal", "check.txt"), ("markdown", "check.md"), ("json", "check.json")],
)
def test_the_page_reads_as_the_golden_text(format: str, file: str) -> None:
    assert (GOLDEN / file).read_text("utf-8") == render(format, page(where=WITH_GPU))


def test_the_formats_are_found_by_name() -> None:
    assert ("html", "json", "markdown", "terminal") == PAGE.names()
    with pytest.raises(UsageError, match="there is no format 'pdf' for the page of a check"):
        render("pdf", page())


def test_the_same_values_give_the_same_bytes() -> None:
    for format in PAGE.names():
        assert render(format, page()) == render(format, page())


def spoilt_page(text: str) -> CheckPage:
    """A page of which every text is this one."""
    evil = Reason(
        weight=Weight.BLOCKS,
        title=text,
        evidence=(text,),
        remedy=text,
        source=text,
        confidence=Confidence.READ,
        explain=text,
        standing=PredictionStanding.CONFIRMED,
        seen=text,
    )
    return replace(
        page(),
        name=text,
        digest=text,
        purpose=text,
        because=text,
        unlooked=(text,),
        reasons=(evil,),
        promises=((text, text, text),),
        host=(("system", text),),
        measured=(("run", text),),
        instead=(("why", text),),
        run=text,
        notices=(text,),
        cost="",
    )


@pytest.mark.parametrize("text", CANNED, ids=lambda text: ascii(text)[:40])
def test_no_field_harms_who_reads_it(text: str) -> None:
    spoilt = spoilt_page(text)
    for name, check in HARMLESS.items():
        shown = render(name, spoilt)
        assert len(shown) < 100_000
        check(shown)
    assert json.loads(render("json", spoilt))["format"] == "harness-check"


def leaves(tree: Any, way: Way = ()) -> Iterator[Way]:
    """The way to every text of a configuration or a description, and to every name of one."""
    rows = tree.items() if isinstance(tree, dict) else enumerate(tree)
    for step, value in rows:
        if isinstance(value, dict | list | tuple):
            yield from leaves(value, (*way, step))
        else:
            yield (*way, step)
        if isinstance(tree, dict):
            yield (*way, f"{NAME}{step}")


def spoilt_at(tree: Any, way: Way, text: str) -> Any:
    """A copy in which that text, or that name, is another."""
    step, *rest = way
    if isinstance(tree, dict):
        if isinstance(step, str) and step.startswith(NAME):
            old = step.removeprefix(NAME)
            return {text if name == old else name: value for name, value in tree.items()}
        return {
            name: (spoilt_at(value, tuple(rest), text) if rest else text) if name == step else value
            for name, value in tree.items()
        }
    return [
        (spoilt_at(value, tuple(rest), text) if rest else text) if place == step else value
        for place, value in enumerate(tree)
    ]


CONFIGURATION = legacy_gpu()
SHORT = [text for text in CANNED if 0 < len(text) < 1000]
DESCRIBED = {
    "harness_host": 1,
    "machine": "x86_64",
    "kernel": "5.15.0",
    "system": "Debian",
    "cpu": {"model": "A CPU", "flags": ["avx", "sse2"]},
    "vsyscall": "none",
    "engines": [{"name": "docker", "version": "24.0.7", "api": "1.43", "minimum_api": "1.24"}],
    "gpus": [{"name": "Tesla V100-SXM2-16GB", "capability": "7.0"}],
    "driver": "535.104.05",
    "cuda": "12.2",
    "toolkit": "1.17.8",
    "date": "2026-11-20",
}


def check_all(found: CheckPage) -> None:
    for name, check in HARMLESS.items():
        check(render(name, found))


def some(ways: Iterable[Way], count: int) -> list[Any]:
    """Each way with the next few canned texts, so that together they see all of them often."""
    says = cycle(SHORT)
    return [
        pytest.param(way, [next(says) for _ in range(count)], id=".".join(map(str, way))[:60])
        for way in ways
    ]


@pytest.mark.parametrize(("way", "said"), some(leaves(CONFIGURATION), 2))
def test_whatever_a_configuration_says_the_page_is_harmless(way: Way, said: list[str]) -> None:
    for text in (*said, f"A={said[0]}", "x" * 100_000):
        check_all(page(reading(spoilt_at(CONFIGURATION, way, text)), WITH_GPU))


@pytest.mark.parametrize(("way", "said"), some(leaves(DESCRIBED), 4))
def test_whatever_a_host_is_said_to_be_the_page_is_harmless(way: Way, said: list[str]) -> None:
    for text in said:
        raw = json.dumps(spoilt_at(DESCRIBED, way, text)).encode()
        try:
            where = parse_host(raw, "host.json")
        except UsageError as error:
            harmless_text(plain(str(error)))
        else:
            check_all(page(where=where))


@settings(max_examples=20)
@given(st.lists(texts, max_size=4), st.dictionaries(texts, texts, max_size=3), texts)
def test_whatever_hypothesis_makes_of_an_image_the_page_is_harmless(
    listed: list[str], named: dict[str, str], text: str
) -> None:
    inner = {
        "Env": [*CONFIGURATION["config"]["Env"], *listed, *(f"{k}={v}" for k, v in named.items())],
        "Labels": CONFIGURATION["config"]["Labels"] | named,
        "Cmd": listed,
        "Entrypoint": listed,
        "User": text,
        "WorkingDir": text,
        "ExposedPorts": dict.fromkeys(listed, named),
        "Volumes": dict.fromkeys(listed, named),
    }
    steps = [{"created_by": f"RUN pip install tensorflow==1.2.1 {one}"} for one in listed]
    config = legacy_gpu(config=inner, history=steps, created=text, os=text)
    check_all(page(reading(config), WITH_GPU))


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
        "rule",
        "standing",
        "seen",
    } == set(told["reasons"][0])
