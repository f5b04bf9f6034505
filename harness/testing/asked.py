"""The options of a pytest session, checked before anything is collected."""

from __future__ import annotations

import inspect
import os
import shlex
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from _pytest.config import findpaths

if TYPE_CHECKING:
    from harness.testing.selected import SessionOptions

AUTO, REPLAY = "auto", "replay"
_WITH_VALUE = (
    "--harness-cell",
    "--harness-tag",
    "--harness-engine",
    "--harness-rounds",
    "--harness-recordings",
)


def check_options(config: pytest.Config) -> None:
    """Raise one pytest.UsageError that lists everything wrong with the session's options."""
    wrong = [*_complaints(config)]
    if wrong:
        raise pytest.UsageError("\n".join(wrong))


def asked(config: pytest.Config) -> SessionOptions:
    """The options as a value."""
    from harness.testing.selected import SessionOptions

    return SessionOptions(
        cells=tuple(config.getoption("harness_cell")),
        tags=tuple(config.getoption("harness_tag")),
        marks=config.getoption("markexpr", "") or "",
        engine=config.getoption("harness_engine"),
        rounds=config.getoption("harness_rounds"),
        recordings=str(_recordings(config) or ""),
    )


def _recordings(config: pytest.Config) -> Path | None:
    """The folder of recordings for the engine replay, looked for relative to the folder where
    pytest was started, then to pytest's root.

    None for any other engine, since the configuration may name recordings that one call does not
    use.
    """
    named: str = config.getoption("harness_recordings")
    if not named or config.getoption("harness_engine") != REPLAY:
        return None
    here = config.invocation_params.dir / named
    return here if here.is_dir() else config.rootpath / named


def _complaints(config: pytest.Config) -> Iterator[str]:
    engine, rounds = config.getoption("harness_engine"), config.getoption("harness_rounds")
    if engine != AUTO:
        from harness.engines import names

        if engine not in names():
            yield _told(
                f"there is no engine {engine!r}",
                f"--harness-engine takes one of: {', '.join((AUTO, *names()))}",
            )
    if rounds < 1:
        yield _told(f"{rounds} rounds cannot be run", "--harness-rounds takes 1 and every more")
    recordings = config.getoption("harness_recordings")
    if recordings and engine == AUTO:
        yield _told(
            "--harness-recordings is what the engine replay answers from, and no engine is named",
            "add --harness-engine=replay",
        )
    found = _recordings(config)
    if found is not None and not found.is_dir():
        yield _told(
            f"there are no recordings at {found}",
            "make some: harness run --record-to DIR",
        )
    for option, value in _apart(config):
        if _moves_the_root(config):
            yield _told(
                f"pytest took {value!r}, the value of {option}, for a folder of tests, and looked "
                f"for its configuration from there: its root is {config.rootpath}",
                f"join them: {option}={shlex.quote(value)}",
            )


def _told(what: str, remedy: str) -> str:
    from harness.text import plain

    return plain(f"{what}\n   = help: {remedy}")


def _apart(config: pytest.Config) -> Iterator[tuple[str, str]]:
    """Yield each of our options that is separated from its value by a space, if the value is an
    existing path.

    pytest determines its root before it knows the options of plugins, so it takes such a value for
    a folder of tests (pytest's issue 8846).
    """
    words = [
        *shlex.split(os.environ.get("PYTEST_ADDOPTS", "")),
        *map(str, config.invocation_params.args),
    ]
    for option, value in pairwise(words):
        if option in _WITH_VALUE and (config.invocation_params.dir / value).exists():
            yield option, value


def _moves_the_root(config: pytest.Config) -> bool:
    """Whether pytest would have another root or configuration file without the values of our
    options."""
    settle = findpaths.determine_setup
    given = {
        "inifile": config.option.inifilename,
        "override_ini": None,
        "args": list(config.known_args_namespace.file_or_dir),
        "rootdir_cmd_arg": config.option.rootdir or None,
        "invocation_dir": config.invocation_params.dir,
    }
    taken = inspect.signature(settle).parameters
    root, configuration = settle(**{name: given[name] for name in given if name in taken})[:2]
    return (root, configuration) != (config.rootpath, config.inipath)
