"""The rooms that docs/architecture.md draws: who may import whom, and which words belong where."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from harness import errors
from harness.errors import Exit, HarnessError

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "harness"

VALUES = {"", "model", "promises", "errors", "outcomes", "text", "moments", "serial", "standard"}
"""What stands at the root beside the edges: seen by every room."""
PLANNING = {"suite", "recipes", "probing"}
SEES: dict[str, set[str]] = {
    "knowledge": set(),
    "dockerfiles": set(),
    "recipes": {"dockerfiles"},
    "probing": set(),
    "suite": {"knowledge"},
    "compare": {"probing", "knowledge"},
    "machine": set(),
    "datasets": set(),
    "distributions": set(),
    "images": {"machine", "knowledge"},
    "store": {"machine"},
    "engines": {"dockerfiles", "recipes", "probing", "machine", "datasets", "distributions"}
    | {"images"},
    "outside": {"probing", "machine", "engines"},
    "check": {"dockerfiles", "images", "compare", "knowledge"},
    "nights": {"suite", "compare"},
    "history": {"compare", "nights"},
    "formats": {"suite", "dockerfiles", "recipes", "probing", "compare", "check", "nights"}
    | {"history"},
    "running": PLANNING
    | {"machine", "datasets", "images", "engines", "store", "compare", "nights", "formats"}
    | {"history", "check", "knowledge"},
    "doctor": {"machine", "engines"},
    "testing": PLANNING | {"machine", "engines", "store", "compare", "formats", "running"},
    "commands": PLANNING
    | {"machine", "images", "knowledge", "engines", "store", "compare", "formats", "running"}
    | {"check", "doctor", "dockerfiles", "testing", "nights", "history", "distributions"},
}
"""What each room may import besides itself and the values. `cli` and `pytest_plugin` see all."""
EDGES = {"cli", "pytest_plugin"}
PURE = {"suite", "recipes", "probing", "knowledge", "compare", "nights", "history", "check"}
PURE |= {"formats", "dockerfiles"}
"""Values in, values out: no module of these rooms reaches for the world."""

LONGEST = 350
LONG_BY_NEED = {
    "compare.kinds": "a table: every kind of finding with its words",
    "probing.guest.runner": "goes into foreign images as one file",
    "model": "the words that everybody shares, read in one place",
    "cli": "every command with its options, read in one place",
}

MOST_ROWS = 30
MOST_AT_THE_ROOT = 11
MOST_PARAMETERS = 7
COMMAND_LINE = {"cli", "commands.options"}
"""Its functions have a parameter for each option."""

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
HEAVY = {"docker", "jinja2", "numpy", "pydantic", "ray", "rich", "ruamel", "scipy", "tabulate"}
HEAVY |= {"typer"}
WORD = "tensor" + "flow"
WHERE_THE_WORD_BELONGS = ("knowledge/", "standard/")


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def name_of(path: Path) -> str:
    """The dotted name below `harness`: `` for the package itself."""
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def room_of(name: str) -> str:
    """The room a module stands in; a module at the root is its own."""
    return name.partition(".")[0]


def imports(tree: ast.AST) -> Iterator[str]:
    """Dotted names of everything imported, wherever the import stands."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            for alias in node.names:
                yield f"{node.module}.{alias.name}"


def pure(name: str) -> bool:
    """Whether a module is of planning and comparing; the guest files run elsewhere."""
    return room_of(name) in PURE and not name.startswith("probing.guest.")


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
    """The imported modules that the room of `name` may not see."""
    room = room_of(name)
    if room in EDGES:
        return set()
    allowed = VALUES | ({room} | SEES[room] if room in SEES else set())
    return {imported for imported in own_imports(tree) if room_of(imported) not in allowed}


@pytest.mark.parametrize("path", modules(), ids=name_of)
def test_imports_point_one_way(path: Path) -> None:
    name = name_of(path)
    assert room_of(name) in VALUES | EDGES | SEES.keys(), f"give the room of harness.{name} a row"
    assert set() == forbidden(name, ast.parse(path.read_bytes()))


