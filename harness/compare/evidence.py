"""Decides whether one answer shows what a probe's metadata says it shows. There is one function for
each kind of evidence."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from harness.compare.facts import as_number
from harness.compare.patterns import matches
from harness.model import (
    Band,
    Cell,
    Evidence,
    EvidenceKind,
    Fact,
    Level,
    Probe,
    Record,
    Run,
    Saving,
    Verdict,
)

GPU = "GPU"
CPU = "CPU"
NOTHING_THERE = "none"
"""The answer of a probe of saving where the environment has nothing to try."""
_VERSION_LIMIT = 100


@dataclass(frozen=True, kw_only=True, slots=True)
class Shown:
    """The result for one answer. `why` continues "because ..."; `rests_on` names the method; both
    are for a person."""

    verdict: Verdict
    why: str
    rests_on: str = ""
    remedy: str = ""
    by_outcome: bool = False
    """The result follows from how the probe ended, not from an answer; that has a finding of its
    own."""


def show(run: Run, cell: Cell, probe: Probe, evidence: Evidence, record: Record) -> Shown:
    """Judge one piece of evidence in a record whose outcome is `ok`.

    Facts missing from the answer, and kinds that this version does not know, are unverified.
    """
    judge = KINDS.get(evidence.kind)
    if judge is None:
        return Shown(
            verdict=Verdict.UNVERIFIED,
            why=f"this version does not know evidence of the kind {evidence.kind!r}",
        )
    if evidence.fact not in record.facts:
        return Shown(
            verdict=Verdict.UNVERIFIED,
            why=f"the answer of {probe.name} has no {evidence.fact}",
        )
    return judge(run, cell, probe, evidence, record)


def level_of(run: Run, evidence: Evidence) -> Level:
    """Return the level that evidence is for: its own, except for saving, where the suite states the
    level."""
    if evidence.kind == EvidenceKind.SAVES:
        return saving_of(run).level
    return evidence.level


def says_of(evidence: Evidence, cell: Cell) -> bool:
    """Tell whether evidence concerns a cell: that a GPU computes does not concern a cell that asks
    for none."""
    return evidence.kind != EvidenceKind.COMPUTES or bool(cell.gpu)


def _claimed(_run: Run, cell: Cell, probe: Probe, evidence: Evidence, record: Record) -> Shown:
    measured = record.facts[evidence.fact]
    claims = [
        (name, version)
        for name, version in cell.framework
        if not probe.frameworks or name in probe.frameworks
    ]
    if not any(version for _, version in claims):
        return Shown(
            verdict=Verdict.PASS,
            why=f"imports version {measured}; the cell claims none",
            rests_on="an import; the cell claims no version",
        )
    if any(same_version(version, measured) for _, version in claims):
        return Shown(
            verdict=Verdict.PASS,
            why=f"claims and measures {measured}",
            rests_on="the claimed version is the one measured",
        )
    claim = " and ".join(f"{name} {version}" for name, version in claims)
    return Shown(
        verdict=Verdict.FAIL,
        why=f"it claims {claim}, but imports {measured}",
        remedy="correct `framework:` of the cell's row, or what the cell installs",
    )


def _loaded(_run: Run, _cell: Cell, _probe: Probe, evidence: Evidence, record: Record) -> Shown:
    value = record.facts[evidence.fact]
    loaded = value if isinstance(value, tuple) else (value,) if value else ()
    if loaded:
        many = "libraries" if len(loaded) > 1 else "library"
        return Shown(
            verdict=Verdict.PASS,
            why=f"{len(loaded)} {many} of its own loaded",
            rests_on="libraries of its own are loaded",
        )
    return Shown(
        verdict=Verdict.FAIL,
        why="it imports, but no library of its own is loaded",
        remedy="check which module has its name: see `package.*` and what the probe printed",
    )


def _devices(run: Run, cell: Cell, _probe: Probe, evidence: Evidence, record: Record) -> Shown:
    value = record.facts[evidence.fact]
    types = [str(item) for item in (value if isinstance(value, tuple) else (value,))]
    listed = ", ".join(dict.fromkeys(types)) or "nothing"
    wanted = GPU if cell.gpu else CPU
    if wanted in types:
        return Shown(
            verdict=Verdict.PASS,
            why=f"lists {listed}",
            rests_on="the list of devices",
        )
    if not cell.gpu:
        return Shown(verdict=Verdict.FAIL, why=f"it lists {listed}, no {CPU}")
    if not run.host.gpus:
        return Shown(
            verdict=Verdict.UNVERIFIED,
            why="the cell asks for a GPU, but "
            + ("this host has none" if run.host.cpu_model else "the engine reports none"),
            remedy="run it on a host with a GPU",
        )
    return Shown(
        verdict=Verdict.FAIL,
        why=f"it fell back to {listed} silently, though the host has {', '.join(run.host.gpus)}",
        remedy="check that driver and CUDA libraries fit this build of the framework",
    )


_NO_GPU_HERE = (
    "no driver",
    "driver without device",
    "device hidden from the container",
)
"""What the host or the engine lacks. Any other answer except `works` is a fault of the environment
itself."""


def _computes(_run: Run, _cell: Cell, _probe: Probe, evidence: Evidence, record: Record) -> Shown:
    said = record.facts[evidence.fact]
    if said == "works":
        return Shown(
            verdict=Verdict.PASS,
            why="a GPU computed, through the driver and through the framework",
            rests_on="verified results of a GPU",
        )
    stem = evidence.fact.rpartition(".")[0]
    because = record.facts.get(f"{stem}.why")
    why = f"{said}: {because}" if because else f"{said}"
    if said in _NO_GPU_HERE:
        return Shown(
            verdict=Verdict.UNVERIFIED,
            why=f"the cell asks for a GPU: {why}",
            remedy="run it on a host with a GPU, on an engine that hands it to containers",
        )
    return Shown(
        verdict=Verdict.FAIL,
        why=f"a GPU is there, but {why}",
        remedy="check that driver and CUDA libraries fit this build of the framework",
    )


def _finished(_run: Run, _cell: Cell, _probe: Probe, evidence: Evidence, _record: Record) -> Shown:
    return Shown(
        verdict=Verdict.PASS,
        why=f"{evidence.fact} was measured",
        rests_on=f"the work behind {evidence.fact} was finished",
    )


def _band(run: Run, _cell: Cell, _probe: Probe, evidence: Evidence, record: Record) -> Shown:
    value = record.facts[evidence.fact]
    conditions = _conditions(evidence.fact, record)
    where = conditions.told()
    band = next((one for one in run.rules.bands if _fits(one, evidence.fact, conditions)), None)
    if band is None:
        return Shown(
            verdict=Verdict.UNVERIFIED,
            why=f"the suite states no band for {evidence.fact} on {where}",
            remedy="state one under `bands:` in matrix.yaml",
        )
    bounds = f"{band.low:g} to {band.high:g}"
    number = as_number(value)
    if number is None:
        return Shown(verdict=Verdict.FAIL, why=f"{evidence.fact} is no number: {value}")
    if band.low <= number <= band.high:
        return Shown(
            verdict=Verdict.PASS,
            why=f"{evidence.fact} is {number:.4g}, inside {bounds}",
            rests_on=f"{evidence.fact} inside {bounds} on {where}",
        )
    return Shown(
        verdict=Verdict.FAIL,
        why=f"{evidence.fact} is {number:.4g}, outside {bounds} on {where}",
        remedy="compare its loss, step by step, with a cell that learns: harness compare A B",
    )


def _saves(run: Run, _cell: Cell, probe: Probe, evidence: Evidence, record: Record) -> Shown:
    value = record.facts[evidence.fact]
    works = [str(item) for item in (value if isinstance(value, tuple) else (value,))]
    stem = evidence.fact.rpartition(".")[0]
    if record.facts.get(f"{stem}.which") == NOTHING_THERE:
        why = f"{probe.name} found nothing in it that could save a model"
        return Shown(verdict=Verdict.PASS, why=why, rests_on="there is nothing in it to save with")
    asked = saving_of(run).formats
    lacking = [one for one in asked if one not in works]
    if works and not lacking:
        return Shown(
            verdict=Verdict.PASS,
            why=f"a model was built, fitted, saved and loaded ({', '.join(works)})",
            rests_on="a model that was built, fitted, saved and loaded",
        )
    failed = record.facts.get(f"{stem}.cannot_save")
    told = [str(item) for item in (failed if isinstance(failed, tuple) else (failed,)) if item]
    wanted = [one for one in told if one.partition(":")[0] in lacking] if asked else told
    if not wanted:
        missing = ", ".join(lacking) or "any format"
        why = f"it cannot save a model in {missing}: that is not available"
        remedy = "install what the format needs, or state other formats under `saving:`"
        return Shown(verdict=Verdict.FAIL, why=why, remedy=remedy)
    return Shown(verdict=Verdict.FAIL, why=f"it cannot save: {wanted[0]}", by_outcome=True)


def saving_of(run: Run) -> Saving:
    """Return what the run's suite asks about saving models, otherwise the default."""
    return run.rules.saving or Saving()


