"""Compare two builds of one recipe file by file, and say why files differ where known. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from enum import StrEnum

from harness.images.untrusted import text


class DifferenceReason(StrEnum):
    """Why a file may differ between two builds of one recipe."""

    TIME_STAMP = "time stamp"
    """The file or its content contains the time of the build, and nothing else differs."""
    BYTE_CODE = "byte-code"
    """It is compiled from a source that is equal in both builds. CPython's byte code depends on
    which strings are shared with others in the compiling process."""
    ORDER = "order"
    """The same lines, or the same files of a layer, in another order."""
    FOLLOWS = "follows"
    """It is made from a file that differs, or lists its digest; that file is reported itself."""
    UNEXPLAINED = "unexplained"


@dataclass(frozen=True, kw_only=True, slots=True)
class LayerFile:
    """One file, folder or link of a layer. Texts come from the layer and are not trusted."""

    path: str
    type: str
    mode: str
    owner: str
    time: str
    link: str
    more: str
    digest: str = ""
    """SHA-256 of its content; empty if it has none."""
    body: str = ""
    """SHA-256 without the time in its header; empty if it is not known to have such a header."""
    ordered: str = ""
    """SHA-256 of its sorted lines; empty if it is no text, or large."""
    undated: str = ""
    """SHA-256 of its text without dates."""
    both: str = ""
    """SHA-256 of its sorted lines without dates."""
    unhashed: str = ""
    """SHA-256 of its sorted lines without the digests of a list of installed files."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RebuiltFile:
    """A path that differs between two builds."""

    path: str
    """Empty for a difference of the layer as a whole."""
    what: str
    """What differs, in words."""
    reasons: tuple[DifferenceReason, ...]

    @property
    def explained(self) -> bool:
        """Whether the reasons explain the whole difference."""
        return DifferenceReason.UNEXPLAINED not in self.reasons


_NONE = LayerFile(path="", type="", mode="", owner="", time="", link="", more="")


def files_of(lines: Iterable[Mapping[str, object]]) -> tuple[tuple[LayerFile, ...], str]:
    """(files of a layer in its order, problem) from the output of its reader; the problem is empty
    if all files were read."""
    found = []
    problem = "its reader ended without an answer"
    for line in lines:
        if line.get("kind") == "end":
            problem = text(line.get("problem"), 300)
        elif line.get("kind") == "file":
            told = {each.name: _plain(line.get(each.name)) for each in fields(LayerFile)}
            found.append(LayerFile(**told))
    return tuple(found), problem


def _plain(value: object) -> str:
    return oct(value) if isinstance(value, int) else text(value, 2000)


def differing(first: Sequence[LayerFile], second: Sequence[LayerFile]) -> tuple[RebuiltFile, ...]:
    """Every path that differs between two layers in the same position, sorted by path.

    If no path differs, the result is one difference of the layer as a whole.
    """
    one, other = ({file.path: file for file in layer} for layer in (first, second))
    found = tuple(
        difference
        for path in sorted({*one, *other})
        if (difference := _difference(path, one, other)) is not None
    )
    if found:
        followed = any(
            DifferenceReason.FOLLOWS not in each.reasons
            and one.get(each.path, _NONE).digest != other.get(each.path, _NONE).digest
            for each in found
        )
        return found if followed else _of_nothing(found)
    order = [[file.path for file in layer] for layer in (first, second)]
    if order[0] != order[1]:
        told = "the same files, written in another order"
        return (RebuiltFile(path="", what=told, reasons=(DifferenceReason.ORDER,)),)
    told = "the same files, written otherwise"
    return (RebuiltFile(path="", what=told, reasons=(DifferenceReason.UNEXPLAINED,)),)


def _of_nothing(found: Sequence[RebuiltFile]) -> tuple[RebuiltFile, ...]:
    """Turn `follows` into `unexplained`, because there is no other file to follow from."""
    return tuple(
        replace(one, reasons=(DifferenceReason.UNEXPLAINED,))
        if DifferenceReason.FOLLOWS in one.reasons
        else one
        for one in found
    )


def _difference(
    path: str, one: Mapping[str, LayerFile], other: Mapping[str, LayerFile]
) -> RebuiltFile | None:
    a, b = one.get(path), other.get(path)
    if a is None or b is None:
        where = "the second" if a is None else "the first"
        unexplained = (DifferenceReason.UNEXPLAINED,)
        return RebuiltFile(path=path, what=f"only in {where}", reasons=unexplained)
    told: dict[str, DifferenceReason] = {}
    for what in ("type", "mode", "owner", "link", "more"):
        before, after = getattr(a, what), getattr(b, what)
        if before != after:
            named = "other entries" if what == "more" else f"{what} {before} and {after}"
            told[named] = DifferenceReason.UNEXPLAINED
    if a.time != b.time:
        told[f"time {a.time} and {b.time}"] = DifferenceReason.TIME_STAMP
    if a.digest != b.digest:
        told.update(_of_content(a, b, one, other))
    if not told:
        return None
    reasons = tuple(dict.fromkeys(told.values()))
    return RebuiltFile(path=path, what=", ".join(told), reasons=reasons)


def _of_content(
    a: LayerFile, b: LayerFile, one: Mapping[str, LayerFile], other: Mapping[str, LayerFile]
) -> Mapping[str, DifferenceReason]:
    def same(what: str) -> bool:
        return bool(getattr(a, what)) and getattr(a, what) == getattr(b, what)

    if same("body"):
        return {"the time in its header": DifferenceReason.TIME_STAMP}
    if a.path.endswith((".pyc", ".pyo")) and a.body and b.body:
        return _of_byte_code(one.get(source_of(a.path)), other.get(source_of(a.path)))
    if same("ordered"):
        return {"its lines in another order": DifferenceReason.ORDER}
    if same("undated"):
        return {"dates in its text": DifferenceReason.TIME_STAMP}
    if same("both"):
        return {
            "dates in its text": DifferenceReason.TIME_STAMP,
            "its lines in another order": DifferenceReason.ORDER,
        }
    if a.path.endswith(".dist-info/RECORD") and same("unhashed"):
        return {"the digests it lists": DifferenceReason.FOLLOWS}
    return {"other content": DifferenceReason.UNEXPLAINED}


def _of_byte_code(
    before: LayerFile | None, after: LayerFile | None
) -> Mapping[str, DifferenceReason]:
    """Why a compiled file differs in more than its time, judged by its source in each build."""
    if before is None or after is None or not before.digest:
        return {"compiled otherwise, its source is not there": DifferenceReason.UNEXPLAINED}
    if before.digest == after.digest:
        return {"compiled otherwise from an equal source": DifferenceReason.BYTE_CODE}
    return {"compiled from another source": DifferenceReason.FOLLOWS}


def source_of(path: str) -> str:
    """The path of the module that a compiled file belongs to."""
    folder, _, name = path.rpartition("/")
    if folder.rpartition("/")[2] != "__pycache__":
        return path[:-1]
    above = folder.rpartition("/")[0]
    return f"{above}/{name.partition('.')[0]}.py".lstrip("/")
