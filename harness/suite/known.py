"""Check the names in a matrix.yaml that are defined outside of it: probes, their settings,
frameworks, and the facts and data sets of bands. Without this check, a misspelt name would silently
match nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from harness.errors import Problem
from harness.model import Scalar
from harness.suite.diagnosis import Diagnosis
from harness.suite.document import Document
from harness.suite.lines import Where
from harness.text import name_remedy

if TYPE_CHECKING:
    from harness.suite.schema import BandTable, Matrix

_NEAR = 0.8
"""Similarity from which on a name counts as misspelt. A less similar one may be a framework that
no probe knows."""


@dataclass(frozen=True, kw_only=True, slots=True)
class BandFact:
    """A fact that can be judged by a band, as a probe's metadata says."""

    fact: str
    datasets: tuple[str, ...] = ()
    """Names of the data sets it can be learned from; empty if the probe does not say."""


@dataclass(frozen=True, kw_only=True, slots=True)
class KnownNames:
    """The names that exist outside of the matrix."""

    settings: Mapping[str, Mapping[str, Scalar]]
    """Probe -> its settings with their defaults."""
    frameworks: frozenset[str] = frozenset()
    """Frameworks that some probe can measure."""
    learned: tuple[BandFact, ...] = ()
    """Facts that can be judged by a band."""
    datasets: frozenset[str] | None = None
    """Data sets that can be found by hash; None if they were not looked up."""


def known_problems(
    document: Document, diagnosis: Diagnosis, known: KnownNames
) -> Iterator[Problem]:
    """Yield a problem for every name in a matrix that does not exist."""
    matrix = diagnosis.matrix
    assert matrix is not None
    for number, name in enumerate(matrix.probes):
        if name not in known.settings:
            yield _no_probe(document, name, ("probes", number), known, at_key=False)
    for tag, table in matrix.tags.items():
        for number, name in enumerate(table.probes):
            if name not in known.settings:
                at = ("tags", tag, "probes", number)
                yield _no_probe(document, name, at, known, at_key=False)
    for where, settings, timeouts in _places(diagnosis, matrix):
        yield from _settings(document, settings, (*where, "settings"), known)
        for name in timeouts:
            if name not in known.settings:
                yield _no_probe(document, name, (*where, "timeouts", name), known)
    named = [("cells", number, list(row.framework)) for number, row in enumerate(matrix.cells)]
    named += [("axes", number, list(axis.framework)) for number, axis in enumerate(matrix.axes)]
    for key, number, frameworks in named:
        for name in frameworks:
            where = (*diagnosis.where(key, number), "framework", name)
            yield from _framework(document, name, where, known)
    for number, band in enumerate(matrix.bands):
        yield from _band(document, band, diagnosis.where("bands", number), known)


def _places(
    diagnosis: Diagnosis, matrix: Matrix
) -> Iterator[tuple[Where, Mapping[str, Mapping[str, Scalar]], Mapping[str, float]]]:
    """Yield (way, settings, time limits) for every place in a matrix where they can stand."""
    yield ("defaults",), matrix.defaults.settings, matrix.defaults.timeouts
    for tag, table in matrix.tags.items():
        yield ("tags", tag), table.settings, {}
    for number, row in enumerate(matrix.cells):
        yield diagnosis.where("cells", number), row.settings, row.timeouts
    for number, axis in enumerate(matrix.axes):
        yield diagnosis.where("axes", number), axis.settings, axis.timeouts


def _no_probe(
    document: Document, name: str, where: Where, known: KnownNames, *, at_key: bool = True
) -> Problem:
    return document.problem(
        f"there is no probe `{name}`",
        where,
        at_key=at_key,
        remedy=name_remedy(name, known.settings, what="the probes are"),
    )


def _settings(
    document: Document,
    settings: Mapping[str, Mapping[str, Scalar]],
    where: Where,
    known: KnownNames,
) -> Iterator[Problem]:
    for probe, chosen in settings.items():
        if probe not in known.settings:
            yield _no_probe(document, probe, (*where, probe), known)
            continue
        there = known.settings[probe]
        for name, value in chosen.items():
            inside = (*where, probe, name)
            if name not in there:
                yield document.problem(
                    f"the probe {probe} has no setting `{name}`",
                    inside,
                    at_key=True,
                    remedy=name_remedy(name, there, what="it has"),
                )
            elif wanted := _wanted(there[name], value):
                yield document.problem(
                    f"the setting `{name}` of the probe {probe} is {wanted}, as its default "
                    f"{_written(there[name])}",
                    inside,
                )


def _wanted(default: Scalar, value: Scalar) -> str:
    """What a setting's value should be, judged by the type of its default; empty if it is so."""
    if isinstance(default, bool):
        return "" if isinstance(value, bool) else "true or false"
    if isinstance(default, int | float):
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if isinstance(default, int) and isinstance(value, float) and not value.is_integer():
            return "a whole number"
        return "" if number else "a number"
    if isinstance(default, str):
        return "" if isinstance(value, str) else "text"
    return ""


def _written(default: Scalar) -> str:
    if isinstance(default, bool):
        return str(default).lower()
    return f'"{default}"' if isinstance(default, str) else str(default)


def _framework(document: Document, name: str, where: Where, known: KnownNames) -> Iterator[Problem]:
    if name in known.frameworks:
        return
    near = get_close_matches(name, sorted(known.frameworks), n=1, cutoff=_NEAR)
    if near:
        yield document.problem(
            f"no probe knows the framework `{name}`: nothing would be measured of it",
            where,
            at_key=True,
            remedy=f"did you mean `{near[0]}`? What is installed for it stands under `install`",
        )


def _band(
    document: Document, band: BandTable, where: Where, known: KnownNames
) -> Iterator[Problem]:
    fitting = [one for one in known.learned if fnmatchcase(one.fact, band.fact)]
    if not fitting:
        facts = [one.fact for one in known.learned]
        yield document.problem(
            f"no probe lets `{band.fact}` be judged by a band",
            (*where, "fact"),
            remedy=name_remedy(band.fact, facts, what="those that are"),
        )
        return
    datasets = {name for one in fitting for name in one.datasets}
    if all(one.datasets for one in fitting) and band.dataset not in datasets:
        yield document.problem(
            f"`{band.fact}` is not learned from a data set `{band.dataset}`",
            (*where, "dataset"),
            remedy=name_remedy(band.dataset, datasets, what="the data sets are"),
        )
