from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.store.runid import is_safe_run_id, new_run_id, run_id

MOMENTS = st.datetimes(
    min_value=datetime(1970, 1, 2), max_value=datetime(9999, 12, 30), timezones=st.just(UTC)
)


def test_a_run_id_reads_as_its_start_in_utc() -> None:
    in_paris = datetime(2026, 11, 21, 0, 45, 1, tzinfo=timezone(timedelta(hours=1)))
    assert run_id(in_paris, "3f9a") == "20261120T234501Z-3f9a"


@given(MOMENTS, st.integers(1, 10**6))
def test_run_ids_sort_as_their_runs_started(now: datetime, seconds: int) -> None:
    later = min(now + timedelta(seconds=seconds), datetime(9999, 12, 31, tzinfo=UTC))
    assert run_id(now, "ffff") < run_id(later, "0000")


def test_new_run_ids_are_safe_and_differ() -> None:
    made = {new_run_id() for _ in range(8)}
    assert all(map(is_safe_run_id, made))
    assert len(made) > 1


@pytest.mark.parametrize(
    "text", ["", "../x", "-v", ".hidden", "a b", "a/b", "a\n", "é", "a" * 81, "\x1b[2J"]
)
def test_an_id_that_could_hurt_in_a_path_or_a_command_line_is_not_safe(text: str) -> None:
    assert not is_safe_run_id(text)
