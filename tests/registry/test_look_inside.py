"""What lies in an image is told without running, unpacking, or believing anything."""

from __future__ import annotations

import gzip
import io
import json
import os
import subprocess
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fake_registry import LAYER, MANIFEST, FakeRegistry, descriptor, digest_of, manifest_of
from hypothesis import given, settings
from hypothesis import strategies as st
from legacy import legacy_gpu
from old_images import (
    AVX_CODE,
    PLAIN_CODE,
    SITE,
    cuda_8,
    fat_binary,
    framework,
    layer,
    layout,
    merged,
    saved,
    shared_object,
    system,
)
from typer.testing import CliRunner, Result

from harness.cli import app
from harness.errors import HarnessError, UsageError
from harness.images import layer_worker
from harness.images.archive import opened_archive
from harness.images.elf import read_elf
from harness.images.failures import WrongContent
from harness.images.inside import Inside
from harness.images.layer_worker import Bomb, Bounded, Counted, zstd
from harness.images.looking import look_inside
from harness.images.manifest import Platform
from harness.images.merged import inside_of

HERE = Platform(architecture="amd64")
MODULES = ("tensorflow",)


def looked(path: Path) -> Inside:
    with opened_archive(path, HERE) as archive:
        return look_inside(archive.layers, MODULES)


def whole(tmp_path: Path, *layers: bytes) -> Inside:
    return looked(saved(tmp_path / "image.tar", list(layers), {"architecture": "amd64"}))


def check(*arguments: str) -> dict[str, Any]:
    done = CliRunner().invoke(app, ["check", *arguments, "--format", "json"])
    assert done.stdout, repr(done.exception)
    told: dict[str, Any] = json.loads(done.stdout)
    assert told["exit"] == done.exit_code
    return told


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("HARNESS_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    tree = {
        "harness_host": 1,
        "machine": "x86_64",
        "cpu": {"flags": ["sse2", "avx"]},
        "vsyscall": "xonly",
        "engines": [{"name": "docker", "version": "28.2.2", "free_bytes": 10**12}],
        "toolkit": "1.17.8",
    }
    path = tmp_path / "host.json"
    path.write_text(json.dumps(tree))
    return str(path)


def titles(told: dict[str, Any], weight: str) -> str:
    return " / ".join(one["title"] for one in told["reasons"] if one["weight"] == weight)


# --- what is found -------------------------------------------------------------------------------


def test_everything_that_matters_is_found(tmp_path: Path) -> None:
    found = whole(tmp_path, system(), cuda_8(), framework())
    assert {("tensorflow-gpu", "1.2.1"), ("numpy", "1.13.3"), ("protobuf", "3.3.0")} <= {
        (one.name, one.version) for one in found.distributions
    }
    assert {("3.5", "usr/local")} == {(one.python, one.prefix) for one in found.distributions}
    assert ("usr/bin/python3", "3.5") == found.python_on("/usr/local/bin:/usr/bin")
    assert ("ubuntu-16.04", 1) == (found.system, found.packages)
    assert {"libcudnn.so.5", "libcudart.so.8.0.61", "libc.so.6"} <= set(found.libraries)
    (ours,) = [one for one in found.objects if one.ours]
    assert "libcudnn.so.5" in ours.needed
    assert (("3.0", "3.5", "5.2"), ("3.0", "3.5", "5.2")) == (ours.cubin, ours.ptx)
    assert ("2.17", "2.23") == tuple(found.symbols("GLIBC_", wanted=one) for one in (True, False))
    assert ("3.4.19", "3.4.21") == tuple(
        found.symbols("GLIBCXX_", wanted=one) for one in (True, False)
    )
    assert () == found.problems


def test_the_oci_layout_says_the_same_as_docker_save(tmp_path: Path) -> None:
    layers = [system(), cuda_8(), framework()]
    config = {"architecture": "amd64"}
    one = looked(saved(tmp_path / "saved.tar", layers, config))
    assert one == looked(layout(tmp_path / "layout.tar", layers, config))


