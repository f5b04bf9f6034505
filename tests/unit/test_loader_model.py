"""The model of the dynamic loader, and what rules of `harness check` make of it: small trees, each
with one thing that decides."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.images.dynamic import read_dynamic
from harness.images.inside import Inside
from harness.images.layer_worker import look
from harness.images.loader import FoundBy, LoaderSight, Loading
from harness.images.loader_files import cached
from harness.images.merged import inside_of
from harness.images.symbols import hash_of, lacking, packed, unpacked
from tests.registry.old_images import layer, loader_cache, python, shared_object

PROGRAM = "usr/bin/python3.9"


def inside(files: dict[str, bytes | str | None], *above: dict[str, bytes | str | None]) -> Inside:
    layers = [layer({PROGRAM: python(()), **files}), *map(layer, above)]
    return inside_of(list(look(io.BytesIO(one), ["tensorflow"])) for one in layers)


def sight(found: Inside, **variables: str) -> LoaderSight:
    return LoaderSight(
        objects={one.path: one for one in found.objects},
        links=found.links,
        cache=cached(found.cache, 62),
        **variables,
    )


def needing(*names: str, **more: str) -> bytes:
    return shared_object(names, **more)


def test_how_a_name_was_found_is_told() -> None:
    files: dict[str, bytes | str | None] = {
        "o/a.so": needing("libr.so", "libv.so", "libc1.so", "libd.so", "libno.so", rpath="/r"),
        "r/libr.so": needing("libu.so", runpath="$ORIGIN/u"),
        "r/u/libu.so": needing(),
        "v/libv.so": needing(),
        "c/libc1.so": needing(),
        "lib64/libd.so": needing(),
        "etc/ld.so.cache": loader_cache({"libc1.so": "/c/libc1.so", "libd.so": "/gone"}),
    }
    loading = Loading(sight(inside(files), library_path="/none:/v"), PROGRAM)
    assert loading.open("o/a.so") is not None
    steps = {one.names[0]: one.step for one in loading.loaded if one.names}
    assert {
        "/o/a.so": FoundBy.NAMED,
        "libr.so": FoundBy.RPATH,
        "libu.so": FoundBy.RUNPATH,
        "libv.so": FoundBy.LIBRARY_PATH,
        "libc1.so": FoundBy.CACHE,
        "libd.so": FoundBy.DEFAULT,
    } == steps
    assert [("libno.so", "o/a.so")] == [(one.name, one.by.path) for one in loading.unanswered]


def test_folders_of_the_configuration_count_only_where_ldconfig_is_run() -> None:
    files: dict[str, bytes | str | None] = {"o/a.so": needing("libx.so"), "x/libx.so": needing()}
    found = inside(files)
    for folders, missing in (((), ["libx.so"]), (("x",), [])):
        view = LoaderSight(
            objects={one.path: one for one in found.objects}, links={}, cache={}, configured=folders
        )
        loading = Loading(view, PROGRAM)
        loading.open("o/a.so")
        assert missing == [one.name for one in loading.unanswered]


@pytest.mark.parametrize("flags", [0x0, 0x800])
def test_an_object_may_want_no_default_folders(flags: int) -> None:
    wanting = bytearray(needing("libx.so", soname="libwanting.so"))
    # The tag of its SONAME is made that of its flags.
    at = wanting.index((14).to_bytes(8, "little"), 64 + 4 * 56)
    if flags:
        wanting[at : at + 16] = (0x6FFFFFFB).to_bytes(8, "little") + flags.to_bytes(8, "little")
    found = inside({"o/a.so": bytes(wanting), "lib64/libx.so": needing()})
    loading = Loading(sight(found), PROGRAM)
    loading.open("o/a.so")
    assert bool(flags) == bool(loading.unanswered)


def test_a_higher_layer_replaces_links_and_what_lay_below_them() -> None:
    below: dict[str, bytes | str | None] = {
        "o/a.so": needing("libx.so", rpath="/one"),
        "one/libx.so": needing(soname="libold.so"),
        "two/libx.so": needing(soname="libnew.so"),
    }
    found = inside(below, {"one": "two"})
    loading = Loading(sight(found), PROGRAM)
    loading.open("o/a.so")
    assert ["two/libx.so"] == [one.real for one in loading.loaded if "libx.so" in one.names]
    assert "one/libx.so" not in {one.path for one in found.objects}


def test_what_a_loader_is_not_modelled_says_so() -> None:
    for interpreter, known in (("/lib64/ld-linux-x86-64.so.2", True), ("/lib/ld-musl.so.1", False)):
        found = inside({PROGRAM: python((), interpreter=interpreter)})
        assert known is Loading(sight(found), PROGRAM).modelled


# --- symbols --------------------------------------------------------------------------------------

WORDS = st.text("abcxyz_", min_size=1, max_size=6)


@given(st.lists(WORDS, unique=True, max_size=8), st.lists(WORDS, unique=True, max_size=8))
def test_symbols_that_nobody_gives_are_named(wanted: list[str], given_: list[str]) -> None:
    one = read_dynamic(io.BytesIO(shared_object(undefined=" ".join(wanted))))
    other = read_dynamic(io.BytesIO(shared_object(exports=" ".join(given_))))
    given_tables = [(other.exports, other.versions)]
    # Names that differ in the hash's lowest bit alone (b and c) count as one.
    hashes = {hash_of(name.encode()) | 1 for name in given_}
    expected = [name for name in wanted if hash_of(name.encode()) | 1 not in hashes]
    assert expected == lacking({"": one.undefined}, given_tables)[""]


@pytest.mark.parametrize(
    ("wanted", "absent"),
    [
        ("f@V_1", False),
        ("f@V_2", True),
        ("f", False),
        ("plain@V_2", False),
        ("g@V_1", True),
        ("g", True),
    ],
)
def test_a_symbol_is_wanted_in_its_version(wanted: str, absent: bool) -> None:
    made = shared_object(gives=("V_1",), exports="f@V_1 plain", soname="libf.so")
    given_ = read_dynamic(io.BytesIO(made))
    given_tables = [(given_.exports, given_.versions)]
    assert absent is bool(lacking({"": wanted}, given_tables)[""])


def test_symbols_of_this_machines_c_library_are_those_it_has() -> None:
    loaded = Path("/proc/self/maps").read_text("ascii")
    path = next(line.split()[-1] for line in loaded.splitlines() if "libc.so.6" in line)
    with Path(path).open("rb") as stream:
        found = read_dynamic(stream)
    given_tables = [(found.exports, found.versions)]
    assert ["no_such_thing"] == lacking({"": "printf malloc no_such_thing"}, given_tables)[""]
    oldest = "GLIBC_2.2.5" if "GLIBC_2.2.5" in found.provides else "GLIBC_2.17"
    wanted = f"printf@{oldest} printf@{oldest}x"
    assert [f"printf@{oldest}x"] == lacking({"": wanted}, given_tables)[""]


@given(st.binary(max_size=5000))
def test_the_hash_of_a_name_is_what_objects_carry(name: bytes) -> None:
    value = 5381
    for one in name[:4096]:
        value = (value * 33 + one) % 2**32
    assert value == hash_of(name)


@given(st.text())
def test_what_is_no_table_of_symbols_is_empty_or_numbers(text: str) -> None:
    assert all(isinstance(one, int) for one in unpacked(text))
    assert "" == packed(unpacked(""))
