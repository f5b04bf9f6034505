"""What the dynamic loader would load to start an image's Python and import the framework.

The answer is computed from the files that were read; nothing is run. Where it cannot be told,
`loading_of` returns the reason as text instead.
"""

from __future__ import annotations

import posixpath
import re
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from harness.check.build_kind import CORE, SITE, opens_cuda, own_objects
from harness.check.host import TargetHost
from harness.check.subject import Subject
from harness.images.inside import Inside, SharedObject
from harness.images.loader import LoadedObject, LoaderSight, Loading, MissingLibrary
from harness.images.loader_files import CONFIGURATION, PRELOADED, cached, configured
from harness.images.loader_tree import lies_at, real
from harness.knowledge import loaded

FROM_DRIVER = re.compile(r"^lib(?:cuda|nvidia-[\w-]+|nvcuvid)\.so\.1$")
"""Libraries that NVIDIA's container tools add to a container when it starts."""
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass(frozen=True, kw_only=True, slots=True)
class ImageLoading:
    """A model of one process that starts the image's Python and imports the framework."""

    loading: Loading
    roots: tuple[LoadedObject, ...]
    """Objects that importing the framework loads by path, as far as they are in the image."""
    extensions: tuple[LoadedObject, ...]
    """Objects of other packages that are linked with the framework."""
    started: tuple[LoadedObject, ...]
    """Objects that starting Python alone loads."""
    imported: tuple[LoadedObject, ...]
    """Objects that importing the framework loads in addition."""
    first: tuple[MissingLibrary, ...]
    """Libraries that are missing for Python to start."""
    lacking: tuple[MissingLibrary, ...]
    """Libraries that are missing for the framework to be imported."""
    lacking_extensions: tuple[MissingLibrary, ...]
    """Libraries that are missing for the objects in `extensions`."""

    def opens(self, name: str) -> LoadedObject | None:
        """Find the file for a library that the framework opens by name at run time, and load it;
        None where there is none."""
        asking = [one for one in self.loading.loaded if one.object.ours and opens_cuda(one.object)]
        for one in asking or self.roots[:1]:
            if (found := self.loading.find(name, one)) is not None:
                return found
        return None


def loading_of(
    subject: Subject, host: TargetHost, library_path: str | None = None
) -> ImageLoading | str:
    """What would be loaded on a host; or, as text, why that cannot be told.

    The text is empty where other rules already report that there is nothing to load.
    `library_path` replaces the image's own LD_LIBRARY_PATH.
    """
    inside = subject.inside
    if inside is None or inside.problems or not inside.pythons or not subject.version:
        return ""
    objects = {one.path: one for one in inside.objects}
    own = [one.path for one in own_objects(inside, subject.framework)]
    sites = dict.fromkeys(found["site"] for path in own if (found := SITE.match(path)))
    if not sites:
        return f"no shared object of {subject.framework} was found"
    # Where several Pythons have the framework, take the one that a command finds first.
    programs = [_program(subject, inside, site, objects) for site in sites]
    ranked = sorted((rank, file, site) for (rank, file), site in zip(programs, sites, strict=True))
    _, program, site = ranked[0]
    own = [path for path in own if not SITE.match(path) or path.startswith(f"{site}/")]
    if not program:
        return "no program is the Python that it is installed for"
    if (problem := objects[program].problem) or not objects[program].interpreter:
        return f"/{program} is not started by a dynamic loader ({problem or 'no PT_INTERP'})"
    sight = _sight(subject, inside, host, objects, program)
    if library_path is not None:
        sight = replace(sight, library_path=library_path)
    loading = Loading(sight, program)
    if not loading.modelled:
        return f"/{program} is started by {objects[program].interpreter}, which is not modelled"
    return _filled(subject, loading, site, objects, own)


