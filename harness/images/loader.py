"""A model of glibc's dynamic loader: which file of an image is loaded for each library name.

It follows `man ld.so`, and glibc's behaviour where the page says nothing. A name is looked up among
the objects that are already loaded, in the RPATH of the requesting object and of those that loaded
it (unless the requesting object has a RUNPATH), in LD_LIBRARY_PATH, RUNPATH, the cache, and the
default folders. Files for another machine are skipped; a file that is no valid object ends the
search with an error. Not modelled: folders for certain processors (glibc-hwcaps), filters
(DT_FILTER), audit libraries. Pure.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from harness.images.inside import SharedObject
from harness.images.loader_files import MACHINES
from harness.images.loader_tree import lies_at, real

_MULTIARCH = {62: "x86_64-linux-gnu", 183: "aarch64-linux-gnu"}
_PLATFORM = {62: "x86_64", 183: "aarch64"}
"""The usual meaning of $PLATFORM. On Intel's processors since 2013 glibc uses `haswell` instead
(`cpu_features.c`), but the files do not tell which processor it will be."""
_TOKEN = re.compile(r"\$(?:\{(\w+)\}|(ORIGIN|LIB|PLATFORM))")
_MOST = 20_000
"""Objects in one process at most."""


class FoundBy(StrEnum):
    """The step of the search in which a file was found."""

    STARTED = "started"
    PRELOADED = "preloaded"
    NAMED = "named by its path"
    RPATH = "RPATH"
    LIBRARY_PATH = "LD_LIBRARY_PATH"
    RUNPATH = "RUNPATH"
    CACHE = "ld.so.cache"
    CONFIGURED = "ld.so.conf"
    DEFAULT = "default folder"


@dataclass(frozen=True, kw_only=True, slots=True)
class LoaderSight:
    """What the loader can see of an image."""

    objects: Mapping[str, SharedObject]
    """Objects by their path, not including links."""
    links: Mapping[str, str]
    """Path of a link -> its target as written."""
    cache: Mapping[str, str]
    """Library name -> path, from ld.so.cache."""
    configured: tuple[str, ...] = ()
    """Folders of ld.so.conf that are searched as if `ldconfig` were run at the start."""
    library_path: str = ""
    """LD_LIBRARY_PATH."""
    preload: str = ""
    """LD_PRELOAD."""
    preloaded: str = ""
    """The text of ld.so.preload."""


@dataclass(eq=False, kw_only=True, slots=True)
class LoadedObject:
    """An object that is loaded into the process."""

    path: str
    """The path at which it was found."""
    real: str
    """The same path without links."""
    object: SharedObject
    step: FoundBy
    by: LoadedObject | None
    """The object that requested it first; None for the program and its loader."""
    names: list[str] = field(default_factory=list)
    """The names under which it was requested."""


@dataclass(frozen=True, kw_only=True, slots=True)
class MissingLibrary:
    """A library name for which no file was found, and the object that requested it."""

    name: str
    by: LoadedObject


class Loading:
    """A model of one process from its start on. What is loaded stays loaded."""

    def __init__(self, sight: LoaderSight, program: str, preload: Iterable[str] = ()) -> None:
        """Start a program.

        `program` is its path and must lead to one of the objects in `sight`; `preload` names
        further libraries to load first.
        """
        self.sight = sight
        self.loaded: list[LoadedObject] = []
        self.unanswered: list[MissingLibrary] = []
        self._by_name: dict[str, LoadedObject] = {}
        self._by_file: dict[str, LoadedObject] = {}
        file = lies_at(program.lstrip("/"), sight.links, sight.objects)
        self.machine = sight.objects[file].machine_number
        self.default = self._default_folders(sight.objects[file].interpreter)
        # The kernel gives the loader the program's path without links.
        self.main = self._added(file, file, FoundBy.STARTED, None)
        self._interpreter()
        wanted = [*re.split(r"[ :]+", sight.preload), *preload, *sight.preloaded.split()]
        first = [self.main]
        for name in wanted:
            found = self._found(name, self.main) if name else None
            if found is not None and found not in first:
                found.step = FoundBy.PRELOADED
                first.append(found)
        self._follow(first)

    @property
    def modelled(self) -> bool:
        """Whether this model applies to the program's loader and machine."""
        return self.machine in MACHINES and "/ld-linux" in self.main.object.interpreter

    def open(self, path: str) -> LoadedObject | None:
        """Load an object by its path, as Python does with `dlopen`; None if it is not found."""
        own = (one for one in self.loaded if one.object.soname.startswith("libpython"))
        return self.find(f"/{path.lstrip('/')}", next(own, self.main))

    def find(self, name: str, by: LoadedObject) -> LoadedObject | None:
        """Find the file for a name that an object requests at run time, and load it; None if there
        is none."""
        before = len(self.loaded)
        found = self._found(name, by)
        if found is not None and len(self.loaded) > before:
            self._follow([found])
        return found

    def of(self, path: str) -> LoadedObject | None:
        """The loaded object at this path; None if it is not loaded."""
        return self._by_file.get(lies_at(path, self.sight.links, self.sight.objects))

    def named(self, name: str) -> LoadedObject | None:
        """The object that is loaded under a name; None if there is none."""
        return self._by_name.get(name)

    def _interpreter(self) -> None:
        """Add the loader itself, which is loaded from the start."""
        path = self.main.object.interpreter.lstrip("/")
        if file := lies_at(path, self.sight.links, self.sight.objects):
            self._added(path, file, FoundBy.STARTED, None)

    def _default_folders(self, interpreter: str) -> tuple[str, ...]:
        """The default folders. Debian and its derivatives build the loader with folders for each
        machine, and then the loader itself lies in such a folder."""
        kind = _MULTIARCH.get(self.machine, "")
        if kind and kind in real(interpreter.lstrip("/"), self.sight.links):
            return (f"lib/{kind}", f"usr/lib/{kind}", "lib", "usr/lib")
        return ("lib64", "usr/lib64")

    def _added(self, path: str, file: str, step: FoundBy, by: LoadedObject | None) -> LoadedObject:
        one = LoadedObject(path=path, real=file, object=self.sight.objects[file], step=step, by=by)
        self.loaded.append(one)
        self._by_file[file] = one
        if one.object.soname:
            self._by_name.setdefault(one.object.soname, one)
        return one

    def _follow(self, first: list[LoadedObject]) -> None:
        """Load what these objects need, and what that needs in turn, breadth first."""
        queue = list(first)
        for one in queue:
            for name in one.object.needed:
                before = len(self.loaded)
                found = self._found(name, one)
                if found is None:
                    self.unanswered.append(MissingLibrary(name=name, by=one))
                elif len(self.loaded) > before:
                    queue.append(found)

    def _found(self, name: str, by: LoadedObject) -> LoadedObject | None:
        known = self._by_name.get(name)
        if known is None and name:
            for step, path in self._places(name, by):
                file = lies_at(path, self.sight.links, self.sight.objects)
                if file and self._fits(self.sight.objects[file]) and len(self.loaded) < _MOST:
                    known = self._by_file.get(file) or self._added(path, file, step, by)
                    break
        if known is not None and name not in known.names:
            known.names.append(name)
            self._by_name.setdefault(name, known)
        return known

    def _fits(self, one: SharedObject) -> bool:
        """Whether the search ends at this file, be it with an error; otherwise it is skipped."""
        return bool(one.problem) or (one.bits == 64 and one.machine_number == self.machine)

    def _places(self, name: str, by: LoadedObject) -> Iterator[tuple[FoundBy, str]]:
        """Yield the paths at which a name is looked for, in order, each with its step."""
        if "/" in name:
            yield FoundBy.NAMED, posixpath.normpath(self._expanded(name, by)).lstrip("/")
            return
        for step, folder in self._folders(by):
            yield step, f"{folder}/{name}".lstrip("/")
        if by.object.no_default:
            return
        if name in self.sight.cache:
            yield FoundBy.CACHE, self.sight.cache[name].lstrip("/")
        for folder in self.sight.configured:
            yield FoundBy.CONFIGURED, f"{folder}/{name}"
        for folder in self.default:
            yield FoundBy.DEFAULT, f"{folder}/{name}"

    def _folders(self, by: LoadedObject) -> Iterator[tuple[FoundBy, str]]:
        if not by.object.runpath:
            asking: LoadedObject | None = by
            chain = []
            while asking is not None:
                chain.append(asking)
                asking = asking.by
            if self.main not in chain:
                chain.append(self.main)
            for one in chain:
                for folder in self._listed(one.object.rpath, one):
                    yield FoundBy.RPATH, folder
        for folder in self._listed(self.sight.library_path.replace(";", ":"), self.main):
            yield FoundBy.LIBRARY_PATH, folder
        for folder in self._listed(by.object.runpath, by):
            yield FoundBy.RUNPATH, folder

    def _listed(self, paths: str, of: LoadedObject) -> Iterator[str]:
        """The absolute folders of a list. Folders relative to the working directory are left out,
        because it is not known."""
        for one in paths.split(":") if paths else ():
            folder = self._expanded(one, of)
            if folder.startswith("/"):
                yield folder.lstrip("/").rstrip("/")

    def _expanded(self, text: str, of: LoadedObject) -> str:
        """The text with $ORIGIN, $LIB and $PLATFORM replaced as the loader does."""
        kind = _MULTIARCH.get(self.machine, "")
        multiarch = self.default[0] == f"lib/{kind}"
        meaning = {
            "ORIGIN": f"/{posixpath.dirname(of.path)}".rstrip("/") or "/",
            "LIB": f"lib/{kind}" if multiarch else "lib64",
            "PLATFORM": _PLATFORM.get(self.machine, ""),
        }
        return _TOKEN.sub(lambda found: meaning.get(found[1] or found[2], found[0]), text)
