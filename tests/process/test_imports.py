"""Importing does nothing: watched from outside, in a fresh interpreter."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
HEAVY = {"docker", "numpy", "pydantic", "ray", "rich", "ruamel", "scipy", "tabulate", "jinja2"}
HEAVY |= {"typer"}

WATCH = """
import importlib, json, sys
seen = []
code = (".py", ".pyc", ".so")
worlds = ("socket", "subprocess", "sqlite3", "shutil", "tempfile")
changes = ("mkdir", "remove", "rename", "system", "exec", "posix_spawn", "fork")
def watch(event, args):
    if event == "open":
        path, mode = str(args[0]), args[1] or "r"
        if (not path.endswith(code) and "__pycache__" not in path) or set(mode) & set("wax+"):
            seen.append([event, path])
    elif event.split(".")[0] in worlds or event in ["os." + change for change in changes]:
        seen.append([event, str(args)[:200]])
sys.dont_write_bytecode = True
sys.addaudithook(watch)
for name in sys.argv[1:]:
    importlib.import_module(name)
print(json.dumps({"seen": seen, "modules": sorted(sys.modules)}))
"""


def watched(*names: str) -> tuple[list[list[str]], set[str]]:
    """(what the imports did beyond reading code, all modules loaded then)."""
    finished = subprocess.run(
        [sys.executable, "-c", WATCH, *names],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": str(ROOT), "PATH": ""},
    )
    answer = json.loads(finished.stdout)
    return answer["seen"], set(answer["modules"])


@pytest.mark.parametrize("names", [("harness",), ("harness.model", "harness.errors")])
def test_importing_the_package_and_its_types_only_reads_code(names: tuple[str, ...]) -> None:
    seen, modules = watched(*names)
    assert seen == []
    assert set() == modules & HEAVY


def test_importing_the_store_opens_nothing_and_loads_nothing_heavy() -> None:
    seen, modules = watched(
        "harness.store.store", "harness.store.transfer", "harness.machine.places"
    )
    assert [event for event in seen if event[0] != "open"] == []
    assert set() == modules & HEAVY


def test_a_report_is_made_without_an_engine_and_on_a_page_without_what_draws_on_terminals() -> None:
    pages = ("harness.formats.markdown", "harness.formats.html", "harness.formats.json")
    _, modules = watched("harness.commands.report", "harness.commands.past", *pages)
    assert "harness.formats.html" in modules
    assert set() == modules & {"harness.engines", "harness.running.session", "ruamel", "rich"}


def test_a_file_opened_on_import_would_be_seen(tmp_path: Path) -> None:
    (tmp_path / "careless.py").write_text(
        "import os\nos.mkdir('made')\nopen('/etc/passwd').close()"
    )
    finished = subprocess.run(
        [sys.executable, "-c", WATCH, "careless"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    seen = json.loads(finished.stdout)["seen"]
    assert [event for event, _ in seen] == ["os.mkdir", "open"]
