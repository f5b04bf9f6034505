"""`harness doctor` and `harness clean` on a real engine."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from secrets import token_hex
from typing import Any

import pytest
from docker import APIClient

from harness.engines.oci.images import inspect_image
from harness.engines.oci.named import named_images, remove_named
from harness.engines.oci.register import described, register_of
from harness.engines.oci.specification import ContainerSpec, create_container
from harness.engines.oci.volume import make_volume
from harness.machine.owner import owner_token
from harness.running.session import places
from tests.real.adopting import adopt
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
    """The owner's label of a process that no longer exists."""
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
        names[whose] = f"harness-test-{token_hex(6)}"
        make_volume(client, names[whose], {"harness.owner": owner, "harness.kind": "volume"})
    spec = ContainerSpec(image=trying.base, command=("true",), labels={"harness.owner": dead})
    container = create_container(client, spec)
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
    tmp_path: Path, engine: APIClient, home_made_base: str
) -> None:
    cache = tmp_path / "cache"
    adopt(engine, cache, home_made_base)
    place = Place(folder=tmp_path, extra={"HARNESS_CACHE": str(cache)})
    said = place.harness("clean", "--dry-run", "--images", "--engine", "docker").out
    assert f"would remove image {home_made_base} (" in said
    assert " MB) on docker" in said
    assert [image for image in engine.images() if "harness-base" in str(image["RepoTags"])]


@pytest.mark.attack("ownership", "an untagged image with the labels of a cell, `clean --images`")
def test_an_image_of_ours_that_lost_its_name_goes_with_the_others_and_no_other_does(
    place: Place, trying: Trying, says: Callable[[str], None]
) -> None:
    client, engine = trying.client, trying.engine.name
    register = register_of(client, places().cache)
    asked = ("clean", "--dry-run", "--images", "--engine", engine)
    about = f"FROM scratch\nLABEL harness.kind=cell harness.test={token_hex(6)}\n"
    said = list(client.build(fileobj=io.BytesIO(about.encode()), rm=True, decode=True))
    (image,) = (one["aux"]["ID"] for one in said if "ID" in (one.get("aux") or {}))
    assert image not in place.harness(*asked).out
    built = described("harness-cell/x:1", inspect_image(client, image) or {}, "")
    assert built
    register.keep(built)
    (made,) = (one for one in named_images(client, register) if one.id == image)
    try:
        assert not made.named
        assert f"would remove image {image} (" in place.harness(*asked).out
    finally:
        assert "" == remove_named(client, register, made)
    assert image not in {one.id for one in named_images(client, register)}
    says("it is listed only where the register has its id")


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
