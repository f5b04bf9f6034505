"""`harness check A --against B`: what differs between two images, without pulling or running
either."""

from __future__ import annotations

from pathlib import Path

from harness.check.difference import DifferencePage, difference_of
from harness.check.page import cost_of
from harness.commands.check import CheckRequest, host_of, wanted_by
from harness.errors import UsageError
from harness.images.reference import parse_reference
from harness.running.found import WantedImage, found


def against(asked: CheckRequest, other: str) -> DifferencePage:
    """Compare the image of the request with another one, given by a name or an existing file.
    Raises what `check` raises."""
    for given, option in (
        (asked.pull, "--pull"),
        (asked.emit_cell, "--emit-cell"),
        (asked.gpu, "--gpu"),
        (asked.driver, "--driver"),
    ):
        if given:
            raise UsageError(
                f"--against compares two images and cannot be combined with {option}",
                remedy="call `harness check` twice: once with --against, once without",
            )
    first = wanted_by(asked)
    second = _second(asked, other)
    host = host_of(asked)
    subjects = found(first, host), found(second, host)
    return difference_of(*subjects, (cost_of(subjects[0]), cost_of(subjects[1])))


def _second(asked: CheckRequest, other: str) -> WantedImage:
    if Path(other).is_file():
        return WantedImage(name="", archive=Path(other))
    parse_reference(other)
    return WantedImage(name=other, inside=asked.static, engine=asked.first_asked)