def test_later_layers_replace_and_remove(tmp_path: Path) -> None:
    gone = layer(
        {
            f"{SITE}/.wh.numpy-1.13.3.dist-info": b"",
            f"{SITE}/numpy-1.19.5.dist-info/METADATA": b"x",
            "usr/local/cuda-8.0/.wh..wh..opq": b"",
            "usr/local/cuda-8.0/lib64/libcudart.so.8.0": b"x",
        }
    )
    found = whole(tmp_path, system(), cuda_8(), framework(), gone)
    assert ["1.19.5"] == [one.version for one in found.distributions if one.name == "numpy"]
    assert "libcublas.so.8.0" not in found.libraries
    assert "libcudart.so.8.0" in found.libraries
    assert "libcudnn.so.5" in found.libraries


def test_a_link_that_leads_nowhere_is_no_library(tmp_path: Path) -> None:
    found = whole(
        tmp_path, layer({"lib/liba.so.1": "libb.so", "lib/libc.so.1": "../lib/liba.so.1"})
    )
    assert {} == found.libraries
    loop = whole(tmp_path, layer({"lib/liba.so.1": "libb.so.1", "lib/libb.so.1": "liba.so.1"}))
    assert {} == loop.libraries


def test_conda_and_eggs_are_distributions_too(tmp_path: Path) -> None:
    found = whole(
        tmp_path,
        layer(
            {
                "opt/conda/conda-meta/tensorflow-gpu-1.14.0-h0d30ee6_0.json": b"{}",
                f"{SITE}/six-1.10.0.egg-info": b"x",
                f"{SITE}/PyYAML-3.12-py3.5.egg-info/PKG-INFO": b"x",
            }
        ),
    )
    assert {("tensorflow-gpu", "1.14.0"), ("six", "1.10.0"), ("pyyaml", "3.12")} == {
        (one.name, one.version) for one in found.distributions
    }


# --- what it means -------------------------------------------------------------------------------


def archive(tmp_path: Path, *layers: bytes, tag: str = "", **environment: str) -> str:
    config = {
        "architecture": "amd64",
        "config": {"Env": [f"{name}={value}" for name, value in environment.items()]},
    }
    plain = [one for one in layers if b".wh." not in one]
    others = [one for one in layers if b".wh." in one]
    return str(saved(tmp_path / "image.tar", [*merged(*plain), *others], config, tag))


def test_the_legacy_gpu_image_serves_where_its_gpu_is(tmp_path: Path, host: str) -> None:
    image = archive(
        tmp_path, system(), cuda_8(), framework(), tag="tensorflow/tensorflow:1.2.1-gpu-py3"
    )
    told = check("--archive", image, "--host", host, "--gpu", "K80", "--driver", "470.256.02")
    assert "reuse" == told["answer"], told
    jit = check("--archive", image, "--host", host, "--gpu", "P100", "--driver", "470.256.02")
    assert "reuse with these changes" == jit["answer"]
    none = check("--archive", image, "--host", host)
    assert "do not reuse here" == none["answer"]
    assert {"content"} == {one["said"].rpartition("(")[2].rstrip(")") for one in told["claims"]}


def test_missing_cuda_libraries_are_named(tmp_path: Path, host: str) -> None:
    image = archive(tmp_path, system(), framework())
    told = check("--archive", image, "--host", host, "--gpu", "K80", "--driver", "470.256.02")
    assert "do not reuse here" == told["answer"]
    blocks = titles(told, "blocks")
    assert "libcublas.so.8.0" in blocks
    assert "libcudnn.so.5" in blocks
    assert "libcuda.so.1" not in blocks


LATER = {"version": "1.14.0", "needed": ("libc.so.6",), "code": AVX_CODE}


