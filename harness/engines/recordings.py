"""Recordings: the answers of an engine in files, so that `replay` can give them without an engine.

A folder has one folder for each cell, with `obtained.json`, and `round-N/PROBE.json` for every
question of every round. Each file is one canonical JSON value with the version of this format.
Recordings are trusted as little as what an image prints: their size is bounded, they are validated,
and problems are reported.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from harness.engines import Obtained, ProbeQuestion
from harness.errors import UsageError
from harness.machine.files import atomic_write
from harness.model import EngineInfo, HostClass, Scalar
from harness.probing.answer import SERIES, Answer
from harness.recipes.orders import Order
from harness.recipes.recipe import digest, with_part
from harness.serial import MAX_LINE_BYTES, UnreadableError, decode_untrusted, encode
from harness.text import clean_line

FORMAT = 1
MAX_FILES = 50_000
"""Most files of one folder; a folder with more is refused."""
_OBTAINED = "obtained.json"
_SHOWN = 10


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordedData:
    """The data set that a probe could read when it was recorded."""

    name: str
    digest: str
    notice: str = ""
    """The notice on the data set at that time."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordedCell:
    """How a cell was obtained, by which engine, on which host."""

    format: int = FORMAT
    cell: str
    asked: str
    """Digest of what was to be obtained, as `asked` makes it."""
    recorded: str
    """The time of recording, ISO 8601 in UTC."""
    engine: EngineInfo
    host: HostClass
    obtained: Obtained


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordedAnswer:
    """The answer of one probe in one round, or how its container ended without one."""

    format: int = FORMAT
    cell: str
    round: int
    probe: str
    probe_digest: str
    settings: Mapping[str, Scalar] = field(default_factory=dict)
    data: RecordedData | None = None
    image: str = ""
    container: int = 1
    """Number of the container in the round."""
    seconds: float = 0.0
    """How long that container ran."""
    answer: Answer


@dataclass(frozen=True, kw_only=True, slots=True)
class Recordings:
    """All recordings of a folder, validated."""

    folder: Path
    cells: Mapping[str, RecordedCell]
    answers: Mapping[tuple[str, int, str], RecordedAnswer]
    """By cell, round, probe."""

    def data(self) -> RecordedData | None:
        """Return the data set with which the recordings were made; None if none was needed.

        UsageError if they were made with different ones.
        """
        found = sorted(
            {one.data for one in self.answers.values() if one.data is not None},
            key=lambda one: (one.name, one.digest, one.notice),
        )
        if len({(one.name, one.digest) for one in found}) > 1:
            names = ", ".join(f"{one.name} ({one.digest[:12]})" for one in found)
            raise UsageError(
                f"the recordings in {self.folder} were made with different data sets: {names}",
                remedy="record them again, all with one",
            )
        return found[0] if found else None


def asked(order: Order) -> str:
    """Return the digest of what an order asks for, without how it is built.

    It covers base, locked distributions and environment, or a Dockerfile's digest, or the name of
    an image or interpreter; and the cell's promise.
    """
    if order.recipe is not None:
        content = digest(with_part(order.recipe, dockerfile="", files=()))
    elif order.dockerfile is not None:
        content = order.digest
    else:
        content = digest({"image": order.cell.image, "host": order.cell.host})
    promise = order.cell.promise
    return content if promise is None else digest({"content": content, "promise": promise})


def differs(recorded: RecordedAnswer, question: ProbeQuestion, image: str) -> str:
    """Describe why a recorded answer does not answer this question; empty if it does."""
    if recorded.image != image:
        return "it was recorded in another image of the cell"
    if recorded.probe_digest != question.probe.digest:
        return "the probe has changed since it was recorded"
    if dict(recorded.settings) != dict(question.settings):
        names = sorted(
            name
            for name in {*recorded.settings, *question.settings}
            if recorded.settings.get(name) != question.settings.get(name)
        )
        told = ", ".join(
            f"{name} {recorded.settings.get(name)!r}, not {question.settings.get(name)!r}"
            for name in names
        )
        return f"it was recorded with other settings: {told}"
    return ""


