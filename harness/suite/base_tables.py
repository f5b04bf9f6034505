"""The keys of a base in a matrix.yaml, as pydantic models."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Discriminator, Field, Tag

from harness.suite import words
from harness.suite.fields import Interpreter, Python
from harness.suite.table import Table


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
