"""Two distributions over each other, and a command that starts a Python without the framework."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.check.foreseen import Change
from harness.check.page import page_of
from harness.check.reasons import Reason, Weight
from harness.check.rules import owners, pythons
from harness.check.subject import Subject, subject_of
from harness.images.inside import Inside
from harness.images.owners import Overlap
from harness.knowledge import frameworks
from tests.unit.check_builders import HERE, cpu_image, reading
from tests.unit.check_gallery import PYTHONS, SITE, asking, installed, without_objects

BOTH = ("tensorflow", "tensorflow-gpu")
MODULES = frozenset(one.module for one in frameworks.conflicts("tensorflow") if one.module)
NAME = "127.0.0.1:5000/own/image:1"


def over(names: tuple[str, str], kept: str, count: int = 1900) -> list[Reason]:
    overlap = Overlap(
        folder=SITE, names=names, versions=("1.12.0", "1.12.0"), count=count, kept=kept, mixed=False
    )
    own = installed("tensorflow=1.12.0", "tensorflow-gpu=1.12.0")
    subject = subject_of(
        reading(cpu_image("1.12.0"), NAME), Inside(distributions=own, overlaps=(overlap,))
    )
    return list(owners.reasons(subject, HERE))


def test_the_cpu_build_over_the_gpu_build_keeps_it_from_the_gpu() -> None:
    """Case 20: a requirement installed `tensorflow` over `tensorflow-gpu`."""
    (one,) = over(BOTH, "tensorflow")
    assert Weight.CPU is one.weight
    assert (
        "tensorflow 1.12.0 was installed over tensorflow-gpu 1.12.0: both own the same 1900 files, "
        "and what lies there is the build for the CPU" == one.title
    )


def test_the_other_way_round_both_are_named() -> None:
    (one,) = over(BOTH, "tensorflow-gpu")
    assert Weight.CHANGE is one.weight
    assert one.title.endswith("own the same 1900 files; what lies there is that of tensorflow-gpu")


def test_others_that_share_files_are_worth_knowing() -> None:
    (one,) = over(("opencv-python", "opencv-python-headless"), "")
    assert Weight.NOTE is one.weight
    assert [] == over(("one", "two"), "", count=2)


def started(words: list[str], **changes: list[str]) -> tuple[Subject, list[Reason]]:
    config = cpu_image("2.11.0")
    config["history"] = []
    config["config"] |= {"Cmd": words, "Env": ["PATH=/usr/local/bin:/usr/bin"], **changes}
    programs = {**PYTHONS, "usr/bin/python3.7": "usr/bin/python3.7"}
    own = (asking("tensorflow=2.11.0"), *installed("six=1"))
    inside = Inside(distributions=own, pythons=programs, modules=MODULES)
    subject = subject_of(reading(config, NAME), inside)
    return subject, list(pythons.reasons(subject, HERE))


@pytest.mark.parametrize(
    "words",
    [
        ["python3.7", "train.py"],
        ["/usr/bin/python3.7"],
        ["/bin/sh", "-c", "python3.7 train.py"],
        ["sh", "-c", "exec python3.7"],
    ],
)
def test_a_command_that_starts_another_python_is_told(words: list[str]) -> None:
    """Case 8: the Python that was added has no framework, and only the command names it."""
    subject, found = started(words)
    (one,) = found
    assert (
        "its own command starts /usr/bin/python3.7, for which tensorflow 2.11.0 is not" in one.title
    )
    assert (Weight.CHANGE, False) == (one.weight, one.needed)
    assert Change(interpreter="/usr/local/bin/python3.6") == one.change
    page = page_of(subject, HERE, without_objects(subject))
    assert page.run.endswith(f"--entrypoint /usr/local/bin/python3.6 {NAME}")


def test_an_entry_point_counts_before_the_command() -> None:
    _, found = started(["train.py"], Entrypoint=["python3.7"])
    assert ["command-without-framework"] == [one.rule for one in found]


@pytest.mark.parametrize(
    "words",
    [
        ["python3", "train.py"],
        ["python3.6"],
        ["bash"],
        [],
        ["sh", "-c", "jupyter notebook"],
        ["python9.9"],
        ["bash", "-c", "echo python3.7"],
    ],
)
def test_a_command_that_starts_its_own_python_or_none_is_fine(words: list[str]) -> None:
    assert [] == started(words)[1]


def test_without_a_python_for_it_no_other_is_proposed() -> None:
    subject, _ = started(["python3.7"])
    assert subject.inside is not None
    programs = {one: one for one in ("usr/bin/python3.7", "usr/local/bin/python3")}
    only = replace(subject.inside, pythons=programs)
    for one in pythons.reasons(replace(subject, inside=only), HERE):
        assert one.change is None or one.change.interpreter[1:] in programs
