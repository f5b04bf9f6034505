"""Explain what is wrong with a document's content in terms of the file the user wrote.

Pydantic checks the shape; its errors become problems with a place, an excerpt and a remedy. Broken
parts are cut out and the rest is checked again, so that one mistake hides no other.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from harness.errors import Problem
from harness.suite import words
from harness.suite.document import Document
from harness.suite.lines import Where
from harness.suite.scalars import described
from harness.text import clean_line, did_you_mean

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

    from harness.suite.schema import Matrix

_WANTED = {
    "string_type": "text",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "list_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
}


@dataclass(frozen=True, kw_only=True)
class Diagnosis:
    """The valid part of a matrix, and every problem of its shape.

    The matrix lacks the rows, bases and top-level keys that have a problem.
    """

    matrix: Matrix | None
    problems: tuple[Problem, ...]
    kept: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    """For each list that lacks rows: the positions in the file of the rows it still has."""

    def where(self, key: str, number: int) -> Where:
        """The way in the document to row `number` of the matrix's list `key`."""
        return (key, self.kept[key][number] if key in self.kept else number)


def diagnose(document: Document) -> Diagnosis:
    """Check the shape of a document. Never raises."""
    from harness.suite.schema import Matrix

    tree = document.value
    if not isinstance(tree, dict):
        message = "a matrix.yaml is a mapping with `version` and `cells`"
        remedy = 'begin with `version: 1` and `cells: [{id: x, image: "name:tag"}]`'
        return Diagnosis(matrix=None, problems=(no_mapping(document, message, remedy),))
    try:
        return Diagnosis(matrix=Matrix.model_validate(tree), problems=())
    except ValidationError as error:
        faults = _faults(tree, error)
    problems = _problems(document, faults, _matrix_schema())
    sound, kept = _without(tree, list(faults))
    try:
        matrix = Matrix.model_validate(sound)
    except ValidationError:
        return Diagnosis(matrix=None, problems=problems)
    return Diagnosis(matrix=matrix, problems=problems, kept=kept)


def shape_problems(
    document: Document, error: ValidationError, schema: Mapping[str, Any]
) -> tuple[Problem, ...]:
    """Pydantic's errors about a whole document as problems; `schema` is its published schema."""
    return _problems(document, _faults(document.value, error), schema)


def no_mapping(document: Document, wanted: str, remedy: str) -> Problem:
    """The problem of a document that is no mapping; `wanted` says what it should be."""
    tree = document.value
    what = "empty" if tree is None else described(tree)
    return document.problem(f"{wanted}, this is {what}", (), remedy=remedy)


def _faults(tree: Any, error: ValidationError) -> dict[Where, ErrorDetails]:
    """Pydantic's first error about each place."""
    faults: dict[Where, ErrorDetails] = {}
    for entry in error.errors(include_url=False):
        faults.setdefault(_way(tree, entry), entry)
    return faults


def _problems(
    document: Document, faults: Mapping[Where, ErrorDetails], schema: Mapping[str, Any]
) -> tuple[Problem, ...]:
    return tuple(
        _problem(document, where, entry, schema)
        for where, entry in faults.items()
        if not document.is_doubtful(where)
    )


def _way(tree: Any, entry: ErrorDetails) -> Where:
    """The way to an error in the document, without the branches of unions that pydantic adds."""
    where: list[str | int] = []
    node = tree
    for step in entry["loc"]:
        in_mapping = isinstance(node, dict) and step in node
        in_list = isinstance(node, list) and isinstance(step, int) and step < len(node)
        if in_mapping or in_list:
            node = node[step]
        elif entry["type"] != "missing" or step != entry["loc"][-1]:
            continue
        where.append(step)
    return tuple(where)


def _problem(
    document: Document, where: Where, entry: ErrorDetails, schema: Mapping[str, Any]
) -> Problem:
    kind = entry["type"]
    name = f"`{_shown(where)}`"
    value = entry["input"]
    if kind == "missing":
        return document.problem(f"{name} is missing", where[:-1], at_key=len(where) > 1)
    if kind == "extra_forbidden":
        keys = _known_keys(where[:-1], schema)
        near = did_you_mean(str(where[-1]), keys)
        known = ", ".join(keys)
        remedy = f"did you mean `{near}`?" if near else f"the keys here are: {known}"
        return document.problem(f"unknown key {name}", where, at_key=True, remedy=remedy)
    if entry["loc"][-1] == "[key]":
        message, remedy = _word_problem(name, entry)
        return document.problem(message, where, at_key=True, remedy=remedy)
    if kind in _WANTED:
        return _wrong_kind(document, where, name, _WANTED[kind], value)
    message, remedy = _word_problem(name, entry)
    return document.problem(message, where, remedy=remedy)


