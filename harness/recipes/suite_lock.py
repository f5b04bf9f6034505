"""The lock of a suite: digests of its probes, data, bases and existing images, in one file.

The file is `matrix.lock.json` beside `matrix.yaml`, with sorted entries, one per line, so that
changes are easy to read in a diff. It has what many cells share, and does not replace their locks.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from harness.errors import UsageError
from harness.model import Cell, LockedBase, LockedImage, Probe, SuiteLock

FILE_NAME = "matrix.lock.json"
REMEDY = "take it from version control, or remove it: `harness lock --inputs` writes a new one"
SCHEMA = 1
MAX_BYTES = 1024**2
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,98}")
_DIGEST = re.compile(r"(?:sha256:)?[0-9a-f]{64}")
_IMAGE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/-]{0,254}")
_SOURCE = 400


class _NoLock(ValueError):
    pass


def suite_lock_path(root: Path) -> Path:
    """The path of a suite's lock."""
    return root / FILE_NAME


def find_suite_lock(root: Path) -> SuiteLock | None:
    """The lock of the suite in a folder; None if there is none.

    Raises UsageError if the file cannot be read or is no lock.
    """
    path = suite_lock_path(root)
    try:
        with path.open("rb") as opened:
            raw = opened.read(MAX_BYTES + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _unusable(path, error.strerror or "cannot be read") from None
    try:
        return parse_suite_lock(raw.decode("utf-8"), str(path))
    except UnicodeDecodeError:
        raise _unusable(path, "it is not UTF-8") from None


def render_suite_lock(lock: SuiteLock) -> str:
    """The text of the file; the same lock gives the same bytes."""
    parts = [
        f' "schema": {SCHEMA}',
        _object("probes", dict(lock.probes)),
        _object("data", dict(lock.data)),
        _object("bases", {one.base: [one.source, one.layers] for one in lock.bases}),
        _object("images", {one.cell: [one.image, one.digest] for one in lock.images}),
    ]
    return "{\n" + ",\n".join(parts) + "\n}\n"


def parse_suite_lock(text: str, path: str) -> SuiteLock:
    """Parse the text of a suite's lock. Raises UsageError, with the file and a remedy, if it is
    none."""
    try:
        return _lock(_tree(text))
    except _NoLock as error:
        raise _unusable(Path(path), str(error)) from None


def with_entries(
    lock: SuiteLock, bases: Sequence[LockedBase], images: Sequence[LockedImage]
) -> SuiteLock:
    """The lock with these entries added; they replace those of the same bases and cells."""
    by_base = {one.base: one for one in (*lock.bases, *bases)}
    by_cell = {one.cell: one for one in (*lock.images, *images)}
    return SuiteLock(
        probes=lock.probes,
        data=lock.data,
        bases=tuple(by_base[name] for name in sorted(by_base)),
        images=tuple(by_cell[name] for name in sorted(by_cell)),
    )


def relevant(
    lock: SuiteLock, cells: Sequence[Cell], probes: Sequence[Probe], dataset: str
) -> SuiteLock:
    """The entries of a lock for these cells and probes, and for the data set of that name."""
    names = {one.name for one in probes}
    bases = {cell.base for cell in cells}
    images = {(cell.id, cell.image) for cell in cells}
    return SuiteLock(
        probes=tuple(one for one in lock.probes if one[0] in names),
        data=tuple(one for one in lock.data if one[0] == dataset),
        bases=tuple(one for one in lock.bases if one.base in bases),
        images=tuple(one for one in lock.images if (one.cell, one.image) in images),
    )


def _unusable(path: Path, reason: str) -> UsageError:
    return UsageError(f"the lock {path} cannot be used: {reason}", remedy=REMEDY)


def _object(key: str, entries: Mapping[str, object]) -> str:
    lines = [f"  {json.dumps(name)}: {json.dumps(entries[name])}" for name in sorted(entries)]
    return f' "{key}": {{\n' + ",\n".join(lines) + "\n }" if lines else f' "{key}": {{}}'


def _tree(text: str) -> dict[str, Any]:
    if len(text) > MAX_BYTES:
        raise _NoLock(f"it is larger than {MAX_BYTES // 1024**2} MiB")
    try:
        tree = json.loads(text, object_pairs_hook=_once)
    except json.JSONDecodeError as error:
        raise _NoLock(f"line {error.lineno}, column {error.colno}: {error.msg}") from None
    except RecursionError:
        raise _NoLock("it is nested too deeply") from None
    except _NoLock:
        raise
    except ValueError:  # an integer of thousands of digits
        raise _NoLock("it has a number with too many digits") from None
    if not isinstance(tree, dict):
        raise _NoLock("it is not a JSON object")
    return tree


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    tree = dict(pairs)
    if len(tree) != len(pairs):
        raise _NoLock("a key stands there twice")
    return tree


def _lock(tree: dict[str, Any]) -> SuiteLock:
    if tree.pop("schema", None) != SCHEMA:
        raise _NoLock(f"its schema is not {SCHEMA}")
    known = ("probes", "data", "bases", "images")
    for key in tree:
        if key not in known:
            raise _NoLock(f"it has an unknown key {ascii(key)[:80]}")
    parts = {key: _part(tree.get(key, {}), key) for key in known}
    return SuiteLock(
        probes=tuple((name, _matching(_DIGEST, one, name)) for name, one in parts["probes"]),
        data=tuple((name, _matching(_DIGEST, one, name)) for name, one in parts["data"]),
        bases=tuple(
            LockedBase(base=name, source=source, layers=_matching(_DIGEST, layers, name))
            for name, (source, layers) in ((name, _pair(one, name)) for name, one in parts["bases"])
        ),
        images=tuple(
            LockedImage(
                cell=name,
                image=_matching(_IMAGE, image, name),
                digest=_matching(_DIGEST, digest, name),
            )
            for name, (image, digest) in ((name, _pair(one, name)) for name, one in parts["images"])
        ),
    )


def _part(tree: Any, key: str) -> list[tuple[str, Any]]:
    if not isinstance(tree, dict):
        raise _NoLock(f"`{key}` is not an object")
    for name in tree:
        _matching(_NAME, name, f"a name of `{key}`")
    return sorted(tree.items())


def _pair(value: Any, name: str) -> tuple[str, str]:
    good = (
        isinstance(value, list) and len(value) == 2 and all(isinstance(one, str) for one in value)
    )
    if not good or not value[0].isprintable() or len(value[0]) > _SOURCE:
        raise _NoLock(f"what it says of {name} is not two short texts")
    return value[0], value[1]


def _matching(pattern: re.Pattern[str], value: Any, name: str) -> str:
    if not isinstance(value, str) or pattern.fullmatch(value) is None:
        raise _NoLock(f"what it says of {ascii(name)[:80]} is not valid")
    return value
