from __future__ import annotations

from dataclasses import replace

import pytest

from harness.compare.evidence import KINDS
from harness.compare.levels import Ladder, LevelMark, LevelStanding
from harness.compare.view import views
from harness.model import (
    Band,
    Cell,
    Evidence,
    EvidenceKind,
    Fact,
    HostClass,
    Level,
    Outcome,
    Probe,
    Record,
    Run,
)
from tests.unit.builders import (
    BAND,
    DEVICES,
    GPU_HOST,
    HOST,
    LIBCUSOLVER,
    MNIST,
    cell,
    device_facts,
    healthy,
    mnist_facts,
    record,
    run,
    without,
)

CELL = cell()
GPU_CELL = replace(CELL, gpu="all")


def ladder(records: list[Record], of: Run | None = None) -> Ladder:
    (view,) = views(of or run(CELL), records)
    return view.ladder


def mark(of: Ladder, level: Level) -> LevelMark:
    return next(one for one in of.marks if one.level is level)


def changed(probe: str, facts: dict[str, object]) -> list[Record]:
    return [*without(healthy(CELL), probe), record(probe, facts)]  # type: ignore[arg-type]


def test_a_healthy_cell_climbs_to_l3_and_says_what_that_rests_on() -> None:
    climbed = ladder(healthy(CELL))
    assert Level.L3 is climbed.reached
    assert [
        ["the image's id (built)"],
        ["the claimed version is the one measured (devices, mnist)"],
        [
            "the list of devices (devices)",
            "the work behind mnist.test_accuracy was finished (mnist)",
        ],
        ["mnist.test_accuracy inside 0.85 to 1 on mnist-subset, 200 steps (mnist)"],
    ] == [[basis.told for basis in one.rests_on] for one in climbed.marks]


def test_another_version_than_claimed_fails_l1_whichever_probe_says_so() -> None:
    climbed = ladder(changed("devices", device_facts("2.20.0")))
    assert Level.L0 is climbed.reached
    assert LevelStanding.FAILED is mark(climbed, Level.L1).standing
    assert "it claims tensorflow 2.21.0, but imports 2.20.0" == mark(climbed, Level.L1).why
    assert LevelStanding.BLOCKED is mark(climbed, Level.L3).standing
    assert LevelStanding.REACHED is mark(climbed, Level.L3).own


def test_versions_are_compared_as_versions() -> None:
    claimed = replace(CELL, framework=(("tensorflow", "2.0.0rc1"),))
    records = healthy(claimed)
    other = [record("devices", device_facts("2.0.0-rc1")), *without(records, "devices")]
    assert Level.L3 is ladder(other, run(claimed)).reached


def test_a_cell_that_claims_no_version_shows_l1_by_importing() -> None:
    free = replace(CELL, framework=(("tensorflow", ""),))
    climbed = ladder(healthy(CELL), run(free))
    assert Level.L3 is climbed.reached
    assert "claims no version" in mark(climbed, Level.L1).rests_on[0].method


def test_one_probe_that_dies_does_not_hide_what_another_shows() -> None:
    records = [*without(healthy(CELL), "devices"), record("devices", outcome=Outcome.TIMED_OUT)]
    climbed = ladder(records)
    assert Level.L1 is climbed.reached
    assert LevelStanding.FAILED is mark(climbed, Level.L2).standing


def test_each_round_must_show_a_level() -> None:
    records = healthy(CELL, rounds=2)
    broken = [one for one in records if (one.round, one.probe) != (2, "mnist")]
    broken.append(record("mnist", round_=2, outcome=Outcome.CRASHED))
    assert Level.L3 is ladder(records, run(CELL, rounds=2)).reached
    assert Level.L1 is ladder(broken, run(CELL, rounds=2)).reached


def test_a_level_no_probe_was_asked_about_is_unverified_never_reached() -> None:
    pairs = ((CELL.id, "python"), (CELL.id, "packages"))
    climbed = ladder(without(healthy(CELL), "devices", "mnist"), run(CELL, pairs=pairs))
    assert Level.L0 is climbed.reached
    assert LevelStanding.UNVERIFIED is mark(climbed, Level.L1).standing


def test_probes_that_do_not_apply_leave_a_level_unverified() -> None:
    silent = [record(one, outcome=Outcome.NOT_APPLICABLE) for one in ("devices", "mnist")]
    climbed = ladder([*without(healthy(CELL), "devices", "mnist"), *silent])
    assert LevelStanding.UNVERIFIED is mark(climbed, Level.L1).standing


