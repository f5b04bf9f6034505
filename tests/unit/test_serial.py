from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.errors import InternalError
from harness.model import ADDED, Facts, Outcome, Record
from harness.serial import (
    MAX_LINE_BYTES,
    UnreadableError,
    decode,
    decode_facts,
    decode_untrusted,
    encode,
    readable,
)
from tests.unit.strategies import FACTS, MODEL_TYPES, any_of

RECORD: dict[str, Any] = {"run": "r", "cell": "c", "round": 1, "probe": "p", "outcome": "ok"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    record: Record


@dataclass(frozen=True, kw_only=True, slots=True)
class Numbers:
    whole: int = 0
    real: float = 0.0
    maybe: float | None = None
    named: Mapping[str, float] = field(default_factory=dict)
    facts: Facts = field(default_factory=dict)


def refusal(line: bytes) -> str:
    with pytest.raises(UnreadableError) as caught:
        decode_untrusted({"record": Line}, line)
    return str(caught.value)


def altered(**fields: object) -> bytes:
    return json.dumps({"record": RECORD | fields}).encode()


@pytest.mark.parametrize("kind", MODEL_TYPES, ids=lambda kind: kind.__name__)
@settings(max_examples=12, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_every_model_value_reads_back_as_itself(kind: type, data: st.DataObject) -> None:
    value = data.draw(any_of(kind))
    written = encode(value)
    assert value == decode(kind, written)
    assert written == encode(decode(kind, written))


@settings(max_examples=30, suppress_health_check=[HealthCheck.too_slow])
@given(any_of(Record))
def test_a_record_from_outside_reads_back_as_itself(record: Record) -> None:
    assert Line(record=record) == decode_untrusted({"record": Line}, encode(Line(record=record)))


@given(FACTS)
def test_facts_keep_the_type_of_every_number(facts: dict[str, Any]) -> None:
    read = decode_facts(encode(facts))
    assert repr(sorted(facts.items())) == repr(sorted(read.items()))


@given(st.dictionaries(st.text(), st.integers(), min_size=2))
def test_the_order_of_a_mapping_does_not_show_in_the_bytes(mapping: dict[str, int]) -> None:
    assert encode(mapping) == encode(dict(reversed(mapping.items())))


def test_the_bytes_are_ascii_without_blanks_and_sorted() -> None:
    assert encode({"b": (1, 1.0, True, None), "a": "é\x1b\u202e"}) == (
        rb'{"a":"\u00e9\u001b\u202e","b":[1,1.0,true,null]}'
    )


def test_an_integer_in_a_float_field_is_written_as_a_float_and_facts_are_left_alone() -> None:
    written = encode(Numbers(whole=1, real=1, maybe=2, named={"s": 3}, facts={"f": 4}))
    assert written == b'{"facts":{"f":4},"maybe":2.0,"named":{"s":3.0},"real":1.0,"whole":1}'


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_a_number_that_is_none_is_refused_with_its_field(number: float) -> None:
    with pytest.raises(InternalError, match=r"Record\.facts\.mnist\.loss\[1\] is (nan|-?inf)"):
        encode(Record(**RECORD | {"outcome": Outcome.OK, "facts": {"mnist.loss": (1.0, number)}}))


def test_a_value_that_is_no_model_value_is_refused_with_its_field() -> None:
    with pytest.raises(InternalError, match=r"dict\.a is a set"):
        encode({"a": {1}})


def test_lone_surrogates_become_visible_escapes() -> None:
    assert encode({"\udc80": "a\ud800"}) == rb'{"\\udc80":"a\\ud800"}'


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (altered(round="1"), "record.round: Input should be a valid integer"),
        (altered(round=1.5), "record.round"),
        (altered(outcome="fine"), "record.outcome: Input should be 'ok', 'raised'"),
        (altered(facts={"a": {"b": 1}}), "record.facts.a: a value of this kind does not belong"),
        (altered(facts={"a": [[1]]}), "record.facts.a"),
        (altered(profile={"memory_bytes": None}), "record.profile.memory_bytes"),
        (altered(image={"id": "x", "evil": 1}), "record.image.evil: unknown field"),
        (altered(surprise=1), "record.surprise: unknown field"),
        (b'{"record":{"run":"r"}}', "record.cell: Field required"),
        (altered(facts={"a": math.nan}), "record.facts.a: not a finite number"),
        (b'{"record":{"facts":{"a":1e999}}}', "record.facts.a: not a finite number"),
        (b'{"record":1,"record":2}', "record: stands there twice"),
        (b'{"record":{"run":1,"run":2}}', "run: stands there twice"),
        (b'{"other":1}', "an object with one of the fields record should stand here"),
        (b"[1]", "a JSON object should stand here"),
        (b"", "not JSON"),
        (b'{"record":', "not JSON: Expecting value at character 11"),
        (b"\xff", "not UTF-8 at byte 0"),
        (b'{"record":' + b"9" * 5000 + b"}", "not JSON"),
        (b'{"record":' + b"[" * 40 + b"]" * 40 + b"}", "nested deeper than 32"),
        (b'{"record":' + b"[" * 10**5, "nested deeper than 32"),
        (b" " * (MAX_LINE_BYTES + 1), "longer than 16 MiB"),
    ],
    ids=lambda value: None if isinstance(value, str) else ascii(value[:40]),
)
def test_what_is_wrong_with_a_line_from_outside_is_said_with_its_field(
    line: bytes, expected: str
) -> None:
    assert expected in refusal(line)


