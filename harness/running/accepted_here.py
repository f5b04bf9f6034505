"""Reads the accepted.yaml of a suite, and finds the images of its baseline on this host."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from harness.errors import HarnessError, UsageError
from harness.model import Suite
from harness.nights.accepted import FILE_NAME, read_accepted
from harness.nights.values import Accepted
from harness.store.store import Store
from harness.suite.document import MAX_BYTES


@dataclass(frozen=True, kw_only=True, slots=True)
class AcceptedFile:
    """An accepted.yaml with its text and what it states."""

    path: Path
    text: str
    accepted: Accepted


def accepted_file(suite: Suite) -> AcceptedFile | None:
    """Return the accepted.yaml beside a suite's matrix.yaml; None if there is none.

    AcceptedError if its content is wrong, UsageError if it cannot be read.
    """
    path = Path(suite.root) / FILE_NAME
    try:
        with path.open("rb") as opened:
            data = opened.read(MAX_BYTES + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise UsageError(f"{path} cannot be read: {reason}") from None
    accepted = read_accepted(data, str(path))
    return AcceptedFile(path=path, text=data.decode("utf-8-sig"), accepted=accepted)


def baseline_images(suite: Suite, store: Store) -> frozenset[str]:
    """Return the engine's ids of the images that the baseline's records in the store come from.

    These images are removed last when room is needed. Raises nothing: errors in an accepted.yaml
    are reported by the commands that need it.
    """
    try:
        file = accepted_file(suite)
        records = store.records(file.accepted.baseline.run) if file is not None else ()
    except HarnessError:
        return frozenset()
    return frozenset(one.image.id for one in records if one.image is not None)
