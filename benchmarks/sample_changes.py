"""How a draw changes the image of its cell, as lines of a Dockerfile. Pure.

The kinds of change and the variables were chosen from what is met in practice (caches that were
cleaned, an older library that comes first, a truncated file, variables from blog posts), including
harmless ones, without looking at what `harness check` knows about.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import PurePosixPath

from sample_draws import MOVED, PATCHED, REINSTALLED, REMOVED, SHADOWED, VARIABLE, Draw, picked

LOADED_SHARE = 0.8
"""How often the library is one that importing the framework loads; otherwise it is any other."""
ELSEWHERE = "/opt/elsewhere"
_SONAME = re.compile(r"\.so\.\d+$")


@dataclass(frozen=True, kw_only=True)
class Library:
    """A shared object in an image."""

    path: str
    names: tuple[str, ...] = ()
    """Links beside it that point to it."""
    owner: str = ""
    """The distribution that installed it; empty if no Python distribution did."""

    @property
    def name(self) -> str:
        """The name it is loaded by: a link that ends in one number, else its own name."""
        return next((one for one in self.names if _SONAME.search(one)), self.file)

    @property
    def file(self) -> str:
        return PurePosixPath(self.path).name

    @property
    def folder(self) -> str:
        return str(PurePosixPath(self.path).parent)


@dataclass(frozen=True, kw_only=True)
class Held:
    """The content of a cell's image."""

    interpreter: str
    site: str
    """The folder that contains the framework."""
    loaded: tuple[Library, ...]
    """The libraries that a process has loaded after importing the framework."""
    others: tuple[Library, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Change:
    """What is changed in an image."""

    told: str
    """Text for a person."""
    lines: tuple[str, ...] = ()
    """Lines of a Dockerfile; the id of a cell in braces stands for its image."""
    wheel: str = ""
    """The distribution whose own wheel is installed once more."""
    subject: str = ""
    """The library, variable or distribution."""


def day_of(draw: Draw, first: str, last: str) -> str:
    """The day (ISO) that a draw selects, from the first to the last."""
    begin, end = date.fromisoformat(first), date.fromisoformat(last)
    return (begin + timedelta(days=int(draw.numbers[0] * ((end - begin).days + 1)))).isoformat()


def change_of(draw: Draw, held: Mapping[str, Held]) -> Change:
    """How a draw on one library or one variable changes its cell's image."""
    if draw.kind == VARIABLE:
        return _variable(draw, held[draw.cell])
    library = library_of(draw, held[draw.cell])
    return {
        MOVED: _moved,
        REMOVED: _removed,
        SHADOWED: _shadowed,
        PATCHED: _patched,
        REINSTALLED: _reinstalled,
    }[draw.kind](draw, library, held)


def library_of(draw: Draw, held: Held) -> Library:
    """The library that a draw selects: usually one that the import loads. To be shadowed, it must
    be one that the loader looks for by name."""
    among = held.loaded if draw.numbers[0] < LOADED_SHARE or not held.others else held.others
    if draw.kind == SHADOWED:
        among = tuple(one for one in among if one.file.startswith("lib")) or among
    return picked(draw.numbers[1], sorted(among, key=lambda one: one.path))


def _moved(draw: Draw, library: Library, _: Mapping[str, Held]) -> Change:
    folders = (ELSEWHERE, "/usr/local/lib", "/usr/lib", str(PurePosixPath(library.folder).parent))
    folder = picked(draw.numbers[2], [one for one in folders if one != library.folder])
    told_of = draw.numbers[3] < 0.5
    path = shlex.quote(library.path)
    line = f"RUN mkdir -p {folder} && mv {path} {folder}/" + (" && ldconfig" if told_of else "")
    behind = ", and ldconfig was run" if told_of else ""
    return Change(
        told=f"{library.path} is moved to {folder}{behind}", lines=(line,), subject=library.path
    )


def _removed(draw: Draw, library: Library, _: Mapping[str, Held]) -> Change:
    links = draw.numbers[2] < 0.5 and library.names
    gone = [library.path, *(f"{library.folder}/{one}" for one in library.names if links)]
    return Change(
        told=f"{library.path} is removed" + (", and the links to it" if links else ""),
        lines=(f"RUN rm {shlex.join(gone)}",),
        subject=library.path,
    )


def _shadowed(draw: Draw, library: Library, held: Mapping[str, Held]) -> Change:
    by = picked(draw.numbers[2], ("itself", "another", "nothing", "text"))
    by_variable = draw.numbers[3] < 0.5
    folder = "/opt/first" if by_variable else "/usr/local/lib"
    path = shlex.quote(f"{folder}/{library.name}")
    other = _elsewhere(draw, library, held)
    if by == "another" and other is not None:
        told = f"{library.name} of {other[0]}"
        made = f"COPY --from={{{other[0]}}} {other[1].path} {folder}/{library.name}"
    elif by == "nothing":
        told, made = "an empty file", f"RUN : > {path}"
    elif by == "text":
        told, made = "a text", f"RUN echo 'version https://git-lfs.github.com/spec/v1' > {path}"
    else:
        told, made = "a copy of itself", f"RUN cp -L {shlex.quote(library.path)} {path}"
    where = "LD_LIBRARY_PATH" if by_variable else "ldconfig"
    first = f"ENV LD_LIBRARY_PATH={folder}" if by_variable else "RUN ldconfig"
    return Change(
        told=f"{told} comes before {library.path}, in {folder} by {where}",
        lines=(f"RUN mkdir -p {folder}", made, first),
        subject=library.path,
    )


def _patched(draw: Draw, library: Library, _: Mapping[str, Held]) -> Change:
    path, share = shlex.quote(library.path), draw.numbers[3]
    size = f"$(stat -c %s {path})"
    percent = int(share * 100)
    ways = (
        (f"cut off at {percent} %", f"truncate -s $(( {size} * {percent} / 100 )) {path}"),
        (
            f"given a page of zeros at {percent} %",
            f"dd if=/dev/zero of={path} bs=4096 count=1 conv=notrunc "
            f"seek=$(( {size} * {percent} / 100 / 4096 ))",
        ),
        ("given a page more at its end", f"head -c 4096 /dev/zero >> {path}"),
        ("made one for another machine", _bytes_at(path, r"\267\000", 18)),
        (
            "made to need libm and libpthread of another number",
            rf"sed -i 's/libm\.so\.6/libm.so.9/; s/libpthread\.so\.0/libpthread.so.9/' {path}",
        ),
        ("made to need a later libc", rf"sed -i 's/GLIBC_2\.14/GLIBC_2.99/' {path}"),
        ("given another build's notes", rf"sed -i 's/GCC: (/GCC; (/' {path}"),
    )
    told, command = picked(draw.numbers[2], ways)
    return Change(told=f"{library.path} is {told}", lines=(f"RUN {command}",), subject=library.path)


def _bytes_at(path: str, octal: str, offset: int) -> str:
    return f"printf '{octal}' | dd of={path} bs=1 seek={offset} conv=notrunc"


def _reinstalled(draw: Draw, library: Library, held: Mapping[str, Held]) -> Change:
    path, folder = shlex.quote(library.path), shlex.quote(library.folder)
    ways = ("over itself", "away and back", "folder", "wheel", "of another cell")
    way = picked(draw.numbers[2], ways)
    other = _elsewhere(draw, library, held)
    if way == "wheel" and library.owner:
        told = f"{library.owner}, which has {library.path}, is installed once more from its wheel"
        return Change(told=told, wheel=library.owner, subject=library.path)
    if way == "of another cell" and other is not None:
        told = f"{library.path} is replaced by that of {other[0]}"
        lines: tuple[str, ...] = (f"COPY --from={{{other[0]}}} {other[1].path} {library.path}",)
    elif way == "away and back":
        told = f"{library.path} is taken away in one layer and put back in the next"
        lines = (f"RUN rm {path}", f"COPY --from={{{draw.cell}}} {library.path} {library.path}")
    elif way == "folder":
        told = f"every file of {library.folder} is written over itself"
        lines = (f"RUN cp -a {folder} /opt/kept && cp -a /opt/kept/. {folder}/ && rm -r /opt/kept",)
    else:
        told = f"{library.path} is written over itself"
        lines = (f"RUN cp -p {path} /opt/kept && cp -p /opt/kept {path} && rm /opt/kept",)
    return Change(told=told, lines=lines, subject=library.path)


def _elsewhere(
    draw: Draw, library: Library, held: Mapping[str, Held]
) -> tuple[str, Library] | None:
    """(cell, library) of the same name in another cell's image; None if no other cell has one."""
    found = [
        (cell, one)
        for cell, other in sorted(held.items())
        if cell != draw.cell
        for one in (*other.loaded, *other.others)
        if one.name == library.name
    ]
    return picked(draw.numbers[4], found) if found else None


def _variable(draw: Draw, held: Held) -> Change:
    name, value = picked(draw.numbers[0], VARIABLES)
    value = value.replace("{site}", held.site)
    return Change(told=f"{name}={value}", lines=(f'ENV {name}="{value}"',), subject=name)


VARIABLES = (
    ("PATH", "/usr/bin:/bin"),
    ("PATH", "/nowhere"),
    ("PYTHONHOME", "/usr"),
    ("PYTHONHOME", "/nowhere"),
    ("PYTHONPATH", "/workspace"),
    ("PYTHONPATH", "{site}"),
    ("PYTHONPATH", "{site}/tensorflow/python"),
    ("PYTHONOPTIMIZE", "2"),
    ("PYTHONWARNINGS", "error"),
    ("PYTHONWARNINGS", "ignore"),
    ("PYTHONHASHSEED", "0"),
    ("PYTHONHASHSEED", "none"),
    ("PYTHONIOENCODING", "utf-8"),
    ("PYTHONNOUSERSITE", "1"),
    ("PYTHONUNBUFFERED", "1"),
    ("PYTHONDONTWRITEBYTECODE", "1"),
    ("PYTHONMALLOC", "debug"),
    ("PYTHONSTARTUP", "/nowhere"),
    ("LD_PRELOAD", "/usr/lib/libtcmalloc.so.4"),
    ("LD_BIND_NOW", "1"),
    ("LD_LIBRARY_PATH", "/usr/local/cuda/lib64"),
    ("LD_LIBRARY_PATH", "/usr/local/cuda/lib64/stubs"),
    ("LD_LIBRARY_PATH", "/usr/lib/x86_64-linux-gnu"),
    ("PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION", "python"),
    ("PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION", "cpp"),
    ("TF_CPP_MIN_LOG_LEVEL", "3"),
    ("TF_ENABLE_ONEDNN_OPTS", "0"),
    ("TF_USE_LEGACY_KERAS", "1"),
    ("TF_XLA_FLAGS", "--tf_xla_auto_jit=2"),
    ("TF_FORCE_GPU_ALLOW_GROWTH", "true"),
    ("XLA_FLAGS", "--xla_gpu_autotune_level=2"),
    ("XLA_FLAGS", "--xla_of_another_release=1"),
    ("KERAS_BACKEND", "torch"),
    ("KERAS_BACKEND", "tensorflow"),
    ("OMP_NUM_THREADS", "1"),
    ("OPENBLAS_NUM_THREADS", "1"),
    ("MALLOC_ARENA_MAX", "1"),
    ("GLIBC_TUNABLES", "glibc.malloc.check=3"),
    ("NPY_DISABLE_CPU_FEATURES", "AVX2 FMA3"),
    ("CUDA_VISIBLE_DEVICES", "-1"),
    ("CUDA_VERSION", "8.0.61"),
    ("NVIDIA_VISIBLE_DEVICES", "all"),
    ("LANG", "C"),
    ("LC_ALL", "C.UTF-8"),
    ("LC_ALL", "de_DE.UTF-8"),
    ("TZ", "UTC"),
    ("HOME", "/nowhere"),
    ("TMPDIR", "/nowhere"),
)
"""Variables with values, of which one is set."""
