"""The Dockerfile that a person reads gives the image that is built, file by file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from docker import APIClient
from docker.errors import APIError

from harness.engines import Workshop
from harness.engines.oci import roots
from harness.engines.oci.bases import obtain_base
from harness.engines.oci.builder import builder_for
from harness.engines.oci.cells import obtain
from harness.engines.oci.images import inspect_image
from harness.engines.oci.named import named_images, remove_named
from harness.engines.prefixes import PrefixUnavailable, find_prefix
from harness.machine.owner import owner_token
from harness.model import Base, Outcome, Source
from harness.recipes.orders import Order, order
from harness.running.session import places
from harness.suite.matrix import load_suite
from tests.real.by_hand import built_by_hand, differing, files_of
from tests.real.home_made import HEAVY, PLAIN, HomeMade, home_made_distributions
from tests.real.leftovers import Leftovers
from tests.real.podman_service import hand_over
from tests.real.trying import Trying

ROOT = "harness-tests/python2.7:1"
PULLED = Source(kind="pull", image=ROOT, interpreter="/usr/bin/python2.7")
SITE = "opt/python/lib/python2.7/site-packages"
PREFIX = Source(kind="prefix", suite="bullseye", python="2.7")


@pytest.fixture
def root(trying: Trying, engine: APIClient, home_made_base: str) -> Iterator[str]:
    """A Debian with Python 2.7 on the engine under test, under a name of the test's own."""
    client = trying.client
    found = inspect_image(engine, home_made_base)
    assert found
    if inspect_image(client, found["Id"]) is None:
        hand_over(engine, client, found["Id"])
    client.tag(found["Id"], *ROOT.split(":"))
    yield str(found["Id"])
    with suppress(APIError):
        client.remove_image(ROOT, force=False)


def ordered(made: HomeMade, cell: str, folder: Path, source: Source) -> Order:
    """The order of a home-made cell on a base of that source."""
    suite = load_suite(made.suite(folder, cell))
    wanted = order(suite, suite.cells[0])
    assert wanted.recipe
    base = Base(id="own", python="2.7", sources=(source,))
    return replace(wanted, recipe=replace(wanted.recipe, base=base))


@pytest.mark.parametrize(
    ("cell", "source"),
    [(HEAVY[0], PULLED), (PLAIN, PULLED), (PLAIN, PREFIX)],
    ids=["wheels alone", "a source distribution", "on a prefix"],
)
def test_the_dockerfile_built_by_hand_gives_the_same_files(
    trying: Trying,
    root: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    cell: str,
    source: Source,
) -> None:
    if source is PREFIX:
        try:
            find_prefix("2.7")
        except PrefixUnavailable as none:
            pytest.skip(none.message)
        # Making a Debian takes half a minute and is not under test; the base has a newer libc.
        monkeypatch.setattr(roots, "_debian", lambda *_: trying.base)
    client = trying.client
    left = Leftovers.since_now(client)
    shop = Workshop(cache=tmp_path / "cache", logs=tmp_path, bases={}, owner=owner_token())
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "distributions").symlink_to(places().cache / "distributions")
    builder = builder_for(client, shop, "x", lambda _: None)
    with home_made_distributions(heavy=cell in HEAVY) as made:
        wanted = ordered(made, cell, tmp_path / "suite", source)
        assert wanted.recipe
        try:
            built = obtain(client, wanted, shop, lambda _: None)
            assert Outcome.OK is built.outcome, built.reason
            assert built.image
            base = obtain_base(builder, wanted.recipe.base)
            mine, before = (files_of(client, one) for one in (built.image.id, base.image))
            with built_by_hand(client, wanted.recipe, base) as hand:
                theirs = files_of(client, hand)
        finally:
            for image in named_images(client, builder.register):
                assert "" == remove_named(client, builder.register, image)
    added = mine.keys() - before.keys()
    assert [] == differing(mine, theirs)
    assert set() == before.keys() - mine.keys()
    assert added, "something was installed"
    # A prefix does not have the folder that distributions are installed to.
    assert {path for path in added if "homemade" not in path} <= {SITE}
    assert [] == left.found()
