"""Known breakages are recognised by their lines, in linear time, and not in healthy output."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.compare.breakages import EXPLICABLE, breakage_of
from harness.knowledge.library import Breakage, breakages
from harness.knowledge.signatures import LINE, LINES, recognise
from harness.model import Outcome, Raised, Record
from tests.unit.builders import LIBCUSOLVER
from tests.unit.hostile import texts

ROOT = Path(__file__).parents[2]
COUNTED = [row for row in breakages() if row.specific and row.where == "log"]


def record(outcome: Outcome = Outcome.RAISED, **told: object) -> Record:
    return Record(run="r", cell="c", round=1, probe="p", outcome=outcome, **told)


@pytest.mark.parametrize("row", [row for row in COUNTED if row.sample], ids=lambda row: row.id)
def test_a_tested_breakage_is_recognised_by_its_line(row: Breakage) -> None:
    printed = f"before\n{row.sample}\nafter\n"
    assert row.id in [one.breakage.id for one in recognise([printed])]


@pytest.mark.parametrize(
    "row", [row for row in breakages() if not row.specific], ids=lambda row: row.id
)
def test_what_healthy_runs_say_too_is_not_counted(row: Breakage) -> None:
    assert row.id not in [one.breakage.id for one in recognise([row.sample or row.signature])]


def healthy() -> list[str]:
    """What healthy probes of a real run printed; and build logs, where a run left some here."""
    lines = (ROOT / "reports/example/records.jsonl").read_text("utf-8").splitlines()
    found = [json.loads(line).get("record") or {} for line in lines]
    noise = [one["noise"] for one in found if one.get("outcome") == "ok"]
    logs = sorted((ROOT / "reports/logs").glob("*.log"))
    return [*noise, *(path.read_text("utf-8", "replace") for path in logs)]


def test_no_breakage_is_seen_in_healthy_output() -> None:
    printed = healthy()
    assert sum(map(len, printed)) > 10_000
    assert [] == [(one.breakage.id, one.line) for one in recognise(printed)]


@given(st.lists(texts, max_size=4))
def test_any_output_is_survived(printed: list[str]) -> None:
    for one in recognise(printed):
        assert len(one.line) <= LINE


def test_only_so_much_of_a_line_and_of_a_text_is_looked_at() -> None:
    sample = "ImportError: numpy.core.umath failed to import"
    assert recognise([sample])
    assert not recognise(["x" * LINE + sample])
    assert not recognise([f"{sample}\n" + "x\n" * LINES])


def test_a_failing_record_carries_cause_and_remedy() -> None:
    known = breakage_of(record(raised=LIBCUSOLVER))
    assert known is not None
    assert "harness explain libcublas-8.0" in known.told
    assert known.cause
    assert known.remedy


@pytest.mark.parametrize("where", ["raised", "reason", "noise"])
def test_it_is_recognised_wherever_it_was_said(where: str) -> None:
    line = "TypeError: Descriptors cannot not be created directly."
    raised = Raised(type="TypeError", message=line.partition(": ")[2], traceback="")
    known = breakage_of(record(**{where: raised if where == "raised" else line}))
    assert known is not None
    assert "protobuf-4-descriptors" in known.told


def test_what_matches_nothing_is_not_explained() -> None:
    assert breakage_of(record(noise="all is well", reason="odd")) is None
    assert Outcome.OK not in EXPLICABLE
