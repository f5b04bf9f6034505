"""Shared objects are read without loading them, however malformed they are."""

from __future__ import annotations

import io
import json
import os
import sys
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from harness.images.dynamic import read_dynamic
from harness.images.elf import read_elf
from harness.images.symbols import hash_of, unpacked, version_hash
from tests.registry.old_images import (
    fat_binary,
    shared_object,
)


def test_an_object_of_this_machine_is_read_like_any_other() -> None:
    with Path(sys.executable).resolve().open("rb") as stream:
        code, found = read_elf(stream), read_dynamic(stream)
    assert ("", "") == (code.problem, found.problem)
    assert (64, os.uname().machine == "x86_64") == (found.bits, code.machine == "x64")
    assert any(name.startswith("libc.so") for name in found.needed)
    assert any(version.startswith("GLIBC_") for _, version in found.wants)
    assert "/ld-" in found.interpreter


GOOD = shared_object(
    ("liba.so",),
    wants={"libc.so.6": ("GLIBC_2.17",)},
    gives=("X_1",),
    fat=fat_binary((70,), (80,)),
    soname="libgood.so.1",
    runpath="$ORIGIN/..",
    undefined="read write@GLIBC_2.17",
    exports="own other@X_1",
    names="libcuda.so.1 no.library",
)


def test_a_made_object_says_what_it_was_made_with() -> None:
    code, found = read_elf(io.BytesIO(GOOD)), read_dynamic(io.BytesIO(GOOD))
    assert ("", "", "x64") == (found.problem, code.problem, code.machine)
    assert ["liba.so"] == found.needed
    assert [("libc.so.6", "GLIBC_2.17")] == found.wants
    assert (["X_1"], ["7.0"], ["8.0"]) == (found.provides, code.cubin, code.ptx)
    assert ["libcuda.so.1"] == code.opened
    assert ("libgood.so.1", "$ORIGIN/..", "") == (found.soname, found.runpath, found.rpath)
    assert "read write@GLIBC_2.17" == found.undefined
    assert [hash_of(b"own") | 1, hash_of(b"other") | 1] == list(unpacked(found.exports))
    assert [0, version_hash("X_1")] == list(unpacked(found.versions))


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, len(GOOD) - 1), st.integers(0, 255)), min_size=1, max_size=12
    ),
    st.integers(0, len(GOOD)),
)
def test_a_malformed_object_is_survived(changes: list[tuple[int, int]], cut: int) -> None:
    spoilt = bytearray(GOOD)
    for at, value in changes:
        spoilt[at] = value
    raw = bytes(spoilt[: cut or None])
    assert isinstance(read_elf(io.BytesIO(raw)).as_dict(), dict)
    found = read_dynamic(io.BytesIO(raw))
    assert json.loads(json.dumps(found.as_dict()))
    assert len(found.needed) <= 4097
