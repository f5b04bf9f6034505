"""The model of the dynamic loader compared with each image's own loader: both find the same file
for the same name."""

from __future__ import annotations

import io
import random
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from secrets import token_hex

import pytest
from docker import APIClient

from harness.images.inside import Inside
from harness.images.loader import Loading
from harness.images.symbols import lacking
from tests.real.commandline import Place
from tests.real.loader_referee import (
    LOADER,
    Traced,
    asked,
    looked_into,
    modelled,
    said_of,
    traced,
)
from tests.real.made_bases import newest_base
from tests.real.test_check_legacy import built

sys.path.append(str(Path(__file__).parents[1] / "registry"))

from tests.registry.old_images import layer, shared_object

CORE = "tensorflow/python/_pywrap_tensorflow_internal.so"


@dataclass(frozen=True, kw_only=True)
class Base:
    """What small images are made of."""

    engine: APIClient
    image: str
    program: str


@contextmanager
def image_with(
    engine: APIClient, plain: str, files: dict[str, bytes | str | None], *lines: str
) -> Iterator[str]:
    """An image with these files on top of another, and with some lines of a Dockerfile."""
    text = "\n".join((f"FROM {plain}", "ADD files.tar /", *lines))
    context = layer({"Dockerfile": text.encode(), "files.tar": layer(files)})
    name = f"127.0.0.1:9/loader-{token_hex(4)}:1"
    said = list(
        engine.build(
            fileobj=io.BytesIO(context),
            custom_context=True,
            tag=name,
            rm=True,
            network_mode="none",
            decode=True,
        )
    )
    assert not [line for line in said if "error" in line], said
    try:
        yield name
    finally:
        engine.remove_image(name)


def held(base: Base, inside: Inside, path: str) -> tuple[Traced, Loading]:
    """The results of both for an object, which must be equal."""
    own = traced(asked(base.engine, base.image, base.program, path, {}), inside)
    model, loading = modelled(inside, base.program, path, {})
    assert path in {name for name, _ in own.answers}, own.text
    assert own.answers == model.answers, own.text
    return own, loading


LIBRARY = {name: shared_object(soname=f"lib{name}.so") for name in "abcdefxyz"}


def needing(*names: str, **more: str) -> bytes:
    return shared_object(
        tuple(f"lib{name}.so" if "/" not in name else name for name in names), **more
    )


