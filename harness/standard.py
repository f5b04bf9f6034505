"""The standard probes and Dockerfiles: shipped in the wheel, or those of this checkout."""

from __future__ import annotations

from pathlib import Path

from harness.errors import UsageError

_PACKAGE = Path(__file__).resolve().parent


def folder(kind: str) -> Path:
    """The folder of the standard `probes` or `dockerfiles`."""
    shipped = _PACKAGE / "standard" / kind
    return shipped if shipped.is_dir() else _PACKAGE.parent / kind


def default_suite() -> Path:
    """The default suite's matrix.yaml."""
    shipped = _PACKAGE / "standard" / "matrix.yaml"
    return shipped if shipped.is_file() else _PACKAGE.parent / "matrix.yaml"


def dockerfile(name: str, suite: Path | None = None) -> str:
    """The text of a Dockerfile (or a file beside it); the suite's own replaces the standard one.

    Raises UsageError where neither has it.
    """
    candidates = [folder("dockerfiles") / name]
    if suite is not None:
        candidates.insert(0, suite / "dockerfiles" / name)
    for candidate in candidates:
        if candidate.is_file():
            return candidate.read_text(encoding="utf-8")
    raise UsageError(
        f"there is no Dockerfile {name!r}", remedy=f"put it at {candidates[0]}, or install again"
    )
