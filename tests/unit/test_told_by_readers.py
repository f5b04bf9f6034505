"""Whatever the reader of layers tells is put together, and breaks nothing."""

from __future__ import annotations

import io
import json

from hypothesis import given, settings
from hypothesis import strategies as st

from harness.images import layer_worker
from harness.images.merged import inside_of
from tests.registry.looking import MODULES
from tests.registry.old_images import (
    SITE,
    layer,
)

JSONS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)


KINDS = st.sampled_from(
    [
        "gone",
        "opaque",
        "end",
        "dead",
        "distribution",
        "conda",
        "library",
        "object",
        "python",
        "text",
    ]
)


NAMES = st.sampled_from(["path", "name", "link", "needed", "cubin", "text", "problem", "ours"])


@settings(deadline=None)
@given(st.lists(st.lists(st.tuples(KINDS, st.dictionaries(NAMES, JSONS)), max_size=6), max_size=3))
def test_whatever_a_reader_tells_is_put_together(
    layers: list[list[tuple[str, dict[str, object]]]],
) -> None:
    found = inside_of([[{"kind": kind} | told for kind, told in one] for one in layers])
    assert found.python_on("/usr/bin") is not None
    assert isinstance(found.symbols("GLIBC_", wanted=True), str)


@given(st.binary(max_size=300))
def test_no_list_of_files_breaks_the_reader(raw: bytes) -> None:
    tar = layer({f"{SITE}/tensorflow-1.dist-info/RECORD": raw, f"{SITE}/tensorflow/a.py": b"x"})
    told = list(layer_worker.look(io.BytesIO(tar), list(MODULES)))
    found = inside_of([json.loads(json.dumps(told))])
    assert len(found.damages) <= 1


def test_as_many_whiteouts_as_names_are_survived() -> None:
    many = 50_000
    names = [{"kind": "library", "path": f"lib/lib{n}.so", "link": ""} for n in range(many)]
    gone = [{"kind": "gone", "path": f"lib/lib{n}.so"} for n in range(1, many)]
    assert {"lib0.so"} == set(inside_of([names, gone]).libraries)
