"""Loads and selects probe files. Their metadata is read with `ast`; no probe code runs here."""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from harness import standard
from harness.errors import Problem, UsageError
from harness.model import Cell, Probe, Suite
from harness.probing.metadata import OUTSIDE, Metadata

_SOURCE_BYTES = 256 * 1024


def load_probes(places: Iterable[Path]) -> tuple[Probe, ...]:
    """Load the probes of folders and single files, sorted by their `order`, then by name.

    A probe of a later place replaces one of the same name from an earlier place. A folder that does
    not exist counts as empty; in a folder, files whose name starts with an underscore are skipped.
    UsageError with every problem of every file.
    """
    loaded: list[tuple[int, Probe]] = []
    problems: list[str] = []
    for path in {path.stem: path for path in _files(places)}.values():
        try:
            loaded.append(_load(path))
        except UsageError as error:
            problems.append(str(error))
    if problems:
        raise UsageError("\n\n".join(problems))
    return tuple(probe for _, probe in sorted(loaded, key=lambda pair: (pair[0], pair[1].name)))


def suite_probes(
    suite: Suite, names: Sequence[str] = (), cells: Iterable[Cell] | None = None
) -> tuple[Probe, ...]:
    """Return the probes to ask of a suite's cells.

    With `names`, these are the probes with those names. Otherwise they are the probes that the
    suite names, or, if it names none, the standard and its own probes except those asked only on
    request; and those that the tags of the selection add.

    A probe that checks promises from outside is added if a cell promises what it checks, whatever
    the suite names: a promise that no probe checks would always seem to be kept. Only the promises
    of the selected `cells` count (default: all cells of the suite).

    UsageError if there is no probe with one of the names.
    """
    probes = load_probes(probe_folders(Path(suite.root)))
    wanted = tuple(names) or suite.probes
    also = () if names else suite.also
    known = {probe.name for probe in probes}
    for name in (*wanted, *also):
        if name not in known:
            raise UsageError(
                f"there is no probe {name!r}", remedy=f"there are: {', '.join(sorted(known))}"
            )
    if names:
        return tuple(probe for probe in probes if probe.name in names)
    those = suite.cells if cells is None else tuple(cells)
    chosen = {*also, *(one.name for one in probes if promised(one, those))}
    if wanted:
        return tuple(probe for probe in probes if probe.name in (*wanted, *chosen))
    return tuple(probe for probe in probes if _ordinary(probe) or probe.name in chosen)


def _ordinary(probe: Probe) -> bool:
    """Whether a probe is asked without being named, and whatever cells promise."""
    return not probe.on_request and not (probe.where == OUTSIDE and probe.promises)


def promised(probe: Probe, cells: Iterable[Cell]) -> bool:
    """Whether one of the cells promises what this probe checks from outside."""
    return bool(probe.promises) and any(_promises(probe, cell) for cell in cells)


def _promises(probe: Probe, cell: Cell) -> bool:
    kinds = cell.promise.kinds if cell.promise else frozenset()
    return not probe.promises or not kinds.isdisjoint(probe.promises)


def probe_folders(root: Path) -> tuple[Path, ...]:
    """Return the existing folders with probes for a suite in `root`: the standard one, and its
    own."""
    folders = (standard.folder("probes"), root / "probes")
    return tuple(folder for folder in folders if folder.is_dir())


def load_probe(path: Path) -> Probe:
    """Load one probe file; its stem is the probe's name. UsageError with file, line and remedy."""
    return _load(path)[1]


def applies(probe: Probe, cell: Cell) -> bool:
    """Whether the probe applies to the cell: to its framework, promise and kind."""
    claimed = {name for name, _ in cell.framework}
    fits = not probe.frameworks or not claimed.isdisjoint(probe.frameworks)
    return fits and _promises(probe, cell) and not (probe.where == OUTSIDE and bool(cell.host))


def why_not(probe: Probe, cell: Cell) -> str:
    """Describe why a probe does not apply to a cell."""
    if not _promises(probe, cell):
        return f"the cell does not promise {' or '.join(probe.promises or ())}"
    if probe.where == OUTSIDE and cell.host:
        return "only containers are asked, and the cell is an interpreter of this host"
    return f"the cell does not claim {' or '.join(probe.frameworks)}"


def _files(places: Iterable[Path]) -> Iterator[Path]:
    for place in places:
        if place.suffix == ".py":
            yield place
        else:
            yield from sorted(path for path in place.glob("*.py") if path.name[0] != "_")


def _load(path: Path) -> tuple[int, Probe]:
    try:
        with path.open("rb") as stream:
            content = stream.read(_SOURCE_BYTES + 1)
        if len(content) > _SOURCE_BYTES:
            raise UsageError(f"{path} is larger than a probe may be ({_SOURCE_BYTES} bytes)")
        source = content.decode("ascii")
        tree = ast.parse(source, filename=str(path))
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        problem = Problem(
            message="a probe is ASCII, because it also runs on Python 2.7",
            path=str(path),
            line=line,
            column=error.start - content.rfind(b"\n", 0, error.start),
            remedy="write other characters as escapes",
        )
        raise UsageError(str(problem)) from error
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        problem = Problem(
            message=f"not Python: {getattr(error, 'msg', None) or error}",
            path=str(path),
            line=getattr(error, "lineno", None) or 1,
            column=getattr(error, "offset", None) or 1,
        )
        raise UsageError(str(problem)) from error
    metadata = Metadata(path, source, tree)
    probe = Probe(
        name=path.stem,
        question=metadata.text("question"),
        source=source,
        digest=hashlib.sha256(content).hexdigest(),
        where=metadata.where(),
        frameworks=metadata.texts("frameworks"),
        timeout_s=metadata.seconds("timeout_s"),
        dataset=metadata.text("dataset", ""),
        settings=metadata.settings(),
        natures=metadata.natures(),
        evidence=metadata.evidence(),
        on_request=metadata.on_request() or None,
        promises=metadata.promises() or None,
    )
    order = metadata.order()
    metadata.finish()
    return order, probe
