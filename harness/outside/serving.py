"""Check whether ports answer HTTP as a cell promises: send and time every check, and see that the
service is still alive after it."""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from harness.machine.web import NotAnswered, WebAnswer, WebRequest, form_with_file
from harness.model import Fact
from harness.outside.breaches import Breaches
from harness.outside.cell import OutsideCell, here
from harness.outside.silent import why_not_ready
from harness.promises import Check, Served, status_fits
from harness.text import clean_line

_ALIVE_S = 10.0
_KEPT = 2000
_SHOWN = 120
_QUANTILES = (("median", 0.5), ("p90", 0.9), ("p99", 0.99))
_SERIES = 10_000


def served(settings: Mapping[str, Any]) -> dict[str, Fact]:
    """The facts of the probe `http`."""
    cell = here(settings)
    return facts_of(cell)


def facts_of(cell: OutsideCell) -> dict[str, Fact]:
    """The facts of every port that answers HTTP, and the promises that are broken."""
    broken = Breaches()
    facts: dict[str, Fact] = {}
    for one in cell.promise.serves:
        if one.notebook is None:
            facts |= _port(cell, one, broken)
    return {**facts, "http.broken": broken.told}


def _port(cell: OutsideCell, one: Served, broken: Breaches) -> dict[str, Fact]:
    stem = f"http.{one.port}"
    ready = cell.standing.ready.get(str(one.port)) if cell.standing else None
    facts: dict[str, Fact] = {f"{stem}.is_ready": ready is not None}
    if ready is None:
        broken.add(f"port {one.port}", why_not_ready(cell, one.port))
        return facts
    facts[f"{stem}.ready_seconds"] = ready
    times: list[float] = []
    statuses: list[str] = []
    for check in one.checks:
        status, answer = _checked(cell, one, check, times, broken)
        statuses.append(status)
        if check.keep and answer is not None:
            facts[_free(facts, f"{stem}.answer.{_key(check.told)}")] = _kept(answer)
        if not status.startswith("2") and not _alive(cell, one, f"after {check.told}", broken):
            break
    else:
        _alive(cell, one, "in the end", broken)
    facts[f"{stem}.checks"] = tuple(clean_line(check.told, 200) for check in one.checks)
    facts[f"{stem}.statuses"] = tuple(statuses)
    facts[f"{stem}.requests"] = len(times)
    if times:
        facts |= distribution(f"{stem}.latency", times)
    return facts


def _checked(
    cell: OutsideCell, one: Served, check: Check, times: list[float], broken: Breaches
) -> tuple[str, WebAnswer | None]:
    """The status of the last answer (`-` for none), and that answer."""
    request, seen = request_of(check), "-"
    answer: WebAnswer | None = None
    for _ in range(check.times):
        try:
            answer = cell.ask(one.port, request, check.within_s)
        except NotAnswered as error:
            broken.add(f"port {one.port}, {check.told}", f"the service {error}")
            return "-", None
        seen = str(answer.status)
        times.append(answer.seconds)
        if why := what_is_wrong(check, answer):
            broken.add(f"port {one.port}, {check.told}", why)
            break
    return seen, answer


def request_of(check: Check) -> WebRequest:
    """The request of a check."""
    headers = dict(check.headers)
    body = check.body.encode("utf-8", "backslashreplace")
    if check.file:
        body = base64.b64decode(check.content)
    if check.file_field:
        form, kind = form_with_file(check.file_field, body, check.filler)
        return WebRequest(
            method=check.method,
            path=check.path,
            headers={"Content-Type": kind, **headers},
            body=form.body,
            filler=form.filler,
            after=form.after,
        )
    if check.content_type:
        headers = {"Content-Type": check.content_type, **headers}
    return WebRequest(
        method=check.method, path=check.path, headers=headers, body=body, filler=check.filler
    )


