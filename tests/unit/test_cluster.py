"""A cluster without Ray: what cells need, which node takes what, and what becomes of the lost."""

from __future__ import annotations

import platform
import sys
import threading
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness import __version__
from harness.errors import InfrastructureError, UsageError
from harness.model import EngineInfo, Outcome, Record, RunHost
from harness.recipes.orders import Order
from harness.running.cluster.absent import given_up
from harness.running.cluster.address import cluster_address
from harness.running.cluster.choosing import of_one_class, renewed, usable
from harness.running.cluster.connected import check_versions, without_what_ray_prints
from harness.running.cluster.needs import (
    DISK,
    GPU,
    MEMORY,
    TOKEN,
    asked_of,
    fits,
    lacking,
    needs_of,
    resources_of,
    start_arguments,
)
from harness.running.cluster.queue import MOST_ATTEMPTS, GroupQueue
from harness.running.cluster.seen import NodeSeen, RayNode, UsableNode
from harness.running.steering import Further
from harness.running.task import Task
from harness.running.wanted import image_registry
from tests.unit.builders import GPU_HOST, HOST
from tests.unit.scripted import ONE, PROBES, TWO

TASK = Task(run="r", orders=(Order(cell=ONE),), probes=PROBES)
DOCKER = EngineInfo(name="docker", version="20.10")


def node(name: str, **more: object) -> UsableNode:
    seen = NodeSeen(engine=DOCKER, host=HOST, address=f"unix:///run/{name}.sock", machine=name)
    named = RunHost(name=name, address=seen.address, engine=DOCKER, host=HOST)
    resources = {**resources_of(HOST, 100 * 10**9), **more}
    return UsableNode(id=f"id-{name}", named=named, resources=resources, seen=seen)  # type: ignore[arg-type]


def record(cell: str, probe: str = "a", container: int = 1) -> Record:
    return Record(run="r", cell=cell, round=1, probe=probe, outcome=Outcome.OK, container=container)


def test_a_host_has_what_cells_can_ask_for() -> None:
    assert {
        TOKEN: 1.0,
        MEMORY: 24.0,
        DISK: 50.0,
        GPU: 1.0,
        "harness_cpu_avx2": 1.0,
    } == resources_of(GPU_HOST, 50 * 10**9 + 5)
    assert DISK not in resources_of(HOST, None)


def test_ray_start_is_told_in_one_line_of_a_shell() -> None:
    told = start_arguments(resources_of(GPU_HOST, None))
    assert (
        """--resources='{"harness": 1, "harness_cpu_avx2": 1, "harness_memory_gib": 24}' """
        "--num-gpus=1" == told
    )


def test_a_cell_needs_the_memory_of_its_profile_its_gpu_and_its_frameworks_instructions() -> None:
    cell = replace(ONE, gpu="all", framework=(("tensorflow", "2.21.0"),))
    needs = needs_of(replace(TASK, orders=(Order(cell=cell),)))
    assert {TOKEN: 1.0, MEMORY: 6.0, GPU: 1.0} == {
        name: value for name, value in needs.items() if "cpu" not in name
    }
    assert {name for name in needs if "cpu" in name} <= {"harness_cpu_avx", "harness_cpu_avx2"}
    assert any("cpu" in name for name in needs)
    assert {TOKEN: 1.0} == needs_of(replace(TASK, orders=(Order(cell=replace(ONE, host="3")),)))


def test_what_no_node_has_is_not_asked_of_ray_which_would_wait_for_ever() -> None:
    here = resources_of(HOST, None)
    assert {TOKEN: 1.0} == asked_of({TOKEN: 1.0, GPU: 1.0, MEMORY: 99.0}, [here])
    assert {TOKEN: 1.0, GPU: 1.0} == asked_of(
        {TOKEN: 1.0, GPU: 1.0}, [here, resources_of(GPU_HOST, None)]
    )
    needy = replace(TASK, orders=(Order(cell=replace(ONE, gpu="all")),))
    assert {GPU: ("one",)} == lacking([needy, TASK], [here])


@given(
    st.dictionaries(st.sampled_from((TOKEN, GPU, MEMORY, DISK)), st.floats(0, 100)),
    st.lists(st.dictionaries(st.sampled_from((TOKEN, GPU, MEMORY, DISK)), st.floats(0, 100))),
)
def test_what_is_asked_of_ray_is_always_met_by_need(
    needs: dict[str, float], nodes: list[dict[str, float]]
) -> None:
    asked = asked_of(needs, nodes)
    assert asked.items() <= needs.items()
    for name, value in asked.items():
        assert any(fits({name: value}, one) for one in nodes)


