"""Debian root file systems, made on this host by mmdebstrap, from the tools' own sources.

SOURCE_DATE_EPOCH is set, so that the same package versions give the same bytes.
"""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path
from threading import Event
from typing import IO

from harness.errors import HarnessError
from harness.machine.process import run_program
from harness.machine.workfolder import work_folder
from harness.model import Outcome, Source
from harness.text import has_user

SOURCE_DATE_EPOCH = "1514764800"
"""2018-01-01T00:00:00Z: every file we make in an image has this time."""
_LIMIT_S = 900
_ARCHIVE_SCRIPT = Path("/usr/share/debootstrap/scripts/etch")
_LEFT_OUT = ("/usr/share/doc/*", "/usr/share/man/*", "/usr/share/locale/*", "/usr/share/info/*")


class RootUnavailable(HarnessError):
    """No root file system of that suite can be made here."""

    def __init__(self, message: str, outcome: Outcome) -> None:
        super().__init__(message)
        self.outcome = outcome


def archive_mirror() -> str:
    """Where suites lie that have left the mirrors.

    HARNESS_DEBIAN_ARCHIVE, else what debootstrap's script of such a suite names; empty: unknown.
    """
    if named := os.environ.get("HARNESS_DEBIAN_ARCHIVE"):
        return named
    try:
        script = _ARCHIVE_SCRIPT.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    found = re.search(r"^\s*default_mirror\s+(\S+)", script, re.MULTILINE)
    return found.group(1) if found else ""


def make_root(
    source: Source, out: IO[bytes], log: Path, owner: str, stop: Event
) -> tuple[str, ...]:
    """Write a tar of a minimal Debian of `source.suite` with `source.packages` to `out`.

    Its package list, as `name=version`. What mmdebstrap prints is added to `log`; `stop` ends it.
    Raises RootUnavailable with the last line it printed.
    """
    mirror = archive_mirror() if source.archive else ""
    if has_user(mirror):
        # It would stand in the list of sources of every image.
        raise RootUnavailable(
            "HARNESS_DEBIAN_ARCHIVE names a user: give apt its credentials in auth.conf.d",
            Outcome.HOST_INCOMPATIBLE,
        )
    program = shutil.which("mmdebstrap")
    if program is None:
        raise RootUnavailable("mmdebstrap is not installed on this host", Outcome.HOST_INCOMPATIBLE)
    if source.archive and not mirror:
        raise RootUnavailable(
            "no archive is known here: install debootstrap, or set HARNESS_DEBIAN_ARCHIVE",
            Outcome.HOST_INCOMPATIBLE,
        )
    with work_folder(owner, "root") as folder:
        listing = folder / "packages"
        command = [
            program,
            "--quiet",
            "--variant=minbase",
            f"--include={','.join(source.packages)}",
            *(f"--dpkgopt=path-exclude={pattern}" for pattern in _LEFT_OUT),
            f'--customize-hook=chroot "$1" dpkg-query -W -f "\\${{Package}}=\\${{Version}}\\n"'
            f" >{listing}",
            "--customize-hook=rm -rf $1/var/log/* $1/var/cache/ldconfig/*",
            source.suite,
            "-",
            *([mirror] if mirror else []),
        ]
        environment = {
            **os.environ,
            "SOURCE_DATE_EPOCH": SOURCE_DATE_EPOCH,
            "TMPDIR": str(folder),
        }
        ended = run_program(
            command, log=log, limit_s=_LIMIT_S, stop=stop, environment=environment, stdout=out
        )
        if ended.why or ended.status != 0:
            said = ended.last_lines[-1] if ended.last_lines else f"status {ended.status}"
            raise RootUnavailable(f"mmdebstrap: {ended.why or said[:300]}", Outcome.PULL_FAILED)
        return tuple(listing.read_text(encoding="utf-8").split())
