"""Sets of distributions that break together: what is in the way, and what an environment mends."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.check.claims import Claim, ClaimOrigin
from harness.check.foreseen import IMPORTS_NOT, Change
from harness.check.reasons import Reason, Weight
from harness.check.rules import sets
from harness.images.inside import Distribution, Inside
from tests.unit.check_builders import HERE, cpu_image, subject

VARIABLE = ("PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION", "python")


def found(version: str, protobuf: str, *environment: str) -> list[Reason]:
    config = cpu_image(version)
    config["config"]["Env"] = [*config["config"].get("Env", []), *environment]
    about = subject(config)
    claim = Claim(
        what="framework", value=f"tensorflow {version}", origin=ClaimOrigin.CONTENT, evidence="p"
    )
    inside = Inside(
        distributions=(
            Distribution(name="protobuf", version=protobuf, python="", prefix="", path="p"),
        )
    )
    return [
        one
        for one in sets.reasons(replace(about, claims=(claim,), inside=inside), HERE)
        if one.explain == "protobuf-4-descriptors"
    ]


@pytest.mark.parametrize("protobuf", ["4.21.12", "4.24.4"])
def test_a_variable_mends_early_protobuf_4(protobuf: str) -> None:
    (reason,) = found("2.3.4", protobuf)
    assert (Weight.CHANGE, IMPORTS_NOT, Change(environment=(VARIABLE,))) == (
        reason.weight,
        reason.foresees,
        reason.change,
    )
    assert not found("2.3.4", protobuf, "=".join(VARIABLE))


@pytest.mark.parametrize("environment", [(), ("=".join(VARIABLE),)])
@pytest.mark.parametrize("protobuf", ["4.25.0", "5.29.6"])
def test_nothing_but_another_protobuf_mends_later_ones(
    protobuf: str, environment: tuple[str, ...]
) -> None:
    (reason,) = found("2.3.4", protobuf, *environment)
    assert (Weight.BLOCKS, None) == (reason.weight, reason.change)


@pytest.mark.parametrize(("version", "protobuf"), [("2.3.4", "3.20.3"), ("2.12.0", "4.24.4")])
def test_what_fits_is_not_told(version: str, protobuf: str) -> None:
    assert not found(version, protobuf)


def beside(
    version: str, *distributions: str, environment: tuple[str, ...] = (), modules: str = ""
) -> dict[str, Weight]:
    """What is told of an image that has these distributions (`name=version`), by breakage."""
    config = cpu_image(version)
    config["config"]["Env"] = [*config["config"].get("Env", []), *environment]
    claim = Claim(
        what="framework", value=f"tensorflow {version}", origin=ClaimOrigin.CONTENT, evidence="p"
    )
    told = (one.partition("=") for one in distributions)
    inside = Inside(
        distributions=tuple(
            Distribution(name=name, version=number, python="", prefix="", path="p")
            for name, _, number in told
        ),
        modules=frozenset(one for one in (modules,) if one),
    )
    about = replace(subject(config), claims=(claim,), inside=inside)
    return {one.explain: one.weight for one in sets.reasons(about, HERE)}


@pytest.mark.parametrize(
    ("version", "distribution", "breakage"),
    [
        ("1.15.0", "keras=2.4.3", "keras-too-new-for-tf1"),
        ("2.1.4", "keras=2.11.0", "keras-too-new-for-tf1"),
        ("2.4.4", "keras=2.2.4", "keras-224-tf2"),
        ("2.18.1", "tensorflow-addons=0.23.0", "addons-beside-keras-3"),
        ("2.6.0", "keras=2.7.0", "keras-2.7-beside-2.6"),
        ("2.14.1", "ml-dtypes=0.3.1", "ml-dtypes-0.3"),
    ],
)
def test_packages_that_nothing_binds_to_a_release_are_told_where_they_do_not_fit(
    version: str, distribution: str, breakage: str
) -> None:
    """Metadata let these in: keras beside a release that does not ask for it, extensions."""
    assert breakage in beside(version, distribution)


@pytest.mark.parametrize(
    ("version", "distribution"),
    [
        ("1.14.0", "keras=2.2.4"),
        ("1.15.0", "keras=2.3.1"),
        ("2.4.4", "keras=2.4.3"),
        ("2.3.4", "keras=2.3.1"),
        ("2.15.1", "tensorflow-addons=0.23.0"),
        ("2.6.0", "keras=2.6.0"),
    ],
)
def test_packages_that_fit_a_release_are_not_told(version: str, distribution: str) -> None:
    assert not {one for one in beside(version, distribution) if "keras" in one}


@pytest.mark.parametrize("value", ["1", "true", "True"])
def test_keras_2_that_is_asked_for_and_not_there_is_told(value: str) -> None:
    asks = (f"TF_USE_LEGACY_KERAS={value}",)
    found = beside("2.18.1", "keras=3.6.0", environment=asks)
    assert Weight.CHANGE is found["legacy-keras-missing"]
    missing = "legacy-keras-missing"
    assert missing not in beside("2.18.1", "tf-keras=2.18.0", environment=asks)
    assert missing not in beside("2.18.1", environment=asks, modules="tf_keras/__init__.py")
    assert missing not in beside("2.12.1", environment=asks)


@pytest.mark.parametrize("asks", [(), ("TF_USE_LEGACY_KERAS=0",)])
def test_keras_2_that_nobody_asks_for_is_not_missed(asks: tuple[str, ...]) -> None:
    assert "legacy-keras-missing" not in beside("2.18.1", "keras=3.6.0", environment=asks)
