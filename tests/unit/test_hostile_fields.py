"""Every text of a run and its records, one field after the other, says what an attacker would.

The fields are those of the model, found by their annotations: a new one is tried by itself. What is
spoilt is what a file for `harness import` may hold.
"""

from __future__ import annotations

import io
import types
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from functools import cache
from itertools import cycle
from typing import Any, Union, cast, get_args, get_origin, get_type_hints

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.compare.comparison import Side, compare_cells
from harness.compare.items import expectation_outcome, probe_outcome, results_of
from harness.compare.judge import judge
from harness.formats import grid, render
from harness.model import (
    Beside,
    BuildSecret,
    DockerfileBuild,
    EngineInfo,
    Expectation,
    ExpectedFailure,
    Fact,
    ImageIdentity,
    KnownSpread,
    Level,
    LockedBase,
    LockedImage,
    MergedShard,
    MovedTag,
    Outcome,
    Place,
    Profile,
    Raised,
    Record,
    Rules,
    Run,
    RunHost,
    Saving,
    SecondOpinion,
    Shard,
    SuiteLock,
)
from harness.promises import (
    Check,
    CodeCell,
    Followed,
    Notebook,
    OtherCommand,
    Promise,
    Ready,
    Served,
    SharedFolder,
    Trained,
)
from harness.running.progress import LineProgress, LiveProgress
from tests.unit.builders import (
    GPU_HOST,
    PROBES,
    cell,
    device_facts,
    healthy,
    mnist_facts,
    record,
    run,
)
from tests.unit.harmless import HARMLESS, UNSEEN, harmless_text
from tests.unit.hostile import CANNED, texts

Field = tuple[str, str]
"""A class of the model and the name of one of its fields."""

SHORT = [text for text in CANNED if 0 < len(text) < 1000]
CELLS = {
    ("Cell", "id"),
    ("Record", "cell"),
    ("Run", "pairs"),
    ("Rules", "reference"),
    ("SecondOpinion", "cell"),
    ("Beside", "cells"),
    ("Run", "cell_rounds"),
    ("MergedShard", "cells"),
    ("Run", "taken"),
}
ASKED = {("Probe", "name"), ("Record", "probe"), ("Run", "pairs")}
HOSTS = {("RunHost", "name"), ("Record", "host"), ("Run", "taken")}
RUNS = {("Run", "id"), ("Record", "run")}
OLD, NEW, BAD = "tf1.2.1-py2.7", "tf2.21.0-py3.13", "tf2.11.1-py3.9"
PLACE = Place(path="matrix.yaml", line=3)


PROMISE = Promise(
    command=("serve",),
    user="1000",
    serves=(
        Served(
            port=5000,
            ready=Ready(path="/health", status="200", log="listening"),
            checks=(
                Check(
                    method="POST",
                    path="/predict",
                    name="square",
                    headers=(("X-Asked", "1"),),
                    body="3",
                    content_type="text/plain",
                    file_field="image",
                    status="200",
                    answers="9",
                    contains="9",
                ),
            ),
            notebook=Notebook(
                token="t", base="/lab", kernel="python3", cells=(CodeCell(code="1", prints="1"),)
            ),
        ),
    ),
    shares=(SharedFolder(path="/src", owner="1000"),),
    runs=(OtherCommand(command=("bash",), prints="works"),),
    logs=(
        Followed(file="/src/log", numbers="([0-9])", contains="done", second_shell=("tail", "/l")),
    ),
    trains=Trained(same="(w)", keep="(d)", confusion="(c)", wrong="(1) (2)", agrees_with="mnist"),
)


