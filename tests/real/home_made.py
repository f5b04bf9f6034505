"""Cells of distributions made here, which build in seconds, fail, or never end, as a test needs."""

from __future__ import annotations

import gzip
import hashlib
import io
import tarfile
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from secrets import token_hex
from typing import Any

from docker import APIClient

from harness.distributions.cache import DistributionCache
from harness.distributions.fetch import fetch_missing
from harness.distributions.index import PackageIndex
from harness.model import Artifact, Lock
from harness.recipes.lockfile import lock_path, parse_lock, render_lock
from harness.recipes.recipe import base_of, lock_request_digest
from harness.running.session import places
from harness.suite.matrix import load_suite
from tests.real.home_made_index import index_of
from tests.real.suites import ROOT, default_suite, small_suite

MODEL = "tf1.2.1-py2.7"
"""The quick cell whose base and installing tools are used; its lock has a source distribution."""
PLAIN, TWIN, BROKEN, SLOW = "home-plain", "home-twin", "home-broken", "home-slow"
TELLING, LOST = "home-telling", "home-lost"
DRAWN, DATED = "home-drawn", "home-dated"
"""Each build of the first differs; builds of the second differ only in a date."""
FLOODING, FORKING, HOGGING = "home-flooding", "home-forking", "home-hogging"
HEAVY = ("home-heavy-1", "home-heavy-2", "home-heavy-3")
"""Each has its own ballast, so that their images share only the base."""
BALLAST_BYTES = 8_000_000
LAST_WORDS = "this release wants a compiler of 1999"
TOLD = "what a build can see: "

_ONCE = token_hex(8)
"""Part of every distribution, so that no image left by an interrupted session counts as built from
the same recipe."""

_SETUP = f"""# {_ONCE}
import sys, time
{{before}}
from setuptools import setup
setup(name="homemade", version="{{version}}", py_modules=["homemade"])
"""
_ABOUT = "Metadata-Version: 1.0\nName: homemade\nVersion: {version}\n"
_FORKS = """
import os
made = 0
try:
    while os.fork():
        made += 1
except OSError:
    sys.exit("it made %d processes" % made)
time.sleep(5)
os._exit(0)
"""
_BEFORE = {
    "1.0": "",
    "2.0": f"sys.exit({LAST_WORDS!r})",
    "3.0": "time.sleep(600)",
    "4.0": f"import os; sys.exit({TOLD!r} + repr(sorted(os.environ.items())))",
    "5.0": "",
    "5.1": "",
    "5.2": "import os; open('homemade.py', 'a').write('drawn = %r' % os.urandom(8))",
    "5.3": "open('homemade.py', 'a').write('# built ' + time.ctime())",
    "6.0": "[sys.stdout.write('x' * 1000 + '\\n') for _ in range(64000)]; sys.exit('flooded')",
    "7.0": _FORKS,
    "8.0": "hold = []\nwhile True: hold.append(bytearray(b'x') * (1 << 26))",
}
_VERSION = {PLAIN: "1.0", TWIN: "1.0", BROKEN: "2.0", SLOW: "3.0", TELLING: "4.0", LOST: "5.0"}
_VERSION |= {DRAWN: "5.2", DATED: "5.3"}
_VERSION |= {FLOODING: "6.0", FORKING: "7.0", HOGGING: "8.0"}
_HEAVY_VERSION = {cell: f"9.{number}" for number, cell in enumerate(HEAVY)}
HOME_MADE = tuple(_VERSION)


