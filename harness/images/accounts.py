"""Parse the small files in which a distribution or a package describes itself. Pure.

The text comes from an image: it is bounded here, and its statements are not trusted.
"""

from __future__ import annotations

import re

SMALL = 256 * 1024
"""Bytes of such a file that are read at most."""
LINES = 300
"""Requirements of one distribution that are kept at most."""
LONGEST = 400
"""Characters of one requirement; a longer one is replaced by a text that cannot be parsed."""
_TOO_LONG = "a requirement of more than 400 characters"

DISTRIBUTION = re.compile(
    r"/(?:site|dist)-packages/([^/]{1,200}?)\.(?:dist-info/METADATA|egg-info(?:/PKG-INFO)?)$"
)
LISTED = re.compile(r"/(?:site|dist)-packages/[^/]{1,200}\.egg-info/requires\.txt$")
"""The file in which setuptools writes requirements, beside the metadata."""
_LITERAL = re.compile(r"""^__version__\s{0,8}=\s{0,8}["']([\w.+!-]{1,60})["']""", re.MULTILINE)
_PART = re.compile(
    r"^#\s{0,8}define\s{1,8}(\w{0,40}?)(MAJOR|MINOR|PATCH)_VERSION\s{1,8}(\d{1,6})\b", re.MULTILINE
)
_SUFFIX = re.compile(
    r'^#\s{0,8}define\s{1,8}\w{0,40}?VERSION_SUFFIX\s{1,8}"([\w.+-]{0,40})"', re.MULTILINE
)


def package_files(packages: tuple[str, ...]) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Patterns for a framework's packages, wherever they lie: (first module, files with a version).

    A version is stated as a Python literal, or as constants in a C header below the package.
    """
    named = "|".join(map(re.escape, packages)) or "(?!)"
    first = re.compile(rf"(?:^|/)(?P<package>{named})/__init__\.py$")
    stating = re.compile(
        rf"(?:^|/)(?P<package>{named})/"
        r"(?:(?:_?version|__init__)\.py|(?:[^/]{1,80}/){0,4}version\.h)$"
    )
    return first, stating


def account_of(text: str) -> dict[str, object]:
    """Parse a METADATA or PKG-INFO: its requirements, and the Pythons it is for.

    The description, which follows the first empty line, is ignored.
    """
    headers = re.split(r"\r?\n\r?\n", text, maxsplit=1)[0]
    unfolded = re.sub(r"\r?\n[ \t]+", " ", headers)
    requires: list[str] = []
    python = ""
    for line in unfolded.splitlines():
        name, colon, value = line.partition(":")
        value = value.strip()
        if not colon or not value:
            continue
        if name.lower() == "requires-dist" and len(requires) < LINES:
            requires.append(value if len(value) <= LONGEST else _TOO_LONG)
        elif name.lower() == "requires-python" and not python:
            python = value[:LONGEST]
    return {"told": bool(headers.strip()), "requires": requires, "requires_python": python}


def listed(text: str) -> list[str]:
    """The lines of a requires.txt including section headers, bounded."""
    lines = [line.strip() for line in text.splitlines()]
    return [line if len(line) <= LONGEST else _TOO_LONG for line in lines if line][:LINES]


def stated_version(text: str) -> str:
    """The version that a package's own file states; empty if it states none."""
    if found := _LITERAL.search(text):
        return found[1]
    parts: dict[str, dict[str, str]] = {}
    for prefix, part, number in _PART.findall(text):
        parts.setdefault(prefix, {}).setdefault(part, number)
    whole = next((one for one in parts.values() if len(one) == 3), None)
    if whole is None:
        return ""
    suffix = _SUFFIX.search(text)
    return f"{whole['MAJOR']}.{whole['MINOR']}.{whole['PATCH']}{suffix[1] if suffix else ''}"