def what_is_wrong(check: Check, answer: WebAnswer) -> str:
    """How an answer differs from the promise; empty if it does not."""
    if not status_fits(check.status, answer.status):
        return f"it answers {answer.status}, but {check.status} was promised{_quoted(answer)}"
    text = answer.body.decode("utf-8", "replace")
    if not answer.whole and (check.answers or check.contains or check.keep):
        return f"the answer is longer than the {len(answer.body)} bytes that are read of it"
    if check.contains and check.contains not in text:
        return f"{clean_line(check.contains, _SHOWN)!a} is not in the answer{_quoted(answer)}"
    if check.answers:
        try:
            said = json.loads(text)
        except (ValueError, RecursionError):
            return f"the answer is not JSON{_quoted(answer)}"
        if not same_json(said, json.loads(check.answers), check.absolute):
            near = f", within {check.absolute:g}" if check.absolute else ""
            wanted = clean_line(check.answers, _SHOWN)
            return f"it is {_compact(said)}, but {wanted} was promised{near}"
    return ""


def same_json(one: Any, other: Any, absolute: float = 0.0) -> bool:
    """Whether two JSON values are equal, each number within `absolute` of the other. True does not
    equal 1, although it does in Python; 9.0 equals 9."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(
            same_json(one[key], other[key], absolute) for key in one
        )
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(
            same_json(mine, theirs, absolute) for mine, theirs in zip(one, other, strict=True)
        )
    if one == other:
        return True
    numbers = isinstance(one, int | float) and isinstance(other, int | float)
    return numbers and absolute > 0 and _near(one, other, absolute)


def _near(one: float, other: float, absolute: float) -> bool:
    try:
        return abs(one - other) <= absolute  # False for NaN
    except OverflowError:  # an integer too large for a float
        return False


def _alive(cell: OutsideCell, one: Served, when: str, broken: Breaches) -> bool:
    """Whether a port still answers with a status below 500; if not, that is added to `broken`."""
    try:
        answer = cell.ask(one.port, WebRequest(path=one.ready.path), _ALIVE_S)
    except NotAnswered as error:
        broken.add(f"port {one.port}, {when}", f"the service no longer answers: it {error}")
        return False
    if answer.status >= 500:
        told = f"it answers {answer.status} to GET {one.ready.path}"
        broken.add(f"port {one.port}, {when}", told)
    return True


def distribution(stem: str, times: list[float]) -> dict[str, Fact]:
    """How long requests took, in seconds: all times, and percentiles by the nearest-rank method."""
    ordered = sorted(times)
    facts: dict[str, Fact] = {f"{stem}_each_seconds": tuple(round(t, 6) for t in times[:_SERIES])}
    for name, share in _QUANTILES:
        rank = max(1, math.ceil(share * len(ordered)))
        facts[f"{stem}_{name}_seconds"] = round(ordered[rank - 1], 6)
    facts[f"{stem}_longest_seconds"] = round(ordered[-1], 6)
    return facts


def _kept(answer: WebAnswer) -> str:
    text = answer.body.decode("utf-8", "backslashreplace")
    with suppress(ValueError, RecursionError):
        text = json.dumps(json.loads(text), sort_keys=True)
    return clean_line(text, _KEPT)


def _key(name: str) -> str:
    """A name as the last part of a fact's key."""
    return "".join(one if one.isalnum() else "_" for one in name if one.isascii())[:80]


def _free(facts: Mapping[str, Fact], key: str) -> str:
    """The key, numbered if it is taken, because two checks may have the same name."""
    number = 2
    while (numbered := key if number == 2 and key not in facts else f"{key}_{number}") in facts:
        number += 1
    return numbered


def _compact(value: object) -> str:
    return clean_line(json.dumps(value, sort_keys=True, separators=(",", ":")), _SHOWN)


def _quoted(answer: WebAnswer) -> str:
    text = clean_line(answer.body[:2000].decode("utf-8", "replace").strip(), _SHOWN)
    return f": {text}" if text else ""
