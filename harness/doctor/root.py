"""A root file system just large enough to try containers with: this Python and what it has loaded.

It needs no registry, and has everything that the trial programs import. It works if the engine's
machine has the same architecture as this one.
"""

from __future__ import annotations

import io
import json
import subprocess
import sys
import sysconfig
import tarfile
from pathlib import Path

PROGRAM = """
import ctypes, errno, json, os, socket, sys
files = sorted({getattr(m, "__file__", None) or "" for m in sys.modules.values()})
maps = open("/proc/self/maps").read().split()
print(json.dumps([files, sorted({p for p in maps if p.startswith("/")})]))
"""


class NoRoot(Exception):
    """This Python cannot be put into an image; the text says why."""


def interpreter() -> str:
    """The path of the interpreter in the root: the one of the base environment, not of a venv."""
    return str(Path(getattr(sys, "_base_executable", sys.executable)).resolve())


def python_root() -> bytes:
    """The root as a tar archive. Raises NoRoot."""
    try:
        said = subprocess.run(
            [interpreter(), "-I", "-S", "-c", PROGRAM],
            capture_output=True,
            timeout=60,
            check=True,
        ).stdout
        modules, mapped = json.loads(said)
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        raise NoRoot(f"{interpreter()} does not run by itself: {error}") from error
    wanted = {path for path in (*modules, *mapped, interpreter()) if Path(path).is_file()}
    stdlib = Path(sysconfig.get_path("stdlib"))
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for folder in ("proc", "sys", "dev", "etc"):
            _folder(archive, folder)
        _folder(archive, "tmp", 0o1777)
        # Python recognises its library by this folder, even if nothing in it is used.
        _folder(archive, str(stdlib / "lib-dynload").lstrip("/"))
        for path in sorted(wanted):
            content = Path(path).read_bytes()
            _file(archive, path.lstrip("/"), content)
            # Libraries are loaded by their SONAME, which is often the name of a link to the file.
            if (name := _soname(content)) and name != Path(path).name:
                _file(archive, str(Path(path).with_name(name)).lstrip("/"), content)
        _loader(archive)
    return packed.getvalue()


def _soname(content: bytes) -> str:
    from elftools.elf.dynamic import DynamicSection
    from elftools.elf.elffile import ELFFile

    if not content.startswith(b"\x7fELF"):
        return ""
    for section in ELFFile(io.BytesIO(content)).iter_sections():
        if isinstance(section, DynamicSection):
            for tag in section.iter_tags("DT_SONAME"):
                return Path(str(getattr(tag, "soname", ""))).name
    return ""


def _loader(archive: tarfile.TarFile) -> None:
    """Add the program's dynamic loader, at the path that is written in the program."""
    from elftools.elf.elffile import ELFFile
    from elftools.elf.segments import InterpSegment

    with Path(interpreter()).open("rb") as program:
        for segment in ELFFile(program).iter_segments():
            if isinstance(segment, InterpSegment):
                path = segment.get_interp_name()
                _file(archive, path.lstrip("/"), Path(path).read_bytes())


def _folder(archive: tarfile.TarFile, name: str, mode: int = 0o755) -> None:
    entry = tarfile.TarInfo(name)
    entry.type, entry.mode = tarfile.DIRTYPE, mode
    archive.addfile(entry)


def _file(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = len(content), 0o755
    archive.addfile(entry, io.BytesIO(content))
