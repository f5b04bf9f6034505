"""Is what is installed whole: every module that a distribution's own list (RECORD) has?"""

from __future__ import annotations

import re
from collections.abc import Iterator

from harness.check.foreseen import IMPORTS_NOT
from harness.check.host import TargetHost
from harness.check.reasons import Confidence, Reason, Weight
from harness.check.subject import Subject
from harness.images.inside import Damage
from harness.knowledge import frameworks
from harness.knowledge.versions import minor

_SPARED = re.compile(
    r"(?:^|/)(?:tests?|testing|testdata|examples?|benchmarks?|contrib|lite|tools|docs?)/"
    r"|_tests?\.py$|(?:^|/)test_[^/]*$|(?:^|/)conftest\.py$"
)
"""What images are slimmed by, and what is only loaded when it is asked for: where no release near
enough was measured."""
_NAMED = 3
_RECORD = "its own list of files (RECORD) against the layers"


def reasons(subject: Subject, host: TargetHost) -> Iterator[Reason]:
    """Reasons for each damaged distribution of the Python that has the framework."""
    inside = subject.inside
    if inside is None or inside.problems or not subject.version:
        return
    own = frameworks.packages(subject.framework)
    holders = {
        one.path.rpartition("/")[0].rpartition("/")[0]
        for one in inside.distributions
        if one.name in own
    }
    for damage in inside.damages:
        if damage.folder in holders:
            yield from _told(damage, subject, own)


def _told(damage: Damage, subject: Subject, own: frozenset[str]) -> Iterator[Reason]:
    # A module of Python that was edited may well be meant; compiled code is not edited.
    edited = [one for one in damage.altered if one.endswith(".py")]
    broken = [*damage.missing, *(one for one in damage.altered if not one.endswith(".py"))]
    measured, modules = frameworks.loaded(subject.framework, subject.version)
    # Of other distributions every release loads much the same; of its own modules it does not.
    alike = damage.name not in own or minor(measured) == minor(subject.version)
    deciding = _decide(broken, modules, alike=alike)
    if deciding:
        yield Reason(
            weight=Weight.BLOCKS,
            title=f"{damage.name} {damage.version} is damaged: {len(deciding)} of the modules that "
            "its import loads are missing or altered",
            evidence=_listed(deciding),
            remedy=f"install it again: pip install --force-reinstall --no-deps "
            f"{damage.name}=={damage.version}",
            source=f"{_RECORD}; what the import of {measured} loads",
            confidence=Confidence.READ,
            foresees=IMPORTS_NOT,
        )
    spared = sorted({*broken} - {*deciding})
    for what, said in (
        (spared, "are missing, which its import does not load"),
        (edited, "were edited"),
    ):
        if what:
            yield Reason(
                weight=Weight.NOTE,
                title=f"{len(what)} modules of {damage.name} {damage.version} {said}",
                evidence=_listed(what),
                source=_RECORD,
                confidence=Confidence.READ,
            )


def _decide(paths: list[str], modules: frozenset[str], *, alike: bool) -> list[str]:
    """Those that an import loads; compiled modules have another name for each Python."""
    if not alike:
        return [one for one in paths if not _SPARED.search(one)]
    stems = {_stem(one) for one in modules}
    return [one for one in paths if _stem(one) in stems or _linked(one)]


def _stem(path: str) -> str:
    return re.sub(r"(?:\.(?:cpython|abi3)[^/]*)?\.so[.\d]*$", ".so", path)


def _linked(path: str) -> bool:
    """Whether it is a library that compiled modules need: the linker loads it, no import does."""
    name = path.rpartition("/")[2]
    return name.startswith("lib") and ".so" in name and not _SPARED.search(path)


def _listed(what: list[str]) -> tuple[str, ...]:
    more = (f"and {len(what) - _NAMED} more",) if len(what) > _NAMED else ()
    return (*what[:_NAMED], *more)
