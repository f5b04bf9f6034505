"""Tests import from each other in one way: by the whole name, `tests.unit.builders`."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[1]
FILES = sorted(
    path for path in TESTS.rglob("*.py") if path.parent.parent == TESTS or path.parent == TESTS
)
OURS = {path.stem for path in FILES} - {"conftest"}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(TESTS).as_posix())
def test_no_test_imports_another_file_by_its_bare_name(path: Path) -> None:
    bare = set()
    for node in ast.walk(ast.parse(path.read_bytes())):
        match node:
            case ast.ImportFrom(module=str(name), level=0):
                bare.add(name.partition(".")[0])
            case ast.Import(names=names):
                bare |= {one.name.partition(".")[0] for one in names}
            case ast.ImportFrom(level=level) if level:
                bare.add("." * level)
    wrong = {name for name in bare if name in OURS or name.startswith(".")}
    assert set() == wrong, "write `from tests.FOLDER.FILE import ...`"


def test_every_file_of_tests_has_a_name_of_its_own() -> None:
    names = [path.name for path in FILES if path.name.startswith("test_")]
    assert sorted(set(names)) == sorted(names), "pytest imports them by their bare names"
