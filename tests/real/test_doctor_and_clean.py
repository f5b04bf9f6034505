"""`harness doctor` and `harness clean` on a real engine."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path
from secrets import token_hex
from typing import Any

import pytest
from docker import APIClient

from harness.engines.oci.named import named_images, remove_named
from harness.machine.owner import owner_token
from tests.real.commandline import Place
from tests.real.leftovers import Leftovers
from tests.real.trying import Trying

ENGINE_CHECKS = {"engine", "API", "strict container", "network", "volumes", "limits", "new libc"}


def doctored(place: Place, *arguments: str, status: int = 0) -> dict[str, dict[str, Any]]:
    said = json.loads(place.harness("doctor", "--json", *arguments, status=status).out)
    return {one["check"]: one for one in said["checks"]}


def test_the_doctor_finds_what_runs_need_on_every_engine(
    place: Place, trying: Trying, tmp_path: Path
) -> None:
    left = Leftovers.since_now(trying.client)
    found = doctored(place, "--engine", trying.engine.name)
    assert dict.fromkeys(ENGINE_CHECKS, "ok") == {
        name: found[name]["status"] for name in ENGINE_CHECKS
    }, found
    assert (
        "interfaces lo; user 65534; capabilities 0000000000000000; root read-only"
        in (found["strict container"]["evidence"])
    )
    assert all(one["remedy"] for one in found.values() if one["status"] in ("warning", "problem"))
    assert [] == left.found()
    assert not [
        image for image in trying.client.images() if "harness-doctor" in str(image["RepoTags"])
    ]


def test_without_an_engine_the_doctor_says_what_helps(tmp_path: Path) -> None:
    place = Place(folder=tmp_path, extra={"DOCKER_HOST": "unix:///nonexistent.sock"})
    found = doctored(place, "--engine", "docker", status=4)
    assert "problem" == found["engine"]["status"]
    assert "no container engine answers at unix:///nonexistent.sock" in found["engine"]["evidence"]
    assert "--engine host" in found["engine"]["remedy"]
    assert "unverified" == found["strict container"]["status"]
    assert "ok" == found["Pythons"]["status"]
    assert "✗ engine" in place.harness("doctor", "--engine", "docker", status=4).out


@pytest.fixture
def dead() -> str:
    """The owner's label of a process that is no more."""
    program = "from harness.machine.owner import owner_token; print(owner_token())"
    return subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    ).stdout.strip()


def test_clean_removes_what_the_dead_left_and_nothing_of_the_living(
    place: Place, trying: Trying, dead: str
) -> None:
    client = trying.client
    names = {}
    for whose, owner in (("dead", dead), ("living", owner_token())):
        labels = {"harness.owner": owner, "harness.kind": "volume"}
        names[whose] = f"harness-test-{token_hex(6)}"
        client.create_volume(names[whose], labels=labels)
    container = client.create_container(
        image=trying.base, command=["true"], labels={"harness.owner": dead}
    )["Id"]
    try:
        only_said = place.harness("clean", "--dry-run", "--engine", trying.engine.name).out
        assert f"would remove container {container[:12]} on {trying.engine.name}" in only_said
        assert f"would remove volume {names['dead']}" in only_said
        assert {*names.values()} <= volumes(client)
        done = place.harness("clean", "--engine", trying.engine.name).out
        assert f"removed volume {names['dead']}" in done
        assert "images are kept" in done
        assert names["dead"] not in volumes(client)
        assert names["living"] in volumes(client)
        assert container not in {one["Id"] for one in client.containers(all=True)}
    finally:
        client.remove_volume(names["living"], force=True)


def test_clean_names_the_images_it_would_remove_and_their_size(
    place: Place, engine: APIClient
) -> None:
    said = place.harness("clean", "--dry-run", "--images", "--engine", "docker").out
    assert "would remove image harness-base:" in said
    assert " MB) on docker" in said
    assert [image for image in engine.images() if "harness-base" in str(image["RepoTags"])]


def test_an_image_of_ours_that_lost_its_name_goes_with_the_others(
    place: Place, trying: Trying
) -> None:
    client, engine = trying.client, trying.engine.name
    before = {image.id for image in named_images(client)}
    # Of nothing: with the last child of an unnamed image its parents would go.
    about = f"FROM scratch\nLABEL harness.kind=cell harness.test={token_hex(6)}\n"
    list(client.build(fileobj=io.BytesIO(about.encode()), rm=True, decode=True))
    (made,) = (image for image in named_images(client) if image.id not in before)
    try:
        assert not made.named
        said = place.harness("clean", "--dry-run", "--images", "--engine", engine).out
        assert f"would remove image {made.name} (" in said
    finally:
        assert "" == remove_named(client, made)
    assert made.id not in {image.id for image in named_images(client)}


def test_clean_removes_temporary_folders_of_the_dead(place: Place, dead: str) -> None:
    root = place.temporary / f"harness-{os.getuid()}"
    for name, owner in (("build-dead", dead), ("build-living", owner_token())):
        (root / name).mkdir(parents=True)
        (root / name / "owner").write_text(owner)
    said = place.harness("clean", "--engine", "docker").out
    assert "removed folder build-dead on this host" in said
    assert ["build-living"] == [path.name for path in root.iterdir()]


@pytest.mark.parametrize("command", ["clean", "doctor"])
def test_an_engine_without_containers_is_refused(place: Place, command: str) -> None:
    assert "take one of: auto, docker, podman" in (
        place.harness(command, "--engine", "host", status=2).err
    )


def volumes(client: APIClient) -> set[str]:
    return {one["Name"] for one in client.volumes()["Volumes"] or []}