def test_a_cpu_cell_that_lists_no_cpu_fails_l2() -> None:
    climbed = ladder(changed("devices", device_facts(types=())))
    assert LevelStanding.FAILED is mark(climbed, Level.L2).standing


def test_an_answer_without_its_evidence_is_unverified() -> None:
    facts = mnist_facts()
    del facts["mnist.test_accuracy"]
    assert (
        LevelStanding.UNVERIFIED is mark(ladder(changed("mnist", dict(facts))), Level.L2).standing
    )


@pytest.mark.parametrize(
    ("expected", "why", "host", "types"),
    [
        (LevelStanding.REACHED, "lists CPU, GPU", GPU_HOST, ("CPU", "GPU")),
        (LevelStanding.FAILED, "silently", GPU_HOST, ("CPU",)),
        (LevelStanding.UNVERIFIED, "this host has none", HOST, ("CPU",)),
    ],
)
def test_falling_back_to_the_cpu_is_a_fault_only_where_a_gpu_was(
    expected: LevelStanding, why: str, host: HostClass, types: tuple[str, ...]
) -> None:
    records = [*without(healthy(GPU_CELL), "devices"), record("devices", device_facts(types=types))]
    climbed = ladder(records, run(GPU_CELL, host=host))
    assert expected is mark(climbed, Level.L2).standing
    assert why in mark(climbed, Level.L2).why or expected is LevelStanding.REACHED
    assert (Level.L3 if expected is LevelStanding.REACHED else Level.L1) is climbed.reached


LIBRARIES = Probe(
    name="libraries",
    question="Which libraries?",
    source="",
    digest="sha256:05",
    evidence=(Evidence(level=Level.L1, kind="loaded", fact="libraries.framework"),),
)
GPU = Probe(
    name="gpu",
    question="Does it compute?",
    source="",
    digest="sha256:06",
    evidence=(Evidence(level=Level.L2, kind="computes", fact="gpu.outcome"),),
)


def with_probe(of: Run, probe: Probe) -> Run:
    pairs = (*of.pairs, (of.cells[0].id, probe.name))
    return replace(of, probes=(*of.probes, probe), pairs=pairs)


@pytest.mark.parametrize(
    ("expected", "loaded"),
    [
        (LevelStanding.REACHED, ("frame/libframe.so",)),
        (LevelStanding.REACHED, "frame/libframe.so"),
        (LevelStanding.FAILED, ()),
        (LevelStanding.FAILED, ""),
        (LevelStanding.FAILED, None),
    ],
)
def test_a_framework_starts_only_where_libraries_of_its_own_are_loaded(
    expected: LevelStanding, loaded: Fact
) -> None:
    records = [*healthy(CELL), record("libraries", {"libraries.framework": loaded})]
    found = mark(ladder(records, with_probe(run(CELL), LIBRARIES)), Level.L1)
    assert expected is found.standing
    methods = {basis.method: basis.probes for basis in found.rests_on}
    if expected is LevelStanding.REACHED:
        assert ("libraries",) == methods["libraries of its own are loaded"]
        assert "the claimed version is the one measured" in methods


@pytest.mark.parametrize(
    ("expected", "outcome"),
    [
        (LevelStanding.REACHED, "works"),
        (LevelStanding.UNVERIFIED, "no driver"),
        (LevelStanding.UNVERIFIED, "driver without device"),
        (LevelStanding.UNVERIFIED, "device hidden from the container"),
        (LevelStanding.FAILED, "CPU-only framework"),
        (LevelStanding.FAILED, "framework misses a library"),
        (LevelStanding.FAILED, "silent fall-back to the CPU"),
        (LevelStanding.FAILED, "device does not compute"),
        (LevelStanding.FAILED, "what nobody knows yet"),
    ],
)
def test_a_gpu_cell_sees_its_gpu_only_where_it_computes(
    expected: LevelStanding, outcome: str
) -> None:
    facts = {"gpu.outcome": outcome, "gpu.why": "because"}
    records = [
        *without(healthy(GPU_CELL), "devices"),
        record("devices", device_facts(types=("CPU", "GPU"))),
        record("gpu", facts),
    ]
    of = with_probe(run(GPU_CELL, host=GPU_HOST), GPU)
    found = mark(ladder(records, of), Level.L2)
    assert expected is found.standing
    if expected is not LevelStanding.REACHED:
        assert f"{outcome}: because" in found.why


def test_what_no_cpu_cell_asks_for_says_nothing_of_it() -> None:
    plain = ladder(healthy(CELL))
    records = [*healthy(CELL), record("gpu", {"gpu.outcome": "no driver"})]
    assert plain == ladder(records, with_probe(run(CELL), GPU))


