"""What is accepted of a suite on this host: its accepted.yaml, and the images of its baseline."""

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
    """An accepted.yaml that is there, and what it says."""

    path: Path
    text: str
    accepted: Accepted


def accepted_file(suite: Suite) -> AcceptedFile | None:
    """The accepted.yaml beside a suite's matrix.yaml; None: there is none. Raises AcceptedError,
    UsageError where it cannot be read."""
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
    """The engine's ids of the images that the baseline's records come from, as far as the store has
    them: they are the last to go where room is needed.

    Never raises: what is wrong with an accepted.yaml is told where somebody asks for it.
    """
    try:
        file = accepted_file(suite)
        records = store.records(file.accepted.baseline.run) if file is not None else ()
    except HarnessError:
        return frozenset()
    return frozenset(one.image.id for one in records if one.image is not None)
