"""What a host has for making bases, and what that says of each source."""

from pathlib import Path

import pytest

from harness.engines import engine_by_name, names, sources
from harness.engines.oci.images import pulled_digest
from harness.engines.sources import HostMeans, host_means, usable_here
from harness.errors import UsageError
from harness.model import Source
from harness.recipes.pins import by_tag
from harness.suite.matrix import load_suite

ROOT = Path(__file__).resolve().parents[2]
DEBIAN = Source(kind="debian", suite="bookworm")
ARCHIVED = Source(kind="debian", suite="bullseye", archive=True)
PREFIX = Source(kind="prefix", suite="bookworm", python="3.8")
PULL = Source(kind="pull", image="python:3.8-slim")
ALL = HostMeans(mmdebstrap=True, archive=True, prefixes={"3.8": "3.8.18 of pyenv"})
NONE = HostMeans(mmdebstrap=False, archive=False, prefixes={"3.8": ""})


@pytest.mark.parametrize(
    ("expected", "source", "means"),
    [
        ("can be used here", DEBIAN, ALL),
        ("can be used here", ARCHIVED, ALL),
        ("can be used here: 3.8.18 of pyenv", PREFIX, ALL),
        ("a registry, not asked", PULL, ALL),
        ("a registry, not asked", PULL, NONE),
        ("not here: mmdebstrap is not installed", DEBIAN, NONE),
        (
            "not here: mmdebstrap is not installed, Debian's archive is not known",
            ARCHIVED,
            NONE,
        ),
        (
            "not here: mmdebstrap is not installed, no CPython 3.8 of pyenv or uv",
            PREFIX,
            NONE,
        ),
    ],
)
def test_what_a_host_lacks_for_a_source_is_said(
    expected: str, source: Source, means: HostMeans
) -> None:
    assert expected == usable_here(source, means)


def test_a_host_is_asked_for_no_python_that_no_source_wants(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(sources, "_prefix", lambda python: asked.append(python) or "")

    assert {"3.8": ""} == host_means([DEBIAN, PREFIX, PREFIX, PULL]).prefixes
    assert ["3.8"] == asked


def test_every_base_of_the_default_suite_falls_back_to_an_official_python_image() -> None:
    # The teaching toolkit's has system packages besides, which no image of Python has.
    for base in (one for one in load_suite(ROOT).bases if one.id != "py3.6-toolkit"):
        last = base.sources[-1]
        assert by_tag(last)
        assert last.image.startswith(f"python:{base.python}-slim-")
        wanted = "python2.7" if base.python == "2.7" else "python3"
        assert f"/usr/local/bin/{wanted}" == last.interpreter


DIGEST = f"sha256:{'0f' * 32}"


@pytest.mark.parametrize(
    ("expected", "name", "known"),
    [
        (DIGEST, "python:3.8-slim", [f"python@{DIGEST}"]),
        (DIGEST, "library/python:3.8-slim", [f"python@{DIGEST}"]),
        (DIGEST, "localhost:5000/a/python:3.8", [f"localhost:5000/a/python@{DIGEST}"]),
        (DIGEST, "python:3.8", [f"b.example/python@sha256:{'1e' * 32}", f"python@{DIGEST}"]),
        ("", "python:3.8", [f"b.example/python@{DIGEST}"]),
        ("", "python:3.8", []),
        ("", "python:3.8", None),
        ("", "python:3.8", ["python@nonsense"]),
    ],
)
def test_the_digest_of_a_pulled_image_is_that_of_its_own_repository(
    expected: str, name: str, known: list[str] | None
) -> None:
    assert expected == pulled_digest({"RepoDigests": known}, name)


def test_an_engine_is_a_module_that_makes_one() -> None:
    assert ("docker", "host", "podman", "replay") == names()


def test_a_module_that_is_no_engine_is_none() -> None:
    with pytest.raises(UsageError, match="there is no engine 'budget'"):
        engine_by_name("budget", None)  # type: ignore[arg-type]
