"""The cache of distributions: complete files only, and nothing that a killed download left."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.distributions.cache import DistributionCache
from harness.errors import InfrastructureError

CONTENT = b"a wheel"
SHA256 = hashlib.sha256(CONTENT).hexdigest()


def download(write: Callable[[bytes], object]) -> None:
    write(CONTENT[:3])
    write(CONTENT[3:])


def test_a_file_is_kept_under_its_digest(tmp_path: Path) -> None:
    kept = DistributionCache(tmp_path).admit(SHA256, download)
    assert kept == tmp_path / SHA256[:2] / SHA256
    assert kept.read_bytes() == CONTENT


def test_another_content_than_the_locked_one_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(InfrastructureError, match=f"{SHA256}, not the locked {'0' * 64}"):
        DistributionCache(tmp_path).admit("0" * 64, download)
    assert [one for one in tmp_path.rglob("*") if one.is_file()] == []


def test_a_download_removes_partial_files_of_a_day_ago_and_no_younger_ones(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "ab"
    folder.mkdir()
    old, young = folder / "ab.1-1.part", folder / "ab.2-2.part"
    old.write_bytes(b"half")
    young.write_bytes(b"half")
    yesterday = time.time() - 25 * 3600
    os.utime(old, (yesterday, yesterday))
    DistributionCache(tmp_path).admit(SHA256, download)
    assert not old.exists()
    assert young.exists(), "its download may still be going on"


def test_a_partial_file_of_another_user_stops_no_download(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "ab").mkdir()
    theirs = tmp_path / "ab" / "ab.1-1.part"
    theirs.write_bytes(b"half")
    os.utime(theirs, (0, 0))
    unlink = Path.unlink

    def refused(path: Path, missing_ok: bool = False) -> None:
        if path == theirs:
            raise PermissionError(13, "Permission denied", str(path))
        unlink(path, missing_ok)

    monkeypatch.setattr(Path, "unlink", refused)
    assert DistributionCache(tmp_path).admit(SHA256, download).read_bytes() == CONTENT
    assert theirs.exists()
