"""Drifts that are injected into the records of real rounds: those that are smaller than a test
could produce on a busy host, and those that no image can cause (a probe of another version)."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from harness.compare.facts import as_number, as_numbers
from harness.compare.kinds import FindingKind
from harness.model import Fact, Outcome, Record

Records = Sequence[Record]
LONGER = 1.25
POINTS = 0.03


@dataclass(frozen=True, kw_only=True)
class Injected:
    """One drift; `into` changes the records of a cell."""

    name: str
    area: str
    done: str
    kind: FindingKind
    subject: str
    into: Callable[[Records], list[Record]]


def _longer(records: Records) -> list[Record]:
    def value(fact: Fact) -> Fact:
        return tuple(one * LONGER for one in as_numbers(fact) or ())

    return [_with(one, "mnist", {"mnist.step_seconds": value}) for one in records]


def _less_accurate(records: Records) -> list[Record]:
    return [_erring(one) if _answers(one, "mnist") else one for one in records]


def _erring(record: Record) -> Record:
    """The record with more wrong test images: the first ones that were right become wrong."""
    images = int(as_number(record.facts["mnist.test_images"]) or 0)
    bits = bytearray(base64.b64decode(str(record.facts["mnist.wrong_test_images"])))
    more = round(POINTS * images)
    for image in range(images):
        if more and not bits[image // 8] & 128 >> image % 8:
            bits[image // 8] |= 128 >> image % 8
            more -= 1
    error = sum(bin(byte).count("1") for byte in bits) / images
    told: dict[str, Fact] = {
        "mnist.wrong_test_images": base64.b64encode(bytes(bits)).decode("ascii"),
        "mnist.test_error": error,
        "mnist.test_accuracy": 1.0 - error,
        # Equal weights would contradict a different accuracy.
        "mnist.final_weights_sha256": str(record.facts["mnist.final_weights_sha256"])[::-1],
    }
    return replace(record, facts={**record.facts, **told})


def _another_probe(records: Records) -> list[Record]:
    return [
        replace(
            one,
            probe_digest="sha256:" + "ff" * 32,
            facts={**one.facts, "packages.editable": ()},
        )
        if _answers(one, "packages")
        else one
        for one in records
    ]


def _answers(record: Record, probe: str) -> bool:
    return record.probe == probe and record.outcome is Outcome.OK


def _with(record: Record, probe: str, changed: dict[str, Callable[[Fact], Fact]]) -> Record:
    if not _answers(record, probe):
        return record
    told = {name: change(record.facts[name]) for name, change in changed.items()}
    return replace(record, facts={**record.facts, **told})


INJECTED = (
    Injected(
        name="step-a-quarter-longer",
        area="timing",
        done="each training step takes a quarter longer, in recorded rounds",
        kind=FindingKind.TIME_DRIFTS,
        subject="mnist.step_seconds",
        into=_longer,
    ),
    Injected(
        name="less-accurate",
        area="accuracy",
        done="three points of the test images more are wrong, in recorded rounds",
        kind=FindingKind.ACCURACY_DRIFTS,
        subject="mnist.test_accuracy",
        into=_less_accurate,
    ),
    Injected(
        name="asked-by-another-probe",
        area="probe",
        done="a probe of another version asked, and told one fact more, in recorded rounds",
        kind=FindingKind.ASKED_OTHERWISE,
        subject="packages.editable",
        into=_another_probe,
    ),
)
