from __future__ import annotations

import pytest
from hypothesis import given

from harness.compare.causes import Cause, cause_of, final_exception, last_line
from harness.model import Raised
from tests.unit.builders import LIBCUSOLVER
from tests.unit.hostile import texts


def test_the_missing_library_is_named_out_of_a_nested_traceback() -> None:
    cause = cause_of(LIBCUSOLVER)
    assert "libcusolver.so.8.0: cannot open shared object file" == cause.headline
    assert cause.line.startswith("ImportError: libcusolver.so.8.0: cannot open shared")
    assert "libcusolver.so.8.0" in cause.meaning
    assert cause.remedy


@pytest.mark.parametrize(
    ("headline", "line"),
    [
        (
            "the symbol version GLIBC_2.34 was not found",
            "ImportError: /lib/libc.so.6: version `GLIBC_2.34' not found (required by x.so)",
        ),
        ("there is no module named numpy", "ModuleNotFoundError: No module named 'numpy'"),
        ("there is no module named google.x", "ImportError: No module named google.x"),
        (
            "escape cannot be imported: its module exists, but does not have it",
            "ImportError: cannot import name 'escape' from 'jinja2' (/x.py)",
        ),
        ("TypeError: Descriptors cannot be created", "TypeError: Descriptors cannot be created"),
        ("some.module.OddError: why", "some.module.OddError: why"),
    ],
)
def test_a_cause_is_told_in_a_line(headline: str, line: str) -> None:
    traceback = f'Traceback (most recent call last):\n  File "x.py", line 1, in <module>\n{line}\n'
    name, _, message = line.partition(": ")
    raised = Raised(type=name, message=message, traceback=traceback)
    assert headline == cause_of(raised).headline
    assert line == cause_of(raised).line == final_exception(raised)


def test_of_a_chain_the_root_is_the_cause_and_the_end_is_told_too() -> None:
    traceback = (
        "Traceback (most recent call last):\nKeyError: 'x'\n\n"
        "During handling of the above exception, another exception occurred:\n\n"
        "Traceback (most recent call last):\nValueError: no x\n"
    )
    raised = Raised(type="ValueError", message="no x", traceback=traceback)
    assert "KeyError: 'x'" == cause_of(raised).line
    assert "ValueError: no x" == final_exception(raised)


def test_without_a_traceback_the_message_is_the_cause() -> None:
    raised = Raised(type="SystemExit", message="\n 3\nmore", traceback="")
    assert Cause(line="SystemExit: 3", headline="SystemExit: 3") == cause_of(raised)
    assert (
        "KeyboardInterrupt"
        == cause_of(Raised(type="KeyboardInterrupt", message="", traceback="")).line
    )


@given(texts, texts, texts)
def test_any_text_has_a_bounded_cause(type_: str, message: str, traceback: str) -> None:
    raised = Raised(type=type_[:100], message=message, traceback=traceback)
    assert 2200 > len(cause_of(raised).headline)
    assert 2200 > len(final_exception(raised))


def test_the_last_line_is_the_last_with_something_on_it() -> None:
    assert "two" == last_line("one\n two \n\n  \n")
    assert "" == last_line("\n")
