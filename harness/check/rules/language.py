"""Text in other scripts: without a locale, Python 3 before 3.7 reads and writes only ASCII."""

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
"""The variables in the order of setlocale(3); the first that is not empty wins."""
_NONE = ("", "C", "POSIX")
_BUILT_IN = re.compile(r"C\.utf-?8$", re.IGNORECASE)
"""The locale that the C libraries of Debian, Ubuntu and later Red Hat releases always have."""
_INSTALLS = re.compile(
    r"locale-gen|localedef|update-locale|\blocales(?:-all)?\b|glibc-langpack|language-pack"
)
_WITHOUT_IT = ("centos-5", "centos-6", "centos-7")
"""Systems whose C library has no C.UTF-8; their images have en_US.UTF-8."""


def reasons(subject: Subject, host: TargetHost) -> Iterator[Reason]:
    """Whether the image's Python 3 writes more than ASCII. Nothing is said of Python 2, where the
    program decides, not the locale."""
    image = subject.reading.image
    version = minor(subject.said("python"))
    if image is None or release(version)[:1] != (3,) or at_least(version, "3.7"):
        return
    if len(release(version)) < 2:
        return  # The minor version of Python 3 is not known.
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
    """(the variable that decides, its value); if none is set, (the variable to set, "")."""
    return next(
        ((name, environment[name]) for name in _ORDER if environment.get(name)), ("LANG", "")
    )
