"""`harness init`: write a matrix.yaml to start from, and the schema that editors check it with."""

from __future__ import annotations

from pathlib import Path

from harness.errors import UsageError
from harness.formats.answers import Reply
from harness.machine.files import atomic_write
from harness.suite.matrix import FILE_NAME

SCHEMA = "matrix.schema.json"
_STARTER = Path(__file__).with_name("starter.yaml")


def init(folder: Path) -> Reply:
    """Write both files into a folder, which is created if necessary; returns what was written.

    Raises UsageError, and writes nothing, if either file exists or the folder cannot be created.
    """
    from harness.suite.schema import render

    wanted = {FILE_NAME: _STARTER.read_bytes(), SCHEMA: render().encode()}
    for name in wanted:
        if (folder / name).exists() or (folder / name).is_symlink():
            raise UsageError(
                f"{folder / name} already exists and was not changed",
                remedy="name another folder: harness init DIR",
            )
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(
            f"{folder} cannot be made: {error.strerror}", remedy="name another folder"
        ) from None
    for name, content in wanted.items():
        atomic_write(folder / name, content)
    written = [str(folder / name) for name in wanted]
    text = "".join(f"wrote {path}\n" for path in written)
    return Reply(text=text, tree={"written": written})
