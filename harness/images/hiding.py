"""Which folders of an image would hide modules of Python's own library if PYTHONPATH named them.
Pure.

PYTHONPATH comes before Python's own library. The folder of a package is not meant to be on it: its
submodules become modules of their own, and those with a name from the library take its place.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

_IN_A_PACKAGE = re.compile(r"/(?:site|dist)-packages/.")
_NAMES = (
    "argparse ast base64 bisect collections contextlib copy csv ctypes datetime decimal email enum "
    "functools glob gzip hashlib heapq importlib inspect json keyword linecache locale logging "
    "numbers operator pickle pkgutil platform pprint queue random re select shutil signal socket "
    "string struct subprocess tempfile textwrap threading tokenize traceback types typing unittest "
    "urllib uuid warnings weakref xml zipfile"
)
IMPORTED_BY_ALL = frozenset(_NAMES.split())
"""Modules of the library that a framework or numpy imports, in any release. Modules that are built
into Python cannot be hidden."""


def hiding(paths: Iterable[str]) -> Mapping[str, tuple[str, ...]]:
    """Folder inside a package -> the modules of Python's own library that it would hide.

    `paths` are those of all modules in the image, without a leading slash.
    """
    found: dict[str, set[str]] = {}
    for path in paths:
        folder, _, name = path.removesuffix("/__init__.py").rpartition("/")
        name = name.removesuffix(".py")
        if name in IMPORTED_BY_ALL and _IN_A_PACKAGE.search(folder):
            found.setdefault(folder, set()).add(name)
    return {folder: tuple(sorted(names)) for folder, names in sorted(found.items())}
