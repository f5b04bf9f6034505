"""The report as JSON, for programs. `report.schema.json` beside this file describes it."""

from __future__ import annotations

import json
import re
from dataclasses import asdict
from typing import Any

from harness.formats.document import ReportDocument, document
from harness.formats.report import Report

_LOG_COMMAND = re.compile(r"##(\w*)\[")


def render(report: Report) -> str:
    """The report as ASCII JSON, keys sorted. No line of it is a command to a CI service."""
    text = json.dumps(
        asdict(document(report)), allow_nan=False, ensure_ascii=True, indent=1, sort_keys=True
    )
    # Both occur only inside strings, where the escapes mean the same.
    return _LOG_COMMAND.sub(r"##\1\\u005b", text.replace("\x7f", "\\u007f")) + "\n"


def schema() -> dict[str, Any]:
    """The JSON Schema of a report; what is published as `report.schema.json`."""
    from pydantic import TypeAdapter

    described = TypeAdapter(ReportDocument).json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **described}


def schema_text() -> str:
    """The text of the published schema file."""
    return json.dumps(schema(), indent=1, sort_keys=True) + "\n"
