"""Makes Debian root file systems on this host with mmdebstrap, from the mirrors its tools know.

The minimal root of a Debian suite is made once and kept in the cache for a day; the packages that a
base asks for are added to it. So two bases of one Debian suite share the larger part of the work,
and the content of a root depends only on its own request, never on other bases. SOURCE_DATE_EPOCH
is set, so that the same package versions give the same files and times; only byte-code that
Debian's own scripts compile may differ.
"""

from __future__ import annotations

import os
import re
import shutil
import time
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import IO

from harness.engines import Workshop
from harness.errors import HarnessError
from harness.machine.files import atomic_write
from harness.machine.lease import lease
from harness.machine.process import run_program
from harness.machine.workfolder import work_folder
from harness.model import Outcome, Source
from harness.text import has_user

SOURCE_DATE_EPOCH = "1514764800"
"""2018-01-01T00:00:00Z, the time of every file that we make in an image."""
_LIMIT_S = 900
_FRESH_S = 24 * 3600
"""Seconds after which a minimal root is made anew: Debian's security updates come daily."""
_ARCHIVE_SCRIPT = Path("/usr/share/debootstrap/scripts/etch")
_LEFT_OUT = ("doc", "man", "locale", "info")
"""Folders of /usr/share that are emptied."""
_CHUNK = 1 << 20


class RootUnavailable(HarnessError):
    """No root file system of that Debian suite can be made here."""

    def __init__(self, message: str, outcome: Outcome) -> None:
        super().__init__(message)
        self.outcome = outcome


def archive_mirror() -> str:
    """Return the address of the archive, which has the Debian suites that have left the mirrors.

    It is HARNESS_DEBIAN_ARCHIVE, else what debootstrap's script for such a suite names; empty if
    unknown.
    """
    if named := os.environ.get("HARNESS_DEBIAN_ARCHIVE"):
        return named
    try:
        script = _ARCHIVE_SCRIPT.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    found = re.search(r"^\s*default_mirror\s+(\S+)", script, re.MULTILINE)
    return found.group(1) if found else ""


def make_root(source: Source, out: IO[bytes], log: Path, workshop: Workshop) -> tuple[str, ...]:
    """Write a tar of a minimal Debian of `source.suite` with `source.packages` to `out`.

    Returns its packages, as `name=version`. The output of mmdebstrap is appended to `log`; the
    workshop's `stop` ends it. RootUnavailable with the last line it printed; InfrastructureError if
    it was stopped while it waited for another process that makes the same root.
    """
    mirror = archive_mirror() if source.archive else ""
    if has_user(mirror):
        # The user would end up in the apt sources of every image.
        raise RootUnavailable(
            "HARNESS_DEBIAN_ARCHIVE names a user: give apt its credentials in auth.conf.d",
            Outcome.HOST_INCOMPATIBLE,
        )
    if shutil.which("mmdebstrap") is None:
        raise RootUnavailable("mmdebstrap is not installed on this host", Outcome.HOST_INCOMPATIBLE)
    if source.archive and not mirror:
        raise RootUnavailable(
            "no archive is known here: install debootstrap, or set HARNESS_DEBIAN_ARCHIVE",
            Outcome.HOST_INCOMPATIBLE,
        )
    mmdebstrap = _Mmdebstrap(source.suite, mirror, log, workshop)
    minimal, found = _minimal(mmdebstrap, anew=False)
    try:
        return mmdebstrap.added(minimal, source.packages, out)
    except RootUnavailable:
        if not found or workshop.stop.is_set():
            raise
    # The mirrors may have replaced packages since the package lists of that root were read.
    out.seek(0)
    out.truncate()
    minimal, _ = _minimal(mmdebstrap, anew=True)
    return mmdebstrap.added(minimal, source.packages, out)


