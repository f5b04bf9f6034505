"""Which Python a command finds, and whether the framework is installed for that one."""

from __future__ import annotations

from collections.abc import Iterator

from harness.check.foreseen import IMPORTS_NOT, STARTS_NOT, Change
from harness.check.host import TargetHost
from harness.check.reasons import Confidence, Reason, Weight
from harness.check.subject import Subject
from harness.images.inside import Distribution, Inside

_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_LAYERS = "its layers, read without running anything"


def reasons(subject: Subject, host: TargetHost) -> Iterator[Reason]:
    """No Python, one off the PATH, or another one before it."""
    inside = subject.inside
    if inside is None:
        return
    if inside.problems:
        yield Reason(
            weight=Weight.UNTOLD,
            title="not all of its layers could be read",
            evidence=inside.problems[:8],
            remedy="do not run it where it could do harm; its maker may know why it is packed so",
            source=_LAYERS,
            confidence=Confidence.READ,
        )
    elif not inside.pythons:
        yield Reason(
            weight=Weight.BLOCKS,
            title="there is no Python in it",
            remedy="use an image that has one",
            source=_LAYERS,
            confidence=Confidence.READ,
            explain="no-python-binary",
            foresees=STARTS_NOT,
        )
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
        yield Reason(
            weight=Weight.CHANGE,
            title="its Python is not on its PATH",
            evidence=(f"PATH={path[:200]}", f"there is: {', '.join(known[:6])}"),
            remedy=f"call it by its whole name: /{wanted}",
            source=_LAYERS,
            confidence=Confidence.READ,
            explain="no-python-binary",
            foresees=STARTS_NOT,
            change=Change(interpreter=f"/{wanted}"),
        )
    elif holders and not any(_for(holder, program, version, inside) for holder in holders):
        holder = holders[0]
        others = [one for one in known if _serves(one, holder)]
        yield Reason(
            weight=Weight.CHANGE,
            title=f"the Python that is found first (/{program}, {version}) is not the one that "
            f"{holder.name} is installed for",
            evidence=(f"it lies in /{holder.path.rpartition('/')[0]}",),
            remedy="call the other Python by its whole name: "
            + ", ".join(f"/{one}" for one in others)[:200],
            source=_LAYERS,
            confidence=Confidence.READ,
            foresees=IMPORTS_NOT,
            change=Change(interpreter=f"/{others[0]}") if others else None,
        )


def _paths(subject: Subject) -> set[str]:
    return {one.evidence for one in subject.all("framework")}


def _serves(program: str, holder: Distribution) -> bool:
    """Whether a program, by its name, is the Python of that folder."""
    prefix, _, name = program.rpartition("bin/")
    same = prefix.strip("/") in (holder.prefix, "usr" if holder.prefix == "usr/local" else "")
    return same and name == f"python{holder.python}"


def _for(holder: Distribution, program: str, version: str, inside: Inside) -> bool:
    """Whether the Python at `program` looks into the folder that holds the distribution."""
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
