"""What is said of a tag: that it moved, from what to what, and how old is what it names."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given

from harness.check.page import CheckPage, page_of
from harness.check.reasons import Reason, ReuseAnswer, Weight
from harness.check.rules import all_reasons
from harness.check.rules.tag import reasons
from harness.check.sighted import sighting_of
from harness.check.subject import Subject, subject_of
from harness.images.image import Reading
from harness.images.manifest import Form
from harness.images.sightings import Sighting
from harness.knowledge.released import released
from tests.unit.check_builders import DIGEST, HERE, cpu_image, reading
from tests.unit.hostile import texts

NAME = "tensorflow/tensorflow:latest-gpu"
OLD = "sha256:" + "0d" * 32
OLDER = "sha256:" + "0c" * 32
SAID = {
    "framework": "tensorflow 1.2.1",
    "python": "2.7",
    "system": "ubuntu-16.04",
    "command": "/run_jupyter.sh",
    "made": "2017-06-30",
}


def before(digest: str = OLD, **rest: Any) -> Sighting:
    values: dict[str, Any] = {
        "first": "2026-10-01T08:00:00Z",
        "last": "2026-10-02T08:00:00Z",
        "said": SAID,
    }
    return Sighting(digest=digest, **(values | rest))


def told(*seen: Sighting, name: str = NAME, **changes: Any) -> list[Reason]:
    config = cpu_image("2.15.0")
    config["config"]["Env"].append("PYTHON_VERSION=3.11.5")
    return of(subject_of(reading(config, name, **changes)), *seen)


def of(about: Subject, *seen: Sighting) -> list[Reason]:
    found = list(reasons(replace(about, seen=seen), HERE))
    return [one for one in found if "was given to another" in one.title]


def page(*seen: Sighting) -> CheckPage:
    about = replace(subject_of(reading(cpu_image("2.15.0"), NAME)), seen=seen)
    return page_of(about, HERE, all_reasons(about, HERE))


def test_a_tag_that_moved_is_told_with_both_and_what_differs() -> None:
    (why,) = told(before())
    assert Weight.CHANGE is why.weight
    assert "it named tensorflow 1.2.1 on Python 2.7, now it names tensorflow 2.15.0" in why.title
    assert f"{OLD}, last seen 2026-10-02 08:00" in why.evidence
    assert f"{DIGEST}, first seen 2026-11-20" in why.evidence
    assert "framework: tensorflow 1.2.1 before, tensorflow 2.15.0 now" in why.evidence
    assert "system: ubuntu-16.04 before, ubuntu-22.04 now" in why.evidence
    assert "command: /run_jupyter.sh before, /bin/bash now" in why.evidence
    assert f"docker.io/tensorflow/tensorflow@{OLD}" in why.remedy
    assert "never run by a check here" in why.remedy


def test_the_answer_asks_for_the_digest_however_often_it_is_asked() -> None:
    """The second check of a moved tag must not be good again: nothing was changed."""
    assert ReuseAnswer.REUSE is page().answer
    assert ReuseAnswer.CHANGES is page(before()).answer
    again = before(DIGEST, first="2026-11-19T00:00:00Z", last="2026-11-19T00:00:00Z")
    found = page(before(), again)
    assert ReuseAnswer.CHANGES is found.answer
    (why,) = (one for one in found.reasons if "was given to another" in one.title)
    assert f"{DIGEST}, first seen 2026-11-19 00:00" in why.evidence


def test_what_a_deeper_look_told_before_is_still_true_of_the_same_image() -> None:
    bare = subject_of(reading({"architecture": "amd64", "config": {}}, NAME))
    deeper = before(DIGEST, said={"framework": "tensorflow 2.21.0", "python": "3.13"})
    (why,) = of(bare, before(), deeper)
    assert "now it names tensorflow 2.21.0 on Python 3.13" in why.title
    (why,) = of(bare, before())
    assert "now it names an image that does not say what it holds" in why.title
    told = f"@{OLD} --against docker.io/tensorflow/tensorflow@{DIGEST}"
    assert any(one.endswith(told) and "check --static" in one for one in why.evidence)


def test_an_image_that_is_named_by_its_id_is_not_remembered() -> None:
    about = subject_of(reading(cpu_image("2.15.0"), DIGEST))
    assert DIGEST == about.reading.digest
    assert None is sighting_of(about, "2026")


def test_the_digest_that_worked_is_named_though_others_came_between() -> None:
    (why,) = told(before(OLDER, run="20261001T0000Z-1"), before())
    assert f"the one that worked here: docker.io/tensorflow/tensorflow@{OLDER}" in why.remedy
    assert "run 20261001T0000Z-1" in why.remedy
    assert "and 1 other before that" in why.evidence


def test_one_that_only_was_answered_well_is_not_said_to_have_worked() -> None:
    (why,) = told(before(answer="reuse"))
    assert "answered 'reuse' then, never run by a check here" in why.remedy


def test_a_tag_that_did_not_move_is_not_mentioned() -> None:
    assert [] == told()
    assert [] == told(before(DIGEST))


def test_a_tag_that_came_back_has_moved() -> None:
    (why,) = told(before(DIGEST), before())
    assert f"{OLD}, last seen 2026-10-02 08:00" in why.evidence


def test_another_build_of_the_same_is_worth_knowing() -> None:
    about = subject_of(reading(cpu_image("2.15.0"), NAME))
    now = sighting_of(about, "2026-11-01T00:00:00Z")
    assert now is not None
    same = replace(now, digest=OLD, said={**now.said, "made": "2026-01-01"})
    (why,) = of(about, same)
    assert Weight.NOTE is why.weight
    assert "another build of the same" in why.title


def test_of_what_told_nothing_nobody_knows_whether_it_is_of_the_same_kind() -> None:
    (why,) = told(before(said={}))
    assert Weight.CHANGE is why.weight
    assert "an image that does not say what it holds" in why.title


def test_an_index_that_changed_for_other_platforms_alone_has_not_moved() -> None:
    image = "sha256:" + "11" * 32
    assert [] == told(before(image=image), manifest_digest=image)
    assert told(before(image=OLDER), manifest_digest=image)


@pytest.mark.parametrize("name", [f"tensorflow/tensorflow@{DIGEST}", f"{NAME}@{DIGEST}"])
def test_a_digest_cannot_move(name: str) -> None:
    assert [] == told(before(), name=name)
    about = subject_of(reading(cpu_image("2.15.0"), name))
    assert None is sighting_of(about, "2026-11-01T00:00:00Z")


def test_what_no_registry_gave_is_named_by_its_id() -> None:
    (why,) = told(before(), engine="docker 28", manifest_digest="")
    assert f"before: {OLD}" in why.remedy
    (why,) = told(before(), engine="docker 28", manifest_digest=DIGEST)
    assert f"before: docker.io/tensorflow/tensorflow@{OLD}" in why.remedy


def test_what_cannot_be_read_is_no_sighting() -> None:
    for form in (Form.OTHER, Form.LEGACY):
        found = Reading(
            reference=reading().reference, name="x", form=form, digest=DIGEST, image=None
        )
        assert None is sighting_of(subject_of(found), "2026")


# --- age -----------------------------------------------------------------------------------------


def aged(
    tag: str, version: str = "1.12.0rc0", created: str = "2026-11-19", *times: str
) -> list[Reason]:
    config = cpu_image(version)
    config["created"] = f"{created}T00:00:00Z"
    for number, when in enumerate(times):
        config["history"].append({"created_by": str(number), "created": when})
    about = subject_of(reading(config, f"tensorflow/tensorflow:{tag}"))
    return [one for one in reasons(about, HERE) if "was given to another" not in one.title]


def test_a_nightly_that_holds_an_old_release_is_as_old_as_that() -> None:
    """Made anew yesterday of a release of 2018, it is still of 2018."""
    (why,) = aged("nightly-devel")
    assert Weight.CHANGE is why.weight
    assert "2936 days (8.0 years) old (2018-11-06)" in why.title
    assert "made on 2026-11-19" in why.evidence
    assert "tensorflow 1.12.0rc0: released by 2018-11-06" in why.evidence
    assert DIGEST in why.remedy


def test_a_nightly_of_last_night_is_none_to_complain_of() -> None:
    (why,) = aged("nightly", "2.22.0.dev20261119")
    assert Weight.NOTE is why.weight
    assert "1 day old" in why.title
    (why,) = aged("nightly", "2.22.0.dev20261001")
    assert Weight.CHANGE is why.weight


def test_latest_says_how_old_it_is_and_decides_nothing() -> None:
    (why,) = aged("latest-gpu", "2.15.0", "2023-11-20", "2023-11-15T00:00:00Z", "2021-01-02")
    assert Weight.NOTE is why.weight
    assert "(2023-11-14)" in why.title
    assert "its layers: 2021-01-02 to 2023-11-15" in why.evidence


@pytest.mark.parametrize("tag", ["2.15.0", "1.12.0-devel", "late", "latests", "nightlyish"])
def test_other_tags_are_not_meant_to_move(tag: str) -> None:
    assert [] == aged(tag)


@pytest.mark.parametrize("created", ["1970-01-01", "1980-01-01", "0001-01-01", "never"])
def test_what_is_no_date_makes_nothing_old(created: str) -> None:
    (why,) = aged("latest", "2.99.0", created)
    assert "the age of this one is unknown" in why.title


@given(texts, texts)
def test_any_dates_are_read(created: str, when: str) -> None:
    config = cpu_image("2.15.0")
    config["created"] = created
    config["history"].append({"created_by": "x", "created": when})
    about = subject_of(reading(config, "tensorflow/tensorflow:nightly"))
    assert list(reasons(about, HERE))


@pytest.mark.parametrize(
    ("day", "version"),
    [
        ("2017-06-15", "1.2.0"),
        ("2018-11-06", "1.12.0-rc0"),
        ("2026-11-19", "2.22.0.dev20261119"),
        ("2025-01-02", "2.19.0-dev20250102"),
        ("", "9.9.9"),
        ("", ""),
        ("", "nightly"),
    ],
)
def test_the_day_of_a_release(day: str, version: str) -> None:
    assert day == released("tensorflow", version)
