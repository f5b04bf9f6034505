"""Services on loopback are asked as they are in a container: bounded and told, never hanging."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from harness.engines import Obtained, Pass, ProbeQuestion
from harness.engines.oci.given import Given, StandingContainer
from harness.engines.onhost import OnHost, run_on_host
from harness.machine.web import NotAnswered, WebRequest, ask
from harness.model import Fact, Outcome, Profile
from harness.outside.cell import OutsideCell
from harness.outside.serving import facts_of
from harness.probing.metadata import OUTSIDE
from harness.probing.probe import load_probe
from harness.promises import Check, Promise, Served
from harness.serial import encode
from tests.process.hostile_services import (
    Behaviour,
    behaving,
    endless_body,
    endless_head,
    half,
    hangs_up,
    other_language,
    refuses_early,
    silent,
    slow_body,
    slow_head,
    squares,
)

ROOT = Path(__file__).resolve().parents[2]
SQUARE = Check(
    method="POST",
    path="/predict",
    body='{"number":3}',
    content_type="application/json",
    answers='{"square":9}',
    times=5,
    keep=True,
)
NONSENSE = Check(method="POST", path="/predict", body="no number", status="4xx", name="nonsense")
WITHIN_S = 0.5


def cell_of(port: int, *checks: Check) -> OutsideCell:
    return OutsideCell(given_of(port, *checks))


def given_of(port: int, *checks: Check) -> Given:
    return Given(
        cell="a",
        image="sha256:i",
        interpreter="",
        built=False,
        profile=Profile(),
        promise=Promise(serves=(Served(port=5000, checks=checks),)),
        cores=2,
        labels={"harness.owner": "o"},
        standing=StandingContainer(container="c", ports={"5000": port}, ready={"5000": 0.25}),
    )


def broken(facts: Mapping[str, Fact]) -> str:
    told = facts["http.broken"]
    assert isinstance(told, tuple)
    return "\n".join(str(one) for one in told)


def test_a_service_that_keeps_its_promise_breaks_nothing() -> None:
    with squares() as port:
        facts = facts_of(cell_of(port, SQUARE, NONSENSE))
    assert () == facts["http.broken"]
    assert ("200", "400") == facts["http.5000.statuses"]
    assert 6 == facts["http.5000.requests"]
    assert '{"square": 9}' == facts["http.5000.answer.POST__predict"]
    assert 0.25 == facts["http.5000.ready_seconds"]
    each = facts["http.5000.latency_each_seconds"]
    assert isinstance(each, tuple)
    assert 6 == len(each)


def test_checks_of_one_name_are_kept_apart() -> None:
    kept = Check(keep=True)
    with squares() as port:
        facts = facts_of(cell_of(port, kept, kept, kept))
    names = ("GET__", "GET___2", "GET___3")
    assert {f"http.5000.answer.{name}" for name in names} <= set(facts)


def test_a_wrong_answer_and_a_wrong_status_are_each_told_with_what_came() -> None:
    wrong = replace(SQUARE, answers='{"square":10}')
    with squares() as port:
        told = broken(facts_of(cell_of(port, wrong, replace(NONSENSE, status="2xx"))))
    assert 'port 5000, POST /predict: it is {"square":9}, but {"square":10} was promised' in told
    assert "port 5000, nonsense: it answers 400, but 2xx was promised" in told


@pytest.mark.parametrize(
    ("behaviour", "said"),
    [
        (slow_body, "gave no whole answer within 0.5 s"),
        (slow_head, "gave no whole answer within 0.5 s"),
        (silent, "gave no whole answer within 0.5 s"),
        (endless_head, "answered with what is no HTTP"),
        (hangs_up, "ended the connection without an answer"),
        (other_language, "answered with what is no HTTP"),
        (half, "ended the connection in the middle of its answer"),
    ],
    ids=lambda one: getattr(one, "__name__", ""),
)
def test_a_service_that_does_not_answer_is_told_and_ends_in_time(
    behaviour: Behaviour, said: str
) -> None:
    with behaving(behaviour) as port, pytest.raises(NotAnswered) as caught:
        ask("127.0.0.1", port, WebRequest(), within_s=WITHIN_S)
    assert said == str(caught.value)


def test_nobody_at_all_is_told() -> None:
    with behaving(hangs_up) as port:
        pass
    with pytest.raises(NotAnswered, match="refused the connection"):
        ask("127.0.0.1", port, WebRequest(), within_s=WITHIN_S)


def test_an_answer_without_end_is_read_to_the_bound() -> None:
    with behaving(endless_body) as port:
        answer = ask("127.0.0.1", port, WebRequest(), within_s=30.0, most=100_000)
    assert (100_000, False) == (len(answer.body), answer.whole)


def test_a_large_body_that_is_refused_early_gets_the_answer_that_was_given() -> None:
    with behaving(refuses_early) as port:
        request = WebRequest(method="POST", filler=20_000_000)
        assert 413 == ask("127.0.0.1", port, request, within_s=30.0).status


def test_a_service_that_a_request_ended_is_told_to_live_no_more() -> None:
    with behaving(hangs_up) as port:
        told = broken(facts_of(cell_of(port, NONSENSE, SQUARE)))
    assert "port 5000, nonsense: the service ended the connection without an answer" in told
    assert "port 5000, after nonsense: the service no longer answers" in told
    assert "POST /predict" not in told, "nobody is there to be asked"


def run_http_probe(folder: Path, given: Given, timeout_s: float = 60.0) -> tuple[Outcome, str]:
    """The standard probe as it really runs: a process of its own, its answer in a frame."""
    probe = replace(load_probe(ROOT / "probes" / "http.py"), timeout_s=timeout_s)
    request = Pass(
        run="r",
        cell="a",
        round=1,
        obtained=Obtained(),
        questions=(ProbeQuestion(probe=probe, settings={}),),
        profile=given.profile,
    )
    on = OnHost(
        interpreter=sys.executable,
        folder=folder,
        environment={"PATH": "/usr/bin:/bin"},
        given={OUTSIDE: encode(given).decode("ascii")},
    )
    performed = run_on_host(request, on)
    assert Outcome.OK is performed.outcome, performed.reason
    answer = performed.answers["http"]
    told = str(answer.raised) if answer.raised else json.dumps(dict(answer.facts), default=list)
    return answer.outcome, f"{answer.reason}{told}"


def test_the_standard_probe_answers_in_a_frame_from_a_process_of_its_own(tmp_path: Path) -> None:
    with squares() as port:
        outcome, told = run_http_probe(tmp_path, given_of(port, SQUARE, NONSENSE))
    assert Outcome.OK is outcome, told
    assert '"http.broken": []' in told


def test_a_probe_that_hangs_is_ended_at_its_deadline(tmp_path: Path) -> None:
    slow = replace(SQUARE, within_s=600.0)
    with behaving(silent) as port:
        outcome, told = run_http_probe(tmp_path, given_of(port, slow), timeout_s=3.0)
    assert Outcome.TIMED_OUT is outcome
    assert "no answer within 3 s" in told


def test_a_probe_that_is_run_inside_is_told_of_no_container() -> None:
    code = "import harness.outside.cell as c; c.here({'outside': None})"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert "only a probe with" in ended.stderr


def test_a_probe_outside_does_not_wait_for_what_it_does_not_need() -> None:
    """docker and testcontainers take longer to be imported than most services to answer."""
    code = (
        "import sys, harness.outside.serving, harness.engines.oci.given, harness.serial\n"
        "print([one for one in ('docker', 'testcontainers', 'requests') if one in sys.modules])"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert "[]" == ended.stdout.strip(), ended.stderr