@dataclass(frozen=True, kw_only=True)
class HomeMade:
    """Makes suites of home-made, locked cells whose distributions are in the cache."""

    artifacts: dict[str, Artifact]

    def suite(
        self,
        folder: Path,
        *cells: str,
        packages: Sequence[str] = (),
        sources: Sequence[Mapping[str, Any]] = (),
    ) -> Path:
        """A suite in `folder` whose cells have fresh locks and claim only that they exist.

        With other `packages`, the base is one that no other suite has; with `sources`, it has
        these.
        """
        rows = default_suite()
        (model,) = (row for row in rows["cells"] if row["id"] == MODEL)
        bases = {model["base"]: _plain(rows["bases"][model["base"]])}
        if packages:
            own = {"debian": "bullseye", "packages": list(packages)}
            bases[model["base"]] = {"python": "2.7", "sources": [own]}
        if sources:
            bases[model["base"]] = {"python": "2.7", "sources": [dict(each) for each in sources]}
        described = [
            {
                "id": cell,
                "base": model["base"],
                "install": [f"homemade=={_version(cell)}"],
                "as-of": "2026-11-20",
                "level": "L0",
            }
            for cell in cells
        ]
        small_suite(folder, *described, bases=bases, probes=["python"])
        for cell in cells:
            self._lock(folder, cell)
        return folder

    def plain(self, folder: Path) -> Path:
        """A suite of one cell that builds and is asked only for its Python."""
        return self.suite(folder, PLAIN)

    @contextmanager
    def index(self, uploaded: Mapping[str, str] | None = None) -> Iterator[str]:
        """The address of an index with all of them and the tools that install them. With
        `uploaded`, upload times by version, it has only these versions, with these times."""
        tools = _model_lock().tools
        fetch_missing(tools, _cache(), PackageIndex())
        listed = (
            self.artifacts if uploaded is None else {one: self.artifacts[one] for one in uploaded}
        )
        moments = {listed[version].filename: when for version, when in (uploaded or {}).items()}
        with index_of([*tools, *listed.values()], _cache(), moments) as address:
            yield address

    def lose(self, cell: str) -> None:
        """Remove a cell's distribution from the cache, so that the index must be asked for it."""
        _cache().path(self.artifacts[_VERSION[cell]].sha256).unlink()

    def _lock(self, folder: Path, cell: str) -> None:
        suite = load_suite(folder)
        (found,) = (each for each in suite.cells if each.id == cell)
        artifact = self.artifacts[_version(cell)]
        lock = Lock(
            cell=cell,
            python=_model_lock().python,
            request=lock_request_digest(found, base_of(suite, found)),
            as_of=found.as_of,
            tools=_model_lock().tools[: 1 if artifact.is_wheel else None],
            distributions=(artifact,),
        )
        path = lock_path(folder, cell)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(render_lock(lock), "utf-8")


def _version(cell: str) -> str:
    return {**_VERSION, **_HEAVY_VERSION}[cell]


@contextmanager
def home_made_distributions(*, heavy: bool = False) -> Iterator[HomeMade]:
    """Home-made distributions in the cache that runs use; they are removed again."""
    cache = _cache()
    versions = _HEAVY_VERSION.values() if heavy else _BEFORE
    artifacts = {version: _admit(cache, version) for version in versions}
    try:
        yield HomeMade(artifacts=artifacts)
    finally:
        for artifact in artifacts.values():
            cache.path(artifact.sha256).unlink(missing_ok=True)


def remove_images(client: APIClient, cells: Sequence[str]) -> None:
    """Remove the images built for these cells."""
    for cell in cells:
        for image in client.images(f"harness-cell/{cell}"):
            for name in image["RepoTags"]:
                client.remove_image(name, force=True)


def _cache() -> DistributionCache:
    return DistributionCache(places().cache / "distributions")


def _admit(cache: DistributionCache, version: str) -> Artifact:
    heavy = version in _HEAVY_VERSION.values()
    content = _heavy_wheel(version) if heavy else _source_distribution(version)
    digest = hashlib.sha256(content).hexdigest()
    cache.admit(digest, lambda write: write(content))
    return Artifact(
        name="homemade",
        version=version,
        filename=f"homemade-{version}" + ("-py2.py3-none-any.whl" if heavy else ".tar.gz"),
        sha256=digest,
        size=len(content),
    )


def _source_distribution(version: str) -> bytes:
    """A source distribution with the same bytes throughout a session."""
    setup = _SETUP.format(before=_BEFORE[version], version=version)
    files = {"setup.py": setup, "homemade.py": f"version = '{version}'\n"}
    files["PKG-INFO"] = _ABOUT.format(version=version)
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for name, text in files.items():
            entry = tarfile.TarInfo(f"homemade-{version}/{name}")
            entry.size = len(text)
            archive.addfile(entry, io.BytesIO(text.encode()))
    return gzip.compress(packed.getvalue(), mtime=0)


def _heavy_wheel(version: str) -> bytes:
    """A wheel with the same bytes throughout a session, most of them ballast."""
    about = f"homemade-{version}.dist-info"
    files = {
        "homemade/__init__.py": b"",
        "homemade/ballast": Random(version + _ONCE).randbytes(BALLAST_BYTES),
        f"{about}/METADATA": _ABOUT.format(version=version).encode(),
        f"{about}/WHEEL": b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py2.py3-none-any\n",
    }
    record = f"{about}/RECORD"
    files[record] = "".join(f"{name},,\n" for name in (*files, record)).encode()
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), content)
    return packed.getvalue()


def _model_lock() -> Lock:
    path = lock_path(ROOT, MODEL)
    return parse_lock(path.read_text("utf-8"), str(path))


def _plain(rows: Any) -> Any:
    """Rows in a form that JSON can represent."""
    if isinstance(rows, dict):
        return {str(key): _plain(value) for key, value in rows.items()}
    if isinstance(rows, list):
        return [_plain(value) for value in rows]
    return rows if isinstance(rows, bool | int | float) else str(rows)
