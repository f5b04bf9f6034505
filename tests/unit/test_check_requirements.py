"""What is asked for against what is installed, from the framework onwards."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.check.page import page_of
from harness.check.reasons import Reason, ReuseAnswer, Weight
from harness.check.requirements import RequirementsRead, requirements_of
from harness.check.rules import all_reasons, requirements
from harness.check.subject import Subject, subject_of
from harness.images.inside import Distribution, Inside
from harness.knowledge import frameworks, loaded
from tests.unit.check_builders import HERE, cpu_image, reading
from tests.unit.check_gallery import asking, installed, without_objects
from tests.unit.hostile import texts

MODULES = frozenset(one.module for one in frameworks.conflicts("tensorflow") if one.module)
PYTHON_39 = "opt/python/lib/python3.9/site-packages"


def moved(one: Distribution, python: str = "3.9", prefix: str = "opt/python") -> Distribution:
    name = one.path.rpartition("-packages/")[2]
    path = f"{prefix}/lib/python{python}/site-packages/{name}"
    return replace(one, python=python, prefix=prefix, path=path)


def about(*distributions: Distribution, architecture: str = "amd64") -> Subject:
    config = cpu_image("2.11.0") | {"architecture": architecture}
    config["history"] = []
    program = "opt/python/bin/python3.9"
    inside = Inside(
        distributions=distributions,
        pythons={program: program, "opt/python/bin/python3": program},
        modules=MODULES,
    )
    config["config"]["Env"] = ["PATH=/opt/python/bin"]
    return subject_of(reading(config, "127.0.0.1:5000/own/image:1"), inside)


def read(*distributions: Distribution, architecture: str = "amd64") -> RequirementsRead:
    found = requirements_of(about(*map(moved, distributions), architecture=architecture))
    assert found is not None
    return found


def given_for(*distributions: Distribution) -> list[Reason]:
    return list(requirements.reasons(about(*map(moved, distributions)), HERE))


def unmet(*distributions: Distribution) -> list[tuple[str, str, str, str]]:
    return [(one.by, one.name, one.wanted, one.have) for one in read(*distributions).unmet]


OWN = "tensorflow=2.11.0"


def test_what_fits_is_counted() -> None:
    found = read(asking(OWN, "numpy>=1.20", "six"), *installed("numpy=1.23.5", "six=1.16"))
    assert (2, (), ()) == (found.met, found.unmet, found.unparsed)


def test_what_does_not_fit_is_named_with_who_asks() -> None:
    (only,) = unmet(asking(OWN, "ml_dtypes (==0.2.0)"), *installed("ml-dtypes=0.3.1"))
    assert ("tensorflow 2.11.0", "ml-dtypes", "==0.2.0", "0.3.1") == only


def test_requirements_of_requirements_count_too() -> None:
    keras = asking("keras=2.11.0", "absl-py<1")
    (only,) = unmet(asking(OWN, "keras>=2.11"), keras, *installed("absl-py=1.4"))
    assert ("keras 2.11.0", "absl-py", "<1", "1.4") == only


def test_a_circle_of_requirements_ends() -> None:
    one, other = asking("one=1", "other"), asking("other=1", "one", "gone")
    assert [("other 1", "gone", "", "")] == unmet(asking(OWN, "one"), one, other)


@pytest.mark.parametrize(
    ("met", "marker"),
    [
        (False, 'python_version < "3.10"'),
        (True, 'python_version >= "3.10"'),
        (False, 'sys_platform == "linux" and platform_machine == "x86_64"'),
        (True, 'platform_machine == "aarch64"'),
        (True, 'extra == "and-cuda"'),
    ],
)
def test_markers_hold_for_the_image_and_not_for_this_host(met: bool, marker: str) -> None:
    assert met is (unmet(asking(OWN, f"odd>=2; {marker}"), *installed("odd=1")) == [])


def test_markers_know_the_images_machine() -> None:
    lines = asking(OWN, 'odd>=2; platform_machine == "aarch64"')
    assert read(lines, *installed("odd=1"), architecture="arm64").unmet


def test_an_extra_is_followed_where_somebody_asks_for_it() -> None:
    requests = asking("requests=2", 'odd>=2; extra == "secure"', "six")
    assert [] == unmet(asking(OWN, "requests"), requests, *installed("odd=1", "six=1"))
    (only,) = unmet(asking(OWN, "requests[secure]"), requests, *installed("odd=1", "six=1"))
    assert ("requests 2", "odd", ">=2", "1") == only


def test_setuptools_own_list_is_read_with_its_sections() -> None:
    own = replace(asking(OWN), listed=("numpy>=2", "[:python_version<'3']", "enum34", "[x]", "odd"))
    assert [("tensorflow 2.11.0", "numpy", ">=2", "1.0")] == unmet(own, *installed("numpy=1.0"))


def test_of_a_name_that_is_listed_twice_one_may_fit() -> None:
    """An installer that was interrupted leaves an account behind."""
    assert [] == unmet(asking(OWN, "six>=2"), *installed("six=1", "six=2"))


def test_pre_releases_count_as_they_do_for_an_installer() -> None:
    assert [] == unmet(asking(OWN, "keras>=2.11.0rc0"), *installed("keras=2.11.0rc1"))


def test_another_pythons_distributions_serve_nobody() -> None:
    own, elsewhere = moved(asking(OWN, "six")), moved(installed("six=1")[0], "3.8", "usr")
    found = requirements_of(about(own, elsewhere))
    assert found is not None
    assert ["six"] == [one.name for one in found.unmet]


def test_what_lies_elsewhere_for_the_same_python_may_be_found() -> None:
    """A virtual environment that sees the system's modules, or a PYTHONPATH."""
    own, system = moved(asking(OWN, "six")), moved(installed("six=1")[0], "3.9", "usr")
    found = requirements_of(about(own, system))
    assert found is not None
    assert (1, ()) == (found.met, found.unmet)


