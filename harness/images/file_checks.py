"""From a tree of files to facts about it: what is installed, what was changed since. Pure.

Every fact is named `outside.`, since nothing in the image was asked. A list of installed files
(RECORD, or that of a Debian package) is the installer's word, and is held against the files.
"""

from __future__ import annotations

import base64
import binascii
import csv
import hashlib
import posixpath
import re
import struct
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from harness.images.file_tree import Asked, FileTree

Told = str | int | list[str]

_LISTED = 20
"""Files that one fact names; the others are counted."""
_DISTRIBUTIONS = 3000
_TEXT = 400
_HEADER = 16
_PYTHON_2 = 50_000
"""Compiled modules of Python 2 begin with a greater number, those of 3 with a smaller one."""
_WITH_FLAGS = 3390
"""From here on (3.7) they say how they are held against their source."""
_INFO = re.compile(r"^(?P<folder>.+)/(?P<stem>[^/]+)\.(?P<kind>dist-info|egg-info)(?:/|$)")
_NOT_CONTENT = ("RECORD", "INSTALLER", "REQUESTED", "direct_url.json")
"""What an installer writes of itself: equal files may have been installed differently."""
_LEFT_OUT = re.compile(
    r"/(?:tests?|idlelib|lib2to3|ensurepip|turtledemo|tkinter|config-[^/]*|__pycache__)/"
    r"|/_sysconfigdata[^/]*\.py$|/(?:site|dist)-packages/|/LICENSE\.txt$"
)
"""Of a standard library: what people take out, and what is made on the spot."""
_APPORT = {
    "try:",
    "import apport_python_hook",
    "except ImportError:",
    "pass",
    "else:",
    "apport_python_hook.install()",
}
"""The lines of the sitecustomize.py that Debian and Ubuntu ship."""


@dataclass(slots=True)
class _Distribution:
    folder: str
    info: str
    name: str
    version: str
    listed: dict[str, bytes] = field(default_factory=dict)
    """Files it says it brought, with the SHA-256 it says they have; empty: it says none."""
    record: bool = False


def facts_of(tree: FileTree, asked: Asked) -> Iterator[tuple[str, Told]]:
    """Every fact, in no order that matters."""
    started, program = tree.interpreter(asked)
    path = tree.search_path(asked)
    reading = _Reading(tree, path)
    if program:
        yield "outside.python.path", f"/{program}"[:_TEXT]
        yield "outside.python.started", f"/{started}"[:_TEXT]
        yield "outside.python.sha256", tree.files[program].digest.hex()
        yield from _standard_library(tree, path, program)
    yield from reading.distributions()
    yield from reading.packages_of_debian()
    for kind, lines in reading.bytecode().items():
        yield from _list(f"outside.bytecode.{kind}", lines)
    yield from _list("outside.pth", reading.startup_files())
    yield from _list("outside.customize", reading.customized())
    yield from reading.shadowed()
    yield from _list("outside.path", reading.elsewhere())
    if preload := " ".join(tree.text("etc/ld.so.preload").split()):
        yield "outside.preload", preload[:_TEXT]


def _list(name: str, lines: Iterable[str]) -> Iterator[tuple[str, Told]]:
    """A fact of some lines, where there are any; what is too many is counted."""
    every = sorted(dict.fromkeys(lines))
    if every:
        more = len(every) - _LISTED
        shown = [one[:_TEXT] for one in every[:_LISTED]]
        yield name, [*shown, f"and {more} more"] if more > 0 else shown


def _standard_library(
    tree: FileTree, path: tuple[str, ...], program: str
) -> Iterator[tuple[str, Told]]:
    digest, count = hashlib.sha256(), 0
    shared = hashlib.sha256()
    folders = [one for one in path if not one.endswith("-packages") and "/python" in f"/{one}"]
    prefix = posixpath.dirname(posixpath.dirname(program))
    for name in sorted(tree.files):
        slashed = f"/{name}"
        folder = next((one for one in folders if name.startswith(f"{one}/")), None)
        if folder is not None and name.endswith((".py", ".so")) and not _LEFT_OUT.search(slashed):
            digest.update(name[len(folder) :].encode("utf-8", "replace") + b"\0")
            digest.update(tree.files[name].digest)
            count += 1
        elif "libpython" in posixpath.basename(name) and name.startswith(f"{prefix}/lib"):
            shared.update(tree.files[name].digest)
            count += 1
    if count:
        digest.update(shared.digest())
        yield "outside.python.library", digest.hexdigest()


