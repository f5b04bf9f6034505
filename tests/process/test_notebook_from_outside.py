"""A notebook server, home-made and without Jupyter, is asked through its REST and its channel."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from harness.engines.oci.given import Given, StandingContainer
from harness.model import Fact, Profile
from harness.outside.cell import OutsideCell
from harness.outside.notebooks import facts_of
from harness.promises import CodeCell, Notebook, Promise, Served
from tests.process.hostile_services import (
    Behaviour,
    behaving,
    hangs_up,
    other_language,
    silent,
    slow_body,
)

SERVICE = Path(__file__).resolve().parents[1] / "real" / "service_in_image.py"
SIX = CodeCell(code="print(6 * 7)", prints="print(6 * 7)")


@contextmanager
def notebook() -> Iterator[tuple[int, str]]:
    """The port of a server, and what it has printed."""
    with subprocess.Popen(
        [sys.executable, str(SERVICE), "notebook", "0"], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        found = re.search(r":(\d+)/", line)
        assert found, line
        try:
            yield int(found[1]), line
        finally:
            process.kill()


def asked(port: int, log: str, *cells: CodeCell, token: str = "") -> Mapping[str, Fact]:
    promised = Notebook(cells=cells, token=token)
    given = Given(
        cell="a",
        image="sha256:i",
        interpreter="",
        built=False,
        profile=Profile(),
        promise=Promise(serves=(Served(port=8888, notebook=promised),)),
        cores=2,
        labels={},
        standing=StandingContainer(container="c", ports={"8888": port}, ready={"8888": 0.5}),
    )
    return facts_of(OutsideCell(given), log)


def broken(facts: Mapping[str, Fact]) -> str:
    told = facts["notebook.broken"]
    assert isinstance(told, tuple)
    return "\n".join(str(one) for one in told)


def test_a_server_answers_and_its_kernel_runs_code() -> None:
    with notebook() as (port, log):
        facts = asked(port, log, SIX, replace(SIX, code="len", prints="3"))
    assert "" == broken(facts)
    assert "6.0.0" == facts["notebook.8888.version"]
    assert ("python3",) == facts["notebook.8888.kernels"]
    assert "ran print(6 * 7)\\n12" == facts["notebook.8888.cell.1"]
    assert facts["notebook.8888.open_to_all"] is False
    assert facts["notebook.8888.url_works"] is True
    assert "0.0.0.0 is where it listens" in str(facts["notebook.8888.url_explained"])
    assert "c0ffee" not in str(facts), "a token is nobody else's"


def test_a_wrong_token_is_refused_and_told() -> None:
    with notebook() as (port, _):
        told = broken(asked(port, "", SIX, token="wrong"))
    assert "port 8888: the server answers 403 to GET /api/kernelspecs" == told


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        (CodeCell(code="raise"), "its code raised ImportError: no module named keras"),
        (CodeCell(code="hang", within_s=0.5), "its code has not ended within 0.5 s"),
        (CodeCell(code="x", prints="never"), "'never' is not in what it says: ran x"),
    ],
)
def test_what_goes_wrong_in_a_kernel_is_told(cell: CodeCell, said: str) -> None:
    with notebook() as (port, log):
        told = broken(asked(port, log, cell))
    assert f"port 8888, cell 1: {said}" in told


@pytest.mark.parametrize("behaviour", [hangs_up, other_language], ids=lambda one: one.__name__)
def test_what_is_no_notebook_server_is_told(behaviour: Behaviour) -> None:
    with behaving(behaviour) as port:
        told = broken(asked(port, "", SIX))
    assert told.startswith("port 8888: the server ")


@pytest.mark.parametrize("behaviour", [slow_body, silent], ids=lambda one: one.__name__)
def test_a_server_that_never_says_all_is_not_waited_for(
    behaviour: Behaviour, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("harness.outside.notebooks._ASK_S", 0.5)
    with behaving(behaviour) as port:
        told = broken(asked(port, "", SIX))
    assert "port 8888: the server gave no whole answer within 0.5 s" == told
