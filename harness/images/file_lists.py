"""Read what installers wrote about their work: metadata, and lists of files with digests. Pure."""

from __future__ import annotations

import base64
import binascii
import csv
import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from harness.images.file_tree import FileTree

_INFO = re.compile(r"^(?P<folder>.+)/(?P<stem>[^/]+)\.(?P<kind>dist-info|egg-info)(?:/|$)")


@dataclass(slots=True)
class Listing:
    """An installed distribution, and its installer's list of files."""

    folder: str
    info: str
    name: str
    version: str
    listed: dict[str, bytes] = field(default_factory=dict)
    """Path of each listed file -> its listed SHA-256; empty bytes if the list gives none."""
    record: bool = False
    """Whether it has a RECORD."""


def listings(tree: FileTree, sites: tuple[str, ...]) -> Iterator[Listing]:
    """Yield every distribution in these folders that has a name and a version, by its metadata."""
    seen = set()
    for path in sorted(tree.texts):
        found = _INFO.match(path)
        if found is None or found["folder"] not in sites:
            continue
        info = f"{found['folder']}/{found['stem']}.{found['kind']}"
        if info in seen:
            continue
        text = (
            tree.text(f"{info}/METADATA") or tree.text(f"{info}/PKG-INFO") or tree.text(info)
        ).partition("\n\n")[0]
        headers = dict(re.findall(r"^(Name|Version):[ \t]*(\S[^\r\n]*)", text, re.MULTILINE))
        if not headers.get("Name") or not headers.get("Version"):
            continue
        seen.add(info)
        record = f"{info}/RECORD"
        yield Listing(
            folder=found["folder"],
            info=info,
            name=normal(headers["Name"].strip()),
            version=headers["Version"].strip(),
            listed=dict(_rows(found["folder"], tree.text(record))),
            record=record in tree.texts,
        )


def _rows(folder: str, text: str) -> Iterator[tuple[str, bytes]]:
    try:
        for row in csv.reader(text.splitlines()):
            if len(row) >= 2 and row[0]:
                path = posixpath.normpath(posixpath.join("/", folder, row[0])).lstrip("/")
                kind, _, value = row[1].partition("=")
                digest = b""
                if kind == "sha256":
                    try:
                        digest = base64.urlsafe_b64decode(value + "=" * (-len(value) % 4))
                    except (binascii.Error, ValueError):
                        digest = b"?"
                yield path, digest
    except csv.Error:
        return


def debian_sums(tree: FileTree) -> Iterator[tuple[str, bytes]]:
    """Yield (path, MD5) of every file in the md5sums lists of Debian packages."""
    for path in tree.texts:
        if path.endswith(".md5sums"):
            for line in tree.text(path).splitlines():
                sum_, _, name = line.partition("  ")
                if len(sum_) == 32 and re.fullmatch("[0-9a-f]{32}", sum_):
                    yield name.strip(), bytes.fromhex(sum_)


def normal(name: str) -> str:
    """A distribution's name as it appears in facts: lower case, with dashes."""
    return re.sub(r"[-_.]+", "-", name).lower()[:200]
