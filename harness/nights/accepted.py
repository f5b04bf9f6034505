"""Reads an accepted.yaml and reports all its problems at once, each with its place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.errors import AcceptedError, Problem
from harness.nights.values import Acceptance, Accepted, Baseline

if TYPE_CHECKING:
    from harness.nights.schema import AcceptedTable
    from harness.suite.document import Document

FILE_NAME = "accepted.yaml"
"""The file lies beside the suite's matrix.yaml."""
SHA256 = "sha256:"


def read_accepted(data: bytes, path: str) -> Accepted:
    """Read the bytes of an accepted.yaml; `path` names the file in problems and places.

    Raises AcceptedError with all problems of the file.
    """
    return read_with_places(data, path)[0]


def read_with_places(data: bytes, path: str) -> tuple[Accepted, Document]:
    """Read it like `read_accepted`, and also return the document with the places of its parts.
    Raises AcceptedError."""
    from pydantic import ValidationError

    from harness.nights.schema import AcceptedTable, json_schema
    from harness.suite.diagnosis import no_mapping, shape_problems
    from harness.suite.document import read_document

    document = read_document(data, path)
    if not document.whole:
        raise AcceptedError(document.problems)
    if not isinstance(document.value, dict):
        wanted = f"an {FILE_NAME} is a mapping with `version`, `baseline` and `events`"
        raise AcceptedError([no_mapping(document, wanted, "let `harness accept RUN` write it")])
    try:
        table = AcceptedTable.model_validate(document.value)
    except ValidationError as error:
        problems = (*document.problems, *shape_problems(document, error, json_schema()))
        raise AcceptedError(_in_order(problems)) from None
    problems = (*document.problems, *_twice(document, table))
    if problems:
        raise AcceptedError(_in_order(problems))
    return _accepted(document, table), document


def _twice(document: Document, table: AcceptedTable) -> tuple[Problem, ...]:
    """Return a problem for every event whose id an earlier one has already."""
    first: dict[str, int] = {}
    found = []
    for number, event in enumerate(table.events):
        earlier = first.setdefault(event.id, number)
        if earlier != number:
            line = document.place(("events", earlier)).line
            message = f"the event `{event.id}` stands here a second time, first in line {line}"
            where = ("events", number, "id")
            found.append(document.problem(message, where, remedy="make one of the two"))
    return tuple(found)


def _accepted(document: Document, table: AcceptedTable) -> Accepted:
    events = [
        Acceptance(
            id=event.id,
            reason=event.reason,
            owner=event.owner,
            until=event.until,
            findings=tuple(event.findings),
            cells=tuple(event.cells),
            values=tuple(event.values),
            place=document.place(("events", number)),
        )
        for number, event in enumerate(table.events)
    ]
    return Accepted(
        baseline=Baseline(
            run=table.baseline.run, export=table.baseline.export.removeprefix(SHA256)
        ),
        events=tuple(sorted(events, key=lambda one: one.id)),
    )


def _in_order(problems: tuple[Problem, ...]) -> list[Problem]:
    """Sort problems by their place in the file, each once."""
    return sorted(dict.fromkeys(problems), key=lambda problem: (problem.line, problem.column))
