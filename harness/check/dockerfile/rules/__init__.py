"""The rules for Dockerfiles: one module for each question, discovered automatically.

A rule is a module of this package with a pure function
`findings(checked) -> Iterable[DockerfileFinding]`. Never here: style, which hadolint judges.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from pkgutil import iter_modules

from harness.check.dockerfile.checked import CheckedDockerfile, DockerfileFinding


def names() -> tuple[str, ...]:
    """The names of all rules, in alphabetical order."""
    return tuple(sorted(one.name for one in iter_modules(__path__)))


def all_findings(checked: CheckedDockerfile) -> Iterator[DockerfileFinding]:
    """The findings of all rules."""
    for name in names():
        yield from import_module(f"{__name__}.{name}").findings(checked)
