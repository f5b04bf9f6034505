"""The shape of a matrix.yaml: its keys, their values, and the published schema.

`python -m harness.suite.schema` writes `matrix.schema.json`, which editors read. Relations between
keys (a base that must exist, a tag that no cell has) are checked in `harness.suite.references`.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import (
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
)

from harness.model import Profile
from harness.suite import words
from harness.suite.base_tables import BaseTable
from harness.suite.fields import (
    Date,
    Distribution,
    Effect,
    Glob,
    Id,
    Image,
    Interpreter,
    LevelName,
    LongTemplate,
    Name,
    Platform,
    Python,
    RelativePath,
    Requirement,
    RuleName,
    Setting,
    Size,
    Taken,
    Template,
    Text,
    Variable,
    VariableValue,
    Version,
)
from harness.suite.promise_tables import PromisingTable
from harness.suite.table import Table
from harness.suite.words import size_text

_STRICT = Profile()


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


class SecretTable(Table):
    """A value that a build may read: from a variable of this host's environment, or a file."""

    id: Name
    env: Variable = ""
    file: Text = ""


class Shared(PromisingTable):
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
    tags: list[Name] = Field(default=[])
    settings: Settings = Field(
        default={}, description="Per probe: settings that replace its defaults"
    )
    timeouts: Timeouts = Field(
        default={}, description="Per probe: seconds it may take, instead of its own limit"
    )
    profile: ProfileTable = ProfileTable()
    platform: Platform | None = Field(
        default=None, description="With `dockerfile`: linux/amd64, say; default: the engine's own"
    )
    build_network: bool = Field(
        default=False, description="With `dockerfile`: it may fetch things; it is not hermetic then"
    )
    secrets: list[SecretTable] = Field(
        default=[], description="With `dockerfile`: values that steps may read, kept nowhere"
    )


class ExpectTable(Table):
    """A failure that is expected: the cell reaches this level and no more."""

    level: Literal["L0", "L1", "L2", "L3"] = Field(description="The level it reaches, and no more")
    breakage: Name = Field(
        default="", description="The known breakage it shows: an id of `harness explain`"
    )
    reason: Text
    until: Date = Field(default="", description="The last day it is expected")


class CellTable(Shared):
    """One cell. Exactly one of base, dockerfile, image, host says where it comes from."""

    id: Id
    framework: dict[Distribution, Version] = Field(
        default={}, description="The framework it claims"
    )
    python: Python = ""
    cuda: Version = ""
    base: Id = ""
    dockerfile: RelativePath = Field(default="", description="A Dockerfile that it is built of")
    context: RelativePath = Field(
        default="", description="The folder it copies from; default: the Dockerfile's own"
    )
    args: dict[Variable, VariableValue] = Field(default={}, description="Its build arguments")
    target: Name = Field(default="", description="Its stage that becomes the image; the last")
    images: dict[Image, Taken] = Field(
        default={},
        alias="from",
        description="By image that it names: the base, `cell:ID` or `data:NAME` taken for it",
    )
    image: Image = ""
    host: Text = Field(
        default="", description="A Python on this host, taken as it is: a path or X.Y"
    )
    install: list[Requirement] | None = Field(
        default=None, description="Default: the framework itself"
    )
    constraints: list[Requirement] = Field(default=[])
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
    framework: dict[Distribution, Annotated[list[Version], Field(min_length=1)]] = Field(default={})
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
    dockerfile: Template | None = None
    context: Template | None = None
    args: dict[Variable, LongTemplate] = Field(default={})
    target: Template | None = None
    images: dict[Template, Template] = Field(default={}, alias="from")
    image: Template | None = None
    install: list[Template] | None = None
    constraints: list[Template] = Field(default=[])
    exclude: list[Exclude] = Field(default=[])


class Defaults(Table):
    """For every cell that does not say otherwise itself."""

    level: LevelName = "L3"
    profile: ProfileTable = ProfileTable()
    environment: Environment = Field(default={})
    as_of: Date = ""
    settings: Settings = Field(default={})
    timeouts: Timeouts = Field(default={})


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


class SavingTable(Table):
    """In which formats models must be saved and loaded, and which level hangs on it."""

    level: Literal["L1", "L2", "L3"] = "L3"
    formats: list[Name] = Field(
        default=[], description="Each must work; default: one must, whichever"
    )


class TagTable(Table):
    """What a run that is selected by a tag asks beside what every run does."""

    probes: list[Name] = Field(default=[], description="Probes that are asked too")
    settings: Settings = Field(
        default={}, description="Per probe: settings that replace all others"
    )


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
    bases: dict[Id, BaseTable] = Field(default={})
    defaults: Defaults = Defaults()
    cells: list[CellTable] = Field(default=[])
    axes: list[Axis] = Field(default=[])
    expectations: list[ExpectationTable] = Field(default=[])
    bands: list[BandTable] = Field(default=[])
    saving: SavingTable | None = Field(
        default=None, description="What is asked of saving models; default: one format, for L3"
    )
    probes: list[Name] = Field(default=[], description="Probes to run; default: all there are")
    tags: dict[Name, TagTable] = Field(
        default={}, description="By tag: what a run that is selected by it asks more"
    )


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