def begin_cell(folder: Path, cell: RecordedCell) -> None:
    """Record how a cell was obtained, after deleting what was recorded of the cell before."""
    home = folder / cell.cell
    for path in _files(home):
        path.unlink()
    _write(home / _OBTAINED, cell)


def keep_answer(folder: Path, answer: RecordedAnswer) -> None:
    """Record an answer. UsageError or InfrastructureError if it cannot be written."""
    _write(folder / answer.cell / f"round-{answer.round}" / f"{answer.probe}.json", answer)


def load(folder: Path) -> Recordings:
    """Read all recordings of a folder. UsageError if there is no folder, or listing what is
    wrong."""
    if not folder.is_dir():
        raise UsageError(
            f"there are no recordings at {folder}: it is not a folder",
            remedy="make some where an engine answers: harness run --record-to DIR",
        )
    cells: dict[str, RecordedCell] = {}
    answers: dict[tuple[str, int, str], RecordedAnswer] = {}
    problems: list[str] = []
    for number, path in enumerate(_all_files(folder)):
        if number >= MAX_FILES:
            problems.append(f"{folder}: more than {MAX_FILES} files")
            break
        try:
            value = _read(path)
            if value.format != FORMAT:
                raise UnreadableError(f"is of format {value.format}, and this is {FORMAT}")
            if path.relative_to(folder) != _place(value):
                raise UnreadableError(f"it should lie at {clean_line(str(_place(value)))}")
        except (OSError, UnreadableError) as error:
            problems.append(f"{path}: {error}")
            continue
        if isinstance(value, RecordedCell):
            cells[value.cell] = value
        else:
            answers[(value.cell, value.round, value.probe)] = value
    if problems:
        rest = len(problems) - _SHOWN
        told = [*problems[:_SHOWN], *([f"and {rest} more"] if rest > 0 else [])]
        raise UsageError(
            "recordings cannot be used:\n  " + "\n  ".join(told),
            remedy="record them again: harness run --record-to DIR",
        )
    return Recordings(folder=folder, cells=cells, answers=answers)


def _place(value: RecordedCell | RecordedAnswer) -> Path:
    if isinstance(value, RecordedCell):
        return Path(value.cell, _OBTAINED)
    return Path(value.cell, f"round-{value.round}", f"{value.probe}.json")


def _all_files(folder: Path) -> Iterator[Path]:
    for home in sorted(path for path in folder.iterdir() if path.is_dir()):
        yield from _files(home)


def _files(home: Path) -> Iterator[Path]:
    """Yield the files in a cell's folder that are recordings."""
    yield from sorted([*home.glob(_OBTAINED), *home.glob("round-*/*.json")])


def _write(path: Path, value: RecordedCell | RecordedAnswer) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    atomic_write(path, encode(value) + b"\n")


def _read(path: Path) -> RecordedCell | RecordedAnswer:
    with path.open("rb") as stream:
        data = stream.read(MAX_LINE_BYTES + 1)
    value: RecordedCell | RecordedAnswer = decode_untrusted(
        {"obtained": RecordedCell, "answer": RecordedAnswer},
        data,
    )
    if isinstance(value, RecordedAnswer):
        _check(value)
    return value


def _check(value: RecordedAnswer) -> None:
    """Check what types alone do not ensure about an answer. Raises UnreadableError."""
    answer = value.answer
    if answer.probe != value.probe:
        raise UnreadableError("is of another probe", "answer.probe")
    if (answer.outcome == "raised") != (answer.raised is not None):
        raise UnreadableError("does not go with the exception given", "answer.outcome")
    for fact, said in answer.facts.items():
        if not fact.isprintable() or (isinstance(said, tuple) and len(said) > SERIES):
            raise UnreadableError("is no fact", "answer.facts")
    _check_times(answer.durations.values())


def _check_times(times: Iterable[float]) -> None:
    if any(seconds < 0 for seconds in times):
        raise UnreadableError("is negative", "answer.durations")
