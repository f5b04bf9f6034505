"""The pytest plugin: its options, and the pytest versions it supports. See docs/pytest.md.

The hooks are in harness/testing/hooks.py, the fixtures in harness/testing/fixtures.py; both are
loaded only by a supported pytest. This module contains only what every pytest can load, so that an
unsupported pytest gets a clear message, or is left alone where the session has nothing to do with a
matrix.
"""

from __future__ import annotations

import pytest

FILE = "matrix.yaml"
OLDEST, BEFORE = (8, 0), (10, 0)
"""The versions that the extra `harness[pytest]` admits: at least the first, below the second."""


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("harness", "environments, verified (harness)")
    group.addoption(
        "--harness-cell", action="append", default=[], metavar="GLOB", help="cells; repeatable"
    )
    group.addoption(
        "--harness-tag",
        action="append",
        default=[],
        metavar="TAG",
        help="cells with this tag; repeatable; without either: the suite's `default:`, else all",
    )
    group.addoption(
        "--harness-engine",
        default="auto",
        metavar="NAME",
        help="docker, podman, host, replay; auto: what answers, else host",
    )
    group.addoption(
        "--harness-rounds", type=int, default=1, metavar="N", help="fresh containers per cell"
    )
    group.addoption(
        "--harness-recordings",
        default="",
        metavar="DIR",
        help="what the engine replay answers from; else HARNESS_RECORDINGS",
    )
    group.addoption(
        "--require-verified", action="store_true", help="a test that is `unverified` fails"
    )
    parser.addini("harness_suite", "matrix.yaml that belongs to these tests", default="")


def pytest_configure(config: pytest.Config) -> None:
    if not suits(pytest.__version__):
        if _meant(config):
            raise pytest.UsageError(
                f"harness works with pytest 8 and 9, and this is pytest {pytest.__version__}\n"
                "   = help: python -m pip install 'harness[pytest]' (or leave harness out of this "
                "session: pytest -p no:harness)"
            )
        return
    from harness.testing import fixtures, hooks
    from harness.testing.asked import check_options
    from harness.testing.named import find_suites

    check_options(config)
    find_suites(config)
    config.addinivalue_line("markers", "harness: tests of a version matrix")
    for plugin in (hooks, fixtures):
        config.pluginmanager.register(plugin)


def suits(version: str) -> bool:
    """Tell whether the plugin supports this version of pytest."""
    numbers = tuple(int(part) for part in version.split(".")[:2])
    return OLDEST <= numbers < BEFORE


def _meant(config: pytest.Config) -> bool:
    """Tell whether a session has to do with a matrix; sessions that do not are left alone."""
    options = vars(config.option)
    given = any(options.get(name) for name in ("harness_cell", "harness_tag", "harness_recordings"))
    named = any(str(argument).split("::")[0].endswith(FILE) for argument in config.args)
    return given or named or bool(config.getini("harness_suite"))