def told() -> tuple[Run, tuple[Record, ...]]:
    """A run in which every kind of text is there, and shown somewhere."""
    gpu = replace(
        cell(OLD, "1.2.1", "2.7"),
        gpu="all",
        cuda="8.0",
        image="x/y:1",
        host="3.11",
        install=("numpy",),
        constraints=("six<2",),
        as_of="2026-11-20",
        interpreter="/usr/bin/python",
        environment=(("TF_X", "1"),),
        tags=("quick",),
        settings=(("mnist", (("steps", 200), ("mode", "brief"))),),
        timeouts=(("mnist", 600.0),),
        promise=PROMISE,
        build=DockerfileBuild(
            dockerfile="box/Dockerfile",
            context="box",
            args=(("TF_VERSION", "1.2.1"),),
            target="last",
            platform="linux/amd64",
            images=(("python:3.7", "py3.7"),),
            secrets=(BuildSecret(id="token", env="TOKEN", file="token.txt"),),
        ),
        profile=Profile(
            name="relaxed", relaxations=("network=True",), environment=(("LD_PRELOAD", ""),)
        ),
        place=PLACE,
    )
    expect = ExpectedFailure(
        level=Level.L2, reason="no CUDA", breakage="libcublas-8.0", until="2026-11-30"
    )
    new, bad = cell(NEW), replace(cell(BAD, "2.11.1", "3.9"), expect=expect)
    rules = (
        Expectation(facts="package.b*", rule="allowed", reason="old", until="2026-12-01"),
        Expectation(facts="package.c*", rule="exact", cells="tf2*", reason="same", place=PLACE),
    )
    raised = Raised(
        type="ImportError",
        message="libcublas.so.8.0: cannot",
        traceback="Tb\nE: x",
        around={"module": "x", "executable": "/p", "elsewhere": ("/q/x",)},
    )
    packages: dict[str, Fact] = {
        "package.beta": "1.0",
        "package.cobalt": "2",
        "package.names": ("a", "b"),
    }
    old = [
        record("python", {"python.version": "2.7.18", "python.note": "odd"}, of=OLD),
        record("packages", packages, of=OLD, reason="slow", noise="warning"),
        record("devices", device_facts("1.2.1"), of=OLD),
        record("mnist", mnist_facts("1.2.1", accuracy=0.5), of=OLD),
    ]
    failed = [
        record("python", of=BAD, outcome=Outcome.NO_INTERPRETER, reason="no python3"),
        record("packages", of=BAD, outcome=Outcome.BUILD_FAILED, reason="gcc\nlast words"),
        record("devices", of=BAD, outcome=Outcome.RAISED, raised=raised),
        replace(
            record("mnist", of=BAD, outcome=Outcome.CRASHED, reason="SIGSEGV", noise="dump"),
            signal="SIGSEGV",
        ),
    ]
    identity = ImageIdentity(
        id="sha256:01",
        manifest="sha256:02",
        layers=("a",),
        recipe="r",
        base="b",
        base_source="s",
        origin="built",
    )
    moved = MovedTag(
        before="sha256:03",
        now="sha256:02",
        since="locked",
        differences=("python: 2.7 before",),
        untold="see for yourself",
    )
    full: dict[str, Any] = {
        "image": identity,
        "dataset_digest": "5e",
        "durations": {"container": 1.5},
        "observed": {"load": "low"},
        "container": 1,
        "host": "node-1",
    }
    records = [replace(one, **full) for one in (*healthy(new), *old, *failed)]
    records = [
        replace(one, image=replace(identity, layers=("a", "b"), moved=moved))
        if one.cell == OLD
        else one
        for one in records
    ]
    of = run(gpu, new, bad, expectations=rules, notices=("a subset",), reference=NEW)
    engine = EngineInfo(name="docker", version="20.10", api="1.41", detail={"cgroup": "1"})
    host = replace(GPU_HOST, cpu_flags=("avx",))
    probes = tuple(replace(one, dataset="mnist") for one in PROBES)
    return (
        replace(
            of,
            ended=of.started,
            version="0.1",
            suite="suite",
            suite_digest="d",
            rules=replace(of.rules, saving=Saving(formats=("hdf5",))),
            engine=engine,
            host=host,
            probes=probes,
            cell_rounds=((NEW, 1),),
            hosts=(RunHost(name="node-1", address="unix:///n", engine=engine, host=host),),
            taken=((OLD, "node-1"), (NEW, "node-1"), (BAD, "node-1")),
            shard=Shard(number=1, count=2, plan="06", cells=of.cells, dealt=(1, 1, 1)),
            merged=(MergedShard(number=1, cells=(OLD, NEW, BAD), run="20261120T080000Z-0001"),),
            locked=SuiteLock(
                probes=(("mnist", "other"),),
                data=(("mnist-subset", "other"),),
                bases=(LockedBase(base=gpu.base, source="Debian", layers="sha256:04"),),
                images=(LockedImage(cell=OLD, image="x/y:1", digest="sha256:03"),),
            ),
            beside=(Beside(engine=replace(engine, name="host"), host=host, cells=(BAD,)),),
            noise=(KnownSpread(metric="mnist.step_seconds", variance=0.1, df=3.0),),
            opinions=(
                SecondOpinion(
                    cell=NEW,
                    image="sha256:01",
                    facts={"outside.pth": ("/a.pth runs: import b",), "outside.preload": "c.so"},
                    problem="cut short",
                ),
            ),
        ),
        tuple(records),
    )


@cache
def fields_of_text(kind: Any) -> frozenset[Field]:
    """Every field with text in it that a value of this kind reaches."""
    found: set[Field] = set()
    hints = get_type_hints(kind)
    for field in fields(kind):
        for leaf in _leaves(hints[field.name]):
            if leaf is str:
                found.add((kind.__name__, field.name))
            elif is_dataclass(leaf):
                found |= fields_of_text(cast("type", leaf))
    return frozenset(found)


def _leaves(hint: Any) -> Iterator[Any]:
    if get_origin(hint) in (Union, types.UnionType, tuple) or get_args(hint):
        for argument in get_args(hint):
            yield from _leaves(argument)
    else:
        yield hint


FIELDS = sorted(fields_of_text(Run) | fields_of_text(Record))