class _Reading:
    """One pass over what is installed on one search path."""

    def __init__(self, tree: FileTree, path: tuple[str, ...]) -> None:
        self.tree, self.path = tree, path
        self.sites = tuple(one for one in path if one.endswith(("site-packages", "dist-packages")))
        self.found = tuple(_distributions(tree, self.sites))
        self.claims: dict[str, list[bytes]] = defaultdict(list)
        """Path -> the digests that lists give it; empty bytes where a list gives none."""
        for one in self.found:
            for file, digest in one.listed.items():
                self.claims[file].append(digest)
        self.debian = dict(_debian(tree))

    def owned(self, path: str) -> bool:
        """Whether an installer's list names the file, and it is what the list says."""
        file = self.tree.files.get(path)
        if file is None:
            return False
        if any(digest in (b"", file.digest) for digest in self.claims.get(path, ())):
            return True
        return path in self.debian and self.debian[path] == file.md5

    def distributions(self) -> Iterator[tuple[str, Told]]:
        names: dict[str, list[_Distribution]] = defaultdict(list)
        for one in self.found[:_DISTRIBUTIONS]:
            names[one.name].append(one)
        added = self._added()
        for name, several in sorted(names.items()):
            first = min(several, key=lambda one: self.path.index(one.folder))
            yield f"outside.distribution.{name}", first.version[:_TEXT]
            lines = {f"{one.version} in /{one.folder}" for one in several}
            if len(lines) > 1:
                yield from _list(f"outside.copies.{name}", lines)
            if not first.record:
                continue
            yield f"outside.build.{name}", _tags(self.tree.text(f"{first.info}/WHEEL"))
            if own := self._own_version(first):
                yield f"outside.own_version.{name}", own
            if len(several) > 1 or f"{first.info}/METADATA" in self.debian:
                continue  # A leftover list; or Debian's, which lists the files as they are.
            yield from self._held(first, added)

    def _held(self, one: _Distribution, added: dict[str, list[str]]) -> Iterator[tuple[str, Told]]:
        """A distribution's list held against its files, and the digest of what is there."""
        installer = self.tree.text(f"{one.info}/INSTALLER").strip()
        changed, missing = [], []
        content = hashlib.sha256()
        extra = added.get(one.name, [])
        for path in sorted({*one.listed, *extra}):
            if not path.startswith(f"{one.folder}/") or path.endswith(".pyc"):
                continue
            inside = path[len(one.folder) + 1 :]
            file = self.tree.files.get(self.tree.real(path) if path in self.tree.links else path)
            if file is None:
                if path not in self.tree.links:
                    missing.append(inside)
                continue
            wanted = self.claims.get(path, [])
            if wanted and all(digest not in (b"", file.digest) for digest in wanted):
                changed.append(inside)
            if posixpath.basename(path) not in _NOT_CONTENT:
                content.update(inside.encode("utf-8", "replace") + b"\0" + file.digest)
        yield f"outside.content.{one.name}", content.hexdigest()
        # conda writes paths of its own into files, after the list was made.
        kind = "rewritten" if installer == "conda" else "changed"
        yield from _list(f"outside.{kind}.{one.name}", changed)
        yield from _list(f"outside.missing.{one.name}", missing)
        yield from _list(
            f"outside.added.{one.name}", (path[len(one.folder) + 1 :] for path in extra)
        )

    def _added(self) -> dict[str, list[str]]:
        """By distribution: modules in a folder that only distributions with lists of files share,
        and that none of them lists."""
        owners: dict[str, set[str]] = defaultdict(set)
        for one in self.found:
            for path in one.listed:
                inside = path[len(one.folder) + 1 :]
                if path.startswith(f"{one.folder}/") and "/" in inside:
                    owners[f"{one.folder}/{inside.partition('/')[0]}"].add(one.name)
        for one in self.found:
            if not one.record:
                tops = self.tree.text(f"{one.info}/top_level.txt").split() or [one.name]
                for top in tops:
                    owners.pop(f"{one.folder}/{top.replace('-', '_')}", None)
        found: dict[str, list[str]] = defaultdict(list)
        for path in self.tree.files:
            if path in self.claims or not (path.endswith(".py") or ".so" in path[-12:]):
                continue
            site = next((one for one in self.sites if path.startswith(f"{one}/")), None)
            top = path[len(site) + 1 :].partition("/")[0] if site is not None else ""
            if names := owners.get(f"{site}/{top}"):
                found[min(names)].append(path)
        return found

    def _own_version(self, one: _Distribution) -> str:
        """The version that the distribution's own module states in its text."""
        tops = {path[len(one.folder) + 1 :].partition("/")[0] for path in one.listed}
        named = [top for top in tops if normal(top) == one.name]
        for top in named:
            for file in ("version", "_version", "__version__", "src/version", "__init__"):
                if said := self.tree.versions.get(f"{one.folder}/{top}/{file}.py"):
                    return said
        return ""

    def packages_of_debian(self) -> Iterator[tuple[str, Told]]:
        """Files of Python that Debian's packages list with other sums."""
        changed, missing = [], []
        for path, md5 in self.debian.items():
            if not path.endswith((".py", ".so")) and "/bin/" not in path:
                continue
            file = self.tree.files.get(path)
            if file is None:
                if path.startswith("usr/lib/python") and path not in self.tree.links:
                    missing.append(f"/{path}")
            elif file.md5 and file.md5 != md5:
                changed.append(f"/{path}")
        yield from _list("outside.system.changed", changed)
        yield from _list("outside.system.missing", missing)

    def bytecode(self) -> dict[str, list[str]]:
        """Compiled modules by what is wrong with them; see `Bytecode`."""
        found: dict[str, list[str]] = defaultdict(list)
        for path, head in self.tree.headers.items():
            if any(path.startswith(f"{one}/") for one in self.path):
                kind = _unfit(path, head, self.tree, path in self.claims)
                if kind:
                    found[kind].append(f"/{path}")
        return found

    def startup_files(self) -> Iterator[str]:
        """Lines of `.pth` files that no installer's list names, which Python follows at each
        start."""
        for site in self.sites:
            for path in self.tree.pth_files(site):
                if self.owned(path):
                    continue
                for line in self.tree.text(path).splitlines():
                    if line.startswith(("import ", "import\t")):
                        yield f"/{path} runs: {line.strip()}"
                    elif line.strip() and not line.startswith("#"):
                        yield f"/{path} adds: {line.strip()}"

    def customized(self) -> Iterator[str]:
        """Modules of the names that Python imports at each start, with code of nobody's list."""
        for folder in self.path:
            for name in ("sitecustomize", "usercustomize"):
                for path in (f"{folder}/{name}.py", f"{folder}/{name}/__init__.py"):
                    real = self.tree.real(path) if path in self.tree.links else path
                    lines = {one.strip() for one in self.tree.text(real).splitlines()}
                    code = {one for one in lines if one and not one.startswith("#")}
                    if code - _APPORT and not self.owned(real):
                        yield f"/{path}"

    def elsewhere(self) -> Iterator[str]:
        """What else modules may be loaded from: folders of no installer, and eggs."""
        for folder in self.path:
            library = posixpath.basename(folder).startswith("python")
            if folder not in self.sites and not library:
                yield f"/{folder}"
        for path in self.tree.files:
            site = next((one for one in self.sites if path.startswith(f"{one}/")), None)
            first = path[len(site) + 1 :].partition("/")[0] if site is not None else ""
            if first.endswith((".egg", ".egg-link")):
                yield f"/{site}/{first}"

    def shadowed(self) -> Iterator[tuple[str, Told]]:
        """Modules of a distribution that are found first in a folder where nobody installs."""
        tops: dict[str, str] = {}
        for one in self.found:
            for path in one.listed:
                top, _, rest = path[len(one.folder) + 1 :].partition("/")
                if path.startswith(f"{one.folder}/") and (rest or top.endswith(".py")):
                    tops.setdefault(top.removesuffix(".py"), one.folder)
        for top, folder in sorted(tops.items()):
            for earlier in self.path[: self.path.index(folder)]:
                if earlier not in self.sites and f"{earlier}/{top}" in self.tree.packages:
                    yield f"outside.shadowed.{normal(top)}", f"/{earlier}/{top}"[:_TEXT]
                    break


