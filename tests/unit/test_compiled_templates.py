"""The code of templates is kept, made again if a template changes, and never needed."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import DictLoader, Environment

from harness.formats.page.compiled import CompiledTemplates


def rendered(folder: Path, source: str) -> str:
    environment = Environment(
        loader=DictLoader({"page": source}), bytecode_cache=CompiledTemplates(folder)
    )
    return environment.get_template("page").render()


@pytest.fixture(autouse=True)
def byte_code_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", False)


def test_a_second_process_reads_what_the_first_compiled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "__pycache__"
    assert "1" == rendered(folder, "{{ 1 }}")
    (kept,) = folder.iterdir()
    before = kept.stat().st_mtime_ns

    def never(*_: object, **__: object) -> None:
        raise AssertionError("it was compiled again")

    monkeypatch.setattr(Environment, "compile", never)
    assert "1" == rendered(folder, "{{ 1 }}")
    assert before == kept.stat().st_mtime_ns


def test_a_changed_template_is_compiled_again(tmp_path: Path) -> None:
    assert "1" == rendered(tmp_path, "{{ 1 }}")
    assert "2" == rendered(tmp_path, "{{ 2 }}")


@given(data=st.data())
def test_damaged_code_is_compiled_again(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("kept")
    rendered(folder, "{{ 1 }}")
    (kept,) = folder.iterdir()
    whole = kept.read_bytes()
    kept.write_bytes(whole[: data.draw(st.integers(0, len(whole) - 1))])
    assert "1" == rendered(folder, "{{ 1 }}")


def test_a_folder_that_cannot_be_written_changes_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert "1" == rendered(tmp_path / "file" / "__pycache__", "{{ 1 }}")


def test_nothing_is_written_where_python_writes_no_byte_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    assert "1" == rendered(tmp_path / "__pycache__", "{{ 1 }}")
    assert not (tmp_path / "__pycache__").exists()
