"""The order of the tests, `--all`, `--require-engine`, and the count of real images."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests.attack_table import Attack, merged, rows_of
from tests.vacuous_passes import PAGE, PASSES, page

TESTS = Path(__file__).parent
ORDER = ("unit", "guest", "process", "plugin", "registry", "browser", "real")
"""Tests that fail quickly come first, real images last."""
WANTED_IMAGES = 4
PATIENCE_S = 60.0

REAL_IMAGES = pytest.StashKey[dict[str, str]]()
"""Image id -> how it was obtained, for every real image that answered all its probes."""
NO_ENGINE = pytest.StashKey[list[str]]()
"""Why no engine answers, if none does."""

ATTACKS = pytest.StashKey[list[Attack]]()
"""The attacks that tests made and what the harness said, for docs/attacks.md."""

# No test judges elapsed time, and neither does hypothesis: a loaded machine is not a defect.
settings.register_profile("harness", deadline=None)
settings.load_profile("harness")


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("harness")
    group.addoption(
        "--all", action="store_true", help="also the long runs on real images (marked `long`)"
    )
    group.addoption(
        "--require-engine",
        action="store_true",
        help=f"no engine, no browser, or fewer than {WANTED_IMAGES} real images is a failure",
    )


def pytest_configure(config: pytest.Config) -> None:
    config.stash[REAL_IMAGES] = {}
    config.stash[NO_ENGINE] = []
    config.stash[ATTACKS] = []


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    def place(item: pytest.Item) -> int:
        folder = item.path.relative_to(TESTS).parts[0] if TESTS in item.path.parents else ""
        return ORDER.index(folder) if folder in ORDER else len(ORDER) - 1

    items.sort(key=place)
    if not config.getoption("--all"):
        left_out = [item for item in items if item.get_closest_marker("long")]
        if left_out:
            config.hook.pytest_deselected(items=left_out)
            items[:] = [item for item in items if item not in left_out]


def shortfall(config: pytest.Config) -> str:
    """Why `--require-engine` is not met; empty if it is met, or was not requested."""
    if not config.getoption("--require-engine") or config.getoption("collectonly"):
        return ""
    found = len(config.stash[REAL_IMAGES])
    if found >= WANTED_IMAGES:
        return ""
    lack = f"--require-engine: {found} real images were probed, {WANTED_IMAGES} are wanted"
    return "; ".join([lack, *config.stash[NO_ENGINE]])


@pytest.fixture(autouse=True)
def _no_thread_is_left() -> Iterator[None]:
    """Fail if a test leaves a thread behind. A thread on a socket that is closed by now may wake in
    a later test and use whatever file has got the socket's number since."""
    before = set(threading.enumerate())
    yield
    left = [thread for thread in threading.enumerate() if thread not in before]
    for thread in left:
        thread.join(PATIENCE_S)
    assert [] == [thread.name for thread in left if thread.is_alive()]


@pytest.fixture(scope="session")
def real_images(pytestconfig: pytest.Config) -> dict[str, str]:
    """The count of real images, to which tests add: id -> how it was obtained."""
    return pytestconfig.stash[REAL_IMAGES]


@pytest.fixture(scope="session")
def no_engine(pytestconfig: pytest.Config) -> list[str]:
    """Why no engine answers, reported at the end."""
    return pytestconfig.stash[NO_ENGINE]


@pytest.fixture
def says(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Records what the harness said about an attack, for the table in docs/attacks.md."""
    area, done = request.node.get_closest_marker("attack").args
    rows = request.config.stash[ATTACKS]

    def hear(text: str) -> None:
        test = request.node.originalname
        rows.append(Attack(area=area, done=done, said=text, test=test))

    return hear


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    wanted, ran = os.environ.get("HARNESS_ATTACK_TABLE"), session.config.stash[ATTACKS]
    if wanted and ran:
        path = Path(wanted)
        text = path.read_text("utf-8") if path.exists() else ""
        path.write_text(merged(text, ran), encoding="utf-8")
        rows = rows_of(path.read_text("utf-8"))
        if {test for tests in PASSES.values() for test in tests} <= {row.test for row in rows}:
            path.with_name(PAGE).write_text(page(rows), encoding="utf-8")
    if exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED) and shortfall(
        session.config
    ):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    found = config.stash[REAL_IMAGES]
    reused = sum(origin == "reused" for origin in found.values())
    before = f" ({reused} of them built by an earlier run)" if reused else ""
    terminalreporter.write_line(f"real images built and probed: {len(found)}{before}")
    if why := shortfall(config):
        terminalreporter.write_line(f"error: {why}", red=True)
