"""The shape that docs/architecture.md draws: who may import whom, and which words belong where."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness import errors
from harness.errors import Exit, HarnessError

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "harness"

LAYERS = ("ground", "pure", "engines", "store", "worker", "runner", "edges")
SIGHT = {
    "ground": {"ground"},
    "pure": {"ground", "pure"},
    "engines": {"ground", "pure", "engines"},
    "store": {"ground", "pure", "store"},
    "worker": {"ground", "pure", "engines", "worker"},
    "runner": {"ground", "pure", "engines", "store", "worker", "runner"},
    "edges": set(LAYERS),
}
"""Which layers a layer may import. Engines and store do not know each other; the edges, nobody."""

LAYER_OF = {
    # Words, small values, and places: seen by everybody, seeing nobody.
    "": "ground",
    "addresses": "ground",
    "errors": "ground",
    "files": "ground",
    "guest": "ground",
    "idx": "ground",
    "lease": "ground",
    "model": "ground",
    "owner": "ground",
    "places": "ground",
    "runid": "ground",
    "scalars": "ground",
    "spelling": "ground",
    "standard": "ground",
    "text": "ground",
    "words": "ground",
    # Planning and comparing: values in, values out.
    "answer": "pure",
    "availability": "pure",
    "axes": "pure",
    "budget": "pure",
    "cells": "pure",
    "check": "pure",
    "compare": "pure",
    "diagnosis": "pure",
    "document": "pure",
    "formats": "pure",
    "framing": "pure",
    "lock": "pure",
    "matrix": "pure",
    "metadata": "pure",
    "nodes": "pure",
    "plan": "pure",
    "probe": "pure",
    "progress": "pure",
    "recipe": "pure",
    "reuse": "pure",
    "references": "pure",
    "schema": "pure",
    "selection": "pure",
    "serial": "pure",
    # What runs environments, and what it needs from the world.
    "check.address": "engines",
    "check.archive": "engines",
    "check.challenge": "engines",
    "check.credentials": "engines",
    "check.layer_worker": "engines",
    "check.login": "engines",
    "check.looking": "engines",
    "check.pools": "engines",
    "check.reading": "engines",
    "check.registry": "engines",
    "check.remembered": "engines",
    "check.transport": "engines",
    "dataset": "engines",
    "distributions": "engines",
    "doctor": "engines",
    "engines": "engines",
    "hostclass": "engines",
    "interpreters": "engines",
    "mirrors": "engines",
    "originals": "engines",
    "prefixes": "engines",
    "process": "engines",
    "recordings": "engines",
    "rootfs": "engines",
    "workfolder": "engines",
    # The only persistence.
    "database": "store",
    "rows": "store",
    "schema_sql": "store",
    "store": "store",
    "transfer": "store",
    "worker": "worker",
    "runner": "runner",
    "cli": "edges",
    "options": "edges",
    "commands": "edges",
    "pytest_plugin": "edges",
    "testing": "edges",
}
"""Layer of a module or of a whole package, by its dotted name below `harness`."""

LONGEST = 350
LONG_BY_NEED = {
    "guest.runner": "goes into foreign images as one file",
    "model": "the words that everybody shares, read in one place",
}

WORLD = {
    "asyncio",
    "docker",
    "fcntl",
    "http",
    "multiprocessing",
    "requests",
    "shutil",
    "socket",
    "sqlite3",
    "subprocess",
    "tempfile",
    "urllib",
}
HEAVY = {"docker", "jinja2", "pydantic", "rich", "ruamel", "tabulate", "typer"}
WORD = "tensor" + "flow"
WHERE_THE_WORD_BELONGS = ("check/knowledge/", "standard/")


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def name_of(path: Path) -> str:
    """The dotted name below `harness`: `` for the package itself."""
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def layer_of(name: str) -> str:
    """The layer of the nearest enclosing entry; empty where there is none."""
    if name in LAYER_OF or "." not in name:
        return LAYER_OF.get(name, "")
    return layer_of(name.rpartition(".")[0])


def imports(tree: ast.AST) -> Iterator[str]:
    """Dotted names of everything imported, wherever the import stands."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            for alias in node.names:
                yield f"{node.module}.{alias.name}"


def own_imports(tree: ast.AST) -> set[str]:
    """Imported modules of ours, by their name below `harness`."""
    ours = {name_of(path) for path in modules()}
    found = set()
    for imported in imports(tree):
        if imported.partition(".")[0] != "harness":
            continue
        name = imported.partition(".")[2]
        while name not in ours:
            name = name.rpartition(".")[0]
        found.add(name)
    return found


