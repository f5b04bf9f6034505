"""docs/faults.md tells of every fault that the tests of tests/real inject, and of no other."""

from __future__ import annotations

import ast
from pathlib import Path

from tests.real.fault_table import ELSEWHERE, Row, table

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "faults.md").read_text("utf-8")
NODES = [
    node
    for path in sorted((ROOT / "tests" / "real").glob("test_*.py"))
    for node in ast.walk(ast.parse(path.read_text("utf-8")))
]


def injected() -> set[tuple[int, str]]:
    """Number and words of every `pytest.mark.fault(number, words)`."""
    return {
        (node.args[0].value, node.args[1].value)  # type: ignore[attr-defined]
        for node in NODES
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and "fault" == node.func.attr
    }


def told() -> set[tuple[int, str]]:
    rows = [line.strip("| ").split(" | ") for line in PAGE.splitlines() if line.startswith("| ")]
    return {(int(row[0]), row[1]) for row in rows if 4 == len(row) and row[0].isdigit()}


def test_what_is_injected_is_told_and_nothing_else() -> None:
    assert injected() == told()


def test_the_page_names_tests_that_exist() -> None:
    names = {node.name for node in NODES if isinstance(node, ast.FunctionDef)}
    rows = [line.strip("| ").split(" | ") for line in PAGE.splitlines() if line.startswith("| ")]
    assert {row[3].strip("`") for row in rows if 4 == len(row) and row[0].isdigit()} <= names
    for _, _, test in ELSEWHERE:
        assert (ROOT / test).is_file(), test
        assert f"`{test}`" in PAGE


def test_what_an_engine_said_stays_in_its_cell() -> None:
    row = Row(fault=9, injected="garbage", happened="a | b\n| c", test="test_x")
    assert "| 9 | garbage | a \\| b \\| c | `test_x` |" in table([row])
