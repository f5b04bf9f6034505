"""The keys of a row in which a cell promises something, as pydantic models."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from harness.suite.fields import Name, RelativePath, Size, Text
from harness.suite.promise_words import (
    Ask,
    Body,
    Command,
    HeaderName,
    HeaderValue,
    Inside,
    Json,
    PairPattern,
    Pattern,
    Port,
    Seconds,
    Status,
    UrlPath,
    User,
    UserId,
)
from harness.suite.table import Table

MOST_CHECKS = 1000
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]


class CheckTable(Table):
    """One request, and what has to come back."""

    ask: Ask = Field(description='Method and path, as in "POST /predict"')
    name: Text = Field(default="", description="What reports call it; default: method and path")
    headers: dict[HeaderName, HeaderValue] = {}
    json_: Json = Field(default=None, alias="json", description="What is sent, as JSON")
    text: Body | None = Field(default=None, description="What is sent, as it is")
    bytes_: Size | None = Field(
        default=None, alias="bytes", description="So many bytes of nothing are sent"
    )
    file: RelativePath | None = Field(
        default=None, description="A file of the suite that is sent, from the suite's folder"
    )
    type: Text = Field(default="", description="Content type; of `json` application/json")
    file_field: Name = Field(
        default="", description="What is sent travels as a file in a form, in this field"
    )
    status: Status = Field(default="2xx", description="A status, or a class of them as 4xx")
    answers: Json = Field(default=None, description="JSON that the answer must equal")
    absolute: Annotated[float, Field(ge=0, le=1e9, allow_inf_nan=False)] = Field(
        default=0.0, description="How far each number may be from the one in `answers`"
    )
    contains: Text = Field(default="", description="Text that must stand in the answer")
    within: Seconds = Field(default=10.0, description="Seconds for the whole answer")
    times: Annotated[int, Field(ge=1, le=1000)] = Field(
        default=1, description="How often it is asked, one after the other"
    )
    keep: bool = Field(
        default=False, description="The answer is a fact, by which cells are compared"
    )


class ReadyTable(Table):
    """How it is seen that a service is ready."""

    path: UrlPath = "/"
    status: Status = Field(default="", description="Default: anything below 500")
    log: Text = Field(default="", description="Text that it prints then")
    within: Seconds = 60.0


class CodeTable(Table):
    """Code that is executed in the server's kernel."""

    run: Body
    prints: Text = Field(default="", description="Text that must stand in what it prints")
    within: Seconds = 60.0


class NotebookTable(Table):
    """A Jupyter server."""

    token: Text = Field(default="", description="Default: the one that the server prints")
    base: UrlPath = "/"
    kernel: Text = Field(default="", description="Default: the server's own choice")
    cells: Annotated[list[CodeTable], Field(max_length=100)] = []


class ServedTable(Table):
    """A port that a container serves."""

    port: Port
    ready: ReadyTable = ReadyTable()
    checks: Annotated[list[CheckTable], Field(max_length=MOST_CHECKS)] = []
    notebook: NotebookTable | None = None


class SharedTable(Table):
    """A folder that is shared through a volume."""

    path: Inside
    owner: UserId = Field(
        default="", description="User id of what is written there; default: of its user"
    )


class OtherCommandTable(Table):
    """A command that is run instead of the container's own."""

    command: Command
    exits: Annotated[int, Field(ge=0, le=255)] = 0
    prints: Text = Field(default="", description="Text that must stand in what it prints")
    within: Seconds = 60.0


class FollowedTable(Table):
    """A log that can be followed while the container's own command runs."""

    file: Inside = Field(default="", description="Its path; default: standard output alone")
    numbers: Pattern = Field(
        default="",
        description="A pattern with one group: what it finds in the file and on standard output "
        "must be equal",
    )
    contains: Text = Field(default="", description="Text that must stand in it in the end")
    within: Seconds = Field(
        default=60.0, description="Seconds until it has appeared, and again until it has grown"
    )
    ends: bool = Field(default=False, description="The command ends by itself")
    second_shell: Command | None = Field(
        default=None,
        description="A command that watches the file in the running container; what it prints "
        "must stand in it",
    )


class TrainedTable(Table):
    """What the command prints of the model that it has trained."""

    times: Annotated[int, Field(ge=1, le=8)] = Field(
        default=1, description="How often it is started, side by side"
    )
    same: Pattern = Field(
        default="",
        description="A pattern with one group: what it finds must be the same each time",
    )
    keep: Pattern = Field(
        default="",
        description="A pattern with one group: what it finds last is a fact, by which cells are "
        "compared",
    )
    confusion: Pattern = Field(
        default="",
        description="A pattern with one group, a JSON matrix: of each class (a row) so many test "
        "images were said to be of each class (a column)",
    )
    wrong: PairPattern = Field(
        default="", description="A pattern with two groups: so many test images wrong, of so many"
    )
    error_from: Share = Field(default=0.0, description="The least share of wrong test images")
    error_to: Share = Field(default=1.0, description="The largest share of wrong test images")
    agrees_with: Name = Field(
        default="",
        description="A probe that trains the same in a container of the cell: within the binomial "
        "error of it",
    )
    training_deviation: Share = Field(
        default=0.0,
        description="Standard deviation of the share of wrong test images between two trainings "
        "with other random numbers: `agrees-with` allows for it beside the binomial error",
    )
    within: Seconds = Field(default=600.0, description="Seconds until the command has ended")


class PromisingTable(Table):
    """What a cell promises to whoever stands outside of its container."""

    command: Command | None = Field(
        default=None, description="What is started instead of the image's own command"
    )
    user: User = Field(default="", description="The user it runs as; default: nobody")
    serves: Annotated[list[ServedTable], Field(max_length=20)] = Field(
        default=[], description="Ports that it serves"
    )
    shares: Annotated[list[SharedTable], Field(max_length=20)] = Field(
        default=[], description="Folders that are shared through volumes"
    )
    stops_within: Seconds | None = Field(
        default=None, description="Seconds from its stop signal to its end"
    )
    runs: Annotated[list[OtherCommandTable], Field(max_length=50)] = Field(
        default=[], description="Other commands that work too"
    )
    logs: Annotated[list[FollowedTable], Field(max_length=10)] = Field(
        default=[], description="Logs that can be followed"
    )
    trains: TrainedTable | None = Field(
        default=None, description="Its command trains a model, and prints how good it is"
    )
