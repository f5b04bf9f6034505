"""Expand products of framework versions, Pythons and CUDA versions into cells.

No member of a product disappears silently: it becomes a cell, or is excluded with a reason.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from itertools import product
from typing import TYPE_CHECKING

from harness.model import DockerfileBuild
from harness.suite.cells import Origin, build_of
from harness.suite.words import (
    ID,
    IMAGE,
    MEANING,
    NAME,
    PATH,
    TAKEN,
    Complaint,
    checked_requirement,
)
from harness.text import name_remedy

if TYPE_CHECKING:
    from harness.suite.schema import Axis

MAX_MEMBERS = 5000
"""Members of one product at most; more are taken for a mistake."""

_FIELD = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Member:
    """One combination of a product."""

    origin: Origin
    excluded: str = ""
    """Why it is left out; empty if it is not."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Fault:
    """A problem of a product."""

    message: str
    where: tuple[str | int, ...] = ()
    """The way from the product to the key, or part of it, that the problem is about."""
    remedy: str = ""
    at_key: bool = False
    """Whether it is about the key's name, not about its value."""


def expand(axis: Axis) -> Iterator[Member | Fault]:
    """Yield the members of a product in the order written, the last axis varying fastest.

    If the product as a whole has faults, only these are yielded.
    """
    values = _axes(axis)
    faults = list(_faults(axis, values))
    if faults:
        yield from faults
        return
    used: set[int] = set()
    told: set[str] = set()
    for combination in product(*values.values()):
        member = dict(zip(values, combination, strict=True))
        rule = _matching(axis, member)
        if rule is not None:
            used.add(rule)
        try:
            origin = _origin(axis, member)
        except _Unfit as unfit:
            if rule is None and unfit.fault.message not in told:
                told.add(unfit.fault.message)
                yield unfit.fault
            continue
        yield Member(origin=origin, excluded="" if rule is None else axis.exclude[rule].reason)
    for number in range(len(axis.exclude)):
        if number not in used:
            yield Fault(
                message="this rule excludes nothing",
                where=("exclude", number),
                remedy="correct its patterns, or remove it",
            )


class _Unfit(Exception):
    def __init__(self, fault: Fault) -> None:
        self.fault = fault


def _axes(axis: Axis) -> dict[str, list[str]]:
    values = {name: list(versions) for name, versions in axis.framework.items()}
    for name, listed in (("python", axis.python), ("cuda", axis.cuda)):
        if listed is not None:
            values[name] = list(listed)
    return values


def _faults(axis: Axis, values: Mapping[str, list[str]]) -> Iterator[Fault]:
    if not values:
        yield Fault(message="a product needs `framework`, `python` or `cuda`")
    size = 1
    for listed in values.values():
        size *= len(listed)
    if size > MAX_MEMBERS:
        yield Fault(message=f"{size} combinations; at most {MAX_MEMBERS} make sense")
    if sum(one is not None for one in (axis.base, axis.dockerfile, axis.image)) != 1:
        yield Fault(
            message="a product needs one of `base`, `dockerfile`, `image`",
            remedy='`base: "py{python}"`, or a base for each Python: `base: {"3.9": NAME}`',
        )
    if isinstance(axis.base, dict):
        for python in values.get("python", [""]):
            if python not in axis.base:
                yield Fault(
                    message=f"no base is named for Python {python}"
                    if python
                    else "a base for each Python needs a `python` axis",
                    where=("base",),
                )
    for number, rule in enumerate(axis.exclude):
        named = rule.model_extra or {}
        if not named:
            yield Fault(message="a rule must name an axis", where=("exclude", number))
        for name in named:
            if name not in values:
                yield Fault(
                    message=f"there is no axis `{name}`",
                    where=("exclude", number, name),
                    remedy=name_remedy(name, values, what="the axes are"),
                    at_key=True,
                )


def _matching(axis: Axis, member: Mapping[str, str]) -> int | None:
    for number, rule in enumerate(axis.exclude):
        if all(fnmatchcase(member[name], glob) for name, glob in (rule.model_extra or {}).items()):
            return number
    return None


def _origin(axis: Axis, member: Mapping[str, str]) -> Origin:
    base = ""
    if isinstance(axis.base, dict):
        base = axis.base[member["python"]]
    elif axis.base is not None:
        base = _filled(axis.base, member, "base", ID)
    return Origin(
        id=_filled(axis.id, member, "id", ID),
        framework=tuple((name, member[name]) for name in axis.framework),
        python=member.get("python", ""),
        cuda=member.get("cuda", ""),
        base=base,
        image="" if axis.image is None else _filled(axis.image, member, "image", IMAGE),
        build=_build(axis, member),
        install=None if axis.install is None else _requirements(axis.install, member, "install"),
        constraints=_requirements(axis.constraints, member, "constraints"),
    )


def _build(axis: Axis, member: Mapping[str, str]) -> DockerfileBuild | None:
    def filled(template: str | None, key: str, pattern: str) -> str:
        return _filled(template, member, key, pattern) if template is not None else ""

    return build_of(
        filled(axis.dockerfile, "dockerfile", PATH),
        filled(axis.context, "context", PATH),
        {name: _filled(value, member, "args", None, name) for name, value in axis.args.items()},
        filled(axis.target, "target", NAME),
        {
            _filled(image, member, "from", IMAGE, image): _filled(one, member, "from", TAKEN, image)
            for image, one in axis.images.items()
        },
        axis,
    )


def _requirements(templates: list[str], member: Mapping[str, str], key: str) -> tuple[str, ...]:
    filled = []
    for number, template in enumerate(templates):
        text = _filled(template, member, key, None, number)
        try:
            filled.append(checked_requirement(text))
        except Complaint as complaint:
            message = f"`{text}`: {complaint.message}"
            raise _Unfit(
                Fault(message=message, where=(key, number), remedy=complaint.remedy)
            ) from None
    return tuple(filled)


def _filled(
    template: str,
    member: Mapping[str, str],
    key: str,
    pattern: str | None,
    number: int | str | None = None,
) -> str:
    """A template filled in with the member's values.

    Raises _Unfit for an unknown field, or if the result does not match `pattern`.
    """
    where = (key,) if number is None else (key, number)
    for name in _FIELD.findall(template):
        if name not in member:
            raise _Unfit(
                Fault(
                    message=f"`{{{name}}}` stands for nothing here",
                    where=where,
                    remedy=name_remedy(name, member, what="the axes are"),
                )
            )
    text = _FIELD.sub(lambda found: member[found.group(1)], template)
    if pattern is not None and re.search(pattern, text) is None:
        raise _Unfit(Fault(message=f"`{text}` must be {MEANING[pattern]}", where=where))
    return text