def test_what_the_import_loads_decides_and_the_rest_is_told() -> None:
    numpy = replace(installed("numpy=1.0")[0], modules=("numpy", "numpy/core"))
    odd = replace(installed("odd=1")[0], modules=("odd",))
    found = {one.rule: one for one in given_for(asking(OWN, "numpy>=1.20", "odd>=2"), numpy, odd)}
    assert {"requirement-unmet", "requirement-aside"} == set(found)
    deciding = found["requirement-unmet"]
    assert "tensorflow 2.11.0 asks for numpy >=1.20, and numpy 1.0 is installed" == deciding.title
    assert 'pip install --no-deps "numpy>=1.20"' in deciding.remedy
    assert Weight.NOTE is found["requirement-aside"].weight


def test_what_came_between_two_measured_releases_may_be_loaded() -> None:
    """2.11.1 does not load ml-dtypes, 2.21.0 does; 2.14.1 asks for it and was not measured."""
    assert not any("ml_dtypes" in one for one in loaded.nearest("tensorflow", "2.14.1")[1])
    dtypes = replace(installed("ml-dtypes=0.1")[0], modules=("ml_dtypes",))
    found = {one.rule for one in given_for(asking("tensorflow=2.14.1", "ml-dtypes==0.2.0"), dtypes)}
    assert {"requirement-unmet"} == found


def test_a_namespace_belongs_to_nobody() -> None:
    """google.protobuf is imported; google.auth shares its first name and is not."""
    auth = replace(installed("google-auth=1")[0], modules=("google", "google/auth"))
    (found,) = given_for(asking(OWN, "google-auth>=2"), auth)
    assert "requirement-aside" == found.rule


def test_what_is_known_of_a_set_is_told_once() -> None:
    numpy = replace(installed("numpy=2.1")[0], modules=("numpy",))
    assert [] == given_for(asking(OWN, "numpy<2"), numpy)
    ids = [
        one.explain for one in all_reasons(about(moved(asking(OWN, "numpy<2")), moved(numpy)), HERE)
    ]
    assert "numpy-2-umath" in ids
    assert "requirement-unmet" not in ids


def test_an_account_that_was_not_read_leaves_it_open() -> None:
    subject = about(*map(moved, (asking(OWN, told=False), *installed("numpy=1.23"))))
    found = page_of(subject, HERE, without_objects(subject))
    assert ReuseAnswer.UNTOLD is found.answer
    assert "what tensorflow 2.11.0 requires is not known: its account was not read" == found.because
    assert not [one for one in found.reasons if one.weight is Weight.FINE]


def test_layers_that_could_not_be_read_leave_it_to_their_own_reason() -> None:
    whole = about(moved(asking(OWN, "six")))
    assert whole.inside is not None
    cut = replace(whole, inside=replace(whole.inside, problems=("layer 1: cut",)))
    assert [] == list(requirements.reasons(cut, HERE))


@given(st.lists(texts, max_size=6))
def test_whatever_a_distribution_asks_for_is_survived(lines: list[str]) -> None:
    found = read(asking(OWN, *lines, "six"), *installed("six=1"))
    assert found.met >= 1
