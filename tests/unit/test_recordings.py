"""Recordings are read as untrusted: every mistake told, nothing believed."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.engines.recordings import MAX_FILES, Recordings, load
from harness.errors import UsageError
from tests.unit.test_replay import recorded

ANSWER = Path("a", "round-1", "first.json")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    recorded(tmp_path)
    return tmp_path


def altered(folder: Path, where: Path = ANSWER, **changes: object) -> None:
    tree = json.loads((folder / where).read_text())
    for dotted, value in changes.items():
        *way, last = dotted.split("__")
        inner = tree
        for step in way:
            inner = inner[step]
        inner[last] = value
    (folder / where).write_text(json.dumps(tree))


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"format": 2}, "is of format 2, and this is 1"),
        ({"cell": "../../etc"}, "it should lie at ../../etc/round-1/first.json"),
        ({"round": 2}, "it should lie at a/round-2/first.json"),
        ({"round": "1"}, "round: "),
        ({"probe": "second"}, "answer.probe: is of another probe"),
        ({"extra": 1}, "extra: unknown field"),
        ({"answer__outcome": "fine"}, "answer.outcome: "),
        ({"answer__outcome": "raised"}, "answer.outcome: does not go with the exception given"),
        ({"answer__facts": {"a\nb": 1}}, "answer.facts: is no fact"),
        ({"answer__facts": {"a": [0] * 10_001}}, "answer.facts: is no fact"),
        ({"answer__durations": {"probe": -1.0}}, "answer.durations: is negative"),
    ],
)
def test_a_recording_that_is_none_is_told_with_its_file_and_field(
    folder: Path, changes: dict[str, object], told: str
) -> None:
    altered(folder, **changes)
    with pytest.raises(UsageError) as raised:
        load(folder)
    assert told in str(raised.value)
    assert str(folder / ANSWER) in str(raised.value)
    assert "record them again" in str(raised.value)


def test_all_that_is_wrong_is_told_at_once(folder: Path) -> None:
    altered(folder, format=7)
    (folder / "b" / "obtained.json").write_text("{")
    with pytest.raises(UsageError) as raised:
        load(folder)
    assert 2 == sum("json: " in line for line in str(raised.value).splitlines())


def test_other_files_beside_recordings_are_left_alone(folder: Path) -> None:
    (folder / "README.md").write_text("ours")
    (folder / "a" / "notes.json").write_text("not ours")
    assert {"a", "b"} == set(load(folder).cells)


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_whatever_stands_in_a_file_is_read_or_refused(content: bytes) -> None:
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as name:
        path = Path(name) / ANSWER
        path.parent.mkdir(parents=True)
        path.write_bytes(content)
        with suppress(UsageError):
            assert isinstance(load(Path(name)), Recordings)


def test_a_folder_has_a_bounded_number_of_files(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert MAX_FILES > 10_000
    monkeypatch.setattr("harness.engines.recordings.MAX_FILES", 3)
    with pytest.raises(UsageError, match="more than 3 files"):
        load(folder)
