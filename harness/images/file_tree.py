"""What is kept of an image's files as they stream by, and how its interpreter finds them. Pure.

For each file that Python could load only a digest, a size and a time are kept, not its content.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

_LINKS = 40
MAGIC = {"3.11": 3495, "3.12": 3531, "3.13": 3571, "3.14": 3627}
"""Python version -> its magic number, for the versions whose source hash this Python can compute;
earlier ones use SipHash-2-4."""
_PYTHON = re.compile(r"(?:^|/)bin/(?:python|pypy)(?P<version>\d(?:\.\d{1,2})?)?$")
_FOLDER = re.compile(r"^(?P<prefix>.*?)/?lib(?:64)?/python(?P<version>\d(?:\.\d{1,2})?)(?:/|$)")
_QUOTED = re.compile(r"""['"](/[^'"\0]{1,400})['"]""")
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """How to find the interpreter in an environment."""

    interpreter: str = ""
    """Its name or path; if empty, python3 and then python are looked for on `path`."""
    path: str = PATH
    pythonpath: str = ""


@dataclass(frozen=True, slots=True)
class File:
    """A file as it streamed by."""

    digest: bytes
    """SHA-256 of its content."""
    size: int
    mtime: int
    md5: bytes = b""
    """Only for files that a Debian package may list."""
    source: bytes = b""
    """Of a module: the source hash that compiled modules contain, where it can be computed."""


@dataclass(slots=True)
class FileTree:
    """What is kept of a whole tree of files. Paths have no leading slash."""

    files: dict[str, File] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)
    """Path of a symbolic link -> its target as written."""
    headers: dict[str, bytes] = field(default_factory=dict)
    """Path of a compiled module -> its first 16 bytes."""
    texts: dict[str, bytes] = field(default_factory=dict)
    """Contents of small files that are needed: metadata, lists of files, `.pth` files."""
    versions: dict[str, str] = field(default_factory=dict)
    """Path of a module -> the version that its text states."""
    packages: set[str] = field(default_factory=set)
    """Modules, and folders with an `__init__.py`, outside the folders that installers use."""

    def real(self, path: str) -> str:
        """The path without symbolic links, as far as they can be followed."""
        for _ in range(_LINKS):
            parts = path.strip("/").split("/")
            for count in range(1, len(parts) + 1):
                head = "/".join(parts[:count])
                if head in self.links:
                    target = self.links[head]
                    if not target.startswith("/"):
                        target = posixpath.join(posixpath.dirname(head), target)
                    joined = posixpath.join(target, *parts[count:])
                    path = posixpath.normpath("/" + joined).lstrip("/")
                    break
            else:
                return "/".join(parts)
        return path

    def interpreter(self, asked: Asked) -> tuple[str, str]:
        """(the path that is started, the program it links to); both empty if there is none."""
        named = asked.interpreter
        names = (named,) if named else ("python3", "python")
        folders = [one for one in (asked.path or PATH).split(":") if one.startswith("/")]
        for name in names:
            tried = (name,) if "/" in name else [posixpath.join(one, name) for one in folders]
            for path in tried:
                path = posixpath.normpath(path).lstrip("/")
                real = self.real(path)
                if real in self.files:
                    return path, real
        return "", ""

    def search_path(self, asked: Asked) -> tuple[str, ...]:
        """The folders that modules are loaded from, in order.

        These are: the folders in PYTHONPATH, folders that `.pth` files insert at the front, the
        standard library, the installers' folders, folders that `.pth` files append.
        """
        started, real = self.interpreter(asked)
        version = self.version_of(real) or self.version_of(started)
        prefixes = dict.fromkeys(
            posixpath.dirname(posixpath.dirname(one)) for one in (started, real) if one
        )
        places = sorted(set(self._places()))
        library = [one for one in places if self._library(one, prefixes, version)]
        own = list(prefixes)[:1] if self._alone(started, version) else list(prefixes)
        sites = [one for one in places if self._site(one, own, version)]
        named = [one.strip("/") for one in asked.pythonpath.split(":") if one.startswith("/")]
        first: list[str] = []
        last: list[str] = []
        for site in sites:
            for line in self.pth_lines(site):
                if line.startswith(("import ", "import\t")):
                    first += [one.strip("/") for one in _QUOTED.findall(line)]
                else:
                    last.append(posixpath.normpath(posixpath.join("/", site, line)).lstrip("/"))
        return tuple(dict.fromkeys((*named, *first, *library, *sites, *last)))

    def _alone(self, started: str, version: str) -> bool:
        """Whether it is a virtual environment without access to the system's packages."""
        prefix = posixpath.dirname(posixpath.dirname(started))
        marker = f"{prefix}/lib/python{version}/no-global-site-packages.txt"
        settings = self.text(f"{prefix}/pyvenv.cfg").lower().replace(" ", "")
        return marker in self.texts or "include-system-site-packages=false" in settings

    def pth_files(self, site: str) -> Iterator[str]:
        """The `.pth` files of a folder, in the order in which Python reads them."""
        for path in sorted(self.texts):
            if path.endswith(".pth") and posixpath.dirname(path) == site:
                yield path

    def pth_lines(self, site: str) -> Iterator[str]:
        """The lines of a folder's `.pth` files, without comments and empty lines."""
        for path in self.pth_files(site):
            for line in self.text(path).splitlines():
                if line.strip() and not line.startswith("#"):
                    yield line.rstrip()

    def text(self, path: str) -> str:
        """The kept content of a file; empty if there is none."""
        return self.texts.get(path, b"").decode("utf-8", "replace")

    def version_of(self, program: str) -> str:
        """major.minor by the program's name, or by the only library in its prefix; empty if
        unknown."""
        found = _PYTHON.search(program)
        if found and "." in (found["version"] or ""):
            return str(found["version"])
        prefix = posixpath.dirname(posixpath.dirname(program))
        known = {
            match["version"]
            for one in self._places()
            if (match := _FOLDER.match(one)) and match["prefix"] == prefix and program
        }
        minor = {one for one in known if "." in one}
        return minor.pop() if len(minor) == 1 else ""

    def _places(self) -> Iterator[str]:
        """The standard libraries and installers' folders of every Python in the tree."""
        seen = set()
        for path in self.files:
            parts = path.split("/")
            for count, part in enumerate(parts[:-1], 1):
                site = part in ("site-packages", "dist-packages")
                python = count > 1 and part.startswith("python") and parts[count - 2][:3] == "lib"
                if site or python:
                    seen.add("/".join(parts[:count]))
        yield from seen

    @staticmethod
    def magic_of(path: str) -> int:
        """The magic number of compiled modules for this file's Python; 0 if not known."""
        found = _FOLDER.match(path)
        return MAGIC.get(found["version"], 0) if found else 0

    @staticmethod
    def _library(folder: str, prefixes: dict[str, None], version: str) -> bool:
        found = _FOLDER.match(folder)
        return bool(
            found
            and found["prefix"] in prefixes
            and found.end() >= len(folder)
            and (not version or found["version"] == version)
        )

    @staticmethod
    def _site(folder: str, prefixes: list[str], version: str) -> bool:
        found = _FOLDER.match(folder)
        if found is None or posixpath.basename(folder) not in ("site-packages", "dist-packages"):
            return False
        if found.end() < len(folder) - len("site-packages"):
            return False
        known = set(prefixes)
        if "usr" in known and posixpath.basename(folder) == "dist-packages":
            known.add("usr/local")  # Debian's Python searches this prefix, too.
        fits = not version or found["version"] in (version, version.partition(".")[0])
        return found["prefix"] in known and fits
