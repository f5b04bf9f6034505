"""Paths, limits, defaults and names that the documentation states are those of the code."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from harness.compare.differences import Difference
from harness.compare.evidence import KINDS
from harness.compare.judgement import CellJudgement, Finding, NotJudged, RuleUse
from harness.compare.rules import can_fail
from harness.engines.oci.capabilities import DOCKER, TABLE
from harness.engines.oci.specification import ContainerSpec, host_options, scratch_path
from harness.formats.markdown import BUDGET
from harness.machine.places import Places
from harness.model import EvidenceKind, Expectation, Level, Nature, Probe, Profile
from harness.probing.guest.runner import SCRATCH_VARIABLES
from harness.pytest_plugin import pytest_addoption
from harness.serial import MAX_DEPTH, MAX_LINE_BYTES
from harness.store.schema_sql import APPLICATION_ID, MIGRATIONS
from harness.suite.cells import make_profile
from harness.suite.document import MAX_BYTES
from harness.suite.promise_tables import CheckTable, PromisingTable, ServedTable, TrainedTable
from harness.suite.schema import (
    BandTable,
    CellTable,
    Defaults,
    ExpectationTable,
    ExpectTable,
    Matrix,
    ProfileTable,
    json_schema,
)
from harness.suite.words import size_in_bytes, size_text
from harness.testing import properties
from harness.testing.comparing import CellComparison
from harness.testing.selected import MARK

ROOT = Path(__file__).resolve().parents[2]
MIB = 1024**2


def text(page: str) -> str:
    """A page of docs/ with its line breaks as blanks."""
    return " ".join((ROOT / "docs" / page).read_text("utf-8").split())


def table(page: str, first: str) -> list[list[str]]:
    """The rows of the tables of a page whose first column is headed so, code marks kept."""
    found: list[list[str]] = []
    inside = False
    for line in (ROOT / "docs" / page).read_text("utf-8").splitlines():
        row = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        inside = bool(row) and (inside or row[0] == first)
        if inside and row[0] != first and not row[0].startswith("---"):
            found.append(row)
    assert found, f"docs/{page} has no table of `{first}`"
    return found


def codes(cell: str) -> list[str]:
    """What stands in code marks in one cell of a table."""
    return re.findall(r"`([^`]+)`", cell)


def section(page: str, heading: str) -> str:
    """A section of a page, from its heading to the next of its rank."""
    whole = (ROOT / "docs" / page).read_text("utf-8")
    found = re.search(rf"^## {re.escape(heading)}\n(.*?)(?=^## |\Z)", whole, re.M | re.S)
    assert found, f"docs/{page} has no section `{heading}`"
    return found[1]


def keys_of(page: str, heading: str) -> set[str]:
    """The keys in the first column of the tables of one section."""
    rows = re.findall(r"^\| (`[^|]*) \|", section(page, heading), re.M)
    return {key for row in rows for key in codes(row)}


def aliases(*models: type) -> set[str]:
    return {field.alias for model in models for field in model.model_fields.values()}  # type: ignore[attr-defined]


# --- matrix.yaml ---------------------------------------------------------------------------------


def profile_rows() -> dict[str, str]:
    rows = re.findall(r"^\| `([a-z-]+)` \| [^|]+ \| (.*?) \|$", text_of_profile(), re.M)
    return {key: (codes(strict) or [strict])[0] for key, strict in rows}


def text_of_profile() -> str:
    whole = (ROOT / "docs/matrix.md").read_text("utf-8")
    return whole[whole.index("| key | holds | strict |") : whole.index("Sizes are `6GiB`")]


def test_the_strict_profile_of_the_documentation_is_the_one_that_containers_run_under() -> None:
    strict = Profile()
    values = {
        "memory": size_text(strict.memory_bytes),
        "processes": str(strict.processes),
        "scratch": size_text(strict.scratch_bytes),
        "open-files": str(strict.open_files),
        "output": size_text(strict.output_bytes),
        "writable": str(strict.writable).lower(),
        "scratch-exec": str(strict.scratch_exec).lower(),
        "network": str(strict.network).lower(),
        "environment": "none" if not strict.environment else "some",
    }
    assert values == profile_rows()
    assert aliases(ProfileTable) == set(values)
    assert len(fields(Profile)) == len(values) + len({"name", "relaxations"})


def test_a_profile_that_states_the_documented_values_departs_in_nothing() -> None:
    stated = {
        key: size_in_bytes(value) if value.endswith("iB") else ast.literal_eval(value.title())
        for key, value in profile_rows().items()
        if key != "environment"
    }
    assert Profile() == make_profile(ProfileTable.model_validate(stated))


def test_scratch_lies_where_the_documentation_says_and_is_told_by_those_variables() -> None:
    page = text("matrix.md")
    (prefix,) = re.findall(r"\(`(/[a-z-]+)` and eight random digits\)", page)
    assert re.fullmatch(prefix + "[0-9a-f]{8}", scratch_path())
    assert scratch_path() != scratch_path()
    (named,) = re.findall(r"the variables (.*?) name it\.", page)
    assert list(SCRATCH_VARIABLES) == codes(named)
    options = options_of("/scratch-x")
    assert ["/scratch-x"] == list(options["tmpfs"])
    assert f"size={Profile().scratch_bytes}" in options["tmpfs"]["/scratch-x"]
    assert options["read_only"]


def options_of(scratch: str) -> dict[str, Any]:
    """What the engine is asked for by a strict container on three cores."""
    spec = ContainerSpec(image="x", command=("true",), labels={}, cores=3, scratch=scratch)
    return host_options(spec, DOCKER)


def test_the_limit_on_processes_grows_with_the_cores_as_documented() -> None:
    (each,) = re.findall(r"grows by (\d+) for each core", text("matrix.md"))
    options = options_of("/s")
    assert options["pids_limit"] == Profile().processes + 3 * int(each)


def aliased(model: type[BaseModel]) -> set[str]:
    """The keys of a table as they are written."""
    return {one.alias or name.replace("_", "-") for name, one in model.model_fields.items()}


def promise_tables() -> tuple[set[str], set[str], set[str], set[str]]:
    """The keys of the four tables about promises."""
    whole = section("matrix.md", "What a cell promises")
    parts = re.split(r"^\| key", whole, flags=re.M)[1:]
    found = [re.findall(r"^\| (`[^|]*) \|", part, re.M) for part in parts]
    first, second, third, fourth = ({key for row in rows for key in codes(row)} for rows in found)
    return first, second, third, fourth


def test_the_keys_of_a_matrix_are_those_that_are_documented() -> None:
    assert aliases(Matrix) == keys_of("matrix.md", "Top level")
    cell = keys_of("matrix.md", "A cell") - aliases(ProfileTable)
    assert aliases(CellTable) - {"environment"} == cell
    served, checks, promised, trained = promise_tables()
    assert aliased(ServedTable) == served
    assert aliased(CheckTable) == checks
    assert aliased(PromisingTable) == promised | {"command", "user", "serves"}
    assert aliased(TrainedTable) == trained
    expected = keys_of("matrix.md", "A cell that is expected to fail")
    assert aliases(ExpectTable) == expected
    judging = keys_of("matrix.md", "Expectations and bands")
    assert aliases(ExpectationTable) == judging
    bands = section("matrix.md", "Expectations and bands").partition("A band says")[2]
    assert aliases(BandTable) <= set(codes(bands))
    (row,) = [row for row in table("matrix.md", "key") if row[0] == "`defaults`"]
    assert aliases(Defaults) == set(codes(row[1]))


def test_the_rules_and_levels_that_are_documented_are_those_that_the_schema_admits() -> None:
    definitions = json_schema()["$defs"]
    (row,) = [row for row in table("matrix.md", "key") if row[0] == "`rule`"]
    rules = definitions["ExpectationTable"]["properties"]["rule"]["enum"]
    assert set(rules) == set(codes(row[1]))
    assert all(can_fail(Expectation(facts="*", rule=rule)) for rule in ("exact", "within"))
    (row,) = [row for row in table("matrix.md", "key") if row[0] == "`level`"]
    levels = definitions["Defaults"]["properties"]["level"]
    assert f"L{int(levels['enum'][0][1])} to {levels['enum'][-1]}" in row[1]
    assert levels["default"] == row[2] == Level.L3


def test_a_matrix_may_be_as_large_as_documented() -> None:
    assert f"at most {MAX_BYTES // MIB} MiB, one document" in text("matrix.md")


# --- probes --------------------------------------------------------------------------------------


def test_every_kind_of_evidence_is_documented_and_no_other() -> None:
    assert set(EvidenceKind) == set(KINDS) == keys_of("probes.md", "Kinds of evidence")


def test_every_nature_of_a_fact_is_documented_and_no_other() -> None:
    natures = text("probes.md").partition("Natures: ")[2].partition("## ")[0]
    assert set(Nature) == set(re.findall(r"\*(\w+)\*", natures))


def test_what_the_gpu_probe_can_answer_is_documented() -> None:
    tree = ast.parse((ROOT / "probes" / "gpu.py").read_bytes())
    said = {
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    documented = {codes(row[0])[0] for row in table("probes.md", "outcome")}
    assert documented <= said


# --- records, places, text -----------------------------------------------------------------------


def test_everything_lies_where_the_documentation_says() -> None:
    home = Path("/home/x")
    documented = {}
    for row in table("records.md", "what"):
        (variable,) = codes(row[2])
        documented[variable.partition("=")[0]] = row[1]
    for what, where, variable in Places.from_environment({}, home).rows():
        shown = where.replace(str(home), "~")
        if what != "data":
            assert shown == codes(documented[variable])[0]
    assert {variable for _, _, variable in Places.from_environment({}, home).rows()} == set(
        documented
    )


def test_an_import_is_bounded_as_documented() -> None:
    bounds = f"Each line is bounded ({MAX_LINE_BYTES // MIB} MiB, {MAX_DEPTH} levels)"
    assert bounds in text("records.md")


def test_the_store_is_marked_as_documented() -> None:
    page = text("records.md")
    assert f"schema version ({len(MIGRATIONS)})" in page
    mark = APPLICATION_ID.to_bytes(4, "big").decode("ascii")
    assert f"`0x{APPLICATION_ID:08X}` (`{mark}`)" in page


def test_a_report_in_markdown_is_bounded_as_documented() -> None:
    assert f"at most {BUDGET // 1024} KiB" in text("untrusted.md")


# --- variables, options, engines -----------------------------------------------------------------

_VARIABLE = re.compile(r"\bHARNESS_[A-Z_]+\b")
_OURS = {"HARNESS_DIR"}
"""Constants of ours that are called like a variable."""


def texts_of_code() -> str:
    """Every text in the package's modules, and scripts/setup."""
    found = [(ROOT / "scripts" / "setup").read_text("utf-8")]
    for path in sorted((ROOT / "harness").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_bytes())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.append(node.value)
    return "\n".join(found)


