"""What may be wrong with a Dockerfile: one module for each question, found by itself.

A rule is a module of this package that offers `findings(checked) -> Iterable[DockerfileFinding]`, a
pure function. Never here: style, which hadolint judges.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from pkgutil import iter_modules

from harness.check.dockerfile.checked import CheckedDockerfile, DockerfileFinding


def names() -> tuple[str, ...]:
    """The rules there are, in alphabetical order."""
    return tuple(sorted(one.name for one in iter_modules(__path__)))


def all_findings(checked: CheckedDockerfile) -> Iterator[DockerfileFinding]:
    """Everything that every rule finds."""
    for name in names():
        yield from import_module(f"{__name__}.{name}").findings(checked)
