"""The probes of Keras and of arithmetic, on releases of 2017 and 2026; and each of their failures,
provoked in an image that was damaged for it."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from docker import APIClient

from harness.model import Fact, Outcome, Record
from tests.real.commandline import Place
from tests.real.own_images import image_of
from tests.real.suites import brief_suite, default_suite, small_suite

OLDEST, NEWEST = "tf1.2.1-py2.7", "tf2.21.0-py3.13"
ASKED = ("--probe", "keras", "--probe", "numerics")
BRIEF = {"keras": {"recurrent": True, "steps": 20, "symbolic": 100}}
OTHERS = [
    pytest.param(str(row["id"]), marks=pytest.mark.long)
    for row in default_suite()["cells"]
    if "keras" in row["id"]
]


@dataclass(frozen=True, kw_only=True)
class Told:
    """The answers of one cell, and the findings."""

    facts: Mapping[str, Fact]
    image: str
    findings: tuple[Mapping[str, Any], ...]
    records: tuple[Record, ...]

    def titles(self) -> list[str]:
        return [str(one["title"]) for one in self.findings]

    def listed(self, name: str) -> tuple[Any, ...]:
        value = self.facts[name]
        assert isinstance(value, tuple), value
        return value


def ask(place: Place, suite: Path, *probes: str, status: int, or_status: int | None = None) -> Told:
    asked = ("run", "--suite", str(suite), *(probes or ASKED))
    place.harness(*asked, status=status, or_status=or_status)
    _, records = place.recorded()
    findings = place.report()["findings"]
    image = next(one.image.id for one in records if one.image is not None)
    return Told(
        facts={name: value for one in records for name, value in one.facts.items()},
        image=image,
        findings=tuple(findings),
        records=records,
    )


def built(place: Place, cell: str, *probes: str) -> Told:
    """A cell of the default suite, asked the given probes. L1 and L2 are tested elsewhere."""
    suite = brief_suite(place.folder / cell, {cell: {"steps": 20}})
    return ask(place, suite, *probes, status=5, or_status=1)


def damaged(
    place: Place, engine: APIClient, cell: str, path: str, lines: str, probe: str
) -> tuple[Told, Told]:
    """The answers of a cell, and those with lines of Python added to one of its files."""
    whole = built(place, cell, "--probe", probe)
    text = base64.b64encode(f"\n{lines}\n".encode()).decode()
    found = f"$(find / -xdev -path '*-packages/{path}' | head -n1)"
    # The byte-code of our cells is not checked against its source; without it, the changed file is
    # compiled.
    stale = "rm -f $(dirname $f)/__pycache__/$(basename $f .py).*.pyc"
    steps = (
        "USER root",
        f"RUN f={found} && test -n $f && echo {text} | base64 -d >> $f && {stale}",
    )
    version = cell.removeprefix("tf").partition("-")[0]
    with image_of(engine, whole.image, *steps) as image:
        row = {
            "id": "damaged",
            "image": image,
            "interpreter": interpreter_of(cell),
            "framework": {"tensorflow": version},
            "settings": BRIEF,
        }
        suite = small_suite(place.folder / "damaged", row)
        return whole, ask(place, suite, "--probe", probe, status=1)


def interpreter_of(cell: str) -> str:
    return f"/usr/bin/python{cell.partition('-py')[2]}"


@pytest.mark.parametrize("cell", [OLDEST, NEWEST, *OTHERS])
def test_it_computes_right_and_keras_saves(place: Place, cell: str) -> None:
    told = built(place, cell)
    assert {Outcome.OK} == {one.outcome for one in told.records}
    assert () == told.listed("keras.cannot_save")
    assert "json" in told.listed("keras.saves")
    assert {*told.listed("keras.formats")} == {*told.listed("keras.saves")}
    assert told.listed("keras.drawn.uniform")
    operations = told.listed("numerics.operations")
    assert len(operations) >= 50
    # Whether a kernel dies depends on the processor: on some, oneDNN's in TensorFlow 2.21.0 dies in
    # matmul_broadcast. Then that must be reported, and nothing else may be wrong.
    died = [str(one) for one in told.listed("numerics.died")]
    ways = told.listed("numerics.ways")
    assert (4 if told.facts["numerics.has_switch"] else 2) == len(ways)
    for way in ways:
        shares = told.listed(f"numerics.{way}.of_bound")
        assert len(operations) == len(shares)
        wrong = [
            name
            for name, one in zip(operations, shares, strict=True)
            if (any(way in each for each in died) if one is None else one <= 1) is False
        ]
        assert [] == wrong, way
    bad = [one["kind"] for one in told.findings if one["verdict"] in ("fail", "drift")]
    assert (["dies-computing"] if died else []) == bad, died


def test_a_damaged_operation_is_wrong_numbers(place: Place, engine: APIClient) -> None:
    lines = "_right = matmul\ndef matmul(*a, **k):\n    return _right(*a, **k) * 1.001"
    whole, told = damaged(place, engine, OLDEST, "tensorflow/__init__.py", lines, "numerics")
    assert [] == [one for one in whole.titles() if "wrong numbers" in one]
    (wrong,) = [one for one in told.findings if one["kind"] == "wrong-numbers"]
    assert "fail" == wrong["verdict"]
    assert wrong["title"].startswith("wrong numbers: matmul")
    assert "with Eigen (1 thread" in wrong["title"]
    assert "in every way that was tried" in wrong["title"]
    assert "softmax" not in wrong["title"]


@pytest.mark.long
def test_what_is_wrong_with_a_switch_alone_names_the_switch(
    place: Place, engine: APIClient
) -> None:
    lines = (
        "import os as _os, sys as _sys\n"
        "_right = matmul\n"
        "def _wrong(*a, **k):\n"
        "    return _right(*a, **k) * 1.001\n"
        "if _os.environ.get('TF_ENABLE_ONEDNN_OPTS') == '1':\n"
        # By then, the module has replaced itself with a copy.
        "    _sys.modules[__name__].matmul = _wrong\n"
    )
    path = "tensorflow/_api/v2/compat/v1/__init__.py"
    _, told = damaged(place, engine, NEWEST, path, lines, "numerics")
    (wrong,) = [one for one in told.findings if one["kind"] == "wrong-numbers"]
    assert "with oneDNN (TF_ENABLE_ONEDNN_OPTS=1, 1 thread" in wrong["title"]
    assert "right with Eigen (TF_ENABLE_ONEDNN_OPTS=0, 1 thread)" in wrong["title"]


@pytest.mark.long
def test_what_dies_names_the_operation_and_the_rest_is_answered(
    place: Place, engine: APIClient
) -> None:
    lines = "def erf(*a, **k):\n    import os\n    os.kill(os.getpid(), 11)"
    _, told = damaged(place, engine, OLDEST, "tensorflow/__init__.py", lines, "numerics")
    dead = [one["title"] for one in told.findings if one["kind"] == "dies-computing"]
    assert 1 == len(dead)
    assert dead[0].startswith("its process dies while it computes: erf: signal 11 with ")
    assert Outcome.OK is told.records[0].outcome


@pytest.mark.long
def test_a_format_whose_library_is_broken_cannot_save(place: Place, engine: APIClient) -> None:
    lines = "raise ImportError('libhdf5.so.310: cannot open shared object file')"
    whole, told = damaged(place, engine, NEWEST, "h5py/__init__.py", lines, "keras")
    assert "hdf5" in whole.listed("keras.saves")
    cannot = [one for one in told.findings if one["kind"] == "cannot-save"]
    assert {"hdf5", "keras", "weights"} == {one["title"].split(": ")[1] for one in cannot}
    assert {"drift"} == {one["verdict"] for one in cannot}
    assert "json" in told.listed("keras.saves")
