"""The rules for images: one module for each question, discovered automatically.

A rule is a module of this package with a pure function
`reasons(subject, host) -> Iterable[Reason]`. It yields nothing where it does not apply. Never here:
reading the image, and the wording of a reason, which is in `knowledge/reasons.json`.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from pkgutil import iter_modules

from harness.check.host import TargetHost
from harness.check.reasons import Reason, reason
from harness.check.subject import Subject


def names() -> tuple[str, ...]:
    """The names of all rules, in alphabetical order."""
    return tuple(sorted(one.name for one in iter_modules(__path__)))


def all_reasons(subject: Subject, host: TargetHost) -> Iterator[Reason]:
    """The reasons of all rules; for an image without content, that single reason instead."""
    if _made_of_nothing(subject):
        yield reason("made-of-nothing")
        return
    for name in names():
        yield from import_module(f"{__name__}.{name}").reasons(subject, host)


def _made_of_nothing(subject: Subject) -> bool:
    """Whether the layers were read and contain nothing that any other rule could examine."""
    inside = subject.inside
    if inside is None or inside.problems:
        return False
    held = (inside.distributions, inside.pythons, inside.libraries, inside.objects)
    return not any(held) and not inside.packages and not inside.carried and not inside.system
