"""Distributions whose files are missing, empty or altered are named."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from harness.images import layer_worker
from harness.images.merged import inside_of
from tests.registry.looking import CPU, MODULES, archive, check, whole
from tests.registry.old_images import (
    SITE,
    framework,
    layer,
    saved,
    system,
)

RECORDED = (
    b"tensorflow/__init__.py,sha256=x,3\n"
    b"tensorflow/python/pywrap_tensorflow.py,sha256=x,4\n"
    b"tensorflow/python/tests/far.py,sha256=x,5\n"
    b"../../../bin/saved_model_cli,,200\n"
)


def recorded(**files: bytes | None) -> bytes:
    """A layer with a distribution, its list, and those of its modules that are given."""
    content: dict[str, bytes | str | None] = {
        f"{SITE}/tensorflow-1.2.1.dist-info/METADATA": b"x",
        f"{SITE}/tensorflow-1.2.1.dist-info/RECORD": RECORDED,
    }
    places = {
        "init": "__init__.py",
        "core": "python/pywrap_tensorflow.py",
        "far": "python/tests/far.py",
    }
    for name, text in files.items():
        content[f"{SITE}/tensorflow/{places[name]}"] = text or b""
    return layer(content)


def test_a_distribution_that_is_as_its_list_says_is_not_damaged(tmp_path: Path) -> None:
    found = whole(tmp_path, recorded(init=b"abc", core=b"abcd", far=b"abcde"))
    assert () == found.damages


@pytest.mark.parametrize(
    ("layers", "missing", "altered"),
    [
        ([recorded(init=b"abc", far=b"abcde")], ("tensorflow/python/pywrap_tensorflow.py",), ()),
        (
            [recorded(init=b"abc", core=None, far=b"abcde")],
            ("tensorflow/python/pywrap_tensorflow.py",),
            (),
        ),
        (
            [recorded(init=b"abc", core=b"ab", far=b"abcde")],
            (),
            ("tensorflow/python/pywrap_tensorflow.py",),
        ),
        (
            [
                recorded(init=b"abc", core=b"abcd", far=b"abcde"),
                layer({f"{SITE}/tensorflow/python/.wh.pywrap_tensorflow.py": b""}),
            ],
            ("tensorflow/python/pywrap_tensorflow.py",),
            (),
        ),
    ],
)
def test_what_is_missing_empty_or_altered_is_told_by_name(
    tmp_path: Path, layers: list[bytes], missing: tuple[str, ...], altered: tuple[str, ...]
) -> None:
    (damage,) = whole(tmp_path, *layers).damages
    assert ("tensorflow", "1.2.1", SITE) == (damage.name, damage.version, damage.folder)
    assert (missing, altered) == (damage.missing, damage.altered)


def test_a_damaged_framework_is_not_reused_and_a_slimmed_one_is(tmp_path: Path, host: str) -> None:
    others = framework(**CPU)
    config: dict[str, object] = {"architecture": "amd64"}
    for files, answer in (
        ({"init": b"abc", "core": b"abcd"}, "reuse"),
        ({"init": b"abc", "far": b"abcde"}, "do not reuse here"),
    ):
        path = saved(tmp_path / "image.tar", [system(), others, recorded(**files)], config)
        told = check("--archive", str(path), "--host", host)
        assert answer == told["answer"], told["reasons"]
        titles = [one["title"] for one in told["reasons"]]
        assert (answer != "reuse") == any("is damaged" in one for one in titles)


def test_a_module_that_two_distributions_claim_was_rightly_replaced(tmp_path: Path) -> None:
    other = layer(
        {
            f"{SITE}/other-1.dist-info/METADATA": b"x",
            f"{SITE}/other-1.dist-info/RECORD": b"tensorflow/__init__.py,,9\n",
            f"{SITE}/tensorflow/__init__.py": b"123456789",
        }
    )
    first = recorded(init=b"abc", core=b"abcd", far=b"abcde")
    assert () == whole(tmp_path, first, other).damages


def test_where_not_all_modules_were_told_none_is_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    tar = recorded(init=b"abc", far=b"abcde")
    entries = list(layer_worker.look(io.BytesIO(tar), list(MODULES)))
    assert 1 == len(inside_of([entries]).damages)
    monkeypatch.setattr(layer_worker, "MODULES", 1)
    fewer = list(layer_worker.look(io.BytesIO(tar), list(MODULES)))
    assert len(fewer) == len(entries)
    assert () == inside_of([fewer]).damages


def test_a_package_without_its_account_of_itself_is_not_missed(tmp_path: Path, host: str) -> None:
    bare = layer({f"{SITE}/six.py": b"x", f"{SITE}/google/protobuf/__init__.py": b"x"})
    parts = [system(), framework(**CPU, lacking="six"), bare]
    told = check("--archive", archive(tmp_path, *parts), "--host", host)
    assert "reuse" == told["answer"], told["reasons"]
    found = whole(tmp_path, *parts)
    assert {"six.py", "google/protobuf/__init__.py"} == found.modules
