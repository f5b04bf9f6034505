"""A real engine, the quick cells run once for all tests, and a check that nothing is left
behind."""

from __future__ import annotations

import gc
import os
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from docker import APIClient

from harness.engines.oci.bases import base_name
from harness.engines.oci.capabilities import PODMAN, TABLE
from harness.engines.oci.connection import connect
from harness.engines.oci.engine import ContainerEngine
from harness.errors import EngineError
from harness.suite.matrix import load_suite
from tests.real.commandline import Place
from tests.real.counting import count
from tests.real.fault_table import Row, table
from tests.real.home_made import (
    HOME_MADE,
    HomeMade,
    home_made_distributions,
    remove_images,
)
from tests.real.leftovers import Leftovers
from tests.real.legacy_registry import LegacyRegistry, served, why_no_registry
from tests.real.made_bases import newest_base, obtain
from tests.real.podman_service import hand_over, podman_service, why_not
from tests.real.private_engine import PrivateEngine
from tests.real.suites import brief_suite
from tests.real.trying import Trying, workshop
from tests.real.waiting import waiting_suite


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.engine)


FAULTS = pytest.StashKey[list[Row]]()


@pytest.fixture
def happened(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Records what a fault led to, for the table in docs/faults.md."""
    mark = request.node.get_closest_marker("fault")
    number, injected = mark.args
    rows = request.config.stash.setdefault(FAULTS, [])

    def tell(text: str) -> None:
        test = request.node.originalname
        rows.append(Row(fault=number, injected=injected, happened=text, test=test))

    return tell


def pytest_sessionfinish(session: pytest.Session) -> None:
    wanted = os.environ.get("HARNESS_FAULT_TABLE")
    rows = session.config.stash.get(FAULTS, [])
    if wanted and rows:
        Path(wanted).write_text(table(rows), encoding="utf-8")


@pytest.fixture(scope="session")
def engine(pytestconfig: pytest.Config, no_engine: list[str]) -> Iterator[APIClient]:
    """A client of the engine that `harness run` chooses by default."""
    why = ""
    with warnings.catch_warnings():
        # docker-py leaves a socket open if it could not connect it.
        warnings.simplefilter("ignore", ResourceWarning)
        try:
            client = connect(timeout_s=60)
        except EngineError as error:
            why = error.message
        gc.collect()
    if why:
        no_engine.append(why)
        (pytest.fail if pytestconfig.getoption("--require-engine") else pytest.skip)(why)
    yield client
    client.close()


@pytest.fixture
def place(engine: APIClient, tmp_path: Path) -> Place:
    """A fresh place, with an engine that answers."""
    return Place(folder=tmp_path)


@pytest.fixture(scope="session")
def registry(
    engine: APIClient, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LegacyRegistry]:
    """A real registry on this machine."""
    if why := why_no_registry():
        pytest.skip(why)
    with served(tmp_path_factory.mktemp("registry")) as one:
        yield one


@pytest.fixture(scope="session")
def quick(
    engine: APIClient, tmp_path_factory: pytest.TempPathFactory, real_images: dict[str, str]
) -> Place:
    """The place where `harness run --suite standard` has built and probed the quick cells."""
    made = Place(folder=tmp_path_factory.mktemp("quick"))
    try:
        made.harness("run", "--suite", "standard")
    finally:
        _summarise(made)
    count(made.recorded()[1], real_images)
    return made


def _summarise(made: Place) -> None:
    """Copy the report to the file that HARNESS_SUMMARY names, which CI shows."""
    wanted = os.environ.get("HARNESS_SUMMARY")
    for report in made.folder.glob("reports/*/report.md") if wanted else ():
        shutil.copyfile(report, str(wanted))


@pytest.fixture(scope="session")
def brief_run(quick: Place, real_images: dict[str, str]) -> str:
    """The id of a run at the same place, with the same images and little training."""
    suite = brief_suite(quick.folder / "brief")
    quick.harness("run", "--suite", str(suite))
    run, records = quick.recorded()
    count(records, real_images)
    return run.id


@pytest.fixture
def home_made(engine: APIClient) -> Iterator[HomeMade]:
    """Small cells made for a test; their images are removed at the end."""
    with home_made_distributions() as made:
        try:
            yield made
        finally:
            remove_images(engine, HOME_MADE)


@pytest.fixture
def plain_image(place: Place, home_made: HomeMade) -> str:
    """The id of a small image with a Python and no framework."""
    place.harness("run", "--suite", str(home_made.plain(place.folder / "plain")))
    _, (record,) = place.recorded()
    assert record.image
    return record.image.id


@pytest.fixture(scope="module")
def private(engine: APIClient, home_made_base: str) -> Iterator[PrivateEngine]:
    """An engine of our own with one base on it."""
    if shutil.which("dockerd") is None:
        pytest.skip("there is no dockerd here to start one of our own")
    if os.geteuid():
        pytest.skip("only root can start a dockerd")
    with tempfile.TemporaryDirectory(prefix="eng-", ignore_cleanup_errors=True) as name:
        made = PrivateEngine(folder=Path(name), data=Path(name) / "data")
        made.start()
        try:
            made.give(engine, [home_made_base])
            yield made
        finally:
            made.end()


@pytest.fixture(scope="module")
def home_made_base(engine: APIClient, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The name of the base that home-made cells are built on."""
    with home_made_distributions() as made:
        suite = load_suite(made.plain(tmp_path_factory.mktemp("base")))
    obtain(engine, suite.bases[0])
    return base_name(suite.bases[0])


@pytest.fixture
def left(engine: APIClient) -> Leftovers:
    """What appeared on the engine since the test began and has no living owner."""
    return Leftovers.since_now(engine)


@pytest.fixture(scope="session", params=[row.engine for row in TABLE])
def trying(
    request: pytest.FixtureRequest, engine: APIClient, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Trying]:
    """Each engine, opened to ask a test's own cells without a store; their images are removed at
    the end."""
    found = newest_base(engine)
    shop = workshop(tmp_path_factory.mktemp("workshop"))
    with ExitStack() as stack:
        row = next(row for row in TABLE if row.engine == request.param)
        if row is PODMAN:
            if why := why_not():
                pytest.skip(why)
            hand_over(engine, stack.enter_context(podman_service()), found[0])
        opened = stack.enter_context(ContainerEngine(row, shop))
        if row is PODMAN:
            # An image without a name would be removed together with the last image made from it.
            opened.client.tag(found[0], "harness-tests/base", "1")
        made = Trying(engine=opened, base=found[0], python=found[1])
        stack.callback(made.remove)
        yield made


@pytest.fixture
def there(private: PrivateEngine, tmp_path: Path) -> Place:
    """A fresh place that uses the private engine, which is running."""
    if private.process is None or private.process.poll() is not None:
        private.start()
    return Place(folder=tmp_path, extra={"DOCKER_HOST": private.url})


@pytest.fixture
def behind(private: PrivateEngine) -> Iterator[None]:
    """Checks that after the test and the next start nothing is left."""
    if private.process is None or private.process.poll() is not None:
        private.start()
    with private.client() as client:
        left = Leftovers.since_now(client)
        before = left.before
    yield
    if private.process is None or private.process.poll() is not None:
        private.start()
    with tempfile.TemporaryDirectory() as folder, private.client() as client:
        place = Place(folder=Path(folder), extra={"DOCKER_HOST": private.url})
        place.harness("clean", "--engine", "docker")
        assert [] == Leftovers(client=client, before=before).found()


@pytest.fixture
def waiting(home_made_base: str, tmp_path: Path) -> Path:
    """A suite of two cells, of which probing the second takes a while."""
    return waiting_suite(tmp_path / "suite", home_made_base, seconds=15)