def test_groups_go_out_in_the_order_of_the_plan_each_to_a_node_that_has_what_it_needs() -> None:
    plain, gpu = node("plain"), node("gpu", GPU=1.0)
    needy = replace(TASK, orders=(Order(cell=replace(TWO, gpu="all")),))
    queue = GroupQueue([needy, TASK], [plain, gpu])
    first = queue.next_for(plain, [plain, gpu])
    assert first is not None
    assert ["one"] == [order.cell.id for order in first.task.orders]
    assert None is queue.next_for(plain, [plain, gpu])
    assert None is not queue.next_for(gpu, [plain, gpu])
    assert 0 == len(queue)


def test_a_group_that_is_lost_leaves_its_records_as_evidence_and_goes_elsewhere() -> None:
    left, right = node("left"), node("right")
    queue = GroupQueue([TASK], [left, right])
    group = queue.next_for(left, [left, right])
    assert group is not None
    group.heard(record("one", container=3))
    lost = group.lost("left", "its process died")
    assert [record("one", container=3)] == [one.record for one in lost.attempts]
    assert {"attempt 1 on left: its process died"} == {one.reason for one in lost.attempts}
    assert 2 == group.attempt
    assert {("one", 1): 3} == group.task.containers, "the next container of the round is the fourth"
    queue.again(group)
    assert None is queue.next_for(left, [left, right])
    assert group is queue.next_for(right, [left, right])
    queue.again(group)
    assert group is queue.next_for(left, [left]), "where it is the only one there is"


def test_a_second_attempt_says_nothing_of_the_first() -> None:
    queue = GroupQueue([TASK], [node("left")])
    group = queue.next_for(node("left"), [])
    assert group is not None
    group.heard(record("one"))
    group.lost("left", "it died")
    assert () == group.lost("left", "it died again").attempts


def test_a_group_that_brings_every_node_down_ends_after_some_attempts() -> None:
    queue = GroupQueue([TASK], [node("left")])
    group = queue.next_for(node("left"), [])
    assert group is not None
    for _ in range(MOST_ATTEMPTS):
        assert not group.hopeless
        group.lost("left", "it died")
    assert group.hopeless


def test_further_rounds_that_were_planned_are_done_by_the_next_attempt_too() -> None:
    queue = GroupQueue([TASK], [node("left")])
    group = queue.next_for(node("left"), [])
    assert group is not None
    group.heard(Further(rounds=6, cells=("one",)))
    assert 6 == group.task.rounds_of("one")


def test_what_no_node_is_left_for_ends_in_exactly_one_record_each() -> None:
    asked = replace(PROBES[0], frameworks=("other",))
    task = replace(
        TASK, rounds=2, probes=(asked, PROBES[1]), done=frozenset((record("one", "b").key,))
    )
    records = list(given_up(task, "docker", "gone"))
    assert [
        (1, "a", Outcome.NOT_APPLICABLE),
        (2, "a", Outcome.NOT_APPLICABLE),
        (2, "b", Outcome.ENGINE_GONE),
    ] == [(one.round, one.probe, one.outcome) for one in records]


@pytest.mark.parametrize(
    ("executor", "address"), [("ray", "auto"), ("ray://head.example:6379", "head.example:6379")]
)
def test_a_cluster_is_named_as_ray_start_prints_it(executor: str, address: str) -> None:
    assert address == cluster_address(executor)


@pytest.mark.parametrize(
    "executor",
    ["", "Ray", "ray://", "ray://x", "ray://:1", "ray://x:y", "ray://x:0", "ray://x:65536", "k8s"],
)
def test_what_is_no_executor_is_refused_with_those_there_are(executor: str) -> None:
    with pytest.raises(UsageError, match="there is no executor") as refused:
        cluster_address(executor)
    assert "ray://HOST:PORT" in str(refused.value)


def looked(*nodes: tuple[str, NodeSeen]) -> tuple[list[RayNode], dict[str, NodeSeen]]:
    there = [
        RayNode(id=f"id{place}", name=name, resources={TOKEN: 1})
        for place, (name, _) in enumerate(nodes)
    ]
    return there, {one.id: seen for one, (_, seen) in zip(there, nodes, strict=True)}


def seen(address: str, machine: str = "m", **more: str) -> NodeSeen:
    return NodeSeen(engine=DOCKER, host=HOST, address=address, machine=machine, **more)  # type: ignore[arg-type]