def forbidden(name: str, tree: ast.AST) -> set[str]:
    sight = SIGHT[layer_of(name)]
    return {imported for imported in own_imports(tree) if layer_of(imported) not in sight}


@pytest.mark.parametrize("path", modules(), ids=name_of)
def test_imports_point_one_way(path: Path) -> None:
    name = name_of(path)
    assert layer_of(name), f"harness.{name} has no layer: add it to the table LAYER_OF"
    assert set() == forbidden(name, ast.parse(path.read_bytes()))


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("compare.judge", "from harness.store import Store"),
        ("compare.judge", "import harness.engines.docker"),
        ("compare.judge", "def f():\n    from harness import store"),
        ("store", "from harness.engines import Engine"),
        ("engines.docker", "from harness.store import Store"),
        ("worker", "from harness.store import Store"),
        ("runner", "from harness import cli"),
        ("model", "from harness.serial import encode"),
    ],
)
def test_an_import_the_other_way_would_be_seen(name: str, source: str) -> None:
    assert len(forbidden(name, ast.parse(source))) == 1


@pytest.mark.parametrize(
    "path", [path for path in modules() if layer_of(name_of(path)) == "pure"], ids=name_of
)
def test_planning_and_comparing_do_not_reach_for_the_world(path: Path) -> None:
    found = {imported.partition(".")[0] for imported in imports(ast.parse(path.read_bytes()))}
    assert set() == found & WORLD


@pytest.mark.parametrize("name", ["", "model", "errors", "cli"])
def test_what_is_imported_first_imports_nothing_heavy_at_its_top(name: str) -> None:
    path = PACKAGE / (f"{name}.py" if name else "__init__.py")
    if not path.exists():
        pytest.skip(f"there is no {path.name} yet")
    tree = ast.parse(path.read_bytes())
    top = ast.Module([node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)])
    found = {imported.partition(".")[0] for imported in imports(top)}
    assert set() == found & (HEAVY - {"typer"} if name == "cli" else HEAVY)


def test_the_framework_is_named_only_where_frameworks_belong() -> None:
    files = [
        path
        for path in sorted(PACKAGE.rglob("*"))
        if path.is_file() and path.suffix not in {".gz", ".pyc"}
    ]
    assert files
    assert [
        str(path.relative_to(ROOT))
        for path in files
        if not str(path.relative_to(PACKAGE)).startswith(WHERE_THE_WORD_BELONGS)
        and WORD in path.read_text("utf-8").lower()
    ] == []


def short(path: Path) -> bool:
    return len(path.read_text("utf-8").splitlines()) <= LONGEST


@pytest.mark.parametrize(
    "path", [path for path in modules() if name_of(path) not in LONG_BY_NEED], ids=name_of
)
def test_a_module_is_short_enough_for_one_idea(path: Path) -> None:
    assert short(path)


@pytest.mark.parametrize("name", LONG_BY_NEED)
def test_a_module_that_may_be_long_still_is(name: str) -> None:
    path = PACKAGE / (name.replace(".", "/") + ".py")
    assert not short(path), f"take {name} out of LONG_BY_NEED"


def rows(page: str) -> list[list[str]]:
    """The cells of every table row of a page, code marks removed."""
    lines = (ROOT / "docs" / page).read_text("utf-8").splitlines()
    return [
        [cell.strip(" `") for cell in line.split("|")[1:-1]] for line in lines if line[:1] == "|"
    ]


def test_every_exit_status_is_documented_and_no_other() -> None:
    documented = {(row[0], row[1]) for row in rows("exit-statuses.md") if row[0].isdigit()}
    assert {(str(int(status)), status.name) for status in Exit} == documented


def test_the_documented_precedence_is_the_one_that_decides() -> None:
    page = (ROOT / "docs/exit-statuses.md").read_text("utf-8")
    found = re.search(r"the first of these decides: ([\d, ]+)\.", page)
    assert found
    order = [Exit(int(status)) for status in found[1].split(", ")]
    assert set(Exit) == set(order)
    for position, status in enumerate(order):
        assert status == errors.worst(order[position:])


def test_every_error_is_documented_with_its_exit_status() -> None:
    kinds = [
        kind
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, HarnessError) and kind is not HarnessError
    ]
    documented = {row[0]: row[1] for row in rows("exit-statuses.md") if row[0].endswith("Error")}
    assert {kind.__name__: str(int(kind.exit)) for kind in kinds} == documented
