"""What is seen of a cell from outside, told as facts: pure parts, hostile text among it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.machine.web import WebAnswer, form_with_file
from harness.outside.breaches import MOST, Breaches
from harness.outside.listening import listening, why_silent
from harness.outside.metadata import facts_of
from harness.outside.serving import distribution, request_of, same_json, what_is_wrong
from harness.promises import Check, Promise, Served, SharedFolder

TCP = """\
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1388 00000000:0000 0A 00000000:00000000 00:00000000 00000000 65534        0 123 1
   1: 00000000:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000 65534        0 124 1
   2: 0100007F:1389 0100007F:9999 01 00000000:00000000 00:00000000 00000000 65534        0 125 1
"""
TCP6 = """\
   0: 00000000000000000000000001000000:1388 00000000000000000000000000000000:0000 0A 0:0 0:0 0 0 0 1
   1: 0000000000000000FFFF00000100007F:1388 00000000000000000000000000000000:0000 0A 0:0 0:0 0 0 0 1
"""


def test_sockets_that_listen_are_read_as_the_kernel_writes_them() -> None:
    assert (("127.0.0.1", 5000), ("0.0.0.0", 8080)) == listening(TCP)
    assert (("::1", 5000), ("127.0.0.1", 5000)) == listening(TCP6)


@given(st.text())
def test_whatever_stands_there_is_read(text: str) -> None:
    assert all(0 <= port < 1 << 16 for _, port in listening(text))


@pytest.mark.parametrize(
    ("found", "said"),
    [
        ([("127.0.0.1", 80)], "served on 127.0.0.1 alone"),
        ([("::1", 80)], "alone, which nobody outside reaches"),
        ([("0.0.0.0", 80)], ""),
        ([("0.0.0.0", 80), ("127.0.0.1", 80)], ""),
        ([("0.0.0.0", 8080), ("0.0.0.0", 22)], "something does on 22, 8080"),
        ([], "listens on any port"),
        (None, ""),
    ],
)
def test_sockets_tell_why_a_port_is_silent(found: list[tuple[str, int]] | None, said: str) -> None:
    told = why_silent(80, found)
    assert said in told
    assert bool(said) is bool(told)


def answer(body: bytes, status: int = 200, whole: bool = True) -> WebAnswer:
    return WebAnswer(status=status, body=body, whole=whole)


@pytest.mark.parametrize(
    ("check", "came", "said"),
    [
        (Check(answers='{"a":9}'), answer(b'{"a": 9.0}'), ""),
        (Check(answers='{"a":9}'), answer(b'{"a": 8}'), 'it is {"a":8}, but {"a":9} was promised'),
        (Check(answers="1"), answer(b"true"), "true, but 1 was promised"),
        (Check(answers='{"p":0.5}', absolute=1e-5), answer(b'{"p": 0.500009}'), ""),
        (Check(answers='{"p":0.5}', absolute=1e-5), answer(b'{"p": 0.50002}'), "within 1e-05"),
        (Check(answers='{"p":0.5}', absolute=1e-5), answer(b'{"p": NaN}'), "was promised"),
        (Check(answers="[7,0.5]", absolute=1e-5), answer(b"[true, 0.5]"), "was promised"),
        (Check(answers="[7]", absolute=1.0), answer(b'["7"]'), "was promised"),
        (Check(answers="7", absolute=1.0), answer(b"1" + b"0" * 400), "was promised"),
        (Check(answers="0.5", absolute=1.0), answer(b"1" + b"0" * 400), "was promised"),
        (Check(answers="null"), answer(b"oops"), "not JSON: oops"),
        (Check(answers="1"), answer(b"[" * 100_000), "not JSON"),
        (Check(answers="1"), answer(b"NaN"), "but 1 was promised"),
        (Check(status="4xx"), answer(b"x", 500), "500, but 4xx was promised: x"),
        (Check(contains="five"), answer(b"four"), "'five' is not in the answer: four"),
        (Check(contains="five"), answer(b"five", whole=False), "longer than the 4 bytes"),
        (Check(), answer(b"five", whole=False), ""),
        (Check(contains="\u00e9"), answer("\u00e9".encode()), ""),
        (Check(status="2xx"), answer(b"\x1b[2J\xff", 404), "404, but 2xx was promised: "),
    ],
)
def test_an_answer_is_held_against_what_was_promised(
    check: Check, came: WebAnswer, said: str
) -> None:
    told = what_is_wrong(check, came)
    assert said in told
    assert bool(said) is bool(told)
    assert "\x1b" not in told


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(JSON)
def test_a_json_value_is_the_same_as_itself_and_true_is_not_one(value: object) -> None:
    assert same_json(value, value)
    assert not same_json([True, value], [1, value])
    assert not same_json({"a": value}, {"a": value, "b": value})


def test_what_is_sent_is_what_the_check_says() -> None:
    plain = request_of(Check(method="POST", path="/p", body="{}", content_type="application/json"))
    assert ({"Content-Type": "application/json"}, b"{}") == (plain.headers, plain.body)
    own = request_of(Check(headers=(("Content-Type", "text/x"),), content_type="text/plain"))
    assert {"Content-Type": "text/x"} == own.headers
    form = request_of(Check(method="POST", file_field="image", filler=3))
    content = b"".join(form.pieces())
    assert form.length == len(content)
    assert b'name="image"; filename="file"' in content
    assert b"\r\n\r\n\0\0\0\r\n--" in content


def test_a_large_body_is_sent_in_pieces() -> None:
    form, _ = form_with_file("f", b"x", 10_000_000)
    assert max(len(piece) for piece in form.pieces()) < 100_000
    assert form.length == sum(len(piece) for piece in form.pieces())


@given(st.lists(st.floats(0.0, 100.0), min_size=1, max_size=300))
def test_a_distribution_lies_between_its_least_and_its_largest(times: list[float]) -> None:
    told = distribution("http.80.latency", times)
    named = [told[f"http.80.latency_{name}_seconds"] for name in ("median", "p90", "p99")]
    ends = (min(told["http.80.latency_each_seconds"]), told["http.80.latency_longest_seconds"])
    assert sorted((ends[0], *named, ends[1])) == [ends[0], *named, ends[1]]


def test_of_a_hundred_times_the_ninetieth_is_ninety_per_cent() -> None:
    told = distribution("t", [float(one) for one in range(100, 0, -1)])
    assert (50.0, 90.0, 99.0, 100.0) == tuple(
        told[f"t_{name}_seconds"] for name in ("median", "p90", "p99", "longest")
    )


@given(st.lists(st.text(max_size=2000)))
def test_breaches_are_bounded_and_each_is_told_once(sentences: list[str]) -> None:
    told = Breaches()
    for one in (*sentences, *sentences):
        told.add(one, "why")
    assert len(told.told) <= MOST + 1
    assert len(set(told.told)) == len(told.told)
    assert all(len(one) < 600 and "\n" not in one for one in told.told)
    assert bool(sentences) is bool(told)


def test_what_is_too_much_is_counted() -> None:
    told = Breaches()
    for number in range(MOST + 5):
        told.add(f"x{number}")
    assert "and 5 more" == told.told[-1]


SERVES = Promise(serves=(Served(port=5000),))


@pytest.mark.parametrize(
    ("config", "promise", "said"),
    [
        ({"ExposedPorts": {"5000/tcp": {}}, "Cmd": ["x"]}, SERVES, None),
        ({"ExposedPorts": {"8888/tcp": {}}, "Cmd": ["x"]}, SERVES, "exposes port 8888"),
        ({"Cmd": ["x"]}, SERVES, "serve port 5000, and the image does not expose it"),
        ({"ExposedPorts": {"5000/udp": {}}, "Cmd": ["x"]}, SERVES, "does not expose it"),
        ({"User": "keras"}, Promise(user="keras"), None),
        ({"User": "keras:users"}, Promise(user="keras"), None),
        ({"User": ""}, Promise(user="keras"), "and the image runs as root"),
        ({"User": "1000"}, Promise(), "promises no user: it was run as nobody"),
        ({"User": "root"}, Promise(), None),
        ({"Volumes": {"/src/": {}}}, Promise(shares=(SharedFolder(path="/src"),)), None),
        ({"Volumes": {"/src": {}}}, Promise(), "declares the volume /src"),
        ({}, Promise(shares=(SharedFolder(path="/src"),)), None),
        ({}, Promise(stops_within_s=3), "the image has no command"),
        ({"Cmd": ["x"], "StopSignal": "SIGKILL"}, Promise(stops_within_s=3), "is SIGKILL"),
        (
            {"Healthcheck": {"Test": ["CMD-SHELL", "curl localhost:8080/health || exit 1"]}},
            Promise(),
            "its health check asks port 8080",
        ),
        (
            {
                "ExposedPorts": {"5000/tcp": {}},
                "Cmd": ["x"],
                "Healthcheck": {"Test": ["CMD", "curl", "http://127.0.0.1:5000/"]},
            },
            SERVES,
            None,
        ),
        ({}, Promise(stops_within_s=3, command=("x",)), None),
        ({"Entrypoint": ["x"]}, Promise(stops_within_s=3), None),
    ],
)
def test_metadata_is_held_against_the_promise(
    config: dict[str, object], promise: Promise, said: str | None
) -> None:
    differs = facts_of(config, promise, built=False)["metadata.differs"]
    assert isinstance(differs, tuple)
    if said is None:
        assert () == differs
    else:
        assert said in " ".join(str(one) for one in differs)


def test_an_image_that_was_built_here_has_no_metadata_that_could_be_wrong() -> None:
    assert () == facts_of({"User": "x"}, SERVES, built=True)["metadata.differs"]


ODD = st.recursive(
    st.none() | st.text(max_size=20) | st.integers(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=6,
)
KEYS = ["ExposedPorts", "Volumes", "User", "Cmd", "Entrypoint", "StopSignal", "Healthcheck"]


@given(st.fixed_dictionaries({}, optional=dict.fromkeys(KEYS, ODD)))
def test_whatever_an_image_says_of_itself_is_told_in_facts(config: dict[str, object]) -> None:
    for value in facts_of(config, SERVES, built=False).values():
        lines = value if isinstance(value, tuple) else (value,)
        assert all(isinstance(one, str) and len(one) < 1000 for one in lines)