def test_training_on_the_cpu_does_not_show_that_a_gpu_is_seen() -> None:
    pairs = ((GPU_CELL.id, "mnist"),)
    of = run(GPU_CELL, host=GPU_HOST, pairs=pairs)
    climbed = ladder([one for one in healthy(GPU_CELL) if one.probe == "mnist"], of)
    assert LevelStanding.UNVERIFIED is mark(climbed, Level.L2).standing


@pytest.mark.parametrize(
    ("expected", "accuracy"),
    [
        (LevelStanding.REACHED, 0.85),
        (LevelStanding.REACHED, 1.0),
        (LevelStanding.FAILED, 0.8499),
        (LevelStanding.FAILED, 1.01),
        (LevelStanding.FAILED, "nan"),
        (LevelStanding.FAILED, None),
    ],
)
def test_l3_is_inside_the_band(expected: LevelStanding, accuracy: object) -> None:
    facts = {**mnist_facts(), "mnist.test_accuracy": accuracy}
    assert expected is mark(ladder(changed("mnist", facts)), Level.L3).standing


@pytest.mark.parametrize(
    ("expected", "band"),
    [
        (LevelStanding.REACHED, BAND),
        (LevelStanding.REACHED, replace(BAND, steps=None)),
        (LevelStanding.REACHED, replace(BAND, epochs=0)),
        (LevelStanding.UNVERIFIED, replace(BAND, steps=100)),
        (LevelStanding.UNVERIFIED, replace(BAND, epochs=10, steps=None)),
        (LevelStanding.UNVERIFIED, replace(BAND, dataset="mnist")),
        (LevelStanding.UNVERIFIED, replace(BAND, fact="other.accuracy")),
    ],
)
def test_a_band_holds_for_its_data_set_and_steps_only(expected: LevelStanding, band: Band) -> None:
    climbed = ladder(healthy(CELL), run(CELL, bands=(band,)))
    assert expected is mark(climbed, Level.L3).standing


def test_a_missing_band_is_said() -> None:
    climbed = ladder(healthy(CELL), run(CELL, bands=()))
    why = "the suite states no band for mnist.test_accuracy on mnist-subset, 200 steps"
    assert why == mark(climbed, Level.L3).why


@pytest.mark.parametrize(
    ("expected", "outcome"),
    [
        (LevelStanding.FAILED, Outcome.NO_INTERPRETER),
        (LevelStanding.FAILED, Outcome.BUILD_FAILED),
        (LevelStanding.UNVERIFIED, Outcome.HOST_INCOMPATIBLE),
        (LevelStanding.INFRASTRUCTURE, Outcome.PULL_FAILED),
        (LevelStanding.INFRASTRUCTURE, Outcome.ENGINE_GONE),
    ],
)
def test_l0_is_that_something_was_obtained(expected: LevelStanding, outcome: Outcome) -> None:
    names = ("python", "packages", "devices", "mnist")
    records = [record(one, outcome=outcome, has_image=False) for one in names]
    assert expected is mark(ladder(records), Level.L0).standing


def test_l4_cannot_be_earned_alone() -> None:
    ambitious = replace(CELL, level=Level.L4)
    climbed = ladder(healthy(CELL), run(ambitious))
    assert Level.L3 is climbed.reached
    assert LevelStanding.UNVERIFIED is mark(climbed, Level.L4).standing
    assert "it was compared with no reference" == mark(climbed, Level.L4).why


def test_evidence_of_a_kind_nobody_knows_is_unverified() -> None:
    odd = replace(MNIST, evidence=(replace(MNIST.evidence[0], kind="divination"),))
    climbed = ladder(healthy(CELL), run(CELL, probes=(DEVICES, odd)))
    assert LevelStanding.REACHED is mark(climbed, Level.L0).standing
    assert LevelStanding.UNVERIFIED is mark(climbed, Level.L1).standing


def test_a_raised_import_fails_l1() -> None:
    raised = [
        record(one, outcome=Outcome.RAISED, raised=LIBCUSOLVER) for one in ("devices", "mnist")
    ]
    climbed = ladder([*without(healthy(CELL), "devices", "mnist"), *raised])
    assert Level.L0 is climbed.reached
    assert LevelStanding.FAILED is mark(climbed, Level.L1).standing


def test_a_cell_nobody_planned_for_shows_nothing() -> None:
    idle = Cell(id="idle")
    climbed = ladder([], run(idle, pairs=()))
    assert Level.NONE is climbed.reached
    assert LevelStanding.UNVERIFIED is climbed.marks[0].standing


def test_every_kind_of_evidence_is_judged() -> None:
    assert set(EvidenceKind) == set(KINDS)
