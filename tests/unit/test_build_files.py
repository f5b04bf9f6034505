"""What builds run is ours, and an image's settings are compared with those of its base."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness import standard
from harness.engines.oci.committing import otherwise, settings_of
from harness.errors import UsageError
from harness.model import Suite
from harness.recipes.of_lock import DOCKERFILE, PROGRAMS, build_files

SUITE = Suite(name="s", root="", digest="", cells=(), bases=())
BASE: dict[str, Any] = {
    "Env": ["PATH=/bin", "A=1"],
    "Entrypoint": None,
    "Cmd": ["sh"],
    "User": "",
    "WorkingDir": "",
}


def at(folder: Path) -> Suite:
    (folder / "dockerfiles").mkdir()
    return replace(SUITE, root=str(folder))


def test_a_suite_may_have_copies_of_ours_beside_its_locks(tmp_path: Path) -> None:
    suite = at(tmp_path)
    ours = build_files(suite)
    for name in (DOCKERFILE, *PROGRAMS):
        (tmp_path / "dockerfiles" / name).write_text(standard.dockerfile(name), "utf-8")
    assert ours == build_files(suite)


@pytest.mark.parametrize("name", [DOCKERFILE, *PROGRAMS])
def test_a_suites_own_dockerfile_is_refused_since_no_build_would_follow_it(
    tmp_path: Path, name: str
) -> None:
    suite = at(tmp_path)
    (tmp_path / "dockerfiles" / name).write_text("FROM scratch\n")
    with pytest.raises(UsageError, match=f"{name} is not the standard {name}"):
        build_files(suite)


def test_an_image_that_has_its_bases_settings_has_nothing_otherwise() -> None:
    told = settings_of(BASE, {"a": "b"}, (("A", "2"),))
    made = {
        **BASE,
        "Env": ["A=2", "PATH=/bin"],
        "Entrypoint": [],
        "WorkingDir": "/",
        "User": "0:0",
        "Labels": {"a": "b", "inherited": "c"},
    }
    assert () == otherwise(BASE, told, made)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"Env": ["PATH=/bin", "A=2", "container=podman"]}, "Env "),
        ({"Env": ["PATH=/bin", "A=1"]}, "Env "),
        ({"Entrypoint": ["python"]}, "Entrypoint ['python'], not []"),
        ({"Cmd": []}, "Cmd [], not ['sh']"),
        ({"User": "65534"}, "User '65534', not ''"),
        ({"Volumes": {"/x": {}}}, "Volumes {'/x': {}}, not None"),
        ({"Labels": {"a": '"b"'}}, "label a '\"b\"'"),
    ],
)
def test_whatever_an_engine_hands_on_from_the_container_is_seen(
    changed: dict[str, Any], said: str
) -> None:
    told = settings_of(BASE, {"a": "b"}, (("A", "2"),))
    made = {**BASE, "Env": ["PATH=/bin", "A=2"], "Labels": {"a": "b"}, **changed}
    (seen,) = otherwise(BASE, told, made)
    assert seen.startswith(said)


def test_a_base_that_is_not_roots_gets_its_user_back() -> None:
    assert "app" == settings_of({**BASE, "User": "app"}, {})["User"]
    assert "User" not in settings_of({**BASE, "User": "0"}, {})
