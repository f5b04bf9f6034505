"""Images and hosts for tests of predictions, built whole, without a registry."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from harness.check.host import TargetEngine, TargetGpu, TargetHost
from harness.check.page import CheckPage, page_of
from harness.check.rules import all_reasons
from harness.check.subject import Subject, subject_of
from harness.images.image import Reading, parse_image
from harness.images.manifest import Descriptor, Form, Manifest
from harness.images.reference import parse_reference

sys.path.append(str(Path(__file__).parents[1] / "registry"))

from tests.registry.legacy import cpu_image, legacy_gpu

__all__ = ["HERE", "cpu_image", "host", "legacy_gpu", "page", "reading", "subject"]

DIGEST = "sha256:" + "ab" * 32
GIGABYTE = 10**9
LEGACY = "tensorflow/tensorflow:1.2.1-gpu-py3"


def host(*, gpu: str = "", capability: str = "", **changes: Any) -> TargetHost:
    """A healthy machine of 2026; `gpu` with its capability brings a driver and a toolkit."""
    values: dict[str, Any] = {
        "machine": "x86_64",
        "kernel": "6.1.0",
        "system": "Debian GNU/Linux 12 (bookworm)",
        "cpu": "A CPU",
        "flags": ("avx", "avx2", "sse2"),
        "vsyscall": "xonly",
        "cgroup": 2,
        "engines": (TargetEngine(name="docker", version="28.2.2", free_bytes=500 * GIGABYTE),),
        "date": "2026-11-20",
    }
    if gpu:
        values["gpus"] = (TargetGpu(name=gpu, capability=capability),)
        values |= {"driver": "535.104.05", "toolkit": "1.17.8"}
    return TargetHost(**(values | changes))


HERE = host()


def reading(
    config: dict[str, Any] | None = None, name: str = LEGACY, layer: int = GIGABYTE, **changes: Any
) -> Reading:
    """What a registry tells of an image with this configuration."""
    manifest = Manifest(
        form=Form.IMAGE, media_type="", layers=(Descriptor(digest=DIGEST, size=layer),)
    )
    reference = parse_reference(name)
    values: dict[str, Any] = {
        "reference": reference,
        "name": str(reference),
        "form": Form.IMAGE,
        "digest": DIGEST,
        "manifest": manifest,
        "image": parse_image(
            json.dumps(legacy_gpu() if config is None else config).encode(), manifest
        ),
        "requests": 2,
        "received": 2048,
    }
    return Reading(**(values | changes))


def subject(config: dict[str, Any] | None = None, name: str = LEGACY) -> Subject:
    return subject_of(reading(config, name))


def page(told: Reading | None = None, where: TargetHost = HERE) -> CheckPage:
    """The page on an image (the legacy one by default) for a host."""
    about = subject_of(told or reading())
    return page_of(about, where, all_reasons(about, where))
