"""The shape of a matrix.yaml: which keys there are, what each holds, and the published schema.

`python -m harness.suite.schema` writes `matrix.schema.json`, which editors read. What one key says
about another (a base that must exist, a tag that no cell has) is checked in
`harness.suite.references`.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    WithJsonSchema,
)

from harness.model import Profile
from harness.suite import words
from harness.suite.words import size_text

_STRICT = Profile()

# --- words -----------------------------------------------------------------------------------

Id = Annotated[str, Field(pattern=words.ID)]
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
"""A share of a time (0.1 is 10 %), points of an accuracy (0.007 is 0.7 points)."""


class Table(BaseModel):
    """A mapping with known keys; `_` in a field is `-` in the file."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        frozen=True,
        alias_generator=lambda name: name.replace("_", "-"),
    )


# --- bases -----------------------------------------------------------------------------------


class Pull(Table):
    """An existing image, by digest or by a tag."""

    pull: Annotated[str, Field(pattern=words.TAGGED_IMAGE)]
    interpreter: Interpreter = ""


class Debian(Table):
    """A Debian root file system whose own Python is taken, made by mmdebstrap."""

    debian: Annotated[str, Field(pattern=words.NAME)]
    packages: list[Annotated[str, Field(pattern=words.DEBIAN_PACKAGE)]] = []
    interpreter: Interpreter = Field(default="", description="Default: /usr/bin/pythonX.Y")
    archive: bool = Field(
        default=False, description="From Debian's archive of suites past their support"
    )


class Prefix(Table):
    """A CPython found on this host (pyenv's or uv's), put on a Debian root file system."""

    prefix: Python
    debian: Annotated[str, Field(pattern=words.NAME)]
    packages: list[Annotated[str, Field(pattern=words.DEBIAN_PACKAGE)]] = []


def _source_kind(value: Any) -> str | None:
    keys = ("pull", "prefix", "debian")  # a prefix names its Debian suite too
    if not isinstance(value, dict):
        return None
    return next((f"<{key}>" for key in keys if key in value), None)


SourceTable = Annotated[
    Annotated[Pull, Tag("<pull>")]
    | Annotated[Prefix, Tag("<prefix>")]
    | Annotated[Debian, Tag("<debian>")],
    Discriminator(_source_kind),
]


class BaseTable(Table):
    """Where an operating system and a Python come from; the first source that works wins."""

    python: Python
    sources: Annotated[list[SourceTable], Field(min_length=1)]


# --- cells -----------------------------------------------------------------------------------


class ProfileTable(Table):
    """Departures from the strict profile; each is recorded and shown."""

    memory: Size | None = Field(
        default=None, description=f"{size_text(_STRICT.memory_bytes)} unless said otherwise"
    )
    processes: Annotated[int, Field(ge=16, le=1_000_000)] | None = None
    scratch: Size | None = Field(
        default=None,
        description="Size of the scratch folder, "
        f"{size_text(_STRICT.scratch_bytes)} unless said otherwise",
    )
    open_files: Annotated[int, Field(ge=16, le=1_000_000)] | None = None
    output: Size | None = Field(
        default=None,
        description=f"Bytes a container may print, {size_text(_STRICT.output_bytes)}",
    )
    writable: bool | None = Field(default=None, description="The root file system can be written")
    scratch_exec: bool | None = Field(
        default=None, description="Programs can be started from scratch"
    )
    network: bool | None = None
    environment: dict[Variable, VariableValue] | None = Field(
        default=None, description="Overrides of the image's own environment, where it runs"
    )


Settings = dict[Name, dict[Name, Setting]]
Timeouts = dict[Name, Annotated[float, Field(gt=0, le=604_800)]]
Environment = dict[Variable, VariableValue]


class Shared(Table):
    """What rows and products have in common."""

    as_of: Date = Field(
        default="", description="Distributions uploaded after this day do not exist"
    )
    interpreter: Interpreter = Field(
        default="", description="Default: the base's; python3, then python"
    )
    environment: Environment = Field(default={}, description="Set in the built image")
    gpu: Literal["all", "if-there"] | None = Field(
        default=None,
        description="`all` where the cell needs a GPU; `if-there`: asked without one, too",
    )
    level: LevelName | None = Field(default=None, description="The level it should reach; L3")
    tags: list[Name] = []
    settings: Settings = Field(
        default={}, description="Per probe: settings that replace its defaults"
    )
    timeouts: Timeouts = Field(
        default={}, description="Per probe: seconds it may take, instead of its own limit"
    )
    profile: ProfileTable = ProfileTable()


