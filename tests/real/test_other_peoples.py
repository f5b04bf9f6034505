"""Other people's things that have our labels, from `docker commit`, FROM or by hand, are left
alone."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from secrets import token_hex
from typing import Any

import pytest
from docker import APIClient
from docker.errors import APIError

from harness.engines.oci.bases import ReadyBase
from harness.engines.oci.builder import Builder, builder_for
from harness.engines.oci.building import ImageBuild, build
from harness.engines.oci.cells import same_image
from harness.engines.oci.images import inspect_image
from harness.engines.oci.named import NamedImage, named_images, remove_named
from harness.engines.oci.networks import make_network
from harness.engines.oci.owned import new_name
from harness.engines.oci.roots import kept_or_made
from harness.engines.oci.specification import ContainerSpec, create_container
from harness.engines.oci.sweep import leftovers, sweep
from harness.engines.oci.volume import make_volume, packed
from harness.model import Source
from tests.real.trying import LABEL, Trying, workshop

Says = Callable[[str], None]
OWNER, RUN = "harness.owner", "harness.run"


@pytest.fixture
def dead() -> str:
    """An owner that only this test knows, and that counts as dead here."""
    return f"dead-{token_hex(6)}:1:1:1:{token_hex(6)}"


@pytest.fixture
def alive(dead: str) -> Callable[[str], bool]:
    """Anybody else counts as alive, so that their things are left alone."""
    return lambda owner: owner != dead


@pytest.fixture
def client(trying: Trying) -> APIClient:
    return trying.client


@pytest.fixture
def tidy(client: APIClient) -> Iterator[ExitStack]:
    """Removes whatever is still there at the end."""
    with ExitStack() as stack, suppress(APIError):
        yield stack


@pytest.fixture
def builder(client: APIClient, tmp_path: Path) -> Builder:
    return builder_for(client, workshop(tmp_path), "x", lambda _: None)


def gone_at_the_end(tidy: ExitStack, remove: Callable[..., object], *about: Any) -> None:
    def quietly() -> None:
        with suppress(APIError):
            remove(*about)

    tidy.callback(quietly)


def container(trying: Trying, tidy: ExitStack, **labels: str) -> str:
    """A container of ours."""
    given = {name.replace("_", "."): value for name, value in labels.items()}
    spec = ContainerSpec(image=trying.base, command=("true",), labels=given)
    made = create_container(trying.client, spec)
    gone_at_the_end(tidy, trying.client.remove_container, made)
    return made


def theirs_of(client: APIClient, tidy: ExitStack, image: str, **more: Any) -> str:
    """A container that a user made from an image."""
    made = client.create_container(image, entrypoint=["true"], command=[], **more)["Id"]
    gone_at_the_end(tidy, client.remove_container, made)
    return str(made)


def committed(client: APIClient, tidy: ExitStack, one: str) -> str:
    """The image that a user committed from a container."""
    name = f"harness-tests/{token_hex(6)}"
    client.commit(one, repository=name, tag="1")
    gone_at_the_end(tidy, client.remove_image, f"{name}:1")
    return f"{name}:1"


def containers(client: APIClient) -> set[str]:
    return {str(one["Id"]) for one in client.containers(all=True)}


def built_from(client: APIClient, tidy: ExitStack, *lines: str, **more: Any) -> str:
    """The id of an image that somebody built, without a name unless one is given."""
    content = {"Dockerfile": "\n".join(lines).encode(), "x": token_hex(8).encode()}
    said = list(
        client.build(
            fileobj=io.BytesIO(b"".join(packed(content))),
            custom_context=True,
            rm=True,
            nocache=True,
            decode=True,
            **more,
        )
    )
    ids = [one["aux"]["ID"] for one in said if "ID" in (one.get("aux") or {})]
    assert ids, said
    gone_at_the_end(tidy, client.remove_image, ids[-1])
    return str(ids[-1])


def ours(builder: Builder, tidy: ExitStack, base: str, **more: str) -> tuple[str, dict[str, Any]]:
    """The name and inspection of an image that was built here."""
    name = f"harness-cell/t-{token_hex(4)}:1"
    labels = {"harness.kind": "cell", "harness.recipe": "r" * 64, LABEL: "1", **more}
    wanted = ImageBuild(
        name=name, base=base, command=("/bin/sh", "-c", f"echo {token_hex(8)} > /x"), labels=labels
    )
    made = build(builder, wanted)
    gone_at_the_end(tidy, builder.client.remove_image, made["Id"])
    return name, made


def listed(builder: Builder) -> tuple[NamedImage, ...]:
    return named_images(builder.client, builder.register)


@pytest.mark.attack(
    "ownership", "a user's container of an image committed from a probe container of a dead run"
)
def test_a_container_of_a_committed_probe_container_is_not_swept(
    trying: Trying, tidy: ExitStack, dead: str, alive: Callable[[str], bool], says: Says
) -> None:
    one = container(trying, tidy, harness_owner=dead)
    theirs = theirs_of(trying.client, tidy, committed(trying.client, tidy, one))
    removed = sweep(trying.client, alive)
    assert (f"container {one[:12]}",) == removed
    assert theirs in containers(trying.client)
    says("the container of the dead run is removed, the user's stays")


def test_the_end_of_a_run_leaves_what_was_committed_of_it(
    trying: Trying, tidy: ExitStack, alive: Callable[[str], bool]
) -> None:
    run = f"test-{token_hex(6)}"
    one = container(trying, tidy, harness_owner="living", harness_run=run)
    theirs = theirs_of(trying.client, tidy, committed(trying.client, tidy, one))
    assert (f"container {one[:12]}",) == sweep(trying.client, alive, of=f"harness.run={run}")
    assert theirs in containers(trying.client)


@pytest.mark.attack("ownership", "`docker rename` of a container that a dead run left")
def test_a_container_that_somebody_renamed_is_his(
    trying: Trying, tidy: ExitStack, dead: str, alive: Callable[[str], bool], says: Says
) -> None:
    one = container(trying, tidy, harness_owner=dead)
    trying.client.rename(one, f"kept-{token_hex(4)}")
    assert () == sweep(trying.client, alive)
    assert one in containers(trying.client)
    says("it is left alone: who renamed it has taken it")


@pytest.mark.attack("ownership", "a user's volume and network with all labels of a dead run's")
def test_a_volume_and_a_network_with_copied_labels_are_not_swept(
    client: APIClient, tidy: ExitStack, dead: str, alive: Callable[[str], bool], says: Says
) -> None:
    names = [new_name(), new_name()]
    make_volume(client, names[0], {OWNER: dead})
    make_network(client, names[1], {OWNER: dead})
    (volume,) = client.volumes(filters={"name": names[0]})["Volumes"]
    (network,) = client.networks(names=[names[1]])
    theirs = f"theirs-{token_hex(4)}"
    client.create_volume(theirs, labels=volume["Labels"])
    gone_at_the_end(tidy, client.remove_volume, theirs)
    client.create_network(theirs, driver="bridge", labels=network["Labels"])
    gone_at_the_end(tidy, client.remove_network, theirs)
    assert (f"volume {names[0]}", f"network {names[1]}") == sweep(client, alive)
    assert [theirs] == [one["Name"] for one in client.volumes(filters={"name": theirs})["Volumes"]]
    assert [theirs] == [one["Name"] for one in client.networks(names=[theirs])]
    says("the dead run's are removed, the user's stay")


@pytest.mark.attack("ownership", "a user's container mounts a volume that a dead run left")
def test_a_volume_that_a_user_mounts_stays_and_so_does_his_container(
    trying: Trying, tidy: ExitStack, dead: str, alive: Callable[[str], bool], says: Says
) -> None:
    client, name = trying.client, new_name()
    make_volume(client, name, {OWNER: dead})
    gone_at_the_end(tidy, client.remove_volume, name)
    mounted = client.create_host_config(binds={name: {"bind": "/x", "mode": "rw"}})
    theirs = theirs_of(client, tidy, trying.base, volumes=["/x"], host_config=mounted)
    sweep(client, alive)
    assert theirs in containers(client)
    assert [name] == [one["Name"] for one in client.volumes(filters={"name": name})["Volumes"]]
    says("both stay: the volume goes when nobody uses it")


@pytest.mark.attack("ownership", "images and a container made of one that a dead build left")
def test_what_was_made_of_an_unfinished_image_is_not_taken_for_one(
    trying: Trying, tidy: ExitStack, dead: str, alive: Callable[[str], bool], says: Says
) -> None:
    client, one = trying.client, container(trying, tidy, harness_owner=dead)
    tag = str(client.inspect_container(one)["Name"]).lstrip("/").removeprefix("harness-")
    left = f"harness-making:{tag}"
    client.commit(one, repository="harness-making", tag=tag)
    gone_at_the_end(tidy, client.remove_image, left)
    client.remove_container(one)
    assert [left] == [spelled(each.id) for each in leftovers(client, alive)]
    assert () == leftovers(client, lambda owner: owner == dead or alive(owner))
    derived = built_from(client, tidy, f"FROM {left}", "ENV THEIRS=1")
    posing = f"harness-making:{'f' * 16}"
    client.tag(derived, *posing.split(":"))
    gone_at_the_end(tidy, client.remove_image, posing)
    theirs = theirs_of(client, tidy, derived)
    assert (f"image {left}",) == tuple(spelled(each) for each in sweep(client, alive))
    assert inspect_image(client, left) is None
    assert derived == inspect(client, posing)["Id"]
    assert theirs in containers(client)
    says("the unfinished image goes; what was made from it stays, even under such a name")


def spelled(name: str) -> str:
    """A name as we gave it: Podman puts a registry before it."""
    return name.replace("localhost/", "").replace("docker.io/library/", "")


@pytest.mark.attack("ownership", "images FROM one of ours: untagged, tagged, and under our name")
def test_only_what_was_built_here_is_listed_reused_and_removed(
    trying: Trying, tidy: ExitStack, builder: Builder, says: Says
) -> None:
    client = trying.client
    name, made = ours(builder, tidy, trying.base)
    base = ReadyBase(image=trying.base, interpreter="", python="", source=Source(kind="debian"))

    def reused() -> str:
        found = same_image(builder, name, "r" * 64, base)
        return found.id if found else ""

    assert made["Id"] == reused()
    untagged = built_from(client, tidy, f"FROM {name}", "ENV THEIRS=1")
    tagged = built_from(client, tidy, f"FROM {name}", "ENV THEIRS=2", tag=f"x-{token_hex(4)}:1")
    assert [made["Id"]] == [one.id for one in listed(builder)]
    posing = built_from(client, tidy, f"FROM {name}", "ENV THEIRS=3", tag=name)
    assert posing == inspect(client, name)["Id"]
    assert made["Id"] == reused(), "by its id, whatever has its name"
    assert [made["Id"]] == [one.id for one in listed(builder)]
    # Docker keeps an image that others were made from; Podman keeps only its layers.
    remove_named(client, builder.register, listed(builder)[0])
    assert all(inspect_image(client, one) for one in (untagged, tagged, posing))
    assert posing == inspect(client, name)["Id"]

    for other in (untagged, tagged, posing):
        client.remove_image(other, force=True)
    for one in listed(builder):
        assert "" == remove_named(client, builder.register, one)
    assert inspect_image(client, made["Id"]) is None
    assert "" == reused()
    says("only the built one is listed and reused, by its id; derived ones are never removed")


@pytest.mark.attack("ownership", "an image of ours that a user tagged too, `clean --images`")
def test_an_image_that_a_user_tagged_too_loses_only_our_name(
    trying: Trying, tidy: ExitStack, builder: Builder, says: Says
) -> None:
    name, made = ours(builder, tidy, trying.base)
    kept = f"registry.example/{name}"
    trying.client.tag(made["Id"], *kept.split(":"))
    gone_at_the_end(tidy, trying.client.remove_image, kept)
    (one,) = listed(builder)
    assert one.name.endswith(name)
    assert "registry.example" not in one.name
    assert "" == remove_named(trying.client, builder.register, one)
    assert made["Id"] == inspect(trying.client, kept)["Id"]
    assert () == listed(builder)
    says("it loses our name, the user's stays, and it is no longer ours")


@pytest.mark.attack("ownership", "an image of ours is removed whose base a user has untagged")
def test_with_an_image_of_ours_nothing_goes_that_it_was_made_from(
    trying: Trying, tidy: ExitStack, builder: Builder, says: Says
) -> None:
    client = trying.client
    before = unnamed(client)
    tag = f"harness-tests/{token_hex(6)}:1"
    base = built_from(client, tidy, f"FROM {trying.base}", "COPY x /theirs", tag=tag)
    _, made = ours(builder, tidy, base)
    client.tag(trying.base, *tag.split(":"))
    gone_at_the_end(tidy, client.remove_image, tag)
    (one,) = listed(builder)
    why = remove_named(client, builder.register, one)
    assert inspect_image(client, base), "the user's image without a name"
    if trying.engine.capabilities.keeps_parents:
        assert "" == why
        assert inspect_image(client, made["Id"]) is None
        assert {base} == unnamed(client) - before, "no step of the build is left"
    else:
        assert "removing it would also remove an unnamed image of somebody else" == why
        assert inspect_image(client, made["Id"])
    says("the user's image stays; on Podman, which would remove it too, ours is kept and why")


@pytest.mark.attack("ownership", "an image under our name with our labels that no register knows")
def test_what_no_register_knows_is_built_again_and_stays(
    trying: Trying, tidy: ExitStack, client: APIClient, tmp_path: Path, says: Says
) -> None:
    said: list[str] = []
    builder = builder_for(client, workshop(tmp_path), "x", said.append)
    name, made = ours(builder, tidy, trying.base)
    builder.register.forget(builder.register.all()[0])
    new = kept_or_made(builder, name, lambda: {"Id": "made anew"})
    assert {"Id": "made anew"} == new
    short = made["Id"][7:19]
    assert [f"{name} was not built here: that image is kept as {short}, without the name"] == said
    assert () == listed(builder)
    says(said[0].replace(name, "harness-base:...").replace(short, "ID"))


@pytest.mark.attack(
    "ownership", "an `image:` cell whose image inherited the labels of a built cell"
)
def test_an_existing_image_has_no_recipe_whatever_its_labels_say(
    trying: Trying, says: Says
) -> None:
    inherited = "LABEL harness.recipe=abc harness.base-image=def harness.base-origin=ghi"
    record = trying.ask(trying.image({}, inherited))["answers"]
    assert record.image
    assert ("", "", None) == (record.image.recipe, record.image.base, record.image.base_source)
    says("its records name no recipe, so `--resume` has nothing to find changed")


def inspect(client: APIClient, image: str) -> dict[str, Any]:
    found = inspect_image(client, image)
    assert found
    return found


def unnamed(client: APIClient) -> set[str]:
    return {str(one["Id"]) for one in client.images(filters={"dangling": True})}
