"""Lock files: the list of distributions that a cell installs, with their hashes; one file per cell.

They are `dockerfiles/locks/<cell id>.json`. Equal locks give equal bytes, and each artifact is on a
line of its own, so that changes are easy to read in a diff.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from harness.errors import UsageError
from harness.model import Artifact, Lock

SCHEMA = 1
MAX_BYTES = 1024**2
_TEXTS = ("cell", "python", "request", "as_of")
_FIELDS = ("name", "version", "filename", "sha256", "size")
_FILENAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._+!-]{0,250}(\.whl|\.tar\.gz|\.zip)")
_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,98}[A-Za-z0-9])?")
_VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+!-]{0,98}")
_PIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/-]{0,180}@sha256:[0-9a-f]{64}")
_SHA256 = re.compile(r"[0-9a-f]{64}")


class _Refused(ValueError):
    pass


def lock_path(root: Path, cell: str) -> Path:
    """The path of a cell's lock in a suite's folder."""
    return root / "dockerfiles" / "locks" / f"{cell}.json"


def find_lock(root: Path, cell: str) -> Lock | None:
    """The lock of a cell: the suite's own, else the standard one; None if there is neither.

    Raises UsageError if the file cannot be read or is no lock.
    """
    from harness.standard import folder

    for path in (lock_path(root, cell), folder("dockerfiles") / "locks" / f"{cell}.json"):
        try:
            with path.open("rb") as opened:
                data = opened.read(MAX_BYTES + 1)
        except FileNotFoundError:
            continue
        except OSError as error:
            raise _unusable(str(path), error.strerror or "cannot be read", cell) from None
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError:
            raise _unusable(str(path), "it is not UTF-8", cell) from None
        lock = parse_lock(text, str(path))
        if lock.cell != cell:
            raise _unusable(str(path), f"it is the lock of cell {lock.cell}", cell)
        return lock
    return None


def render_lock(lock: Lock) -> str:
    """The text of a lock file. Distributions are sorted by name; tools keep their order, pip
    first."""
    head = [f' "schema": {SCHEMA}']
    head += [f' "{key}": {json.dumps(getattr(lock, key))}' for key in _TEXTS]
    head += [f' "base": {json.dumps(lock.base)}'] if lock.base else []
    distributions = sorted(lock.distributions, key=lambda one: (one.name.lower(), one.filename))
    lists = [
        _list("tools", lock.tools),
        _list("distributions", distributions),
    ]
    return "{\n" + ",\n".join(head + lists) + "\n}\n"


def parse_lock(text: str, path: str) -> Lock:
    """Parse the text of a lock file. Raises UsageError, with the file and a remedy, if it is
    none."""
    try:
        return _lock(_tree(text))
    except _Refused as error:
        raise _unusable(path, str(error), Path(path).stem) from None


def _unusable(path: str, reason: str, cell: str) -> UsageError:
    return UsageError(
        f"the lock {path} cannot be used: {reason}", remedy=f"harness lock --cell {cell}"
    )


def _list(key: str, artifacts: Iterable[Artifact]) -> str:
    lines = [
        "  " + json.dumps({name: getattr(artifact, name) for name in _FIELDS})
        for artifact in artifacts
    ]
    return f' "{key}": [\n' + ",\n".join(lines) + "\n ]" if lines else f' "{key}": []'


def _tree(text: str) -> dict[str, Any]:
    if len(text) > MAX_BYTES:
        raise _Refused(f"it is larger than {MAX_BYTES // 1024**2} MiB")
    try:
        tree = json.loads(text, object_pairs_hook=_without_twins)
    except json.JSONDecodeError as error:
        raise _Refused(f"line {error.lineno}, column {error.colno}: {error.msg}") from None
    except RecursionError:
        raise _Refused("it is nested too deeply") from None
    except _Refused:
        raise
    except ValueError:  # an integer of thousands of digits
        raise _Refused("it has a number with too many digits") from None
    if not isinstance(tree, dict):
        raise _Refused("it is not a JSON object")
    return tree


def _without_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    tree = dict(pairs)
    if len(tree) != len(pairs):
        raise _Refused("a key stands there twice")
    return tree


def _lock(tree: dict[str, Any]) -> Lock:
    if tree.get("schema") != SCHEMA:
        raise _Refused(f"its schema is not {SCHEMA}")
    pin = tree.pop("base", "")
    if not isinstance(pin, str) or (pin and _PIN.fullmatch(pin) is None):
        raise _Refused("`base` is no image with its tag and digest")
    _exactly(tree, {"schema", *_TEXTS, "tools", "distributions"}, "it")
    for key in _TEXTS:
        if not isinstance(tree[key], str) or len(tree[key]) > 200 or not tree[key].isprintable():
            raise _Refused(f"`{key}` is not a short text")
    return Lock(
        **{key: tree[key] for key in _TEXTS},
        base=pin,
        tools=_artifacts(tree["tools"], "tools"),
        distributions=_artifacts(tree["distributions"], "distributions"),
    )


def _artifacts(tree: Any, key: str) -> tuple[Artifact, ...]:
    if not isinstance(tree, list):
        raise _Refused(f"`{key}` is not a list")
    found = tuple(_artifact(item, f"{key}[{number}]") for number, item in enumerate(tree))
    for what in ("filename", "name"):
        names = [_normal(getattr(artifact, what)) for artifact in found]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise _Refused(f"`{key}` has the {what} {twice} twice")
    return found


def _artifact(tree: Any, where: str) -> Artifact:
    if not isinstance(tree, dict):
        raise _Refused(f"{where} is not an object")
    _exactly(tree, set(_FIELDS), where)
    for field, pattern in (
        ("name", _NAME),
        ("version", _VERSION),
        ("filename", _FILENAME),
        ("sha256", _SHA256),
    ):
        value = tree[field]
        if not isinstance(value, str) or pattern.fullmatch(value) is None:
            raise _Refused(f"{where}: `{field}` is not one")
    size = tree["size"]
    if not isinstance(size, int) or isinstance(size, bool) or not 0 < size <= 1024**4:
        raise _Refused(f"{where}: `size` is not a number of bytes")
    return Artifact(**tree)


def _exactly(tree: dict[str, Any], wanted: set[str], where: str) -> None:
    missing, unknown = sorted(wanted - tree.keys()), sorted(tree.keys() - wanted)
    if missing:
        raise _Refused(f"{where} lacks `{missing[0]}`")
    if unknown:
        raise _Refused(f"{where} has an unknown key {ascii(unknown[0])[:80]}")


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
