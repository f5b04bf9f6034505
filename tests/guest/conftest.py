"""Every CPython of this machine from 2.7 up, as the parameter `interpreter`."""

from __future__ import annotations

import pytest

from harness.machine.interpreters import Interpreter, find_interpreters


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "interpreter" in metafunc.fixturenames:
        found = [
            one for one in find_interpreters() if (2, 7) <= one.order < (3,) or one.order >= (3, 4)
        ]
        metafunc.parametrize(
            "interpreter", found, ids=[one.version for one in found], scope="module"
        )


@pytest.fixture(scope="module")
def python(interpreter: Interpreter) -> str:
    """The program to start."""
    return interpreter.path
