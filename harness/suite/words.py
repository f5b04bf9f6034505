"""The spelling of values in a matrix.yaml: names, versions, sizes, dates, requirements.

`MEANING` describes each pattern in plain words, for error messages.
"""

from __future__ import annotations

import math
import re
from datetime import date

ID = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,79}$"
TAKEN = r"^(?:cell:|data:)?[A-Za-z0-9][A-Za-z0-9._-]{0,79}$"
NAME = r"^[a-z][a-z0-9_.-]{0,79}$"
VERSION = (
    r"^[0-9]{1,6}(\.[0-9]{1,6}){0,4}((a|b|rc)[0-9]{1,4})?(\.post[0-9]{1,4})?(\.dev[0-9]{1,8})?"
    r"(\+[a-z0-9]{1,20}(\.[a-z0-9]{1,20}){0,3})?$"
)
PYTHON = r"^[0-9]\.[0-9]{1,2}$"
DISTRIBUTION = r"^[a-z0-9]([a-z0-9._-]{0,78}[a-z0-9])?$"
VARIABLE = r"^[A-Za-z_][A-Za-z0-9_]{0,99}$"
ONE_LINE = r"^[^\x00-\x1f\x7f]*$"
GLOB = r"^[^\x00-\x20\x7f]{1,200}$"
IMAGE = r"^[A-Za-z0-9][A-Za-z0-9._:/@-]{0,254}$"
TAGGED_IMAGE = (
    r"^[A-Za-z0-9][A-Za-z0-9._:/-]{0,180}(:[A-Za-z0-9_][A-Za-z0-9._-]{0,127}|@sha256:[0-9a-f]{64})$"
)
PATH = r"^[^\x00-\x1f\x7f/~\\][^\x00-\x1f\x7f\\]{0,399}$"
PLATFORM = r"^[a-z0-9]{1,20}/[a-z0-9]{1,20}(/[a-z0-9]{1,20})?$"
INTERPRETER = r"^(/[A-Za-z0-9._/+-]{1,200}|[A-Za-z][A-Za-z0-9._-]{0,79})$"
DEBIAN_PACKAGE = r"^[a-z0-9][a-z0-9+.-]{1,99}(=[A-Za-z0-9.+:~-]{1,100})?$"
SIZE = r"^[0-9]{1,9}(B|KiB|MiB|GiB|TiB)$"
FINDING = r"^[0-9a-f]{8}$"
RUN = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$"
DIGEST = r"^sha256:[0-9a-f]{64}$"
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
ASK = rf"^({'|'.join(METHODS)}) /[\x21-\x7e]{{0,2000}}$"
URL_PATH = r"^/[\x21-\x7e]{0,2000}$"
INSIDE = r"^(/[A-Za-z0-9_+-][A-Za-z0-9._+-]{0,99}){1,20}/?$"
STATUS = r"^[1-5]([0-9]{2}|xx)$"
USER = r"^([a-z_][a-z0-9_-]{0,31}|[0-9]{1,9})$"
USER_ID = r"^[0-9]{1,9}$"
HEADER = r"^[A-Za-z0-9-]{1,100}$"

MEANING = {
    TAKEN: "the id of a base, `cell:` and that of a built cell, or `data:` and a data set's name",
    ID: "letters, digits, `.`, `_`, `-`, beginning with a letter or digit, at most 80",
    NAME: "lower-case letters, digits, `.`, `_`, `-`, beginning with a letter",
    VERSION: 'a version, as in "1.2.1"',
    PYTHON: 'major and minor version, as in "3.10"',
    DISTRIBUTION: "the name of a distribution in lower case",
    VARIABLE: "letters, digits and `_`, beginning with no digit",
    ONE_LINE: "one line of text",
    GLOB: "a pattern without blanks, as in `package.*`",
    IMAGE: "an image's name, as in `name:tag`",
    TAGGED_IMAGE: "an image with its tag or digest, as in `name:tag` or `name@sha256:...`",
    PATH: "a path with slashes, from the suite's folder",
    PLATFORM: "an operating system and a processor, as in `linux/amd64`",
    INTERPRETER: "an absolute path, or the name of a program",
    DEBIAN_PACKAGE: "the name of a Debian package",
    FINDING: "eight hexadecimal digits, as reports name findings and events",
    RUN: "the id of a run",
    DIGEST: "`sha256:` and 64 hexadecimal digits",
    ASK: 'a request, as in "POST /predict"',
    URL_PATH: "the path of a URL: it begins with / and has no blanks",
    INSIDE: "an absolute path in the container, as in /data/train.log",
    STATUS: "a status as 200, or a class of them as 4xx",
    USER: 'a user: a name, or a number in quotes, as in "1000"',
    USER_ID: 'the number of a user, in quotes, as in "1000"',
    HEADER: "the name of a header: letters, digits and `-`",
}
"""Pattern -> what a matching text is, in words."""

