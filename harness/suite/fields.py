"""Pydantic types for the values in a matrix.yaml: names, versions, sizes and others."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from harness.suite import words

Id = Annotated[str, Field(pattern=words.ID)]
Taken = Annotated[str, Field(pattern=words.TAKEN)]
Template = Annotated[str, Field(min_length=1, max_length=200)]
Version = Annotated[str, Field(pattern=words.VERSION)]
Python = Annotated[str, Field(pattern=words.PYTHON)]
Distribution = Annotated[str, Field(pattern=words.DISTRIBUTION)]
Variable = Annotated[str, Field(pattern=words.VARIABLE)]
VariableValue = Annotated[str, Field(pattern=words.ONE_LINE, max_length=4096)]
Name = Annotated[str, Field(pattern=words.NAME)]
Glob = Annotated[str, Field(pattern=words.GLOB)]
Text = Annotated[str, Field(pattern=words.ONE_LINE, min_length=1, max_length=500)]
Image = Annotated[str, Field(pattern=words.IMAGE)]
RelativePath = Annotated[str, Field(pattern=words.PATH)]
Platform = Annotated[str, Field(pattern=words.PLATFORM)]
LongTemplate = Annotated[str, Field(pattern=words.ONE_LINE, max_length=4096)]
Interpreter = Annotated[str, Field(pattern=words.INTERPRETER)]
Requirement = Annotated[str, Field(max_length=300), AfterValidator(words.checked_requirement)]
Date = Annotated[
    str, AfterValidator(words.checked_date), Field(json_schema_extra={"format": "date"})
]
Setting = Annotated[
    Any,
    AfterValidator(words.checked_setting),
    WithJsonSchema({"type": ["string", "number", "boolean", "null"]}),
]
Size = Annotated[
    int,
    BeforeValidator(words.size_in_bytes),
    WithJsonSchema(
        {"anyOf": [{"type": "integer", "minimum": 1}, {"type": "string", "pattern": words.SIZE}]}
    ),
]
LevelName = Literal["L0", "L1", "L2", "L3", "L4"]
RuleName = Literal["exact", "within", "equivalent", "ignore", "allowed"]
Effect = Annotated[float, Field(gt=0, lt=1, allow_inf_nan=False)]
"""A fraction of a time (0.1 is 10 %), or a difference of an accuracy (0.007 is 0.7 points)."""
