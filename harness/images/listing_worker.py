"""A process that lists the files of one layer, so that two builds can be compared.

For files that are small enough, further digests are written besides that of the content: of the
sorted lines, of the text without dates, and of a compiled or packed file without the time in its
header. They tell why two builds differ without keeping any file. The limits are those of
`layer_worker`.
"""

from __future__ import annotations

import hashlib
import re
import struct
import tarfile
from collections.abc import Iterator
from typing import BinaryIO

from harness.images.layer_worker import MEMBERS, Bomb, tell_of

KEPT = 8 * 1024**2
"""Files with more bytes get only the digest of their content."""
_CHUNK = 1024**2
_NAME = 1024
_PYTHON_2 = 50_000
"""Magic numbers of Python 2 are above this, those of Python 3 below."""
_WITH_FLAGS = 3390
"""From this magic number on (3.7), the header has four more bytes."""
_GZIP = b"\x1f\x8b"
_DATE = re.compile(
    rb"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)?)?"
    rb"|(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),? )?"
    rb"(?:(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) {1,2}\d{1,2}"
    rb"|\d{1,2} (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec))"
    rb"(?: \d\d:\d\d:\d\d(?: [A-Z]{3,4})?)?(?: \d{4})?(?: \d\d:\d\d:\d\d)?"
)
"""Dates as programs write them: ISO 8601, and the formats of `date` and of mail."""

_HASH = re.compile(rb"sha256=[\w-]{43},\d{1,12}(?=\r?$)", re.MULTILINE)
"""The digest and size of a file in a list of installed files."""


def main(asked: list[str], *, hashed: bool = True) -> None:
    """Read a layer from standard input, and list its files on standard output."""
    del asked
    tell_of(listed, hashed=hashed)


def listed(stream: BinaryIO) -> Iterator[dict[str, object]]:
    """Yield an entry for each file, folder and link of a tar, in its order."""
    with tarfile.open(fileobj=stream, mode="r|", bufsize=_CHUNK, errorlevel=0) as tar:
        for count, member in enumerate(tar):
            if count > MEMBERS:
                raise Bomb(f"more than {MEMBERS} members")
            vars(tar)["members"] = []  # tarfile remembers every member otherwise
            yield {
                "kind": "file",
                "path": "/".join(part for part in member.name.split("/") if part not in ("", "."))[
                    :_NAME
                ],
                "type": member.type.decode("latin-1"),
                "mode": member.mode,
                "owner": f"{member.uid}:{member.gid}",
                "time": str(member.mtime),
                "link": member.linkname[:_NAME],
                "more": _more(member),
                **_content(tar, member),
            }


def _more(member: tarfile.TarInfo) -> str:
    """A digest of everything else in the header, such as extended attributes; empty if there is
    nothing."""
    times = ("mtime", "atime", "ctime", "path", "linkpath", "size")
    rest = sorted((key, text) for key, text in member.pax_headers.items() if key not in times)
    device = (member.devmajor, member.devminor) if member.isdev() else ()
    return hashlib.sha256(repr((rest, device)).encode()).hexdigest() if rest or device else ""


def _content(tar: tarfile.TarFile, member: tarfile.TarInfo) -> dict[str, str]:
    stream = tar.extractfile(member) if member.isfile() else None
    if stream is None:
        return {}
    whole, kept = hashlib.sha256(), bytearray()
    while piece := stream.read(_CHUNK):
        whole.update(piece)
        if member.size <= KEPT:
            kept += piece
    told = {"digest": whole.hexdigest()}
    return {**told, **_digests(bytes(kept))} if member.size <= KEPT else told


def _digests(content: bytes) -> dict[str, str]:
    """Digests that are equal for two files which differ only in one way: time, order or dates."""
    found = {}
    if body := _without_time(content):
        found["body"] = _digest(body)
    if b"\0" not in content:
        undated = _DATE.sub(b"-", content)
        found["ordered"] = _digest(_in_order(content))
        found["undated"] = _digest(undated)
        found["both"] = _digest(_in_order(undated))
        found["unhashed"] = _digest(_in_order(_HASH.sub(b"-", content)))
    return found


def _without_time(content: bytes) -> bytes:
    """A compiled module or gzip file without the time in its header; empty for anything else."""
    if content[:2] == _GZIP and len(content) > 10:
        return content[:4] + content[8:]
    if len(content) < 16 or content[2:4] != b"\r\n":
        return b""
    (magic,) = struct.unpack("<H", content[:2])
    if magic > _PYTHON_2:
        return content[:4] + content[8:]
    if magic < _WITH_FLAGS:
        return content[:4] + content[8:]
    (flags,) = struct.unpack("<I", content[4:8])
    return b"" if flags & 1 else content[:8] + content[12:]


def _in_order(content: bytes) -> bytes:
    return b"\n".join(sorted(content.split(b"\n")))


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
