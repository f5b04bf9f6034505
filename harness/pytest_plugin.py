"""The pytest plugin: its options, and the versions of pytest it is for. docs/pytest.md tells how.

What a session calls stands in harness/testing/hooks.py, what tests ask for in
harness/testing/fixtures.py: a pytest that they are for brings both in. Here stands only what every
pytest can load, so that one which is too old says so in a sentence, and is left alone where no
matrix is meant.
"""

from __future__ import annotations

import pytest

FILE = "matrix.yaml"
OLDEST, BEFORE = (8, 0), (10, 0)
"""What the extra `harness[pytest]` admits: from the one, below the other."""


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
    """Whether the plugin is for this version of pytest."""
    numbers = tuple(int(part) for part in version.split(".")[:2])
    return OLDEST <= numbers < BEFORE


def _meant(config: pytest.Config) -> bool:
    """Whether a session has to do with a matrix; one that has not is left alone."""
    options = vars(config.option)
    given = any(options.get(name) for name in ("harness_cell", "harness_tag", "harness_recordings"))
    named = any(str(argument).split("::")[0].endswith(FILE) for argument in config.args)
    return given or named or bool(config.getini("harness_suite"))
