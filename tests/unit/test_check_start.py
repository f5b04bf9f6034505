"""The command that a page gives: what a shell and an engine make of it."""

from __future__ import annotations

import csv
import shlex
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.check.foreseen import Change
from harness.check.host import TargetEngine, TargetHost
from harness.check.reasons import Confidence, Reason, ReuseAnswer, Weight
from harness.check.start import command
from harness.check.subject import Subject, subject_of
from harness.formats import render_page as render
from harness.images.image import Reading
from harness.images.inside import Inside
from tests.unit.check_builders import HERE, cpu_image, host, legacy_gpu, page, reading
from tests.unit.hostile import CANNED

NAME = "127.0.0.1:5000/own/image:1"
GPU = host(gpu="Tesla K80", capability="3.7", driver="470.256.02")
PODMAN = host(engines=(TargetEngine(name="podman", version="4.3.1"),))


def started(
    config: dict[str, Any] | None = None,
    where: TargetHost = HERE,
    *reasons: Reason,
    inside: Inside | None = None,
    told: Reading | None = None,
) -> list[str]:
    subject = subject_of(told or reading(config or cpu_image("2.11.0"), NAME), inside)
    return shlex.split(command(subject, where, ReuseAnswer.CHANGES, reasons, NAME))


def changing(interpreter: str = "", weight: Weight = Weight.CHANGE, **variables: str) -> Reason:
    change = Change(interpreter=interpreter, environment=tuple(variables.items()))
    return Reason(weight=weight, title="x", confidence=Confidence.READ, change=change)


def without_command(**env: str) -> dict[str, Any]:
    config = cpu_image("2.11.0")
    config["config"] |= {"Cmd": [], "Entrypoint": []}
    config["config"]["Env"] = [f"{name}={value}" for name, value in env.items()]
    return config


def test_an_image_that_does_something_by_itself_is_started_as_it_is() -> None:
    assert ["docker", "run", "--rm", "-it", NAME] == started()


def test_a_python_that_is_to_be_called_by_name_becomes_the_entry_point() -> None:
    words = started(None, HERE, changing("/opt/python/bin/python3.6"))
    assert ["--entrypoint", "/opt/python/bin/python3.6", NAME] == words[4:]


def test_variables_that_mend_it_are_given_whatever_the_change_weighs() -> None:
    one, other = changing(A="1", B="2"), changing(weight=Weight.NOTE, LANG="C.UTF-8")
    assert ["-e", "A=1", "-e", "B=2", "-e", "LANG=C.UTF-8"] == started(None, HERE, one, other)[4:-1]
    refuted = changing(weight=Weight.REFUTED, GONE="1")
    assert "GONE=1" not in started(None, HERE, refuted)


def test_an_image_without_a_command_is_given_its_python() -> None:
    program = "usr/local/bin/python3"
    inside = Inside(pythons={program: program})
    path = "/nowhere:/usr/local/bin"
    assert [NAME, "/usr/local/bin/python3"] == started(without_command(PATH=path), inside=inside)[
        4:
    ]
    assert "" == " ".join(started(without_command(PATH="/nowhere"), inside=inside))
    assert [NAME, "python3"] == started(without_command())[4:]


def test_no_gpu_is_asked_for_where_the_host_has_none() -> None:
    assert "--gpus" not in started(legacy_gpu())
    assert "--gpus" in started(legacy_gpu(), GPU)


def test_capabilities_are_asked_for_where_the_image_does_not() -> None:
    assert ["--gpus", "all"] == started(legacy_gpu(), GPU)[4:6]
    config = legacy_gpu()
    config["config"]["Env"] = [
        one for one in config["config"]["Env"] if not one.startswith("NVIDIA_DRIVER_CAPABILITIES")
    ]
    asked = started(config, GPU)[5]
    # As Docker's client reads it: a line of CSV.
    assert [["all", "capabilities=compute,utility"]] == list(csv.reader([asked]))
    config["config"]["Env"].append("NVIDIA_DRIVER_CAPABILITIES=utility")
    assert asked == started(config, GPU)[5]


def test_what_is_linked_to_the_driver_needs_it_on_the_cpu_too() -> None:
    only_cpu = Reason(weight=Weight.CPU, title="x", confidence=Confidence.READ)
    assert "CUDA_VISIBLE_DEVICES=" in started(legacy_gpu(), GPU, only_cpu)
    assert "--gpus" not in started(legacy_gpu(), HERE, only_cpu)


def test_podman_is_told_the_registry_and_the_device() -> None:
    told = reading(cpu_image("2.11.0"), "tensorflow/tensorflow:2.11.0")
    subject = subject_of(told)
    words = command(subject, PODMAN, ReuseAnswer.REUSE, (), "tensorflow/tensorflow:2.11.0").split()
    assert ["podman", "run", "--rm", "-it", str(told.reference)] == words
    gpu = replace(GPU, engines=PODMAN.engines)
    assert ["--device", "nvidia.com/gpu=all"] == started(legacy_gpu(), gpu)[4:6]


def archived(**changes: Any) -> Reading:
    values = {"archived": True, "file": "/data/my image.tar", "loaded_as": "own:1"} | changes
    return replace(reading(cpu_image("2.11.0"), NAME), **values)


def test_a_file_is_loaded_first() -> None:
    subject = subject_of(archived())
    told = command(subject, HERE, ReuseAnswer.REUSE, (), NAME)
    load, _, run = told.partition(" && ")
    assert ["docker", "load", "--input", "/data/my image.tar"] == shlex.split(load)
    assert ["docker", "run", "--rm", "-it", "own:1"] == shlex.split(run)


def test_what_an_engine_calls_it_is_not_guessed() -> None:
    subject = subject_of(archived(loaded_as=""))
    assert "" == command(subject, HERE, ReuseAnswer.REUSE, (), NAME)


def test_what_should_not_be_started_is_given_no_command() -> None:
    subject = subject_of(reading(cpu_image("2.11.0"), NAME))
    for answer in (ReuseAnswer.NOT, ReuseAnswer.UNTOLD):
        assert "" == command(subject, HERE, answer, (), NAME)


@pytest.mark.parametrize("text", CANNED, ids=lambda text: ascii(text)[:40])
def test_what_an_image_says_becomes_no_part_of_a_command(text: str) -> None:
    config = without_command(PATH=f"/{text}:/usr/bin")
    inside = Inside(pythons={f"{text}/python3": "x", "usr/bin/python3": "y"})
    subject: Subject = subject_of(reading(config, NAME), inside)
    told = command(subject, HERE, ReuseAnswer.REUSE, (changing(f"/{text}"),), NAME)
    words = shlex.split(told)
    assert words == [] or words[:4] == ["docker", "run", "--rm", "-it"]
    assert not set(told) & set("\n\r\x1b`$;|<>")


def test_a_command_with_quoted_words_is_broken_between_words() -> None:
    found = replace(page(where=GPU), run=command(
        subject_of(archived(file="/a b/" + "long name " * 9 + ".tar")), HERE,
        ReuseAnswer.REUSE, (changing("/opt/python/bin/python3.6"),), NAME,
    ))  # fmt: skip
    shown = render("terminal", found, width=60)
    told = shown.partition("Run it\n")[2].partition("\n\n")[0]
    assert shlex.split(found.run) == shlex.split(told.replace("\\\n", ""))


def test_the_documentation_gives_no_command_of_another_shape() -> None:
    text = (Path(__file__).parents[2] / "docs" / "check.md").read_text("utf-8")
    assert "docker run --rm -it" in text
