"""A framework that none of its own distributions brought is neither missing nor confirmed."""

from __future__ import annotations

import pytest

from harness.check.page import CheckPage, page_of
from harness.check.reasons import ReuseAnswer, Weight
from harness.check.subject import Subject, subject_of
from harness.commands.measure import cell_of
from harness.images.carried import CarriedPackage
from harness.images.inside import Distribution, Inside
from harness.knowledge import frameworks
from tests.unit.check_builders import HERE, cpu_image, reading
from tests.unit.check_gallery import PYTHONS, SITE, asking, without_objects

VARIANTS = sorted(frameworks.variants("tensorflow"))
NAMED = {
    "tf-nightly",
    "tf-nightly-gpu",
    "tensorflow-rocm",
    "tensorflow-directml",
    "intel-tensorflow",
}
MODULES = frozenset(one.module for one in frameworks.conflicts("tensorflow") if one.module)


def about(*distributions: Distribution, carried: tuple[CarriedPackage, ...] = ()) -> Subject:
    config = cpu_image("1.0.0")
    config["history"] = []
    config["config"]["Env"] = ["PATH=/usr/local/bin:/usr/bin"]
    inside = Inside(distributions=distributions, carried=carried, pythons=PYTHONS, modules=MODULES)
    return subject_of(reading(config, "127.0.0.1:5000/own/image:1"), inside)


def page(subject: Subject) -> CheckPage:
    return page_of(subject, HERE, without_objects(subject))


def package(version: str = "", *owners: str, folder: str = SITE) -> CarriedPackage:
    return CarriedPackage(
        name="tensorflow", folder=folder, version=version, owners=owners, installed=True
    )


def test_the_names_that_people_met_are_known() -> None:
    assert NAMED <= set(VARIANTS)


@pytest.mark.parametrize("name", VARIANTS)
def test_a_variant_is_named_and_cannot_be_told(name: str) -> None:
    found = page(about(asking(f"{name}=2.11.0", "numpy>=1")))
    assert ReuseAnswer.UNTOLD is found.answer
    assert f"it holds tensorflow 2.11.0 as {name}: a build of which nothing is known here" == (
        found.because
    )
    assert not [one for one in found.reasons if "holds" in one.title and one.weight is Weight.FINE]
    assert ("framework", "", "tensorflow 2.11.0 (content)") in found.promises


def test_a_distribution_that_nobody_knows_carries_it_by_its_list_of_files() -> None:
    found = page(about(asking("our-fork=7.1"), carried=(package("2.11.0", "our-fork"),)))
    assert "it holds tensorflow 7.1 as our-fork: a build of which nothing is known here" == (
        found.because
    )
    assert ReuseAnswer.UNTOLD is found.answer


def test_a_build_from_source_states_its_release_itself() -> None:
    found = page(about(carried=(package("1.15.3"),)))
    assert ReuseAnswer.UNTOLD is found.answer
    assert found.because.startswith("it holds tensorflow 1.15.3, and no installer gives an account")
    assert ("python", "", "3.6 (content)") in found.promises


def test_a_package_that_states_nothing_is_still_no_lack_of_a_framework() -> None:
    found = page(about(carried=(package(),)))
    assert ReuseAnswer.UNTOLD is found.answer
    assert found.because.startswith("it holds a package tensorflow")


def test_its_own_distribution_beside_it_makes_it_no_unknown_build() -> None:
    found = page(about(asking("tensorflow=2.11.0", "numpy>=1"), asking("numpy=1.23"),
                       carried=(package("2.11.0", "tensorflow"),)))  # fmt: skip
    assert ReuseAnswer.REUSE is found.answer


def test_an_image_without_any_package_has_none() -> None:
    found = page(about(asking("six=1.16")))
    assert (ReuseAnswer.NOT, "") == (found.answer, found.purpose)
    assert "no framework that is known here is installed in it" == found.because


def test_what_is_asked_of_it_when_it_is_run() -> None:
    """Its own number may be another than the framework's; an import is tried in any case."""
    assert (("tensorflow", ""),) == cell_of(
        about(asking("tensorflow-rocm=2.11.0.540")), HERE
    ).framework
    assert (("tensorflow", ""),) == cell_of(about(), HERE).framework
    assert (("tensorflow", "2.11.0"),) == cell_of(
        about(asking("tensorflow=2.11.0")), HERE
    ).framework


def test_the_history_of_an_image_names_variants_too() -> None:
    config = cpu_image("1.0.0")
    config["history"] = [{"created_by": "pip install tf-nightly==2.5.0.dev20210101"}]
    subject = subject_of(reading(config, "127.0.0.1:5000/own/image:1"))
    found = page_of(subject, HERE, without_objects(subject))
    assert "as tf-nightly" in found.because
    assert ReuseAnswer.UNTOLD is found.answer
