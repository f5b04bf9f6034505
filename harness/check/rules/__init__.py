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
from harness.check.reasons import Reason
from harness.check.subject import Subject


def names() -> tuple[str, ...]:
    """The rules there are, in alphabetical order."""
    return tuple(sorted(one.name for one in iter_modules(__path__)))


def all_reasons(subject: Subject, host: TargetHost) -> Iterator[Reason]:
    """Every reason of every rule."""
    for name in names():
        yield from import_module(f"{__name__}.{name}").reasons(subject, host)
