"""The standard probes, Dockerfiles and documentation: those shipped in the wheel, or those of this
checkout."""

from __future__ import annotations

from pathlib import Path

from harness.errors import UsageError

_PACKAGE = Path(__file__).resolve().parent


def folder(kind: str) -> Path:
    """Return the folder of the standard `probes` or `dockerfiles`, or of the `docs`."""
    shipped = _PACKAGE / "standard" / kind
    return shipped if shipped.is_dir() else _PACKAGE.parent / kind


def default_suite() -> Path:
    """Return the path of the default suite's matrix.yaml."""
    shipped = _PACKAGE / "standard" / "matrix.yaml"
    return shipped if shipped.is_file() else _PACKAGE.parent / "matrix.yaml"


def dockerfile(name: str) -> str:
    """Return the text of the standard Dockerfile, or of a file beside it. Raises UsageError where
    it is missing."""
    path = folder("dockerfiles") / name
    if not path.is_file():
        raise UsageError(f"there is no {path}", remedy="install the harness again")
    return path.read_text(encoding="utf-8")
