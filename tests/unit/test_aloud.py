"""What a command says while it works: only on a terminal, only after a while, and harmlessly."""

from __future__ import annotations

import io
import threading

import pytest

from harness.running import aloud as module
from harness.running.aloud import aloud


class Screen(io.StringIO):
    """A terminal that can be waited for."""

    def __init__(self) -> None:
        super().__init__()
        self.written = threading.Event()

    def isatty(self) -> bool:
        return True

    def write(self, text: str) -> int:
        count = super().write(text)
        self.written.set()
        return count


def test_what_takes_long_is_said_on_a_terminal_and_goes_when_it_is_done(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "PATIENCE_S", 0.0)
    screen = Screen()
    with aloud("asking the registry about \x1b[31ma::b", screen):
        assert screen.written.wait(60)
    lines = screen.getvalue().split("\r")
    assert "asking the registry about \\x1b[31ma::b (0 s)" == lines[1].rstrip()
    assert "" == lines[-1]
    assert "" == lines[-2].strip()
    assert "\x1b" not in screen.getvalue()


def test_what_is_quick_is_not_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PATIENCE_S", 3600.0)
    screen = Screen()
    with aloud("nothing", screen):
        pass
    assert "" == screen.getvalue()


def test_nothing_is_said_where_nobody_watches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PATIENCE_S", 0.0)
    out = io.StringIO()
    with aloud("nothing", out):
        pass
    assert "" == out.getvalue()


def test_it_ends_with_an_error_too() -> None:
    with pytest.raises(ValueError, match="no"), aloud("something", Screen()):
        raise ValueError("no")
