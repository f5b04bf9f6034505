"""A user without root rights who runs an engine: one made for the tests, or else the present
one."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from typing import Any

PATIENCE_S = 10
USERS = 65534
"""The number of the user nobody, which must exist in the namespace or no probe starts."""


class NoUser(Exception):
    """No user can run containers here; the text is the message of the program that failed."""


@dataclass(frozen=True, kw_only=True)
class User:
    """A user who is not root."""

    name: str
    uid: int
    gid: int

    def give(self, folder: Path) -> None:
        """Make a folder and its contents theirs."""
        for path in (folder, *folder.iterdir()):
            os.chown(path, self.uid, self.gid)

    def process(self, folder: Path) -> dict[str, Any]:
        """Options to start a process of theirs, which keeps all its files in the folder."""
        own = ("HOME", "XDG_RUNTIME_DIR", "TMPDIR")
        environment = {"PATH": os.environ["PATH"], **dict.fromkeys(own, str(folder))}
        if os.getuid() == self.uid:
            return {"env": environment}
        return {
            "env": environment,
            "user": self.uid,
            "group": self.gid,
            "extra_groups": [],
        }

    def end(self, folder: Path) -> None:
        """End the process that keeps their namespace."""
        with suppress(OSError, ValueError):
            pid = int((folder / "libpod" / "tmp" / "pause.pid").read_text())
            os.kill(pid, signal.SIGTERM)
            deadline = time.monotonic() + PATIENCE_S
            while time.monotonic() < deadline:
                if not _lives(Path("/proc") / str(pid)):
                    break
                time.sleep(0.05)


@contextmanager
def ordinary_user() -> Iterator[User]:
    """A user who can run containers. Raises NoUser."""
    missing = [name for name in ("podman", "newuidmap") if shutil.which(name) is None]
    if missing:
        raise NoUser(f"there is no {' and no '.join(missing)} here")
    if os.getuid() != 0:
        found = pwd.getpwuid(os.getuid())
        user = User(name=found.pw_name, uid=found.pw_uid, gid=found.pw_gid)
        _try(user)
        yield user
        return
    name = f"harness-{token_hex(3)}"
    _said("useradd", "--no-create-home", "--shell", "/usr/sbin/nologin", name)
    found = pwd.getpwnam(name)
    try:
        user = User(name=name, uid=found.pw_uid, gid=found.pw_gid)
        _try(user)
        yield user
    finally:
        _end_all(found.pw_uid)
        # An ended process may remain as a zombie if process 1 never collects it, and still counts.
        _said("userdel", "--force", name)


def _end_all(uid: int) -> None:
    """End whatever a user that we made still runs."""
    deadline = time.monotonic() + PATIENCE_S
    while (left := _processes(uid)) and time.monotonic() < deadline:
        for pid in left:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.05)


def _lives(process: Path) -> bool:
    return (process / "stat").read_text().rpartition(")")[2].split()[0] != "Z"


def _processes(uid: int) -> list[int]:
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if folder.stat().st_uid == uid and _lives(folder):
                found.append(int(folder.name))
    return found


def _try(user: User) -> None:
    """Enter a user namespace of theirs, as Podman does first of all."""
    with tempfile.TemporaryDirectory(prefix="pod-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        user.give(folder)
        try:
            ended = _said(
                *("podman", "unshare", "cat", "/proc/self/uid_map"),
                cwd=name,
                **user.process(folder),
            )
        finally:
            user.end(folder)
    if sum(int(line.split()[2]) for line in ended.stdout.splitlines()) <= USERS:
        raise NoUser(f"podman unshare: {_last(ended.stderr) or 'too few users in its namespace'}")


def _said(*command: str, **own: Any) -> subprocess.CompletedProcess[str]:
    """The output of a program. Raises NoUser with its own message if it fails."""
    try:
        ended = subprocess.run(
            command, capture_output=True, text=True, timeout=60, check=False, **own
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NoUser(f"{command[0]}: {error}") from error
    if ended.returncode:
        raise NoUser(f"{' '.join(command[:2])}: {_last(ended.stderr)}")
    return ended


def _last(text: str) -> str:
    return " ".join(text.split())[-500:]
