"""What `harness check` says of images in which the dynamic loader runs into something."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from harness.cli import app
from tests.registry.old_images import (
    AVX_CODE,
    PLAIN_CODE,
    SITE,
    cuda_8,
    fat_binary,
    framework,
    layer,
    loader_cache,
    merged,
    python,
    saved,
    shared_object,
    system,
)

CPU: dict[str, Any] = {"package": "tensorflow", "needed": ("libc.so.6",), "fat": b""}
GPU: dict[str, Any] = {"version": "1.14.0", "needed": ("libc.so.6",), "code": AVX_CODE}
T4 = ("--gpu", "Tesla T4", "--driver", "535.104.05")
LIBRARIES = "lib/x86_64-linux-gnu"
CUDA = "usr/local/cuda/lib64"


class Checked:
    """The page on an archive of some layers."""

    def __init__(
        self,
        host: str,
        *layers: bytes,
        options: tuple[str, ...] = (),
        tag: str = "",
        **environment: str,
    ) -> None:
        config: dict[str, object] = {
            "architecture": "amd64",
            "config": {"Env": [f"{name}={value}" for name, value in environment.items()]},
        }
        image = saved(Path(host).with_name("image.tar"), list(layers), config, tag)
        arguments = ["check", "--archive", str(image), "--host", host, *options, "--format", "json"]
        done = CliRunner().invoke(app, arguments)
        assert done.stdout, repr(done.exception)
        self.told: dict[str, Any] = json.loads(done.stdout)
        self.answer: str = self.told["answer"]

    def reason(self, words: str) -> dict[str, Any]:
        """The one reason with these words in its title."""
        found = [one for one in self.told["reasons"] if words in one["title"]]
        assert 1 == len(found), self.told["reasons"]
        return dict(found[0])


def whole(*more: bytes, **build: Any) -> tuple[bytes, ...]:
    """Layers that work, and more above them."""
    return (*merged(system(), framework(**(CPU | build))), *more)


def test_a_compiled_file_that_is_written_again_is_still_there(host: str) -> None:
    core = f"{SITE}/numpy/core/_multiarray_umath.so"
    made = shared_object()
    record = f"numpy/core/_multiarray_umath.so,sha256=x,{len(made)}\n".encode()
    numpy = layer({core: made, f"{SITE}/numpy-1.13.3.dist-info/RECORD": record})
    library = layer({f"{SITE}/numpy/.libs/libblas.so.3": made})
    again = layer({core: made, f"{SITE}/numpy/.libs/libblas.so.3": made})
    for layers in ((numpy, library), (numpy, library, again), (numpy, library, again, again)):
        found = Checked(host, *whole(*layers))
        assert "reuse" == found.answer, found.told["reasons"]
    gone = layer({f"{SITE}/numpy/core/.wh._multiarray_umath.so": b""})
    assert "is damaged" in str(Checked(host, *whole(numpy, again, gone)).told["reasons"])


@pytest.mark.parametrize(
    ("tag", "environment"),
    [
        ("tensorflow/tensorflow:1.2.1-gpu-py3", {}),
        ("", {"CUDA_VERSION": "8.0.61"}),
    ],
)
def test_a_build_for_the_cpu_is_one_whatever_says_otherwise(
    host: str, tag: str, environment: dict[str, str]
) -> None:
    for options in ((), ("--gpu", "K80", "--driver", "470.256.02")):
        found = Checked(host, *whole(cuda_8()), options=options, tag=tag, **environment)
        assert "reuse on the CPU only" == found.answer, found.told["reasons"]
        assert "none of its 1 shared objects" in str(found.reason("a GPU is promised")["evidence"])
        assert "for the CPU" == found.told["purpose"][-11:]
        assert "--gpus" not in found.told["run"]


@pytest.mark.parametrize("sign", ["fat", "needed", "names"])
def test_each_sign_of_cuda_makes_it_a_build_for_a_gpu(host: str, sign: str) -> None:
    build: dict[str, Any] = {
        "fat": {"fat": fat_binary((75,), ())},
        "needed": {"needed": ("libc.so.6", "libcudart.so.8.0")},
        "names": {"names": "libcuda.so.1"},
    }[sign]
    found = Checked(host, *whole(cuda_8(), **build), CUDA_VERSION="8.0.61")
    assert "a GPU is promised" not in str(found.told["reasons"])


STUB = shared_object(soname="libcuda.so.1")
OPENED = ("cudart", "cublas", "cufft", "curand", "cusolver", "cusparse")


def cuda_10(folder: str = CUDA) -> bytes:
    names = [*(f"lib{one}.so.10.0" for one in OPENED), "libcudnn.so.7"]
    return layer({f"{folder}/{name}": shared_object(soname=name) for name in names})


def test_a_stub_that_hides_the_driver_is_named_with_what_mends_it(host: str) -> None:
    stub = layer({f"{CUDA}/stubs/libcuda.so.1": STUB})
    build = GPU | {"package": "tensorflow_gpu", "names": "libcuda.so.1", "fat": b""}
    layers = merged(system(), framework(**build), cuda_10(), stub)
    path = f"/{CUDA}/stubs:/{CUDA}:/{CUDA}/stubs/"
    found = Checked(host, *layers, options=T4, LD_LIBRARY_PATH=path)
    assert "reuse with these changes" == found.answer, found.told["reasons"]
    told = found.reason("a stub of NVIDIA's driver")
    assert f"/{CUDA}/stubs/libcuda.so.1" in told["title"]
    assert f"start it with -e LD_LIBRARY_PATH=/{CUDA}" == told["remedy"]
    # As it should be, the stub behind the driver, or no stub: NVIDIA's own compatible driver.
    fine = Checked(host, *layers, options=T4, LD_LIBRARY_PATH=f"/{CUDA}")
    assert "a stub" not in str(fine.told["reasons"])
    large = shared_object(soname="libcuda.so.1", code=bytes(5 * 1024**2))
    compatible = layer({"usr/local/cuda/compat/libcuda.so.1": large})
    path = f"/usr/local/cuda/compat:/{CUDA}"
    fine = Checked(host, *layers, compatible, options=T4, LD_LIBRARY_PATH=path)
    assert "a stub" not in str(fine.told["reasons"])
    # Where the host has no GPU, nobody asks for the driver.
    assert "a stub" not in str(Checked(host, *layers, LD_LIBRARY_PATH=path).told["reasons"])


def test_libraries_that_lie_where_nobody_looks(host: str) -> None:
    odd = layer({"opt/odd/lib/libodd.so.1": shared_object(soname="libodd.so.1")})
    found = Checked(host, *whole(odd, needed=("libc.so.6", "libodd.so.1")))
    assert "reuse with these changes" == found.answer
    remedy = found.reason("libodd.so.1 lie where the dynamic loader does not look")["remedy"]
    assert "start it with -e LD_LIBRARY_PATH=/opt/odd/lib" == remedy
    mended = Checked(
        host, *whole(odd, needed=("libc.so.6", "libodd.so.1")), LD_LIBRARY_PATH="/opt/odd/lib"
    )
    assert "reuse" == mended.answer, mended.told["reasons"]
    foreign = layer({"opt/odd/lib/libodd.so.1": shared_object(machine=183)})
    found = Checked(host, *whole(foreign, needed=("libc.so.6", "libodd.so.1")))
    assert "do not reuse here" == found.answer
    build = GPU | {"package": "tensorflow_gpu", "names": "libcuda.so.1", "fat": b""}
    found = Checked(host, *whole(cuda_10("opt/cuda"), **build), options=T4)
    assert "-e LD_LIBRARY_PATH=/opt/cuda" in found.reason("it opens CUDA libraries")["remedy"]
    found = Checked(
        host, *whole(cuda_10("opt/cuda"), **build), options=T4, LD_LIBRARY_PATH="/opt/cuda"
    )
    assert "reuse" == found.answer, found.told["reasons"]


def test_what_a_needed_library_needs_is_missed_too(host: str) -> None:
    near = shared_object(("libfar.so.2",), soname="libnear.so.1")
    above = layer({f"{LIBRARIES}/libnear.so.1": near})
    found = Checked(host, *whole(above, needed=("libc.so.6", "libnear.so.1")))
    assert "do not reuse here" == found.answer
    told = found.reason("the image lacks libfar.so.2")
    assert f"needed by /{LIBRARIES}/libnear.so.1, which" in told["evidence"][0]


@pytest.mark.parametrize(
    ("words", "files"),
    [
        (
            "its Python does not start: the image lacks libodd.so.1",
            {"usr/bin/python3.5": python(("libodd.so.1",))},
        ),
        ("is no library", {f"{LIBRARIES}/libc.so.6": b"not an object"}),
        ("is no library", {f"{LIBRARIES}/libc.so.6": shared_object()[:2000]}),
        (
            "lacks versions of symbols",
            {f"{LIBRARIES}/libc.so.6": shared_object(gives=("OTHER_1",))},
        ),
        (
            "it needs GLIBC_2.17",
            {f"{LIBRARIES}/libc.so.6": shared_object(gives=("GLIBC_2.2.5", "GLIBC_2.4"))},
        ),
        (
            "which is not modelled",
            {"usr/bin/python3.5": python((), interpreter="/lib/ld-musl-x86_64.so.1")},
        ),
        ("is not started by a dynamic loader", {"usr/bin/python3.5": b"#!/bin/sh\n"}),
    ],
)
def test_what_keeps_it_from_being_loaded_is_said(
    host: str, words: str, files: dict[str, bytes | str | None]
) -> None:
    build = {"wants": {"libc.so.6": ("GLIBC_2.17", "ODD_1")}} if "versions" in words else {}
    found = Checked(host, *whole(layer(files), **build))
    assert found.answer in ("do not reuse here", "cannot tell")
    found.reason(words)


def test_symbols_that_nothing_gives_are_named_by_who_needs_them(host: str) -> None:
    found = Checked(host, *whole(undefined="read gone@GLIBC_2.17", exports="read"))
    assert "do not reuse here" == found.answer
    assert "gone@GLIBC_2.17, needed by" in str(found.reason("gives 1 symbols")["evidence"])


def test_a_package_for_another_release_of_the_framework_is_named(host: str) -> None:
    ops = {
        fits: layer(
            {
                f"{SITE}/tensorflow_io-0.37.1.dist-info/METADATA": b"x",
                f"{SITE}/tensorflow_io/python/ops/libtensorflow_io.so": shared_object(
                    ("libtensorflow_framework.so.2",), undefined=f"there {symbol}"
                ),
                f"{SITE}/tensorflow/libtensorflow_framework.so.2": shared_object(
                    ("libc.so.6",), soname="libtensorflow_framework.so.2", exports="there"
                ),
            }
        )
        for fits, symbol in ((True, ""), (False, "_ZN10tensorflow4goneEv"))
    }
    fine = Checked(host, *whole(ops[True]))
    assert "reuse" == fine.answer, fine.told["reasons"]
    found = Checked(host, *whole(ops[False]))
    assert "reuse with these changes" == found.answer, found.told["reasons"]
    told = found.reason("tensorflow-io 0.37.1 was built for another release")
    assert "_ZN10tensorflow4goneEv, needed by" in told["evidence"][0]


def test_libraries_of_two_releases_of_cuda_are_named(host: str) -> None:
    build = GPU | {"package": "tensorflow_gpu", "names": "libcuda.so.1", "fat": b""}
    newer = layer(
        {
            f"{CUDA}/libcudnn.so.7": shared_object(("libcublas.so.11",), soname="libcudnn.so.7"),
            f"{CUDA}/libcublas.so.11": shared_object(soname="libcublas.so.11"),
        }
    )
    for above, words in ((cuda_10(), ""), (newer, "10.0 and 11")):
        layers = whole(cuda_10(), above, **build)
        found = Checked(host, *layers, options=T4, LD_LIBRARY_PATH=f"/{CUDA}")
        if words:
            assert words in found.reason("of different CUDA releases")["title"]
        else:
            assert "reuse" == found.answer, found.told["reasons"]


def test_the_cache_counts_and_not_the_configuration_that_it_was_made_of(host: str) -> None:
    files: dict[str, bytes | str | None] = {
        "etc/ld.so.conf": b"include /etc/ld.so.conf.d/*.conf\n",
        "etc/ld.so.conf.d/odd.conf": b"/opt/odd\n",
        "opt/odd/libodd.so.1": shared_object(soname="libodd.so.1"),
    }
    build = {"needed": ("libc.so.6", "libodd.so.1")}
    assert "reuse with these changes" == Checked(host, *whole(layer(files), **build)).answer
    files["etc/ld.so.cache"] = loader_cache({"libodd.so.1": "/opt/odd/libodd.so.1"})
    assert "reuse" == Checked(host, *whole(layer(files), **build)).answer


def test_libraries_that_are_opened_by_name_and_lacking_are_told(host: str) -> None:
    found = Checked(host, *whole(names="libhdfs.so libnvidia-ml.so.1", code=PLAIN_CODE))
    assert "reuse" == found.answer
    told = found.reason("parts of it may open libraries")
    assert told["title"].endswith(": libhdfs.so")
    there = layer({f"{LIBRARIES}/libhdfs.so": shared_object()})
    found = Checked(host, *whole(there, names="libhdfs.so"))
    assert "may open" not in str(found.told["reasons"])


def test_a_stub_of_the_driver_lets_a_build_that_links_cuda_be_imported_without_a_gpu(
    host: str,
) -> None:
    layers = merged(system(), cuda_8(), framework())
    assert "do not reuse here" == Checked(host, *layers).answer
    stub = layer({f"{CUDA}/stubs/libcuda.so.1": STUB})
    found = Checked(host, *layers, stub, LD_LIBRARY_PATH=f"/{CUDA}/stubs")
    assert "reuse on the CPU only" == found.answer, found.told["reasons"]
    lacking = merged(system(), cuda_8(), framework(undefined="cuInit"))
    found = Checked(host, *lacking, stub, LD_LIBRARY_PATH=f"/{CUDA}/stubs")
    assert "do not reuse here" == found.answer
    assert "cuInit, needed by" in str(found.reason("gives 1 symbols")["evidence"])


def test_a_folder_that_the_image_named_is_quoted(host: str) -> None:
    odd = layer({"opt/a&b $c/libodd.so.1": shared_object(soname="libodd.so.1")})
    found = Checked(host, *whole(odd, needed=("libc.so.6", "libodd.so.1")))
    remedy = found.reason("libodd.so.1")["remedy"]
    assert "start it with -e 'LD_LIBRARY_PATH=/opt/a&b $c'" == remedy


def test_what_it_was_built_for_counts_where_nobody_says_so(host: str) -> None:
    # An ordinary name, no variable: but on a host with a GPU it would look for CUDA.
    build = GPU | {"package": "tensorflow", "names": "libcuda.so.1"}
    assert "reuse" == Checked(host, *whole(**build)).answer
    found = Checked(host, *whole(**build), options=T4)
    assert "reuse on the CPU only" == found.answer
    assert "libcudart.so.10.0" in found.reason("it opens CUDA libraries")["title"]
    # One that is linked with CUDA asks for a driver everywhere.
    linked = {"package": "tensorflow", "needed": ("libc.so.6", "libcuda.so.1")}
    found = Checked(host, *whole(**linked))
    assert "do not reuse here" == found.answer
    found.reason("cannot be imported without NVIDIA's driver")


def test_a_remedy_names_the_release_that_has_the_missing_library(host: str) -> None:
    build = {"version": "2.4.4", "needed": ("libc.so.6", "libcudart.so.10.1"), "code": AVX_CODE}
    told = Checked(host, *whole(**build)).reason("the image lacks libcudart.so.10.1")
    assert "use a base with CUDA 10.1" == told["remedy"]
    own = {"version": "2.4.4", "needed": ("libc.so.6", "libcudart.so.11.0", "libcudnn.so.8")}
    told = Checked(host, *whole(**own)).reason("the image lacks libcudart.so.11.0")
    assert "use a base with CUDA 11.0 and cuDNN 8.0" == told["remedy"]


@pytest.mark.parametrize(
    ("names", "words"),
    [({}, "a GPU is promised"), ({"names": "libcuda.so.1"}, "capability 7.5")],
)
def test_libraries_of_the_framework_outside_its_folder_count_too(
    host: str, names: dict[str, str], words: str
) -> None:
    """As conda builds it: what has code for a GPU lies in the prefix's own lib."""
    site = "opt/conda/lib/python3.5/site-packages"
    small = shared_object(("libtensorflow_cc.so.2",), rpath="$ORIGIN/../../../../")
    library = shared_object(("libc.so.6",), soname="libtensorflow_cc.so.2", **names)
    above = layer(
        {
            f"{site}/tensorflow/python/_pywrap_tensorflow_internal.so": small,
            "opt/conda/bin/python3.5": python(),
            "opt/conda/bin/python3": "python3.5",
            "opt/conda/lib/libtensorflow_cc.so.2": library,
        }
    )
    layers = (*merged(system(), framework(**(CPU | {"site": site}))), above)
    variables = {"PATH": "/opt/conda/bin:/usr/bin", "CUDA_VERSION": "8.0.61"}
    found = Checked(host, *layers, options=T4, **variables)
    found.reason(words)
    assert "the image lacks" not in str(found.told["reasons"])


