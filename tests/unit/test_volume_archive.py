"""What is put into a volume travels as an archive that every engine reads to its last byte."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest

from harness.engines.oci.volume import packed

END = b"\0" * 2 * tarfile.BLOCKSIZE


@pytest.mark.parametrize("length", [0, 1, 511, 512, 513, 8192, 10240, 100_000])
def test_nothing_follows_the_end_of_the_archive(length: int, tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_bytes(b"y" * length)
    raw = b"".join(packed({"a/b": b"x" * length, "c": source}))
    with tarfile.open(fileobj=io.BytesIO(raw)) as archive:
        members = archive.getmembers()
        read = {one.name: archive.extractfile(one) for one in members if one.isfile()}
        assert {"a/b": b"x" * length, "c": b"y" * length} == {
            name: stream.read() for name, stream in read.items() if stream
        }
    last = members[-1]
    blocks = -(-last.size // tarfile.BLOCKSIZE)
    assert END == raw[last.offset_data + blocks * tarfile.BLOCKSIZE :]


def test_a_file_that_shrinks_meanwhile_ends_it(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_bytes(b"y" * 5_000_000)
    pieces = packed({"c": source})
    next(pieces), next(pieces)
    source.write_bytes(b"")
    with pytest.raises(OSError, match="c became shorter"):
        list(pieces)