def _wrong_kind(document: Document, where: Where, name: str, wanted: str, value: Any) -> Problem:
    message = f"{name} must be {wanted}, got {described(value)}"
    written = clean_line(document.spot(where).text, 80)
    if wanted == "text" and isinstance(value, (bool, int, float)) and written:
        key = where[-1] if isinstance(where[-1], str) else ""
        quoted = f'{key}: "{written}"' if key else f'"{written}"'
        return document.problem(
            message,
            where,
            note=f"YAML reads {written} as {described(value)}",
            remedy=f"put it in quotes: {quoted}",
        )
    remedy = ""
    if wanted == "a list" and isinstance(value, str):
        remedy = "write it as [a, b]"
    elif wanted == _WANTED["bool_type"] and value in ("yes", "on", "no", "off"):
        remedy = f"write {str(value in ('yes', 'on')).lower()}"
    return document.problem(message, where, remedy=remedy)


def _word_problem(name: str, entry: ErrorDetails) -> tuple[str, str]:
    """(message, remedy) for a value of the right type that is not valid."""
    context: Mapping[str, Any] = entry.get("ctx", {})
    complaint = context.get("error")
    if isinstance(complaint, words.Complaint):
        return f"{name}: {complaint.message}", complaint.remedy
    match entry["type"]:
        case "string_pattern_mismatch":
            meaning = words.MEANING.get(context["pattern"], "something else")
            return f"{name} must be {meaning}", ""
        case "literal_error":
            expected = str(context["expected"])
            near = did_you_mean(str(entry["input"]), re.findall(r"'([^']+)'", expected))
            known = expected.replace("'", "`")
            return f"{name} must be {known}", f"did you mean `{near}`?" if near else ""
        case "union_tag_not_found":
            return f"{name}: a source has one of `pull`, `debian`, `prefix`", ""
    said = str(entry["msg"])
    return f"{name}: {said[:1].lower()}{said[1:]}", ""


def _shown(where: Where) -> str:
    """The nearest key on the way: `python`, or `tags` for one of the tags."""
    for step in reversed(where):
        if isinstance(step, str):
            return clean_line(step, 80)
    return "matrix.yaml"


def _without(tree: Any, broken: list[Where]) -> tuple[Any, dict[str, tuple[int, ...]]]:
    """A copy without the broken parts (rows, bases, else top-level keys), and for each list that
    lost rows the positions of the rows that are left."""
    sound = dict(tree)
    lost: dict[str, set[int]] = {}
    for where in broken:
        top = where[0] if where else "version"
        second = where[1] if len(where) > 1 else None
        if not isinstance(top, str):
            continue
        if top == "version":
            sound["version"] = 1
        elif isinstance(second, int):
            lost.setdefault(top, set()).add(second)
        elif top == "bases" and isinstance(second, str):
            sound["bases"] = {name: base for name, base in sound["bases"].items() if name != second}
        else:
            sound.pop(top, None)
    kept = {}
    for key, rows in lost.items():
        if isinstance(sound.get(key), list):
            kept[key] = tuple(row for row in range(len(tree[key])) if row not in rows)
            sound[key] = [tree[key][row] for row in kept[key]]
    return sound, kept


@cache
def _matrix_schema() -> dict[str, Any]:
    from harness.suite.schema import json_schema

    return json_schema()


def _known_keys(where: Where, schema: Mapping[str, Any]) -> tuple[str, ...]:
    """The keys that a mapping at `where` may have, by the published schema."""
    nodes = [schema]
    for step in where:
        nodes = [below for node in nodes for below in _below(node, step, schema)]
    found = {
        key for node in nodes for form in _forms(node, schema) for key in form.get("properties", {})
    }
    return tuple(sorted(found))


def _below(
    node: Mapping[str, Any], step: str | int, schema: Mapping[str, Any]
) -> Iterator[Mapping[str, Any]]:
    for form in _forms(node, schema):
        if isinstance(step, int):
            below = [form.get("items")]
        elif step in form.get("properties", {}):
            below = [form["properties"][step]]
        else:
            below = [form.get("additionalProperties"), *form.get("patternProperties", {}).values()]
        yield from (node for node in below if isinstance(node, dict))


def _forms(node: Mapping[str, Any], schema: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    if "$ref" in node:
        node = schema["$defs"][node["$ref"].rpartition("/")[2]]
    yield node
    for branch in (*node.get("oneOf", ()), *node.get("anyOf", ())):
        yield from _forms(branch, schema)
