"""What decides: one module for each question, found by itself.

A rule is a module of this package that offers `reasons(subject, host) -> Iterable[Reason]`, a pure
function. What it has nothing to say about gives no reason. Never here: reading the image, and the
words of a reason, which stand in `knowledge/reasons.json`.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from pkgutil import iter_modules

from harness.check.host import TargetHost
from harness.check.reasons import Reason, reason
from harness.check.subject import Subject


def names() -> tuple[str, ...]:
    """The rules there are, in alphabetical order."""
    return tuple(sorted(one.name for one in iter_modules(__path__)))


def all_reasons(subject: Subject, host: TargetHost) -> Iterator[Reason]:
    """Every reason of every rule; where there is nothing in the image, that alone."""
    if _made_of_nothing(subject):
        yield reason("made-of-nothing")
        return
    for name in names():
        yield from import_module(f"{__name__}.{name}").reasons(subject, host)


def _made_of_nothing(subject: Subject) -> bool:
    """Whether its layers were read, and hold nothing that any other rule could ask about."""
    inside = subject.inside
    if inside is None or inside.problems:
        return False
    held = (inside.distributions, inside.pythons, inside.libraries, inside.objects)
    return not any(held) and not inside.packages and not inside.carried and not inside.system
