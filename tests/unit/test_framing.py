"""Frames are found whatever an image writes around them, and only true ones count."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from harness.model import Outcome, Raised
from harness.probing.framing import Answer, Disturbance, FrameReader

MARKERS = {"0" * 31 + "1": "python", "0" * 31 + "2": "mnist"}
FIRST, SECOND = MARKERS
BUDGET = 1_000_000


def payload(probe: str = "python", **changes: Any) -> dict[str, Any]:
    return {
        "probe": probe,
        "outcome": "ok",
        "reason": "",
        "facts": {"python.version": "3.9.18", "mnist.loss": [1.5, 0.5]},
        "raised": None,
        "noise": "",
        "noise_bytes": 0,
        "signal": "",
        "exit": 0,
        "durations": {"probe": 0.25},
        "observed": {"load_1m_before": 0.5},
        **changes,
    }


def frame(marker: str, content: object) -> bytes:
    body = content if isinstance(content, bytes) else json.dumps(content).encode("ascii")
    head = f"harness-frame {marker} {len(body)} {hashlib.sha256(body).hexdigest()}\n"
    return head.encode("ascii") + body + b"\n"


def expecting(budget: int = BUDGET, noise_bytes: int = 65_536) -> FrameReader:
    """A reader that knows both markers."""
    reader = FrameReader(budget, noise_bytes)
    for marker, probe in MARKERS.items():
        reader.expect(marker, probe)
    return reader


def read(stream: bytes, *, budget: int = BUDGET, noise_bytes: int = 65_536) -> FrameReader:
    reader = expecting(budget, noise_bytes)
    reader.feed(stream)
    reader.close()
    return reader


def reason_of(content: object, marker: str = FIRST) -> str:
    """Why a payload in a sound frame is refused."""
    answer = read(frame(marker, content)).answers["python"]
    assert answer.outcome is Outcome.NO_ANSWER
    assert not answer.facts
    return answer.reason


def test_a_whole_frame_is_an_answer() -> None:
    reader = read(frame(FIRST, payload()))

    assert reader.answers == {
        "python": Answer(
            probe="python",
            outcome=Outcome.OK,
            facts={"python.version": "3.9.18", "mnist.loss": (1.5, 0.5)},
            exit=0,
            durations={"probe": 0.25},
            observed={"load_1m_before": 0.5},
        )
    }
    assert () == reader.disturbances
    assert reader.noise == b""


def test_an_exception_comes_back_as_one() -> None:
    raised = {"type": "ImportError", "message": "libcublas", "traceback": "Traceback ..."}
    content = payload(outcome="raised", raised=raised, facts={}, reason="ImportError: libcublas")

    answer = read(frame(FIRST, content)).answers["python"]

    assert answer.outcome is Outcome.RAISED
    assert answer.raised == Raised(**raised)


def test_frames_are_found_at_every_split_of_the_stream() -> None:
    stream = b"W tensorflow/core: noise" + frame(FIRST, payload()) + b"\x00\xff more\n"
    stream += frame(SECOND, payload("mnist", facts={}))
    whole = read(stream)

    for split in range(len(stream) + 1):
        reader = expecting()
        answers = reader.feed(stream[:split]) + reader.feed(stream[split:]) + reader.close()
        assert tuple(whole.answers.values()) == answers
        assert whole.noise == reader.noise


def test_bytes_that_come_one_by_one_give_the_same() -> None:
    stream = b"\n" + frame(FIRST, payload()) + b"x" + frame(SECOND, payload("mnist"))
    reader = expecting()
    for value in stream:
        reader.feed(bytes([value]))

    assert read(stream).answers == reader.answers


@given(st.binary(max_size=400), st.binary(max_size=400), st.binary(max_size=400))
@example(b"harness-frame " + b"0" * 40, b"harness-frame ", b"")
@example(b"harness-frame " + b"0" * 32 + b" 99999 " + b"0" * 64 + b"\n", b"", b"")
def test_noise_around_frames_loses_none_of_them(before: bytes, middle: bytes, end: bytes) -> None:
    stream = before + frame(FIRST, payload()) + middle + frame(SECOND, payload("mnist")) + end

    reader = read(stream)

    assert [Outcome.OK, Outcome.OK] == [answer.outcome for answer in reader.answers.values()]
    assert before + middle + end == reader.noise


@given(
    st.lists(
        st.one_of(
            st.binary(max_size=60),
            st.sampled_from([b"harness-frame ", FIRST.encode(), b" 10 ", b"0" * 64 + b"\n"]),
            st.sampled_from([frame(FIRST, payload()), frame(FIRST, b"{}"), frame(SECOND, b"[")]),
        ),
        max_size=20,
    ),
    st.integers(0, 3000),
    st.integers(1, 70),
)
def test_hostile_streams_never_raise_and_do_not_depend_on_their_pieces(
    parts: list[bytes], budget: int, size: int
) -> None:
    stream = b"".join(parts)
    whole = read(stream, budget=budget)
    pieces = expecting(budget)
    for start in range(0, len(stream), size):
        pieces.feed(stream[start : start + size])
    pieces.close()

    assert whole.answers == pieces.answers
    assert whole.noise == pieces.noise
    assert whole.disturbances == pieces.disturbances
    assert (len(stream) > budget) == whole.over_budget == pieces.over_budget


def test_a_forged_frame_of_another_marker_is_noise_and_swallows_nothing() -> None:
    forged = frame("f" * 32, payload(facts={"python.version": "9.9"}))
    greedy = b"harness-frame " + b"e" * 32 + b" 999999 " + b"0" * 64 + b"\n"

    reader = read(greedy + forged + frame(FIRST, payload()))

    assert {"python.version": "3.9.18", "mnist.loss": (1.5, 0.5)} == reader.answers["python"].facts
    assert greedy + forged == reader.noise
    seen = "a frame with a marker that was never handed out"
    assert (Disturbance(probe="mnist", seen=seen),) == reader.disturbances


def test_a_second_frame_is_ignored_and_is_a_disturbance() -> None:
    second = payload(facts={"python.version": "2.7.18"})

    reader = read(frame(FIRST, payload()) + frame(FIRST, second))

    assert "3.9.18" == reader.answers["python"].facts["python.version"]
    seen = "a further frame with the marker of a frame that came"
    assert (Disturbance(probe="python", seen=seen),) == reader.disturbances


def test_a_frame_that_breaks_off_is_no_answer() -> None:
    reader = read(frame(FIRST, payload())[:-20])

    assert Outcome.NO_ANSWER is reader.answers["python"].outcome
    seen = "the stream ended in the middle of its frame"
    assert seen == reader.answers["python"].reason
    assert (Disturbance(probe="python", seen=seen),) == reader.disturbances


def test_a_frame_is_no_answer_before_its_last_byte() -> None:
    stream = frame(FIRST, payload())
    reader = expecting()

    assert () == reader.feed(stream[:-1])
    assert {} == reader.answers
    assert 1 == len(reader.feed(stream[-1:]))


def test_a_changed_byte_breaks_a_frame_but_not_the_next() -> None:
    broken = bytearray(frame(FIRST, payload()))
    broken[-30] ^= 1

    reader = read(bytes(broken) + frame(SECOND, payload("mnist")))

    assert "the SHA-256 of its frame does not match" == reader.answers["python"].reason
    assert Outcome.OK is reader.answers["mnist"].outcome


def test_bytes_lost_from_a_frame_do_not_cost_the_next_one() -> None:
    torn = frame(FIRST, payload())
    torn = torn[:200] + torn[230:]

    reader = read(torn + frame(SECOND, payload("mnist")))

    assert Outcome.NO_ANSWER is reader.answers["python"].outcome
    assert Outcome.OK is reader.answers["mnist"].outcome


def test_a_length_beyond_the_budget_is_refused_at_once() -> None:
    reader = expecting(1000)
    head = f"harness-frame {FIRST} 5000 {'0' * 64}\n".encode()

    (answer,) = reader.feed(head)

    assert "its frame claims to be longer than the whole budget" == answer.reason


def test_what_comes_after_the_budget_is_not_read() -> None:
    first = frame(FIRST, payload())

    reader = read(first + frame(SECOND, payload("mnist")), budget=len(first) + 50)

    assert ["python"] == list(reader.answers)
    assert reader.over_budget
    assert not read(first, budget=len(first)).over_budget


def test_noise_is_kept_at_both_ends_and_counted() -> None:
    reader = read(b"a" * 500 + b"b" * 500, noise_bytes=10)

    assert b"aaaaa\n[... 990 bytes ...]\nbbbbb" == reader.noise


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"probe": "mnist"}, "another probe"),
        ({"outcome": "pull-failed"}, "no probe ends in 'pull-failed'"),
        ({"outcome": ["ok"]}, "no probe ends in"),
        ({"facts": []}, "facts are not an object"),
        ({"facts": {"a": {"b": 1}}}, "neither a scalar"),
        ({"facts": {"a": [[1]]}}, "neither a scalar"),
        ({"facts": {"": 1}}, "cannot be the key"),
        ({"facts": {"a\nb": 1}}, "cannot be the key"),
        ({"facts": {"\x1b[2J": 1}}, "cannot be the key"),
        ({"facts": {"k" * 301: 1}}, "cannot be the key"),
        ({"facts": {"a": [0] * 10_001}}, "10001 values, more than 10000"),
        ({"raised": {"type": "E", "message": "", "traceback": ""}}, "does not go with"),
        ({"outcome": "raised"}, "does not go with"),
        ({"raised": "E"}, "the exception is not an object"),
        ({"durations": {"probe": -1}}, "is not a time"),
        ({"durations": {"probe": "1"}}, "is not a time"),
        ({"durations": {"probe": True}}, "is not a time"),
        ({"noise": 1}, "noise is not a text"),
        ({"exit": "0"}, "not a whole number"),
        ({"noise_bytes": -1}, "not a whole number"),
        ({"observed": {"load": [1]}}, "neither a scalar"),
        ({"observed": None}, "observed is not an object"),
    ],
)
def test_a_payload_of_the_wrong_shape_is_no_answer(changes: dict[str, Any], reason: str) -> None:
    assert reason in reason_of(payload(**changes))


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"null", b"\xff\xfe", b'{"probe": NaN}', b"[" * 100_000, b"1" * 5000],
)
def test_a_payload_that_is_not_the_json_it_should_be_is_no_answer(body: bytes) -> None:
    assert reason_of(body).startswith("its frame is whole, but: ")


def test_numbers_too_large_for_a_float_become_words() -> None:
    body = json.dumps(payload(facts={"a": 0, "b": [0]})).replace(": 0,", ": 1e999,", 1)
    body = body.replace("[0]", "[-1e999]")

    facts = read(frame(FIRST, body.encode())).answers["python"].facts

    assert {"a": "inf", "b": ("-inf",)} == facts


def test_lone_surrogates_are_written_out_so_that_every_answer_can_be_stored() -> None:
    content = payload(facts={"a": "\udc80", "b": ["\ud800x"]}, noise="\udcff")

    answer = read(frame(FIRST, content)).answers["python"]

    assert {"a": "\\udc80", "b": ("\\ud800x",)} == answer.facts
    assert "\\udcff" == answer.noise


scalars = st.none() | st.booleans() | st.integers() | st.text() | st.floats(allow_nan=False)


def told(value: Any) -> Any:
    """How a fact looks after its way through JSON, which has no infinity."""
    if isinstance(value, list):
        return tuple(told(one) for one in value)
    return repr(value) if value in (float("inf"), float("-inf")) else value


@given(st.dictionaries(st.text("abc._", min_size=1), scalars | st.lists(scalars, max_size=5)))
def test_every_set_of_facts_a_probe_may_give_comes_through(facts: dict[str, Any]) -> None:
    body = json.dumps(payload(facts={key: told(value) for key, value in facts.items()}))

    answer = read(frame(FIRST, body.encode())).answers["python"]

    assert Outcome.OK is answer.outcome
    assert {key: told(value) for key, value in facts.items()} == answer.facts
