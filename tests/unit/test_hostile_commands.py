"""What commands print that is no report: errors, lists, findings, whoever worded them."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given

from harness import cli
from harness.commands import clean as clean_command
from harness.commands import report as report_command
from harness.commands.clean import Cleaned
from harness.commands.doctor import answer, line
from harness.doctor.result import problem
from harness.formats import render_answer
from harness.model import EngineInfo
from harness.store.store import Store
from harness.store.transfer import export
from harness.text import plain
from tests.unit.builders import cell, healthy, run
from tests.unit.harmless import harmless_text
from tests.unit.hostile import CANNED, texts

SHORT = [text for text in CANNED if 0 < len(text) < 1000]
Harness = Callable[..., tuple[int, str, str]]


@pytest.fixture
def harness(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Harness:
    """The command line in this process, with places of its own: status, output, errors."""
    for name, place in (("STORE", "store.sqlite3"), ("REPORTS", "reports"), ("CACHE", "cache")):
        monkeypatch.setenv(f"HARNESS_{name}", str(tmp_path / place))

    def ran(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["harness", *arguments])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        said = capsys.readouterr()
        return int(ended.value.code or 0), said.out, said.err

    return ran


@given(texts)
def test_plain_text_is_harmless_and_the_same_when_it_was_plain_already(text: str) -> None:
    shown = plain(text)
    harmless_text(shown)
    assert shown == plain(shown)


def test_plain_text_keeps_its_lines_and_is_bounded() -> None:
    assert "one\n  two" == plain("one\n  two")
    assert 3000 > len(plain("x" * 1_000_000))
    assert 70_000 > len(plain("x\n" * 1_000_000))


@pytest.mark.parametrize("text", SHORT, ids=lambda text: ascii(text)[:40])
def test_an_error_in_foreign_words_is_harmless(harness: Harness, text: str) -> None:
    for arguments in (("check", text), ("report", text), ("compare", f"x:{text}", "y")):
        status, out, err = harness(*arguments)
        assert 2 == status
        assert "" == out
        harmless_text(err)


@pytest.mark.parametrize("text", CANNED, ids=lambda text: ascii(text)[:40])
def test_a_bug_of_ours_in_foreign_words_is_harmless_and_bounded(
    harness: Harness, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError(text)

    monkeypatch.setattr(report_command, "judged", broken)
    status, _, err = harness("report")
    assert 3 == status
    assert "this is a bug in harness" in err
    assert 70_000 > len(err)
    harmless_text(err)


@pytest.mark.parametrize("text", SHORT, ids=lambda text: ascii(text)[:40])
def test_an_imported_run_is_listed_and_taken_in_harmlessly(
    harness: Harness, tmp_path: Path, text: str
) -> None:
    made = cell()
    of = replace(run(made), started=text, engine=EngineInfo(name=text, version=text))
    file = tmp_path / "run.jsonl"
    with Store(tmp_path / "elsewhere.sqlite3") as store:
        store.take_in(of, healthy(made))
        export(store, of.id, file)
    for arguments in (("import", str(file)), ("report", "--list"), ("report", of.id)):
        status, out, err = harness(*arguments)
        assert 0 == status, err
        assert of.id in out
        harmless_text(out)
        assert "" == err


@pytest.mark.parametrize("text", CANNED, ids=lambda text: ascii(text)[:40])
def test_what_the_doctor_finds_is_told_harmlessly(text: str) -> None:
    finding = problem("engine", text, text)
    harmless_text(line(finding))
    told = render_answer("json", answer([finding]))
    harmless_text(told)
    told.encode("ascii")
    (shown,) = json.loads(told)["checks"]
    assert {"check", "status", "evidence", "remedy"} == set(shown)
    harmless_text(f"{shown['evidence']}{shown['remedy']}".replace("##", "").replace("::", ""))


@pytest.mark.parametrize("text", SHORT, ids=lambda text: ascii(text)[:40])
def test_what_is_cleaned_away_is_named_harmlessly(
    harness: Harness, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setattr(
        clean_command, "clean", lambda *_, **__: iter([Cleaned(line=f"removed {text}")])
    )
    _, out, _ = harness("clean")
    assert out.startswith("removed ")
    assert 1 == len(out.splitlines())
    harmless_text(out)
