"""Variables of the image that keep its Python from starting, or from importing its own library."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from harness.check.foreseen import Change
from harness.check.host import TargetHost
from harness.check.reasons import Reason, reason
from harness.check.subject import Subject
from harness.images.inside import Inside
from harness.knowledge.versions import at_least, minor
from harness.text import clean_line

_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_LINKS = 16
_SHOWN = 6
_SEED, _HASH_SEEDS = "PYTHONHASHSEED", 2**32
_REFUSED = (
    (_SEED, "2.7", r"random|[0-9]{1,10}", "`random` or a number up to 4294967295"),
    (
        "PYTHONMALLOC",
        "3.6",
        r"default|(?:malloc|pymalloc|mimalloc)(?:_debug)?|debug",
        "the name of an allocator",
    ),
    ("PYTHONUTF8", "3.7", r"[01]", "0 or 1"),
    ("PYTHONTRACEMALLOC", "3.4", r"[0-9]{1,5}", "a number of frames"),
)
"""(variable, the first Python that reads it, the values that it takes, the same in words). With any
other value Python ends at its start; an empty value counts as none."""


def reasons(subject: Subject, host: TargetHost) -> Iterator[Reason]:
    """A reason for each variable that breaks Python; each is mended by an empty value, or by the
    same path without the folder that is in the way."""
    image, inside = subject.reading.image, subject.inside
    if image is None or inside is None or inside.problems or not inside.pythons:
        return
    environment = image.environment
    program, _ = inside.python_on(environment.get("PATH") or _PATH)
    program = program or min(inside.pythons)  # it may be called by its whole name
    version = inside.version_of(program) or minor(subject.said("python"))
    yield from _refused(environment, version)
    if home := environment.get("PYTHONHOME", ""):
        yield from _home(inside, program, version, home)
    if path := environment.get("PYTHONPATH", ""):
        yield from _hidden(inside, path)


def _refused(environment: Mapping[str, str], version: str) -> Iterator[Reason]:
    for name, since, values, told in _REFUSED:
        value = environment.get(name, "")
        if not value or not at_least(version, since):
            continue
        # The text is the image's: only what the pattern takes is short and of plain digits.
        taken = re.fullmatch(values, value) is not None
        beyond = taken and name == _SEED and value != "random" and int(value) >= _HASH_SEEDS
        if taken and not beyond:
            continue
        found = reason(
            "python-variable-refused",
            [clean_line(f"{name}={value}", 200)],
            name=name,
            value=clean_line(value, 60),
            version=version,
            takes=told,
        )
        yield replace(found, change=Change(environment=((name, ""),)))


def _home(inside: Inside, program: str, version: str, home: str) -> Iterator[Reason]:
    """A reason where PYTHONHOME names no folder below which a Python of this version lies."""
    wanted = home.partition(":")[0].strip("/")
    prefixes = {
        real.rpartition("bin/")[0].strip("/")
        for one in inside.pythons
        if inside.version_of(one) in (version, minor(version))
        and (real := _real(inside, one)).rpartition("bin/")[1]
    }
    if wanted in prefixes or not prefixes:
        return
    evidence = [f"/{program} leads to /{_real(inside, program)}"]
    found = reason("python-home-elsewhere", evidence, value=clean_line(home, 100))
    yield replace(found, change=Change(environment=(("PYTHONHOME", ""),)))


def _real(inside: Inside, program: str) -> str:
    for _ in range(_LINKS):
        onward = inside.pythons.get(program, program)
        if onward == program:
            break
        program = onward
    return program


def _hidden(inside: Inside, path: str) -> Iterator[Reason]:
    folders = [one for one in path.split(":") if one]
    bad = [one for one in folders if one.strip("/") in inside.hiding]
    if not bad:
        return
    change = Change(environment=(("PYTHONPATH", ":".join(o for o in folders if o not in bad)),))
    names = inside.hiding[bad[0].strip("/")]
    found = reason(
        "python-library-hidden",
        [clean_line(f"PYTHONPATH={path}", 200)],
        folder=bad[0].strip("/"),
        names=", ".join(names[:_SHOWN]),
        change=change.told,
    )
    yield replace(found, change=change)