def _filled(
    subject: Subject,
    loading: Loading,
    site: str,
    objects: Mapping[str, SharedObject],
    own: list[str],
) -> ImageLoading:
    started = tuple(loading.loaded)
    first = tuple(loading.unanswered)
    library = loaded.library(subject.framework, subject.version)
    needed = loaded.needs(subject.framework, subject.version)
    wanted = [
        *_standard(loading.main.real, objects, library, needed),
        *_imported(subject, site, own, objects),
    ]
    roots = [found for path in wanted if (found := loading.open(path)) is not None]
    lacking = tuple(loading.unanswered[len(first) :])
    imported = tuple(loading.loaded[len(started) :])
    ours = {posixpath.basename(one) for one in own} | {objects[one].soname for one in own}
    linked = [
        path
        for path, one in objects.items()
        if path.startswith(f"{site}/") and path not in own and ours.intersection(one.needed)
    ]
    extensions = [found for path in sorted(linked) if (found := loading.open(path)) is not None]
    return ImageLoading(
        loading=loading,
        roots=tuple(roots),
        extensions=tuple(extensions),
        started=started,
        imported=imported,
        first=first,
        lacking=lacking,
        lacking_extensions=tuple(loading.unanswered[len(first) + len(lacking) :]),
    )


def _standard(
    program: str,
    objects: Mapping[str, SharedObject],
    library: frozenset[str],
    needed: frozenset[str],
) -> list[str]:
    """Paths of compiled modules of Python's own library that decide whether the import works.

    These are those in `needed`, and those of the others in `library` that are no valid objects:
    without them an import may go on, but a file that is cut off ends the process.
    """
    broken = [one for one in _library(program, objects, library) if objects[one].problem]
    return list(dict.fromkeys((*_library(program, objects, needed), *broken)))


def _library(program: str, paths: Iterable[str], names: frozenset[str]) -> list[str]:
    """Paths of compiled modules with these names in the own library of a Python program."""
    prefix = program.rpartition("bin/")[0]
    own = re.compile(
        rf"{re.escape(prefix)}lib(?:64)?/python[\d.]{{1,5}}/lib-dynload/(?P<name>\w+)\.?[^/]*\.so$"
    )
    version = re.search(r"\d\.\d{1,2}", program.rpartition("/")[2])
    return [
        path
        for path in paths
        if (found := own.match(path))
        and found["name"] in names
        and (version is None or f"/python{version[0]}/" in f"/{path}")
    ]


def _imported(
    subject: Subject, site: str, own: list[str], objects: Mapping[str, SharedObject]
) -> list[str]:
    """Paths of the objects that importing the framework loads, its own ones last.

    Taken are its core objects, and whatever the nearest measured release loads of any package and
    does not work without.
    """
    _, modules = loaded.nearest(subject.framework, subject.version)
    stems = {module_stem(one) for one in modules}
    spare = loaded.guarded(subject.framework, subject.version)
    needed = []
    for path in objects:
        below = path[len(site) + 1 :]
        if path.startswith(f"{site}/") and (
            (path in own and CORE.search(f"/{path}"))
            or (module_stem(below) in stems and not loaded.is_guarded(below, spare))
        ):
            needed.append(path)
    return sorted(needed, key=lambda path: (path in own, path))


def loaded_modules(subject: Subject, told: ImageLoading) -> set[str]:
    """Paths of the compiled modules that importing the framework loads, of any package and of
    Python's own library, by what the nearest measured release loads."""
    inside = subject.inside
    site = next((found["site"] for one in told.roots if (found := SITE.match(one.real))), "")
    if inside is None or not site:
        return set()
    _, modules = loaded.nearest(subject.framework, subject.version)
    stems = {module_stem(one) for one in modules}
    objects = {one.path: one for one in inside.objects}
    own = loaded.library(subject.framework, subject.version)
    below = {path for path in objects if path.startswith(f"{site}/")}
    return {path for path in below if module_stem(path[len(site) + 1 :]) in stems} | set(
        _library(told.loading.main.real, objects, own)
    )


def missing_modules(subject: Subject, told: ImageLoading) -> list[str]:
    """Paths of compiled modules of Python's own library that a package installed, that are missing,
    and without which the framework cannot be imported."""
    inside = subject.inside
    if inside is None:
        return []
    needed = loaded.needs(subject.framework, subject.version)
    there = {*(one.path for one in inside.objects), *inside.links}
    names = {real(one, inside.links) for one in there}
    return sorted(
        path
        for path in _library(told.loading.main.real, inside.sums, needed)
        if path not in there and path not in names
    )