def test_a_hostile_field_name_is_shown_escaped_and_short() -> None:
    message = refusal(altered(**{"\x1b[2J" + "x" * 999: 1}))
    assert message.isascii()
    assert message.isprintable()
    assert len(message) < 200


@given(st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
def test_no_bytes_from_outside_raise_anything_else(line: bytes) -> None:
    with pytest.raises(UnreadableError):
        decode_untrusted({"record": Line}, line)


@given(st.recursive(st.none() | st.booleans() | st.floats() | st.text(max_size=4), st.lists))
def test_no_json_from_outside_raises_anything_else(value: object) -> None:
    line = json.dumps({"record": RECORD | {"facts": value}}).encode()
    with pytest.raises(UnreadableError):
        decode_untrusted({"record": Line}, line)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.lists(inner).map(tuple) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(JSON)
def test_readable_json_has_the_bytes_that_the_standard_library_writes(tree: object) -> None:
    assert json.dumps(tree, sort_keys=True, indent=1) + "\n" == readable(tree)


SEVERAL: list[object] = [1, -2.5e-7, '"é', None, True, ""]


@pytest.mark.parametrize(
    "tree",
    [
        SEVERAL,
        tuple(SEVERAL),
        dict(zip("fbdaec", SEVERAL, strict=True)),
        {"a": [SEVERAL, *SEVERAL]},
    ],
)
def test_readable_json_of_many_values_has_the_same_bytes(tree: object) -> None:
    for value in (tree, [tree], {"": {"x": tree}}):
        assert json.dumps(value, sort_keys=True, indent=1) + "\n" == readable(value)


def test_readable_json_of_many_values_has_none_that_json_lacks() -> None:
    with pytest.raises(ValueError, match="JSON"):
        readable([*SEVERAL, math.nan])
    with pytest.raises(TypeError):
        readable(dict.fromkeys(range(9), 1))
    with pytest.raises(TypeError):
        readable([*SEVERAL, b"a"])


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    word: Outcome = Outcome.OK
    nothing: str | None = None
    later: str | None = field(default=None, metadata={ADDED: True})
    among: tuple[int, ...] = ()


def test_readable_json_of_a_value_leaves_out_what_was_added_and_holds_nothing() -> None:
    assert readable(Told()) == '{\n "among": [],\n "nothing": null,\n "word": "ok"\n}\n'
    assert json.loads(readable([Told(later="x", among=(1,))])) == [
        {"among": [1], "later": "x", "nothing": None, "word": "ok"}
    ]


@pytest.mark.parametrize("value", [math.nan, [math.inf], {"a": -math.inf}])
def test_readable_json_has_no_number_that_json_lacks(value: object) -> None:
    with pytest.raises(ValueError, match="nothing that JSON has"):
        readable(value)


@pytest.mark.parametrize("value", [{1: "a"}, {"a"}, object(), b"a"])
def test_readable_json_has_no_value_that_json_lacks(value: object) -> None:
    with pytest.raises(TypeError):
        readable(value)
