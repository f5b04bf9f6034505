"""Whatever hides an existing module from an interpreter and thus from every probe is reported as
such, in images made for it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.compare.findings import of_outcomes
from harness.compare.imports import Hidden, hidden_module
from harness.model import Cell, Level, Outcome, Record
from tests.real.leftovers import Leftovers
from tests.real.trying import Trying, probe

MODULE = "value = 1\n"
ASKS = probe(
    "asks",
    "def probe(settings):\n    import hiddenthing\n    return {'asks.v': hiddenthing.value}\n",
)
SITE = "import site; print(site.getsitepackages()[0])"


@pytest.fixture
def left(trying: Trying) -> Leftovers:
    return Leftovers.since_now(trying.client)


def installed(trying: Trying) -> str:
    """A Dockerfile line that installs the module for the image's own interpreter."""
    into = f"d=$({trying.python} -c '{SITE}') && mkdir -p $d"
    return f"RUN {into} && cp /src/hiddenthing.py $d/hiddenthing.py"


def hidden(trying: Trying, image: str, interpreter: str = "") -> tuple[Hidden, Record]:
    """What is known about the module that could not be imported."""
    record = trying.ask(image, ASKS, interpreter=interpreter)["asks"]
    assert Outcome.RAISED is record.outcome, record
    found = hidden_module(Cell(id="x", image=image, level=Level.L0), record)
    assert found is not None, record.raised
    return found, record


def test_a_module_in_a_virtual_environment_names_its_interpreter(
    trying: Trying, left: Leftovers
) -> None:
    lies = "opt/venv/lib/python3.9/site-packages/hiddenthing"
    image = trying.image({f"{lies}/__init__.py": MODULE, "opt/venv/bin/python": "#!/bin/sh\n"})
    found, _ = hidden(trying, image)
    assert f"hiddenthing is installed for /opt/venv/bin/python, not for {trying.python}" == (
        found.headline
    )
    assert f"/{lies}" in found.meaning
    assert "name that interpreter: `interpreter: /opt/venv/bin/python` in the cell's row" == (
        found.remedy
    )
    assert found.shows.endswith(
        f"--entrypoint /opt/venv/bin/python {image} -c 'import hiddenthing'"
    )
    assert [] == left.found()


def test_a_module_hidden_by_a_wrapper_with_a_flag_names_the_flag(trying: Trying) -> None:
    wrapper = f'#!/bin/sh\nexec {trying.python} -S "$@"\n'
    files = {"src/hiddenthing.py": MODULE, "wrapped/python3": wrapper}
    found, _ = hidden(trying, trying.image(files, installed(trying)), "/wrapped/python3")
    assert "hiddenthing is installed, but Python runs with -S" == found.headline
    assert "hiddenthing.py, and Python was started with -S" in found.meaning


def test_a_module_behind_a_file_of_its_name_names_both(trying: Trying) -> None:
    files = {"src/hiddenthing.py": MODULE, "first/hiddenthing.py": "other = 2\n"}
    image = trying.image(files, installed(trying), "ENV PYTHONPATH=/first")
    found, _ = hidden(trying, image)
    assert "/first/hiddenthing.py is imported in place of hiddenthing" == found.headline
    assert found.meaning.endswith("-packages/hiddenthing.py")


def test_a_path_file_that_python_gave_up_names_its_line(trying: Trying) -> None:
    files = {"opt/libs/hiddenthing.py": MODULE, "src/all.pth": "import nosuchthing\n/opt/libs\n"}
    into = f"d=$({trying.python} -c '{SITE}') && mkdir -p $d"
    image = trying.image(files, f"RUN {into} && cp /src/all.pth $d/all.pth")
    found, _ = hidden(trying, image)
    assert found.headline.startswith("hiddenthing is installed, but Python does not follow /")
    assert "hiddenthing lies in /opt/libs, and line 2 of /" in found.meaning
    assert found.meaning.endswith("was not followed: Python gave the file up at line 1")
    assert found.remedy.endswith("/all.pth, line 1")


def test_a_module_that_is_nowhere_is_told_as_missing(trying: Trying) -> None:
    record = trying.ask(trying.image({"etc/nothing": ""}), ASKS)["asks"]
    assert record.raised is not None
    assert None is record.raised.around


WRAPPERS = {
    "flood": (Outcome.OUTPUT_LIMIT, "yes spam | head -c 1000000000"),
    "three": (Outcome.NO_ANSWER, "exit 3"),
    "banner": (Outcome.NO_ANSWER, "echo Welcome to this image"),
}


@pytest.mark.parametrize("name", WRAPPERS)
def test_a_wrapper_that_is_no_interpreter_is_one_finding_and_is_started_once(
    trying: Trying, left: Leftovers, name: str
) -> None:
    outcome, text = WRAPPERS[name]
    image = trying.image({f"wrapped/{name}": f"#!/bin/sh\n{text}\n"})
    probes = [replace(ASKS, name=one) for one in ("a", "b", "c")]
    records = trying.ask(image, *probes, interpreter=f"/wrapped/{name}")
    assert {(outcome, False, 1)} == {
        (one.outcome, one.begun, one.container) for one in records.values()
    }
    cell = Cell(id="x", image=image, level=Level.L0)
    ((found,), _) = of_outcomes(cell, {}, records.values())
    assert found.title.startswith("its Python ")
    assert f"/wrapped/{name}: " in found.title
    assert "before any probe had begun" in found.title
    assert ("a", "b", "c") == found.probes
    assert [] == left.found()


def test_a_wrapper_that_prints_a_banner_and_goes_on_hides_nothing(trying: Trying) -> None:
    wrapper = f'#!/bin/sh\necho Welcome\nexec {trying.python} "$@"\n'
    files = {"src/hiddenthing.py": MODULE, "wrapped/python3": wrapper}
    image = trying.image(files, installed(trying))
    record = trying.ask(image, ASKS, interpreter="/wrapped/python3")["asks"]
    assert (Outcome.OK, {"asks.v": 1}, None) == (record.outcome, record.facts, record.begun)


def test_a_wrapper_that_fails_only_for_probes_is_one_finding_too(trying: Trying) -> None:
    """The runner is started with flags of its own; what a user starts is refused."""
    wrapper = f'#!/bin/sh\n[ "$1" = -c ] && exit 3\nexec {trying.python} "$@"\n'
    image = trying.image({"wrapped/python3": wrapper})
    probes = [replace(ASKS, name=one) for one in ("a", "b")]
    records = trying.ask(image, *probes, interpreter="/wrapped/python3")
    assert {(Outcome.NO_ANSWER, False)} == {(one.outcome, one.begun) for one in records.values()}
    ((found,), _) = of_outcomes(Cell(id="x", image=image), {}, records.values())
    assert (
        "its Python ended without an answer: it ended before the probe had begun (exit status 3)"
        == found.title
    )
