"""Quotas of control groups: what the description of a host and a run's host class tell of them."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pytest
from hypothesis import given

from harness.formats.report import host
from harness.machine.quota import cpu_quota
from harness.model import HostClass
from harness.serial import decode, encode
from tests.unit.builders import HOST
from tests.unit.hostile import texts

V1 = "sys/fs/cgroup/cpu,cpuacct"
GROUP = "proc/self/cgroup"
CASES: list[tuple[float | None, dict[str, str]]] = [
    (None, {}),
    (None, {GROUP: "0::/a\n", "sys/fs/cgroup/a/cpu.max": "max 100000\n"}),
    (1.5, {GROUP: "0::/a\n", "sys/fs/cgroup/a/cpu.max": "150000 100000\n"}),
    (
        0.5,
        {
            GROUP: "0::/a/b\n",
            "sys/fs/cgroup/a/cpu.max": "50000 100000",
            "sys/fs/cgroup/a/b/cpu.max": "150000 100000",
        },
    ),
    (2.0, {GROUP: "0::/elsewhere\n", "sys/fs/cgroup/cpu.max": "200000 100000"}),
    (
        0.25,
        {
            GROUP: "4:cpu,cpuacct:/x\n",
            f"{V1}/x/cpu.cfs_quota_us": "25000",
            f"{V1}/x/cpu.cfs_period_us": "100000",
        },
    ),
    (
        None,
        {
            GROUP: "4:cpu,cpuacct:/x\n",
            f"{V1}/x/cpu.cfs_quota_us": "-1",
            f"{V1}/x/cpu.cfs_period_us": "100000",
        },
    ),
    (None, {GROUP: "odd\n0::\n4:memory:/x\n", "sys/fs/cgroup/x/cpu.max": "1 1"}),
    (None, {GROUP: "0::/\n", "sys/fs/cgroup/cpu.max": "100000 0"}),
    (None, {GROUP: "0::/\n", "sys/fs/cgroup/cpu.max": "many more"}),
]


def written(root: Path, files: dict[str, str]) -> Path:
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, "utf-8")
    return root


@pytest.mark.parametrize(("expected", "files"), CASES)
def test_both_who_read_quotas_read_the_same(
    tmp_path: Path, expected: float | None, files: dict[str, str]
) -> None:
    root = written(tmp_path, files)
    described = import_module("harness.probing.guest.describe_host").quota(str(root))
    assert (expected, expected or 0) == (cpu_quota(root), described)


@given(texts, texts)
def test_any_files_are_read(
    tmp_path_factory: pytest.TempPathFactory, group: str, most: str
) -> None:
    files = {GROUP: f"0::/{group}", "sys/fs/cgroup/cpu.max": most}
    files = {name: text.encode("utf-8", "replace").decode() for name, text in files.items()}
    root = written(tmp_path_factory.mktemp("root"), files)
    cpu_quota(root)
    import_module("harness.probing.guest.describe_host").quota(str(root))


def test_a_host_with_a_quota_is_another_host() -> None:
    limited = HostClass(
        **{name: getattr(HOST, name) for name in HOST.__slots__ if name != "quota"}, quota=1.5
    )
    assert HOST != limited
    assert "(the time of 1.5)" in host(limited)
    assert "time of" not in host(HOST)
    assert limited == decode(HostClass, encode(limited))
    assert b"quota" not in encode(HOST), "what was stored before has the bytes it had"
