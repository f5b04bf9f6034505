"""The memory of tags: what is kept of them, for how long, and in spite of what."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.images import sightings
from harness.images.reference import parse_reference
from harness.images.sightings import MOST, SeenTags, Sighting
from tests.unit.hostile import texts

TAG = parse_reference("tensorflow/tensorflow:latest-gpu")


def digest(number: int) -> str:
    return f"sha256:{number:064x}"


def sighting(number: int, when: str = "2026-11-20T00:00:00Z", **rest: str) -> Sighting:
    return Sighting(digest=digest(number), first=when, last=when, **rest)


def numbers(memory: SeenTags) -> list[int]:
    return [int(one.digest.partition(":")[2], 16) for one in memory.before(TAG)]


@pytest.fixture
def memory(tmp_path: Path) -> SeenTags:
    return SeenTags(folder=tmp_path / "tags")


def test_what_was_never_seen_is_not_remembered(memory: SeenTags) -> None:
    assert () == memory.before(TAG)
    assert not memory.folder.exists()


def test_the_same_digest_again_makes_one_sighting_longer(memory: SeenTags) -> None:
    assert "" == memory.keep(TAG, sighting(1, "2026-11-01T00:00:00Z", run="r1", answer="reuse"))
    assert "" == memory.keep(TAG, sighting(1, "2026-11-05T00:00:00Z"))
    (one,) = memory.before(TAG)
    assert ("2026-11-01T00:00:00Z", "2026-11-05T00:00:00Z") == (one.first, one.last)
    assert ("r1", "reuse") == (one.run, one.answer)


def test_a_look_that_told_less_takes_nothing_away(memory: SeenTags) -> None:
    memory.keep(TAG, replace(sighting(1), said={"framework": "tensorflow 1.2.1", "made": "2017"}))
    memory.keep(TAG, replace(sighting(1), said={"made": "2018"}))
    (one,) = memory.before(TAG)
    assert {"framework": "tensorflow 1.2.1", "made": "2018"} == one.said


def test_a_clock_that_went_back_loses_nothing(memory: SeenTags) -> None:
    memory.keep(TAG, sighting(1, "2026-11-05T00:00:00Z"))
    memory.keep(TAG, sighting(1, "2026-11-01T00:00:00Z"))
    assert ["2026-11-05T00:00:00Z"] == [one.last for one in memory.before(TAG)]


def test_a_tag_that_comes_back_is_seen_three_times(memory: SeenTags) -> None:
    for number in (1, 2, 1):
        memory.keep(TAG, sighting(number))
    assert [1, 2, 1] == numbers(memory)


def test_tags_and_places_do_not_mix(memory: SeenTags) -> None:
    here = replace(memory, place="docker")
    other = parse_reference("tensorflow/tensorflow:latest")
    memory.keep(TAG, sighting(1))
    here.keep(TAG, sighting(2))
    memory.keep(other, sighting(3))
    assert [1] == numbers(memory)
    assert [2] == numbers(here)


def test_it_is_bounded_and_keeps_the_last_that_worked(memory: SeenTags) -> None:
    memory.keep(TAG, sighting(1, run="r1"))
    for number in range(2, MOST + 20):
        memory.keep(TAG, sighting(number))
    kept = numbers(memory)
    assert MOST == len(kept)
    assert [1, MOST + 19] == [kept[0], kept[-1]]
    memory.keep(TAG, sighting(1000, run="r2"))
    for number in range(1001, 1001 + MOST):
        memory.keep(TAG, sighting(number))
    kept = numbers(memory)
    assert MOST == len(kept)
    assert 1000 == kept[0], "the last that worked, not the first"


def test_tags_are_bounded_too(memory: SeenTags, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sightings, "_TAGS", 3)
    tags = [parse_reference(f"own:{number}") for number in range(5)]
    for age, tag in enumerate(tags):
        memory.keep(tag, sighting(1))
        newest = max(memory.folder.glob("[0-9a-f]*"), key=lambda path: path.stat().st_mtime_ns)
        os.utime(newest, (1_000_000 + age, 1_000_000 + age))
    assert [False, False, True, True, True] == [bool(memory.before(tag)) for tag in tags]


def the_file(memory: SeenTags) -> Path:
    (path,) = (one for one in memory.folder.iterdir() if one.name != "lock")
    return path


def test_it_is_nobody_elses_business(memory: SeenTags) -> None:
    memory.keep(TAG, sighting(1))
    assert 0o700 == memory.folder.stat().st_mode & 0o777


@pytest.mark.parametrize("cut", [1, 10, 100])
def test_a_damaged_line_costs_that_line_alone(memory: SeenTags, cut: int) -> None:
    for number in (1, 2, 3):
        memory.keep(TAG, sighting(number))
    path = the_file(memory)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(lines[0] + lines[1][cut:] + lines[2])
    assert [1, 3] == numbers(memory)
    memory.keep(TAG, sighting(4))
    assert [1, 3, 4] == numbers(memory)


def test_another_tags_file_says_nothing_of_this_one(memory: SeenTags) -> None:
    memory.keep(TAG, sighting(1))
    path = the_file(memory)
    other = parse_reference("own:2")
    memory.keep(other, sighting(2))
    (own,) = (one for one in memory.folder.iterdir() if one not in (path, memory.folder / "lock"))
    own.write_bytes(path.read_bytes())
    assert () == memory.before(other)


@given(raw=st.binary(max_size=400) | texts.map(lambda text: text.encode("utf-8", "replace")))
def test_any_bytes_are_read(tmp_path_factory: pytest.TempPathFactory, raw: bytes) -> None:
    memory = SeenTags(folder=tmp_path_factory.mktemp("tags"))
    memory.keep(TAG, sighting(1))
    path = the_file(memory)
    path.write_bytes(raw + b"\n" + path.read_bytes())
    assert 1 == numbers(memory)[-1]
    assert "" == memory.keep(TAG, sighting(2))
    assert [1, 2] == numbers(memory)[-2:]


@given(texts, texts)
def test_what_an_image_says_comes_back_as_it_was(
    tmp_path_factory: pytest.TempPathFactory, name: str, value: str
) -> None:
    memory = SeenTags(folder=tmp_path_factory.mktemp("tags"))
    said = {
        name.encode("utf-8", "replace").decode()[:200]: value.encode("utf-8", "replace").decode()[
            :200
        ]
    }
    memory.keep(TAG, replace(sighting(1), said=said))
    assert [said] == [dict(one.said) for one in memory.before(TAG)]


def test_a_place_that_takes_nothing_is_said(tmp_path: Path) -> None:
    (tmp_path / "tags").write_text("a file where a folder should be")
    memory = SeenTags(folder=tmp_path / "tags")
    assert "tags" in memory.keep(TAG, sighting(1))
    assert () == memory.before(TAG)