def spoilt(value: Any, wanted: set[Field], change: Callable[[str], str], here: bool = False) -> Any:
    """The value with every text in the wanted fields changed."""
    if isinstance(value, str) and not isinstance(value, Enum):
        return change(value) if here else value
    if isinstance(value, tuple):
        return tuple(spoilt(one, wanted, change, here) for one in value)
    if isinstance(value, Mapping):
        return {
            spoilt(name, wanted, change, here): spoilt(one, wanted, change, here)
            for name, one in value.items()
        }
    if is_dataclass(value) and not isinstance(value, type):
        changes = {
            one.name: spoilt(
                getattr(value, one.name), wanted, change, (type(value).__name__, one.name) in wanted
            )
            for one in fields(value)
        }
        return replace(value, **changes)
    return value


def hostile(field: Field, first: int = 0) -> tuple[Run, tuple[Record, ...]]:
    """The run with another canned text wherever the field says another thing.

    What refers to a cell, a probe or the run says the same as what is referred to.
    """
    of, records = told()
    says = cycle((*SHORT[first:], *SHORT[:first]))
    known: dict[str, str] = {}
    wanted = {field}
    for group, names in (
        (CELLS, {one.id for one in of.cells}),
        (ASKED, {one.name for one in of.probes}),
        (HOSTS, {one.name for one in of.hosts or ()}),
        (RUNS, {of.id}),
    ):
        if field in group:
            wanted |= group
            known |= {name: next(says) for name in sorted(names)}

    def change(text: str) -> str:
        if text not in known:
            known[text] = text if len(wanted) > 1 else next(says)
        return known[text]

    return spoilt(of, wanted, change), spoilt(records, wanted, change)


def outputs(of: Run, records: tuple[Record, ...]) -> Iterator[tuple[str, str]]:
    """(kind, text) of all that can be said of a run."""
    judgement = judge(of, records)
    yield "terminal", grid(judgement, width=80, color=True)
    (one, other, *_) = (each.id for each in of.cells)
    rules = Rules(expectations=of.rules.expectations)
    comparison = compare_cells(
        Side(run=of, records=records, cell=one),
        Side(run=of, records=records, cell=other),
        rules=rules,
        at=None,
    )
    for judged in (judgement, comparison):
        for name in HARMLESS:
            yield name, render(name, judged)
    results = results_of(of, records)
    for outcome in (
        *(probe_outcome(results, *pair, of.probes) for pair in of.pairs),
        *(expectation_outcome(results, rule) for rule in of.rules.expectations),
    ):
        yield "text", outcome.reason
        yield "text", outcome.message
    yield "text", progress(LineProgress, of, records)


def progress(kind: type[LineProgress] | type[LiveProgress], of: Run, records: Any) -> str:
    """What is said while the run goes on."""
    out = io.StringIO()
    with kind(out) as shown:
        shown.begin(of)
        for notice in of.notices:
            shown.notice(notice)
        for each in records:
            shown.tell(each.cell, each.reason)
            shown.recorded(each)
    return out.getvalue()


CHECKS = {**HARMLESS, "text": harmless_text}


def test_the_model_is_full_of_texts() -> None:
    assert {("Record", "facts"), ("HostClass", "gpus"), ("Raised", "message")} < set(FIELDS)
    assert 79 <= len(FIELDS)


@pytest.mark.parametrize("field", FIELDS, ids=".".join)
def test_whatever_a_field_says_every_output_is_whole_and_harmless(field: Field) -> None:
    of, records = hostile(field, FIELDS.index(field) % len(SHORT))
    assert told() != (of, records), "the run above has no such text"
    for kind, text in outputs(of, records):
        CHECKS[kind](text)


@settings(max_examples=12)
@given(
    st.sampled_from([one for one in FIELDS if one not in CELLS | ASKED | RUNS | HOSTS]), st.data()
)
def test_whatever_hypothesis_says_every_output_is_whole_and_harmless(
    field: Field, data: st.DataObject
) -> None:
    known: dict[str, str] = {}

    def change(text: str) -> str:
        if text not in known:
            known[text] = data.draw(texts)
        return known[text]

    of, records = (spoilt(one, {field}, change) for one in told())
    for kind, text in outputs(of, records):
        CHECKS[kind](text)


@pytest.mark.parametrize(
    "kind", ["Cell", "EngineInfo", "HostClass", "ImageIdentity", "Raised", "Record", "Run"]
)
def test_a_million_characters_in_every_field_make_no_long_output(kind: str) -> None:
    wanted = {one for one in FIELDS if one[0] == kind} - CELLS - ASKED - RUNS - HOSTS
    of, records = (spoilt(one, wanted, lambda text: text + "x" * 10**6) for one in told())
    for name, text in outputs(of, records):
        # A page brings its style and script along, and a cell's texts stand there in more places.
        assert len(text) < (500_000 if name == "html" else 300_000), name
        CHECKS[name](text)


def test_a_live_display_shows_hostile_texts_harmlessly() -> None:
    for field in (("Record", "reason"), ("Run", "notices"), ("Cell", "id")):
        shown = progress(LiveProgress, *hostile(field))
        assert "[3/3]" in shown
        assert not UNSEEN.search(shown)
