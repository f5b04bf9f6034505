"""What distributions and packages say of themselves, read out of layers as they stream by."""

from __future__ import annotations

import io
import json
import shlex
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from harness.cli import app
from harness.images import layer_worker
from harness.images.archive import opened_archive
from harness.images.inside import Inside
from harness.images.looking import look_inside
from harness.images.manifest import Platform
from harness.images.merged import inside_of
from tests.registry.old_images import PLAIN_CODE, SITE, framework, layer, saved, system

HERE = Platform(architecture="amd64")
MODULES = ("tensorflow",)
HEADER = (
    b"#define TF_MAJOR_VERSION 1\n#define TF_MINOR_VERSION 15\n#define TF_PATCH_VERSION 3\n"
    b'#define TF_VERSION_SUFFIX ""\n'
)
OTHERS = (
    *("numpy=1.13.3", "protobuf=3.3.0", "six=1.10.0", "absl_py=0.1.0", "wrapt=1.11.1"),
    *("gast=0.2.2", "opt_einsum=2.3.2"),
)
"""What releases import, and would be told to lack."""
PACKAGE: dict[str, bytes | str | None] = {
    f"{SITE}/tensorflow/__init__.py": b"import x",
    f"{SITE}/tensorflow/include/tensorflow/core/public/version.h": HEADER,
}


def whole(tmp_path: Path, *layers: bytes) -> Inside:
    path = saved(tmp_path / "image.tar", list(layers), {"architecture": "amd64"})
    with opened_archive(path, HERE) as archive:
        return look_inside(archive.layers, MODULES)


def account(name: str, version: str, *requires: str) -> dict[str, bytes | str | None]:
    lines = [f"Name: {name}", f"Version: {version}", *(f"Requires-Dist: {one}" for one in requires)]
    text = "\n".join(lines).encode() + b"\n\nRequires-Dist: described\n"
    return {f"{SITE}/{name}-{version}.dist-info/METADATA": text}


def others() -> dict[str, bytes | str | None]:
    return {path: text for one in OTHERS for path, text in account(*one.split("=")).items()}


def record(name: str, version: str, **files: int) -> dict[str, bytes | str | None]:
    rows = [f"{path.replace('__', '/')}.py,sha256=x,{size}" for path, size in files.items()]
    return {f"{SITE}/{name}-{version}.dist-info/RECORD": "\n".join(rows).encode()}


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
    }
    path = tmp_path / "host.json"
    path.write_text(json.dumps(tree))
    return str(path)


def checked(tmp_path: Path, host: str, *layers: bytes, tag: str = "") -> dict[str, Any]:
    path = saved(tmp_path / "my image.tar", list(layers), {"architecture": "amd64"}, tag)
    asked = ["check", "--archive", str(path), "--host", host, "--format", "json"]
    done = CliRunner().invoke(app, asked)
    assert done.stdout, repr(done.exception)
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def test_requirements_are_told_of_every_distribution(tmp_path: Path) -> None:
    found = whole(tmp_path, layer(account("tensorflow", "2.14.1", "ml-dtypes (==0.2.0)", "six")))
    (one,) = found.distributions
    assert (True, ("ml-dtypes (==0.2.0)", "six")) == (one.told, one.requires)


def test_setuptools_requirements_lie_in_a_file_of_their_own(tmp_path: Path) -> None:
    info = f"{SITE}/old-1.egg-info"
    found = whole(
        tmp_path,
        layer({f"{info}/PKG-INFO": b"Name: old\n", f"{info}/requires.txt": b"six\n[x]\nodd>=2\n"}),
    )
    (one,) = found.distributions
    assert (True, (), ("six", "[x]", "odd>=2")) == (one.told, one.requires, one.listed)


def test_a_later_layer_brings_another_account(tmp_path: Path) -> None:
    first, later = account("odd", "1", "six"), account("odd", "1", "six>=2")
    found = whole(tmp_path, layer(first), layer(later))
    assert [("six>=2",)] == [one.requires for one in found.distributions]
    gone = whole(tmp_path, layer(first), layer({f"{SITE}/.wh.odd-1.dist-info": b""}))
    assert () == gone.distributions


