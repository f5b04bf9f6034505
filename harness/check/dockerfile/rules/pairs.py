"""Packages that do not work together: a keras from another era than its framework, a discontinued
project, web packages from two eras, a system Python that refuses packages from pip.
"""

from __future__ import annotations

from collections.abc import Iterator

from harness.check.dockerfile.based import BasedOn, based_on
from harness.check.dockerfile.checked import CheckedDockerfile, DockerfileFinding, of_breakage
from harness.check.dockerfile.shell import PipInstall, commands, pip_command, pip_installs
from harness.dockerfiles.stages import Stage
from harness.knowledge import frameworks
from harness.knowledge.versions import at_least, release

_MANAGED = (("ubuntu", "23.04"), ("debian", "12"))
"""The first release whose system Python refuses packages from pip (PEP 668)."""
_NO_PYTHON = (("ubuntu", "20.04"), ("debian", "11"))
"""The first release without a program called `python`."""


def findings(checked: CheckedDockerfile) -> Iterator[DockerfileFinding]:
    """Findings about every stage."""
    installs = tuple(pip_installs(checked))
    for stage in checked.layout.stages:
        own = {one.name: one for one in installs if one.stage == stage.number}
        based = based_on(_first(checked, stage).image)
        yield from _keras(own, based)
        yield from _ended(own)
        yield from _web(own, based)
        yield from _system_python(stage, based)
    yield from _no_python(checked)


def _first(checked: CheckedDockerfile, stage: Stage) -> Stage:
    while stage.parent is not None:
        stage = checked.layout.stages[stage.parent]
    return stage


def _keras(own: dict[str, PipInstall], based: BasedOn) -> Iterator[DockerfileFinding]:
    keras = own.get("keras")
    if keras is None:
        return
    version = based.version
    for framework in frameworks.names():
        for name in frameworks.packages(framework):
            version = own[name].pinned if name in own and own[name].pinned else version
    if not version[:1].isdigit():
        return
    old = release(version) < (2, 2)
    newest = not keras.specifier
    if old and (newest or (keras.pinned and at_least(keras.pinned, "2.4"))):
        told = "today's newest keras" if newest else f"keras {keras.pinned}"
        yield of_breakage("keras-too-new-for-tf1", keras.line, f"{told} beside release {version}")
    if keras.pinned and release(keras.pinned) < (2, 3) and release(version) >= (2,):
        message = f"keras {keras.pinned} beside release {version}"
        yield of_breakage("keras-224-tf2", keras.line, message)


def _ended(own: dict[str, PipInstall]) -> Iterator[DockerfileFinding]:
    for framework in frameworks.names():
        for name in frameworks.gpu_packages(framework):
            one = own.get(name)
            if one is not None and not one.specifier:
                message = f"{name} is discontinued: its newest release is a placeholder that fails"
                yield of_breakage(f"{name}-removed", one.line, message)


def _web(own: dict[str, PipInstall], based: BasedOn) -> Iterator[DockerfileFinding]:
    """An old Flask with today's newest dependencies, which Flask limits only from 1.1.3 on.

    Pythons before 3.7 are left out: the newest releases for them are old enough to work.
    """
    flask = own.get("flask")
    if flask is None or not flask.pinned or at_least(flask.pinned, "1.1.3"):
        return
    if based.python and not at_least(based.python, "3.7"):
        return
    jinja = own.get("jinja2")
    old_jinja = jinja is not None and jinja.pinned and not at_least(jinja.pinned, "3.0")
    for name, below, id in (
        ("markupsafe", "2.1", "markupsafe-soft-unicode") if old_jinja else _JINJA,
        ("itsdangerous", "2.1", "itsdangerous-json"),
        ("werkzeug", "2.1", "werkzeug-names"),
    ):
        one = own.get(name)
        if one is None or not one.specifier or (one.pinned and at_least(one.pinned, below)):
            newer = one is not None and bool(one.pinned)
            told = f"{name} {one.pinned}" if one and newer else f"today's newest {name}"
            yield of_breakage(id, (one or flask).line, f"flask {flask.pinned} with {told}")


_JINJA = ("jinja2", "3.1", "jinja2-escape")


def _system_python(stage: Stage, based: BasedOn) -> Iterator[DockerfileFinding]:
    if not _since(based, _MANAGED):
        return
    for step in stage.steps:
        for line, words in commands(step):
            pip = pip_command(words)
            told = pip is not None and pip[1][:1] == ["install"]
            if told and "--break-system-packages" not in words and words[0].startswith("pip"):
                yield of_breakage(
                    "from-latest-pep668",
                    line,
                    f"pip refuses to install into the Python of the system of {based.repository}:"
                    f"{based.tag or 'latest'}",
                )
                return
            if any("venv" in word for word in words):
                return


def _no_python(checked: CheckedDockerfile) -> Iterator[DockerfileFinding]:
    """`python` is called where only `python3` exists."""
    for stage in checked.layout.stages:
        based = based_on(_first(checked, stage).image)
        if not _since(based, _NO_PYTHON):
            continue
        calls: list[int] = []
        for step in stage.steps:
            for line, words in commands(step):
                if "python-is-python3" in words or any(
                    word in ("python", "python2", "conda") for word in words[1:]
                ):
                    return
                if words[0] == "python":
                    calls.append(line)
            one = step.instruction
            if one.name in ("CMD", "ENTRYPOINT"):
                first = (one.arguments or ("",))[0].split()
                if first[:1] == ["python"]:
                    calls.append(one.line)
        if calls:
            message = f"there is no program `python` in {based.repository}:{based.tag or 'latest'}"
            yield of_breakage("no-python-binary", calls[0], message)


def _since(based: BasedOn, rows: tuple[tuple[str, str], ...]) -> bool:
    for name, first in rows:
        if based.repository == name and based.tag in ("", "latest"):
            return True
        if based.system is not None and based.repository == name:
            return at_least(based.system.id.removeprefix(f"{name}-"), first)
    return False
