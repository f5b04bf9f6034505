"""Whether the framework finds its libraries, according to a model of the dynamic loader."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace

from harness.check.cuda_names import base_with
from harness.check.foreseen import Change
from harness.check.host import TargetHost
from harness.check.loading import (
    FROM_DRIVER,
    ImageLoading,
    asked_by,
    loading_of,
    missing_modules,
    variable,
    widened,
)
from harness.check.reasons import Reason, reason
from harness.check.subject import Subject
from harness.images.loader import LoadedObject, MissingLibrary
from harness.knowledge.library import known
from harness.knowledge.versions import at_least, release

_FAMILIES = (("GLIBC_", "glibc-too-old"), ("GLIBCXX_", "glibcxx-too-old"))
_SHOWN = 3


def reasons(subject: Subject, host: TargetHost) -> Iterator[Reason]:
    """Libraries that are missing, lie outside the search path, cannot be loaded, or lack versions
    of symbols."""
    told = loading_of(subject, host)
    if isinstance(told, str):
        if told:
            yield reason("loader-not-told", why=told)
        return
    if told.first:
        names = ", ".join(dict.fromkeys(one.name for one in told.first))
        yield reason("python-lacks-libraries", [asked_by(told.first[0])], lacking=names)
        return
    lacking = [one for one in told.lacking if not FROM_DRIVER.match(one.name)]
    if lacking:
        yield _missing(subject, host, told, lacking)
    if gone := missing_modules(subject, told):
        shown = ", ".join(f"/{one}" for one in gone[:_SHOWN])
        yield reason("python-modules-missing", paths=shown)
    yield from _broken(told)
    yield from _versions(told)


def _missing(
    subject: Subject, host: TargetHost, told: ImageLoading, lacking: list[MissingLibrary]
) -> Reason:
    names = tuple(dict.fromkeys(one.name for one in lacking))
    evidence, listed = [asked_by(lacking[0])], ", ".join(names)
    wider = widened(told.loading, names)
    if wider:
        then = loading_of(subject, host, wider)
        if not isinstance(then, str) and all(FROM_DRIVER.match(one.name) for one in then.lacking):
            found = reason("libraries-elsewhere", evidence, lacking=listed, option=variable(wider))
            return replace(found, change=Change(environment=(("LD_LIBRARY_PATH", wider),)))
    build = subject.build
    if build and any(name.startswith(("libcu", "libnccl")) for name in names):
        # For some CUDA releases, missing libraries are a known breakage.
        id = f"libcublas-{build.cuda}"
        base = base_with(names, build.cuda, build.cudnn)
        id = id if id in known() and f"CUDA {build.cuda}" in base else ""
        return reason("cuda-libraries-missing", evidence, lacking=listed, base=base, id=id)
    return reason("libraries-missing", evidence, lacking=listed)


def _broken(told: ImageLoading) -> Iterator[Reason]:
    """Files with a library's name that are no valid objects; the loader fails on them."""
    for one in (*told.started, *told.imported):
        if one.object.problem and not one.object.ours:
            asking = [f"loaded for /{one.by.path}"] if one.by else []
            yield reason("library-broken", asking, path=f"/{one.path}", problem=one.object.problem)


def _versions(told: ImageLoading) -> Iterator[Reason]:
    """Symbol versions that objects require of a library, and that it does not define."""
    unmet: dict[str, dict[str, LoadedObject]] = defaultdict(dict)
    answering: dict[str, LoadedObject] = {}
    for one in (*told.started, *told.imported):
        for library, version in one.object.wants:
            found = told.loading.named(library)
            if found is None or found.object.problem or not found.object.provides:
                continue  # it is missing, or has no versions, and the loader accepts it for any
            if version not in found.object.provides:
                unmet[found.path].setdefault(version, one)
                answering[found.path] = found
    for path, versions in unmet.items():
        left = dict(versions)
        for prefix, id in _FAMILIES:
            family = [
                one for one in versions if one.startswith(prefix) and release(one[len(prefix) :])
            ]
            if not family:
                continue
            wanted = max(family, key=lambda one: release(one[len(prefix) :]))
            present = _highest(answering[path].object.provides, prefix)
            if present and at_least(present, wanted.removeprefix(prefix)):
                continue
            evidence = [f"/{path} answers /{versions[wanted].path}"]
            yield reason(
                id, evidence, wanted=wanted.removeprefix(prefix), present=present or "nothing"
            )
            left = {name: one for name, one in left.items() if not name.startswith(prefix)}
        if left:
            yield reason(
                "symbol-versions-missing",
                [f"needed by /{one.path}" for one in dict.fromkeys(left.values())][:_SHOWN],
                path=f"/{path}",
                versions=", ".join(sorted(left)[:_SHOWN]),
            )


def _highest(versions: Iterable[str], prefix: str) -> str:
    known = [one.removeprefix(prefix) for one in versions if one.startswith(prefix)]
    return max((one for one in known if release(one)), key=release, default="")
