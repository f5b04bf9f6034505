"""Generate the pages of docs/reference/ from what they describe. tests/unit/test_reference_pages.py
checks that the committed ones are up to date.

    python -m scripts.reference_pages     write them again

cli.md is made from the command line itself, matrix-keys.md from the schema that editors read,
facts.md from the metadata of the probes and from committed records, fixtures.md from the docstrings
of the plugin's fixtures and of the values they give.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable, Iterable
from dataclasses import fields
from pathlib import Path
from typing import Any

import typer

from harness import model
from harness.cli import app
from harness.suite.schema import json_schema
from harness.testing import fixtures
from scripts.reference_facts import facts_page

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "docs" / "reference"
_SPECIAL = str.maketrans({"|": r"\|", "*": r"\*", "_": r"\_", "<": "&lt;", "\n": " "})
FIXTURES = ("cell", "facts", "records", "compare", "container")
VALUES = ("Record", "Raised", "ImageIdentity", "Key", "Cell", "Finding")


def plain(text: str) -> str:
    """Text for a table cell, escaped so that Markdown leaves it alone; code marks stay."""
    parts = text.split("`")
    for index in range(0, len(parts), 2):
        parts[index] = parts[index].translate(_SPECIAL)
    for index in range(1, len(parts), 2):
        parts[index] = parts[index].replace("|", r"\|")
    return "`".join(parts).strip()


def table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> list[str]:
    """A table, or nothing if it has no rows."""
    lines = [f"| {' | '.join(row)} |" for row in rows]
    heads = tuple(heads)
    return [f"| {' | '.join(heads)} |", f"|{' --- |' * len(heads)}", *lines, ""] if lines else []


# --- the command line ----------------------------------------------------------------------------


def cli_page() -> str:
    """Every command with its arguments and options, as in `--help`."""
    commands: dict[str, Any] = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    lines = [
        "# The command line",
        "",
        "The text of `harness COMMAND --help` for every command.",
        "[How things are named](../naming.md) explains RUN, CELL and the other words in capitals;",
        "[exit statuses](../exit-statuses.md) lists what a command exits with.",
        "",
    ]
    for name, command in commands.items():
        lines += [f"## harness {name}", ""]
        for paragraph in inspect.cleandoc(command.help or "").split("\n\n"):
            lines += [plain(paragraph), ""]
        arguments = [one for one in command.params if one.param_type_name == "argument"]
        words = [_optional(one) for one in arguments]
        lines += ["```text", " ".join(["harness", name, *words, "[OPTIONS]"]), "```", ""]
        rows = [(f"`{one.metavar}`", plain(one.help or "")) for one in arguments]
        lines += table(("argument", "is"), rows)
        options = [
            one for one in command.params if one.param_type_name == "option" and not one.hidden
        ]
        lines += table(("option", "does", "default"), (_option(one) for one in options))
    return "\n".join(lines)


def _optional(argument: Any) -> str:
    word = str(argument.metavar) + ("..." if argument.nargs == -1 else "")
    return word if argument.required else f"[{word}]"


def _option(option: Any) -> tuple[str, str, str]:
    flags = ", ".join(option.opts)
    flags = flags if option.is_flag else f"{flags} {option.metavar or 'TEXT'}"
    default = option.default
    nothing = default is None or default is False or callable(default) or default in ("", [], ())
    flags = flags.replace("|", r"\|")
    return f"`{flags}`", plain(option.help or ""), "" if nothing else f"`{default}`"


# --- matrix.yaml ---------------------------------------------------------------------------------


def keys_page() -> str:
    """Every table of `matrix.yaml` with its keys, from the schema."""
    schema = json_schema()
    lines = [
        "# Every key of matrix.yaml",
        "",
        "Made from [matrix.schema.json](../../matrix.schema.json), which `harness init` writes",
        "beside a new suite for editors. What the keys are for, with examples:",
        "[matrix.yaml](../matrix.md).",
        "",
        "## The file",
        "",
        *_keys(schema),
    ]
    for name, definition in schema["$defs"].items():
        lines += [f"## {name}", ""]
        if definition.get("description"):
            lines += [plain(definition["description"]), ""]
        lines += _keys(definition)
    return "\n".join(lines)


def _keys(definition: dict[str, Any]) -> list[str]:
    required = definition.get("required", [])
    rows = (
        (
            f"`{key}`",
            _kind(node),
            "must be given" if key in required else _default(node),
            plain(node.get("description", "")),
        )
        for key, node in definition.get("properties", {}).items()
    )
    return table(("key", "holds", "default", "is"), rows)


def _kind(node: dict[str, Any]) -> str:
    """The type of a value in the schema, in words."""
    if "$ref" in node:
        name = node["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    for several in ("anyOf", "oneOf"):
        if several in node:
            kinds = [_kind(one) for one in node[several] if one.get("type") != "null"]
            return " or ".join(dict.fromkeys(kinds))
    if "const" in node:
        return f"`{node['const']}`"
    if "enum" in node:
        return ", ".join(f"`{one}`" for one in node["enum"])
    if node.get("type") == "array":
        return f"list of {_kind(node.get('items', {}))}"
    if node.get("type") == "object":
        (inner,) = set(map(_kind, node.get("patternProperties", {}).values())) or {"anything"}
        return f"names, each with {inner}"
    kind = node.get("type", "anything")
    if isinstance(kind, list):
        return " or ".join(_NAMES.get(one, one) for one in kind)
    bounds = [
        f"{word} {node[key]}"
        for key, word in (
            ("minimum", "from"),
            ("exclusiveMinimum", "above"),
            ("maximum", "to"),
            ("exclusiveMaximum", "below"),
        )
        if key in node
    ]
    return " ".join([_NAMES.get(kind, kind), *bounds])


_NAMES = {
    "string": "text",
    "integer": "whole number",
    "number": "number",
    "boolean": "true or false",
    "null": "nothing",
}


def _default(node: dict[str, Any]) -> str:
    default = node.get("default")
    if default in (None, "", [], {}) or isinstance(default, dict):
        return ""
    text = str(default).lower() if isinstance(default, bool) else str(default)
    return f"`{text}`"


# --- the plugin ----------------------------------------------------------------------------------


def fixtures_page() -> str:
    """The fixtures of the plugin, and the fields of the values they give."""
    from harness.compare.judgement import Finding

    lines = [
        "# Fixtures and Record",
        "",
        "What a hand-written test can ask for, and what it gets. How they are used:",
        "[the matrix in pytest](../pytest.md).",
        "",
    ]
    for name in FIXTURES:
        fixture: Any = getattr(fixtures, name)
        function: Callable[..., Any] = getattr(fixture, "__wrapped__", fixture)
        gives = str(inspect.signature(function).return_annotation)
        lines += [f"## {name}", "", *_paragraphs(function), f"Gives: `{gives}`", ""]
    for name in VALUES:
        value = Finding if name == "Finding" else getattr(model, name)
        lines += [f"## class {name}", "", *_paragraphs(value)]
        lines += table(("field", "holds", "is"), _fields(value))
    return "\n".join(lines)


def _paragraphs(documented: object) -> list[str]:
    text = inspect.cleandoc(getattr(documented, "__doc__", None) or "")
    return [line for paragraph in text.split("\n\n") for line in (plain(paragraph), "")]


def _fields(value: Any) -> list[tuple[str, str, str]]:
    """Name, type as written, and docstring of each field of a class, in order."""
    told = _docstrings(value)
    return [
        (f"`{one.name}`", f"`{one.type}`".replace("|", r"\|"), plain(told.get(one.name, "")))
        for one in fields(value)
    ]


def _docstrings(value: type) -> dict[str, str]:
    """The docstrings below the fields of a class, by field."""
    (tree,) = ast.parse(textwrap.dedent(inspect.getsource(value))).body
    assert isinstance(tree, ast.ClassDef)
    found: dict[str, str] = {}
    for field, below in zip(tree.body, tree.body[1:], strict=False):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name):
            match below:
                case ast.Expr(value=ast.Constant(value=str(text))):
                    found[field.target.id] = inspect.cleandoc(text)
    return found


PAGES: dict[str, Callable[[], str]] = {
    "cli.md": cli_page,
    "matrix-keys.md": keys_page,
    "facts.md": facts_page,
    "fixtures.md": fixtures_page,
}
"""Each page of docs/reference/ and the function that makes it."""


if __name__ == "__main__":
    for page, made in PAGES.items():
        (FOLDER / page).write_text(made().rstrip() + "\n", encoding="utf-8")
