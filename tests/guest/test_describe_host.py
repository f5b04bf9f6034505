"""The file that describes a host runs by itself, on every CPython of the machine."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from harness.check.host import parse_host
from harness.machine.interpreters import Interpreter, find_interpreters

FILE = Path(__file__).parents[2] / "harness" / "probing" / "guest" / "describe_host.py"
SECRET = "canary-51b2-value"


def described(python: str, tmp_path: Path, **environment: str) -> bytes:
    file = tmp_path / "describe_host.py"
    file.write_bytes(FILE.read_bytes())
    clean = {"PATH": "/usr/bin:/bin", "SECRET": SECRET, **environment}
    return subprocess.run(
        [python, "-W", "error", str(file)], check=True, capture_output=True, env=clean
    ).stdout


@pytest.mark.parametrize("python", find_interpreters(), ids=lambda one: one.version)
def test_every_python_describes_the_same_host(python: Interpreter, tmp_path: Path) -> None:
    raw = described(python.path, tmp_path)
    tree, ours = json.loads(raw), json.loads(described(sys.executable, tmp_path))
    for one in (tree, ours):
        one.pop("collected")
        for engine in one["engines"]:
            engine.pop("free_bytes")
    assert ours == tree
    assert parse_host(raw, "here").machine == os.uname().machine
    assert SECRET.encode() not in raw
    assert os.uname().nodename not in tree.values()


FAKE_SMI = """#!/bin/sh
case "$*" in
  *compute_cap*) [ -n "$OLD_DRIVER" ] && exit 2; echo "Tesla T4, 535.104.05, 15360, 7.5" ;;
  *query*) echo "Tesla T4, 384.81, 15360" ;;
  *) echo "| NVIDIA-SMI 535.104.05   Driver Version: 535.104.05   CUDA Version: 12.2  |" ;;
esac
"""


@pytest.mark.parametrize(
    ("capability", "driver", "old"), [("7.5", "535.104.05", ""), ("", "384.81", "1")]
)
def test_a_gpu_is_described_by_what_its_driver_says(
    tmp_path: Path, capability: str, driver: str, old: str
) -> None:
    for name, text in (
        ("nvidia-smi", FAKE_SMI),
        ("nvidia-container-cli", "#!/bin/sh\necho 'cli-version: 1.17.8'\n"),
    ):
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o755)
    raw = described(sys.executable, tmp_path, PATH=f"{tmp_path}:/usr/bin:/bin", OLD_DRIVER=old)
    tree = json.loads(raw)
    assert [{"name": "Tesla T4", "memory_mib": 15360, "capability": capability}] == tree["gpus"]
    assert (driver, "12.2", "1.17.8") == (tree["driver"], tree["cuda"], tree["toolkit"])
    assert "7.5" == parse_host(raw, "here").gpus[0].capability


def test_it_uses_the_standard_library_only_and_ascii() -> None:
    source = FILE.read_bytes()
    source.decode("ascii")
    names = {
        name.split(".")[0]
        for node in ast.walk(ast.parse(source))
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    assert names <= sys.stdlib_module_names
