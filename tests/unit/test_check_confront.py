"""What running an image shows, and what that makes of each prediction and of the answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.check.confront import confronted
from harness.check.foreseen import IMPORTS_NOT, NO, YES, Change, Sign, foreseen
from harness.check.host import TargetHost
from harness.check.measured import measured_claims, signs_of
from harness.check.page import CheckPage, page_of
from harness.check.reasons import Confidence, PredictionStanding, Reason, ReuseAnswer, Weight
from harness.check.rules import all_reasons
from harness.check.subject import Subject, subject_of
from harness.check.trial import Changed, Trial, changed_trial, trial_of
from harness.commands.measure import cell_of, changed_cell
from harness.errors import Exit
from harness.formats import render_page as render
from harness.model import (
    Cell,
    Evidence,
    ExpectedFailure,
    Fact,
    Level,
    Outcome,
    Probe,
    Raised,
    Record,
)
from tests.unit import builders
from tests.unit.builders import (
    DEVICES,
    PROBES,
    device_facts,
    healthy,
    mnist_facts,
    python_facts,
    record,
    run,
)
from tests.unit.check_builders import HERE, cpu_image, host, legacy_gpu, reading, subject
from tests.unit.strategies import SCALARS

CPU = "tensorflow/tensorflow:2.15.0"
COMPUTE = replace(
    DEVICES,
    name="gpu",
    evidence=(Evidence(level=Level.L2, kind="computes", fact="gpu.outcome"),),
)
NO_LIBRARY = Raised(
    type="ImportError",
    message="libcublas.so.8.0: cannot open shared object file: No such file or directory",
    traceback="Traceback (most recent call last):\n"
    "ImportError: libcublas.so.8.0: cannot open shared object file: No such file or directory\n",
)
ABSENT = Raised(
    type="ModuleNotFoundError",
    message="No module named 'tensorflow'",
    traceback="Traceback (most recent call last):\n"
    "ModuleNotFoundError: No module named 'tensorflow'\n",
)
SYSTEM = {"os.id": "ubuntu", "os.version_id": "22.04"}


def of_cpu(version: str = "2.15.0") -> Subject:
    return subject_of(reading(cpu_image(version), f"tensorflow/tensorflow:{version}"))


def tried(
    about: Subject,
    records: Sequence[Record],
    where: TargetHost = HERE,
    probes: tuple[Probe, ...] = PROBES,
) -> Trial:
    cell = cell_of(about, where)
    own = [replace(one, cell=cell.id) for one in records]
    return trial_of(run(cell, probes=probes), own, cell)


def page(about: Subject, trial: Trial, where: TargetHost = HERE) -> CheckPage:
    return page_of(about, where, all_reasons(about, where), trial)


def works(version: str = "2.15.0", python: str = "3.11.2") -> list[Record]:
    cell = builders.cell("x", version)
    return healthy(cell, python={**python_facts(python), **SYSTEM})


def fails(raised: Raised = NO_LIBRARY, package: str = "tensorflow-gpu") -> list[Record]:
    """Its Python starts and lists distributions; the import ends in an exception."""
    return [
        record("python", {**python_facts("3.5.2"), "os.id": "ubuntu", "os.version_id": "16.04"}),
        record("packages", {"packages.count": 9, f"package.{package}": "1.2.1"}),
        record("devices", outcome=Outcome.RAISED, raised=raised),
        record("mnist", outcome=Outcome.RAISED, raised=raised),
    ]


def standings(found: CheckPage, standing: PredictionStanding) -> list[str]:
    return [one.explain or one.title for one in found.reasons if one.standing is standing]


def test_what_was_foreseen_and_is_so_is_confirmed() -> None:
    about = subject()
    found = page(about, tried(about, fails()))
    (cause,) = [one for one in found.reasons if one.explain == "libcuda-missing"]
    assert (PredictionStanding.CONFIRMED, Weight.BLOCKS) == (cause.standing, cause.weight)
    assert "libcublas.so.8.0: cannot open shared object file" == cause.seen
    assert {"ubuntu-16.04", "python-3.5", "tensorflow-1.2"} <= set(
        standings(found, PredictionStanding.CONFIRMED)
    )
    assert ReuseAnswer.NOT is found.answer
    assert "nvidia-gpg-rotation" in standings(found, PredictionStanding.UNTESTED)


def test_what_was_foreseen_and_is_not_so_is_refuted_and_weighs_nothing() -> None:
    about = subject()
    found = page(about, tried(about, works("1.2.1", "3.5.2")))
    (cause,) = [one for one in found.reasons if one.explain == "libcuda-missing"]
    assert (PredictionStanding.REFUTED, Weight.REFUTED) == (cause.standing, cause.weight)
    assert "imported, version 1.2.1" == cause.seen
    assert "≠ there is no GPU here" in render("terminal", found)
    assert "refuted: imported, version 1.2.1" in render("markdown", found)


def test_an_image_that_works_is_reused_and_says_by_what_run() -> None:
    about = of_cpu()
    found = page(about, tried(about, works()))
    assert (ReuseAnswer.REUSE, Exit.OK) == (found.answer, found.exit)
    (fine,) = [one for one in found.reasons if one.confidence is Confidence.MEASURED]
    assert "it was run here as it is, and reaches L3 (learns)" == fine.title
    assert ("trained here to a test accuracy of 0.9512",) == fine.evidence
    told = dict(found.measured)
    assert f"{builders.RUN} on docker 20.10.24; harness report {builders.RUN}" == told["run"]
    assert "L3 (learns), test accuracy 0.9512: pass" == told["as it is"]
    assert found.cost.endswith("then pulled and run")


def test_an_image_that_fails_by_what_nobody_foresaw_is_not_reused() -> None:
    about = of_cpu()
    strange = Raised(type="OSError", message="odd", traceback="OSError: odd\n")
    found = page(about, tried(about, fails(strange, "tensorflow-cpu")))
    assert ReuseAnswer.NOT is found.answer
    assert "it was run here, and fails" == found.reasons[0].title
    assert "OSError: odd" == found.reasons[0].evidence[0]
    assert "" == found.run


def test_that_a_suite_expects_a_cell_to_fail_makes_it_no_better_to_use() -> None:
    about = of_cpu()
    strange = Raised(type="OSError", message="odd", traceback="OSError: odd\n")
    expect = ExpectedFailure(level=Level.L0, reason="odd")
    cell = replace(cell_of(about, HERE), expect=expect)
    records = [replace(one, cell=cell.id) for one in fails(strange, "tensorflow-cpu")]
    trial = trial_of(run(cell, probes=PROBES), records, cell)
    assert (True, False) == (trial.fails, trial.works)


def test_what_could_not_be_told_is_told_by_running() -> None:
    about = subject({"architecture": "amd64"}, CPU)
    assert ReuseAnswer.UNTOLD is page_of(about, HERE, all_reasons(about, HERE)).answer
    found = page(about, tried(about, works()))
    assert ReuseAnswer.REUSE is found.answer
    (doubt,) = [one for one in found.reasons if one.title.startswith("only its tag says")]
    assert (PredictionStanding.CONFIRMED, Weight.NOTE) == (doubt.standing, doubt.weight)


def test_a_promise_of_the_tag_that_running_does_not_keep_is_a_change() -> None:
    about = subject({"architecture": "amd64"}, CPU)
    cell = cell_of(about, HERE)
    records = [replace(one, cell=cell.id) for one in works("2.14.1")]
    as_claimed = replace(cell, framework=(("tensorflow", ""),))
    trial = trial_of(run(as_claimed), records, as_claimed)
    found = page(about, trial)
    assert ReuseAnswer.CHANGES is found.answer
    titles = [one.title for one in found.reasons if one.weight is Weight.CHANGE]
    assert [
        "its tag promises framework tensorflow 2.15.0; tensorflow 2.14.1 was found when it was run"
    ] == titles
    assert ("framework", "tensorflow 2.15.0", "tensorflow 2.14.1 (measured)") in found.promises


def test_a_change_that_mends_it_is_tried_and_becomes_the_answer() -> None:
    about = of_cpu()
    change = Change(interpreter="/opt/python/bin/python3.11")
    reason = Reason(
        weight=Weight.CHANGE,
        title="another Python comes first",
        confidence=Confidence.READ,
        foresees=IMPORTS_NOT,
        change=change,
    )
    failed = tried(about, fails(package="tensorflow-cpu"))
    cell = changed_cell(cell_of(about, HERE), change)
    assert "/opt/python/bin/python3.11" == cell.interpreter
    assert "strict" == cell.profile.name
    well = [replace(one, cell=cell.id) for one in works()]
    judged = trial_of(run(cell), well, cell).as_is
    trial = replace(failed, changed=Changed(change=change, judgement=judged, run="r2"))
    found = page_of(about, HERE, [*all_reasons(about, HERE), reason], trial)
    assert ReuseAnswer.CHANGES is found.answer
    changes = [one for one in found.reasons if one.weight is Weight.CHANGE]
    assert "start it with /opt/python/bin/python3.11" == changes[0].remedy
    assert "harness report r2" in dict(found.measured)["changed"]


def test_a_change_of_the_environment_is_a_relaxation_that_is_recorded() -> None:
    cell = changed_cell(Cell(id="x", image="x"), Change(environment=(("A", "b"),)))
    assert ("relaxed", ("environment.A=b",)) == (cell.profile.name, cell.profile.relaxations)
    assert (("A", "b"),) == cell.profile.environment


def test_an_image_that_cannot_be_pulled_is_incomplete_unless_that_was_foreseen() -> None:
    about = of_cpu()
    gone = [
        record(one.name, outcome=Outcome.PULL_FAILED, reason="refused", has_image=False)
        for one in PROBES
    ]
    found = page(about, tried(about, gone))
    assert (ReuseAnswer.REUSE, Exit.INFRASTRUCTURE) == (found.answer, found.exit)
    foreseen_gone = Reason(
        weight=Weight.BLOCKS,
        title="schema 1",
        confidence=Confidence.TABLE,
        foresees=foreseen(Sign.OBTAINED, NO),
    )
    expected = page_of(about, HERE, [foreseen_gone], tried(about, gone))
    assert (ReuseAnswer.NOT, Exit.FINDINGS) == (expected.answer, expected.exit)
    assert "refused" == expected.reasons[0].seen


def test_a_gpu_that_does_not_compute_leaves_the_cpu() -> None:
    config = legacy_gpu()
    config["history"][-1] = {"created_by": "pip install tensorflow-gpu==1.14.0"}
    where = host(gpu="Tesla K80", capability="3.7", driver="470.256.02")
    about = subject(config, "tensorflow/tensorflow:1.14.0-gpu-py3")
    assert "all" == cell_of(about, where).gpu
    records = [
        record("python", python_facts("3.5.2")),
        record("devices", device_facts("1.14.0", ("CPU",))),
        record("mnist", mnist_facts("1.14.0")),
        record("gpu", {"gpu.outcome": "silent fall-back to the CPU"}),
    ]
    trial = tried(about, records, where, (*PROBES, COMPUTE))
    assert trial.works_on_cpu
    found = page(about, trial, where)
    assert ReuseAnswer.CPU is found.answer
    assert NO == trial.seen[Sign.COMPUTES].value
    assert NO == trial.seen[Sign.DEVICE].value


def test_without_a_gpu_nothing_is_said_of_computing_on_one() -> None:
    about = subject()
    assert "" == cell_of(about, HERE).gpu
    records = [*fails(), record("gpu", {"gpu.outcome": "no driver"})]
    trial = tried(about, records, probes=(*PROBES, COMPUTE))
    assert Sign.COMPUTES not in trial.seen


NOT_STARTED = [Outcome.NO_INTERPRETER, Outcome.CRASHED, Outcome.HOST_INCOMPATIBLE]


@pytest.mark.parametrize("outcome", NOT_STARTED)
def test_a_python_that_answers_nothing_does_not_start(outcome: Outcome) -> None:
    cell = builders.cell("x")
    records = [record(one.name, outcome=outcome, reason="why", of="x") for one in PROBES]
    seen = signs_of(cell, PROBES, records)
    assert (NO, f"{outcome}: why") == (seen[Sign.STARTS].value, seen[Sign.STARTS].evidence)
    assert YES == seen[Sign.OBTAINED].value


def test_a_version_is_known_by_its_distribution_where_nothing_can_be_imported() -> None:
    about = subject()
    seen = tried(about, fails()).seen
    assert (NO, "tensorflow 1.2.1") == (seen[Sign.IMPORTS].value, seen[Sign.FRAMEWORK].value)
    assert {"framework", "python", "system"} == {one.what for one in measured_claims(seen)}


def test_a_full_disk_says_nothing_of_the_image() -> None:
    cell = builders.cell("x")
    full = [
        record(one.name, outcome=Outcome.DISK_FULL, reason="full", has_image=False)
        for one in PROBES
    ]
    assert {Sign.ROOM: NO} == {
        sign: seen.value for sign, seen in signs_of(cell, PROBES, full).items()
    }


def test_an_image_without_a_framework_says_so_when_it_is_run() -> None:
    about = subject({"architecture": "amd64"}, "127.0.0.1:5000/own/image:1")
    records = [
        record("python", python_facts("3.11.2")),
        record("packages", {"packages.count": 2, "package.pip": "24.0"}),
        *(record(one, outcome=Outcome.RAISED, raised=ABSENT) for one in ("devices", "mnist")),
    ]
    assert (("tensorflow", ""),) == cell_of(about, HERE).framework
    found = page(about, tried(about, records))
    assert ReuseAnswer.NOT is found.answer
    assert "it was run here, and holds no framework" == found.reasons[0].title
    assert "there is no module named tensorflow" in found.reasons[0].evidence[0]


def test_that_no_import_was_tried_is_no_lack_of_a_framework() -> None:
    about = subject({"architecture": "amd64"}, "127.0.0.1:5000/own/image:1")
    records = [
        record("python", python_facts("3.11.2")),
        record("packages", {"packages.count": 2, "package.pip": "24.0"}),
        *(record(one, outcome=Outcome.NOT_APPLICABLE) for one in ("devices", "mnist")),
    ]
    assert ReuseAnswer.UNTOLD is page(about, tried(about, records)).answer


def test_a_framework_that_no_list_has_is_there_where_it_is_imported() -> None:
    """A build from source: no distribution of a known name, and the import works."""
    about = subject({"architecture": "amd64"}, "127.0.0.1:5000/own/image:1")
    cell = builders.cell("x", "2.15.0")
    records = healthy(cell, python=python_facts("3.11.2"))
    records += [record("packages", {"packages.count": 2, "package.pip": "24.0"})]
    trial = tried(about, records)
    assert YES == trial.seen[Sign.INSTALLED].value
    found = page(about, trial)
    assert ReuseAnswer.REUSE is found.answer
    assert "tensorflow 2.15.0 on Python 3.11.2, for the CPU" == found.purpose


def test_what_fails_with_the_change_is_what_the_page_shows() -> None:
    """Without the whole name no framework is found; with it, the import dies of something else."""
    about = of_cpu()
    change = Change(interpreter="/opt/python/bin/python3.11")
    off_path = Reason(
        weight=Weight.CHANGE,
        title="its Python is not on its PATH",
        confidence=Confidence.READ,
        foresees=IMPORTS_NOT,
        change=change,
    )
    lacking = Reason(
        weight=Weight.BLOCKS,
        title="the image lacks libcublas.so.8.0",
        confidence=Confidence.READ,
        foresees=IMPORTS_NOT,
    )
    first = tried(about, fails(ABSENT, "pip"))
    cell = changed_cell(cell_of(about, HERE), change)
    records = [replace(one, cell=cell.id) for one in fails()]
    trial = replace(first, changed=changed_trial(run(cell), records, cell, change))
    found = page_of(about, HERE, [off_path, lacking], trial)
    assert ReuseAnswer.NOT is found.answer
    worst = found.reasons[0]
    assert "it was run here, and fails, with /opt/python/bin/python3.11 too" == worst.title
    assert "libcublas.so.8.0: cannot open shared object file" in worst.evidence[0]
    assert "libcublas-8.0" == worst.explain
    seen = {one.title: one.seen for one in found.reasons}
    assert "there is no module named tensorflow" == seen[off_path.title]
    assert "libcublas.so.8.0: cannot open shared object file" == seen[lacking.title]


def test_what_the_change_mends_was_foreseen_for_the_image_as_it_is() -> None:
    """A prediction that the second attempt refutes weighs nothing, whatever the first showed."""
    about = of_cpu()
    change = Change(interpreter="/opt/python/bin/python3.11")
    lacking = Reason(
        weight=Weight.BLOCKS, title="x", confidence=Confidence.READ, foresees=IMPORTS_NOT
    )
    cell = changed_cell(cell_of(about, HERE), change)
    well = [replace(one, cell=cell.id) for one in works()]
    changed = changed_trial(run(cell), well, cell, change)
    trial = replace(tried(about, fails(ABSENT, "pip")), changed=changed)
    (one,) = confronted([lacking], trial)
    assert (PredictionStanding.REFUTED, Weight.REFUTED) == (one.standing, one.weight)


def test_a_known_breakage_in_the_output_confirms_its_reason() -> None:
    about = of_cpu("2.3.4")
    words = "TypeError: Descriptors cannot not be created directly."
    raised = Raised(type="TypeError", message=words, traceback=f"{words}\n")
    trial = tried(about, fails(raised, "tensorflow-cpu"))
    assert words == trial.breakages["protobuf-4-descriptors"]
    reason = Reason(
        weight=Weight.CHANGE,
        title="protobuf is too new",
        confidence=Confidence.TABLE,
        explain="protobuf-4-descriptors",
    )
    (told,) = confronted([reason], trial)
    assert (PredictionStanding.CONFIRMED, words) == (told.standing, told.seen)


def test_what_is_pulled_is_what_was_read() -> None:
    cell = cell_of(subject(), HERE)
    assert cell.image.endswith("/tensorflow/tensorflow@sha256:" + "ab" * 32)
    assert ("tensorflow-1.2.1-gpu-py3", (("tensorflow", "1.2.1"),)) == (cell.id, cell.framework)


NAMES = st.sampled_from(
    [
        *("framework.version", "devices.types", "python.version", "os.id", "os.version_id"),
        *("packages.count", "package.tensorflow", "mnist.test_accuracy", "mnist.loss"),
    ]
)
VALUES = SCALARS | st.lists(SCALARS, max_size=3).map(tuple)


@given(
    outcome=st.sampled_from(Outcome),
    told=st.dictionaries(NAMES, VALUES, max_size=5),
    words=st.text(max_size=100),
)
def test_no_record_breaks_the_page(outcome: Outcome, told: dict[str, Fact], words: str) -> None:
    about = of_cpu()
    raised = Raised(type=words or "E", message=words, traceback=words)
    records = [
        record(
            one.name,
            told,
            outcome=outcome,
            raised=raised if outcome is Outcome.RAISED else None,
            reason=words,
            noise=words,
        )
        for one in PROBES
    ]
    found = page(about, tried(about, records))
    for format in ("terminal", "markdown", "json"):
        assert render(format, found)