def test_libraries_opened_at_run_time_are_named_too(tmp_path: Path, host: str) -> None:
    image = archive(tmp_path, system(), framework(**LATER))
    told = check("--archive", image, "--host", host, "--gpu", "K80", "--driver", "470.256.02")
    assert "reuse on the CPU only" == told["answer"]
    assert "libcudart.so.10.0" in titles(told, "cpu")


CPU = {"package": "tensorflow", "needed": ("libc.so.6",), "code": PLAIN_CODE}


@pytest.mark.parametrize(
    ("answer", "words", "layers"),
    [
        ("reuse", "", [system(), framework(**CPU)]),
        ("do not reuse here", "there is no Python", [framework(**CPU)]),
        ("do not reuse here", "no framework", [system()]),
        ("do not reuse here", "there is no Python", [layer({"bin/busybox": b"x"})]),
        ("do not reuse here", "there is no Python", []),
        ("do not reuse here", "GLIBC_2.28", [system(), framework(**CPU, glibc="2.28")]),
        (
            "do not reuse here",
            "protobuf 4.25.8",
            [system(), framework(**CPU, others=("protobuf-4.25.8",))],
        ),
        (
            "reuse with these changes",
            "protobuf 4.24.4",
            [system(), framework(**CPU, others=("protobuf-4.24.4",))],
        ),
        (
            "do not reuse here",
            "numpy 2.0.2",
            [system(), framework(**CPU, others=("numpy-2.0.2",))],
        ),
        (
            "do not reuse here",
            "tensorflow 1.2.1 and no six",
            [system(), framework(**CPU, lacking="six")],
        ),
        (
            "reuse with these changes",
            "gast 0.7.0",
            [system(), framework("1.14.0", **CPU, others=("gast-0.7.0",))],
        ),
        (
            "reuse with these changes",
            "is not the one that tensorflow is installed for",
            [
                system(),
                framework(**CPU),
                layer({"usr/local/bin/python3": "python3.7", "usr/local/bin/python3.7": b"x"}),
            ],
        ),
        (
            "reuse with these changes",
            "its Python is not on its PATH",
            [
                system(),
                framework(**CPU),
                layer({"usr/bin/.wh.python3": b"", "usr/bin/.wh.python": b""}),
            ],
        ),
    ],
)
def test_what_is_inside_decides(
    tmp_path: Path, host: str, answer: str, words: str, layers: list[bytes]
) -> None:
    told = check("--archive", archive(tmp_path, *layers), "--host", host)
    assert answer == told["answer"], told["reasons"]
    assert any(words in one["title"] for one in told["reasons"])


def test_an_environment_that_mends_a_conflict_is_seen(tmp_path: Path, host: str) -> None:
    layers = [system(), framework(**CPU, others=("protobuf-4.24.4",))]
    pure = {"PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION": "python"}
    assert (
        "reuse" == check("--archive", archive(tmp_path, *layers, **pure), "--host", host)["answer"]
    )


def test_avx_is_read_in_the_code_not_in_the_version(tmp_path: Path, host: str) -> None:
    without = Path(host).with_name("old.json")
    without.write_text(Path(host).read_text().replace('"avx"', '"mmx"'))
    own_build = archive(tmp_path, system(), framework("1.14.0", **CPU))
    assert "reuse" == check("--archive", own_build, "--host", str(without))["answer"]
    needing = archive(tmp_path, system(), framework(**(CPU | {"code": AVX_CODE})))
    assert "its code needs AVX" in titles(
        check("--archive", needing, "--host", str(without)), "blocks"
    )