def module_stem(path: str) -> str:
    """A compiled module's path without the suffix that names its Python version."""
    return re.sub(r"(?:\.(?:cpython|abi3)[^/]*)?\.so[.\d]*$", ".so", path)


def _program(
    subject: Subject, inside: Inside, site: str, objects: Mapping[str, SharedObject]
) -> tuple[int, str]:
    """(place on PATH, path) of the Python program that looks for modules in the folder `site`.

    Where there is none, the path is empty and the place comes after all others.
    """
    found = SITE.match(f"{site}/it")
    image = subject.reading.image
    path = (image.environment.get("PATH") if image else "") or _PATH
    folders = [one.strip("/") for one in path.split(":")]

    def order(program: str) -> tuple[int, str]:
        folder = posixpath.dirname(program)
        return (folders.index(folder) if folder in folders else len(folders), program)

    if found is None:
        return len(folders) + 1, ""
    for program in sorted(inside.pythons, key=order):
        file = lies_at(program, inside.links, objects)
        prefixes = {one.rpartition("bin/")[0].strip("/") for one in (program, file)}
        if prefixes & {"usr", ""}:
            prefixes |= {"usr", "usr/local", ""}  # Debian's own Python looks in all of these.
        version = re.search(r"python(\d(?:\.\d{1,2})?)[dmu]*$", file)
        fits = version is None or version[1].startswith(found["python"])
        if file and found["prefix"] in prefixes and fits:
            return order(program)[0], file
    return len(folders) + 1, ""


def _sight(
    subject: Subject,
    inside: Inside,
    host: TargetHost,
    objects: Mapping[str, SharedObject],
    program: str,
) -> LoaderSight:
    image = subject.reading.image
    environment = image.environment if image else {}
    folders: tuple[str, ...] = ()
    if host.gpus and host.toolkit:
        # NVIDIA's tools run ldconfig when the container starts, so ld.so.conf counts as well.
        folders = configured_folders(inside)
    return LoaderSight(
        objects=objects,
        links=inside.links,
        cache=cached(inside.cache, objects[program].machine_number),
        configured=folders,
        library_path=environment.get("LD_LIBRARY_PATH", ""),
        preload=environment.get("LD_PRELOAD", ""),
        preloaded=inside.texts.get(PRELOADED, ""),
    )


def configured_folders(inside: Inside) -> tuple[str, ...]:
    """The folders that the image's ld.so.conf names."""
    if CONFIGURATION not in inside.texts:
        return ()
    return configured(lambda path: inside.texts.get(path, ""), inside.texts)


def asked_by(one: MissingLibrary) -> str:
    """Which object needs a missing library, in words."""
    told = f"needed by /{one.by.path}"
    return told if one.by.by is None else f"{told}, which /{one.by.by.path} loads"


def folders_with(loading: Loading, name: str) -> tuple[str, ...]:
    """Folders that contain a library of that name for this machine, searched or not.

    Folders with stubs come last.
    """
    sight = loading.sight
    found = {
        posixpath.dirname(path)
        for path in (*sight.objects, *sight.links)
        if posixpath.basename(path) == name
        and (file := lies_at(path, sight.links, sight.objects))
        and sight.objects[file].machine_number == loading.machine
    }
    return tuple(sorted(found, key=lambda one: ("stubs" in one.split("/"), len(one), one)))


def variable(value: str) -> str:
    """LD_LIBRARY_PATH as an option of `docker run`, quoted because the image chose the folders."""
    return f"-e {shlex.quote(f'LD_LIBRARY_PATH={value}')}"


def widened(loading: Loading, names: Iterable[str]) -> str:
    """The image's LD_LIBRARY_PATH with the folders of these libraries added; empty where one of
    the libraries is nowhere in the image, or only as a stub."""
    folders = [one for one in loading.sight.library_path.split(":") if one]
    for name in names:
        places = folders_with(loading, name)
        if not places or "stubs" in places[0].split("/"):
            return ""
        if not any(f"/{place}" in folders for place in places):
            folders.append(f"/{places[0]}")
    return ":".join(folders)
