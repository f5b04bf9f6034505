"""What an answer says is compared with itself, against others, and against what was asked.

Each test forges one answer. The honest answers beside it are those of `honest`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.compare.clocks import START_S
from harness.compare.comparison import Side, compare_cells
from harness.compare.judge import judge
from harness.compare.judgement import Judgement
from harness.compare.kinds import FindingKind
from harness.formats.report import report_on
from harness.formats.terminal import render
from harness.model import (
    Evidence,
    Expectation,
    ExpectedFailure,
    Fact,
    Level,
    Probe,
    Record,
    Run,
    Verdict,
)
from harness.probing.exchange import EXCHANGE
from harness.probing.probe import load_probes
from harness.store.store import Store
from harness.store.transfer import import_file
from tests.unit.builders import DEVICES, HOST, MNIST, PROBES, cell, healthy, mnist_facts, run

ROOT = Path(__file__).parents[2]
NEW = cell()
OLD = cell("tf1.2.1-py2.7", "1.2.1", "2.7")
DATA = "5e" * 32
WEIGHTS = "cd" * 32
GPU = Probe(
    name="gpu",
    question="?",
    source="",
    digest="sha256:05",
    evidence=(Evidence(level=Level.L2, kind="computes", fact="gpu.outcome"),),
)
Says = Callable[[str], None]


def honest(of: str = "2.21.0", **more: Fact) -> dict[str, Fact]:
    """What the training probe says of three steps of 50 asked for, one in 25 told."""
    return {
        **mnist_facts(of),
        "mnist.steps": 50,
        "mnist.batch_size": 64,
        "mnist.series_every": 25,
        "mnist.train_images": 6000,
        "mnist.loss": (13.108, 5.735),
        "mnist.final_loss": 4.25,
        "mnist.final_weights_sha256": WEIGHTS,
        "mnist.test_images": 1000,
        "mnist.test_accuracy": 0.951,
        "mnist.test_error": 1.0 - 0.951,
        "mnist.validation_images": 500,
        "mnist.validation_error": 0.048,
        **{f"mnist.{name}": value for name, value in more.items()},
    }


def asked(
    facts: Mapping[str, Fact],
    *,
    rounds: int = 1,
    settings: Mapping[str, Any] | None = None,
    durations: Mapping[str, float] | None = None,
    **others: Mapping[str, Fact],
) -> list[Record]:
    """The records of a cell whose training probe answered so, and other probes as in `others`."""
    return [
        replace(
            one,
            facts=dict(others.get(one.probe, one.facts)),
            dataset_digest=DATA if one.probe == "mnist" else "",
            settings={"steps": 50, "epochs": 0, **(settings or {})} if one.probe == "mnist" else {},
            durations=dict(durations or {}) if one.probe == "mnist" else {},
            container=1,
        )
        for one in healthy(NEW, rounds=rounds, mnist=facts)
    ]


def without(facts: Mapping[str, Fact], *names: str) -> dict[str, Fact]:
    return {name: value for name, value in facts.items() if name.partition(".")[2] not in names}


def judged(records: list[Record], **more: Any) -> Judgement:
    rounds = max(one.round for one in records)
    bands = (replace(run(NEW).rules.bands[0], steps=None),)
    return judge(replace(run(NEW, rounds=rounds, bands=bands), **more), records)


def contradicted(found: Judgement) -> list[str]:
    """The headlines of the contradictions; each fails its cell."""
    told = [one for one in found.findings if one.kind is FindingKind.CONTRADICTED]
    assert {Verdict.FAIL} >= {one.verdict for one in told}
    return [one.title.removeprefix("contradicted: ") for one in told]


def only(records: list[Record], **more: Any) -> str:
    """The one contradiction, which fails the cell."""
    found = judged(records, **more)
    said = contradicted(found)
    assert 1 == len(said), said
    assert Verdict.FAIL is found.cells[0].verdict
    return said[0]


def test_honest_answers_contradict_nothing() -> None:
    found = judged(asked(honest(), rounds=2, durations={"probe": 30.0, EXCHANGE: 30.4}))
    assert [] == contradicted(found)
    assert Verdict.PASS is found.cells[0].verdict


@pytest.mark.parametrize(
    "path",
    ["reports/example/records.jsonl", "reports/nightly/records.jsonl"],
)
def test_no_run_that_was_recorded_is_contradicted(path: str, tmp_path: Path) -> None:
    with Store(tmp_path / "store.sqlite3") as store:
        kept = import_file(store, ROOT / path)
        found = judge(kept, store.records(kept.id))
    assert [] == contradicted(found)
    assert any(one.headline.accuracy for one in found.cells)


# --- what was asked and given -------------------------------------------------------------------


@pytest.mark.attack("contradictions", "asked for 1 training step, an image trains 60 and says so")
def test_more_steps_than_were_asked_for_fail(says: Says) -> None:
    facts = honest(steps=60, series_every=60, loss=(13.1,))
    said = only(asked(facts, settings={"steps": 1}))
    assert "asked for 1 training step, it reports 60 training steps" == said
    says(f"fail: {said}")


def test_a_number_of_steps_that_is_left_out_fails() -> None:
    said = only(asked(without(honest(), "steps")))
    assert "asked for 50 training steps, it does not say how many steps it trained" == said


def test_epochs_are_counted_in_whole_batches() -> None:
    facts = honest(steps=187, series_every=187, loss=(13.1,))
    assert [] == contradicted(judged(asked(facts, settings={"epochs": 2})))
    said = only(
        asked({**facts, "mnist.steps": 188, "mnist.series_every": 188}, settings={"epochs": 2})
    )
    assert (
        "asked for 2 epochs of 6000 images in batches of 64, it reports 188 training steps" == said
    )


@pytest.mark.attack("contradictions", "an image leaves out which data set it trained on")
def test_a_data_set_that_is_left_out_fails(says: Says) -> None:
    said = only(asked(without(honest(), "dataset_sha256")))
    assert f"given the data set {DATA[:12]}, it does not say which one it trained on" == said
    says(f"fail: {said}")


@pytest.mark.attack("contradictions", "an image trains on another data set than it was given")
def test_another_data_set_fails(says: Says) -> None:
    said = only(asked(honest(dataset_sha256="77" * 32)))
    assert f"given the data set {DATA[:12]}, it trained on {'77' * 6}" == said
    says(f"fail: {said}")


def test_a_probe_of_the_suites_own_need_not_tell_its_data_set() -> None:
    own = replace(MNIST, name="own")
    facts = {"own.test_accuracy": 0.9, "own.train_seconds": 1.0, "own.framework_version": "2.21.0"}
    record = replace(asked(honest())[-1], probe="own", facts=facts, settings={"steps": 10})
    found = judge(run(NEW, probes=(*PROBES, own)), [*asked(honest()), record])
    assert [] == contradicted(found)


@pytest.mark.attack("contradictions", "an image lists a GPU, but its container was given none")
def test_a_gpu_in_a_container_that_was_handed_none_fails(says: Says) -> None:
    facts = {"framework.version": "2.21.0", "devices.types": ("CPU", "GPU")}
    said = only(asked(honest(), devices=facts))
    assert "devices.types lists a GPU, but its container was given none" == said
    says(f"fail: {said}")


def test_a_gpu_that_computes_in_a_container_that_was_handed_none_fails() -> None:
    works = replace(asked(honest())[0], probe="gpu", facts={"gpu.outcome": "works"})
    found = judge(run(NEW, probes=(*PROBES, GPU)), [*asked(honest()), works])
    assert ["gpu.outcome says that a GPU works, but its container was given none"] == contradicted(
        found
    )


@pytest.mark.parametrize(
    ("engine", "gpu", "runtime"),
    [("docker", "all", "runc"), ("docker", "if-there", "runc"), ("docker", "", "nvidia"),
     ("host", "", ""), ("replay", "", "")],
)  # fmt: skip
def test_a_gpu_that_may_have_been_handed_over_contradicts_nothing(
    engine: str, gpu: str, runtime: str
) -> None:
    facts = {"framework.version": "2.21.0", "devices.types": ("CPU", "GPU")}
    records = [replace(one, engine=engine) for one in asked(honest(), devices=facts)]
    of = run(replace(NEW, gpu=gpu), probes=(*PROBES[:3], MNIST))
    of = replace(of, engine=replace(of.engine, detail={"runtime": runtime}))
    assert [] == contradicted(judge(of, records))
    assert DEVICES in of.probes


@pytest.mark.attack("contradictions", "an image imports a framework and lists no package at all")
def test_a_framework_without_any_package_fails(says: Says) -> None:
    said = only(asked(honest(), packages={"packages.count": 0}))
    wanted = "no package is installed, but framework.version says that one was imported"
    assert wanted == said
    says(f"fail: {said}")


# --- what it says of its training ---------------------------------------------------------------


@pytest.mark.attack("contradictions", "an image says that it trained, with its first weights")
def test_weights_that_did_not_move_fail(says: Says) -> None:
    said = only(asked(honest(initial_weights_sha256=WEIGHTS)))
    assert "it says that it trained, but its final weights equal the initial ones" == said
    says(f"fail: {said}")


@pytest.mark.attack("contradictions", "equal final weights in two rounds, other accuracies")
def test_rounds_with_equal_weights_and_other_accuracies_fail(says: Says) -> None:
    records = asked(honest(), rounds=2)
    other = {**honest(), "mnist.test_accuracy": 0.953, "mnist.test_error": 1 - 0.953}
    records[-1] = replace(records[-1], facts=other)
    said = only(records)
    assert "equal final weights, but accuracies of 0.953 and 0.951" == said
    says(f"fail: {said}")


def test_one_test_image_more_or_less_is_no_contradiction() -> None:
    records = asked(honest(), rounds=2)
    other = {**honest(), "mnist.test_accuracy": 0.952, "mnist.test_error": 1 - 0.952}
    records[-1] = replace(records[-1], facts=other)
    assert [] == contradicted(judged(records))


@pytest.mark.parametrize(("loss", "expected"), [(4.2504, 0), (4.2506, 1)])
def test_the_loss_of_equal_weights_is_equal_to_its_fourth_digit(loss: float, expected: int) -> None:
    records = asked(honest(), rounds=2)
    records[-1] = replace(records[-1], facts=honest(final_loss=loss))
    assert expected == len(contradicted(judged(records)))


@pytest.mark.attack("contradictions", "an image claims the weights of the reference, not its loss")
def test_a_cell_with_the_weights_of_its_reference_and_another_loss_fails(says: Says) -> None:
    there = asked(honest())
    here = [replace(one, cell=OLD.id) for one in asked(honest("1.2.1", final_loss=3.9))]
    both = run(NEW, OLD, bands=())
    found = judge(both, [*there, *here])
    told = [one for one in found.findings if one.kind is FindingKind.CONTRADICTED]
    wanted = f"equal final weights, but losses of 3.9 and 4.25 ({NEW.id})"
    assert [(OLD.id, f"contradicted: {wanted}")] == [(one.cell, one.title) for one in told]
    sides = [Side(run=both, records=[*there, *here], cell=one.id) for one in (NEW, OLD)]
    compared = compare_cells(*sides, rules=both.rules, at=None)
    assert told[0].title in [one.title for one in compared.findings]
    says(f"fail: {wanted}")


@pytest.mark.parametrize(
    ("facts", "wanted"),
    [
        ({"loss": (4.25, 4.25)}, "all its 2 losses are equal"),
        ({"loss": (13.1, 7.0, 4.25)}, "50 steps give 2 losses, but it reports 3"),
        (
            {"steps": 50, "series_every": 49, "loss": (13.1, 5.0)},
            "the last of its losses is 5, but its final loss is 4.25",
        ),
        (
            {"test_accuracy": 1.2, "test_error": -0.2},
            "mnist.test_accuracy is 1.2, but a share lies between 0 and 1",
        ),
        ({"test_error": 0.1}, "an accuracy of 0.951 and an error of 0.1 do not add up to 1"),
        (
            {"test_accuracy": 0.9515, "test_error": 0.0485},
            "mnist.test_accuracy is 0.9515, which is no whole number of 1000 images",
        ),
        (
            {"validation_error": 0.001},
            "mnist.validation_error is 0.001, which is no whole number of 500 images",
        ),
    ],
)
def test_numbers_that_do_not_fit_each_other_fail(facts: Mapping[str, Fact], wanted: str) -> None:
    assert wanted == only(asked(honest(**facts)))


@pytest.mark.attack("contradictions", "an accuracy that is no number of the test images")
def test_an_accuracy_between_two_counts_of_images_fails(says: Says) -> None:
    said = only(asked(honest(test_accuracy=0.9888, test_error=1 - 0.9888)))
    assert "mnist.test_accuracy is 0.9888, which is no whole number of 1000 images" == said
    says(f"fail: {said}")


def test_every_share_of_every_count_is_one() -> None:
    for images in (1, 3, 7, 1000, 9999, 10_000):
        for wrong in {0, 1, images // 3, images - 1, images}:
            share = wrong / images
            facts = honest(test_images=images, test_error=share, test_accuracy=1.0 - share)
            assert [] == contradicted(judged(asked(facts))), (wrong, images)


@pytest.mark.attack("contradictions", "a cell that is expected to fail answers 60 steps for 1")
def test_a_contradiction_is_no_expected_failure(says: Says) -> None:
    expected = ExpectedFailure(level=Level.L0, reason="it has no CUDA")
    facts = honest(steps=60, series_every=60, loss=(13.1,))
    found = judged(asked(facts, settings={"steps": 1}), cells=(replace(NEW, expect=expected),))
    assert ["asked for 1 training step, it reports 60 training steps"] == contradicted(found)
    assert Verdict.FAIL is found.cells[0].verdict
    says("fail: asked for 1 training step, it reports 60 training steps")


@pytest.mark.attack("contradictions", "the suite ignores every difference; 60 steps for 1")
def test_no_expectation_of_a_suite_hides_a_contradiction(says: Says) -> None:
    facts = honest(steps=60, series_every=60, loss=(13.1,))
    everything = Expectation(facts="*", rule="ignore")
    rules = replace(run(NEW).rules, expectations=(everything,))
    said = only(asked(facts, settings={"steps": 1}), rules=rules)
    assert "asked for 1 training step, it reports 60 training steps" == said
    says(f"fail: {said}")


# --- its clock ----------------------------------------------------------------------------------


@pytest.mark.attack("clock", "an image whose clock runs at a tenth trains for 30 seconds")
def test_a_clock_that_runs_slow_fails(says: Says) -> None:
    said = only(asked(honest(), durations={"probe": 3.0, EXCHANGE: 30.0}))
    assert "its clock is wrong: the runner gives 3 s, but this host measured 30 s" == said
    says(f"fail: {said}")


@pytest.mark.attack("clock", "the clock runs slow in the probe's interpreter alone")
def test_a_clock_that_runs_slow_in_the_probe_alone_fails(says: Says) -> None:
    facts = honest(total_seconds=3.0)
    said = only(asked(facts, durations={"probe": 30.0, EXCHANGE: 30.1}))
    assert (
        "its clock is wrong: mnist.total_seconds gives 3 s, but this host measured 30.1 s" == said
    )
    says(f"fail: {said}")


def test_a_clock_that_runs_fast_fails() -> None:
    said = only(asked(honest(), durations={"probe": 300.0, EXCHANGE: 30.0}))
    assert "its clock is wrong: the runner gives 300 s, but this host measured 30 s" == said


def test_parts_that_take_longer_than_the_whole_fail() -> None:
    facts = honest(step_seconds=(5.0,) * 4, evaluation_seconds=20.0)
    said = only(asked(facts, durations={"probe": 30.0, EXCHANGE: 30.0}))
    wanted = "the sum of its times of mnist gives 43.8 s, but this host measured 30 s"
    assert f"its clock is wrong: {wanted}" == said


def test_a_time_below_zero_fails() -> None:
    facts = honest(evaluation_seconds=-1.0)
    said = only(asked(facts, durations={"probe": 30.0, EXCHANGE: 30.0}))
    wanted = "mnist.evaluation_seconds gives -1 s, but no duration is negative"
    assert f"its clock is wrong: {wanted}" == said


@pytest.mark.parametrize(
    ("probe", "exchange", "lies"),
    [(8.0, 10.0, False), (7.9, 10.0, True), (81.0, 100.0, True), (84.0, 100.0, False),
     (1.0, 2.9, False), (12.5, 10.0, True), (11.9, 10.0, False), (0.0, 3.0, True)],
)  # fmt: skip
def test_clocks_may_differ_by_two_seconds_and_by_a_fifth(
    probe: float, exchange: float, lies: bool
) -> None:
    facts = without(honest(), "import_seconds", "first_step_seconds", "step_seconds")
    records = asked(facts, durations={"probe": probe, EXCHANGE: exchange})
    assert lies == bool(contradicted(judged(records)))


def test_the_first_probe_of_a_container_has_the_runners_start_in_its_time() -> None:
    records = asked(honest())
    for durations, lies in (
        ({"probe": 0.1, EXCHANGE: START_S}, False),
        ({"probe": 0.1, EXCHANGE: START_S + 2.2}, True),
    ):
        first = [replace(records[0], durations=durations), *records[1:]]
        assert lies == bool(contradicted(judged(first)))


def test_a_record_without_the_hosts_time_is_not_judged_by_it() -> None:
    assert [] == contradicted(judged(asked(honest(total_seconds=3.0), durations={"probe": 30.0})))


# --- processors ---------------------------------------------------------------------------------

LIMITS = next(one for one in load_probes([ROOT / "probes"]) if one.name == "limits")


def limits(of: str, quota: Fact, usable: int = 2, round_: int = 1) -> Record:
    facts: dict[str, Fact] = {
        "limits.cpu_quota": quota,
        "limits.cpus_visible": 2,
        "limits.cpus_usable": usable,
        "limits.memory_bytes": 1 << 30,
    }
    return replace(asked(honest())[0], cell=of, round=round_, probe="limits", facts=facts)


def two(*of_limits: Record) -> tuple[Run, list[Record]]:
    both = run(NEW, OLD, probes=(*PROBES, LIMITS), bands=())
    here = [replace(one, cell=OLD.id) for one in asked(honest("1.2.1", final_weights_sha256="ef"))]
    return both, [*asked(honest()), *here, *of_limits]


@pytest.mark.attack("quota", "one of two compared cells has a quota of half a processor")
def test_times_under_another_quota_are_not_compared(says: Says) -> None:
    found = judge(*two(limits(NEW.id, None), limits(OLD.id, 0.5)))
    page = " ".join(render(report_on(found)).split())
    why = (
        "its containers could use other processors: a quota of 0.5 processors, 2 visible, "
        "2 usable (reference no quota, 2 visible, 2 usable)"
    )
    assert f"no time was compared: {why}" in [note.text for note in found.cells[1].notes]
    assert "Their training steps are not compared: they could use other processors." in page
    times = [one for one in found.cells[1].differences if one.fact.endswith("_seconds")]
    assert {why} >= {one.reason for one in times}
    says(f"no time was compared: {why}")


def test_a_rule_on_times_does_not_judge_them_where_processors_differ() -> None:
    rule = Expectation(facts="mnist.*_seconds", rule="within", relative=0.01)
    of, records = two(limits(NEW.id, None), limits(OLD.id, 0.5))
    slow = [
        replace(one, facts={**one.facts, "mnist.first_step_seconds": 9.0})
        if (one.cell, one.probe) == (OLD.id, "mnist")
        else one
        for one in records
    ]
    ruled = replace(of, rules=replace(of.rules, expectations=(rule,)))
    alike = [
        limits(OLD.id, None) if (one.cell, one.probe) == (OLD.id, "limits") else one for one in slow
    ]
    judged_so = [
        {one.fact: one.judged.value for one in judge(ruled, these).cells[1].differences}
        for these in (alike, slow)
    ]
    assert ["drift", "not-judged"] == [one["mnist.first_step_seconds"] for one in judged_so]


def test_rounds_that_could_use_other_processors_are_told() -> None:
    of = run(NEW, rounds=2, probes=(*PROBES, LIMITS), bands=())
    records = [*asked(honest(), rounds=2), limits(NEW.id, None), limits(NEW.id, None, 1, 2)]
    told = " ".join(note.text for note in judge(of, records).cells[0].notes)
    assert "(no quota, 2 visible, 2 usable or 1 usable): their times cannot be compared" in told


def test_equal_processors_let_times_be_told_side_by_side() -> None:
    page = render(report_on(judge(*two(limits(NEW.id, None), limits(OLD.id, None)))))
    assert "training step" in " ".join(page.split())
    assert "not compared" not in page
    assert HOST.cores == 2
