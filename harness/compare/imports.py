"""Why an installed module could not be imported: what the environment saw around the failed import.

The facts come from the environment itself, at the moment of the failure (`Raised.around`). What it
printed shows which path configuration (.pth) file the interpreter gave up on.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from shlex import quote

from harness.compare.causes import MadeFrom, made_from
from harness.model import Cell, Fact, Record

_PATH_FILE = re.compile(r"Error processing line (\d{1,6}) of (.{1,400}?\.pth):")
_LONGEST = 400


@dataclass(frozen=True, kw_only=True, slots=True)
class Hidden:
    """A module that is there: what keeps the interpreter from importing it, the command that shows
    this, and what to do."""

    headline: str
    meaning: str
    shows: str
    remedy: str


def hidden_module(cell: Cell, record: Record) -> Hidden | None:
    """Return what keeps a record's interpreter from importing a module that is there; None where
    nothing is known."""
    around = record.raised.around if record.raised is not None else None
    if not around:
        return None
    seen = _Around(cell=cell, record=record, around=around)
    return seen.shadowed() or seen.without_site() or seen.path_file() or seen.elsewhere()


@dataclass(frozen=True, kw_only=True, slots=True)
class _Around:
    cell: Cell
    record: Record
    around: Mapping[str, Fact]

    def text(self, name: str) -> str:
        value = self.around.get(name)
        return value[:_LONGEST] if isinstance(value, str) else ""

    def texts(self, name: str) -> tuple[str, ...]:
        value = self.around.get(name)
        found = value if isinstance(value, tuple) else ()
        return tuple(str(one)[:_LONGEST] for one in found)

    @property
    def module(self) -> str:
        return self.text("module")

    def shadowed(self) -> Hidden | None:
        """Another file with the same name comes first."""
        loaded, behind = self.text("loaded_from"), self.texts("hidden")
        if not (loaded and behind):
            return None
        return Hidden(
            headline=f"{loaded} is imported in place of {self.module}",
            meaning=f"{loaded} comes first on the path of modules, and hides {behind[0]}",
            shows=self.command(self.text("executable"), "import sys; print(sys.path)"),
            remedy=f"remove or rename {loaded}, or take its folder off the path (PYTHONPATH, "
            ".pth files)",
        )

    def without_site(self) -> Hidden | None:
        """The interpreter was started with -S."""
        if self.around.get("no_site") is not True:
            return None
        places = self.texts("elsewhere")
        program = self.text("executable")
        lies = f"{self.module} lies in {places[0]}, and " if places else ""
        return Hidden(
            headline=f"{self.module} is installed, but Python runs with -S",
            meaning=f"{lies}Python was started with -S, so no folder of installed packages is on "
            "its path",
            shows=self.command(program, "import sys; print(sys.flags.no_site, sys.path)"),
            remedy=f"remove -S from what starts {program or 'Python'}, such as a wrapper",
        )

    def path_file(self) -> Hidden | None:
        """A .pth file that names the module's folder was not followed."""
        file, line, folder = self.text("pth"), self.around.get("pth_line"), self.text("pth_folder")
        if not file:
            return None
        broken = next((number for number, path in self.errors() if path == file), "")
        why = f": Python gave the file up at line {broken}" if broken else ""
        what = f"line {line} of {file} should put {folder} on the path" if folder else file
        lies = f"{self.module} lies in {folder}, and " if folder else ""
        return Hidden(
            headline=f"{self.module} is installed, but Python does not follow {file} to it",
            meaning=f"{lies}{what} was not followed{why}"
            if not folder
            else f"{lies}{what}, and was not followed{why}",
            shows=self.command(self.text("executable"), "import sys; print(sys.path)"),
            remedy=f"repair {file}" + (f", line {broken}" if broken else ""),
        )

    def errors(self) -> Iterator[tuple[str, str]]:
        """Yield (line, file) for each .pth file that Python complained about."""
        for found in _PATH_FILE.finditer(self.record.noise):
            yield found[1], found[2]

    def elsewhere(self) -> Hidden | None:
        """The module is installed where another interpreter looks."""
        places, programs = self.texts("elsewhere"), self.texts("interpreters")
        if not places:
            return None
        program = next((one for one in programs if one), "")
        place = places[programs.index(program)] if program else places[0]
        used = self.text("executable") or "the interpreter that was used"
        remedy = "put its folder on the path of that interpreter, or install it there"
        if program:
            row = "host" if made_from(self.cell) is MadeFrom.HOST else "interpreter"
            remedy = f"name that interpreter: `{row}: {program}` in the cell's row"
        whose = f" for {program}" if program else ""
        return Hidden(
            headline=f"{self.module} is installed{whose}, not for {used}",
            meaning=f"{self.module} lies in {place}, where {used} does not look",
            shows=self.command(program or used, f"import {self.module}"),
            remedy=remedy,
        )

    def command(self, program: str, text: str) -> str:
        """Return the command by which a person can see it, in the image or on this host."""
        asked = f"{quote(program or 'python3')} -c {quote(text)}"
        if made_from(self.cell) is MadeFrom.HOST or self.record.image is None:
            return asked
        image = self.cell.image or self.record.image.id
        engine = "podman" if self.record.engine == "podman" else "docker"
        return (
            f"{engine} run --rm --network none --entrypoint {quote(program or 'python3')} "
            f"{quote(image)} -c {quote(text)}"
        )
