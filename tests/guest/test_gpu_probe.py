"""The gpu probe against a driver made of C, and frameworks made of a few lines.

No GPU is needed: what is tried is that every call fits its C signature on every CPython, and that
each way to end is told from the others. That a real driver compiles the PTX is not shown here.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from harness.model import Outcome
from harness.probing.answer import Answer
from tests.guest.conversation import PROBES, Asked, converse

pytestmark = pytest.mark.guest

SOURCE = Path(__file__).with_name("fake_libcuda.c")
CPU_ONLY = """
class test:
    is_built_with_cuda = staticmethod(lambda: False)
"""
MISSING = """
raise ImportError("libcusolver.so.8.0: cannot open shared object file: No such file or directory")
"""
LISTING = """
import os
def list_local_devices():
    os.write(2, {said!r})
    class device: device_type = "CPU"
    return [device]
"""
LACKS = b"W dso_loader.cc:60] Could not load dynamic library 'libcudnn.so.8'; dlerror: ...\n"


@pytest.fixture(scope="session")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a libcuda.so.1 that computes on the CPU."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        pytest.skip("there is no C compiler")
    folder = tmp_path_factory.mktemp("driver")
    subprocess.run(
        [compiler, "-shared", "-fPIC", "-o", folder / "libcuda.so.1", SOURCE], check=True
    )
    return folder


def framework(folder: Path, text: str, listing: bytes = b"") -> Path:
    """A folder to import a stand-in for the framework from."""
    package = folder / "tensorflow"
    (package / "python" / "client").mkdir(parents=True)
    (package / "__init__.py").write_text(text, "ascii")
    for inner in (package / "python", package / "python" / "client"):
        (inner / "__init__.py").touch()
    (package / "python" / "client" / "device_lib.py").write_text(LISTING.format(said=listing))
    return folder


def ask(
    python: str, tmp_path: Path, driver: Path | None, packages: Path | None = None, **env: str
) -> Answer:
    variables = {
        **os.environ,
        "LD_LIBRARY_PATH": str(driver or ""),
        "PYTHONPATH": str(packages or ""),
        **env,
    }
    variables.pop("CUDA_VISIBLE_DEVICES", None) if "CUDA_VISIBLE_DEVICES" not in env else None
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    heard = converse(python, [Asked(path=PROBES / "gpu.py")], scratch, env=variables)
    answer = heard.answers["gpu"]
    assert Outcome.OK is answer.outcome, answer.raised
    return answer


def test_a_kernel_runs_through_the_driver_and_its_numbers_are_verified(
    python: str, driver: Path, tmp_path: Path
) -> None:
    told = ask(python, tmp_path, driver, framework(tmp_path, CPU_ONLY)).facts

    assert "CPU-only framework" == told["gpu.outcome"]
    assert told["gpu.0.verified"] is True
    assert "12.4" == told["gpu.cuda_version"]
    assert "Fake 40" == told["gpu.0.name"]
    assert "9.3" == told["gpu.0.compute_capability"]
    assert 5 << 32 == told["gpu.0.memory_bytes"]
    assert "2.3 sm_20" == told["gpu.0.ptx"]
    assert () == told["gpu.0.ptx_refused"]
    assert str(driver / "libcuda.so.1") == told["gpu.driver_file"]


def test_text_too_old_for_the_driver_is_followed_by_newer(
    python: str, driver: Path, tmp_path: Path
) -> None:
    told = ask(python, tmp_path, driver, framework(tmp_path, CPU_ONLY), FAKE_CUDA="old").facts

    assert "6.0 sm_70" == told["gpu.0.ptx"]
    refused = told["gpu.0.ptx_refused"]
    assert isinstance(refused, tuple)
    assert "2.3 sm_20: cuModuleLoadDataEx: ptxas: 2.3 is too old for me (218)" == refused[0]
    assert told["gpu.0.verified"] is True


@pytest.mark.parametrize(
    ("expected", "why", "env"),
    [
        ("driver without device", "counts no device", {"FAKE_CUDA": "none"}),
        ("driver without device", "CUDA_ERROR_NO_DEVICE (100)", {"FAKE_CUDA": "init"}),
        (
            "device hidden from the container",
            "CUDA_ERROR_NO_DEVICE (100)",
            {"FAKE_CUDA": "init", "CUDA_VISIBLE_DEVICES": ""},
        ),
        ("device does not compute", "number 7 is 324", {"FAKE_CUDA": "wrong"}),
    ],
    ids=["no device", "init fails", "hidden", "wrong number"],
)
def test_what_the_driver_lacks_is_told_apart(
    driver: Path, tmp_path: Path, python: str, expected: str, why: str, env: dict[str, str]
) -> None:
    if list(Path("/proc/driver/nvidia/gpus").glob("*")):
        pytest.skip("this machine has a GPU of its own")
    told = ask(python, tmp_path, driver, **env).facts

    assert expected == told["gpu.outcome"]
    assert why in str(told["gpu.why"])


def test_without_a_driver_nothing_is_imported(python: str, tmp_path: Path) -> None:
    if list(Path("/proc/driver/nvidia").glob("*")):
        pytest.skip("this machine has a driver")
    told = ask(python, tmp_path, None, framework(tmp_path, "raise SystemExit('imported')")).facts

    assert "no driver" == told["gpu.outcome"]
    assert "libcuda.so.1" in str(told["gpu.why"])


@pytest.mark.parametrize(
    ("expected", "why", "text", "said"),
    [
        ("framework misses a library", "libcusolver.so.8.0", MISSING, b""),
        ("framework misses a library", "libcudnn.so.8", "", LACKS),
        ("silent fall-back to the CPU", "it is silent", "", b""),
    ],
    ids=["import", "late", "silent"],
)
def test_what_the_framework_lacks_is_named(
    driver: Path, tmp_path: Path, python: str, expected: str, why: str, text: str, said: bytes
) -> None:
    answer = ask(python, tmp_path, driver, framework(tmp_path, text, said))

    assert expected == answer.facts["gpu.outcome"]
    assert why in str(answer.facts["gpu.why"])
    assert said.decode() in answer.noise
