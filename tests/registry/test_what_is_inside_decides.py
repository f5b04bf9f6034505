"""What lies in an image decides whether it may be reused, and the page says why."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from harness.cli import app
from harness.errors import HarnessError
from harness.images.failures import WrongContent
from harness.images.layer_worker import zstd
from tests.registry.fake_registry import (
    LAYER,
    MANIFEST,
    FakeRegistry,
    descriptor,
    digest_of,
    manifest_of,
)
from tests.registry.legacy import legacy_gpu
from tests.registry.looking import CPU, LATER, archive, check, titles
from tests.registry.old_images import (
    AVX_CODE,
    cuda_8,
    framework,
    layer,
    system,
)


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


def test_libraries_opened_at_run_time_are_named_too(tmp_path: Path, host: str) -> None:
    image = archive(tmp_path, system(), framework(**LATER))
    told = check("--archive", image, "--host", host, "--gpu", "K80", "--driver", "470.256.02")
    assert "reuse on the CPU only" == told["answer"]
    assert "libcudart.so.10.0" in titles(told, "cpu")


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


def result(done: Result) -> HarnessError:
    assert isinstance(done.exception, HarnessError)
    return done.exception


def test_one_image_or_one_file_is_asked_for(tmp_path: Path) -> None:
    for arguments in ([], ["x:1", "--archive", str(tmp_path / "x.tar")]):
        done = CliRunner().invoke(app, ["check", *arguments])
        assert 2 == result(done).exit
    gone = CliRunner().invoke(app, ["check", "--archive", str(tmp_path / "none.tar")])
    assert 2 == result(gone).exit
