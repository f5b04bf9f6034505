"""A data set is either proved to be the one that was asked for, or said not to be."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import shutil
import struct
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.datasets import dataset
from harness.datasets.dataset import (
    DataSet,
    digests_of,
    find_dataset,
    read_folder,
    write_dataset,
)
from harness.datasets.idx import IdxError, gunzip, read_idx
from harness.datasets.originals import MNIST, ORIGINALS
from harness.errors import UsageError

IN_VAIN = "tiny.asked-in-vain"
FULL = Path(__file__).parents[3] / "shared" / "data"


def images(count: int, fill: int) -> bytes:
    return struct.pack(">IIII", 0x803, count, 28, 28) + bytes([fill]) * (count * 784)


def labels(count: int) -> bytes:
    return struct.pack(">II", 0x801, count) + bytes(index % 10 for index in range(count))


FILES = {
    "train-images-idx3-ubyte": images(30, 7),
    "train-labels-idx1-ubyte": labels(30),
    "t10k-images-idx3-ubyte": images(20, 9),
    "t10k-labels-idx1-ubyte": labels(20),
}


@pytest.fixture(autouse=True)
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    """An original of thirty images, so that tests need not read sixty thousand."""
    original = replace(
        MNIST,
        name="tiny",
        sha256={name: hashlib.sha256(content).hexdigest() for name, content in FILES.items()},
        shapes={name: read_idx(content).shape for name, content in FILES.items()},
        validation=10,
    )
    monkeypatch.setitem(ORIGINALS, "tiny", original)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The four files as a user would have them, two of them plain."""
    named = tmp_path / "named"
    named.mkdir()
    for name, content in FILES.items():
        if name.startswith("train"):
            (named / f"{name}.gz").write_bytes(gzip.compress(content, mtime=0))
        else:
            (named / name.replace("-idx", ".idx")).write_bytes(content)
    return named


def served(name: str) -> bytes | None:
    return gzip.compress(FILES[name.removesuffix(".gz")], mtime=0)


def unserved(name: str) -> bytes | None:
    return None


def never(name: str) -> bytes | None:
    raise AssertionError(f"{name} must not be downloaded")


def content_of(found: DataSet) -> dict[str, bytes]:
    return {
        name.removesuffix(".gz"): gzip.decompress(path.read_bytes())
        for name, path in found.files.items()
        if name.endswith(".gz")
    }


def test_the_folder_the_user_names_comes_first(folder: Path, tmp_path: Path) -> None:
    found = find_dataset("tiny", folder, tmp_path / "cache", fetch=never)

    assert FILES == content_of(found)
    assert f"folder {folder}" == found.origin
    assert "" == found.notice
    assert sum(path.stat().st_size for path in found.files.values()) == found.size_bytes


def test_the_probe_is_told_what_to_verify(folder: Path, tmp_path: Path) -> None:
    found = find_dataset("tiny", folder, tmp_path / "cache", fetch=never)

    told = json.loads(found.files["dataset.json"].read_text())
    assert ("tiny", found.digest, 10) == (told["name"], told["digest"], told["validation"])
    entry = told["files"]["train-images-idx3-ubyte.gz"]
    content = FILES["train-images-idx3-ubyte"]
    assert {
        "bytes": len(content),
        "shape": [30, 28, 28],
        "sha256": hashlib.sha256(content).hexdigest(),
    } == entry
    assert {path.parent for path in found.files.values()} == {found.folder}


def test_what_was_found_once_is_in_the_cache(folder: Path, tmp_path: Path) -> None:
    first = find_dataset("tiny", folder, tmp_path / "cache", fetch=never)
    second = find_dataset("tiny", None, tmp_path / "cache", fetch=never)

    assert (first.digest, first.files) == (second.digest, second.files)
    assert second.origin.startswith("cache ")


