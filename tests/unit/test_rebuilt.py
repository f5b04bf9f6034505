"""Two builds compared with each other: each kind of difference has its reason, and no other."""

from __future__ import annotations

import gzip
import io
import marshal
import struct
import tarfile
from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.images.listing_worker import KEPT, listed
from harness.images.rebuilt import (
    DifferenceReason,
    LayerFile,
    RebuiltFile,
    differing,
    files_of,
    source_of,
)

STAMP, CODE, ORDER, FOLLOWS, NONE = DifferenceReason


def layer(files: Mapping[str, bytes], mtime: int = 0, **headers: int | str) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mtime = len(content), mtime
            for header, value in headers.items():
                setattr(entry, header, value)
            archive.addfile(entry, io.BytesIO(content))
    return packed.getvalue()


def read(packed: bytes) -> tuple[LayerFile, ...]:
    lines: list[dict[str, object]] = [*listed(io.BytesIO(packed)), {"kind": "end", "problem": ""}]
    files, problem = files_of(lines)
    assert "" == problem
    return files


def held(one: bytes, other: bytes) -> dict[str, tuple[DifferenceReason, ...]]:
    return {each.path: each.reasons for each in differing(read(one), read(other))}


def compiled(body: bytes, mtime: int = 7, magic: int = 3495) -> bytes:
    flags = b"" if magic < 3390 or magic > 50_000 else struct.pack("<I", 0)
    size = b"" if magic > 50_000 else struct.pack("<I", 1)
    return struct.pack("<H", magic) + b"\r\n" + flags + struct.pack("<I", mtime) + size + body


BODY = marshal.dumps(compile("x = 'shared'", "a.py", "exec"))
OTHER = BODY.replace(b"shared", b"otherx")


@pytest.mark.parametrize(
    ("one", "other", "reasons"),
    [
        (b"a\nb\n", b"b\na\n", (ORDER,)),
        (b"built 2026-11-29T01:02:03Z", b"built 2026-11-30T00:00:00.5+02:00", (STAMP,)),
        (b"# Sun Nov 29 14:10:40 UTC 2026\n", b"# Mon Nov 30 01:10:41 UTC 2026\n", (STAMP,)),
        (b"a 2026-11-29\nb\n", b"b\na 2026-11-30\n", (STAMP, ORDER)),
        (b"a 1.0\n", b"a 1.1\n", (NONE,)),
        (b"\0a\nb\n", b"\0b\na\n", (NONE,)),
        (gzip.compress(b"x", mtime=1), gzip.compress(b"x", mtime=2), (STAMP,)),
        (gzip.compress(b"x", mtime=1), gzip.compress(b"y", mtime=1), (NONE,)),
    ],
)
def test_content_that_differs_has_its_reason(
    one: bytes, other: bytes, reasons: tuple[DifferenceReason, ...]
) -> None:
    assert {"etc/x": reasons} == held(layer({"etc/x": one}), layer({"etc/x": other}))


@pytest.mark.parametrize("magic", [62211, 3350, 3495])
@pytest.mark.parametrize("path", ["lib/a.pyc", "lib/__pycache__/a.cpython-39.pyc"])
def test_byte_code_is_told_from_its_time_and_from_its_source(magic: int, path: str) -> None:
    def with_source(code: bytes, source: bytes = b"x = 'shared'") -> bytes:
        return layer({"lib/a.py": source, path: code})

    plain = with_source(compiled(BODY, magic=magic))
    later = with_source(compiled(BODY, mtime=8, magic=magic))
    marked = with_source(compiled(OTHER, magic=magic))
    edited = with_source(compiled(OTHER, magic=magic), b"x = 'otherx'")

    assert {path: (STAMP,)} == held(plain, later)
    assert {path: (CODE,)} == held(plain, marked)
    assert {"lib/a.py": (NONE,), path: (FOLLOWS,)} == held(plain, edited)
    alone = [layer({path: compiled(one, magic=magic)}) for one in (BODY, OTHER)]
    assert {path: (NONE,)} == held(alone[0], alone[1])


def test_what_is_no_byte_code_is_not_excused_by_its_name() -> None:
    one, other = (layer({"a.py": b"", "a.pyc": each}) for each in (b"\0 program", b"\0 other"))

    assert {"a.pyc": (NONE,)} == held(one, other)


