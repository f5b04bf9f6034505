"""Text in other scripts: before 3.7, Python reads and writes ASCII where no locale is asked for."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from harness.check.foreseen import Change
from harness.check.host import TargetHost
from harness.check.reasons import Reason, reason
from harness.check.subject import Subject
from harness.knowledge.versions import at_least, minor, release
from harness.text import clean_line

_ORDER = ("LC_ALL", "LC_CTYPE", "LANG")
"""Which variable wins, as setlocale(3) reads them: the first that is not empty."""
_NONE = ("", "C", "POSIX")
_BUILT_IN = re.compile(r"C\.utf-?8$", re.IGNORECASE)
"""The locale that Debian's, Ubuntu's and later Red Hat's C libraries always have."""
_INSTALLS = re.compile(
    r"locale-gen|localedef|update-locale|\blocales(?:-all)?\b|glibc-langpack|language-pack"
)
_WITHOUT_IT = ("centos-5", "centos-6", "centos-7")
"""Their C library has no C.UTF-8; their images have en_US.UTF-8."""


def reasons(subject: Subject, host: TargetHost) -> Iterator[Reason]:
    """Whether its Python 3 writes more than ASCII; of Python 2 nothing is said: there a program
    decides, not the locale."""
    image = subject.reading.image
    version = minor(subject.said("python"))
    if image is None or release(version)[:1] != (3,) or at_least(version, "3.7"):
        return
    if len(release(version)) < 2:
        return  # Which Python 3 it is, nobody says.
    variable, locale = _locale(image.environment)
    wanted = "en_US.UTF-8" if subject.said("system") in _WITHOUT_IT else "C.UTF-8"
    change = Change(environment=((variable, wanted),))
    facts = {"version": version, "change": change.told}
    if locale in _NONE:
        shown = f"{variable}={locale}" if locale else f"none of {', '.join(_ORDER)} is set"
        yield replace(reason("writes-ascii", [shown], **facts), change=change)
    elif not _BUILT_IN.match(locale) and not any(_INSTALLS.search(one) for one in image.steps):
        shown = clean_line(locale, 60)
        found = reason("locale-may-be-missing", [f"{variable}={shown}"], locale=shown, **facts)
        yield found


def _locale(environment: Mapping[str, str]) -> tuple[str, str]:
    """(the variable that decides, its value); where none is set, the one to set."""
    return next(
        ((name, environment[name]) for name in _ORDER if environment.get(name)), ("LANG", "")
    )
