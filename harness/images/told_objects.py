"""Turn a layer reader's entries about shared objects, and about their sums, into values. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from harness.images.inside import SharedObject
from harness.images.sums import LONGEST, MOST, same_files
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
        sums=frozenset(filter(None, (text(entry.get(key), 80) for key in ("sum", "own_sum")))),
    )


def sums_of(
    records: Iterable[tuple[str, Mapping[str, object]]],
    packages: Iterable[tuple[str, Mapping[str, object]]],
) -> Mapping[str, frozenset[str]]:
    """Path of a compiled file -> the sums that were recorded for it when it was installed.

    There are several where several lists have the path, or another name of it.
    """
    found: dict[str, set[str]] = {}
    for list_path, entry in records:
        folder = list_path.rpartition("/")[0].rpartition("/")[0]
        for path, *_, own in _rows(entry, 3):
            if own:
                found.setdefault(f"{folder}/{path}", set()).add(own)
    for _, entry in packages:
        for path, own in _rows(entry, 2):
            for name in same_files(path):
                found.setdefault(name, set()).add(own)
    return {path: frozenset(sums) for path, sums in found.items()}


def _rows(entry: Mapping[str, object], width: int) -> Iterator[tuple[str, ...]]:
    """The rows of an entry's list of files, as texts."""
    for row in items(entry.get("files"), MOST):
        if isinstance(row, list | tuple) and len(row) == width:
            yield tuple(text(one, LONGEST) for one in row)
