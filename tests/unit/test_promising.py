"""What a row promises, as a value; which probes that asks for; under which limits it is asked."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from harness.engines.oci.given import Given
from harness.engines.recordings import asked
from harness.errors import MatrixError
from harness.model import Cell, Outcome, Probe, Profile, Record, Run
from harness.outside.serving import request_of
from harness.probing.outside import profile_outside
from harness.probing.probe import applies, load_probes, suite_probes, why_not
from harness.promises import (
    Check,
    Followed,
    OtherCommand,
    Promise,
    PromiseKind,
    Ready,
    Served,
    SharedFolder,
    Trained,
    status_fits,
)
from harness.recipes.orders import Order
from harness.running.reuse import repeatable
from harness.running.task import Task
from harness.running.worker import work
from harness.serial import decode, encode
from harness.suite.matrix import load_suite, read_suite
from tests.unit.builders import run
from tests.unit.scripted import SUITE, Scripted

ROOT = Path(__file__).parents[2]
HTTP = Probe(
    name="http",
    question="?",
    source="",
    digest="sha256:h",
    where="outside",
    promises=(PromiseKind.SERVES,),
)
INSIDE = Probe(name="python", question="?", source="", digest="sha256:p")
WEB = Promise(serves=(Served(port=80),))
SERVING = Cell(id="a", image="x:1", promise=WEB)


def promise_in(row: str) -> Promise | None:
    text = f"version: 1\ncells:\n  - {{id: x, image: 'x:1', {row}}}\n"
    (cell,) = read_suite(text.encode(), "matrix.yaml", Path("/suites/mine")).cells
    return cell.promise


def test_a_row_that_promises_nothing_has_no_promise_and_the_bytes_it_always_had() -> None:
    assert promise_in("level: L0") is None
    assert b"promise" not in encode(Cell(id="x", image="x:1"))


def test_a_row_says_everything_that_a_promise_holds() -> None:
    found = promise_in(
        "command: [serve], user: keras, stops-within: 5, "
        "serves: [{port: 80, ready: {path: /up, status: 204, within: 3}, checks: ["
        '{ask: "POST /p", json: {b: [1, 2.5, null, true], a: "x"}, answers: 9, '
        "times: 3, keep: true},"
        '{ask: "PUT /f", bytes: 1KiB, file-field: image, status: 4xx, within: 2, contains: no},'
        '{ask: "GET /", headers: {X-One: "1"}, name: start}]}, '
        '{port: 81, notebook: {token: t, cells: [{run: "1", prints: "1"}]}}], '
        'shares: [{path: /src/, owner: "1000"}], '
        "runs: [{command: [sh, -c, x], exits: 3, prints: y}], "
        'logs: [{file: /l, numbers: "e: ([0-9]+)", ends: true, second-shell: [tail, /l]}], '
        'trains: {times: 2, same: "(w.*)", keep: "d: (.*)", wrong: "([0-9]+) of ([0-9]+)", '
        "error-from: 0.006, error-to: 0.01, agrees-with: mnist, training-deviation: 0.004, "
        "within: 9}"
    )
    assert found is not None
    first, second = found.serves
    assert (("serve",), "keras", 5.0) == (found.command, found.user, found.stops_within_s)
    assert Ready(path="/up", status="204", within_s=3.0) == first.ready
    posted, put, got = first.checks
    assert '{"a":"x","b":[1,2.5,null,true]}' == posted.body
    assert ("application/json", "9", 3, True) == (
        posted.content_type,
        posted.answers,
        posted.times,
        posted.keep,
    )
    assert (1024, "image", "4xx", "no") == (put.filler, put.file_field, put.status, put.contains)
    assert ("start", (("X-One", "1"),), "2xx") == (got.told, got.headers, got.status)
    assert second.notebook is not None
    assert ("t", "1") == (second.notebook.token, second.notebook.cells[0].prints)
    assert (SharedFolder(path="/src", owner="1000"),) == found.shares
    assert (OtherCommand(command=("sh", "-c", "x"), exits=3, prints="y"),) == found.runs
    log = Followed(file="/l", numbers="e: ([0-9]+)", ends=True, second_shell=("tail", "/l"))
    assert (log,) == found.logs
    assert found.trains == Trained(
        times=2,
        same="(w.*)",
        keep="d: (.*)",
        wrong="([0-9]+) of ([0-9]+)",
        error_from=0.006,
        error_to=0.01,
        agrees_with="mnist",
        training_deviation=0.004,
        within_s=9.0,
    )
    assert set(PromiseKind) == found.kinds
    assert found == decode(Promise, encode(found))


def test_json_null_can_be_sent_and_expected() -> None:
    found = promise_in('serves: [{port: 1, checks: [{ask: "POST /", json: null, answers: null}]}]')
    assert found is not None
    (check,) = found.serves[0].checks
    assert ("null", "null") == (check.body, check.answers)
    assert "" == Check().answers, "nothing is expected where nothing is said"


def test_all_members_of_a_product_promise_the_same() -> None:
    text = (
        'version: 1\naxes: [{id: "f{frame}", framework: {frame: ["1.0", "2.0"]}, '
        'image: "x:{frame}", serves: [{port: 80}]}]\n'
    )
    suite = read_suite(text.encode(), "matrix.yaml", Path("/suites/mine"))
    assert [WEB, WEB] == [cell.promise for cell in suite.cells]


def test_a_probe_outside_is_asked_only_of_cells_that_promise_what_it_is_for() -> None:
    silent = Cell(id="b", image="x:1")
    assert applies(HTTP, SERVING)
    assert not applies(HTTP, silent)
    assert "the cell does not promise serves" == why_not(HTTP, silent)
    assert not applies(replace(HTTP, promises=None), replace(silent, image="", host="3.11"))
    assert applies(replace(HTTP, promises=None), silent), "a probe of a suite's own"


def test_a_promise_brings_its_probes_whatever_the_suite_names(tmp_path: Path) -> None:
    path = tmp_path / "matrix.yaml"
    text = "version: 1\nprobes: [python]\ncells:\n  - {id: x, image: 'x:1'%s}\n"
    path.write_text(text % "")
    assert ["python"] == [one.name for one in suite_probes(load_suite(path))]
    path.write_text(text % ", serves: [{port: 80}]")
    suite = load_suite(path)
    assert ["python", "metadata", "http"] == [one.name for one in suite_probes(suite)]
    assert ["python"] == [one.name for one in suite_probes(suite, ["python"])]
    assert ["python"] == [one.name for one in suite_probes(suite, cells=())], "none is selected"


def test_a_suite_without_promises_is_not_asked_by_probes_outside() -> None:
    names = {one.name for one in suite_probes(replace(SUITE, root=str(ROOT)))}
    outside = {one.name for one in load_probes([ROOT / "probes"]) if one.where == "outside"}
    assert {"http", "metadata"} <= outside
    assert set() == names & outside


def test_what_a_promise_needs_is_a_relaxation_with_a_name() -> None:
    strict = Profile()
    assert strict == profile_outside(Cell(id="x", image="x:1"))
    promise = replace(WEB, user="keras", shares=(SharedFolder(path="/src"),))
    found = profile_outside(Cell(id="x", image="x:1", promise=promise))
    assert replace(strict, name="relaxed", relaxations=found.relaxations) == found
    assert (
        "init=none, scratch=/tmp",
        "network=a bridge of its own; 127.0.0.1 of the host publishes 80",
        "user=keras",
        "volume=/src, which can be written",
    ) == found.relaxations


def records_of(engine: Scripted, *probes: Probe) -> list[Record]:
    task = Task(run=run(SERVING).id, orders=(Order(cell=SERVING),), probes=probes)
    return [one for one in work(engine, task, lambda *_: None) if isinstance(one, Record)]


def test_probes_outside_are_a_pass_of_their_own_behind_the_others() -> None:
    engine = Scripted()
    found = records_of(engine, HTTP, INSIDE)
    assert ["python", "http"] == [one.probe for one in found]
    assert [Outcome.OK, Outcome.OK] == [one.outcome for one in found]
    assert [1, 2] == [one.container for one in found]
    assert [Profile(), profile_outside(SERVING)] == [one.profile for one in found]


def test_what_was_recorded_does_not_answer_for_another_promise() -> None:
    plain = Order(cell=Cell(id="a", image="x:1"))
    other = replace(SERVING, promise=Promise(serves=(Served(port=81),)))
    told = {asked(one) for one in (plain, Order(cell=SERVING), Order(cell=other))}
    assert 3 == len(told)


def test_what_is_seen_from_outside_is_never_repeated_from_an_earlier_run() -> None:
    assert repeatable(INSIDE)
    assert not repeatable(HTTP)


def test_what_a_probe_is_given_comes_back_as_it_was_and_has_the_cells_python_in_it() -> None:
    given = Given(
        cell="a",
        image="sha256:i",
        interpreter="/usr/bin/python3.13",
        built=True,
        profile=profile_outside(SERVING),
        promise=replace(WEB, command=("{interpreter}", "-m", "x{interpreter}")),
        cores=2,
        labels={"harness.owner": "o"},
    )
    assert given == decode(Given, encode(given))
    assert ("/usr/bin/python3.13", "-m", "x{interpreter}") == given.command
    assert ("python3",) == replace(given, interpreter="").filled(["{interpreter}"])


@pytest.mark.parametrize(
    ("wanted", "status", "fits"),
    [("200", 200, True), ("2xx", 204, True), ("4xx", 500, False), ("404", 400, False)],
)
def test_a_status_is_the_wanted_one_or_of_its_class(wanted: str, status: int, fits: bool) -> None:
    assert fits is status_fits(wanted, status)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("trains: {}", "one of `confusion` and `wrong` says how good the model is"),
        (
            'trains: {confusion: "(.)", wrong: "(.)(.)"}',
            "one of `confusion` and `wrong` says how good the model is",
        ),
        ('trains: {wrong: "(.)"}', "not a regular expression with two groups"),
        ('trains: {confusion: "(.)", same: "."}', "not a regular expression with one group"),
        ('trains: {confusion: "(.)", times: 2}', "must have something that is the same each time"),
        (
            'trains: {confusion: "(.)", error-from: 0.5, error-to: 0.25}',
            "`error-from` is above `error-to` (0.25)",
        ),
        ("logs: [{second-shell: [tail]}]", "`second-shell` watches a file, and there is no `file`"),
    ],
)
def test_what_is_wrong_with_a_promise_to_train_is_told(row: str, said: str) -> None:
    with pytest.raises(MatrixError, match=re.escape(said)):
        promise_in(row)


def test_a_promise_that_was_stored_before_there_was_training_is_read() -> None:
    assert b"trains" not in encode(WEB)
    assert WEB == decode(Promise, encode(WEB))


def test_a_run_with_promises_is_stored_as_it_was() -> None:
    stored = run(SERVING, probes=(HTTP,))
    assert stored == decode(Run, encode(stored))


def sending(row: str, folder: Path) -> Promise | None:
    text = (
        "version: 1\ncells:\n  - {id: x, image: 'x:1', serves: [{port: 1, checks: [{ask: POST /, "
        f"{row}}}]}}]}}\n"
    )
    (cell,) = read_suite(text.encode(), "matrix.yaml", folder).cells
    return cell.promise


def test_a_check_sends_what_a_file_of_the_suite_holds(tmp_path: Path) -> None:
    (tmp_path / "seven.png").write_bytes(b"\x89PNG\xff")
    row = "file: seven.png, file-field: image, answers: {p: 0.5}, absolute: 1e-5"
    found = sending(row, tmp_path)
    assert found is not None
    (check,) = found.serves[0].checks
    assert ("seven.png", 1e-5) == (check.file, check.absolute)
    assert b"\x89PNG\xff" in request_of(check).body
    assert found == decode(Promise, encode(found))
    (tmp_path / "seven.png").write_bytes(b"another")
    assert found != sending(row, tmp_path), "another file is another promise"


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("file: no.png", "the file `no.png` is not there"),
        ("file: .", "the file `.` is not there"),
        ("file: large", "is larger than the 64 KiB"),
        ("file: small, text: x", "sends one thing, not `text` and `file`"),
        ("absolute: 1", "and there is none"),
        ("file: /etc/passwd", "file"),
    ],
)
def test_what_a_check_cannot_send_is_told_with_its_place(
    row: str, said: str, tmp_path: Path
) -> None:
    (tmp_path / "large").write_bytes(bytes(65537))
    (tmp_path / "small").write_bytes(b"x")
    with pytest.raises(MatrixError) as raised:
        sending(row, tmp_path)
    assert said in str(raised.value)
    assert "matrix.yaml:3:" in str(raised.value)
