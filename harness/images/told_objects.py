"""Turn a layer reader's entries about shared objects into values. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from harness.images.inside import SharedObject
from harness.images.untrusted import items, size, text, texts

_SYMBOLS = 16 * 1024**2


def object_of(path: str, entry: Mapping[str, object]) -> SharedObject:
    """The shared object that an entry of a layer's reader describes."""
    per_million = entry.get("avx_per_million")
    wants = [one for one in map(texts, items(entry.get("wants"))) if len(one) == 2]
    return SharedObject(
        path=path,
        ours=entry.get("ours") is True,
        machine=text(entry.get("machine"), 40),
        needed=texts(entry.get("needed")),
        requires=tuple(sorted({version for _, version in wants})),
        provides=texts(entry.get("provides")),
        cubin=texts(entry.get("cubin")),
        ptx=texts(entry.get("ptx")),
        avx_per_million=float(per_million) if isinstance(per_million, int | float) else -1.0,
        problem=text(entry.get("problem"), 200),
        bits=size(entry.get("bits")),
        machine_number=size(entry.get("machine_number")),
        interpreter=text(entry.get("interpreter")),
        soname=text(entry.get("soname")),
        rpath=text(entry.get("rpath")),
        runpath=text(entry.get("runpath")),
        no_default=entry.get("no_default") is True,
        wants=tuple((library, version) for library, version in wants),
        undefined=text(entry.get("undefined"), _SYMBOLS),
        exports=text(entry.get("exports"), _SYMBOLS),
        versions=text(entry.get("versions"), _SYMBOLS),
        unread=text(entry.get("unread"), 200),
        opened=texts(entry.get("opened")),
        size=size(entry.get("size")),
    )
