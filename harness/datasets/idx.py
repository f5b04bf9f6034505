"""Read the IDX format of the MNIST files as untrusted input: bounded, with every count checked."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from math import prod

_UNSIGNED_BYTE = 0x08
_CLASSES = 10


class IdxError(ValueError):
    """The bytes are not a valid IDX file; the message says why."""


@dataclass(frozen=True, kw_only=True, slots=True)
class IdxFile:
    """An array of unsigned bytes: three dimensions for images, one for labels."""

    shape: tuple[int, ...]
    values: memoryview

    @staticmethod
    def size_of(shape: tuple[int, ...]) -> int:
        """The size in bytes of an uncompressed file of that shape: magic number, dimensions and
        values."""
        return 4 + 4 * len(shape) + prod(shape)


def gunzip(compressed: bytes, limit: int) -> bytes:
    """Decompress one gzip file of at most `limit` bytes and verify its checksum.

    Raises IdxError if it is not gzip, is cut off, damaged or larger, or has data after it.
    """
    stream = zlib.decompressobj(wbits=31)
    try:
        content = stream.decompress(compressed, limit + 1)
        if len(content) > limit:
            raise IdxError(f"larger than the {limit} bytes it may have uncompressed")
        if not stream.eof:
            # The limit may be reached exactly, with only the checksum left to read.
            content += stream.decompress(stream.unconsumed_tail, 1)
    except zlib.error as error:
        raise IdxError(f"not a sound gzip file ({error})") from error
    if len(content) > limit:
        raise IdxError(f"larger than the {limit} bytes it may have uncompressed")
    if not stream.eof:
        raise IdxError(f"truncated: the gzip stream ends after {len(content)} bytes of content")
    if stream.unused_data:
        raise IdxError("followed by other data after its gzip stream")
    return content


def read_idx(content: bytes) -> IdxFile:
    """Parse images (three dimensions) or labels (one dimension, each 0 to 9). Raises IdxError."""
    if len(content) < 4:
        raise IdxError(f"truncated: {len(content)} bytes, too short for an IDX header")
    if content[0] or content[1] or content[2] != _UNSIGNED_BYTE or content[3] not in (1, 3):
        raise IdxError(f"not an IDX file of bytes: it starts with {content[:4].hex()}")
    dimensions = content[3]
    start = 4 + 4 * dimensions
    if len(content) < start:
        raise IdxError(f"truncated: {len(content)} bytes, too short for an IDX header")
    shape = tuple(int.from_bytes(content[at : at + 4], "big") for at in range(4, start, 4))
    expected = IdxFile.size_of(shape)
    if len(content) < expected:
        raise IdxError(f"truncated: {len(content)} of the {expected} bytes its header tells of")
    if len(content) > expected:
        raise IdxError(f"{len(content) - expected} bytes longer than its header tells")
    values = memoryview(content)[start:]
    if dimensions == 1 and values.nbytes and max(values) >= _CLASSES:
        raise IdxError(f"it has a label {max(values)}, above {_CLASSES - 1}")
    return IdxFile(shape=shape, values=values)
