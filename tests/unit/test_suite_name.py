"""The name of a suite, read without the rest of its file."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import MatrixError
from harness.suite.document import read_document
from harness.suite.matrix import suite_name

LINES = st.lists(
    st.sampled_from(
        [
            *("name: one", "name: 'two'", 'name: "three', '  four"', "name: >", "  five", "name:"),
            *("  name: six", "name: [a", "]", "# name: seven", "", " # more", "version: 1"),
            *("name: null", "name: no", "name: 1e3", "  # less"),
            *(
                "text: |",
                "cells:",
                "- a",
                "name: eight # so",
                "other: 'x",
                "name: nine'",
                "\tname: x",
            ),
        ]
    ),
    max_size=8,
).map("\n".join)


@given(LINES, st.sampled_from(["", "\n"]))
def test_the_name_is_the_one_that_the_whole_file_states(
    tmp_path_factory: pytest.TempPathFactory, text: str, end: str
) -> None:
    file = tmp_path_factory.getbasetemp() / "named.yaml"
    file.write_text(text + end, "utf-8")
    whole = read_document(file.read_bytes(), "named.yaml")
    if not whole.whole or whole.problems:
        return  # What is wrong behind the name is told by whoever needs the rest.
    stated = whole.value.get("name") if isinstance(whole.value, dict) else None
    expected = stated if isinstance(stated, str) and stated else file.parent.name
    assert expected == suite_name(file)


def test_what_is_wrong_up_to_the_name_is_told(tmp_path: Path) -> None:
    file = tmp_path / "matrix.yaml"
    file.write_text("cells: [\nname: mine\nversion: 1\n", "utf-8")
    with pytest.raises(MatrixError):
        suite_name(file)
    file.write_text("name: mine\ncells: [\n", "utf-8")
    assert suite_name(file) == "mine"