@pytest.mark.parametrize("pack", [gzip.compress, zstd.compress, bytes])
def test_a_registry_is_looked_through_with_static(
    fake: FakeRegistry, host: str, pack: Callable[[bytes], bytes]
) -> None:
    name = "tensorflow/tensorflow"
    raw = json.dumps(legacy_gpu()).encode()
    packed = [pack(one) for one in (system(), cuda_8(), framework())]
    tree = manifest_of(fake.blob(raw, name), len(raw))
    tree["layers"] = [descriptor(fake.blob(one, name), len(one), LAYER) for one in packed]
    fake.manifest(tree, MANIFEST, "1.2.1-gpu-py3", name)
    image = f"{fake.host}/{name}:1.2.1-gpu-py3"
    options = ("--host", host, "--gpu", "K80", "--driver", "470.256.02")
    told = check(image, "--static", *options)
    assert "reuse" == told["answer"], told["reasons"]
    assert "looked through, nothing kept, nothing run" in told["cost"]
    again = check(image, "--static", *options)
    assert told["reasons"] == again["reasons"]
    fake.answers[f"/v2/{name}/blobs/{digest_of(packed[1])}"][0].body = packed[0]
    done = CliRunner().invoke(app, ["check", image, "--static", *options])
    assert isinstance(done.exception, WrongContent)


# --- what is survived ----------------------------------------------------------------------------


def directly(raw: bytes, *modules: str) -> list[dict[str, Any]]:
    """What the worker tells of these bytes, in a process of its own."""
    start = (
        "import sys; sys.path.insert(0, sys.argv[1]); "
        "from harness.images.layer_worker import main; main(sys.argv[2:])"
    )
    root = str(Path(__file__).parents[2])
    done = subprocess.run(
        [sys.executable, "-I", "-c", start, root, *(modules or MODULES)],
        input=raw,
        capture_output=True,
        check=False,
    )
    return [json.loads(line) for line in done.stdout.splitlines()]


def _wide_window() -> bytes:
    """Packed so that unpacking asks for 2 GiB of memory."""
    asked = {zstd.CompressionParameter.window_log: 31}
    packer = zstd.ZstdCompressor(options=asked)
    return packer.compress(layer({"a": b"x" * 5000})) + packer.flush()


@pytest.mark.parametrize(
    ("words", "raw"),
    [
        ("Error", b"not a tar" * 200),
        ("Error", layer({"a": b"x" * 5000})[:3000]),
        ("Error", gzip.compress(layer({"a": b"x" * 5000}))[:-20]),
        ("ZstdError", b"\x28\xb5\x2f\xfd" + b"x" * 100),
        ("EOFError", zstd.compress(layer({"a": b"x" * 5000}))[:-20]),
        ("ZstdError", _wide_window()),
    ],
    ids=["noise", "cut", "cut-gzip", "no-zstd", "cut-zstd", "zstd-window"],
)
def test_a_layer_that_cannot_be_read_says_why(words: str, raw: bytes) -> None:
    (*_, end) = directly(raw)
    assert "end" == end["kind"]
    assert words in end["problem"]


def test_a_bomb_is_stopped_by_its_size_and_by_its_ratio(monkeypatch: pytest.MonkeyPatch) -> None:
    zeros = bytes(1024**2)
    packed = gzip.compress(zeros * 8)

    def unpacked() -> int:
        source = Counted(io.BytesIO(packed))
        stream = Bounded(gzip.GzipFile(fileobj=io.BufferedReader(source)), source)
        while stream.read(1024**2):
            pass
        return stream.count

    assert len(zeros) * 8 == unpacked()
    monkeypatch.setattr(layer_worker, "RATIO_FREE", 1024**2)
    with pytest.raises(Bomb):
        unpacked()
    monkeypatch.undo()
    monkeypatch.setattr(layer_worker, "UNPACKED", 4 * 1024**2)
    with pytest.raises(Bomb):
        unpacked()


def test_a_layer_that_cannot_be_read_leaves_the_answer_open(tmp_path: Path, host: str) -> None:
    layers = [system(), framework(**CPU), b"not a tar" * 200]
    image = str(saved(tmp_path / "image.tar", layers, {"architecture": "amd64"}))
    told = check("--archive", image, "--host", host)
    assert ("cannot tell", 5) == (told["answer"], told["exit"])
    assert "not all of its layers could be read" in titles(told, "untold")


