"""Merge the entries of an image's layers, lowest first, into the content of the image. Pure."""

from __future__ import annotations

import base64
import binascii
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from harness.images.carried import carried
from harness.images.hiding import hiding
from harness.images.inside import Damage, Distribution, Inside
from harness.images.loader_files import CACHE
from harness.images.owners import FileList, overlaps
from harness.images.told_objects import object_of, sums_of
from harness.images.untrusted import texts

_SITE = re.compile(
    r"^(?P<prefix>.*?)/?lib(?:64)?/python(?P<python>\d(?:\.\d{1,2})?)/(?:site|dist)-packages/"
)
_STARTS = re.compile(r"^(?:[^/]{1,100}\.py|[^/]{1,100}(?:/[^/]{1,100})?/__init__\.py)$")
_PYTHON_NAME = re.compile(r"(?:^|/)bin/python[\d.]*$")
_KINDS = (
    "conda",
    "distribution",
    "library",
    "listed",
    "link",
    "loader",
    "module",
    "object",
    "packages",
    "python",
    "record",
    "start",
    "sums",
    "text",
    "version",
)
_LINKS = 16
_TOPS = 400
"""Names of modules of one distribution that are kept at most."""


def inside_of(layers: Iterable[Iterable[Mapping[str, object]]]) -> Inside:
    """Merge layers' entries, lowest first: later layers replace files, whiteouts remove them."""
    merged = _LayerStack()
    for layer in layers:
        merged.begin()
        for entry in layer:
            merged.take(entry)
    return merged.inside()


