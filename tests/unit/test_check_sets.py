"""Sets of distributions that break together: what is in the way, and what an environment mends."""

from __future__ import annotations

from dataclasses import replace

import pytest
from check_builders import HERE, cpu_image, subject

from harness.check.claims import Claim, ClaimOrigin
from harness.check.foreseen import IMPORTS_NOT, Change
from harness.check.reasons import Reason, Weight
from harness.check.rules import sets
from harness.images.inside import Distribution, Inside

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
