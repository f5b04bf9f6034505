"""Images looked into without running them, for the tests of what lies in them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from harness.cli import app
from harness.images.archive import opened_archive
from harness.images.inside import Inside
from harness.images.looking import look_inside
from harness.images.manifest import Platform
from tests.registry.old_images import (
    AVX_CODE,
    PLAIN_CODE,
    merged,
    saved,
)

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


def titles(told: dict[str, Any], weight: str) -> str:
    return " / ".join(one["title"] for one in told["reasons"] if one["weight"] == weight)


def archive(tmp_path: Path, *layers: bytes, tag: str = "", **environment: str) -> str:
    config = {
        "architecture": "amd64",
        "config": {"Env": [f"{name}={value}" for name, value in environment.items()]},
    }
    plain = [one for one in layers if b".wh." not in one]
    others = [one for one in layers if b".wh." in one]
    return str(saved(tmp_path / "image.tar", [*merged(*plain), *others], config, tag))


LATER = {"version": "1.14.0", "needed": ("libc.so.6",), "code": AVX_CODE}


CPU = {"package": "tensorflow", "needed": ("libc.so.6",), "code": PLAIN_CODE}
