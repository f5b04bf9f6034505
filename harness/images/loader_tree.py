"""Follow the links of an image, for the model of the dynamic loader. Pure.

Paths have no leading slash. A path is followed as the kernel does it: each part may be a link.
"""

from __future__ import annotations

from collections.abc import Container, Mapping

_LINKS = 40


def real(path: str, links: Mapping[str, str]) -> str:
    """The path without symbolic links; empty if the links form a circle.

    `links` maps the path of a link to its target as written.
    """
    done: list[str] = []
    left = [one for one in reversed(path.split("/")) if one not in ("", ".")]
    followed = 0
    while left:
        part = left.pop()
        if part == "..":
            done = done[:-1]
            continue
        target = links.get("/".join((*done, part)))
        if target is None:
            done.append(part)
            continue
        followed += 1
        if followed > _LINKS:
            return ""
        if target.startswith("/"):
            done = []
        left += [one for one in reversed(target.split("/")) if one not in ("", ".")]
    return "/".join(done)


def lies_at(path: str, links: Mapping[str, str], files: Container[str]) -> str:
    """The file that a path leads to; empty if it leads to none."""
    if path in files:
        return path
    found = real(path, links)
    return found if found in files else ""