FIRST = "train-images-idx3-ubyte.gz"


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda told: told.update(schema=2), id="another schema"),
        pytest.param(lambda told: told.update(validation="10"), id="a text for a number"),
        pytest.param(lambda told: told.update(more=1), id="an unknown key"),
        pytest.param(lambda told: told.pop("digest"), id="a missing key"),
        pytest.param(lambda told: told.update(files=[]), id="a list for a mapping"),
        pytest.param(lambda told: told["files"].pop(FIRST), id="a file too few"),
        pytest.param(lambda told: told["files"][FIRST].update(bytes=-1), id="less than nothing"),
        pytest.param(lambda told: told["files"][FIRST].update(bytes=10**30), id="beyond measure"),
        pytest.param(lambda told: told["files"][FIRST].update(shape=[30, 28]), id="another shape"),
        pytest.param(
            lambda told: told["files"].update({f"../{FIRST}": told["files"][FIRST]}),
            id="a file of another folder",
        ),
    ],
)
def test_what_a_damaged_description_tells_is_not_believed(
    folder: Path, tmp_path: Path, damage: Callable[[dict[str, Any]], object]
) -> None:
    kept = find_dataset("tiny", folder, tmp_path / "cache", fetch=never).folder / "dataset.json"
    sound = kept.read_bytes()
    (kept.parents[1] / FIRST).write_bytes((kept.parent / FIRST).read_bytes())
    told = json.loads(sound)
    damage(told)
    kept.write_text(json.dumps(told))

    found = find_dataset("tiny", None, tmp_path / "cache", fetch=served)

    assert found.origin.startswith("downloaded")
    assert sound == kept.read_bytes()


def test_a_download_is_verified_and_kept(tmp_path: Path) -> None:
    found = find_dataset("tiny", None, tmp_path / "cache", fetch=served)

    assert FILES == content_of(found)
    assert found.origin.startswith("downloaded")
    assert FILES == content_of(find_dataset("tiny", None, tmp_path / "cache", fetch=never))
    assert ["tiny"] == [path.name for path in (tmp_path / "cache").iterdir()]


@pytest.mark.parametrize(
    "answer",
    [
        unserved,
        lambda name: b"<html>404</html>",
        lambda name: gzip.compress(images(30, 8), mtime=0),
        lambda name: gzip.compress(FILES[name[:-3]], mtime=0)[:-9],
        lambda name: gzip.compress(FILES[name[:-3]] + b"more", mtime=0),
    ],
)
def test_without_a_true_download_the_subset_is_used_and_said_so(
    answer: dataset.Fetch, tmp_path: Path
) -> None:
    found = find_dataset("tiny", None, tmp_path / "cache", fetch=answer)

    assert "mnist-subset" == found.name
    assert "the shipped mnist-subset is used instead" in found.notice
    assert "tiny" in found.notice
    assert [IN_VAIN] == [path.name for path in (tmp_path / "cache").iterdir()]


def test_mirrors_that_were_asked_in_vain_are_left_alone_for_an_hour(tmp_path: Path) -> None:
    find_dataset("tiny", None, tmp_path, fetch=unserved)

    again = find_dataset("tiny", None, tmp_path, fetch=never)
    assert "no mirror gave it when they were asked within the last hour" in again.notice

    for seconds in (-3601, 60):  # an hour ago, and by a clock that was set back since
        moment = time.time() + seconds
        os.utime(tmp_path / IN_VAIN, (moment, moment))
        assert "tiny" == find_dataset("tiny", None, tmp_path, fetch=served).name
        shutil.rmtree(tmp_path / "tiny")


def test_offline_nothing_is_downloaded(tmp_path: Path) -> None:
    found = find_dataset("tiny", None, tmp_path / "cache", download=False, fetch=never)

    assert "downloads are switched off" in found.notice


