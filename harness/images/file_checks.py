"""Derive facts from a tree of files: what is installed, and what was changed since. Pure.

The names of all facts begin with `outside.`, since nothing in the image was run. A list of
installed files (RECORD, or that of a Debian package) is the installer's claim, and is compared with
the files.
"""

from __future__ import annotations

import hashlib
import posixpath
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator

from harness.images.bytecode import misfit
from harness.images.file_lists import Listing, debian_sums, listings, normal
from harness.images.file_tree import Asked, FileTree

Told = str | int | list[str]

_LISTED = 20
"""Files that one fact names; further ones are only counted."""
_DISTRIBUTIONS = 3000
_TEXT = 400
_NOT_CONTENT = ("RECORD", "INSTALLER", "REQUESTED", "direct_url.json")
"""Files in which an installer describes itself; they may differ although the content is equal."""
_LABEL = "WHEEL"
"""The file with a wheel's tags, which no import reads. Publishers rewrite it after the list was
made, so that it differs from the list although it is as published. Its tags are compared as
`outside.build` instead."""
_LEFT_OUT = re.compile(
    r"/(?:tests?|idlelib|lib2to3|ensurepip|turtledemo|tkinter|config-[^/]*|__pycache__)/"
    r"|/_sysconfigdata[^/]*\.py$|/(?:site|dist)-packages/|/LICENSE\.txt$"
)
"""Parts of a standard library that people remove, or that are generated on installation."""
_APPORT = {
    "try:",
    "import apport_python_hook",
    "except ImportError:",
    "pass",
    "else:",
    "apport_python_hook.install()",
}
"""The lines of the sitecustomize.py that Debian and Ubuntu ship."""


def facts_of(tree: FileTree, asked: Asked) -> Iterator[tuple[str, Told]]:
    """Yield every fact as (name, value), in no particular order."""
    started, program = tree.interpreter(asked)
    path = tree.search_path(asked)
    reading = _FilesReading(tree, path)
    if program:
        yield "outside.python.path", f"/{program}"[:_TEXT]
        yield "outside.python.started", f"/{started}"[:_TEXT]
        yield "outside.python.sha256", tree.files[program].digest.hex()
        yield from _standard_library(tree, path, program)
    yield from reading.distributions()
    yield from reading.packages_of_debian_sums()
    for kind, lines in reading.bytecode().items():
        yield from _list(f"outside.bytecode.{kind}", lines)
    yield from _list("outside.pth", reading.startup_files())
    yield from _list("outside.customize", reading.customized())
    yield from reading.shadowed()
    yield from _list("outside.path", reading.elsewhere())
    if preload := " ".join(tree.text("etc/ld.so.preload").split()):
        yield "outside.preload", preload[:_TEXT]


def _list(name: str, lines: Iterable[str]) -> Iterator[tuple[str, Told]]:
    """Yield a fact with these lines, if there are any; the lines beyond the limit are counted."""
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


class _FilesReading:
    """Examines what is installed on one search path."""

    def __init__(self, tree: FileTree, path: tuple[str, ...]) -> None:
        self.tree, self.path = tree, path
        self.sites = tuple(one for one in path if one.endswith(("site-packages", "dist-packages")))
        self.found = tuple(listings(tree, self.sites))
        self.claims: dict[str, list[bytes]] = defaultdict(list)
        """Path -> the digests that lists give for it; empty bytes where a list gives none."""
        for one in self.found:
            for file, digest in one.listed.items():
                self.claims[file].append(digest)
        self.debian = dict(debian_sums(tree))

    def owned(self, path: str) -> bool:
        """Whether an installer's list names the file, and the file has the listed digest."""
        file = self.tree.files.get(path)
        if file is None:
            return False
        if any(digest in (b"", file.digest) for digest in self.claims.get(path, ())):
            return True
        return path in self.debian and self.debian[path] == file.md5

    def distributions(self) -> Iterator[tuple[str, Told]]:
        """Yield facts about every distribution: version, copies, build, and changed files."""
        names: dict[str, list[Listing]] = defaultdict(list)
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
                continue  # One list is a leftover; or Debian's own sums cover the files.
            yield from self._held(first, added)

    def _held(self, one: Listing, added: dict[str, list[str]]) -> Iterator[tuple[str, Told]]:
        """Compare a distribution's list with its files, and digest what is there."""
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
            other = wanted and all(digest not in (b"", file.digest) for digest in wanted)
            if other and inside.rpartition("/")[2] != _LABEL:
                changed.append(inside)
            if posixpath.basename(path) not in _NOT_CONTENT:
                content.update(inside.encode("utf-8", "replace") + b"\0" + file.digest)
        yield f"outside.content.{one.name}", content.hexdigest()
        # conda writes its own paths into files after the list was made.
        kind = "rewritten" if installer == "conda" else "changed"
        yield from _list(f"outside.{kind}.{one.name}", changed)
        yield from _list(f"outside.missing.{one.name}", missing)
        yield from _list(
            f"outside.added.{one.name}", (path[len(one.folder) + 1 :] for path in extra)
        )

    def _added(self) -> dict[str, list[str]]:
        """Distribution -> modules in its folders that no list of files names.

        Only folders count where every distribution that uses them has a list of files.
        """
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

    def _own_version(self, one: Listing) -> str:
        """The version that the distribution's own module states in its text."""
        tops = {path[len(one.folder) + 1 :].partition("/")[0] for path in one.listed}
        named = [top for top in tops if normal(top) == one.name]
        for top in named:
            for file in ("version", "_version", "__version__", "src/version", "__init__"):
                if said := self.tree.versions.get(f"{one.folder}/{top}/{file}.py"):
                    return said
        return ""

    def packages_of_debian_sums(self) -> Iterator[tuple[str, Told]]:
        """Yield facts about Python's files that are missing, or differ from Debian's MD5 sums."""
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
        """Compiled modules, grouped by what is wrong with them; see `misfit`."""
        found: dict[str, list[str]] = defaultdict(list)
        for path, head in self.tree.headers.items():
            if any(path.startswith(f"{one}/") for one in self.path):
                kind = misfit(path, head, self.tree, path in self.claims)
                if kind:
                    found[kind].append(f"/{path}")
        return found

    def startup_files(self) -> Iterator[str]:
        """Lines of `.pth` files that no installer lists; Python follows them at every start."""
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
        """sitecustomize and usercustomize modules, which Python imports at every start, with code
        that no installer lists."""
        for folder in self.path:
            for name in ("sitecustomize", "usercustomize"):
                for path in (f"{folder}/{name}.py", f"{folder}/{name}/__init__.py"):
                    real = self.tree.real(path) if path in self.tree.links else path
                    lines = {one.strip() for one in self.tree.text(real).splitlines()}
                    code = {one for one in lines if one and not one.startswith("#")}
                    if code - _APPORT and not self.owned(real):
                        yield f"/{path}"

    def elsewhere(self) -> Iterator[str]:
        """Other places that modules are loaded from: folders that no installer uses, and eggs."""
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
        """Modules of a distribution that Python finds earlier, in a folder no installer uses."""
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


def _tags(text: str) -> str:
    """A wheel's build number and tags, in their order in the file."""
    return ", ".join(re.findall(r"^(?:Tag|Build):[ \t]*(\S+)", text, re.MULTILINE))[:_TEXT]