def test_a_pax_header_of_a_gigabyte_meets_the_limit_on_memory() -> None:
    member = tarfile.TarInfo("x")
    member.type, member.size = tarfile.XHDTYPE, 1 << 30
    raw = gzip.compress(member.tobuf() + bytes(40 * 1024**2))
    (*_, end) = directly(raw)
    assert end["problem"]


def test_names_that_leave_the_image_are_not_told(tmp_path: Path) -> None:
    evil = layer(
        {
            "../../etc/os-release": b"ID=evil\nVERSION_ID=1\n",
            "usr/bin/../../bin/python3": b"x",
            "lib/" + "a" * 2000 + ".so": b"x",
            "/etc/os-release": b"ID=ubuntu\nVERSION_ID=16.04\n",
        }
    )
    found = whole(tmp_path, evil)
    assert ("ubuntu-16.04", {}, {}) == (found.system, found.pythons, found.libraries)


def test_links_are_never_followed_out_of_the_image(tmp_path: Path) -> None:
    evil = layer(
        {
            "etc/os-release": "/etc/shadow",
            "var/lib/dpkg/status": "../../../../etc/passwd",
            f"{SITE}/tensorflow/python/x.so": "/bin/ls",
            "usr/bin/python3": "../../../../../../usr/bin/python3.11",
        }
    )
    found = whole(tmp_path, evil)
    assert ("", 0, ()) == (found.system, found.packages, found.objects)
    assert {} == found.pythons, "what it leads to is on this host, if anywhere"


def test_an_archive_of_ten_thousand_layers_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="10000 layers"):
        looked(many(tmp_path))


def many(tmp_path: Path) -> Path:
    row = {"Config": "c", "Layers": ["l"] * 10_000}
    config = {"rootfs": {"diff_ids": ["sha256:" + "0" * 64] * 10_000}}
    path = tmp_path / "many.tar"
    path.write_bytes(
        layer({"manifest.json": json.dumps([row]).encode(), "c": json.dumps(config).encode()})
    )
    return path


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not a tar",
        layer({}),
        layer({"manifest.json": b"{}"}),
        layer({"manifest.json": b"[1]"}),
        layer({"manifest.json": b"[]"}),
        layer({"manifest.json": b'[{"Config": "c", "Layers": ["l"]}]'}),
        layer({"manifest.json": b'[{"Config": "c"}]', "c": "manifest.json"}),
        layer({"manifest.json": "/etc/passwd"}),
        layer({"index.json": b'{"manifests": [{"digest": "sha256:0"}]}'}),
        layer({"index.json": b"[" * 100_000}),
        layer({"manifest.json": b"", "index.json": b""}),
    ],
)
def test_what_is_no_image_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.tar"
    path.write_bytes(content)
    with pytest.raises(HarnessError) as refused:
        looked(path)
    assert 2 == refused.value.exit


def test_a_layer_that_is_not_the_one_named_is_refused(tmp_path: Path) -> None:
    path = saved(tmp_path / "image.tar", [system()], {"architecture": "amd64"})
    path.write_bytes(path.read_bytes().replace(b"ID=ubuntu", b"ID=debian"))
    with pytest.raises(WrongContent):
        looked(path)


def test_nothing_is_left_in_the_temporary_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setenv("TMPDIR", str(scratch))
    whole(tmp_path, system(), framework())
    assert [] == list(scratch.iterdir())


def test_the_reader_runs_within_its_limits() -> None:
    code = (
        "import sys, resource; sys.path.insert(0, sys.argv[1]); "
        "from harness.images.layer_worker import limit; limit(); "
        "print([resource.getrlimit(one)[1] for one in "
        "(resource.RLIMIT_AS, resource.RLIMIT_CPU, resource.RLIMIT_CORE)])"
    )
    root = str(Path(__file__).parents[2])
    said = subprocess.run(
        [sys.executable, "-I", "-c", code, root], capture_output=True, check=True, text=True
    ).stdout
    assert [768 * 1024**2, 900, 0] == json.loads(said)