KINDS: Mapping[str, Callable[[Run, Cell, Probe, Evidence, Record], Shown]] = {
    EvidenceKind.CLAIMED: _claimed,
    EvidenceKind.LOADED: _loaded,
    EvidenceKind.DEVICES: _devices,
    EvidenceKind.COMPUTES: _computes,
    EvidenceKind.FINISHED: _finished,
    EvidenceKind.BAND: _band,
    EvidenceKind.SAVES: _saves,
}
"""Every kind of evidence has its row; probes name the kinds in their metadata."""


def fits_record(band: Band, fact: str, record: Record) -> bool:
    """Tell whether a band applies to a learned fact under the conditions stated in a record."""
    return _fits(band, fact, _conditions(fact, record))


@dataclass(frozen=True, kw_only=True, slots=True)
class _Conditions:
    """The conditions under which a result was learned; each is None where the record does not state
    it."""

    dataset: str | None
    steps: Fact
    epochs: Fact

    def told(self) -> str:
        parts = [self.dataset or "an unnamed data set"]
        if self.epochs:
            parts.append(f"{self.epochs} epochs")
        elif self.steps is not None:
            parts.append(f"{self.steps} steps")
        return ", ".join(parts)


def _conditions(fact: str, record: Record) -> _Conditions:
    """Read the conditions from facts beside the learned one (`mnist.dataset`, `mnist.steps`),
    otherwise from the settings."""
    stem = fact.rpartition(".")[0]

    def said(name: str) -> Fact:
        return record.facts.get(f"{stem}.{name}", record.settings.get(name))

    dataset = record.facts.get(f"{stem}.dataset.name", said("dataset"))
    return _Conditions(
        dataset=dataset if isinstance(dataset, str) else None,
        steps=said("steps"),
        epochs=said("epochs"),
    )


def _fits(band: Band, fact: str, conditions: _Conditions) -> bool:
    return (
        matches(fact, band.fact)
        and band.dataset == conditions.dataset
        and (band.steps is None or as_number(conditions.steps) == band.steps)
        and (band.epochs is None or as_number(conditions.epochs) == band.epochs)
    )


def same_version(claimed: str, measured: Fact) -> bool:
    """Compare versions, so that 2.0.0-rc1 equals 2.0.0rc1; one that cannot be parsed must be equal
    as text."""
    if not isinstance(measured, str):
        return False
    if claimed == measured:
        return True
    from packaging.version import InvalidVersion, Version

    try:
        return len(measured) <= _VERSION_LIMIT and Version(claimed) == Version(measured)
    except InvalidVersion:
        return False
