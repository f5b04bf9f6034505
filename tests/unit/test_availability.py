"""Which releases have wheels for which Pythons."""

import json
import re
from pathlib import Path

import pytest

from harness.knowledge.availability import packages, reason_unavailable

KNOWLEDGE = Path(__file__).parents[2] / "harness" / "knowledge"
CONSTRAINTS = Path(__file__).parents[3] / "shared" / "reference" / "compat" / "working_pins.json"


@pytest.mark.parametrize(
    ("package", "version", "python"),
    [
        ("tensorflow", "1.2.1", "2.7"),
        ("tensorflow", "1.14.0", "3.7"),
        ("tensorflow", "2.21.0", "3.13"),
        ("tensorflow", "2.15.0.post1", "3.11"),
        ("tensorflow-cpu", "2.11.1", "3.9"),
        ("tensorflow-cpu", "2.1.0", "2.7"),
        ("tensorflow-gpu", "1.2.1", "3.6"),
    ],
)
def test_what_has_a_wheel_is_available(package: str, version: str, python: str) -> None:
    assert reason_unavailable("tensorflow", version, package, python) is None


@pytest.mark.parametrize(
    ("package", "version", "python", "reason"),
    [
        (
            "tensorflow",
            "2.1.1",
            "2.7",
            "tensorflow 2.1.1 has no wheel for Python 2.7; it has for 3.5, 3.6, 3.7",
        ),
        (
            "tensorflow",
            "2.20.0",
            "3.14",
            "tensorflow 2.20.0 has no wheel for Python 3.14; "
            "it has for 3.9, 3.10, 3.11, 3.12, 3.13",
        ),
        (
            "tensorflow",
            "1.12.1",
            "3.6",
            "there is no wheel of tensorflow 1.12.1; there is 1.12.0, 1.12.2, 1.12.3",
        ),
        (
            "tensorflow-cpu",
            "1.14.0",
            "3.7",
            "there is no wheel of tensorflow-cpu 1.14.0: the wheels go from 1.15 to 2.21",
        ),
        (
            "tensorflow-gpu",
            "2.15.0",
            "3.11",
            "there is no wheel of tensorflow-gpu 2.15.0: the wheels go from 0.12 to 2.11",
        ),
    ],
)
def test_what_has_none_is_not_and_the_reason_says_what_there_is(
    package: str, version: str, python: str, reason: str
) -> None:
    assert reason == reason_unavailable("tensorflow", version, package, python)


@pytest.mark.parametrize(
    ("framework", "package", "version"),
    [
        ("tensorflow", "tensorflow", "2.22.0"),
        ("tensorflow", "tensorflow", "3.0.0"),
        ("tensorflow", "tensorflow", "2.21.7"),
        ("tensorflow", "tensorflow", "0.11.0"),
        ("tensorflow", "tensorflow", "2.16.0rc0"),
        ("tensorflow", "tensorflow", "2.15.0+local"),
        ("tensorflow", "numpy", "1.0.0"),
        ("no-such-framework", "no-such-framework", "1.0"),
        ("../../model", "x", "1.0"),
    ],
)
def test_what_the_table_does_not_know_is_taken_to_be_available(
    framework: str, package: str, version: str
) -> None:
    assert reason_unavailable(framework, version, package, "2.7") is None


def test_the_table_names_its_distributions() -> None:
    assert packages("tensorflow") == {"tensorflow", "tensorflow-cpu", "tensorflow-gpu"}
    assert packages("no-such-framework") == frozenset()


def test_the_knowledge_names_sources_and_no_host_of_a_package_index() -> None:
    text = (KNOWLEDGE / "tensorflow_builds.json").read_text(encoding="utf-8")

    assert all(row["sources"]["by_release"] for row in json.loads(text)["rows"])
    assert re.search(r"pypi" r"\.org|python" r"hosted|deb" r"\.debian|/root", text) is None


def test_every_set_that_was_seen_to_work_is_available() -> None:
    if not CONSTRAINTS.is_file():
        pytest.skip(f"{CONSTRAINTS} is not there: it is no part of the repository")
    rows = json.loads(CONSTRAINTS.read_text(encoding="utf-8"))["rows"]

    assert rows
    for row in rows:
        python = ".".join(row["python"].split(".")[:2])
        package = row["tensorflow_package"]
        assert reason_unavailable("tensorflow", row["version"], package, python) is None
