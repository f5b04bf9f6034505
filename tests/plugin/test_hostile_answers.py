"""What images say to hurt whoever reads pytest's output, or the JUnit report a CI service takes."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from harness.model import Outcome, Raised
from harness.probing.answer import Answer
from tests.plugin.demo import MATRIX, Demo, Said
from tests.unit.harmless import UNSEEN
from tests.unit.hostile import CANNED

pytest_plugins = "pytester"

SHORT = [text for text in CANNED if 0 < len(text) < 1000]
BY_HAND = """
def test_an_unknown_fact(cell, facts):
    facts["no.such"]


def test_a_silent_one(cell, facts):
    facts["demo.version"]
"""


def facts_of(texts: list[str]) -> dict[str, str]:
    return {f"other.{number}": text for number, text in enumerate(texts)}


def check_output(demo: Demo, result: pytest.RunResult) -> None:
    """Terminal and JUnit report act upon nobody; the latter is XML with every test in it."""
    lines = result.outlines
    assert len(lines) > 10
    assert not [line for line in lines if UNSEEN.search(line) or re.search(r"##\w*\[", line)]
    assert not [line for line in lines if line.lstrip().startswith("::")]
    cases = list(ElementTree.parse(demo.path / "junit.xml").getroot().iter("testcase"))
    outcomes = result.parseoutcomes()
    wanted = ("passed", "failed", "skipped", "error", "errors")
    assert len(cases) == sum(outcomes.get(one, 0) for one in wanted)
    told = [case.get("name", "") for case in cases]
    for case in cases:
        for child in case:
            told += [child.get("message", ""), child.text or ""]
        told += [one.get("value", "") for one in case.iter("property")]
    assert not [text for text in told if re.search(r"##\w*\[|^[ ]*::", text, re.MULTILINE)]
    assert not [text for text in told if UNSEEN.search(text.replace("\t", ""))]


def suite_of(count: int) -> str:
    """As the demo's suite, with so many cells that are compared with `old`."""
    old, rest = MATRIX.split("  - {id: new")
    rows = [
        f'  - {{id: c{one}, image: "demo:{one}", framework: {{demo: "1.0"}}, tags: [quick]}}\n'
        for one in range(count)
    ]
    return old + "".join(rows) + rest[rest.index("expectations:") :]


def tried(demo: Demo) -> pytest.RunResult:
    (demo.path / "test_by_hand.py").write_text(BY_HAND, encoding="utf-8")
    return demo.run("test_by_hand.py", "matrix.yaml", "-rA", "-vv", "--junitxml", "junit.xml")


def test_hostile_facts_are_told_harmlessly(demo: Demo) -> None:
    demo.write(
        said={
            ("new", "answer"): {"demo.version": SHORT[0], "answer.sum": SHORT[9]},
            ("new", "other"): {"other.thing": tuple(SHORT), **facts_of(SHORT)},
        }
    )
    result = tried(demo)
    assert 1 == result.ret
    check_output(demo, result)


def test_hostile_exceptions_and_reasons_are_told_harmlessly(demo: Demo) -> None:
    ends = (Outcome.CRASHED, Outcome.TIMED_OUT, Outcome.NO_ANSWER, Outcome.HOST_INCOMPATIBLE)
    said: dict[tuple[str, str], Said] = {}
    for number, text in enumerate(SHORT):
        other, cell = SHORT[number - 1], f"c{number}"
        said[cell, "answer"] = Raised(type=text, message=other, traceback=f"{text}\n{other}")
        end = ends[number % len(ends)]
        said[cell, "other"] = Answer(probe="other", outcome=end, reason=text)
    demo.write(suite_of(len(SHORT)), said)
    result = tried(demo)
    assert 1 == result.ret
    check_output(demo, result)


@pytest.mark.parametrize("outcome", [Outcome.PULL_FAILED, Outcome.BUILD_FAILED])
def test_hostile_words_of_engines_and_builds_are_told_harmlessly(
    demo: Demo, outcome: Outcome
) -> None:
    demo.write(obtained={"new": outcome}, why="\n".join(SHORT)[:4000])
    result = tried(demo)
    assert 1 == result.ret
    check_output(demo, result)