DIFFICULT: dict[str, bytes | str | None] = {
    # RPATH is inherited; RUNPATH is not, and hides an RPATH beside it.
    "t/rpath.so": needing("mid", rpath="/t/one"),
    "t/runpath.so": needing("mid", runpath="/t/one"),
    "t/both.so": needing("x", rpath="/t/one", runpath="/t/two"),
    "t/origin.so": needing("x", runpath="$ORIGIN/../t/./one"),
    "t/braces.so": needing("x", runpath="${ORIGIN}/two"),
    "t/mixed.so": needing("own", rpath="/t/one"),
    "t/one/libmid.so": needing("x"),
    "t/one/libown.so": needing("x", runpath="/t/two"),
    "t/one/libx.so": LIBRARY["x"],
    "t/two/libx.so": shared_object(soname="libx.so", exports="two"),
    # The target of a link does not change $ORIGIN.
    "t/link.so": needing("far", rpath="/t/links"),
    "t/links/libfar.so": "../real/libfar.so.1",
    "t/links/liby.so": LIBRARY["y"],
    "t/real/libfar.so.1": needing("y", runpath="$ORIGIN"),
    "t/real/liby.so": shared_object(soname="liby.so", exports="real"),
    # A folder that is a link; one file under two names; a name that equals another file's SONAME.
    "t/folder.so": needing("x", "same", runpath="/t/through"),
    "t/through": "one",
    "t/one/libsame.so": "libx.so",
    "t/alias.so": needing("alias", "other", rpath="/t/alias"),
    "t/alias/libalias.so": shared_object(soname="libother.so"),
    "t/alias/libother.so": shared_object(soname="libunused.so"),
    # Skipped: libraries for another machine. Used: the local values of $LIB and $PLATFORM.
    "t/machine.so": needing("z", runpath="/t/arm:/t/here"),
    "t/arm/libz.so": shared_object(machine=183),
    "t/here/libz.so": LIBRARY["z"],
    "t/tokens.so": needing("z", "y", runpath="/t/$LIB:/t/$PLATFORM"),
    "t/lib/x86_64-linux-gnu/libz.so": LIBRARY["z"],
    "t/x86_64/liby.so": LIBRARY["y"],
    # Values of $PLATFORM that the loader uses on many Intel processors; the processor at hand is
    # not determined here.
    "t/haswell": "x86_64",
    "t/xeon_phi": "x86_64",
    # One by its path, and one that is not found.
    "t/named.so": needing("/t/one/libx.so", "nowhere"),
    # The cache, a configured folder that is not in the cache, a default folder.
    "t/cached.so": needing("c", "d", "stale", "e"),
    "etc/ld.so.conf.d/own.conf": b"/t/cached\n",
    "t/cached/libc.so": LIBRARY["c"],
    "usr/lib/x86_64-linux-gnu/libd.so": LIBRARY["d"],
    "lib/libe.so": LIBRARY["e"],
}
LATER: dict[str, bytes | str | None] = {
    # Written after `ldconfig` was run.
    "etc/ld.so.conf.d/stale.conf": b"/t/stale\n",
    "t/stale/libstale.so": shared_object(soname="libstale.so"),
    "usr/lib/x86_64-linux-gnu/libf.so": LIBRARY["f"],
    "t/default.so": needing("f"),
    "t/preload/libx.so": shared_object(soname="libx.so", exports="preloaded"),
    "etc/ld.so.preload": b"/t/preload/libpre.so\n",
    "t/preload/libpre.so": needing("y", runpath="$ORIGIN/../links"),
    "t/library_path/libx.so": shared_object(soname="libx.so", exports="by the variable"),
}
VARIABLES: tuple[dict[str, str], ...] = (
    {},
    {"LD_LIBRARY_PATH": "/t/library_path"},
    {"LD_LIBRARY_PATH": "/t/none:/t/two/:/t/stale"},
    {"LD_PRELOAD": "/t/preload/libx.so:/t/absent.so"},
    {"LD_PRELOAD": "libx.so", "LD_LIBRARY_PATH": "/t/one"},
)


@pytest.fixture(scope="module")
def base(engine: APIClient) -> Base:
    image, program = newest_base(engine)
    return Base(engine=engine, image=image, program=program)


def together(base: Base, inside: Inside, paths: list[str], environment: dict[str, str]) -> None:
    """Check many objects in one container, each with a loader process of its own."""
    lines = [
        f"echo ==={path}; LD_TRACE_LOADED_OBJECTS=1 LD_WARN=yes LD_BIND_NOW=1 "
        + " ".join(f"{name}='{value}'" for name, value in environment.items())
        + f" {LOADER} --preload {path} {base.program} 2>&1"
        for path in paths
    ]
    said = said_of(base.engine, base.image, ["/bin/sh", "-c", "\n".join(lines)])
    parts = said.split("===")[1:]
    assert len(paths) == len(parts), said
    for part in parts:
        path, _, text = part.partition("\n")
        own = traced(text, inside)
        model, _ = modelled(inside, base.program, path, environment)
        assert path in {name for name, _ in own.answers}, text
        assert own.answers == model.answers, (path, environment, text)


