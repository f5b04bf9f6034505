"""Keep the code that the template library makes of our templates, as Python keeps byte-code.

To compile the templates takes longer than to render a page. The code is kept in `__pycache__`
beside the templates: whoever can write there can change the harness itself, so nothing more is
trusted than before. It is compiled again if a template, the library or Python changes.
"""

from __future__ import annotations

import sys
from contextlib import suppress
from pathlib import Path
from pickle import UnpicklingError

from jinja2 import FileSystemBytecodeCache
from jinja2.bccache import Bucket

_FOLDER = Path(__file__).parent / "templates" / "__pycache__"


class CompiledTemplates(FileSystemBytecodeCache):
    """Reads what an earlier process has compiled; writes it where that is possible and allowed."""

    def __init__(self, folder: Path = _FOLDER) -> None:
        super().__init__(str(folder))
        self._folder = folder

    def load_bytecode(self, bucket: Bucket) -> None:
        """Read the code; nothing if there is none or it is damaged."""
        try:
            super().load_bytecode(bucket)
        except (OSError, EOFError, ValueError, UnpicklingError):
            bucket.reset()

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Write the code; nothing if the folder is read-only or Python may write no byte-code."""
        if sys.dont_write_bytecode:
            return
        with suppress(OSError):
            self._folder.mkdir(exist_ok=True)
            super().dump_bytecode(bucket)