class _LayerStack:
    def __init__(self) -> None:
        self.entries: dict[tuple[str, str], Mapping[str, object]] = {}
        self.before: frozenset[tuple[str, str]] = frozenset()
        self.fresh: set[tuple[str, str]] = set()
        self.gone: set[str] = set()
        self.opaque: set[str] = set()
        self.listed = True
        """Whether every layer reported all of its modules."""
        self.problems: list[str] = []
        self.number = 0
        self.tops: dict[str, tuple[str, ...]] = {}
        """Folder of a distribution's metadata -> the names of its modules."""

    def begin(self) -> None:
        """Start a new layer. Whiteouts of a layer hide files of lower layers, never its own."""
        self._hide()
        self.before = frozenset(self.entries)
        self.fresh = set()
        self.number += 1

    def _hide(self) -> None:
        """Remove what the layer's whiteouts hide, in one pass over all entries: a layer may have as
        many whiteouts as files."""
        for key in list(self.entries) if self.gone or self.opaque else ():
            if key in self.before and key not in self.fresh and self._hidden(key[1]):
                del self.entries[key]
        self.gone, self.opaque = set(), set()

    def _hidden(self, path: str) -> bool:
        if path in self.gone or "" in self.opaque:
            return True
        while "/" in path:
            path = path.rpartition("/")[0]
            if path in self.gone or path in self.opaque:
                return True
        return False

    def take(self, entry: Mapping[str, object]) -> None:
        """Add one entry of the current layer."""
        kind, path = str(entry.get("kind", "")), str(entry.get("path", ""))
        if kind in ("gone", "opaque"):
            (self.gone if kind == "gone" else self.opaque).add(path)
            return
        if kind == "unlisted":
            self.listed = False
            return
        if kind == "end":
            if entry.get("problem"):
                self.problems.append(f"layer {self.number}: {entry['problem']}")
            return
        if kind == "dead":
            self.problems.append(f"layer {self.number}: its reader ended without an answer")
            return
        # A path's entries in lower layers are replaced; one layer may have several entries for it.
        for other in _KINDS:
            if (other, path) in self.before and (other, path) not in self.fresh:
                self.entries.pop((other, path), None)
        if kind == "replaced":
            return
        if kind == "link":
            self.gone.add(path)  # a folder of a lower layer at this path is hidden by the link
        self.entries[(kind, path)] = entry
        self.fresh.add((kind, path))

    def _of(self, wanted: str) -> list[tuple[str, Mapping[str, object]]]:
        """(path, entry) pairs of one kind, sorted by path."""
        found = [(path, one) for (kind, path), one in self.entries.items() if kind == wanted]
        return sorted(found, key=lambda pair: pair[0])

    def inside(self) -> Inside:
        """The content of the image, once all layers were taken."""
        self._hide()
        lists = tuple(self._lists())
        return Inside(
            distributions=tuple(
                self._told(found, one)
                for kind in ("conda", "distribution")
                for path, one in self._of(kind)
                if (found := _distribution(kind, path, str(one.get("name", ""))))
            ),
            carried=tuple(
                carried(
                    ((path, str(one.get("name", ""))) for path, one in self._of("start")),
                    {path: str(one.get("version", "")) for path, one in self._of("version")},
                    lists,
                )
            ),
            overlaps=tuple(overlaps(lists, self._sizes())) if self.listed else (),
            pythons=self._pythons(),
            libraries=self._libraries(),
            objects=tuple(object_of(path, one) for path, one in self._of("object")),
            sums=sums_of(self._of("record"), self._of("sums")),
            system=self._system(),
            packages=sum(len(texts(one.get("names"))) for _, one in self._of("packages")),
            system_packages=tuple(sorted(set(self._system_packages()))),
            modules=frozenset(self._modules()),
            hiding=hiding(path for path, _ in self._of("module")),
            links={path: str(one.get("to", "")) for path, one in self._of("link")},
            texts={path: str(one.get("text", "")) for path, one in self._of("loader")},
            cache=self._cache(),
            damages=tuple(self._damages()) if self.listed else (),
            problems=tuple(self.problems),
        )

    def _told(self, one: Distribution, entry: Mapping[str, object]) -> Distribution:
        """The distribution with its metadata, requirements and modules filled in."""
        info = one.path.removesuffix("/METADATA").removesuffix("/PKG-INFO")
        listed = self.entries.get(("listed", f"{info}/requires.txt"), {})
        tops = self.tops.get(info, ())
        return replace(
            one,
            told=entry.get("told") is True,
            requires=texts(entry.get("requires")),
            listed=texts(listed.get("lines")),
            requires_python=str(entry.get("requires_python", "")),
            modules=tops,
        )

    def _sizes(self) -> dict[str, int]:
        """Path -> size in bytes, of the modules in the image."""
        found = {path: one.get("size") for path, one in self._of("module")}
        return {path: size for path, size in found.items() if isinstance(size, int)}

    def _lists(self) -> Iterator[FileList]:
        """The distributions' lists of installed files."""
        for path, one in self._of("record"):
            info = path.rpartition("/")[0]
            named, _, version = str(one.get("name", "")).partition("-")
            files = {
                name: size if isinstance(size, int) else -1
                for name, size in _listed(one.get("files")).items()
            }
            self.tops[info] = _tops(files)
            yield FileList(
                folder=info.rpartition("/")[0],
                name=_normal(named),
                version=version[:100],
                files=files,
            )

    def _cache(self) -> bytes:
        told = self.entries.get(("loader", CACHE), {}).get("base64")
        try:
            return base64.b64decode(told if isinstance(told, str) else "", validate=True)
        except (binascii.Error, ValueError):
            return b""

    def _system_packages(self) -> Iterator[tuple[str, str]]:
        for _, one in self._of("packages"):
            for told in texts(one.get("names")):
                name, _, version = told.partition("=")
                yield name, version

    def _damages(self) -> Iterator[Damage]:
        """Distributions whose files differ from their lists. If two claim a file, the later one
        rightly replaced it. If a name has two lists, one is a leftover, and neither is checked."""
        records = self._of("record")
        sizes = {path: one.get("size") for path, one in self._of("module")}
        lists: list[tuple[str, str, dict[str, object]]] = []
        for path, one in records:
            folder = path.rpartition("/")[0].rpartition("/")[0]
            lists.append((folder, str(one.get("name", "")), _listed(one.get("files"))))
        claimed = Counter(f"{folder}/{file}" for folder, _, files in lists for file in files)
        names = Counter((folder, _normal(name.partition("-")[0])) for folder, name, _ in lists)
        for folder, full, files in lists:
            name, _, version = full.partition("-")
            if names[(folder, _normal(name))] > 1:
                continue
            missing = [
                one
                for one, size in files.items()
                if f"{folder}/{one}" not in sizes or (size and sizes[f"{folder}/{one}"] == 0)
            ]
            gone = frozenset(missing)
            altered = [
                one
                for one, size in files.items()
                if one not in gone
                and claimed[f"{folder}/{one}"] == 1
                and isinstance(size, int)
                and size >= 0
                and sizes.get(f"{folder}/{one}", size) not in (size, -1)
            ]
            if missing or altered:
                yield Damage(
                    name=_normal(name),
                    version=version[:100],
                    folder=folder,
                    missing=tuple(missing),
                    altered=tuple(altered),
                )

    def _modules(self) -> Iterator[str]:
        for path, _ in self._of("module"):
            below = _SITE.sub("", path)
            if below != path and _STARTS.match(below):
                yield below

    def _pythons(self) -> dict[str, str]:
        """Path of each Python program -> the path it links to. Links to a missing Python are left
        out; links through other names (/etc/alternatives) are kept, as their end is not known."""
        found = {path: str(one.get("link") or path) for path, one in self._of("python")}

        def leads(program: str) -> bool:
            for _ in range(_LINKS):
                onward = found.get(program) or found.get(f"usr/{program}")
                if onward is None:
                    return _PYTHON_NAME.search(program) is None
                if onward in (program, f"usr/{program}"):
                    return True
                program = onward
            return False

        return {path: link for path, link in found.items() if leads(path)}

    def _libraries(self) -> dict[str, tuple[str, ...]]:
        """Library name -> folders that contain it; links that lead nowhere are left out."""
        paths = {path: str(one.get("link", "")) for path, one in self._of("library")}
        found: dict[str, set[str]] = {}
        for path in paths:
            target = path
            for _ in range(_LINKS):
                if not (onward := paths.get(target, "")):
                    break
                # If /lib is a link to /usr/lib, the files are found only below /usr/lib.
                target = onward if onward in paths else f"usr/{onward}"
            if target in paths and not paths[target]:
                folder, _, name = path.rpartition("/")
                found.setdefault(name, set()).add(folder)
        return {name: tuple(sorted(folders)) for name, folders in found.items()}

    def _system(self) -> str:
        told = {path: str(one.get("text", "")) for path, one in self._of("text")}
        text = told.get("etc/os-release") or told.get("usr/lib/os-release") or ""
        id = re.search(r'^ID="?([a-z0-9._-]{1,40})', text, re.MULTILINE)
        version = re.search(r'^VERSION_ID="?([0-9.]{1,20})', text, re.MULTILINE)
        if id and version:
            return f"{id[1]}-{version[1]}"
        old = re.search(r"CentOS\D{0,30}(\d)", told.get("etc/centos-release", ""))
        return f"centos-{old[1]}" if old else ""


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()[:200]


