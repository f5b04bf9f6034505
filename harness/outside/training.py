"""Check the output of a container that trains: the same every time, good enough in each class, and
as good as a probe that trains the same."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from docker import APIClient

from harness.engines.oci.containers import kill
from harness.engines.oci.started import NotStarted
from harness.model import Fact
from harness.outside.breaches import Breaches
from harness.outside.cell import OutsideCell, here
from harness.outside.counted import (
    Confusion,
    Share,
    agree,
    bounds,
    confusion_of,
    deviation,
    values,
)
from harness.outside.same_training import NoAnswer, asked_in_container
from harness.outside.watching import HowEnded, printed, until_ended
from harness.promises import Trained
from harness.text import clean_line

_SHOWN = 120
_KEPT = 400
_NAME = "its own command"


def trained(settings: Mapping[str, Any]) -> dict[str, Fact]:
    """The facts of the probe `training`."""
    cell = here(settings)
    promise = cell.promise.trains
    assert promise is not None, "the probe is asked only where it is promised"
    broken = Breaches()
    with cell.engine() as client:
        facts = _own(cell, client, promise, settings, broken)
    return {**facts, "training.broken": broken.told}


def _own(
    cell: OutsideCell,
    client: APIClient,
    promise: Trained,
    settings: Mapping[str, Any],
    broken: Breaches,
) -> dict[str, Fact]:
    facts: dict[str, Fact] = {"training.started": promise.times}
    runs = _started(cell, client, promise, broken)
    if not runs:
        return facts
    facts["training.train_seconds"] = tuple(round(one.ended.seconds, 3) for one in runs)
    facts |= _same(promise, runs, broken)
    text = runs[0].text
    if promise.keep and (kept := re.findall(promise.keep, text)):
        facts["training.told"] = clean_line(kept[-1], _KEPT)
    elif promise.keep:
        broken.add(_NAME, f"no line that it prints matches {_shown(promise.keep)}")
    wrong = _wrong(promise, text, facts, broken)
    if wrong is None or wrong.value is None:
        return facts
    facts["training.test_images"] = wrong.of
    facts["training.wrong_images"] = wrong.count
    facts["training.test_error"] = round(wrong.value, 6)
    facts["training.test_accuracy"] = round(1 - wrong.value, 6)
    if not promise.error_from <= wrong.value <= promise.error_to:
        between = f"{promise.error_from:g} to {promise.error_to:g}"
        broken.add(
            _NAME, f"its share of wrong test images is {wrong.value:.4g}, and {between} promised"
        )
    if promise.agrees_with:
        facts |= _held_against(cell, client, promise, wrong, settings, broken)
    return facts


@dataclass(frozen=True, kw_only=True, slots=True)
class _Start:
    """One start of the container's own command that ended well."""

    ended: HowEnded
    text: str


def _started(
    cell: OutsideCell, client: APIClient, promise: Trained, broken: Breaches
) -> tuple[_Start, ...]:
    """Start the container's own command as often as promised, in parallel; empty if any start did
    not end well."""
    budget = cell.given.profile.output_bytes
    runs: list[_Start] = []
    with ExitStack() as stack:
        try:
            made = [
                stack.enter_context(cell.container(client, cell.given.command)).get_container_id()
                for _ in range(promise.times)
            ]
        except NotStarted as error:
            broken.add(_NAME, f"it cannot be started: {error}")
            return ()
        for container in made:
            ended = until_ended(client, container, promise.within_s)
            if ended is None:
                kill(client, container)
            text, whole = printed(client, container, budget)
            if ended is None:
                broken.add(_NAME, f"it still runs after {promise.within_s:g} s{_last(text)}")
            elif ended.exit or ended.out_of_memory:
                broken.add(_NAME, f"it ended with {ended.told}{_last(text)}")
            elif not whole:
                broken.add(_NAME, f"it prints more than the {budget} bytes that are read of it")
            else:
                runs.append(_Start(ended=ended, text=text))
    return tuple(runs) if len(runs) == promise.times else ()