_UNITS: dict[str, int] = {
    unit: 1024**power for power, unit in enumerate(("B", "KiB", "MiB", "GiB", "TiB"))
}
_LARGEST = 1024**5


class Complaint(ValueError):
    """A value is not valid; it has a message and a remedy."""

    def __init__(self, message: str, *, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy


def size_in_bytes(value: object) -> int:
    """The number of bytes in `6GiB` or in a plain number. Raises Complaint for anything else."""
    if isinstance(value, str):
        if re.fullmatch(SIZE, value) is None:
            raise Complaint(
                "not a size", remedy="write it as 512MiB or 6GiB (B, KiB, MiB, GiB, TiB)"
            )
        digits = value.rstrip("BiKMGT")
        size = int(digits) * _UNITS[value.removeprefix(digits)]
    elif isinstance(value, int) and not isinstance(value, bool):
        size = value
    else:
        raise Complaint("not a size", remedy="write it as 512MiB or 6GiB")
    if not 0 < size <= _LARGEST:
        raise Complaint("a size must be more than 0, and at most 1024TiB")
    return size


def size_text(size: int) -> str:
    """A size as a person writes it, in the largest unit that divides it."""
    for unit in ("TiB", "GiB", "MiB", "KiB"):
        if size and size % _UNITS[unit] == 0:
            return f"{size // _UNITS[unit]}{unit}"
    return f"{size}B"


def checked_format(value: object) -> object:
    """The value, if it is the supported version of the format. Raises Complaint otherwise."""
    if type(value) is not int or value != 1:
        raise Complaint("this harness reads version 1 of the format", remedy="write `version: 1`")
    return value


def checked_date(value: str) -> str:
    """The text, if it is empty or an ISO date. Raises Complaint otherwise."""
    if value:
        try:
            same = date.fromisoformat(value).isoformat() == value
        except ValueError:
            same = False
        if not same:
            raise Complaint("not a date", remedy="write it as 2017-06-30")
    return value


def checked_setting(value: object) -> object:
    """The value, if it is a finite scalar. Raises Complaint otherwise."""
    if isinstance(value, float) and not math.isfinite(value):
        raise Complaint("a setting must be a finite number")
    if isinstance(value, (list, dict)):
        raise Complaint("a setting is one value: text, a number, true, false or null")
    return value


_PLAIN_REQUIREMENT = re.compile(
    r"(WORD)(?:\[WORD(?:,WORD)*\])?(?:(==|<=|>=|<|>)([0-9]{1,9}(?:\.[0-9]{1,9}){0,5}))?".replace(
        "WORD", "[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?"
    )
)


def plain_requirement(text: str) -> tuple[str, str, str] | None:
    """(name as PEP 503 normalises it, operator, version) of a simple requirement.

    Operator and version may be empty. None for any other requirement, which `packaging` must parse;
    importing that takes longer than reading a whole matrix.yaml.
    """
    found = _PLAIN_REQUIREMENT.fullmatch(text)
    if found is None:
        return None
    name, operator, version = found.groups(default="")
    return re.sub(r"[-_.]+", "-", name).lower(), operator, version


def checked_requirement(value: str) -> str:
    """The text, if it is a requirement by name (PEP 508) without a URL. Raises Complaint
    otherwise."""
    if plain_requirement(value) is not None:
        return value
    from packaging.requirements import InvalidRequirement, Requirement

    try:
        found = Requirement(value)
    except InvalidRequirement:
        raise Complaint(
            "not a requirement", remedy="write it as `numpy<2` or `protobuf==3.19.6`"
        ) from None
    if found.url is not None:
        raise Complaint("a requirement names no place", remedy=f"write `{found.name}==VERSION`")
    return value