def _tops(files: Iterable[str]) -> tuple[str, ...]:
    """The names of a distribution's modules by their first part and by their first two parts, since
    several distributions share the first part of a namespace (google)."""
    found: dict[str, None] = {}
    for file in files:
        parts = file.split("/")
        for many in (1, 2):
            if len(parts) >= many:
                found["/".join(parts[:many]).removesuffix(".py")] = None
        if len(found) >= _TOPS:
            break
    return tuple(found)


def _listed(value: object) -> dict[str, object]:
    """A list of files from a layer's reader as a mapping: path -> size in bytes."""
    rows = value if isinstance(value, list) else []
    return {str(row[0]): row[1] for row in rows if isinstance(row, list | tuple) and len(row) >= 2}


def _distribution(kind: str, path: str, name: str) -> Distribution | None:
    if kind == "distribution":
        named, _, version = name.partition("-")
        # An egg's name ends with its Python version; a wheel's has only name and version.
        version = re.sub(r"-py\d.*$", "", version)
        found = _SITE.match(path)
        python, prefix = (found["python"], found["prefix"]) if found else ("", "")
    elif kind == "conda":
        named, version = [*name.rsplit("-", 2), "", ""][:2]
        python, prefix = "", path.partition("/conda-meta/")[0]
    else:
        return None
    if not named or not version:
        return None
    return Distribution(
        name=_normal(named),
        version=version[:100],
        python=python,
        prefix=prefix,
        path=path,
    )
