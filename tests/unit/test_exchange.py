"""The conversation with the runner: one question at a time, and what a disturbance comes to."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.model import Outcome
from harness.probing.exchange import EXCHANGE, Exchange, ProbeRequest, Session

NAMES = ("python", "devices", "mnist")
SESSION = Session(
    interpreter="python3", asking="text", scratch="/scratch", limits={"noise_bytes": 7}, alone=True
)


def ticking() -> Iterator[float]:
    """A clock that goes on by a second whenever it is asked."""
    return (float(number) for number in count())


def exchange(budget: int = 1_000_000) -> Exchange:
    clock = ticking()
    requests = [
        ProbeRequest(name=name, path=f"/{name}.py", source="...", timeout_s=5) for name in NAMES
    ]
    return Exchange(SESSION, requests, budget, clock=lambda: next(clock))


def lines(sent: bytes) -> list[Any]:
    return [json.loads(line) if line else None for line in sent.splitlines()]


def frame(marker: str, probe: str, **changes: Any) -> bytes:
    content = {
        "probe": probe,
        "outcome": "ok",
        "reason": "",
        "facts": {"a": 1},
        "raised": None,
        "noise": "",
        "noise_bytes": 0,
        "signal": "",
        "exit": 0,
        "durations": {"probe": 0.5},
        "observed": {},
        **changes,
    }
    body = json.dumps(content).encode()
    return (
        f"harness-frame {marker} {len(body)} {hashlib.sha256(body).hexdigest()}\n".encode()
        + body
        + b"\n"
    )


def whole_conversation(one: Exchange) -> list[str]:
    """Answer every question rightly; the markers in their order."""
    sent, markers = one.begin(), []
    for name in NAMES:
        marker = lines(sent)[-1]["marker"]
        markers.append(marker)
        sent = one.hear(frame(marker, name))
    one.end(whole=True)
    return markers


def outcomes(one: Exchange) -> list[Outcome]:
    return [answer.outcome for answer in one.answers.values()]


def test_what_holds_for_all_probes_comes_first_with_the_first_of_them() -> None:
    session, first = lines(exchange().begin())

    assert {
        "interpreter": "python3",
        "asking": "text",
        "scratch": "/scratch",
        "folder": "/",
        "limits": {"noise_bytes": 7},
        "alone": True,
        "marker": session["marker"],
    } == session
    assert re.fullmatch("[0-9a-f]{32}", session["marker"])
    assert session["marker"] != first["marker"]
    assert "python" == first["name"]


def test_a_marker_is_given_out_only_when_the_frame_before_it_has_come() -> None:
    one = exchange()
    marker = lines(one.begin())[-1]["marker"]
    whole = frame(marker, "python")

    assert b"" == one.hear(whole[:-1])
    (second,) = lines(one.hear(whole[-1:]))
    assert "devices" == second["name"]
    assert marker != second["marker"]


def test_each_probe_is_named_when_it_is_asked_and_not_before() -> None:
    asked: list[str] = []
    requests = [ProbeRequest(name=name, path=name, source="", timeout_s=1) for name in ("a", "b")]
    one = Exchange(SESSION, requests, 1_000_000, asks=asked.append)
    assert [] == asked
    first = lines(one.begin())[-1]
    assert ["a"] == asked
    one.hear(frame(first["marker"], "a"))
    assert ["a", "b"] == asked


def test_behind_the_last_answer_the_end_is_sent_once() -> None:
    one = exchange()
    sent = one.begin()
    for name in NAMES:
        sent = one.hear(frame(lines(sent)[-1]["marker"], name))

    assert b"\n" == sent
    assert b"" == one.hear(b"noise")
    assert one.complete


def test_every_exchange_is_timed_on_the_clock_of_this_host() -> None:
    one = exchange()
    whole_conversation(one)

    assert [{"probe": 0.5, EXCHANGE: 1.0}] * 3 == [
        answer.durations for answer in one.answers.values()
    ]


def test_a_forged_answer_makes_it_and_all_after_it_interfered() -> None:
    """A probe that knows its own marker answers first; the runner's frame comes second."""
    one = exchange()
    marker = lines(one.begin())[-1]["marker"]
    second = lines(one.hear(frame(marker, "python")))[0]["marker"]
    third = lines(one.hear(frame(second, "devices", facts={"a": 2}) + frame(second, "devices")))[0][
        "marker"
    ]
    one.hear(frame(third, "mnist"))

    assert [Outcome.OK, Outcome.INTERFERED, Outcome.INTERFERED] == outcomes(one)
    assert {} == one.answers["devices"].facts
    seen = "a further frame with the marker of a frame that came (probe devices)"
    assert seen == one.answers["mnist"].reason


def test_a_foreign_frame_disturbs_the_probe_that_is_being_asked() -> None:
    one = exchange()
    marker = lines(one.begin())[-1]["marker"]
    one.hear(frame("f" * 32, "python"))
    one.hear(frame(marker, "python"))

    assert [Outcome.INTERFERED] * 3 == outcomes(one)
    assert one.answers["python"].reason.startswith("a frame with a marker that was never handed")


def test_a_frame_after_the_last_answer_still_counts_against_it() -> None:
    one = exchange()
    markers = whole_conversation(one)
    late = exchange()
    sent, last = late.begin(), ""
    for name in NAMES:
        last = lines(sent)[-1]["marker"]
        sent = late.hear(frame(last, name))
    late.hear(frame(last, "mnist", facts={"a": 9}))

    assert [Outcome.OK] * 3 == outcomes(one)
    assert 3 == len(set(markers))
    assert [Outcome.OK, Outcome.OK, Outcome.INTERFERED] == outcomes(late)


def test_leftovers_that_survive_make_what_follows_interfered() -> None:
    one = exchange()
    marker = lines(one.begin())[-1]["marker"]
    reason = "2 processes that it started could not be ended"
    changes = {"outcome": "interfered", "reason": reason, "facts": {}}
    one.hear(frame(marker, "python", **changes))

    assert [Outcome.INTERFERED] * 3 == outcomes(one)
    assert [reason] + [f"{reason} (probe python)"] * 2 == [
        answer.reason for answer in one.answers.values()
    ]


def test_what_a_probe_answers_wrongly_disturbs_nobody() -> None:
    one = exchange()
    marker = lines(one.begin())[-1]["marker"]
    second = lines(one.hear(frame(marker, "python", facts={"a\nb": 1})))[0]["marker"]
    one.hear(frame(second, "devices"))

    assert [Outcome.NO_ANSWER, Outcome.OK] == outcomes(one)


@pytest.mark.parametrize("whole", [True, False])
def test_a_frame_that_breaks_off_counts_only_where_the_stream_ended_as_it_should(
    *, whole: bool
) -> None:
    one = exchange()
    marker = lines(one.begin())[-1]["marker"]
    one.hear(frame(marker, "python")[:-9])
    one.end(whole=whole)

    assert ([Outcome.INTERFERED] * 3 if whole else []) == outcomes(one)
    assert not one.complete


@given(st.lists(st.binary(max_size=80), max_size=4), st.integers(1, 300))
def test_noise_around_the_frames_changes_no_answer(noise: list[bytes], size: int) -> None:
    one, sent = exchange(), b""
    due = one.begin()
    for name, around in zip(NAMES, [*noise, b"", b"", b""], strict=False):
        stream = around + frame(lines(due)[-1]["marker"], name) + around
        due = b""
        for start in range(0, len(stream), size):
            due += one.hear(stream[start : start + size])
        sent += due
    one.end(whole=True)

    assert [Outcome.OK] * 3 == outcomes(one)
