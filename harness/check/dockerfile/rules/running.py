"""The started image: the user it runs as, and whether something serves its published ports."""

from __future__ import annotations

import re
from collections.abc import Iterator

from harness.check.dockerfile.based import based_on
from harness.check.dockerfile.checked import (
    CheckedDockerfile,
    DockerfileFinding,
    DockerfileWeight,
)
from harness.dockerfiles.parsing import Instruction
from harness.dockerfiles.variables import UnknownValue

_PORT = re.compile(r"(?:--port[= ]|--bind[= ]\S*:|-p ?|-b \S*:|0\.0\.0\.0:|:)(\d{2,5})\b")
_FLASK = re.compile(r"(?P<app>\w+)(?:\(\))?\.run\((?P<args>[^()]{0,300})\)")
_MADE = re.compile(r"(\w+)\s{0,8}=\s{0,8}(?:flask\.)?Flask\(")
_APPS = ("app", "application", "create_app", "socketio")
"""Usual names of a Flask object that is created in another file. Only these count, because other
objects have a `run`, too."""
_SHELLS = ("bash", "sh", "/bin/bash", "/bin/sh", "python", "python3", "ipython")
_PLAIN = ("ubuntu", "debian", "python", "nvidia/cuda", "nvidia/cudagl", "centos")


def findings(checked: CheckedDockerfile) -> Iterator[DockerfileFinding]:
    """Findings about the final image."""
    yield from _root(checked)
    yield from _ports(checked)


def _root(checked: CheckedDockerfile) -> Iterator[DockerfileFinding]:
    user = checked.last("USER")
    name = user.said.strip() if user else ""
    if name and name.partition(":")[0] not in ("root", "0"):
        return
    based = based_on(checked.chain()[0].image)
    if user is None and based.repository not in _PLAIN and not based.framework:
        return  # An unknown base image may set a user of its own.
    line = user.line if user else checked.final.begins.line
    yield DockerfileFinding(
        weight=DockerfileWeight.NOTE,
        line=line,
        message="it runs as root: what it writes to a mounted folder belongs to root",
        remedy="add a user, and USER in the last stage",
    )


def _ports(checked: CheckedDockerfile) -> Iterator[DockerfileFinding]:
    exposed = {port: one for one, port in _exposed(checked)}
    if not exposed:
        return
    command = checked.last("CMD")
    entry = checked.last("ENTRYPOINT")
    told = " ".join(one.said for one in (entry, command) if one is not None)
    based = based_on(checked.chain()[0].image)
    if not told:
        if based.repository in _PLAIN:
            port, one = next(iter(exposed.items()))
            yield _unserved(one, f"port {port} is published, but nothing that serves it is started")
        return
    words = re.sub(r"[\[\]\"',]", " ", told).split()
    if len(words) == 1 and words[0] in _SHELLS:
        port, one = next(iter(exposed.items()))
        yield _unserved(one, f"port {port} is published, but {words[0]} serves no port")
        return
    served = set(_PORT.findall(re.sub(r"[\[\]\"',]", " ", told)))
    where, text = _program(checked, words)
    apps = {*_MADE.findall(text), *_APPS}
    found = next((one for one in _FLASK.finditer(text) if one["app"] in apps), None)
    local = False
    if found and "flask" in text.lower():
        named = re.search(r"port\s*=\s*(\d{2,5})", found["args"])
        served.add(named[1] if named else "5000")
        local = "host" not in found["args"]
    missing = [port for port in exposed if served and port not in served]
    for port in missing:
        yield _unserved(
            exposed[port],
            f"port {port} is published, but what is started serves {', '.join(sorted(served))}",
        )
    if local and not missing:
        one = next(iter(exposed.values()))
        yield _unserved(
            one,
            f"{where} listens on 127.0.0.1 inside the container, which no published port reaches",
            remedy="listen on 0.0.0.0 (host='0.0.0.0')",
        )


def _unserved(one: Instruction, message: str, remedy: str = "") -> DockerfileFinding:
    return DockerfileFinding(
        weight=DockerfileWeight.BREAKS,
        line=one.line,
        message=message,
        remedy=remedy or "publish the port that is served, or start a program that serves this one",
    )


def _exposed(checked: CheckedDockerfile) -> Iterator[tuple[Instruction, str]]:
    for stage in checked.chain():
        for step in stage.steps:
            if step.instruction.name != "EXPOSE":
                continue
            for word in step.instruction.arguments:
                try:
                    port = step.scope.expand(word).partition("/")[0]
                except UnknownValue:
                    continue
                if port.isdecimal():
                    yield step.instruction, port


def _program(checked: CheckedDockerfile, words: list[str]) -> tuple[str, str]:
    """(path, text) of the Python file in the context that a command starts; empty if none."""
    for word in words:
        last = word.rpartition("/")[2]
        for path, text in checked.files.items():
            if last.endswith(".py") and path.rpartition("/")[2] == last:
                return path, text
    return "", ""