@pytest.mark.parametrize(
    ("headers", "reasons"),
    [
        ({"mtime": 9}, (STAMP,)),
        ({"mode": 0o4755}, (NONE,)),
        ({"uid": 1000}, (NONE,)),
        ({"mtime": 9, "uid": 1000}, (NONE, STAMP)),
    ],
)
def test_a_header_that_differs_has_its_reason(
    headers: Mapping[str, int], reasons: tuple[DifferenceReason, ...]
) -> None:
    assert {"x": reasons} == held(layer({"x": b""}), layer({"x": b""}, **headers))


def test_a_link_that_leads_elsewhere_and_a_file_of_one_alone_are_unexplained() -> None:
    one = layer({"only": b"", "x": b""})
    (first,) = differing(read(one), read(layer({"x": b""})))
    assert ("only", "only in the first", (NONE,)) == (first.path, first.what, first.reasons)
    links = [read(layer({"l": b""}))[0]] * 2
    led = [replace(each, type="2", link=to) for each, to in zip(links, ("a", "b"), strict=True)]
    (found,) = differing(led[:1], led[1:])
    assert ((NONE,), "link a and b") == (found.reasons, found.what)


def test_the_same_files_in_another_order_are_told_of_the_layer() -> None:
    one, other = layer({"a": b"", "b": b""}), layer({"b": b"", "a": b""})
    assert {"": (ORDER,)} == held(one, other)
    (otherwise,) = differing(read(one), read(one))
    assert (NONE,) == otherwise.reasons


def test_large_files_are_held_by_their_whole_digest() -> None:
    text = b"a\n" * (KEPT // 2 + 1)
    assert {"x": (NONE,)} == held(layer({"x": b"b\n" + text}), layer({"x": text + b"b\n"}))


def record(digest: str) -> bytes:
    return f"a.py,sha256={digest * 43},12\nb.py,,\n".encode()


def test_a_list_of_installed_files_follows_of_what_it_lists_and_of_nothing_else() -> None:
    path = "six-1.0.dist-info/RECORD"
    one, other = ({path: record(each), "a.py": each.encode()} for each in "xy")
    assert {"a.py": (NONE,), path: (FOLLOWS,)} == held(layer(one), layer(other))
    dated = [
        layer({path: record(each), "a.py": f"# 2026-11-{day}".encode()})
        for each, day in (("x", 28), ("y", 29))
    ]
    assert {"a.py": (STAMP,), path: (FOLLOWS,)} == held(dated[0], dated[1])
    same = {**other, "a.py": one["a.py"]}
    assert {path: (NONE,)} == held(layer(one), layer(same))
    assert (NONE,) in held(layer(one), layer(same, mtime=1)).values()
    more = {**other, path: record("y") + b"c.py,,\n"}
    assert {"a.py": (NONE,), path: (NONE,)} == held(layer(one), layer(more))


def test_a_reader_that_ended_early_says_so() -> None:
    assert "its reader ended without an answer" == files_of([{"kind": "dead"}])[1]
    assert "bomb" == files_of([{"kind": "end", "problem": "bomb"}])[1]


def test_the_source_of_a_compiled_file() -> None:
    assert "a/b.py" == source_of("a/__pycache__/b.cpython-313.pyc")
    assert "b.py" == source_of("__pycache__/b.cpython-36.opt-1.pyc")
    assert "a/b.py" == source_of("a/b.pyc")


LINES = st.dictionaries(
    st.sampled_from(["kind", "path", "type", "mode", "digest", "body", "ordered", "problem"]),
    st.one_of(st.sampled_from(["file", "end"]), st.integers(), st.text(max_size=5), st.none()),
)


@given(st.lists(LINES, max_size=6), st.lists(LINES, max_size=6))
def test_whatever_a_reader_tells_is_compared_without_an_error(
    one: list[dict[str, object]], other: list[dict[str, object]]
) -> None:
    found = differing(files_of(one)[0], files_of(other)[0])
    assert found
    assert all(isinstance(each, RebuiltFile) and each.reasons for each in found)


@given(st.binary(max_size=60), st.binary(max_size=60))
def test_other_content_is_never_taken_for_equal(one: bytes, other: bytes) -> None:
    found = held(layer({"x": one}), layer({"x": other}))
    assert ("x" in found) is (one != other)
