"""The published schema: in step with the model, usable by editors."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from harness.suite import words
from harness.suite.schema import Matrix, json_schema, render

ROOT = Path(__file__).parents[2]
MINIMAL = {"version": 1, "cells": [{"id": "x", "image": "name:tag"}]}


def nodes(tree: Any) -> Iterator[dict[str, Any]]:
    if isinstance(tree, dict):
        yield tree
        for below in tree.values():
            yield from nodes(below)
    elif isinstance(tree, list):
        for below in tree:
            yield from nodes(below)


def test_the_committed_schema_is_in_step_with_the_model() -> None:
    assert render() == (ROOT / "matrix.schema.json").read_text(encoding="utf-8"), (
        "run: python -m harness.suite.schema"
    )


def test_the_default_suite_names_its_schema_in_its_first_line() -> None:
    first, *_ = (ROOT / "matrix.yaml").read_text(encoding="utf-8").splitlines()

    assert first == "# yaml-language-server: $schema=matrix.schema.json"


def test_the_schema_is_of_draft_2020_12_and_whole() -> None:
    schema = json.loads(render())

    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["required"] == ["version"]
    references = [node["$ref"] for node in nodes(schema) if isinstance(node.get("$ref"), str)]
    assert references
    assert {reference.rpartition("/")[2] for reference in references} <= set(schema["$defs"])
    assert all(reference.startswith("#/$defs/") for reference in references)


def test_every_mapping_of_the_schema_knows_its_keys() -> None:
    schema = json_schema()
    tables = [schema, *schema["$defs"].values()]
    objects = [table for table in tables if table.get("type") == "object"]

    assert {"Exclude"} == {
        table["title"] for table in objects if table["additionalProperties"] is not False
    }


def test_keys_are_written_with_dashes() -> None:
    row = json_schema()["$defs"]["CellTable"]["properties"]

    assert {"as-of", "interpreter"} <= row.keys()
    assert not [key for key in row if "_" in key]


def test_every_pattern_has_a_meaning_in_words() -> None:
    patterns = {
        node["pattern"] for node in nodes(json_schema()) if isinstance(node.get("pattern"), str)
    }

    assert patterns - {words.SIZE} <= set(words.MEANING)
    assert all(re.compile(pattern) for pattern in patterns)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("version", "1"),
        ("version", True),
        ("version", 1.5),
        ("default", "quick"),
        ("cells", [{"id": "x", "image": "a:b", "python": 3.1}]),
        ("cells", [{"id": "x\n", "image": "a:b"}]),
        ("cells", [{"id": "../x", "image": "a:b"}]),
        ("cells", [{"id": "x", "image": "a b"}]),
        ("cells", [{"id": "x", "host": "py\nthon"}]),
        ("cells", [{"id": "x", "base": "b", "environment": {"A": "b\nRUN x"}}]),
        ("cells", [{"id": "x", "base": "b", "environment": {"A B": "c"}}]),
        ("cells", [{"id": "x", "base": "b", "install": ["-r /etc/passwd"]}]),
        ("cells", [{"id": "x", "base": "b", "install": ["a; import os"]}]),
        ("cells", [{"id": "x", "base": "b", "framework": {"f": "1 2"}}]),
        ("cells", [{"id": "x", "base": "b", "framework": {"../f": "1"}}]),
        ("bases", {"b": {"python": "3.9", "sources": []}}),
        ("bases", {"b": {"python": "3.9", "sources": [{"debian": "--include=x"}]}}),
        ("bases", {"b": {"python": "3.9", "sources": [{"debian": "x", "packages": ["-y"]}]}}),
        ("bases", {"b": {"python": "3.9", "sources": [{"pull": "python"}]}}),
        ("bands", [{"fact": "f", "dataset": "d", "low": float("nan"), "high": 1.0}]),
    ],
)
def test_what_could_be_misread_or_reach_a_command_is_refused(key: str, value: object) -> None:
    assert Matrix.model_validate(MINIMAL).cells[0].id == "x"
    with pytest.raises(ValidationError):
        Matrix.model_validate({**MINIMAL, key: value})


@pytest.mark.parametrize(
    ("written", "size"),
    [("6GiB", 6 * 1024**3), ("512MiB", 512 * 1024**2), ("1B", 1), (4096, 4096)],
)
def test_sizes_are_read_as_written(written: object, size: int) -> None:
    assert size == words.size_in_bytes(written)
    assert size == words.size_in_bytes(words.size_text(size))


@pytest.mark.parametrize("written", ["6GB", "6 GiB", "-1B", "0B", 0, -5, 1.5, True, "999999999TiB"])
def test_sizes_that_nobody_can_mean_are_refused(written: object) -> None:
    with pytest.raises(words.Complaint):
        words.size_in_bytes(written)
