"""The cost of building a cell, compared with the Dockerfile that a user would write for the same
wheels.

ours      what `harness run` does until the image of `--cell` can be used, with a warm cache and an
          existing base. A run removes the container and volume of a build in the background; the
          time for that is reported separately, and is part of `four`
classic   `docker build` with the classic builder: FROM the same base, COPY of the same wheels, one
          RUN of `pip install --no-index`; ours takes at most 0.60 of its time
buildkit  the same with BuildKit and the wheels in a bind mount: ours takes at most 1.00 of its time
four      the quick cells, two at a time: at most 2.2 times as long as the one cell. The classic
          builds of the four, one after the other, are reported beside it

All are measured in one run, each `--rounds` times in random order, on the engine that DOCKER_HOST
names; the client is that of Debian's package docker.io, which has BuildKit built in. Images are
removed after each build (except ours of the last round, which runs use), and so are the entries of
BuildKit's cache that were not there before, by their ids.
"""

from __future__ import annotations

import os
import random
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from docker import APIClient
from docker.errors import ImageNotFound
from results_file import arguments, write_result

from harness import standard
from harness.distributions.cache import DistributionCache
from harness.engines import Workshop
from harness.engines.oci.bases import ReadyBase, base_name, obtain_base
from harness.engines.oci.builder import Removal, builder_for
from harness.engines.oci.cells import cell_name, obtain
from harness.engines.oci.connection import connect
from harness.engines.oci.named import named_images, remove_named
from harness.engines.oci.register import register_of
from harness.machine.owner import owner_token
from harness.recipes.orders import Order, orders
from harness.running.session import places
from harness.suite.matrix import load_suite
from harness.suite.selection import select

CLIENT = next((path for path in ("/usr/bin/docker",) if Path(path).is_file()), "docker")
NAME = "harness-benchmarks/plain:1"
LIMITS = {"classic": 0.60, "buildkit": 1.00, "four": 2.2}
AT_ONCE = 2


def quietly(_: str) -> None:
    """A progress callback that prints nothing."""


def build(order: Order, shop: Workshop, removals: list[Removal]) -> None:
    """Build the image; what has to be removed afterwards is added to `removals`."""
    with closing(connect()) as client:
        obtained = obtain(client, order, shop, quietly, removals.append)
    if obtained.image is None:
        raise SystemExit(f"no figure, since {order.cell.id} was not built: {obtained.reason}")


def remove_what_is_left(removals: list[Removal]) -> None:
    """Remove what builds no longer need, as runs do in the background."""
    with closing(connect(timeout_s=600)) as client:
        while removals:
            removals.pop()(client)


def forget(client: APIClient, wanted: Sequence[Order], shop: Workshop) -> None:
    """Remove the built images of these orders, so that the next time really builds."""
    names = {cell_name(one.cell.id, one.recipe) for one in wanted if one.recipe}
    register = register_of(client, shop.cache)
    for image in named_images(client, register):
        if image.asked_for in names and (why := remove_named(client, register, image)):
            raise SystemExit(f"no figure, since an image of {image.name} was kept: {why}")


def plain(folder: Path, order: Order, base: ReadyBase, *, mounted: bool) -> Path:
    """A folder with the wheels and the Dockerfile that a user would write."""
    assert order.recipe
    lock, cache = order.recipe.lock, DistributionCache(places().cache / "distributions")
    (folder / "wheels").mkdir(parents=True)
    for one in (*lock.tools, *lock.distributions):
        shutil.copyfile(cache.path(one.sha256), folder / "wheels" / one.filename)
    pip = f"{base.interpreter} /wheels/{lock.tools[0].filename}/pip install --no-index --no-deps"
    steps = [f"{pip} {' '.join(f'/wheels/{each.filename}' for each in lock.distributions)}"]
    if any(not one.is_wheel for one in lock.distributions):
        tools = " ".join(f"/wheels/{one.filename}" for one in lock.tools[1:])
        steps = [f"{pip} {tools}", f"{steps[0]} --no-build-isolation"]
    ran = " && ".join(steps)
    # By its name: BuildKit would look for an id in a registry.
    lines = [f"FROM {base_name(order.recipe.base)}", "ENV PIP_BREAK_SYSTEM_PACKAGES=1"]
    if mounted:
        lines.append(f"RUN --mount=type=bind,source=wheels,target=/wheels {ran}")
    else:
        lines += ["COPY wheels /wheels", f"RUN {ran}"]
    (folder / "Dockerfile").write_text("\n".join(lines) + "\n")
    return folder


