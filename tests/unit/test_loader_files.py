"""The files that tell the dynamic loader where libraries lie are read as it reads them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.images.loader_files import cached, configured
from harness.images.loader_tree import lies_at, real
from tests.registry.old_images import loader_cache

X86_64, AARCH64 = 62, 183
NAMES = st.text(st.characters(codec="ascii", exclude_characters="\0"), min_size=1, max_size=20)
TABLES = st.dictionaries(NAMES, NAMES, max_size=8)


@given(TABLES, st.booleans())
def test_a_cache_tells_what_was_put_in(table: dict[str, str], older: bool) -> None:
    raw = loader_cache(table, older=older)
    assert table == cached(raw, X86_64)
    assert {} == cached(raw, AARCH64)
    assert table == cached(loader_cache(table, older=older, width=0x0A03), AARCH64)
    # glibc before 2.2 wrote the older form alone.
    if older:
        alone = raw[: raw.find(b"glibc-ld.so.cache")].rstrip(b"\0")
        assert set(cached(alone, X86_64)) <= {""}


@given(TABLES, st.integers(0, 400), st.binary(max_size=6), st.booleans())
def test_a_spoilt_cache_is_survived(
    table: dict[str, str], at: int, with_: bytes, older: bool
) -> None:
    raw = bytearray(loader_cache(table, older=older))
    raw[at : at + len(with_)] = with_
    for end in (len(raw), at):
        assert all(isinstance(one, str) for one in cached(bytes(raw[:end]), X86_64).values())


@given(st.binary(max_size=200))
def test_what_is_no_cache_tells_nothing_or_texts(raw: bytes) -> None:
    assert all(isinstance(one, str) for one in cached(raw, X86_64))


def folders(files: dict[str, str]) -> tuple[str, ...]:
    return configured(lambda path: files.get(path, ""), files)


def test_the_configuration_is_followed_into_what_it_includes() -> None:
    files = {
        "etc/ld.so.conf": "# a comment\n/opt/a # behind\ninclude ld.so.conf.d/*.conf /etc/x.conf\n"
        "\t/opt/z/\nhwcap 1 nosegneg\nrelative/none\n/usr/old=libc6\n",
        "etc/ld.so.conf.d/2.conf": "/opt/c\n",
        "etc/ld.so.conf.d/1.conf": "/opt/b\n/opt/a\n",
        "etc/ld.so.conf.d/1.conf.dpkg-old": "/opt/no\n",
        "etc/ld.so.conf.d/deep/3.conf": "/opt/no\n",
        "etc/x.conf": "include x.conf\n/opt/x\n",
    }
    assert ("opt/a", "opt/b", "opt/c", "opt/x", "opt/z", "usr/old") == folders(files)


@given(st.dictionaries(st.sampled_from(["etc/ld.so.conf", "etc/a", "etc/b"]), st.text(max_size=80)))
def test_no_configuration_goes_round_for_ever(files: dict[str, str]) -> None:
    assert all(not one.startswith("/") for one in folders(files))


@given(
    st.dictionaries(
        st.sampled_from(["a", "b", "c", "a/b", "b/c"]),
        st.lists(st.sampled_from(["..", ".", "a", "b", "c", ""]), max_size=4).map("/".join),
        max_size=4,
    ),
    st.lists(st.sampled_from(["..", "a", "b", "c", "."]), max_size=5).map("/".join),
)
def test_links_are_followed_to_a_path_without_any(links: dict[str, str], path: str) -> None:
    found = real(path, links)
    parts = found.split("/")
    assert ".." not in parts
    assert not any("/".join(parts[:count]) in links for count in range(1, len(parts) + 1) if found)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("usr/lib/liba.so", "usr/lib/liba.so"),
        ("lib/liba.so", "usr/lib/liba.so"),
        ("lib64/liba.so", "usr/lib/liba.so"),
        ("opt/x/../liba.so", "opt/liba.so"),
        ("opt/there/../liba.so", "usr/liba.so"),
        ("round", ""),
        ("lib/libb.so", ""),
    ],
)
def test_a_path_is_walked_as_the_kernel_walks_it(path: str, expected: str) -> None:
    links = {
        "lib": "usr/lib",
        "lib64": "/lib",
        "opt/there": "/usr/lib",
        "round": "round",
        "usr/lib/libb.so": "../libb.so",
    }
    files = {"usr/lib/liba.so", "usr/liba.so", "opt/liba.so"}
    assert expected == lies_at(path, links, files)
