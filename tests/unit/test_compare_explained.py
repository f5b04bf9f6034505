"""Causes are causes: from evidence, once, and with a remedy for the kind of cell it is."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.compare.causes import MadeFrom, cause_of, probe_line
from harness.compare.comparison import Side, compare_cells
from harness.compare.groups import group, in_short
from harness.compare.imports import hidden_module
from harness.compare.judge import judge
from harness.compare.judgement import Finding
from harness.formats import render
from harness.formats.sentences import traceback_lines
from harness.model import Cell, Expectation, Fact, Outcome, Raised, Record, Rules, Verdict
from harness.outcomes import SIGNALS
from tests.unit.builders import (
    LIBCUSOLVER,
    cell,
    device_facts,
    healthy,
    mnist_facts,
    record,
    run,
    without,
)
from tests.unit.hostile import texts

NEW = cell()
IMAGE = replace(NEW, base="", image="some/image:1")
HOST = replace(NEW, base="", host="/opt/venv/bin/python")
TRACEBACK = (
    "Traceback (most recent call last):\n"
    '  File "/harness/probes/devices.py", line 32, in probe\n'
    "    import tensorflow\n"
    "ModuleNotFoundError: No module named 'tensorflow'\n"
)
MISSING = Raised(
    type="ModuleNotFoundError", message="No module named 'tensorflow'", traceback=TRACEBACK
)


def told(of: Cell, *records: Record, probes: tuple[str, ...] = ("devices", "mnist")) -> Finding:
    """The one finding of a cell some of whose probes ended so."""
    (found,) = judge(run(of), [*without(healthy(of), *probes), *records]).findings
    return found


def missing(of: Cell = NEW, **around: Fact) -> Finding:
    """The finding of a cell in which a module could not be imported."""
    seen = {"module": "tensorflow", "executable": "/usr/bin/python3", **around}
    raised = replace(MISSING, around=seen if around else None)
    return told(of, *(record(one, outcome=Outcome.RAISED, raised=raised) for one in PAIR))


PAIR = ("devices", "mnist")


@pytest.mark.parametrize("of", [IMAGE, HOST], ids=["image", "host"])
@pytest.mark.parametrize(
    "line",
    [
        "ImportError: libcusolver.so.8.0: cannot open shared object file: No such file",
        "ImportError: /lib/libc.so.6: version `GLIBC_2.34' not found (required by x.so)",
        "ModuleNotFoundError: No module named 'tensorflow'",
        "ImportError: cannot import name 'escape' from 'jinja2' (/x.py)",
    ],
)
def test_what_is_not_built_from_its_row_has_no_row_to_install_in(of: Cell, line: str) -> None:
    raised = Raised(type="ImportError", message="", traceback=line)
    found = told(of, *(record(one, outcome=Outcome.RAISED, raised=raised) for one in PAIR))
    assert found.remedy
    for word in ("`install`", "harness lock", "`constraints`"):
        assert word not in found.remedy
    assert found.remedy != cause_of(raised, MadeFrom.BUILT).remedy


def test_packages_of_an_image_that_differ_are_no_matter_of_a_lock() -> None:
    for of in (IMAGE, HOST):
        other = replace(of, id="other")
        judgement = judge(
            run(NEW, other), [*healthy(NEW), *healthy(other, packages={"numpy": "1.16"})]
        )
        (found,) = judgement.findings
        assert Verdict.DRIFT is found.verdict
        assert "harness lock" not in found.remedy
        assert "" == found.cause


def test_a_host_is_told_how_to_be_as_the_image() -> None:
    reference = replace(IMAGE, id="image")
    packages = {"numpy": "1.26.4", "keras": "3.1.0", "evil": "1; rm -rf ~", "six": "1.16.0"}
    judgement = judge(
        run(reference, HOST),
        [
            *healthy(reference, packages=packages),
            *healthy(HOST, packages={"numpy": "2.1.0", "six": "1.16.0", "own": "1.0"}),
        ],
    )
    (found,) = judgement.findings
    command = "`/opt/venv/bin/python -m pip install numpy==1.26.4 keras==3.1.0`"
    assert f"to be as image: {command}" == found.remedy


@pytest.mark.parametrize("host", ["3.11", "python3", "/opt/py thon/bin/python"])
def test_pip_is_that_of_the_interpreter_where_its_name_is_plain(host: str) -> None:
    reference = replace(IMAGE, id="image")
    of = replace(HOST, host=host)
    records = [
        *healthy(reference, packages={"six": "1.16.0"}),
        *healthy(of, packages={"six": "1.15.0"}),
    ]
    (found,) = judge(run(reference, of), records).findings
    wanted = {"3.11": "python3.11 -m pip", "python3": "python3 -m pip"}.get(host, "pip")
    assert f"to be as image: `{wanted} install six==1.16.0`" == found.remedy


def test_a_module_of_another_interpreter_is_told_as_that() -> None:
    found = missing(
        IMAGE,
        elsewhere=("/opt/venv/lib/python3.11/site-packages/tensorflow",),
        interpreters=("/opt/venv/bin/python3.11",),
    )
    assert (
        "tensorflow is installed for /opt/venv/bin/python3.11, not for /usr/bin/python3"
        == found.title
    )
    assert "name that interpreter: `interpreter: /opt/venv/bin/python3.11` in the cell's row" == (
        found.remedy
    )
    shows = "docker run --rm --network none --entrypoint /opt/venv/bin/python3.11 some/image:1"
    assert f"{shows} -c 'import tensorflow'" == found.shows


def test_of_a_host_the_command_that_shows_it_runs_here() -> None:
    found = missing(HOST, elsewhere=("/usr/lib/python3/x",), interpreters=("/usr/bin/python3.9",))
    assert "/usr/bin/python3.9 -c 'import tensorflow'" == found.shows
    assert "`host: /usr/bin/python3.9`" in found.remedy


def test_a_module_hidden_by_a_flag_is_told_as_that() -> None:
    place = "/usr/lib/python3/dist-packages/tensorflow"
    found = missing(no_site=True, elsewhere=(place,), interpreters=("/usr/bin/python3",))
    assert "tensorflow is installed, but Python runs with -S" == found.title
    assert place in found.cause
    assert "remove -S from what starts /usr/bin/python3, such as a wrapper" == found.remedy


def test_a_module_behind_a_file_of_the_same_name_is_told_as_that() -> None:
    found = missing(loaded_from="/app/tensorflow.py", hidden=("/usr/lib/python3/x/tensorflow",))
    assert "/app/tensorflow.py is imported in place of tensorflow" == found.title
    assert "hides /usr/lib/python3/x/tensorflow" in found.cause


def test_a_module_that_a_broken_path_file_should_lead_to_is_told_as_that() -> None:
    around: dict[str, Fact] = {
        "module": "tensorflow",
        "executable": "/usr/bin/python3",
        "no_site": False,
        "elsewhere": (),
        "pth": "/usr/lib/site-packages/all.pth",
        "pth_line": 2,
        "pth_folder": "/opt/libs",
    }
    printed = "Error processing line 1 of /usr/lib/site-packages/all.pth:\n\n  Traceback"
    raised = replace(MISSING, around=around)
    records = [record(one, outcome=Outcome.RAISED, raised=raised, noise=printed) for one in PAIR]
    found = told(NEW, *records)
    file = "/usr/lib/site-packages/all.pth"
    assert f"tensorflow is installed, but Python does not follow {file} to it" == found.title
    assert "Python gave the file up at line 1" in found.cause
    assert "repair /usr/lib/site-packages/all.pth, line 1" == found.remedy


def test_a_module_that_is_nowhere_is_told_as_missing() -> None:
    assert "there is no module named tensorflow" == missing().title


values = st.one_of(st.none(), st.booleans(), st.integers(), texts, st.lists(texts).map(tuple))
names = ("module", "executable", "no_site", "elsewhere", "interpreters", "pth", "pth_line")


@given(st.dictionaries(st.sampled_from((*names, "loaded_from", "hidden", "pth_folder")), values))
def test_whatever_an_environment_says_around_an_import_is_a_text(around: dict[str, Any]) -> None:
    raised = replace(MISSING, around=around)
    found = hidden_module(IMAGE, record("devices", outcome=Outcome.RAISED, raised=raised))
    assert found is None or (found.headline and found.meaning and found.remedy)


def test_probes_that_failed_for_one_reason_are_one_finding() -> None:
    why = "it ended without an answer (exit status 3)"
    lost = [record(one, outcome=Outcome.NO_ANSWER, reason=why) for one in PAIR]
    found = told(NEW, *lost)
    assert f"devices and mnist ended without an answer: {why}" == found.title
    assert PAIR == found.probes


def test_where_no_probe_had_begun_the_interpreter_is_to_blame_once() -> None:
    why = "python3: exit status 3, before any probe had begun"
    every = ("python", "packages", "devices", "mnist")
    lost = [
        replace(record(one, outcome=Outcome.NO_ANSWER, reason=why, noise="hi\n"), begun=False)
        for one in every
    ]
    found = told(NEW, *lost, probes=every)
    assert f"its Python ended without an answer: {why}" == found.title
    assert ("4 of its records end in no-answer", "it printed last: hi") == found.evidence[:2]
    assert found.of_cell
    assert "before any probe began" in found.cause


def test_what_a_crash_means_hangs_on_its_signal_and_on_no_text() -> None:
    for name, (meaning, remedy) in SIGNALS.items():
        lost = [
            replace(record(one, outcome=Outcome.CRASHED, reason="boom"), signal=name)
            for one in PAIR
        ]
        found = told(NEW, *lost)
        assert (meaning, remedy) == (found.cause, found.remedy)
    lost = [record(one, outcome=Outcome.CRASHED, reason="it says SIGILL") for one in PAIR]
    assert SIGNALS["SIGILL"][0] != told(NEW, *lost).cause


NUMPY = Raised(
    type="ImportError",
    message="numpy.core.umath failed to import",
    traceback="Traceback (most recent call last):\n"
    '  File "/harness/probes/mnist.py", line 89, in probe\n'
    "    import tensorflow\n"
    "ImportError: numpy.core.umath failed to import\n",
)
CONFLICT = "tensorflow 2.11.1 requires numpy <2, but numpy 2.0.2 is installed"


def conflicting(*lines: str) -> list[Record]:
    facts: dict[str, Fact] = {"packages.conflicts": lines, "packages.missing": ()}
    raised = [record(one, outcome=Outcome.RAISED, raised=NUMPY) for one in PAIR]
    return [*without(healthy(NEW), "packages", *PAIR), record("packages", facts), *raised]


def test_a_failed_import_and_the_package_that_explains_it_are_one_finding() -> None:
    (found,) = judge(run(NEW), conflicting(CONFLICT)).findings
    assert (Verdict.FAIL, "ImportError: numpy.core.umath failed to import") == (
        found.verdict,
        found.title,
    )
    assert CONFLICT in found.evidence
    assert ("devices", "mnist", "packages") == found.probes


def test_a_conflict_that_explains_nothing_stays_a_finding_of_its_own() -> None:
    other = "keras 3.0 requires h5py >=3, but h5py 2.10 is installed"
    fail, drift = judge(run(NEW), conflicting(other)).findings
    assert other == drift.title
    assert other not in fail.evidence
    fail, drift = judge(run(NEW), conflicting(CONFLICT, other)).findings
    assert CONFLICT in fail.evidence
    assert "2 requirements conflict with what is installed" == drift.title


ML_DTYPES = Raised(
    type="TypeError",
    message="Unable to convert function return value to a Python type! The signature was\n",
    traceback="Traceback (most recent call last):\n"
    '  File "/harness/probes/mnist.py", line 89, in probe\n'
    "    import tensorflow\n"
    '  File "/usr/lib/python3/dist-packages/tensorflow/python/framework/dtypes.py", line 39, in x\n'
    "    _np_float8_e5m2 = pywrap_ml_dtypes.float8_e5m2()\n"
    "TypeError: Unable to convert function return value to a Python type! The signature was\n"
    "\t() -> handle\n",
)
"""As TensorFlow 2.14.1 ends beside ml-dtypes 0.3.1: what is wrong is printed, not raised."""
PRINTED = "AttributeError: module 'ml_dtypes' has no attribute 'float8_e4m3b11'."
UNFIT = "tensorflow-cpu 2.14.1 requires ml-dtypes ==0.2.0, but ml-dtypes 0.3.1 is installed"


@pytest.mark.parametrize("noise", [PRINTED, ""])
def test_a_package_is_connected_with_the_import_that_does_not_name_it(noise: str) -> None:
    facts: dict[str, Fact] = {"packages.conflicts": (UNFIT,), "packages.missing": ()}
    raised = [record(one, outcome=Outcome.RAISED, raised=ML_DTYPES, noise=noise) for one in PAIR]
    records = [*without(healthy(NEW), "packages", *PAIR), record("packages", facts), *raised]
    (found,) = judge(run(NEW), records).findings
    assert Verdict.FAIL is found.verdict
    assert UNFIT in found.evidence
    assert "ml-dtypes" in found.cause + found.remedy
    assert ("ml-dtypes-0.3" if noise else "") == found.breakage


def test_a_name_of_one_word_within_another_explains_nothing() -> None:
    other = "keras 3.0 requires six >=3, but six 1.16 is installed"
    facts: dict[str, Fact] = {"packages.conflicts": (other,), "packages.missing": ()}
    odd = replace(ML_DTYPES, traceback=ML_DTYPES.traceback.replace("ml_dtypes", "of_six"))
    raised = [record(one, outcome=Outcome.RAISED, raised=odd) for one in PAIR]
    records = [*without(healthy(NEW), "packages", *PAIR), record("packages", facts), *raised]
    fail, drift = judge(run(NEW), records).findings
    assert other == drift.title
    assert other not in fail.evidence


def test_a_library_of_another_release_is_its_own_headline() -> None:
    rule = Expectation(facts="libraries.mismatches", rule="exact")
    facts = {**device_facts(), "libraries.mismatches": ("cudnn: built for 9, installed 8",)}
    other = replace(NEW, id="other")
    fine = {**device_facts(), "libraries.mismatches": ()}
    records = [
        *without(healthy(NEW), "devices"),
        record("devices", fine),
        *without(healthy(other), "devices"),
        record("devices", facts, of="other"),
    ]
    (found,) = judge(run(NEW, other, expectations=(rule,)), records).findings
    assert (Verdict.DRIFT, "cuDNN: built for 9, installed 8") == (found.verdict, found.title)
    assert "must be equal" not in found.cause


def test_two_probes_that_give_one_fact_are_an_error_of_the_suite() -> None:
    records = [*healthy(NEW, rounds=2)]
    records = [
        replace(one, facts={**one.facts, "python.version": "other"})
        if one.probe == "packages"
        else one
        for one in records
    ]
    (found,) = judge(run(NEW, rounds=2), records).findings
    assert Verdict.INFRASTRUCTURE is found.verdict
    assert (
        "an error of the suite: the probes packages and python both give the fact python.version"
        == found.title
    )


def test_a_rule_that_asks_for_equality_is_no_cause() -> None:
    rule = Expectation(facts="package.*", rule="exact")
    records = [*healthy(NEW), *healthy(replace(NEW, id="b"), packages={"numpy": "1.0"})]
    (found,) = judge(run(NEW, replace(NEW, id="b"), expectations=(rule,)), records).findings
    assert "numpy 1.0 differs from tf2.21.0-py3.13" == found.title
    assert "" == found.cause


def compared(here: dict[str, Fact], there: dict[str, Fact]) -> tuple[Any, ...]:
    other = replace(NEW, id="b")
    records = [
        *without(healthy(NEW), "packages"),
        record("packages", {"package.six": "1", **there}),
        *without(healthy(other), "packages"),
        record("packages", {"package.six": "1", **here}, of="b"),
    ]
    return judge(run(NEW, other), records).cells[1].differences


def test_packages_come_before_hashes_and_what_can_be_read_before_what_cannot() -> None:
    hashed = {f"libraries.shared.a{n}.sha256": f"{n:064x}" for n in range(80)}
    there = {f"package.p{n}": "1.0" for n in range(12)} | {"libraries.z": "1"} | hashed
    here: dict[str, Fact] = {
        name: "2" if len(value) < 9 else "f" * 64 for name, value in there.items()
    }
    groups = group(compared(here, dict(there)), [NEW])
    assert ["packages", "libraries"] == [one.name for one in groups]
    assert "libraries.z" == groups[1].differences[0].fact


def test_hashes_of_pythons_own_modules_are_one_line() -> None:
    own = ("_ctypes", "_ssl", "math", "_ctypes#2")
    there: dict[str, Fact] = {f"libraries.module.{name}": "a" * 64 for name in own}
    there |= {"libraries.module.numpy.core": "a" * 64, "libraries.module._cffi_backend": "a" * 64}
    here: dict[str, Fact] = dict.fromkeys(there, "b" * 64)
    short = {one.fact: one.candidate for one in in_short(compared(here, there))}
    assert "4 have other bytes" == short["libraries.module (Python's own)"]
    assert 3 == len(short)


def test_equal_final_weights_are_said_to_be_the_same_bits() -> None:
    facts = {**mnist_facts(), "mnist.final_weights_sha256": "c" * 64}
    other = replace(NEW, id="b")
    records = [*healthy(NEW, mnist=facts), *healthy(other, mnist=facts)]
    shown = render("terminal", judge(run(NEW, other), records), width=200)
    assert "b ends in the same bits as tf2.21.0-py3.13: their final weights are equal." in shown
    unlike = {**facts, "mnist.final_weights_sha256": "d" * 64}
    records = [*healthy(NEW, mnist=facts), *healthy(other, mnist=unlike)]
    shown = render("terminal", judge(run(NEW, other), records))
    assert "same bits" not in shown


def test_the_rule_that_allowed_a_difference_is_named_beside_it_with_its_reason() -> None:
    rules = (
        Expectation(facts="package.six", rule="allowed", reason="six is harmless"),
        Expectation(facts="package.*", rule="allowed", reason="another release"),
    )
    other = replace(NEW, id="b")
    packages = {"numpy": "1.0", "six": "1.0"}
    records = [
        *healthy(NEW, packages={"numpy": "2.0", "six": "2.0"}),
        *healthy(other, packages=packages),
    ]
    shown = render("terminal", judge(run(NEW, other, expectations=rules), records), width=120)
    assert "no sign" not in shown
    lines = [line.split() for line in shown.splitlines()]
    assert ["numpy", "[2]", "1.0", "2.0"] in lines
    assert ["six", "[1]", "1.0", "2.0"] in lines
    assert ["[1]", "package.six", "(allowed)", "1", "in", "b", "six", "is", "harmless"] in lines


def test_the_traceback_and_the_probes_line_are_in_every_report() -> None:
    found = missing()
    assert "in probes/devices.py, line 32: import tensorflow" in found.evidence
    records = [record(one, outcome=Outcome.RAISED, raised=MISSING) for one in ("devices", "mnist")]
    judgement = judge(run(NEW), [*without(healthy(NEW), *PAIR), *records])
    for name in ("terminal", "markdown", "json"):
        shown = render(name, judgement).replace("\\", "")
        assert "/harness/probes/devices.py" in shown
        assert "line 32" in shown


def test_the_probes_line_is_that_of_the_root_of_a_chain() -> None:
    chained = TRACEBACK + (
        "\nDuring handling of the above exception, another exception occurred:\n\n"
        "Traceback (most recent call last):\n"
        '  File "/harness/probes/devices.py", line 99, in probe\n'
        "    raise ValueError()\n"
        "ValueError: x\n"
    )
    raised = replace(MISSING, traceback=chained)
    assert "probes/devices.py, line 32: import tensorflow" == probe_line(raised, "devices")
    assert "" == probe_line(LIBCUSOLVER, "devices")


def test_a_long_traceback_keeps_its_beginning_and_its_end() -> None:
    lines = traceback_lines("\n".join(f"line {n}" for n in range(100)), 5)
    assert ("line 0", "line 1", "[... 96 lines ...]", "line 98", "line 99") == lines


def test_the_same_cell_of_two_engines_is_named_as_a_command_takes_it() -> None:
    one = run(NEW, run_id="20260101T000000Z-aaaa")
    other = run(NEW, run_id="20260101T000000Z-bbbb")
    made = compare_cells(
        Side(run=one, records=healthy(NEW, run_id=one.id), cell=NEW.id),
        Side(run=other, records=healthy(NEW, run_id=other.id), cell=NEW.id),
        rules=Rules(),
        at=None,
    )
    shown = render("terminal", made, width=300)
    sides = " ".join(f"{each.id}:{NEW.id}" for each in (one, other))
    assert f"harness compare {sides} --format markdown" in shown
