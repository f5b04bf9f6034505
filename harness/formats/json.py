"""The report as JSON, for programs. `report.schema.json` beside this file describes it."""

from __future__ import annotations

from typing import Any

from harness.formats.document import ReportDocument, document
from harness.formats.report import Report
from harness.serial import readable
from harness.text import inert_json


def render(report: Report) -> str:
    """Render the report as ASCII JSON with sorted keys. No line of it is a command to a CI
    service."""
    return inert_json(readable(document(report)))


def schema() -> dict[str, Any]:
    """The JSON Schema of a report, which is published as `report.schema.json`."""
    from pydantic import TypeAdapter

    described = TypeAdapter(ReportDocument).json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **described}


def schema_text() -> str:
    """The text of the published schema file."""
    return readable(schema())
