"""An old Python without a locale writes ASCII, and the advice of `harness check` repairs that."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

import pytest
from docker import APIClient

from harness.machine.interpreters import Interpreter, find_interpreters
from tests.real.made_bases import newest_base

sys.path.append(str(Path(__file__).parents[1] / "unit"))

from harness.check.rules.language import reasons
from harness.check.subject import subject_of
from tests.unit.check_builders import HERE, cpu_image, reading

LINE = "Z\u00fcrich \u4e2d\u6587"
ROUND_TRIP = f"""
text = {LINE!a}
try:
    with open("/tmp/line", "w") as stream:
        stream.write(text)
    with open("/tmp/line") as stream:
        print("same" if stream.read() == text else "another")
except UnicodeError as error:
    print(type(error).__name__)
"""


def advice(version: str) -> list[str]:
    """The words that the page advises to add to `docker run`, for an image without a locale."""
    config = cpu_image("1.4.0")
    config["config"]["Env"] = [f"PYTHON_VERSION={version}"]
    about = subject_of(reading(config, "own:1"))
    return [word for one in reasons(about, HERE) for word in shlex.split(one.remedy)]


def said(engine: APIClient, python: Interpreter, environment: list[str]) -> str:
    """The result of writing and reading a line in other scripts, in a container of a plain base."""
    binds = {python.prefix: {"bind": python.prefix, "mode": "ro"}}
    container = engine.create_container(
        newest_base(engine)[0],
        command=["-S", "-c", ROUND_TRIP],
        entrypoint=[python.path],
        environment=environment,
        network_disabled=True,
        volumes=[python.prefix],
        host_config=engine.create_host_config(binds=binds, cap_drop=["ALL"]),
    )
    try:
        engine.start(container)
        engine.wait(container, timeout=60)
        return str(engine.logs(container).decode()).strip()
    finally:
        engine.remove_container(container, force=True)


def interpreter(minor: str) -> Interpreter:
    found = [one for one in find_interpreters() if one.version.startswith(f"{minor}.")]
    if not found:
        pytest.skip(f"there is no Python {minor} here")
    return found[0]


def test_python_3_6_writes_ascii_until_it_is_told_otherwise(engine: APIClient) -> None:
    python = interpreter("3.6")
    words = advice(python.version)
    assert ["-e", "LANG=C.UTF-8"] == words
    assert "UnicodeEncodeError" == said(engine, python, [])
    assert "same" == said(engine, python, [words[1]])


def test_python_3_7_needs_no_advice_and_gets_none(engine: APIClient) -> None:
    python = interpreter("3.7")
    assert [] == advice(python.version)
    assert "same" == said(engine, python, [])