def test_a_damaged_cache_is_not_believed(folder: Path, tmp_path: Path) -> None:
    first = find_dataset("tiny", folder, tmp_path / "cache", fetch=never)
    path = first.files["t10k-labels-idx1-ubyte.gz"]
    path.write_bytes(gzip.compress(labels(20)[:-1] + b"\x05", mtime=0))

    second = find_dataset("tiny", None, tmp_path / "cache", fetch=served)

    assert second.origin.startswith("downloaded")
    assert FILES == content_of(second)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (gzip.compress(images(30, 7), mtime=0)[:-20], "truncated"),
        (gzip.compress(images(30, 7), mtime=0)[:-8] + b"\x00" * 8, "not a sound gzip file"),
        (gzip.compress(images(30, 7)[:-1], mtime=0), "truncated: 23535 of the 23536 bytes"),
        (gzip.compress(images(30, 7) + b"\x00", mtime=0), "larger than the 23536 bytes"),
        (gzip.compress(images(29, 7), mtime=0), "its shape is 29 x 28 x 28, not 30 x 28 x 28"),
        (gzip.compress(images(30, 8), mtime=0), "well formed, but not tiny"),
        (gzip.compress(images(30, 7), mtime=0) + b"tail", "followed by other data"),
        (gzip.compress(b"\x00" * 10_000_000, mtime=0), "larger than the 23536 bytes"),
        (gzip.compress(b"", mtime=0), "too short for an IDX header"),
        (b"", "truncated"),
        (b"not gzip at all", "not a sound gzip file"),
    ],
)
def test_a_named_folder_with_a_bad_file_is_an_error_that_names_it(
    folder: Path, tmp_path: Path, content: bytes, said: str
) -> None:
    path = folder / "train-images-idx3-ubyte.gz"
    path.write_bytes(content)

    with pytest.raises(UsageError) as caught:
        find_dataset("tiny", folder, tmp_path / "cache", fetch=never)

    assert f"{path}: " in str(caught.value)
    assert said in str(caught.value)


def test_every_bad_file_is_named_at_once(folder: Path, tmp_path: Path) -> None:
    (folder / "train-labels-idx1-ubyte.gz").unlink()
    (folder / "t10k-labels.idx1-ubyte").write_bytes(labels(19) + b"\x0b")

    with pytest.raises(UsageError) as caught:
        find_dataset("tiny", folder, tmp_path / "cache", fetch=never)

    assert "train-labels-idx1-ubyte.gz: missing" in str(caught.value)
    assert "t10k-labels.idx1-ubyte: " in str(caught.value)


def test_a_folder_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is not a folder"):
        find_dataset("tiny", tmp_path / "none", tmp_path / "cache", fetch=never)


def test_an_unknown_name_is_an_error_that_lists_the_known(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="known: fashion-mnist, mnist, tiny"):
        find_dataset("cifar", None, tmp_path)


def test_the_shipped_subset_is_balanced_and_small(tmp_path: Path) -> None:
    found = find_dataset("mnist", None, tmp_path, fetch=unserved)
    content = content_of(found)

    for part, count in (("train", 600), ("t10k", 100)):
        values = bytes(read_idx(content[f"{part}-labels-idx1-ubyte"]).values)
        assert [count] * 10 == [values.count(digit) for digit in range(10)]
        assert (10 * count, 28, 28) == read_idx(content[f"{part}-images-idx3-ubyte"]).shape
    assert 1_200_000 > found.size_bytes
    assert 500 == json.loads(found.files["dataset.json"].read_text())["validation"]
    assert (found.folder / "NOTICE.md").is_file()


@pytest.mark.skipif(not FULL.is_dir(), reason="no full MNIST beside this checkout")
def test_full_mnist_is_known_by_its_hashes_and_fashion_is_not_taken_for_it() -> None:
    assert MNIST.sha256.keys() == read_folder(MNIST, FULL / "mnist").keys()
    with pytest.raises(UsageError, match="well formed, but not mnist"):
        read_folder(MNIST, FULL / "fashion-mnist")


@pytest.fixture
def clothes(monkeypatch: pytest.MonkeyPatch) -> None:
    """A second original of the same shapes, for which the tiny one stands in."""
    sha256 = {name: hashlib.sha256(content).hexdigest() for name, content in CLOTHES.items()}
    original = replace(ORIGINALS["tiny"], name="clothes", sha256=sha256, subset="", stand_in="tiny")
    monkeypatch.setitem(ORIGINALS, "clothes", original)


CLOTHES = {
    "train-images-idx3-ubyte": images(30, 8),
    "train-labels-idx1-ubyte": labels(30)[:8] + labels(30)[8:][::-1],
    "t10k-images-idx3-ubyte": images(20, 10),
    "t10k-labels-idx1-ubyte": labels(20)[:8] + labels(20)[8:][::-1],
}


