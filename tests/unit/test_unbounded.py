"""An engine that cannot bound its containers is said to be one, before anything runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from harness.engines.oci.connection import told_of
from harness.model import UNBOUNDED
from harness.recipes.orders import Order
from harness.running.runner import PlannedRun
from harness.store.store import Store
from tests.unit.scripted import ONE, PROBES, SUITE, Scripted, execute

ROOTLESS = {"SecurityOptions": ["name=seccomp,profile=default", "name=rootless"]}
BOTH = "memory and the processes"


@pytest.mark.parametrize(
    ("expected", "info"),
    [
        (None, {}),
        (None, {"CgroupVersion": "1", "MemoryLimit": True, "PidsLimit": True}),
        (None, {**ROOTLESS, "CgroupVersion": "2", "CgroupDriver": "systemd"}),
        (BOTH, {**ROOTLESS, "CgroupVersion": "1", "MemoryLimit": True, "PidsLimit": True}),
        (BOTH, {"Rootless": True, "CgroupVersion": "1", "MemoryLimit": True, "PidsLimit": True}),
        (None, {"Rootless": True, "CgroupVersion": "2", "MemoryLimit": True, "PidsLimit": True}),
        (BOTH, {**ROOTLESS, "CgroupVersion": "2", "CgroupDriver": "none"}),
        ("processes", {"CgroupVersion": "1", "MemoryLimit": True, "PidsLimit": False}),
    ],
)
def test_what_an_engine_cannot_bound_is_among_its_details(
    expected: str | None, info: dict[str, Any]
) -> None:
    assert expected == told_of("docker", info, "1.41").detail.get(UNBOUNDED)


@pytest.mark.parametrize("detail", [{}, {UNBOUNDED: BOTH}])
def test_a_run_says_so_and_keeps_it(tmp_path: Path, detail: dict[str, str]) -> None:
    said: list[str] = []
    plan = PlannedRun(suite=SUITE, orders=(Order(cell=ONE),), probes=PROBES, rounds=1, dataset=None)
    with Store(tmp_path / "store.sqlite3") as store:
        run = execute(
            plan,
            Scripted(detail=detail),
            store,
            tell=lambda _, line: said.append(line),
            recorded=lambda _: None,
        )
        kept = store.run(run.id).notices
    told = [line for line in said if "does not bound the memory and the processes" in line]
    assert bool(detail) == bool(told)
    assert tuple(told) == kept