def docker_build(folder: Path, *, kit: bool) -> None:
    subprocess.run(
        [CLIENT, "build", "--no-cache", "--network", "none", "--tag", NAME, str(folder)],
        env={**os.environ, "DOCKER_BUILDKIT": str(int(kit))},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=True,
    )


@contextmanager
def tidy(client: APIClient) -> Iterator[None]:
    """Removes the image, and what was added to BuildKit's cache."""
    before = cached(client)
    try:
        yield
    finally:
        with suppress(ImageNotFound):
            client.remove_image(NAME, force=True)
        for record in cached(client) - before:
            client.prune_builds(filters={"id": record}, all=True)


def cached(client: APIClient) -> set[str]:
    return {str(one["ID"]) for one in client.df().get("BuildCache") or ()}


def timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def main() -> int:
    parser = arguments(__doc__)
    parser.add_argument("--cell", default="tf2.21.0-py3.13")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--without-four", action="store_true", help="measure the one cell alone, and keep no result"
    )
    wanted = parser.parse_args()
    suite = load_suite(standard.default_suite())
    quick = () if wanted.without_four else orders(suite, select(suite, (), ("quick",)))
    (one,) = orders(suite, select(suite, (wanted.cell,), ()))
    with TemporaryDirectory() as name, closing(connect(timeout_s=600)) as client:
        folder = Path(name)
        shop = Workshop(cache=places().cache, logs=folder, bases={}, owner=owner_token())
        bases, removing = {}, list[float]()
        for order in (one, *quick):
            # Fetches what is missing, and makes the bases.
            left = list[Removal]()
            build(order, shop, left)
            remove_what_is_left(left)
            assert order.recipe
            builder = builder_for(client, shop, "base", quietly)
            bases[order.cell.id] = obtain_base(builder, order.recipe.base)

        def ours() -> float:
            forget(client, [one], shop)
            left = list[Removal]()
            seconds = timed(lambda: build(one, shop, left))
            removing.append(timed(lambda: remove_what_is_left(left)))
            return seconds

        def four() -> float:
            forget(client, quick, shop)
            left = list[Removal]()

            def all_of_them() -> None:
                with ThreadPoolExecutor(AT_ONCE) as pool:
                    list(pool.map(lambda order: build(order, shop, left), quick))
                remove_what_is_left(left)

            return timed(all_of_them)

        def by_docker(order: Order, *, kit: bool) -> float:
            place = folder / "plain"
            plain(place, order, bases[order.cell.id], mounted=kit)
            try:
                with tidy(client):
                    return timed(lambda: docker_build(place, kit=kit))
            finally:
                shutil.rmtree(place)

        sides = {
            "ours": ours,
            "four": four,
            "classic": lambda: by_docker(one, kit=False),
            "buildkit": lambda: by_docker(one, kit=True),
            "classic_four": lambda: sum(by_docker(order, kit=False) for order in quick),
        }
        if wanted.without_four:
            sides = {name: side for name, side in sides.items() if "four" not in name}
        chance, found = random.Random(0), dict[str, list[float]]()
        for _ in range(wanted.rounds):
            for side in chance.sample(sorted(sides), k=len(sides)):
                found.setdefault(side, []).append(sides[side]())
                print(f"{side}: {found[side][-1]:.1f} s", flush=True)
    print(f"removing after ours: {', '.join(f'{each:.1f} s' for each in removing)}")
    medians = {side: statistics.median(values) for side, values in found.items()}
    ratios = {
        "classic": medians["ours"] / medians["classic"],
        "buildkit": medians["ours"] / medians["buildkit"],
    }
    if not wanted.without_four:
        ratios["four"] = medians["four"] / medians["ours"]
    figures = {
        "cell": wanted.cell,
        "four": [order.cell.id for order in quick],
        "rounds": wanted.rounds,
        "seconds": {side: [round(each, 1) for each in values] for side, values in found.items()},
        "removing_after_ours_seconds": [round(each, 1) for each in removing],
        "ratios": {side: round(value, 3) for side, value in ratios.items()},
        "limits": LIMITS,
    }
    if not wanted.without_four:
        print(write_result("build_cell", wanted.date, figures))
    for side, value in ratios.items():
        within = "within" if value <= LIMITS[side] else "ABOVE"
        print(f"{side}: {value:.2f}, {within} the limit of {LIMITS[side]}")
    return 0 if all(value <= LIMITS[side] for side, value in ratios.items()) else 1


if __name__ == "__main__":
    sys.exit(main())