# --- shared objects ------------------------------------------------------------------------------


def test_an_object_of_this_machine_is_read_like_any_other() -> None:
    with Path(sys.executable).resolve().open("rb") as stream:
        found = read_elf(stream)
    assert "" == found.problem
    assert (64, os.uname().machine == "x86_64") == (found.bits, found.machine == "x64")
    assert any(name.startswith("libc.so") for name in found.needed)
    assert any(name.startswith("GLIBC_") for name in found.requires)


GOOD = shared_object(
    ("liba.so",), wants={"libc.so.6": ("GLIBC_2.17",)}, gives=("X_1",), fat=fat_binary((70,), (80,))
)


def test_a_made_object_says_what_it_was_made_with() -> None:
    found = read_elf(io.BytesIO(GOOD))
    assert ("", ["liba.so"], ["GLIBC_2.17"]) == (found.problem, found.needed, found.requires)
    assert (["X_1"], ["7.0"], ["8.0"]) == (found.provides, found.cubin, found.ptx)


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
    found = read_elf(io.BytesIO(bytes(spoilt[: cut or None])))
    assert isinstance(found.as_dict(), dict)
    assert len(found.needed) <= 4097


JSONS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)
KINDS = st.sampled_from(
    [
        "gone",
        "opaque",
        "end",
        "dead",
        "distribution",
        "conda",
        "library",
        "object",
        "python",
        "text",
    ]
)
NAMES = st.sampled_from(["path", "name", "link", "needed", "cubin", "text", "problem", "ours"])


@settings(deadline=None)
@given(st.lists(st.lists(st.tuples(KINDS, st.dictionaries(NAMES, JSONS)), max_size=6), max_size=3))
def test_whatever_a_reader_tells_is_put_together(
    layers: list[list[tuple[str, dict[str, object]]]],
) -> None:
    found = inside_of([[{"kind": kind} | told for kind, told in one] for one in layers])
    assert found.python_on("/usr/bin") is not None
    assert isinstance(found.symbols("GLIBC_", wanted=True), str)


def result(done: Result) -> HarnessError:
    assert isinstance(done.exception, HarnessError)
    return done.exception


def test_one_image_or_one_file_is_asked_for(tmp_path: Path) -> None:
    for arguments in ([], ["x:1", "--archive", str(tmp_path / "x.tar")]):
        done = CliRunner().invoke(app, ["check", *arguments])
        assert 2 == result(done).exit
    gone = CliRunner().invoke(app, ["check", "--archive", str(tmp_path / "none.tar")])
    assert 2 == result(gone).exit


RECORDED = (
    b"tensorflow/__init__.py,sha256=x,3\n"
    b"tensorflow/python/pywrap_tensorflow.py,sha256=x,4\n"
    b"tensorflow/python/tests/far.py,sha256=x,5\n"
    b"../../../bin/saved_model_cli,,200\n"
)


def recorded(**files: bytes | None) -> bytes:
    """A layer with a distribution, its list, and those of its modules that are given."""
    content: dict[str, bytes | str | None] = {
        f"{SITE}/tensorflow-1.2.1.dist-info/METADATA": b"x",
        f"{SITE}/tensorflow-1.2.1.dist-info/RECORD": RECORDED,
    }
    places = {
        "init": "__init__.py",
        "core": "python/pywrap_tensorflow.py",
        "far": "python/tests/far.py",
    }
    for name, text in files.items():
        content[f"{SITE}/tensorflow/{places[name]}"] = text or b""
    return layer(content)


def test_a_distribution_that_is_as_its_list_says_is_not_damaged(tmp_path: Path) -> None:
    found = whole(tmp_path, recorded(init=b"abc", core=b"abcd", far=b"abcde"))
    assert () == found.damages


