"""What a Dockerfile may ask of a build, and where an ADD leads."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.dockerfiles.addresses import Leads, leads
from harness.dockerfiles.parsing import parse_dockerfile, triggers
from harness.dockerfiles.rules import Allowed, breaches, trigger_breaches
from harness.dockerfiles.stages import layout
from harness.errors import DockerfileError
from tests.unit.test_dockerfile_parsing import PIECES, parsed

INSIDE = "loopback, link-local or private"
REMOTE = "a remote ADD"


def told(text: str, allowed: Allowed | None = None, env: dict[str, str] | None = None) -> list[str]:
    """`LINE message` of every breach."""
    dockerfile = parsed(text)
    known = None if env is None else {"x": env}
    found = layout(dockerfile, dict.fromkeys((allowed or Allowed()).args, "1"), known)
    return [
        f"{one.line} {one.message}" for one in breaches(dockerfile, found, allowed or Allowed())
    ]


@pytest.mark.parametrize(
    ("text", "line", "why"),
    [
        ("FROM x\nADD https://pypi.example/a.whl /", 2, REMOTE),
        ("FROM x\nADD a.txt \\\n HTTP://pypi.example/b /", 2, REMOTE),
        ("FROM x\nADD git@host.example:a/b.git /", 2, REMOTE),
        ("FROM x\nARG U=https://a.example\nADD $U/x /", 3, REMOTE),
        ('FROM x\nADD ["https://a.example/x", "/"]', 2, REMOTE),
        ("FROM x\nONBUILD ADD https://a.example/x /", 2, REMOTE),
        ("FROM x AS a\nADD https://a.example/x /\nFROM x", 2, REMOTE),
        ("# syntax=docker/dockerfile:1.4\nFROM x", 1, "`# syntax=`"),
        ("FROM x\nRUN --mount=type=cache,target=/c true", 2, "cache mount"),
        ("FROM x\nRUN --mount=target=/c,type=cache true", 2, "cache mount"),
    ],
)
def test_what_the_builder_itself_fetches_needs_the_network(text: str, line: int, why: str) -> None:
    (only,) = told(text)
    assert only.startswith(f"{line} ")
    assert why in only
    assert [] == told(text, Allowed(network=True))


@pytest.mark.parametrize(
    "source",
    [
        "http://127.0.0.1:8000/secret",
        "http://localhost/x",
        "http://[::1]/x",
        "http://0/x",
        "http://127.1/x",
        "http://2130706433/x",
        "http://0x7f.0.0.1/x",
        "http://0177.0.0.1/x",
        "http://169.254.169.254/latest/meta-data",
        "http://10.1.2.3/x",
        "http://192.168.0.1/x",
        "http://172.17.0.1:2375/x",
        "http://100.64.0.1/x",
        "http://[::ffff:127.0.0.1]/x",
        "http://[fe80::1]/x",
        "http://[fd00::1]/x",
        "http://[64:ff9b::7f00:1]/x",
        "http://metadata.google.internal/x",
        "http://host.docker.internal/x",
        "http://user:word@localhost/x",
        "http://a.example@127.0.0.1/x",
        "http://build-server/x",
        "http://printer.local./x",
        "http://08.1.1.1/x",
        "http:///x",
        "git@10.0.0.1:a/b.git",
        "ssh://git@127.0.0.1/x.git",
        "http://999.999.999.999/",
    ],
)
def test_addresses_of_the_builders_own_network_are_refused_always(source: str) -> None:
    for allowed in (Allowed(), Allowed(network=True)):
        (only,) = told(f"FROM x\nADD {source} /", allowed)
        assert INSIDE in only
    assert INSIDE in told(f"FROM x\nARG U={source}\nADD $U /", Allowed(network=True))[0]


@pytest.mark.parametrize(
    "source", ["https://pypi.example/x", "http://8.8.8.8/x", "http://[2606:4700::1111]/x"]
)
def test_addresses_of_the_world_are_not(source: str) -> None:
    assert Leads.OUT is leads(source)
    assert [] == told(f"FROM x\nADD {source} /", Allowed(network=True))


@pytest.mark.parametrize("source", ["a.txt", "./https:/x", "https", "a/git@b", "$UNKNOWN/x"])
def test_files_of_the_context_are_none(source: str) -> None:
    assert [] == told(f"FROM x\nADD {source} /")


def test_what_an_image_sets_decides_once_it_is_known() -> None:
    text = "FROM x\nARG U=a.txt\nADD $U /\nADD $V /\n"
    assert [] == told(text)
    assert [] == told(text, env={})
    found = told(
        text, Allowed(network=True), env={"U": "http://127.0.0.1/", "V": "http://10.0.0.1"}
    )
    assert ["3 ", "4 "] == [one[:2] for one in found]


def test_what_an_image_triggers_is_judged_as_if_it_were_written() -> None:
    found = layout(parsed("FROM x\nRUN true\n"), {}, {"x": {"U": "http://127.0.0.1"}})
    placed = found.stages[0].steps[0]
    asked = triggers(("COPY . /app", "ADD $U/x /", "RUN --mount=type=ssh true"), "x")
    problems = trigger_breaches(asked, placed, Allowed(network=True))
    assert ["ONBUILD of x:2", "ONBUILD of x:3"] == [f"{one.path}:{one.line}" for one in problems]


@pytest.mark.parametrize(
    ("run", "why"),
    [
        ("--mount=type=ssh true", "keys of an agent"),
        ("--security=insecure true", "entitlements"),
        ("--network=host true", "network of the host"),
        ("--network=$N true", "network of the host"),
        ("--device=nvidia.com/gpu=all true", "device"),
        ("--mount=type=secret,id=token true", "no secret `token`"),
        ("--mount=type=secret,target=/run/secrets/key true", "no secret `key`"),
        ("--mount=type=other true", "no mount of the type"),
        ("--mount=type=$T true", "no mount of the type"),
        ("--mount=type=bind,from=$I,target=/x true", "no builder replaces"),
    ],
)
def test_what_is_refused_whatever_the_network(run: str, why: str) -> None:
    for network in (False, True):
        (only,) = told(f"FROM x\nRUN {run}", Allowed(network=network))
        assert only.startswith("2 ")
        assert why in only


def test_variables_in_the_source_of_a_copy_are_refused() -> None:
    assert "no builder replaces variables" in told("FROM x\nARG I=y\nCOPY --from=$I / /")[0]


def test_a_declared_secret_may_be_mounted_and_one_that_nothing_mounts_is_a_slip() -> None:
    allowed = Allowed(secrets=frozenset({"token"}))
    assert [] == told("FROM x\nRUN --mount=type=secret,id=token true", allowed)
    assert "no RUN mounts the secret `token`" in told("FROM x\nRUN true", allowed)[0]


@pytest.mark.parametrize(
    ("allowed", "why"),
    [
        (Allowed(target="none"), "no stage `none`"),
        (Allowed(args=frozenset({"W"})), "no ARG declares `W`"),
        (Allowed(images=frozenset({"python:3.7"})), "nothing is taken from `python:3.7`"),
    ],
)
def test_what_a_row_names_and_the_dockerfile_has_not(allowed: Allowed, why: str) -> None:
    assert why in told("ARG V\nFROM x AS one\n", allowed)[0]
    fits = Allowed(target="one", args=frozenset({"V"}), images=frozenset({"x"}))
    assert [] == told("ARG V\nFROM x AS one\n", fits)


def test_a_registry_of_the_inside_is_no_place_for_a_syntax() -> None:
    for image in ("127.0.0.1:5000/d:1", "localhost/d", "10.0.0.1/d"):
        (only,) = told(f"# syntax={image}\nFROM x", Allowed(network=True))
        assert INSIDE in only


def test_all_breaches_are_told_at_once_in_the_order_of_their_lines() -> None:
    text = "# syntax=a/b\nFROM $X\nADD http://a.example/ /\nRUN --mount=type=ssh true\n"
    assert ["1", "2", "3", "4"] == [one.split()[0] for one in told(text)]


@given(st.lists(PIECES, max_size=40).map("".join))
def test_untrusted_text_is_judged(text: str) -> None:
    try:
        dockerfile = parse_dockerfile(("FROM x\n" + text).encode("utf-8", "replace"), "D")
    except DockerfileError:
        return
    for problem in breaches(dockerfile, layout(dockerfile, {}), Allowed()):
        assert 1 <= problem.line <= dockerfile.text.count("\n") + 1


@given(st.text(max_size=60) | st.from_regex(r"https?://[0-9a-fx.:\[\]%@]{0,30}/x", fullmatch=True))
def test_every_address_leads_somewhere(source: str) -> None:
    assert leads(source) in Leads


@given(st.ip_addresses())
def test_an_address_is_of_the_inside_exactly_where_it_is_not_of_the_world(number: object) -> None:
    text = f"http://[{number}]/" if ":" in str(number) else f"http://{number}/"
    if leads(text) is Leads.OUT:
        assert number.is_global  # type: ignore[attr-defined]
