"""What the tag of an image named before: its lock, else what was seen; and how it is told."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from harness.check.subject import Subject
from harness.compare.locked import LOCKED
from harness.errors import InfrastructureError
from harness.images.image import Image, Reading
from harness.images.manifest import Form, Platform
from harness.images.reference import parse_reference
from harness.images.sightings import SeenTags, Sighting
from harness.model import ImageIdentity, LockedImage, MovedTag, SuiteLock
from harness.running import tags
from harness.running.found import WantedImage
from harness.running.tags import TagWatch, by_tag
from tests.unit.builders import cell, record

NAME = "registry.example/team/app:1"
ONE, OTHER = (f"sha256:{digit * 64}" for digit in "12")
CELL = replace(cell("mine"), base="", image=NAME)
WHEN = "2026-11-20T01:02:03Z"


def image(python: str = "3.9", made: str = "2026-11-20") -> Image:
    return Image(
        platform=Platform(os="linux", architecture="amd64"),
        created=f"{made}T00:00:00Z",
        environment={"PYTHON_VERSION": python},
        layers=(f"sha256:{made[-2:] * 32}",),
    )


def subject(
    digest: str, found: Image, seen: tuple[Sighting, ...] = (), *, pulled: bool = True
) -> Subject:
    reading = Reading(
        reference=parse_reference(NAME),
        name=NAME,
        form=Form.IMAGE,
        digest=digest,
        manifest_digest=digest if pulled else "",
        image=found,
        engine="docker 20.10",
    )
    return Subject(reading=reading, claims=(), seen=seen)


class World:
    """What the engine has under the tag, and under digests; what is remembered."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = subject(OTHER, image())
        self.by_digest: dict[str, Subject] = {}
        self.asked: list[str] = []
        self.memory = SeenTags(folder=folder, place="docker")

        def on_engine(wanted: WantedImage, _: object) -> Subject | None:
            self.asked.append(wanted.name)
            if wanted.name == NAME:
                seen = self.memory.before(parse_reference(NAME))
                return replace(self.now, seen=seen)
            return self.by_digest.get(wanted.name.partition("@")[2])

        def found(wanted: WantedImage, host: object) -> Subject:
            there = on_engine(wanted, host)
            if there is None:
                raise InfrastructureError("the registry does not answer")
            return there

        monkeypatch.setattr(tags, "on_engine", on_engine)
        monkeypatch.setattr(tags, "found", found)
        monkeypatch.setattr(tags, "memory_of", lambda _: self.memory)

    def moved(self, locked: str = "", *, offline: bool = False) -> MovedTag | None:
        entries = (LockedImage(cell=CELL.id, image=NAME, digest=locked),) if locked else ()
        lock = SuiteLock(images=entries)
        watch = TagWatch(cells={CELL.id: CELL}, locked=lock, engine="docker", offline=offline)
        made = ImageIdentity(id="sha256:id", manifest=self.now.reading.digest)
        one = watch.marked(replace(record("python"), cell=CELL.id, image=made))
        asked = len(self.asked)
        again = watch.marked(replace(record("mnist"), cell=CELL.id, image=made))
        assert one.image is not None
        assert again.image is not None
        assert one.image.moved == again.image.moved
        assert asked == len(self.asked), "one look a cell"
        return one.image.moved


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    return World(tmp_path, monkeypatch)


def seen(world: World, digest: str, said: dict[str, str] | None = None, image: str = ONE) -> None:
    sighting = Sighting(digest=digest, image=image, first=WHEN, last=WHEN, said=said or {})
    assert "" == world.memory.keep(parse_reference(NAME), sighting)


def test_a_tag_that_nobody_saw_before_has_not_moved_and_is_remembered(world: World) -> None:
    assert world.moved() is None
    assert [OTHER] == [one.digest for one in world.memory.before(parse_reference(NAME))]
    assert world.moved() is None


def test_against_its_lock_both_digests_and_what_differs_are_told(world: World) -> None:
    world.by_digest[ONE] = subject(ONE, image("3.8", "2026-11-19"))
    found = world.moved(ONE)

    assert found is not None
    assert (ONE, OTHER, LOCKED) == (found.before, found.now, found.since)
    assert "variable PYTHON_VERSION: 3.8 before, 3.9 now" in found.differences
    assert not found.alike
    assert f"--static registry.example/team/app@{ONE} --against" in found.untold


def test_what_fits_its_lock_has_not_moved_whatever_was_seen_before(world: World) -> None:
    seen(world, ONE, {"python": "3.8"})
    assert world.moved(OTHER) is None


def test_without_a_lock_what_was_last_seen_counts_and_it_stays_told(world: World) -> None:
    seen(world, ONE, {"command": "sh", "made": "2026-11-19"})
    world.now = subject(OTHER, replace(image(), command=("bash",)))
    for _ in range(2):
        found = world.moved()
        assert found is not None
        assert (ONE, WHEN) == (found.before, found.since)
        assert "command: sh before, bash now" in found.differences
        assert not found.alike
        assert "is no longer available: the registry does not answer" in found.untold


def test_another_build_of_the_same_is_told_as_one(world: World) -> None:
    seen(world, ONE, {"made": "2026-11-19", "command": ""})
    world.by_digest[ONE] = subject(ONE, image(made="2026-11-19"))
    found = world.moved()

    assert found is not None
    assert found.alike
    assert any(one.startswith("layers:") for one in found.differences)


def test_offline_no_registry_is_asked_for_the_image_before(world: World) -> None:
    found = world.moved(ONE, offline=True)

    assert found is not None
    assert () == found.differences
    assert "offline, and registry.example/team/app@" in found.untold


def test_what_no_registry_gave_moves_with_each_build(world: World) -> None:
    seen(world, ONE, {"python": "3.8"})
    world.now = subject(OTHER, image(), pulled=False)
    assert world.moved() is None
    assert world.moved(ONE) is not None, "against its lock it counts"


def test_a_name_that_moved_again_meanwhile_says_nothing(world: World) -> None:
    watch = TagWatch(cells={CELL.id: CELL}, locked=None, engine="docker")
    another = ImageIdentity(id="sha256:id", manifest=ONE)
    one = replace(record("python"), cell=CELL.id, image=another)
    assert one == watch.marked(one)


@pytest.mark.parametrize(
    ("name", "expected"),
    [(NAME, True), ("app", True), (f"app@{ONE}", False), (f"app:1@{ONE}", False), ("A b", False)],
)
def test_only_a_name_without_a_digest_can_move(name: str, expected: bool) -> None:
    assert expected is by_tag(replace(CELL, image=name))
    assert not by_tag(cell("built"))