@pytest.mark.parametrize(
    ("layers", "missing", "altered"),
    [
        ([recorded(init=b"abc", far=b"abcde")], ("tensorflow/python/pywrap_tensorflow.py",), ()),
        (
            [recorded(init=b"abc", core=None, far=b"abcde")],
            ("tensorflow/python/pywrap_tensorflow.py",),
            (),
        ),
        (
            [recorded(init=b"abc", core=b"ab", far=b"abcde")],
            (),
            ("tensorflow/python/pywrap_tensorflow.py",),
        ),
        (
            [
                recorded(init=b"abc", core=b"abcd", far=b"abcde"),
                layer({f"{SITE}/tensorflow/python/.wh.pywrap_tensorflow.py": b""}),
            ],
            ("tensorflow/python/pywrap_tensorflow.py",),
            (),
        ),
    ],
)
def test_what_is_missing_empty_or_altered_is_told_by_name(
    tmp_path: Path, layers: list[bytes], missing: tuple[str, ...], altered: tuple[str, ...]
) -> None:
    (damage,) = whole(tmp_path, *layers).damages
    assert ("tensorflow", "1.2.1", SITE) == (damage.name, damage.version, damage.folder)
    assert (missing, altered) == (damage.missing, damage.altered)


def test_a_damaged_framework_is_not_reused_and_a_slimmed_one_is(tmp_path: Path, host: str) -> None:
    others = framework(**CPU)
    config: dict[str, object] = {"architecture": "amd64"}
    for files, answer in (
        ({"init": b"abc", "core": b"abcd"}, "reuse"),
        ({"init": b"abc", "far": b"abcde"}, "do not reuse here"),
    ):
        path = saved(tmp_path / "image.tar", [system(), others, recorded(**files)], config)
        told = check("--archive", str(path), "--host", host)
        assert answer == told["answer"], told["reasons"]
        titles = [one["title"] for one in told["reasons"]]
        assert (answer != "reuse") == any("is damaged" in one for one in titles)


def test_a_module_that_two_distributions_claim_was_rightly_replaced(tmp_path: Path) -> None:
    other = layer(
        {
            f"{SITE}/other-1.dist-info/METADATA": b"x",
            f"{SITE}/other-1.dist-info/RECORD": b"tensorflow/__init__.py,,9\n",
            f"{SITE}/tensorflow/__init__.py": b"123456789",
        }
    )
    first = recorded(init=b"abc", core=b"abcd", far=b"abcde")
    assert () == whole(tmp_path, first, other).damages


@given(st.binary(max_size=300))
def test_no_list_of_files_breaks_the_reader(raw: bytes) -> None:
    tar = layer({f"{SITE}/tensorflow-1.dist-info/RECORD": raw, f"{SITE}/tensorflow/a.py": b"x"})
    told = list(layer_worker.look(io.BytesIO(tar), list(MODULES)))
    found = inside_of([json.loads(json.dumps(told))])
    assert len(found.damages) <= 1


def test_a_layer_never_hides_what_it_brings_itself_in_whatever_order(tmp_path: Path) -> None:
    below = layer({"usr/lib/liba.so.1": b"x", "usr/lib/libb.so.1": b"x", "usr/lib/c/libc.so": b"x"})
    for names in (("liba.so.1", ".wh.liba.so.1"), (".wh.liba.so.1", "liba.so.1")):
        above = layer({f"usr/lib/{name}": b"y" for name in (*names, ".wh.c")})
        assert {"liba.so.1", "libb.so.1"} == set(whole(tmp_path, below, above).libraries)
    opaque = layer({"usr/lib/libb.so.1": b"y", "usr/lib/.wh..wh..opq": b""})
    assert {"libb.so.1"} == set(whole(tmp_path, below, opaque).libraries)


