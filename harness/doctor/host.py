"""Checks of this host: disk space, what bases are made with, what dead runs left."""

from __future__ import annotations

import shutil
from pathlib import Path

from harness.doctor.bench import Bench
from harness.doctor.result import CheckResult, ok, unverified, warning
from harness.engines.oci.sweep import leftovers
from harness.errors import EngineError
from harness.machine.interpreters import find_interpreters
from harness.machine.owner import maybe_alive, owner_alive
from harness.machine.workfolder import dead_folders
from harness.text import in_gb

ROOM_BYTES = 15 * 10**9
"""The quick cells with bases and downloads take 6 GB, the nightly ones some 15 GB."""
_PROGRAMS = ("mmdebstrap", "debootstrap")
_KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")


def room(bench: Bench) -> CheckResult:
    """There is enough disk space for images, downloads and records."""
    places = dict(bench.folders)
    if bench.local and (root := str(bench.info.get("DockerRootDir") or "")):
        places["images"] = Path(root)
    free = {what: _free(path) for what, path in places.items()}
    told = ", ".join(f"{what} {in_gb(size, 0)} free" for what, size in free.items())
    if not bench.local:
        told += "; that of the images cannot be seen from here"
    if min(free.values()) < ROOM_BYTES:
        return warning(
            "disk", told, "harness clean --images; or move them, as `harness --help` says"
        )
    return ok("disk", told)


def _free(path: Path) -> int:
    there = next(each for each in (path, *path.parents) if each.exists())
    return shutil.disk_usage(there).free


def bases(bench: Bench) -> CheckResult:
    """Debian roots can be made here."""
    missing = [name for name in _PROGRAMS if shutil.which(name) is None]
    if not _KEYRING.exists():
        missing.append("debian-archive-keyring")
    if missing:
        return warning(
            "bases",
            f"there is no {', no '.join(missing)}",
            f"apt-get install {' '.join(missing)}; without, only bases that are pulled can be had",
        )
    return ok("bases", f"{', '.join(_PROGRAMS)} and Debian's keyring are here")


def pythons(bench: Bench) -> CheckResult:
    """This host has interpreters for the engine `host` and for bases."""
    found = sorted({each.version for each in find_interpreters()}, key=_number)
    if not found:
        return warning("Pythons", "none was found", "install one; bases made of prefixes need them")
    return ok("Pythons", ", ".join(found))


def _number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdigit())


def left(bench: Bench) -> CheckResult:
    """Dead runs left nothing behind."""
    found = list(dead_folders(owner_alive))
    if bench.client is None:
        if not found:
            return unverified("leftovers", "none on this host; no engine answers")
    else:
        try:
            found += [str(one) for one in leftovers(bench.client, maybe_alive)]
        except EngineError as error:
            return unverified("leftovers", error.message)
    if found:
        shown = ", ".join(found[:5]) + (f" and {len(found) - 5} more" if len(found) > 5 else "")
        return warning("leftovers", shown, "harness clean; the next run does it too")
    return ok("leftovers", "dead runs left nothing")


CHECKS = (room, bases, pythons, left)