class ExpectTable(Table):
    """A failure that is expected: the cell reaches this level and no more."""

    level: Literal["L0", "L1", "L2", "L3"] = Field(description="The level it reaches, and no more")
    breakage: Name = Field(
        default="", description="The known breakage it shows: an id of `harness explain`"
    )
    reason: Text
    until: Date = Field(default="", description="The last day it is expected")


class CellTable(Shared):
    """One cell. Exactly one of base, image, host says where it comes from."""

    id: Id
    framework: dict[Distribution, Version] = Field(
        default={}, description="The framework it claims"
    )
    python: Python = ""
    cuda: Version = ""
    base: Id = ""
    image: Image = ""
    host: Text = Field(
        default="", description="A Python on this host, taken as it is: a path or X.Y"
    )
    install: list[Requirement] | None = Field(
        default=None, description="Default: the framework itself"
    )
    constraints: list[Requirement] = []
    expect: ExpectTable | None = Field(
        default=None, description="How it is expected to fail; that very failure passes"
    )


class Exclude(Table):
    """Members of the product to leave out: a pattern for each axis named, and why."""

    model_config = ConfigDict(extra="allow", strict=True, frozen=True)
    __pydantic_extra__: dict[str, Glob]

    reason: Text


def _base_form(value: Any) -> str:
    return "<by python>" if isinstance(value, dict) else "<template>"


class Axis(Shared):
    """A product of framework versions, Pythons and CUDA versions. `{python}` and the like in
    texts stand for the member's own values."""

    id: Template
    framework: dict[Distribution, Annotated[list[Version], Field(min_length=1)]] = {}
    python: Annotated[list[Python], Field(min_length=1)] | None = None
    cuda: Annotated[list[Version], Field(min_length=1)] | None = None
    base: (
        Annotated[
            Annotated[Template, Tag("<template>")]
            | Annotated[dict[Python, Id], Tag("<by python>")],
            Discriminator(_base_form),
        ]
        | None
    ) = Field(default=None, description="A template, or a base for each Python")
    image: Template | None = None
    install: list[Template] | None = None
    constraints: list[Template] = []
    exclude: list[Exclude] = []


class Defaults(Table):
    """For every cell that does not say otherwise itself."""

    level: LevelName = "L3"
    profile: ProfileTable = ProfileTable()
    environment: Environment = {}
    as_of: Date = ""
    settings: Settings = {}
    timeouts: Timeouts = {}


# --- judging ---------------------------------------------------------------------------------


class ExpectationTable(Table):
    """A rule for the facts it matches; the first that matches wins."""

    facts: Glob
    rule: RuleName
    cells: Glob = "*"
    absolute: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = None
    relative: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = None
    margin: Effect | None = Field(
        default=None, description="What lies inside is equivalent: 0.1 is 10 %, or 10 points"
    )
    minimum: Effect | None = Field(
        default=None, description="A difference that is not larger is no drift"
    )
    reason: Text = ""
    until: Date = Field(default="", description="The last day an `allowed` difference is allowed")


class BandTable(Table):
    """The absolute band a learning result must lie in, for one data set and length of training."""

    fact: Text
    dataset: Name
    low: Annotated[float, Field(allow_inf_nan=False)]
    high: Annotated[float, Field(allow_inf_nan=False)]
    steps: Annotated[int, Field(ge=1)] | None = None
    epochs: Annotated[int, Field(ge=1)] | None = None


class Matrix(Table):
    """A suite: what is verified, and what is expected of it."""

    version: Annotated[Literal[1], BeforeValidator(words.checked_format)] = Field(
        description="The version of this format"
    )
    name: Text = Field(default="", description="Default: the folder's name")
    default: list[Name] = Field(
        default=[], description="Tags taken where nothing is selected; else all"
    )
    reference: Id = Field(default="", description="The cell others are compared with")
    bases: dict[Id, BaseTable] = {}
    defaults: Defaults = Defaults()
    cells: list[CellTable] = []
    axes: list[Axis] = []
    expectations: list[ExpectationTable] = []
    bands: list[BandTable] = []
    probes: list[Name] = Field(default=[], description="Probes to run; default: all there are")


def json_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of a matrix.yaml."""
    schema = Matrix.model_json_schema(by_alias=True)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "matrix.yaml of harness",
        **{key: value for key, value in schema.items() if key != "title"},
    }


def render() -> str:
    """The text of matrix.schema.json."""
    import json

    return json.dumps(json_schema(), indent=2, sort_keys=True) + "\n"


if __name__ == "__main__":
    from pathlib import Path

    Path("matrix.schema.json").write_text(render(), encoding="utf-8")