@pytest.mark.usefixtures("clothes")
def test_a_folder_may_hold_several_data_sets_each_in_a_folder_of_its_name(
    folder: Path, tmp_path: Path
) -> None:
    both = tmp_path / "both"
    shutil.copytree(folder, both / "tiny")
    write_dataset("clothes", 10, CLOTHES, both / "clothes")
    for name in ("tiny", "clothes"):
        found = find_dataset(name, both, tmp_path / "cache", fetch=never)
        assert (name, "") == (found.name, found.notice)


@pytest.mark.usefixtures("clothes")
def test_what_stands_in_for_a_data_set_is_said_aloud(folder: Path, tmp_path: Path) -> None:
    found = find_dataset("clothes", folder, tmp_path / "cache", download=False)
    assert "tiny" == found.name
    assert (
        "clothes is neither in a named folder nor in the cache, and downloads are switched off: "
        "tiny stands in"
    ) == found.notice
    again = find_dataset("clothes", None, tmp_path / "empty", download=False)
    assert again.name == MNIST.subset
    assert again.notice.count("stands in") == 1
    assert again.notice.endswith(f"the shipped {MNIST.subset} is used instead")
    assert {"clothes", "tiny", MNIST.subset} == digests_of("clothes").keys()


@pytest.mark.usefixtures("clothes")
def test_a_folder_with_a_bad_file_of_the_other_data_set_is_an_error(tmp_path: Path) -> None:
    write_dataset("clothes", 10, CLOTHES, tmp_path / "clothes")
    (tmp_path / "clothes" / "t10k-labels-idx1-ubyte.gz").unlink()
    with pytest.raises(UsageError, match=r"t10k-labels-idx1-ubyte\.gz: missing"):
        find_dataset("clothes", tmp_path, tmp_path / "cache", fetch=never)
    with pytest.raises(UsageError, match=r"t10k-labels-idx1-ubyte\.gz: missing"):
        find_dataset("clothes", tmp_path / "clothes", tmp_path / "cache", fetch=never)


@pytest.mark.skipif(not FULL.is_dir(), reason="no full MNIST beside this checkout")
def test_fashion_mnist_is_known_by_its_hashes(tmp_path: Path) -> None:
    found = find_dataset("fashion-mnist", FULL, tmp_path, fetch=never)
    assert ("fashion-mnist", "") == (found.name, found.notice)
    other = find_dataset("fashion-mnist", FULL / "mnist", tmp_path / "other", download=False)
    assert "mnist" == other.name
    assert "mnist stands in" in other.notice


def test_the_same_files_give_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        write_dataset("tiny", 10, FILES, tmp_path / name)

    one, two = (
        {path.name: path.read_bytes() for path in (tmp_path / name).iterdir()}
        for name in ("one", "two")
    )
    assert one == two


@given(st.binary(max_size=200))
def test_any_bytes_are_either_read_or_an_idx_error(content: bytes) -> None:
    for parse in (read_idx, lambda value: gunzip(value, 50)):
        try:
            parse(content)
        except IdxError:
            continue


@given(st.binary(max_size=300), st.integers(0, 300))
def test_gunzip_gives_back_what_fits_the_limit_and_nothing_else(content: bytes, limit: int) -> None:
    compressed = gzip.compress(content, mtime=0)
    if len(content) <= limit:
        assert content == gunzip(compressed, limit)
    else:
        with pytest.raises(IdxError, match="larger than"):
            gunzip(compressed, limit)


@given(st.binary(min_size=1, max_size=300), st.data())
def test_a_truncated_gzip_file_is_never_accepted(content: bytes, data: st.DataObject) -> None:
    compressed = gzip.compress(content, mtime=0)
    cut = data.draw(st.integers(0, len(compressed) - 1))

    with pytest.raises(IdxError):
        gunzip(compressed[:cut], len(content))


def test_a_label_above_nine_is_an_error() -> None:
    with pytest.raises(IdxError, match="label 10"):
        read_idx(labels(19)[:-1] + b"\x0a")


def test_a_lock_names_a_data_set_by_the_digest_that_runs_record(tmp_path: Path) -> None:
    folder = tmp_path / "there"
    write_dataset("tiny", 5, FILES, folder)
    recorded = json.loads((folder / "dataset.json").read_text("ascii"))["digest"]
    assert recorded == digests_of("tiny")["tiny"]
