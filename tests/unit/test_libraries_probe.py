"""The libraries probe reads objects that anybody may have made, and names them by what they are."""

from __future__ import annotations

import runpy
import struct
import sys
import tempfile
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

PROBE: dict[str, Any] = runpy.run_path(str(Path(__file__).parents[2] / "probes" / "libraries.py"))


def shared_object(soname: bytes = b"libx.so.3", needed: bytes = b"libcudart.so.8.0") -> bytes:
    """The smallest one: a header, two segments, a dynamic section, its strings."""
    strings = b"\0" + soname + b"\0" + needed + b"\0"
    entries = (
        (1, len(soname) + 2),  # DT_NEEDED
        (14, 1),  # DT_SONAME
        (5, 0x10000 + 64 + 112 + 80),  # DT_STRTAB, an address
        (10, len(strings)),  # DT_STRSZ
        (0, 0),
    )
    dynamic = b"".join(struct.pack("<qQ", *entry) for entry in entries)
    size = 64 + 112 + len(dynamic) + len(strings)
    header = b"\x7fELF\x02\x01\x01" + bytes(9)
    header += struct.pack("<HHIQQQIHHHHHH", 3, 62, 1, 0, 64, 0, 0, 64, 56, 2, 0, 0, 0)
    segments = struct.pack("<IIQQQQQQ", 1, 5, 0, 0x10000, 0x10000, size, size, 4096)
    segments += struct.pack("<IIQQQQQQ", 2, 6, 176, 0x10000 + 176, 0, len(dynamic), len(dynamic), 8)
    return header + segments + dynamic + strings


def read(content: bytes) -> dict[str, Any]:
    with tempfile.NamedTemporaryFile() as file:
        file.write(content)
        file.flush()
        return dict(PROBE["dynamic_section"](file.name))


def test_soname_and_needed_libraries_are_read() -> None:
    assert {"soname": "libx.so.3", "needed": ["libcudart.so.8.0"]} == read(shared_object())


@settings(deadline=None)
@given(st.data())
def test_a_damaged_object_is_read_or_empty_and_never_raises(data: st.DataObject) -> None:
    content = bytearray(shared_object())
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    end = data.draw(st.integers(0, len(content)))

    assert {"soname", "needed"} == read(bytes(content[:end])).keys()


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_what_is_no_object_has_no_name(content: bytes) -> None:
    assert {"soname": "", "needed": []} == read(content)


@pytest.mark.parametrize(
    ("expected", "name"),
    [
        ("1.2.11", "libz.so.1.2.11"),
        ("2.31", "libc-2.31.so"),
        (None, "libc.so.6"),
        (None, "_multiarray_umath.cpython-313-x86_64-linux-gnu.so"),
        ("3.3.7", "libopenblasp-r0-34a18dc3.3.7.so.3.3.7"),
    ],
)
def test_a_version_is_what_the_file_name_ends_in(expected: str | None, name: str) -> None:
    assert expected == PROBE["version_in"](name)


@pytest.mark.parametrize(
    ("expected", "path"),
    [
        ("numpy.core._umath", "numpy/core/_umath.cpython-313-x86_64-linux-gnu.so"),
        ("numpy.core._umath", "numpy/core/_umath.so"),
        ("future_builtins", "future_builtins.x86_64-linux-gnu.so"),
        ("frame._pywrap", "frame/_pywrap.abi3.so"),
        ("", "frame/libframe.so.2"),
        ("", "frame/data.bin"),
    ],
)
def test_an_extension_module_has_one_name_on_every_python(
    expected: str, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.path", ["/opt/python/lib", "/opt/python"])
    whole = f"/opt/python/lib/{path}"

    assert path == PROBE["placed"](whole)
    assert expected == PROBE["module_name"](whole, Path(path).name)
    assert "" == PROBE["module_name"](f"/elsewhere/{path}", Path(path).name)


def test_a_name_that_is_loaded_twice_is_told_twice() -> None:
    objects = [
        {
            "path": f"/{place}/libgomp.so.1",
            "place": f"{place}/libgomp.so.1",
            "name": "libgomp.so.1",
            "module": "",
            "sha256": place * 64,
            "version": None,
            "own": place == "a",
        }
        for place in ("a", "b")
    ]
    facts = PROBE["listing"](objects)

    assert ["libgomp.so.1"] == facts["libraries.loaded_twice"]
    assert "a" * 64 == facts["libraries.shared.libgomp.so.1.sha256"]
    assert "b" * 64 == facts["libraries.shared.libgomp.so.1#2.sha256"]
    assert ["a/libgomp.so.1"] == facts["libraries.framework"]


@pytest.mark.parametrize(
    ("expected", "built", "loaded"),
    [
        (True, "8", "8.9.7"),
        (False, "8", "9.1.0"),
        (True, "12.3", "12.8"),
        (True, "8.0", "unknown"),
    ],
)
def test_another_first_number_than_it_was_built_for_is_a_mismatch(
    expected: bool, built: str, loaded: str
) -> None:
    assert expected == PROBE["same_release"](built, loaded)


def test_what_lies_beside_the_framework_is_told_by_its_number(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("cudnn/lib/libcudnn.so.8", "cudnn/lib/libcudnn_ops_infer.so.8"):
        (tmp_path / "nvidia" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "nvidia" / name).touch()
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "libcudnn.so.9.3.0").touch()
    (tmp_path / "own" / "libcudart.so").touch()
    monkeypatch.setenv("LD_LIBRARY_PATH", f"{tmp_path}/own:{tmp_path}/none:")

    assert ["9.3.0", "8"] == PROBE["beside"](str(tmp_path))["cudnn"]


def test_a_library_that_is_only_installed_can_be_the_wrong_one(tmp_path: Path) -> None:
    (tmp_path / "nvidia" / "cudnn" / "lib").mkdir(parents=True)
    (tmp_path / "nvidia" / "cudnn" / "lib" / "libcudnn.so.8").touch()
    ours = {"path": f"{tmp_path}/framework/f.so", "version": None, "own": True}
    objects = [{**ours, "needed": ["libcudnn.so.9"]}]

    facts = PROBE["accelerators"](object(), objects, str(tmp_path))

    assert ["cudnn: built for 9, installed 8"] == facts["libraries.mismatches"]
    loaded = {"path": "/x/libcudnn.so.9", "version": "9.3.0", "own": False, "needed": []}
    facts = PROBE["accelerators"](object(), [*objects, loaded], str(tmp_path))
    assert [] == facts["libraries.mismatches"]


def test_code_beside_the_package_is_its_own(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """tensorflow 1.15: `import tensorflow` is a package without code of its own."""
    outer, inner = (ModuleType(name) for name in ("tensorflow", "tensorflow_core"))
    for module in (outer, inner):
        module.__file__ = str(tmp_path / module.__name__ / "__init__.py")
    assert str(tmp_path / "tensorflow") == PROBE["folder_of"](outer)
    monkeypatch.setitem(sys.modules, "tensorflow_core", inner)
    assert str(tmp_path / "tensorflow_core") == PROBE["folder_of"](outer)


def test_marks_are_found_where_two_pieces_meet(tmp_path: Path) -> None:
    path = tmp_path / "big"
    path.write_bytes(bytes(PROBE["CHUNK"] - 4) + b"dnnl_version" + bytes(100))

    assert ["onednn"] == PROBE["read_through"](str(path))[1]


def test_a_file_that_is_gone_has_no_hash() -> None:
    assert (None, []) == PROBE["read_through"]("/nonexistent/lib.so")