def test_every_variable_that_is_read_is_documented_and_no_other() -> None:
    documented = {codes(row[0])[0] for row in table("environment.md", "variable")}
    assert documented == set(_VARIABLE.findall(texts_of_code())) - _OURS


def test_every_option_of_the_plugin_is_documented_and_no_other() -> None:
    class Seen:
        def __init__(self) -> None:
            self.names: set[str] = set()

        def getgroup(self, *_: str) -> Seen:
            return self

        def addoption(self, name: str, **_: object) -> None:
            self.names.add(name)

        def addini(self, name: str, *_: str, **__: object) -> None:
            self.names.add(name)

    seen = Seen()
    add: Callable[[object], None] = pytest_addoption  # type: ignore[assignment]
    add(seen)
    documented = {code.split()[0] for row in table("pytest.md", "option") for code in codes(row[0])}
    assert seen.names == documented


def public(kind: type) -> set[str]:
    """The attributes of a class that are meant for others."""
    return {name for name in dir(kind) if not name.startswith("_")}


def test_every_attribute_of_a_comparison_is_documented_and_no_other() -> None:
    rows = table("pytest.md", "attribute of a comparison")
    documented = {name: row[1] for row in rows for name in codes(row[0])}
    assert public(CellComparison) == set(documented)
    for name, kind in (
        ("findings", Finding),
        ("differences", Difference),
        ("not_judged", NotJudged),
        ("let_pass", RuleUse),
        ("candidate", CellJudgement),
    ):
        parts = codes(documented[name].partition("each with")[2])
        assert len(parts) >= 3, name
        assert set(parts) - {"()", "reference", "candidate"} <= public(kind), name