def test_of_several_pythons_with_the_framework_the_first_one_counts(host: str) -> None:
    site = "opt/conda/lib/python3.5/site-packages"
    above = merged(
        framework(**(CPU | {"site": site, "needed": ("libodd.so.1",)})),
        layer({"opt/conda/bin/python3.5": python(), "opt/conda/bin/python3": "python3.5"}),
    )
    layers = whole(*above)
    assert "reuse" == Checked(host, *layers, PATH="/usr/bin:/opt/conda/bin").answer
    found = Checked(host, *layers, PATH="/opt/conda/bin:/usr/bin")
    found.reason("the image lacks libodd.so.1")


@pytest.mark.parametrize(("version", "lacks"), [("3.5", True), ("3.6", False)])
def test_what_pythons_own_modules_need_is_missed(host: str, version: str, lacks: bool) -> None:
    own = f"usr/lib/python{version}/lib-dynload/_ctypes.cpython-35m-x86_64-linux-gnu.so"
    found = Checked(host, *whole(layer({own: shared_object(("libffi.so.6",))})))
    assert lacks == ("the image lacks libffi.so.6" in str(found.told["reasons"]))
    assert found.answer == ("do not reuse here" if lacks else "reuse")


def test_a_release_that_only_libraries_tell_still_asks_for_its_driver(host: str) -> None:
    names = ("libcudart.so.12", "libcublas.so.12", "libcudnn.so.8")
    cuda = layer({f"{LIBRARIES}/{name}": shared_object(soname=name) for name in names})
    build = GPU | {"version": "2.15.1", "package": "tensorflow", "names": "libcuda.so.1"}
    old = ("--gpu", "Tesla T4", "--driver", "450.80.02")
    found = Checked(host, *whole(cuda, **build), options=old)
    assert "reuse on the CPU only" == found.answer, found.told["reasons"]
    found.reason("the driver is too old for CUDA 12.2")