def _distributions(tree: FileTree, sites: tuple[str, ...]) -> Iterator[_Distribution]:
    seen = set()
    for path in sorted(tree.texts):
        found = _INFO.match(path)
        if found is None or found["folder"] not in sites:
            continue
        info = f"{found['folder']}/{found['stem']}.{found['kind']}"
        if info in seen:
            continue
        text = (
            tree.text(f"{info}/METADATA") or tree.text(f"{info}/PKG-INFO") or tree.text(info)
        ).partition("\n\n")[0]
        headers = dict(re.findall(r"^(Name|Version):[ \t]*(\S[^\r\n]*)", text, re.MULTILINE))
        if not headers.get("Name") or not headers.get("Version"):
            continue
        seen.add(info)
        record = f"{info}/RECORD"
        yield _Distribution(
            folder=found["folder"],
            info=info,
            name=normal(headers["Name"].strip()),
            version=headers["Version"].strip(),
            listed=dict(_listed(found["folder"], tree.text(record))),
            record=record in tree.texts,
        )


def _listed(folder: str, text: str) -> Iterator[tuple[str, bytes]]:
    try:
        for row in csv.reader(text.splitlines()):
            if len(row) >= 2 and row[0]:
                path = posixpath.normpath(posixpath.join("/", folder, row[0])).lstrip("/")
                kind, _, value = row[1].partition("=")
                digest = b""
                if kind == "sha256":
                    try:
                        digest = base64.urlsafe_b64decode(value + "=" * (-len(value) % 4))
                    except (binascii.Error, ValueError):
                        digest = b"?"
                yield path, digest
    except csv.Error:
        return


