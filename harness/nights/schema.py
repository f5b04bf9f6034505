"""The shape of an accepted.yaml, and its published schema.

`python -m harness.nights.schema` writes `accepted.schema.json`, which editors read.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from harness.suite import words
from harness.suite.fields import Date, Id, Text
from harness.suite.table import Table

FindingId = Annotated[str, Field(pattern=words.FINDING)]
Line = Annotated[str, Field(pattern=words.ONE_LINE, min_length=1, max_length=1000)]


class BaselineTable(Table):
    """The accepted run that later runs are compared with."""

    run: Annotated[str, Field(pattern=words.RUN)]
    export: Annotated[str, Field(pattern=words.DIGEST)] = Field(
        description="What sha256sum says of its export"
    )


class AcceptanceTable(Table):
    """One event that is known. With other values, or in other cells, it is new again."""

    id: FindingId
    reason: Annotated[Text, Field(description="Why it may be so")]
    owner: Annotated[Text, Field(description="Who looks after it")]
    until: Date = Field(min_length=1, description="The last day it is known")
    findings: Annotated[list[FindingId], Field(min_length=1)]
    cells: Annotated[list[Id], Field(min_length=1)]
    values: list[Line] = Field(default=[], description="What was seen of it, a line each")


class AcceptedTable(Table):
    """What is known of a suite: its baseline, and events that are no news."""

    version: Annotated[Literal[1], BeforeValidator(words.checked_format)] = Field(
        description="The version of this format"
    )
    baseline: BaselineTable
    events: list[AcceptanceTable] = Field(default=[])


def json_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of an accepted.yaml."""
    schema = AcceptedTable.model_json_schema(by_alias=True)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "accepted.yaml of harness",
        **{key: value for key, value in schema.items() if key != "title"},
    }


def render() -> str:
    """The text of accepted.schema.json."""
    import json

    return json.dumps(json_schema(), indent=2, sort_keys=True) + "\n"


if __name__ == "__main__":
    from pathlib import Path

    Path("accepted.schema.json").write_text(render(), encoding="utf-8")
