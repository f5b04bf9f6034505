"""Make the images of a sample for agreement: a cell of the suite with the change of a draw."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from docker import APIClient
from docker.errors import APIError
from sample_changes import Change, Held, Library, change_of, day_of
from sample_draws import DAY, REQUIREMENT, Draw
from sample_releases import in_turn, other_release, releases, requirements_of

from harness import standard
from harness.distributions.cache import DistributionCache
from harness.distributions.fetch import fetch_missing
from harness.distributions.index import PackageIndex
from harness.distributions.tools import admitted
from harness.engines.oci.engine import ContainerEngine
from harness.errors import UsageError
from harness.model import Artifact, Cell, Lock, Outcome, Suite
from harness.recipes.orders import Order, lock_of, locked_recipe, order
from harness.recipes.recipe import base_of
from harness.running.session import opened_engine, places, workshop
from harness.suite.matrix import load_suite

NAME = "harness-tests/agreement"
_PYTHON = "/usr/local/bin/python"
_FOLDER = "/opt/wheels"
_INVENTORY = Path(__file__).with_name("sample_inventory.py")


class Aborted(Exception):
    """The image of this draw cannot be made."""


@dataclass(frozen=True, kw_only=True)
class Made:
    """An image, and what was done to make it."""

    image: str
    told: str
    lines: tuple[str, ...]
    names: tuple[str, ...]
    """Names of images that are removed with it, the last made first."""


@dataclass(kw_only=True)
class Maker:
    """Makes the images of draws, one at a time. Cells are built once, under names of their own."""

    engine: ContainerEngine
    suite: Suite
    say: Callable[[str], None]
    family: str = NAME
    """The name of its images, without a tag."""
    index: PackageIndex = field(default_factory=PackageIndex)
    cells: dict[str, str] = field(default_factory=dict)
    """The image of each cell, with its interpreter where commands look for it."""
    held: dict[str, Held] = field(default_factory=dict)

    @property
    def client(self) -> APIClient:
        return self.engine.client

    @property
    def cache(self) -> DistributionCache:
        return DistributionCache(places().cache / "distributions")

    def prepare(self, cells: Sequence[str]) -> None:
        """Make each cell's image available, and take an inventory of it."""
        for name in cells:
            cell = self._cell(name)
            image, interpreter = self._built(order(self.suite, cell))
            dressed = self._dressed(name, image, interpreter)
            self.cells[name] = dressed
            self.held[name] = self._inventory(cell, dressed, interpreter)

    def make(self, draw: Draw) -> Made:
        """Make the image of a draw. Raises Aborted if that is impossible."""
        if draw.kind == DAY:
            return self._as_of_a_day(draw)
        if draw.kind == REQUIREMENT:
            return self._moved_requirement(draw)
        change = change_of(draw, self.held)
        if change.wheel:
            return self._again(draw, change)
        return self._of_lines(draw, change.told, change.lines)

    def forget(self, made: Made) -> None:
        """Remove what was made for a draw."""
        for name in made.names:
            self._remove(name)

    def close(self) -> None:
        """Remove the names that the sample gave to the cells' images; the images of the cells
        stay."""
        for name in self.cells.values():
            self._remove(name)

    def _remove(self, name: str) -> None:
        try:
            self.client.remove_image(name, force=True)
        except APIError as error:
            if error.status_code != 404:
                raise

    def _cell(self, name: str) -> Cell:
        return next(cell for cell in self.suite.cells if cell.id == name)

    def _built(self, wanted: Order) -> tuple[str, str]:
        """(image, interpreter) of an order. Raises Aborted."""
        obtained = self.engine.obtain(wanted, self.say)
        if obtained.outcome is not Outcome.OK or obtained.image is None:
            raise Aborted(f"it does not build ({obtained.outcome}): {obtained.reason}"[:600])
        return obtained.image.id, obtained.interpreter

    def _dressed(self, name: str, image: str, interpreter: str) -> str:
        """The image with its interpreter on the PATH, so that the draw decides the outcome and not
        the missing interpreter."""
        link = _PYTHON + ("" if self._python(name).startswith("2.") else "3")
        line = f"RUN mkdir -p /usr/local/bin && ln -sf {interpreter} {link}"
        return self._build(f"{self.family}:{name}", image, (line,))

    def _python(self, name: str) -> str:
        return self._lock(name).python

    def _lock(self, name: str) -> Lock:
        return lock_of(self.suite, self._cell(name))

    def _inventory(self, cell: Cell, image: str, interpreter: str) -> Held:
        (framework, _), *_ = cell.framework
        container = self.client.create_container(
            image,
            [interpreter, "-c", _INVENTORY.read_text("utf-8"), framework],
            network_disabled=True,
        )
        try:
            self.client.start(container)
            status = self.client.wait(container)["StatusCode"]
            said = self.client.logs(container, stdout=True, stderr=False).decode()
            if status:
                raise SystemExit(f"what {cell.id} holds cannot be seen: {said[-1000:]}")
        finally:
            self.client.remove_container(container, force=True)
        return held_of(json.loads(said.splitlines()[-1]), interpreter)

    def _as_of_a_day(self, draw: Draw) -> Made:
        cell = self._cell(draw.cell)
        (wanted, *_) = cell.install
        day = day_of(draw, self._first_day(wanted), cell.as_of)
        other = replace(cell, id=f"sample-{draw.name}", constraints=(), as_of=day)
        told = f"{', '.join(cell.install)} as pip resolves it on {day}"
        try:
            lock = self.engine.resolve(other, base_of(self.suite, other), self.say)
        except UsageError as error:
            raise Aborted(f"{told}: {error.message}"[:1200]) from error
        try:
            image, interpreter = self._built(
                Order(cell=other, recipe=locked_recipe(self.suite, other, lock))
            )
        except Aborted as error:
            raise Aborted(f"{told}: {error}") from error
        own = [str(name) for name in self.client.inspect_image(image)["RepoTags"] or ()]
        dressed = self._dressed_again(draw, image, interpreter)
        found = tuple(f"{one.name}=={one.version}" for one in lock.distributions)
        names = (dressed, *(name for name in own if f"/{other.id}:" in name))
        return Made(image=dressed, told=told, lines=found, names=names)

    def _dressed_again(self, draw: Draw, image: str, interpreter: str) -> str:
        link = _PYTHON + ("" if self._python(draw.cell).startswith("2.") else "3")
        line = f"RUN mkdir -p /usr/local/bin && ln -sf {interpreter} {link}"
        return self._build(f"{self.family}:{draw.name}", image, (line,))

    def _first_day(self, requirement: str) -> str:
        """The day on which a release (`name==version`) was uploaded."""
        name, _, version = requirement.partition("==")
        days = [
            file.uploaded[:10]
            for file in self.index.files(name)
            if file.version == version and file.uploaded
        ]
        return min(days)

    def _moved_requirement(self, draw: Draw) -> Made:
        lock = self._lock(draw.cell)
        (framework, _), *_ = self._cell(draw.cell).framework
        for name, version in in_turn(draw, requirements_of(lock, framework)):
            known = releases(self.index.files(name), lock.python)
            chosen = other_release(draw, version, known)
            if chosen is not None:
                release, file = chosen
                artifact = admitted(file, self.index, self.cache)
                told = f"{name} {version} is moved to {release}"
                return self._installed(draw, told, lock, artifact)
        raise Aborted("no requirement of it has another release")

    def _again(self, draw: Draw, change: Change) -> Made:
        lock = self._lock(draw.cell)
        owned = [one for one in lock.distributions if one.name == change.wheel and one.is_wheel]
        if not owned:
            raise Aborted(f"{change.told}: there is no wheel of it")
        fetch_missing(owned, self.cache, self.index)
        return self._installed(draw, change.told, lock, owned[0])

    def _installed(self, draw: Draw, told: str, lock: Lock, wheel: Artifact) -> Made:
        """The cell's image with a wheel that its own pip installs without dependencies."""
        pip = lock.tools[0]
        fetch_missing([pip], self.cache, self.index)
        files = {one.filename: self.cache.path(one.sha256) for one in (pip, wheel)}
        interpreter = self.held[draw.cell].interpreter
        lines = (
            f"COPY {pip.filename} {wheel.filename} {_FOLDER}/",
            f"RUN PIP_BREAK_SYSTEM_PACKAGES=1 PIP_ROOT_USER_ACTION=ignore {interpreter} "
            f"{_FOLDER}/{pip.filename}/pip install --no-index --no-deps --force-reinstall "
            f"--no-cache-dir {_FOLDER}/{wheel.filename} && rm -r {_FOLDER}",
        )
        return self._of_lines(draw, told, lines, files)

    def _of_lines(
        self, draw: Draw, told: str, lines: Sequence[str], files: Mapping[str, Path] | None = None
    ) -> Made:
        try:
            name = self._build(f"{self.family}:{draw.name}", self.cells[draw.cell], lines, files)
        except Aborted as error:
            raise Aborted(f"{told}: {error}") from error
        return Made(image=name, told=told, lines=tuple(lines), names=(name,))

    def _build(
        self, name: str, image: str, lines: Sequence[str], files: Mapping[str, Path] | None = None
    ) -> str:
        """An image built from another with lines of a Dockerfile; returns its name. Raises
        Aborted."""
        text = "\n".join((f"FROM {image}", *lines))
        for cell, own in self.cells.items():
            text = text.replace(f"{{{cell}}}", own)
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w") as tar:
            member = tarfile.TarInfo("Dockerfile")
            member.size = len(text.encode())
            tar.addfile(member, io.BytesIO(text.encode()))
            for file, path in (files or {}).items():
                tar.add(path, file)
        packed.seek(0)
        said = list(
            self.client.build(
                fileobj=packed,
                custom_context=True,
                tag=name,
                rm=True,
                forcerm=True,
                network_mode="none",
                decode=True,
            )
        )
        errors = [str(line["error"]) for line in said if "error" in line]
        if errors:
            told = "".join(str(line.get("stream", "")) for line in said)[-400:]
            raise Aborted(f"it does not build: {errors[0]}: {told}"[:800])
        return name


def held_of(told: Mapping[str, Any], interpreter: str) -> Held:
    """Parse the output of an inventory."""

    def libraries(paths: Sequence[str]) -> tuple[Library, ...]:
        return tuple(
            Library(
                path=path,
                names=tuple(sorted(told["links"].get(path, ()))),
                owner=told["owners"].get(path, ""),
            )
            for path in paths
        )

    loaded = sorted(set(told["loaded"]) & set(told["libraries"]))
    others = sorted(set(told["libraries"]) - set(loaded))
    return Held(
        interpreter=interpreter,
        site=str(told["site"]),
        loaded=libraries(loaded),
        others=libraries(others),
    )


@contextmanager
def maker(say: Callable[[str], None], family: str = NAME) -> Iterator[Maker]:
    """A maker on the local Docker engine; what it made is removed at the end."""
    suite = load_suite(standard.default_suite())
    with opened_engine("docker", workshop(suite)) as (engine, _):
        if not isinstance(engine, ContainerEngine):
            raise SystemExit("Docker does not answer")
        made = Maker(engine=engine, suite=suite, say=say, family=family)
        try:
            yield made
        finally:
            made.close()
