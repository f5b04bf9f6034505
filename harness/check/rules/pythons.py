"""Which Python a command finds, and whether the framework is installed for that one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from harness.check.foreseen import Change
from harness.check.host import TargetHost
from harness.check.reasons import Reason, reason
from harness.check.subject import Subject
from harness.images.inside import Distribution, Inside
from harness.text import clean_line

_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def reasons(subject: Subject, host: TargetHost) -> Iterator[Reason]:
    """A reason if there is no Python, none on the PATH, or if another Python than the framework's
    comes first."""
    inside = subject.inside
    if inside is None:
        return
    if inside.problems:
        yield reason("layers-unreadable", inside.problems[:8])
    elif not inside.pythons:
        yield reason("no-python")
    else:
        yield from _first(subject, inside)


def _first(subject: Subject, inside: Inside) -> Iterator[Reason]:
    image = subject.reading.image
    path = (image.environment.get("PATH") if image else "") or _PATH
    program, version = inside.python_on(path)
    holders = [one for one in inside.distributions if one.path in _paths(subject)]
    known = sorted(inside.pythons)
    if not program:
        wanted = next(
            (one for one in known for holder in holders if _serves(one, holder)), known[0]
        )
        evidence = [f"PATH={path[:200]}", f"there is: {', '.join(known[:6])}"]
        found = reason("python-off-path", evidence, python=wanted)
        yield replace(found, change=Change(interpreter=f"/{wanted}"))
    elif holders and not any(_for(holder, program, version, inside) for holder in holders):
        holder = holders[0]
        others = [one for one in known if _serves(one, holder)]
        found = reason(
            "other-python-first",
            [f"it lies in /{holder.path.rpartition('/')[0]}"],
            first=program,
            version=version,
            distribution=holder.name,
            others=", ".join(f"/{one}" for one in others)[:200],
        )
        change = Change(interpreter=f"/{others[0]}") if others else None
        yield replace(found, change=change)
    elif holders:
        yield from _commanded(subject, inside, holders)


def _commanded(subject: Subject, inside: Inside, holders: list[Distribution]) -> Iterator[Reason]:
    """A reason if the image's own command starts a Python that does not have the framework."""
    image = subject.reading.image
    if image is None or not (name := _python_started((*image.entrypoint, *image.command))):
        return
    path = image.environment.get("PATH") or _PATH
    places = [name] if "/" in name else [f"{folder}/{name}" for folder in path.split(":")]
    program = next((one for each in places if (one := each.strip("/")) in inside.pythons), "")
    if not program:
        return
    version = inside.version_of(program)
    if any(_for(holder, program, version, inside) for holder in holders):
        return
    holder = holders[0]
    others = [one for one in sorted(inside.pythons) if _serves(one, holder)]
    found = reason(
        "command-without-framework",
        [f"command: {clean_line(' '.join((*image.entrypoint, *image.command)), 200)}"],
        program=f"/{program}",
        distribution=f"{holder.name} {holder.version}",
        others=", ".join(f"/{one}" for one in others)[:200] or "none was found",
    )
    change = Change(interpreter=f"/{others[0]}") if others else None
    yield replace(found, change=change)


def _python_started(words: tuple[str, ...]) -> str:
    """The Python that a command starts, as the command names it; empty if it starts none."""
    if len(words) > 2 and words[1] == "-c" and words[0].endswith("sh"):
        words = tuple(words[2].split()[:4])
    if words[:1] == ("exec",):
        words = words[1:]
    first = words[0] if words else ""
    return first if re.fullmatch(r"(?:/[\w./+-]{1,300}/)?python[\d.]{0,6}", first) else ""


def _paths(subject: Subject) -> set[str]:
    return {one.evidence for one in subject.all("framework")}


def _serves(program: str, holder: Distribution) -> bool:
    """Whether a program's path is that of the Python the distribution is installed for."""
    prefix, _, name = program.rpartition("bin/")
    same = prefix.strip("/") in (holder.prefix, "usr" if holder.prefix == "usr/local" else "")
    return same and name == f"python{holder.python}"


def _for(holder: Distribution, program: str, version: str, inside: Inside) -> bool:
    """Whether the Python at `program` searches the folder that contains the distribution."""
    real = program
    for _ in range(16):
        onward = inside.pythons.get(real, real)
        if onward == real:
            break
        real = onward
    prefix = real.rpartition("bin/")[0].strip("/")
    if holder.python and version and not version.startswith(holder.python):
        return False
    # Debian's own Python also looks below /usr/local.
    return holder.prefix == prefix or (prefix == "usr" and holder.prefix in ("usr/local", ""))