def test_no_two_rooms_can_see_each_other() -> None:
    order = tuple(TopologicalSorter(SEES).static_order())
    assert set(order) == set(SEES)


def test_every_package_says_what_is_in_it_and_what_never_is() -> None:
    packages = sorted(path for path in PACKAGE.rglob("__init__.py") if path.parent != PACKAGE)
    assert SEES.keys() <= {path.parent.name for path in packages}
    for path in packages:
        text = ast.get_docstring(ast.parse(path.read_bytes())) or ""
        assert "Never here:" in text, name_of(path)


def cycle(graph: dict[str, set[str]]) -> list[str]:
    """A way round a graph of imports; empty where there is none."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        found: list[str] = error.args[1]
        return found
    return []


def test_no_modules_import_each_other() -> None:
    """Late imports count: they hide a cycle, they do not end it."""
    graph = {
        name_of(path): own_imports(ast.parse(path.read_bytes())) - {name_of(path)}
        for path in modules()
    }
    assert [] == cycle(graph)
    assert cycle({**graph, "model": {"suite.matrix"}})


def test_no_rooms_import_each_other() -> None:
    graph: dict[str, set[str]] = {}
    for path in modules():
        room = room_of(name_of(path))
        seen = {room_of(name) for name in own_imports(ast.parse(path.read_bytes()))}
        graph.setdefault(room, set()).update(seen - {room})
    assert [] == cycle(graph)
    assert cycle({**graph, "model": {"suite"}})


def test_the_table_of_rooms_and_the_root_stay_small() -> None:
    assert len(SEES) <= MOST_ROWS
    assert len(list(PACKAGE.glob("*.py"))) <= MOST_AT_THE_ROOT


def parameters(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """How many things a caller may hand over."""
    named = function.args
    every = [*named.posonlyargs, *named.args, *named.kwonlyargs, named.vararg, named.kwarg]
    names = [one.arg for one in every if one is not None]
    return len(names) - (names[:1] in (["self"], ["cls"]))


def test_no_function_has_more_than_seven_parameters() -> None:
    found = [
        f"{name_of(path)}.{node.name}"
        for path in modules()
        if name_of(path) not in COMMAND_LINE
        for node in ast.walk(ast.parse(path.read_bytes()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and parameters(node) > MOST_PARAMETERS
    ]
    assert [] == found
    many = ast.parse("def f(self, a, b, /, c, d, *e, g, h, **i): pass").body[0]
    assert isinstance(many, ast.FunctionDef)
    assert 8 == parameters(many)


def test_no_two_classes_share_a_name() -> None:
    where: dict[str, list[str]] = {}
    for path in modules():
        for node in ast.walk(ast.parse(path.read_bytes())):
            if isinstance(node, ast.ClassDef):
                where.setdefault(node.name.lstrip("_"), []).append(name_of(path))
    assert {} == {name: found for name, found in where.items() if len(found) > 1}
    assert {"Cell", "Probe", "Suite"} <= set(where)


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("compare.judge", "from harness.store.store import Store"),
        ("compare.judge", "import harness.engines.docker"),
        ("compare.judge", "def f():\n    from harness import store"),
        ("store.store", "from harness.engines import Engine"),
        ("engines.docker", "from harness.store.store import Store"),
        ("images.registry", "from harness.check.host import Host"),
        ("running.worker", "from harness import cli"),
        ("model", "from harness.suite.matrix import load_suite"),
    ],
)
def test_an_import_the_other_way_would_be_seen(name: str, source: str) -> None:
    assert len(forbidden(name, ast.parse(source))) == 1


@pytest.mark.parametrize("path", [path for path in modules() if pure(name_of(path))], ids=name_of)
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
        if path.is_file() and path.suffix != ".gz" and "__pycache__" not in path.parts
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