def _debian(tree: FileTree) -> Iterator[tuple[str, bytes]]:
    for path in tree.texts:
        if path.endswith(".md5sums"):
            for line in tree.text(path).splitlines():
                sum_, _, name = line.partition("  ")
                if len(sum_) == 32 and re.fullmatch("[0-9a-f]{32}", sum_):
                    yield name.strip(), bytes.fromhex(sum_)


def _unfit(path: str, head: bytes, tree: FileTree, listed: bool) -> str:
    """What is wrong with a compiled module; empty where it fits, or no Python takes it.

    `foreign`: it is loaded, and was made from another source. `alone`: it is loaded, has no source,
    and is in no list. `stale`: it was made from another source, and Python sees that and does not
    take it. `unread`: it is loaded whatever its source says, and its hash cannot be told here.
    """
    folder, name = posixpath.split(path)
    cached = posixpath.basename(folder) == "__pycache__"
    module = f"{posixpath.dirname(folder)}/{name.partition('.')[0]}.py"
    source = module if cached else path[:-1]
    file = tree.files.get(tree.real(source))
    if file is None:
        return "" if cached or listed else "alone"
    if len(head) < _HEADER or head[2:4] != b"\r\n":
        return ""  # Python does not take it either.
    (magic,) = struct.unpack("<H", head[:2])
    mtime, size = file.mtime & 0xFFFFFFFF, file.size & 0xFFFFFFFF
    if magic > _PYTHON_2:
        return "" if struct.unpack("<I", head[4:8])[0] == mtime else "stale"
    if not cached:
        return ""  # Python 3 takes the source.
    if magic < _WITH_FLAGS:
        return "" if struct.unpack("<II", head[4:12]) == (mtime, size) else "stale"
    (flags,) = struct.unpack("<I", head[4:8])
    if not flags & 1:
        return "" if struct.unpack("<II", head[8:16]) == (mtime, size) else "stale"
    if flags & 2:
        return ""  # Python looks at the source itself.
    if not file.source or FileTree.magic_of(path) != magic:
        return "unread"
    return "" if head[8:16] == file.source else "foreign"


def _tags(text: str) -> str:
    """The wheel's build, its tags and their order as they are written."""
    return ", ".join(re.findall(r"^(?:Tag|Build):[ \t]*(\S+)", text, re.MULTILINE))[:_TEXT]


def normal(name: str) -> str:
    """A distribution's name as facts have it."""
    return re.sub(r"[-_.]+", "-", name).lower()[:200]
