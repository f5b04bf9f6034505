"""The version of NVIDIA's container toolkit on this host, and the oldest one that may be used.

Up to 1.17.7 its hook runs with the environment of the image, so LD_PRELOAD in an image makes the
image's author root on the host (CVE-2025-23266, fixed in 1.17.8).
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable, Sequence

from packaging.version import Version

FLOOR = Version("1.17.8")
_PROGRAMS = ("nvidia-ctk", "nvidia-container-runtime-hook", "nvidia-container-toolkit")
_VERSION = re.compile(r"version[: ]+v?(\d+\.\d+\.\d+)")


def toolkit_version(
    which: Callable[[str], str | None] = shutil.which,
    run: Callable[[Sequence[str]], str] | None = None,
) -> Version | None:
    """Return the version that the first of its programs prints; None if none prints one."""
    for name in _PROGRAMS:
        if path := which(name):
            found = _VERSION.search((run or _said)([path, "--version"]))
            if found:
                return Version(found.group(1))
    return None


def too_old(version: Version) -> str:
    """Return why a toolkit of this version is not used; empty if it may be."""
    if version >= FLOOR:
        return ""
    return (
        f"the container toolkit {version} lets an image take over this host (CVE-2025-23266): "
        f"update it to {FLOOR} or later"
    )


def _said(command: Sequence[str]) -> str:
    try:
        return subprocess.run(
            command, capture_output=True, text=True, errors="replace", timeout=10, check=False
        ).stdout[:4000]
    except (OSError, subprocess.SubprocessError):
        return ""