def test_every_property_of_a_test_is_documented_and_no_other() -> None:
    rows = table("pytest.md", "property")
    documented = {code.removesuffix(".NAME") for row in rows for code in codes(row[0])}
    assert {value for name, value in vars(properties).items() if name.isupper()} - {
        properties.DOES_NOT_APPLY
    } | {MARK} == documented


def test_engines_are_looked_for_where_the_documentation_says() -> None:
    documented = {codes(row[0])[0]: row[1] for row in table("engines.md", "engine")}
    assert {row.engine for row in TABLE} == set(documented)
    for row in TABLE:
        sockets = [one.replace("{runtime}", "$XDG_RUNTIME_DIR") for one in row.sockets]
        assert [*row.variables, *sockets] == codes(documented[row.engine])


@pytest.mark.parametrize("page", sorted((ROOT / "docs").glob("*.md")), ids=lambda page: page.name)
def test_every_module_and_file_of_ours_that_a_page_names_is_there(page: Path) -> None:
    named = re.findall(
        r"`((?:harness|tests|scripts|probes|examples|docs)/[\w./-]*)`", page.read_text()
    )
    named += [
        f"{module.replace('.', '/')}.py"
        for module in re.findall(r"python -m (harness[\w.]+)", page.read_text())
    ]
    assert [] == [name for name in named if not (ROOT / name).exists()]


def test_a_probe_that_states_no_limit_has_the_documented_one() -> None:
    limit = Probe(name="", question="", source="", digest="").timeout_s
    assert f"{limit:g} seconds where it states none" in text("probes.md")
