"""The training output of real containers: promises that are kept, and each thing that goes wrong;
and a log that is watched from a second shell."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.engines.oci.capabilities import PODMAN
from harness.model import Outcome, Record
from harness.probing.probe import load_probe
from harness.promises import Followed, Promise, SharedFolder, Trained
from tests.real.trying import Trying

ROOT = Path(__file__).resolve().parents[2]
SERVICE = Path(__file__).with_name("service_in_image.py")
CONFUSION = Trained(confusion="confusion: (.*)", within_s=120.0)


@pytest.fixture(scope="module")
def image(trying: Trying) -> str:
    return trying.image(
        {"srv/service.py": SERVICE.read_text("utf-8")}, "RUN mkdir -m 777 /src || true"
    )


@pytest.fixture(autouse=True)
def _docker_alone(trying: Trying) -> None:
    if trying.engine.name == PODMAN.engine:
        pytest.skip("podman has no bridge without a way out: it is host-incompatible there")


def asked(trying: Trying, image: str, name: str, promise: Promise) -> Record:
    probe = load_probe(ROOT / "probes" / f"{name}.py")
    (record,) = trying.ask(image, probe, promise=promise).values()
    assert Outcome.OK is record.outcome, f"{record.reason} {record.raised}"
    return record


def broken(record: Record) -> str:
    told = record.facts[f"{record.probe}.broken"]
    assert isinstance(told, tuple)
    return "\n".join(str(one) for one in told)


def training(trying: Trying, image: str, kind: str, promise: Trained) -> Record:
    command = ("{interpreter}", "/srv/service.py", kind)
    return asked(trying, image, "training", Promise(command=command, trains=promise))


def test_precision_and_recall_of_every_class_are_facts_with_their_intervals(
    trying: Trying, image: str
) -> None:
    promise = Trained(
        times=2,
        same="((?:weights|confusion): .*)",
        keep="data set: (.*)",
        confusion="confusion: (.*)",
        error_to=0.06,
        within_s=120.0,
    )
    record = training(trying, image, "classifying", promise)
    facts = record.facts
    assert "" == broken(record)
    assert (True, 2) == (facts["training.same_each_time"], facts["training.compared"])
    assert ("shapes", 300, 15) == (
        facts["training.told"],
        facts["training.test_images"],
        facts["training.wrong_images"],
    )
    assert (0.05, 0.95) == (facts["training.test_error"], facts["training.test_accuracy"])
    assert (0.9, 0.95, 1.0) == facts["training.recall"]
    assert (0.947368, 0.904762, 1.0) == facts["training.precision"]
    low, high = facts["training.recall_from"], facts["training.recall_to"]
    assert isinstance(low, tuple)
    assert isinstance(high, tuple)
    assert [True] * 3 == [float(a or 0) < float(b or 0) for a, b in zip(low, high, strict=True)]
    assert (100, 100, 100) == facts["training.images_per_class"]


@pytest.mark.parametrize(
    ("kind", "promise", "said"),
    [
        (
            "drifting",
            Trained(times=2, same="(weights: .*)", confusion="confusion: (.*)", within_s=120.0),
            "started again: it prints 'weights: ",
        ),
        ("ragged", CONFUSION, "its rows are not 3 counts each"),
        (
            "failing",
            CONFUSION,
            "it ended with exit status 1; it printed last: TypeError: main() takes 0 positional "
            "arguments but 1 was given",
        ),
        (
            "classifying",
            Trained(wrong="wrong: ([0-9]+) of ([0-9]+)", error_to=0.01, within_s=120.0),
            "its share of wrong test images is 0.05, and 0 to 0.01 promised",
        ),
        (
            "classifying",
            Trained(confusion="matrix: (.*)", keep="seed: (.*)", within_s=120.0),
            "no line that it prints matches matrix: (.*)",
        ),
        ("never", Trained(confusion="(.)", within_s=2.0), "it still runs after 2 s"),
        (
            "classifying",
            Trained(wrong="wrong: ([0-9]+) of ([0-9]+)", agrees_with="nobody", within_s=120.0),
            "the probe nobody: its training gives nothing to compare with: there is no standard "
            "probe",
        ),
    ],
)
def test_a_training_that_does_not_keep_its_promise_is_told(
    trying: Trying, image: str, kind: str, promise: Trained, said: str
) -> None:
    assert said in broken(training(trying, image, kind, promise))


def following(kind: str, *second_shell: str) -> Promise:
    path = "/src/train.log"
    log = Followed(file=path, within_s=60.0, ends=True, second_shell=second_shell)
    return Promise(
        command=("{interpreter}", "/srv/service.py", kind, path),
        logs=(log,),
        shares=(SharedFolder(path="/src"),),
    )


def test_a_log_is_watched_from_a_second_shell(trying: Trying, image: str) -> None:
    record = asked(trying, image, "logs", following("trains", "tail", "-n", "+1", "/src/train.log"))
    assert "" == broken(record)
    seen, whole = record.facts["logs.1.seen_in_second_shell"], record.facts["logs.1.bytes"]
    assert isinstance(seen, int)
    assert isinstance(whole, int)
    assert 0 < seen < whole, "it was looked at while it grew"


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (("echo", "step 99"), "a second shell showed 'step 99', which is not in it"),
        (("true",), "a second shell shows none of it while it grows"),
        (("tail", "/src/other.log"), "it cannot be watched by `tail /src/other.log` (exit status"),
        (("nobody-has-this",), "it cannot be watched by `nobody-has-this` (exit status 1"),
    ],
)
def test_a_second_shell_that_shows_something_else_is_told(
    trying: Trying, image: str, command: tuple[str, ...], said: str
) -> None:
    assert said in broken(asked(trying, image, "logs", following("trains", *command)))
