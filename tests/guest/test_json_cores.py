"""The guest runner's JSON: with the interpreter's C cores, and without them, the same."""

from __future__ import annotations

import _json
import json
import subprocess
import sys
from types import ModuleType
from typing import Any

import pytest
from conversation import RUNNER

pytestmark = pytest.mark.guest

VALUE = {
    "text": 'ä \U0001f600 \x00 "quoted" \\ \u2028',
    "none": None,
    "numbers": [0, -3, 2**70, 0.1, 1e-07, 1.5e300, True, False],
    "nested": {"a": [[], {}], "": ""},
}
NOT_JSON = ["", "{", "{} {}", "nonsense", '{"a":}', '"open', "[1,]"]
SPEAK = """
import sys
withheld, lines = sys.argv[2:], sys.stdin.read().split("\\n")
for name in withheld:
    sys.modules[name] = None
runner = {"__name__": "runner"}
exec(compile(open(sys.argv[1]).read(), "runner", "exec"), runner)
assert (runner["scan_json"] is None) is ("_json" in withheld)
said = []
for line in lines[1:]:
    try:
        runner["decoded"](line.encode("ascii"))
    except ValueError:
        said.append("refused")
    else:
        said.append("taken")
try:
    said.append(runner["encoded"]({"a": float("nan")}).decode("ascii"))
except ValueError:
    said.append("refused")
value = runner["decoded"](lines[0].encode("ascii"))
print(runner["encoded"]([value, said]).decode("ascii"))
"""


def spoken(python: str, withheld: tuple[str, ...]) -> Any:
    """What the runner makes of VALUE and of what is no JSON."""
    done = subprocess.run(
        [python, "-c", SPEAK, str(RUNNER), *withheld],
        input="\n".join([json.dumps(VALUE), *NOT_JSON]),
        capture_output=True,
        check=True,
        text=True,
        timeout=60,
    )
    return json.loads(done.stdout)


@pytest.mark.parametrize("withheld", [(), ("_json",)], ids=["cores", "public"])
def test_json_is_read_and_written_the_same_with_and_without_the_cores(
    python: str, withheld: tuple[str, ...]
) -> None:
    assert [VALUE, ["refused"] * (len(NOT_JSON) + 1)] == spoken(python, withheld)


def test_cores_that_do_something_else_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    runner: dict[str, Any] = {"__name__": "runner"}
    other = ModuleType("_json")
    other.__dict__.update(vars(_json), make_scanner=lambda grammar: lambda text, at: (None, 0))
    with monkeypatch.context() as changed:
        changed.setitem(sys.modules, "_json", other)
        exec(compile(RUNNER.read_text("ascii"), str(RUNNER), "exec"), runner)

    assert runner["scan_json"] is None
    assert [3] == runner["decoded"](b"[3]")
