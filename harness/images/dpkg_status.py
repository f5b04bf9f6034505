"""Parse dpkg's list of installed packages. Pure."""

from __future__ import annotations


def installed(status: str) -> list[str]:
    """`name=version` of each installed package in the text of dpkg's status file, at most
    20,000."""
    found, name, good = [], "", True
    for line in status.splitlines():
        key, _, value = line.partition(": ")
        if key == "Package":
            name, good = value, True
        elif key == "Status":
            good = value.endswith(" installed")
        elif key == "Version" and name and good:
            found.append(f"{name}={value}"[:200])
    return found[:20_000]