def test_every_way_by_which_a_library_is_found(base: Base, tmp_path: Path) -> None:
    paths = [f"/{one}" for one in (*DIFFICULT, *LATER) if re.fullmatch(r"t/\w+\.so", one)]
    with (
        image_with(base.engine, base.image, DIFFICULT, "RUN ldconfig") as first,
        image_with(base.engine, first, LATER) as image,
    ):
        made = replace(base, image=image)
        inside = looked_into(base.engine, image, tmp_path)
        for variables in VARIABLES:
            together(made, inside, paths, variables)
        # The loader itself as the container's program.
        for path, expected in (
            ("/t/rpath.so", {"libmid.so": "t/one/libmid.so", "libx.so": "t/one/libx.so"}),
            ("/t/runpath.so", {"libmid.so": "t/one/libmid.so", "libx.so": ""}),
            ("/t/cached.so", {"libc.so": "t/cached/libc.so", "libstale.so": ""}),
        ):
            own, _ = held(made, inside, path)
            assert expected == {name: own.file(name) for name in expected}


def at_random(seed: int) -> dict[str, bytes | str | None]:
    """A random tree of small libraries that need one another, found in all possible ways."""
    drawn = random.Random(seed)
    names = [f"lib{number}.so" for number in range(8)]
    folders = ["r/a", "r/b", "r/c", "r/d/deep"]
    ways = [*(f"/{one}" for one in folders), "$ORIGIN", "$ORIGIN/../b", "/r/link", "/none", ""]

    def made(*roots: str) -> bytes:
        more = {"soname": drawn.choice(names)} if drawn.random() < 0.7 and not roots else {}
        for kind in ("rpath", "runpath"):
            if drawn.random() < 0.45:
                more[kind] = ":".join(drawn.sample(ways, drawn.randrange(1, 4)))
        return shared_object(tuple(drawn.sample(names, drawn.randrange(3))) + roots, **more)

    files: dict[str, bytes | str | None] = {"r/link": drawn.choice(["a", "/r/d/deep", "b"])}
    for folder in folders:
        for name in names:
            chance = drawn.random()
            if chance < 0.45:
                files[f"{folder}/{name}"] = made()
            elif chance < 0.55:
                files[f"{folder}/{name}"] = f"/{drawn.choice(folders)}/{drawn.choice(names)}"
            elif chance < 0.6:
                files[f"{folder}/{name}"] = shared_object(machine=183)
    for number in range(25):
        files[f"r/root{number}.so"] = made(*drawn.sample(names, drawn.randrange(1, 4)))
    files["etc/ld.so.conf.d/own.conf"] = "".join(f"/{one}\n" for one in folders[2:]).encode()
    return files


@pytest.mark.parametrize("seed", range(4))
def test_trees_that_were_drawn_at_random(base: Base, tmp_path: Path, seed: int) -> None:
    files = at_random(seed)
    roots = [f"/{one}" for one in files if one.startswith("r/root")]
    lines = ("RUN ldconfig",) if seed % 2 else ()
    with image_with(base.engine, base.image, files, *lines) as image:
        inside = looked_into(base.engine, image, tmp_path)
        for path in ("", "/r/b:/r/link", "/r/d/deep/../deep/:/r/a"):
            variables = {"LD_LIBRARY_PATH": path} if path else {}
            together(replace(base, image=image), inside, roots, variables)


@pytest.mark.long
@pytest.mark.parametrize(
    ("cell", "program"),
    [("tf1.2.1-py2.7", "/usr/bin/python2.7"), ("tf2.21.0-py3.13", "/usr/bin/python3.13")],
)
def test_the_framework_of_a_cell(
    engine: APIClient, place: Place, tmp_path: Path, cell: str, program: str
) -> None:
    made = Base(engine=engine, image=built(place, cell), program=program)
    inside = looked_into(engine, made.image, tmp_path)
    (core,) = [one.path for one in inside.objects if one.path.endswith(CORE)]
    own, loading = held(made, inside, f"/{core}")
    assert own.file("libstdc++.so.6")
    assert [] == [one.path for one in loading.loaded if one.object.unread]
    missing = lacking(
        {one.path: one.object.undefined for one in loading.loaded},
        [(one.object.exports, one.object.versions) for one in loading.loaded],
    )
    assert () == own.undefined
    assert [] == [name for names in missing.values() for name in names]
