"""Read a suite from its matrix.yaml: all its cells, included and excluded, or all its problems."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from harness.errors import MatrixError, Problem, UsageError
from harness.model import (
    AskedMore,
    Band,
    Base,
    Cell,
    Excluded,
    Expectation,
    Level,
    Rules,
    Saving,
    Source,
    Suite,
)

if TYPE_CHECKING:
    from harness.suite.base_tables import BaseTable, SourceTable
    from harness.suite.diagnosis import Diagnosis
    from harness.suite.document import Document
    from harness.suite.known import KnownNames
    from harness.suite.lines import Where
    from harness.suite.schema import Axis, Matrix, TagTable

FILE_NAME = "matrix.yaml"


def load_suite(path: Path, known: KnownNames | None = None) -> Suite:
    """Load the suite of a matrix.yaml, or of a folder that contains one.

    With `known`, names that do not exist are problems, too. Raises MatrixError with all problems,
    and UsageError if the file cannot be read.
    """
    file, data = _read(path)
    return read_suite(data, str(file), file.resolve().parent, known)


def suite_name(path: Path) -> str:
    """The name of a suite, without checking the rest of it; ten times as quick as `load_suite`.

    Raises MatrixError if the file is no YAML up to its name, and UsageError if it cannot be read.
    """
    from harness.suite.document import read_document
    from harness.suite.scalars import resolve

    file, data = _read(path)
    plain = re.match(_PLAIN_HEAD, data)
    if plain is not None and isinstance(name := resolve(plain[1].decode()), str):
        return name
    head = re.match(_HEAD, data)
    if head is not None:
        document = read_document(head[0], str(file))
        if document.whole and not document.problems and (name := _named(document)):
            return name
    document = read_document(data, str(file))
    if not document.whole:
        raise MatrixError(document.problems)
    return _named(document) or file.resolve().parent.name


_NOT_CONTINUED = rb"(?=(?:[ \t]*(?:#.*)?\n)*(?:[^ \t\n#]|[ \t]*\Z))"
_HEAD = rb"(?:.*\n)*?name:[ \t].*\n" + _NOT_CONTINUED
"""Matches a file up to the end of the line that names the suite, if the next line cannot continue
it. If this part is valid YAML by itself, it has the same name as the whole file."""

_REMARKS = rb"(?: *(?:#[ -~]*)?\n)*"
_PLAIN_HEAD = (
    _REMARKS
    + rb"(?:version: [0-9]\n"
    + _REMARKS
    + rb")?name: ([A-Za-z][\w.-]*) *\n"
    + _NOT_CONTINUED
)
"""Matches what most files begin with: remarks, the version and a name that is one word. To import
the library that reads YAML would take longer than everything else that is done for a name."""


def _named(document: Document) -> str:
    name = document.value.get("name") if isinstance(document.value, dict) else None
    return name if isinstance(name, str) else ""


def _read(path: Path) -> tuple[Path, bytes]:
    """(path, content) of a matrix.yaml, or of the one in a folder. Raises UsageError if it cannot
    be read."""
    from harness.suite.document import MAX_BYTES

    file = path / FILE_NAME if path.is_dir() else path
    try:
        with file.open("rb") as opened:
            return file, opened.read(MAX_BYTES + 1)
    except OSError as error:
        remedy = f"name a {FILE_NAME}, or a folder with one"
        reason = error.strerror or type(error).__name__
        raise UsageError(f"{file} cannot be read: {reason}", remedy=remedy) from None


def read_suite(data: bytes, path: str, root: Path, known: KnownNames | None = None) -> Suite:
    """The suite that the bytes of a matrix.yaml describe. Raises MatrixError with all problems.

    `path` names the file in problems and places; `root` is the suite's folder.
    """
    from hashlib import sha256

    from harness.suite.diagnosis import diagnose
    from harness.suite.document import read_document
    from harness.suite.known import known_problems
    from harness.suite.references import names, suite_problems, twins
    from harness.suite.sent import SentFiles
    from harness.suite.taken import taken_problems, with_relaxations_of_taken

    document = read_document(data, path)
    if not document.whole:
        raise MatrixError(document.problems)
    diagnosis = diagnose(document)
    problems = [*document.problems, *diagnosis.problems]
    matrix = diagnosis.matrix
    if matrix is None:
        raise MatrixError(_in_order(problems))
    made, found, whole = _cells(document, diagnosis)
    sent = SentFiles(document=document, root=root)
    made = [
        (replace(one, promise=sent.filled(one.promise, at)) if isinstance(one, Cell) else one, at)
        for one, at in made
    ]
    problems += sent.problems
    cells = tuple(cell for cell, _ in made if isinstance(cell, Cell))
    excluded = tuple(cell for cell, _ in made if isinstance(cell, Excluded))
    named = names(document, matrix, whole=whole and not problems)
    problems += found
    problems += twins(document, made)
    problems += suite_problems(document, diagnosis, cells, excluded, named)
    if named.whole:
        datasets = known.datasets if known is not None else None
        problems += taken_problems(document, made, datasets)
    if known is not None:
        problems += known_problems(document, diagnosis, known)
    if problems:
        raise MatrixError(_in_order(problems))
    return Suite(
        name=matrix.name or root.name,
        root=str(root),
        digest=sha256(data).hexdigest(),
        cells=with_relaxations_of_taken(cells),
        excluded=excluded,
        bases=tuple(_base(name, table) for name, table in matrix.bases.items()),
        rules=_rules(document, matrix),
        default=tuple(matrix.default),
        probes=tuple(matrix.probes),
        asked_more=tuple(_asked_more(tag, table) for tag, table in matrix.tags.items()),
    )


def _in_order(problems: list[Problem]) -> list[Problem]:
    """The problems sorted by their place in the file, each once."""
    return sorted(dict.fromkeys(problems), key=lambda problem: (problem.line, problem.column))


def _cells(
    document: Document, diagnosis: Diagnosis
) -> tuple[list[tuple[Cell | Excluded, Where]], list[Problem], bool]:
    """(every row and member of a product with its place, their problems, whether all products are
    complete in spite of these problems)."""
    from harness.suite.cells import Origin, build_of, make_cell
    from harness.suite.expecting import expect_problems, expected_failure
    from harness.suite.promising import promise_problems
    from harness.suite.references import names, python_problem, row_problems

    matrix = diagnosis.matrix
    assert matrix is not None
    named = names(document, matrix)
    pythons = {name: table.python for name, table in matrix.bases.items()}
    made: list[tuple[Cell | Excluded, Where]] = []
    problems: list[Problem] = []
    for number, row in enumerate(matrix.cells):
        where = diagnosis.where("cells", number)
        found = list(row_problems(document, row, where, named))
        found += promise_problems(document, row, where, base=bool(row.base), host=bool(row.host))
        problems += found
        origin = Origin(
            id=row.id,
            framework=tuple(row.framework.items()),
            python=row.python,
            cuda=row.cuda,
            base=row.base,
            image=row.image,
            host=row.host,
            build=build_of(row.dockerfile, row.context, row.args, row.target, row.images, row),
            install=None if row.install is None else tuple(row.install),
            constraints=tuple(row.constraints),
        )
        place = document.place((*where, "id"))
        cell = make_cell(origin, row, matrix.defaults, pythons, place)
        if isinstance(cell, Cell):
            cell = replace(cell, expect=expected_failure(row.expect))
            problems += expect_problems(document, cell, where, matrix.reference)
            problems += python_problem(document, cell, pythons, where)
        made.append((cell, where))
    whole = True
    for number, axis in enumerate(matrix.axes):
        before = len(problems)
        where = diagnosis.where("axes", number)
        _product(document, matrix, axis, where, pythons, made, problems)
        whole = whole and len(problems) == before
    return made, problems, whole


def _product(
    document: Document,
    matrix: Matrix,
    axis: Axis,
    where: Where,
    pythons: Mapping[str, str],
    made: list[tuple[Cell | Excluded, Where]],
    problems: list[Problem],
) -> None:
    """Add a product's members to `made`, and its problems to `problems`."""
    from harness.suite.axes import Fault, expand
    from harness.suite.cells import make_cell
    from harness.suite.promising import promise_problems
    from harness.suite.references import build_problems, names, python_problem, unknown_base
    from harness.suite.taken import is_base

    named = names(document, matrix)
    problems += build_problems(document, axis, where)
    place = document.place((*where, "id"))
    unknown: set[str] = set()
    problems += promise_problems(document, axis, where, base=axis.base is not None, host=False)
    for member in expand(axis):
        if isinstance(member, Fault):
            at = (*where, *member.where)
            problems.append(
                document.problem(member.message, at, at_key=member.at_key, remedy=member.remedy)
            )
            continue
        origin = member.origin
        if member.excluded:
            made.append((Excluded(id=origin.id, reason=member.excluded, place=place), where))
            continue
        if origin.base and origin.base not in named.bases:
            if origin.base not in unknown:
                unknown.add(origin.base)
                problems.append(unknown_base(document, origin.base, (*where, "base"), named))
            continue
        for image, base in origin.build.images if origin.build else ():
            if is_base(base) and base not in named.bases and base not in unknown:
                unknown.add(base)
                at = (*where, "from", image) if image in axis.images else (*where, "from")
                problems.append(unknown_base(document, base, at, named))
        cell = make_cell(origin, axis, matrix.defaults, pythons, place)
        if isinstance(cell, Cell):
            problems += python_problem(document, cell, pythons, where)
        made.append((cell, where))


