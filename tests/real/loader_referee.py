"""The image's own dynamic loader, asked what it would load, as the reference for our model of
it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from docker import APIClient
from docker.errors import APIError

from harness.images.archive import opened_archive
from harness.images.inside import Inside
from harness.images.loader import FoundBy, LoaderSight, Loading
from harness.images.loader_files import PRELOADED, cached
from harness.images.loader_tree import lies_at
from harness.images.looking import look_inside
from harness.images.manifest import Platform

LOADER = "/lib64/ld-linux-x86-64.so.2"
_TRACED = {"LD_TRACE_LOADED_OBJECTS": "1", "LD_WARN": "yes", "LD_BIND_NOW": "1"}
_LINE = re.compile(r"^\t(?P<name>\S+)(?: => (?P<path>not found|\S+))?(?: \(0x[0-9a-f]+\))?$")
_UNDEFINED = re.compile(r"undefined symbol: (?P<name>[^\s,]+)")
HERE = Platform(architecture="amd64")


@dataclass(frozen=True, kw_only=True)
class Traced:
    """What a loader printed about one object."""

    answers: frozenset[tuple[str, str]]
    """(name, file with links resolved; empty if the name was not found). One object may find what
    another does not."""
    undefined: tuple[str, ...] = ()
    text: str = field(default="", compare=False)

    def file(self, name: str) -> str:
        """The one file that was found for a name."""
        (found,) = {file for asked_for, file in self.answers if asked_for == name}
        return found


def looked_into(engine: APIClient, image: str, folder: Path) -> Inside:
    """What an image of this engine contains, read from its layers."""
    path = folder / "image.tar"
    with path.open("wb") as file:
        for chunk in engine.get_image(image, chunk_size=1024**2):
            file.write(chunk)
    try:
        with opened_archive(path, HERE) as archive:
            return look_inside(archive.layers, ("tensorflow",))
    finally:
        path.unlink()


def said_of(engine: APIClient, image: str, command: Sequence[str], **options: object) -> str:
    """The output of a container that has no network, no capabilities, and nothing to write to."""
    made = engine.create_container(
        image,
        command=list(command[1:]),
        entrypoint=[command[0]],
        host_config=engine.create_host_config(
            network_mode="none", read_only=True, cap_drop=["ALL"]
        ),
        **options,
    )
    try:
        engine.start(made)
        engine.wait(made)
        said: bytes = engine.logs(made, stdout=True, stderr=True)
        return said.decode("utf-8", "replace")
    finally:
        with suppress(APIError):
            engine.remove_container(made, force=True, v=True)


def asked(
    engine: APIClient, image: str, program: str, path: str, environment: Mapping[str, str]
) -> str:
    """What the image's loader prints about an object that is loaded into a program before
    everything else."""
    own = dict(environment) | _TRACED
    text = said_of(engine, image, [LOADER, "--preload", path, program], environment=own)
    if "unrecognized" in text or "cannot open shared object file: --preload" in text:
        # Loaders before glibc 2.30 support only the variable.
        preload = f"{path}:{environment.get('LD_PRELOAD', '')}".rstrip(":")
        own |= {"LD_PRELOAD": preload}
        text = said_of(engine, image, [LOADER, program], environment=own)
    return text


def traced(text: str, inside: Inside) -> Traced:
    """Parse the lines of a loader, with paths in the form of the model."""
    files = {one.path: one for one in inside.objects}
    answers: set[tuple[str, str]] = set()
    for line in text.splitlines():
        found = _LINE.match(line)
        if found is None or found["name"].startswith("linux-vdso"):
            continue
        path = found["path"] or found["name"]
        file = "" if path == "not found" else lies_at(path.lstrip("/"), inside.links, files)
        assert file or path == "not found", f"the model does not know of {path}"
        answers.add((found["name"], file))
    undefined = tuple(sorted({found["name"] for found in _UNDEFINED.finditer(text)}))
    return Traced(answers=frozenset(answers), undefined=undefined, text=text)


def modelled(
    inside: Inside, program: str, path: str, environment: Mapping[str, str]
) -> tuple[Traced, Loading]:
    """What the model says about the same object."""
    sight = LoaderSight(
        objects={one.path: one for one in inside.objects},
        links=inside.links,
        cache=cached(inside.cache, 62),
        library_path=environment.get("LD_LIBRARY_PATH", ""),
        preload=environment.get("LD_PRELOAD", ""),
        preloaded=inside.texts.get(PRELOADED, ""),
    )
    loading = Loading(sight, program, [path])
    answers = {
        (LOADER if one.step is FoundBy.STARTED else one.names[0], one.real)
        for one in loading.loaded
        if one is not loading.main
    }
    answers |= {(one.name, "") for one in loading.unanswered}
    return Traced(answers=frozenset(answers)), loading
