"""The ONBUILD instructions that are read from an exported image."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.engines.oci.dockerfile.triggers import exported_triggers


def exported(documents: Mapping[str, bytes]) -> bytes:
    """An export with a layer before its descriptions, as engines write it."""
    whole = io.BytesIO()
    with tarfile.open(fileobj=whole, mode="w") as archive:
        for name, content in {"layer.tar": b"\0" * 5000, **documents}.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return whole.getvalue()


def image(config: object) -> dict[str, bytes]:
    return {
        "abc.json": json.dumps({"config": config}).encode(),
        "manifest.json": json.dumps([{"Config": "abc.json", "Layers": ["layer.tar"]}]).encode(),
    }


@given(
    st.lists(st.text(max_size=40), max_size=5),
    st.integers(min_value=1, max_value=3000),
)
def test_they_are_read_however_the_export_is_cut_in_pieces(asked: list[str], size: int) -> None:
    whole = exported(image({"OnBuild": asked}))
    pieces = (whole[at : at + size] for at in range(0, len(whole), size))
    assert tuple(asked) == exported_triggers(pieces)


@pytest.mark.parametrize("config", [None, {}, {"OnBuild": None}, {"OnBuild": []}])
def test_an_image_may_have_none(config: object) -> None:
    assert () == exported_triggers(iter([exported(image(config))]))


@pytest.mark.parametrize(
    "documents",
    [
        {},
        {"manifest.json": b"[]"},
        {"manifest.json": b'[{"Config": "absent.json"}]'},
        {"manifest.json": b"{"},
        {"manifest.json": b'[{"Config": "manifest.json"}]'},
        {f"{number}.json": b"{}" for number in range(1001)},
    ],
)
def test_an_export_that_does_not_hold_them_is_an_error(documents: dict[str, bytes]) -> None:
    with pytest.raises((tarfile.TarError, ValueError, KeyError, TypeError, IndexError)):
        exported_triggers(iter([exported(documents)]))


def test_an_export_that_breaks_off_is_an_error() -> None:
    whole = exported(image({"OnBuild": ["RUN x"]}))
    with pytest.raises((tarfile.TarError, ValueError, KeyError)):
        exported_triggers(iter([whole[:3000]]))