def test_a_package_without_an_account_states_its_release(tmp_path: Path) -> None:
    (found,) = whole(tmp_path, layer(PACKAGE)).carried
    assert ("tensorflow", SITE, "1.15.3", ()) == (
        found.name,
        found.folder,
        found.version,
        found.owners,
    )


def test_a_package_that_a_later_layer_removes_is_gone(tmp_path: Path) -> None:
    found = whole(tmp_path, layer(PACKAGE), layer({f"{SITE}/.wh.tensorflow": b""}))
    assert () == found.carried


def test_files_of_two_distributions_in_two_layers(tmp_path: Path) -> None:
    gpu = record("tensorflow_gpu", "1.12.0", tensorflow__core=9, tensorflow__gpu=4)
    cpu = record("tensorflow", "1.12.0", tensorflow__core=7)
    core, only = f"{SITE}/tensorflow/core.py", f"{SITE}/tensorflow/gpu.py"
    found = whole(
        tmp_path,
        layer({**account("tensorflow_gpu", "1.12.0"), **gpu, core: b"123456789", only: b"1234"}),
        layer({**account("tensorflow", "1.12.0"), **cpu, core: b"1234567"}),
    )
    (one,) = found.overlaps
    assert (("tensorflow", "tensorflow-gpu"), 1, "tensorflow", False) == (
        one.names,
        one.count,
        one.kept,
        one.mixed,
    )
    assert () == found.damages


@pytest.mark.parametrize("name", ["tf_nightly", "intel_tensorflow", "tensorflow_rocm"])
def test_a_variant_is_told_and_not_called_a_lack(tmp_path: Path, host: str, name: str) -> None:
    files = {**PACKAGE, **others(), **account(name, "2.5.0")}
    told = checked(tmp_path, host, system(), layer(files))
    assert ("cannot tell", 5) == (told["answer"], told["exit"])
    assert f"as {name.replace('_', '-')}" in told["because"]


def test_a_build_from_source_is_told_and_not_called_a_lack(tmp_path: Path, host: str) -> None:
    told = checked(tmp_path, host, system(), layer({**PACKAGE, **others()}))
    assert ("cannot tell", 5) == (told["answer"], told["exit"])
    assert "it holds tensorflow 1.15.3, and no installer gives an account" in told["because"]


def test_a_file_is_run_after_it_was_loaded(tmp_path: Path, host: str) -> None:
    built = framework(package="tensorflow", needed=("libc.so.6",), code=PLAIN_CODE)
    told = checked(tmp_path, host, system(), built, tag="127.0.0.1:5000/own:1")
    assert "reuse" == told["answer"], told["reasons"]
    load, _, run = told["run"].partition(" && ")
    assert ["docker", "load", "--input", str(tmp_path / "my image.tar")] == shlex.split(load)
    assert ["127.0.0.1:5000/own:1", "/usr/bin/python3"] == shlex.split(run)[-2:]
    unnamed = checked(tmp_path, host, system(), built)
    assert "sha256:" in unnamed["run"]
    evil = checked(tmp_path, host, system(), built, tag="--privileged")
    assert "--privileged" not in evil["run"]


@given(st.binary(max_size=300), st.binary(max_size=300))
def test_no_account_breaks_the_reader(metadata: bytes, header: bytes) -> None:
    files: dict[str, bytes | str | None] = {
        f"{SITE}/tensorflow-1.dist-info/METADATA": b"Requires-Dist: " + metadata,
        f"{SITE}/x-1.egg-info/requires.txt": metadata,
        f"{SITE}/tensorflow/__init__.py": header,
        f"{SITE}/tensorflow/include/version.h": header,
    }
    told = list(layer_worker.look(io.BytesIO(layer(files)), list(MODULES)))
    found = inside_of([json.loads(json.dumps(told))])
    assert 1 == len(found.carried)
    assert len(found.distributions) == 1