def _last(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip()]
    return f"; it printed last: {clean_line(lines[-1], _SHOWN)}" if lines else ""


def _same(promise: Trained, runs: tuple[_Start, ...], broken: Breaches) -> dict[str, Fact]:
    """Check what has to be equal in every run."""
    if not promise.same:
        return {}
    found = [[str(one) for one in re.findall(promise.same, run.text)] for run in runs]
    if not found[0]:
        broken.add(_NAME, f"no line that it prints matches {_shown(promise.same)}")
        return {}
    digest = sha256("\n".join(found[0]).encode()).hexdigest()
    facts: dict[str, Fact] = {
        "training.same_each_time": all(one == found[0] for one in found),
        "training.said_sha256": digest,
        "training.compared": len(found[0]),
    }
    for other in found[1:]:
        if other == found[0]:
            continue
        if len(other) != len(found[0]):
            broken.add(
                "started again",
                f"what has to be the same is printed {len(other)} times, "
                f"but {len(found[0])} times at first",
            )
            continue
        pairs = zip(found[0], other, strict=True)
        before, now = next(pair for pair in pairs if pair[0] != pair[1])
        broken.add(
            "started again",
            f"it prints {clean_line(now, _SHOWN)!a}, but at first {clean_line(before, _SHOWN)!a}",
        )
    return facts


def _wrong(promise: Trained, text: str, facts: dict[str, Fact], broken: Breaches) -> Share | None:
    """How many test images were wrong; adds what was printed class by class to the facts."""
    pattern = promise.confusion or promise.wrong
    found = re.findall(pattern, text)
    if not found:
        broken.add(_NAME, f"no line that it prints matches {_shown(pattern)}")
        return None
    try:
        if promise.confusion:
            confusion = confusion_of(found[-1])
            facts |= _by_class(confusion)
            right = confusion.right
            return Share(count=right.of - right.count, of=right.of)
        count, of = int(found[-1][0]), int(found[-1][1])
        if not 0 <= count <= of or not of:
            raise ValueError(f"{count} of {of} is no share")
    except ValueError as error:
        broken.add(_NAME, f"what it prints of its test images cannot be read: {error}")
        return None
    return Share(count=count, of=of)


def _by_class(confusion: Confusion) -> dict[str, Fact]:
    facts: dict[str, Fact] = {
        "training.images_per_class": tuple(one.of for one in confusion.recall)
    }
    for name, shares in (("precision", confusion.precision), ("recall", confusion.recall)):
        facts[f"training.{name}"] = values(shares)
        facts[f"training.{name}_from"] = bounds(shares, upper=False)
        facts[f"training.{name}_to"] = bounds(shares, upper=True)
    return facts


def _held_against(
    cell: OutsideCell,
    client: APIClient,
    promise: Trained,
    own: Share,
    settings: Mapping[str, Any],
    broken: Breaches,
) -> dict[str, Fact]:
    """The probe's training in another container of the cell, and whether the two results agree."""
    probe, training = promise.agrees_with, promise.training_deviation
    try:
        told = asked_in_container(cell, client, probe, settings)
    except NoAnswer as error:
        broken.add(f"the probe {probe}", f"its training gives nothing to compare with: {error}")
        return {}
    apart = abs(own.count / own.of - told.count / told.of)
    deviations = apart / (deviation(own, told, training) or 1.0)
    facts: dict[str, Fact] = {
        "training.probe_error": round(told.count / told.of, 6),
        "training.probe_images": told.of,
        "training.agrees": agree(own, told, training),
    }
    if own.of != told.of:
        broken.add(
            _NAME,
            f"it is tested with {own.of} images, and the probe {probe} with {told.of}: they "
            "were not given the same data set",
        )
    elif not agree(own, told, training):
        broken.add(
            _NAME,
            f"{own.count} of {own.of} test images are wrong, and {told.count} after the same "
            f"training by the probe {probe}: {deviations:.1f} standard deviations apart",
        )
    return facts


def _shown(pattern: str) -> str:
    return clean_line(pattern, _SHOWN)
