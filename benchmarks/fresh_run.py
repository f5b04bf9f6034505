"""How long the first report takes from a clean clone, compared with plain `docker build` of its
cells.

ours     `scripts/run` in a fresh clone, with an empty cache, without this user's settings and
         without any image that it could find: set-up, roots, downloads, builds, probes, training,
         report
plain    for each of the quick cells, one after the other: `docker build` (classic builder, no
         cache) of the Dockerfile that a user would write, with the same base and `pip install
         --no-index` of the same files, which are already there

Limit: five minutes if plain takes six, so 5/6 of its time. On both sides, the engine is already
running and packages that set-up would install with apt-get are there. Plain runs second, because it
uses the bases and files that ours has made and fetched. Whatever both leave on the engine is
removed. Nothing else should run on the machine.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from docker import APIClient
from docker.errors import APIError
from results_file import arguments, write_result

from harness import standard
from harness.distributions.cache import DistributionCache
from harness.engines.oci.connection import connect
from harness.engines.oci.register import BuiltImage, register_of
from harness.recipes.lockfile import find_lock

ROOT = Path(__file__).resolve().parents[1]
QUICK = ("tf1.2.1-py2.7", "tf1.14.0-py2.7", "tf2.11.1-py3.9", "tf2.21.0-py3.13")
CLIENT = next((path for path in ("/usr/bin/docker",) if Path(path).is_file()), "docker")
"""The client of the Debian package: it has the classic builder; PATH may have another one first."""
RATIO = 5 / 6
PLACE = re.compile(r" \(/[^ ()]+\)")
"""Paths of this machine, which do not belong in the result."""
OWN = ("HARNESS_", "XDG_", "UV_CACHE", "PIP_CACHE", "VIRTUAL_ENV")
PLAIN = """FROM {base}
ENV PIP_BREAK_SYSTEM_PACKAGES=1
COPY . /wheels/
RUN {python} /wheels/{pip}/pip install --no-index --no-deps --find-links /wheels {tools} {wheels}
{sources}"""
SOURCES = """RUN {python} /wheels/{pip}/pip install --no-index --no-deps --no-build-isolation \
--find-links /wheels {sources}
"""


def first_run(folder: Path) -> tuple[float, list[str]]:
    """`scripts/run` in a clean clone: its total seconds, and its output with the second of each
    line."""
    clone = folder / "clone"
    subprocess.run(["git", "clone", "--quiet", ROOT, clone], check=True)
    # Home stays the user's own, for `.ssh`, package settings and certificates.
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(OWN)},
        "XDG_CACHE_HOME": str(folder / "cache"),
        "XDG_STATE_HOME": str(folder / "state"),
        "CI": "true",
    }
    said = []
    began = time.perf_counter()
    with subprocess.Popen(
        [clone / "scripts" / "run"],
        cwd=clone,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            told = PLACE.sub("", line.rstrip())
            said.append(f"{time.perf_counter() - began:6.1f} s  {told}")
            print(said[-1], flush=True)
    seconds = time.perf_counter() - began
    if process.returncode != 0:
        raise SystemExit(f"scripts/run ended with {process.returncode}: no figure")
    return seconds, said


def plain_build(cell: str, built: BuiltImage, cache: DistributionCache, folder: Path) -> float:
    """One `docker build` of a cell, with its files in the context."""
    lock = find_lock(Path(standard.default_suite()).parent, cell)
    assert lock is not None, "the default suite is locked"
    context = folder / cell
    context.mkdir()
    for one in (*lock.tools, *lock.distributions):
        shutil.copyfile(cache.path(one.sha256), context / one.filename)
    pip, *others = lock.tools
    python = f"python{'.'.join(lock.python.split('.')[:2])}"
    wheels = [f"{one.name}=={one.version}" for one in lock.distributions if one.is_wheel]
    sources = [f"{one.name}=={one.version}" for one in lock.distributions if not one.is_wheel]
    told = {"python": python, "pip": pip.filename}
    text = PLAIN.format(
        base=built.base,
        tools=" ".join(f"{one.name}=={one.version}" for one in others),
        wheels=" ".join(wheels),
        sources=SOURCES.format(sources=" ".join(sources), **told) if sources else "",
        **told,
    )
    (context / "Dockerfile").write_text(text, encoding="utf-8")
    began = time.perf_counter()
    ended = subprocess.run(
        [CLIENT, "build", "--no-cache", "--network", "none", "--tag", f"plain-{cell}", context],
        env={**os.environ, "DOCKER_BUILDKIT": "0"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    seconds = time.perf_counter() - began
    if ended.returncode != 0:
        raise SystemExit(f"the plain build of {cell} failed:\n{ended.stdout[-3000:]}")
    return seconds


def ids(client: APIClient) -> set[str]:
    return {str(image["Id"]) for image in client.images(all=True)}


def remove(client: APIClient, before: set[str]) -> None:
    """Remove every image that was not there before, in as many passes as their dependencies need.

    A failed build leaves images without a name, which prevent the removal of their base.
    """
    while new := ids(client) - before:
        for image in new:
            with suppress(APIError):
                client.remove_image(image, force=True)
        if ids(client) - before == new:
            raise SystemExit(f"these images could not be removed: {', '.join(sorted(new))}")


def main() -> int:
    parser = arguments(__doc__)
    wanted = parser.parse_args()
    plain = {}
    with TemporaryDirectory(prefix="harness-benchmark-") as name:
        folder = Path(name)
        cache = folder / "cache" / "harness"
        client = connect(timeout_s=600)
        before = ids(client)
        try:
            ours, said = first_run(folder)
            files = DistributionCache(cache / "distributions")
            for cell in QUICK:
                (built, *_) = (
                    one
                    for one in register_of(client, cache).all()
                    if one.name.startswith(f"harness-cell/{cell}:")
                )
                plain[cell] = plain_build(cell, built, files, folder)
                print(f"plain build of {cell}: {plain[cell]:.0f} s", flush=True)
        finally:
            remove(client, before)
            client.close()
    together = sum(plain.values())
    ratio = ours / together
    path = write_result(
        "fresh_run",
        wanted.date,
        {
            "ours_seconds": round(ours, 1),
            "plain_seconds": {cell: round(seconds, 1) for cell, seconds in plain.items()},
            "plain_together_seconds": round(together, 1),
            "ratio": round(ratio, 3),
            "limit_ratio": round(RATIO, 3),
            "said": said[:40],
        },
    )
    verdict = "within" if ratio <= RATIO else "ABOVE"
    print(f"{ours:.0f} s, plain {together:.0f} s, ratio {ratio:.2f}: {verdict} {RATIO:.2f}")
    print(path)
    return 0 if ratio <= RATIO else 1


if __name__ == "__main__":
    sys.exit(main())
