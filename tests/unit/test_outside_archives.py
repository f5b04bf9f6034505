"""Files of strangers' containers, as the engine packs them."""

from __future__ import annotations

import io
import tarfile

from hypothesis import given
from hypothesis import strategies as st

from harness.outside.archives import first_file, packed_file


@given(st.binary(max_size=3000), st.integers(0, 100_000))
def test_a_file_comes_back_as_it_was_packed(content: bytes, uid: int) -> None:
    found = first_file(packed_file("x", content, uid))
    assert found is not None
    assert (content, True, uid, 0o644) == (found.content, found.whole, found.uid, found.mode)


def test_a_file_that_is_longer_than_is_read_says_so() -> None:
    found = first_file(packed_file("x", b"abcdef", 0), most=4)
    assert found is not None
    assert (b"abcd", False) == (found.content, found.whole)


@given(st.integers(0, 2000))
def test_an_archive_that_is_cut_off_gives_what_there_is(length: int) -> None:
    packed = packed_file("x", b"y" * 1000, 0)[:length]
    found = first_file(packed)
    assert found is None or found.content == b"y" * len(found.content)
    assert (length >= 512) is (found is not None)


@given(st.binary(max_size=2000))
def test_whatever_comes_is_a_file_or_none(packed: bytes) -> None:
    found = first_file(packed)
    assert found is None or len(found.content) <= len(packed)


def test_a_link_and_a_folder_are_no_files() -> None:
    for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE, tarfile.CHRTYPE):
        out = io.BytesIO()
        with tarfile.open(fileobj=out, mode="w") as archive:
            entry = tarfile.TarInfo("x")
            entry.type, entry.linkname = kind, "/etc/shadow"
            archive.addfile(entry)
        assert first_file(out.getvalue()) is None
