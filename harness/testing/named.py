"""The suites of a pytest session: those that are named on the command line, and the configured one.

A matrix.yaml that is named is collected by pytest itself, like any file. One that only the
configuration names, or that lies in a folder which is named besides, is added to the session as a
node of its own, because pytest 8 collects nothing more of a folder if a file in it is named, too.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

FILE_NAME = "matrix.yaml"
"""The same as in harness.suite.matrix, which is not imported in sessions without a matrix."""

_BESIDE = pytest.StashKey[tuple[Path, ...]]()
_KEY = "harness_suites"


def find_suites(config: pytest.Config) -> None:
    """Determine, at the start of a session, which suites are collected besides pytest's own
    arguments."""
    given: list[str] | None = getattr(config, "workerinput", {}).get(_KEY)
    found = [Path(path) for path in given] if given is not None else [*_beside(config)]
    config.stash[_BESIDE] = tuple(dict.fromkeys(found))
    config.args = [one for one in config.args if _plain_file(config, one) not in found]


def beside(config: pytest.Config) -> tuple[Path, ...]:
    """The suites that are collected besides pytest's own arguments."""
    return config.stash[_BESIDE]


def tell_worker(config: pytest.Config, workerinput: dict[str, object]) -> None:
    """Pass them on to a worker of xdist, so that it collects what its controller does."""
    workerinput[_KEY] = [str(path) for path in beside(config)]


def configured_suite(config: pytest.Config) -> Path | None:
    """The matrix.yaml that `harness_suite` names, relative to the configuration file."""
    text = str(config.getini("harness_suite"))
    if not text:
        return None
    path = (config.inipath.parent if config.inipath else config.rootpath) / text
    return (path / FILE_NAME if path.is_dir() else path).resolve()


def named_suites(config: pytest.Config) -> dict[Path, tuple[str, ...]]:
    """The matrix files that are named, each with the cells that node ids select in it."""
    found: dict[Path, list[str]] = {}
    for argument in config.args:
        name, *parts = str(argument).split("::")
        path = config.invocation_params.dir / name
        if path.name == FILE_NAME and path.is_file():
            found.setdefault(path.resolve(), []).extend(parts[:1])
    configured = configured_suite(config)
    for path in beside(config):
        if path != configured:
            found.setdefault(path, [])
    return {path: tuple(cells) for path, cells in found.items()}


def node_id(config: pytest.Config, path: Path) -> str:
    """The id of a suite's node in pytest's form: its path relative to pytest's root."""
    return Path(os.path.relpath(path, config.rootpath)).as_posix()


def _beside(config: pytest.Config) -> Iterator[Path]:
    folders = [
        folder.resolve()
        for argument in config.args
        if (folder := config.invocation_params.dir / str(argument)).is_dir()
    ]
    files = [path for one in config.args if (path := _plain_file(config, one))]
    for path in files:
        if path.name == FILE_NAME and any(folder in path.parents for folder in folders):
            yield path
    configured = configured_suite(config)
    nothing_named = config.args_source is not pytest.Config.ArgsSource.ARGS
    if configured is not None and nothing_named and configured not in files:
        yield configured


def _plain_file(config: pytest.Config, argument: object) -> Path | None:
    """The file that an argument names as a whole, not only a part of it."""
    path = config.invocation_params.dir / str(argument)
    return path.resolve() if path.is_file() else None