def _minimal(mmdebstrap: _Mmdebstrap, *, anew: bool) -> tuple[Path, bool]:
    """Return a tar of the Debian suite's minimal root, with apt's lists, and whether it was cached.

    A caller that comes while it is being made waits for it. It is made again with `anew`, once for
    a command that refreshes bases, and if it is more than a day old.
    """
    workshop = mmdebstrap.workshop
    name = f"{mmdebstrap.suite}-{sha256(mmdebstrap.mirror.encode()).hexdigest()[:12]}"
    kept = workshop.cache / "roots" / f"{name}.tar"
    kept.parent.mkdir(parents=True, exist_ok=True)
    refreshed = f"root of {name}"
    with lease(workshop.cache / "locks" / f"root-{name}.lock", alone=True, stop=workshop.stop):
        anew |= workshop.refresh_bases and refreshed not in workshop.made_anew
        # The age is negative if the clock was set back.
        if not anew and kept.is_file() and 0 <= time.time() - kept.stat().st_mtime < _FRESH_S:
            return kept, True
        mmdebstrap.minimal(kept)
        workshop.made_anew.add(refreshed)
    return kept, False


class _Mmdebstrap:
    """Runs mmdebstrap for one Debian suite of one mirror."""

    def __init__(self, suite: str, mirror: str, log: Path, workshop: Workshop) -> None:
        self.suite = suite
        self.mirror = mirror
        self.workshop = workshop
        self._log = log

    def minimal(self, kept: Path) -> None:
        """Make the Debian suite's minimal root at `kept`, completely or not at all."""
        # Leaving folders out while these packages are unpacked would pass each one through a
        # filter, which takes a quarter of the whole time. The hook below makes dpkg leave the
        # folders out of packages that are added later.
        excluded = "".join(f"path-exclude=/usr/share/{name}/*\\n" for name in _LEFT_OUT)
        options = (
            "--variant=minbase",
            "--skip=cleanup/apt/lists",
            f"--customize-hook=printf '{excluded}' >\"$1/etc/dpkg/dpkg.cfg.d/99mmdebstrap\"",
        )
        with (
            work_folder(self.workshop.owner, "root") as folder,
            (folder / "root.tar").open("w+b") as made,
        ):
            self._run(options, folder, made)
            made.seek(0)
            try:
                atomic_write(kept, iter(lambda: made.read(_CHUNK), b""))
            except HarnessError as error:
                raise RootUnavailable(error.message, Outcome.PULL_FAILED) from error

    def added(self, minimal: Path, packages: Sequence[str], out: IO[bytes]) -> tuple[str, ...]:
        """Write a tar of the minimal root with `packages` to `out`; return all installed
        packages."""
        with work_folder(self.workshop.owner, "root") as folder:
            # Without root, mmdebstrap works as another user, who cannot read this user's cache.
            shutil.copyfile(minimal, folder / "minimal.tar")
            listing = folder / "packages"
            options = (
                "--variant=custom",
                "--skip=update",
                # mmdebstrap's own `tar-in` fails if tar sees the end before all padding is written.
                # Devices are left to mmdebstrap, because only root may make them.
                "--setup-hook=tar --numeric-owner --xattrs --xattrs-include='*' --exclude='./dev/*'"
                f' -C "$1" -xf {folder}/minimal.tar',
                *((f"--include={','.join(packages)}",) if packages else ()),
                f'--customize-hook=chroot "$1" dpkg-query -W -f "\\${{Package}}=\\${{Version}}\\n"'
                f" >{listing}",
            )
            self._run(options, folder, out)
            return tuple(listing.read_text(encoding="utf-8").split())

    def _run(self, options: Sequence[str], folder: Path, out: IO[bytes]) -> None:
        emptied = " ".join(f'"$1"/usr/share/{name}/*' for name in _LEFT_OUT)
        command = [
            "mmdebstrap",
            "--quiet",
            *options,
            f'--customize-hook=rm -rf {emptied} "$1"/var/log/* "$1"/var/cache/ldconfig/*',
            self.suite,
            "-",
            *([self.mirror] if self.mirror else []),
        ]
        environment = {
            **os.environ,
            "SOURCE_DATE_EPOCH": SOURCE_DATE_EPOCH,
            "TMPDIR": str(folder),
        }
        ended = run_program(
            command,
            log=self._log,
            limit_s=_LIMIT_S,
            stop=self.workshop.stop,
            environment=environment,
            stdout=out,
        )
        if ended.why or ended.status != 0:
            said = ended.last_lines[-1] if ended.last_lines else f"status {ended.status}"
            raise RootUnavailable(f"mmdebstrap: {ended.why or said[:300]}", Outcome.PULL_FAILED)
