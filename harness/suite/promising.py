"""Turn what rows promise into values, and find problems with the promises."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from harness.errors import Problem
from harness.promises import (
    Check,
    CodeCell,
    Followed,
    Notebook,
    OtherCommand,
    Promise,
    Ready,
    Served,
    SharedFolder,
    Trained,
)
from harness.suite.document import Document
from harness.suite.lines import Where

if TYPE_CHECKING:
    from harness.suite.promise_tables import (
        CheckTable,
        PromisingTable,
        ServedTable,
        TrainedTable,
    )

_STARTED = ("serves", "stops-within", "logs", "trains")
"""Keys that need a command to be running in the container."""
_JSON_TYPE = "application/json"
_TEXT_TYPE = "text/plain; charset=utf-8"


def promise_of(row: PromisingTable) -> Promise | None:
    """What a row promises; None if it promises nothing."""
    promise = Promise(
        command=tuple(row.command or ()),
        user=row.user,
        serves=tuple(_served(one) for one in row.serves),
        shares=tuple(
            SharedFolder(path=one.path.rstrip("/"), owner=one.owner) for one in row.shares
        ),
        stops_within_s=row.stops_within or 0.0,
        runs=tuple(
            OtherCommand(
                command=tuple(one.command),
                exits=one.exits,
                prints=one.prints,
                within_s=one.within,
            )
            for one in row.runs
        ),
        logs=tuple(
            Followed(
                file=one.file,
                numbers=one.numbers,
                contains=one.contains,
                within_s=one.within,
                ends=one.ends,
                second_shell=tuple(one.second_shell or ()),
            )
            for one in row.logs
        ),
        trains=_trained(row.trains) if row.trains is not None else None,
    )
    return promise if promise.kinds else None


def _trained(table: TrainedTable) -> Trained:
    return Trained(
        times=table.times,
        same=table.same,
        keep=table.keep,
        confusion=table.confusion,
        wrong=table.wrong,
        error_from=table.error_from,
        error_to=table.error_to,
        agrees_with=table.agrees_with,
        training_deviation=table.training_deviation,
        within_s=table.within,
    )


def _served(table: ServedTable) -> Served:
    notebook = table.notebook
    return Served(
        port=table.port,
        ready=Ready(
            path=table.ready.path,
            status=table.ready.status,
            log=table.ready.log,
            within_s=table.ready.within,
        ),
        checks=tuple(_check(one) for one in table.checks),
        notebook=None
        if notebook is None
        else Notebook(
            token=notebook.token,
            base=notebook.base,
            kernel=notebook.kernel,
            cells=tuple(
                CodeCell(code=one.run, prints=one.prints, within_s=one.within)
                for one in notebook.cells
            ),
        ),
    )


def _check(table: CheckTable) -> Check:
    method, _, path = table.ask.partition(" ")
    given = table.model_fields_set
    body, kind = "", ""
    if "json_" in given:
        body, kind = _compact(table.json_), _JSON_TYPE
    elif table.text is not None:
        body, kind = table.text, _TEXT_TYPE
    return Check(
        method=method,
        path=path,
        name=table.name,
        headers=tuple(sorted(table.headers.items())),
        body=body,
        filler=table.bytes_ or 0,
        file=table.file or "",
        content_type=table.type or kind,
        file_field=table.file_field,
        status=table.status,
        answers=_compact(table.answers) if "answers" in given else "",
        absolute=table.absolute,
        contains=table.contains,
        within_s=table.within,
        times=table.times,
        keep=table.keep,
    )


def _compact(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)


def promise_problems(
    document: Document, row: PromisingTable, where: Where, *, base: bool, host: bool
) -> Iterator[Problem]:
    """The problems of what the row or product at `where` promises.

    `base`: the cell is built from a base; `host`: it is an interpreter of this host.
    """
    given = [
        key
        for key in ("command", "user", "serves", "shares", "stops-within", "runs", "logs", "trains")
        if key.replace("-", "_") in row.model_fields_set
    ]
    for key in given if host else ():
        yield document.problem(
            f"`{key}` is for cells with a container, and `host` is an interpreter of this host",
            (*where, key),
            at_key=True,
            remedy="remove it, or name an `image` or a `base`",
        )
    if given and not host and promise_of(row) is None:
        yield document.problem(
            f"`{given[0]}` alone promises nothing that could be asked",
            (*where, given[0]),
            at_key=True,
            remedy="add `serves`, `shares`, `stops-within`, `runs`, `logs` or `trains`",
        )
    for key in _STARTED:
        if base and key in given and row.command is None:
            yield document.problem(
                f"`{key}` needs a `command`: an image that is built from a base starts nothing",
                (*where, key),
                at_key=True,
                remedy='add one, as in command: ["{interpreter}", -m, http.server]',
            )
    yield from _twice(document, [one.port for one in row.serves], (*where, "serves"), "port")
    yield from _twice(
        document, [one.path.rstrip("/") for one in row.shares], (*where, "shares"), "path"
    )
    for number, served in enumerate(row.serves):
        yield from _served_problems(document, served, (*where, "serves", number))
    for number, followed in enumerate(row.logs):
        at = (*where, "logs", number)
        if followed.numbers and not followed.file:
            yield document.problem(
                "`numbers` holds a file against standard output, and there is no `file`",
                (*at, "numbers"),
                at_key=True,
                remedy="name the `file`, or remove `numbers`",
            )
        if followed.second_shell and not followed.file:
            yield document.problem(
                "`second-shell` watches a file, and there is no `file`",
                (*at, "second-shell"),
                at_key=True,
                remedy="name the `file`, or remove `second-shell`",
            )
    if row.trains is not None:
        yield from _trained_problems(document, row.trains, (*where, "trains"))


def _trained_problems(document: Document, table: TrainedTable, where: Where) -> Iterator[Problem]:
    if bool(table.confusion) == bool(table.wrong):
        yield document.problem(
            "one of `confusion` and `wrong` says how good the model is",
            where,
            at_key=True,
            remedy="keep one of them" if table.wrong else "add one",
        )
    if table.times > 1 and not table.same:
        yield document.problem(
            "what is started several times must have something that is the same each time",
            (*where, "times"),
            at_key=True,
            remedy="add `same`, a pattern",
        )
    if table.error_from > table.error_to:
        yield document.problem(
            f"`error-from` is above `error-to` ({table.error_to:g})", (*where, "error-from")
        )


def _served_problems(document: Document, served: ServedTable, where: Where) -> Iterator[Problem]:
    if served.notebook is not None and served.checks:
        yield document.problem(
            "a port is a notebook server or has `checks`, not both",
            (*where, "checks"),
            at_key=True,
            remedy="ask a notebook server by `cells` of `notebook`",
        )
    if served.ready.log and {"path", "status"} & served.ready.model_fields_set:
        yield document.problem(
            "what is ready by its `log` is asked for nothing",
            (*where, "ready", "log"),
            at_key=True,
            remedy="remove `log`, or `path` and `status`",
        )
    for number, check in enumerate(served.checks):
        at = (*where, "checks", number)
        sent = [key for key in ("json_", "text", "bytes_", "file") if key in check.model_fields_set]
        if len(sent) > 1:
            names = " and ".join(f"`{key.rstrip('_')}`" for key in sent)
            yield document.problem(
                f"a request sends one thing, not {names}", at, remedy="keep one of them"
            )
        if check.file_field and not sent:
            yield document.problem(
                "`file-field` needs something that is sent",
                (*at, "file-field"),
                at_key=True,
                remedy="add `json`, `text`, `bytes` or `file`",
            )
        if check.absolute and "answers" not in check.model_fields_set:
            yield document.problem(
                "`absolute` is about the numbers of `answers`, and there is none",
                (*at, "absolute"),
                at_key=True,
                remedy="add `answers`, or remove it",
            )


def _twice(document: Document, values: list[Any], where: Where, key: str) -> Iterator[Problem]:
    seen: set[Any] = set()
    for number, value in enumerate(values):
        if value in seen:
            yield document.problem(f"{key} {value} stands there twice", (*where, number, key))
        seen.add(value)
