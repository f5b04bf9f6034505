"""What lies in an image is told without unpacking or believing anything, within limits."""

from __future__ import annotations

import gzip
import io
import json
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

import pytest

from harness.errors import HarnessError, UsageError
from harness.images import layer_worker
from harness.images.failures import WrongContent
from harness.images.layer_worker import Bomb, Bounded, Counted, zstd
from tests.registry.looking import CPU, MODULES, check, looked, titles, whole
from tests.registry.old_images import (
    SITE,
    framework,
    layer,
    saved,
    system,
)


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
