"""The pages of docs/reference/ are those that are made from the code, and leave nothing out."""

from __future__ import annotations

import json
import re

import pytest

from harness.cli import app
from harness.probing.probe import load_probes
from scripts.reference_pages import FOLDER, PAGES, ROOT


def written(page: str) -> str:
    return (FOLDER / page).read_text("utf-8")


@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_what_is_made_now(page: str) -> None:
    made = PAGES[page]().rstrip() + "\n"
    assert made == written(page), "run: python -m scripts.reference_pages"


def test_no_page_lies_there_that_nothing_makes() -> None:
    assert set(PAGES) == {path.name for path in FOLDER.iterdir()}


def test_every_command_and_every_option_is_on_the_page_of_the_command_line() -> None:
    import typer

    page = written("cli.md")
    commands = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    for name, command in commands.items():
        part = page.split(f"## harness {name}\n")[1].split("\n## ")[0]
        for one in command.params:
            if not getattr(one, "hidden", False):
                assert (one.opts[0] if one.param_type_name == "option" else one.metavar) in part


def test_every_key_of_the_schema_is_on_the_page_of_keys() -> None:
    schema = json.loads((ROOT / "matrix.schema.json").read_text("utf-8"))
    page = written("matrix-keys.md")
    for name, table in {"The file": schema, **schema["$defs"]}.items():
        part = page.split(f"## {name}\n")[1].split("\n## ")[0]
        assert set(table.get("properties", {})) == set(re.findall(r"^\| `([^`]+)` \|", part, re.M))


def test_every_probe_and_what_shows_a_level_is_on_the_page_of_facts() -> None:
    page = written("facts.md")
    for probe in load_probes([ROOT / "probes"]):
        part = page.split(f"## {probe.name}\n")[1].split("\n## ")[0]
        assert probe.question in part
        for one in probe.evidence:
            assert f"`{one.fact}`" in part


def test_a_fact_that_the_committed_runs_have_is_on_the_page_by_its_name_or_its_family() -> None:
    page = written("facts.md")
    lines = (ROOT / "reports/nightly/records.jsonl").read_text("utf-8").splitlines()
    facts = {fact for line in lines for fact in json.loads(line).get("record", {}).get("facts", ())}
    assert len(facts) > 100
    for fact in facts:
        first, second = fact.split(".")[:2]
        numbered = re.sub(r"\.\d+(?=\.|$)", ".N", fact)
        known = (f"`{numbered}`", f"`{first}.{second}.*`", f"`{first}.NAME`")
        assert any(one in page for one in known), fact