def test_two_engines_of_one_machine_are_told_apart_by_address() -> None:
    there, said = usable(
        *looked(("10.0.0.1", seen("unix:///a.sock")), ("10.0.0.1", seen("unix:///b.sock")))
    )
    assert ["10.0.0.1 (unix:///a.sock)", "10.0.0.1 (unix:///b.sock)"] == [
        one.named.name for one in there
    ]
    assert () == said


def test_nodes_that_share_an_engine_are_refused() -> None:
    with pytest.raises(UsageError, match="left, right share the engine at unix:///a"):
        usable(*looked(("left", seen("unix:///a.sock")), ("right", seen("unix:///a.sock"))))
    apart = looked(("left", seen("unix:///a.sock", "m")), ("right", seen("unix:///a.sock", "n")))
    assert 2 == len(usable(*apart)[0]), "on two machines it is two engines"


def test_nodes_with_different_data_are_refused() -> None:
    one, other = (
        seen("unix:///a.sock", dataset="sha256:1"),
        seen("unix:///b.sock", dataset="sha256:2"),
    )
    with pytest.raises(UsageError, match="different data sets: left sha256:1, right sha256:2"):
        usable(*looked(("left", one), ("right", other)))


def test_a_node_whose_engine_does_not_answer_takes_no_cell_and_that_is_said() -> None:
    there, said = usable(
        *looked(("left", seen("unix:///a.sock")), ("right", NodeSeen(problem="no")))
    )
    assert ["left"] == [one.named.name for one in there]
    assert ("right takes no cell: no",) == said


def test_one_class_of_hosts_takes_a_run_and_the_others_are_named() -> None:
    other = replace(HOST, cpu_model="another")
    odd = node("a")
    odd = replace(odd, named=replace(odd.named, host=other))
    taken, said = of_one_class((odd, node("b"), node("c")))
    assert ["b", "c"] == [one.named.name for one in taken]
    assert len(said) == 1
    assert said[0].startswith("a take no cell")


def test_a_node_that_was_started_again_is_the_same_node_under_another_id() -> None:
    there = node("left")
    assert there is renewed(there, [RayNode(id="id-left", name="left", resources={})])
    again = renewed(there, [RayNode(id="new", name="left", resources={})])
    assert again is not None
    assert ("new", "left") == (again.id, again.named.name)
    assert None is renewed(there, [RayNode(id="x", name="right", resources={})])


def test_without_ray_an_error_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    from harness.running.cluster.connected import ray_module

    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(UsageError, match="Ray, which is not installed") as refused:
        ray_module()
    assert "pip install 'harness[ray]'" in str(refused.value)
    assert not isinstance(refused.value, InfrastructureError)


@pytest.mark.parametrize(
    ("text", "registry"),
    [
        ("", ""),
        ("127.0.0.1:5000", "127.0.0.1:5000"),
        ("registry.example/cells/", "registry.example/cells"),
    ],
)
def test_a_registry_of_images_is_named_by_its_host(text: str, registry: str) -> None:
    assert registry == image_registry({"HARNESS_REGISTRY": text})


@pytest.mark.parametrize(
    "text", ["/", "cells", "https://registry.example", "me:secret@registry.example", "a.b/C", "a:0"]
)
def test_what_is_no_registry_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="names no registry") as refused:
        image_registry({"HARNESS_REGISTRY": text})
    assert "secret" not in str(refused.value)


def test_a_node_that_runs_something_else_or_nothing_of_ours_is_named() -> None:
    nodes = [RayNode(id=name, name=name, resources={TOKEN: 1}) for name in ("a", "b", "c")]
    own = {"harness": __version__, "python": platform.python_version()}
    check_versions(nodes, dict.fromkeys("abc", own))
    answers = {"a": own, "b": {**own, "harness": ""}, "c": TimeoutError("it said nothing\nat all")}
    with pytest.raises(UsageError) as refused:
        check_versions(nodes, answers)
    assert "but b has harness none, Python" in str(refused.value)
    assert "c does not answer: it said nothing" in str(refused.value)
    assert "a has" not in str(refused.value)


def test_what_a_thread_of_ray_prints_comes_into_no_report(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with without_what_ray_prints():
        thread = threading.Thread(target=lambda: print("the last 20 lines of its log"))
        thread.start()
        thread.join()
        print("told", file=sys.stderr)
    print("the report")
    assert ("the report\n", "told\n") == tuple(capsys.readouterr())
