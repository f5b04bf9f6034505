"""What is kept of a finding from night to night: the same words where the same thing happened."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from harness.compare.judgement import Finding
from harness.compare.kinds import FindingKind
from harness.model import Verdict
from harness.nights.lines import value_lines

NO_KERNEL = (
    "InvalidArgumentError: No OpKernel was registered to support Op 'Conv2D' with these attrs: "
)


def lines(kind: FindingKind, title: str) -> tuple[str, ...]:
    none: Mapping[str, object] = {}
    found = Finding(kind=kind, verdict=Verdict.FAIL, cell="a", title=title)
    return value_lines(found, none, none)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("kind", "one_night", "another"),
    [
        (
            FindingKind.DIES_COMPUTING,
            "its process dies while it computes: matmul_broadcast: signal 6 with oneDNN",
            "its process dies while it computes: matmul_broadcast: signal 11 with oneDNN",
        ),
        (
            FindingKind.RAISED,
            f"{NO_KERNEL}[dilations=[1, 1], T=DT_BFLOAT16, strides=[1, 1]]",
            f"{NO_KERNEL}[T=DT_BFLOAT16, strides=[1, 1], dilations=[1, 1]]",
        ),
        (FindingKind.RAISED, "no object at 0x7f00aa10", "no object at 0x7f00bb20"),
    ],
    ids=["damaged memory", "attributes in another order", "an address"],
)
def test_what_chance_decides_is_left_out(kind: FindingKind, one_night: str, another: str) -> None:
    assert lines(kind, one_night) == lines(kind, another)


def test_another_operation_that_dies_is_another_value() -> None:
    one = lines(FindingKind.DIES_COMPUTING, "its process dies while it computes: conv2d: signal 6")
    assert one != lines(
        FindingKind.DIES_COMPUTING, "its process dies while it computes: lstm: signal 6"
    )


def test_another_signal_of_a_crash_is_another_value() -> None:
    killed = lines(FindingKind.CRASHED, "mnist ended by signal 9")
    assert killed != lines(FindingKind.CRASHED, "mnist ended by signal 11")
