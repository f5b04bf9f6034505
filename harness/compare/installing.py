"""Returns the command that makes an interpreter of this host like a reference, ready to be pasted.

Names and versions come out of an environment, so only what is plainly a name or a version gets into
a command.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from shlex import quote

from harness.compare.causes import MadeFrom, made_from
from harness.compare.differences import Difference
from harness.compare.kinds import MEANT
from harness.model import Cell

_PACKAGE = "package."
_NAME = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,98}[a-z0-9])?")
_VERSION = re.compile(r"[0-9][0-9A-Za-z.]{0,60}(?:\+[0-9A-Za-z.]{1,40})?")
_PROGRAM = re.compile(r"/[\w./+-]{1,300}")


def to_be_as(cell: Cell, reference: Cell, differences: Iterable[Difference]) -> str:
    """Return the remedy for packages of a host's interpreter that differ from a reference; for any
    other fact, the remedy in words."""
    wanted = _pins(differences)
    if not wanted or made_from(cell) is not MadeFrom.HOST:
        return f"change it on this host, to be as {reference.id}; {MEANT}"
    return f"to be as {reference.id}: `{_pip(cell)} install {' '.join(wanted)}`"


def _pins(differences: Iterable[Difference]) -> tuple[str, ...]:
    """Return `name==version` for every package that only the reference has, or has in another
    version."""
    pins = []
    for one in differences:
        name = one.fact.removeprefix(_PACKAGE)
        if not one.fact.startswith(_PACKAGE) or one.absent == "reference":
            continue
        version = one.reference
        if isinstance(version, str) and _NAME.fullmatch(name) and _VERSION.fullmatch(version):
            pins.append(f"{name}=={version}")
    return tuple(pins)


def _pip(cell: Cell) -> str:
    """Return the pip of that very interpreter; where the cell gives only a version, that of the
    interpreter with this version."""
    if _PROGRAM.fullmatch(cell.host):
        return f"{quote(cell.host)} -m pip"
    if re.fullmatch(r"python[0-9.]{0,6}", cell.host):
        return f"{cell.host} -m pip"
    if re.fullmatch(r"[0-9]\.[0-9]{1,2}", cell.host):
        return f"python{cell.host} -m pip"
    return "pip"