def _base(name: str, table: BaseTable) -> Base:
    sources = tuple(_source(table.python, source) for source in table.sources)
    return Base(id=name, python=table.python, sources=sources)


def _source(python: str, source: SourceTable) -> Source:
    from harness.suite.base_tables import Debian, Pull

    if isinstance(source, Pull):
        return Source(kind="pull", image=source.pull, interpreter=source.interpreter)
    packages = tuple(source.packages)
    if isinstance(source, Debian):
        return Source(
            kind="debian",
            suite=source.debian,
            packages=packages,
            archive=source.archive,
            interpreter=source.interpreter or f"/usr/bin/python{python}",
        )
    return Source(kind="prefix", suite=source.debian, packages=packages, python=source.prefix)


def _asked_more(tag: str, table: TagTable) -> AskedMore:
    return AskedMore(
        tag=tag,
        probes=tuple(table.probes),
        settings=tuple(
            (probe, tuple(sorted(settings.items())))
            for probe, settings in sorted(table.settings.items())
        ),
    )


def _rules(document: Document, matrix: Matrix) -> Rules:
    return Rules(
        reference=matrix.reference,
        expectations=tuple(
            Expectation(**rule.model_dump(), place=document.place(("expectations", number)))
            for number, rule in enumerate(matrix.expectations)
        ),
        bands=tuple(Band(**band.model_dump()) for band in matrix.bands),
        saving=None
        if matrix.saving is None
        else Saving(level=Level(matrix.saving.level), formats=tuple(matrix.saving.formats)),
    )