def test_as_many_whiteouts_as_names_are_survived() -> None:
    many = 50_000
    names = [{"kind": "library", "path": f"lib/lib{n}.so", "link": ""} for n in range(many)]
    gone = [{"kind": "gone", "path": f"lib/lib{n}.so"} for n in range(1, many)]
    assert {"lib0.so"} == set(inside_of([names, gone]).libraries)


def test_of_several_images_in_a_file_the_one_that_is_named_is_taken(tmp_path: Path) -> None:
    files: dict[str, bytes | str | None] = {}
    rows = []
    for tag, part in (("own/old:1", system("3.5")), ("own/new:2", system("3.8"))):
        config = {"architecture": "amd64", "rootfs": {"diff_ids": [digest_of(part)]}}
        name = tag.replace("/", "-")
        files |= {f"{name}.tar": part, f"{name}.json": json.dumps(config).encode()}
        rows.append({"Config": f"{name}.json", "RepoTags": [tag], "Layers": [f"{name}.tar"]})
    path = tmp_path / "both.tar"
    path.write_bytes(layer({**files, "manifest.json": json.dumps(rows).encode()}))
    for wanted, version in (("own/old:1", "3.5"), ("docker.io/own/new:2", "3.8")):
        with opened_archive(path, HERE, wanted) as chosen:
            found = look_inside(chosen.layers, MODULES)
            assert wanted.removeprefix("docker.io/") in chosen.reading.name
        assert f"usr/bin/python{version}" in found.pythons
    for wanted, words in (("", "say which"), ("own/other:3", "none of them is 'own/other:3'")):
        with pytest.raises(UsageError, match=words), opened_archive(path, HERE, wanted):
            pass


def test_where_not_all_modules_were_told_none_is_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    tar = recorded(init=b"abc", far=b"abcde")
    entries = list(layer_worker.look(io.BytesIO(tar), list(MODULES)))
    assert 1 == len(inside_of([entries]).damages)
    monkeypatch.setattr(layer_worker, "MODULES", 1)
    fewer = list(layer_worker.look(io.BytesIO(tar), list(MODULES)))
    assert len(fewer) == len(entries)
    assert () == inside_of([fewer]).damages


def test_a_python_that_may_not_be_started_is_none_and_hides_the_one_below(tmp_path: Path) -> None:
    silenced = layer({"usr/bin/python3.5": b"#!"}, mode=0o644)
    found = whole(tmp_path, system(), silenced)
    assert {} == found.pythons


@pytest.mark.parametrize(
    ("expected", "links"),
    [
        (("usr/bin/python3", "3.5"), {"usr/bin/python3": "python3.5"}),
        (("usr/bin/python3", "3.5"), {"usr/bin/python3": "/bin/python3.5"}),
        (("usr/bin/python3", ""), {"usr/bin/python3": "/etc/alternatives/python"}),
        (("", ""), {"usr/bin/python3": "python3.6"}),
        (("", ""), {"usr/bin/python3": "python", "usr/bin/python": "python3"}),
    ],
)
def test_a_link_is_a_python_where_it_leads_to_one(
    tmp_path: Path, expected: tuple[str, str], links: dict[str, bytes | str | None]
) -> None:
    found = whole(tmp_path, layer({"usr/bin/python3.5": b"#!", **links}))
    assert expected == found.python_on("/usr/bin")


def test_a_package_without_its_account_of_itself_is_not_missed(tmp_path: Path, host: str) -> None:
    bare = layer({f"{SITE}/six.py": b"x", f"{SITE}/google/protobuf/__init__.py": b"x"})
    parts = [system(), framework(**CPU, lacking="six"), bare]
    told = check("--archive", archive(tmp_path, *parts), "--host", host)
    assert "reuse" == told["answer"], told["reasons"]
    found = whole(tmp_path, *parts)
    assert {"six.py", "google/protobuf/__init__.py"} == found.modules
