"""A suite of made-up releases of a made-up framework, and what an engine is said to have said."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from sqlite3 import connect

import pytest

from harness.engines import Obtained
from harness.engines.recordings import RecordedAnswer, RecordedCell, asked, begin_cell, keep_answer
from harness.model import (
    EngineInfo,
    Fact,
    HostClass,
    ImageIdentity,
    Outcome,
    Raised,
    Record,
    Run,
)
from harness.probing.answer import Answer
from harness.probing.probe import applies, suite_probes
from harness.recipes.orders import order
from harness.running.round import question
from harness.store.store import Store
from harness.suite.matrix import load_suite

HOST = HostClass(machine="x86_64", cpu_model="a CPU", cpu_flags=(), cores=2, memory_gib=8)
ENGINE = EngineInfo(name="docker", version="20.10.24")

ANSWER = """
PROBE = {
    "question": "What is the answer?",
    "order": 1,
    "frameworks": ["demo"],
    "evidence": [{"level": "L1", "kind": "claimed", "fact": "demo.version"}],
    "natures": [["answer.seconds", "timing"]],
}


def probe(settings):
    import demo
    return {"demo.version": demo.__version__, "answer.sum": 42}
"""
OTHER = """
PROBE = {"question": "Is there another one?", "order": 2}


def probe(settings):
    return {"other.thing": "same"}
"""

MATRIX = """\
version: 1
probes: [answer, other]
default: [quick]
reference: old
defaults: {level: L1}
cells:
  - {id: old, image: "demo:1", framework: {demo: "1.0"}, tags: [quick]}
  - {id: new, image: "demo:2", framework: {demo: "2.0"}, tags: [quick, skip]}
  - {id: late, image: "demo:3", framework: {demo: "3.0"}, tags: [nightly]}
  - {id: bare, image: "plain:1", level: L0, tags: [nightly]}
expectations:
  - {facts: "answer.sum", rule: within, absolute: 0.5}
  - {facts: "demo.*", rule: allowed, reason: other releases}
  - {facts: "other.*", rule: exact}
  - {facts: "never.*", rule: ignore}
"""

ASKING_S = 2.5
"""What every question is said to have taken."""

Said = Mapping[str, Fact] | Outcome | Raised | Answer | None
"""Facts, an outcome that is not ok, an exception, a whole answer; None: not recorded."""


@dataclass(frozen=True, kw_only=True)
class Demo:
    """The folder a test's pytest runs in, and its store."""

    pytester: pytest.Pytester
    home: Path
    versions: Mapping[str, str] = field(
        default_factory=lambda: {"old": "1.0", "new": "2.0", "late": "3.0", "bare": ""}
    )

    @property
    def path(self) -> Path:
        return self.pytester.path

    def write(
        self,
        matrix: str = MATRIX,
        said: Mapping[tuple[str, str], Said] | None = None,
        obtained: Mapping[str, Outcome] | None = None,
        rounds: int = 1,
        why: str = "as it was recorded",
    ) -> None:
        """The suite, its two probes, and recordings in which all is well but what is given."""
        (self.path / "matrix.yaml").write_text(matrix, encoding="utf-8")
        (self.path / "probes").mkdir(exist_ok=True)
        (self.path / "probes" / "answer.py").write_text(ANSWER, encoding="ascii")
        (self.path / "probes" / "other.py").write_text(OTHER, encoding="ascii")
        self.record(said or {}, obtained or {}, rounds, why)

    def record(
        self,
        said: Mapping[tuple[str, str], Said],
        obtained: Mapping[str, Outcome],
        rounds: int = 1,
        why: str = "as it was recorded",
    ) -> None:
        suite = load_suite(self.path / "matrix.yaml")
        folder = self.path / "recordings"
        folder.mkdir(exist_ok=True)
        for cell in suite.cells:
            image = ImageIdentity(id=f"sha256:{cell.id}", origin="pulled")
            ended = obtained.get(cell.id, Outcome.OK)
            begin_cell(
                folder,
                RecordedCell(
                    cell=cell.id,
                    asked=asked(order(suite, cell)),
                    recorded="2026-11-20T08:00:00Z",
                    engine=ENGINE,
                    host=HOST,
                    obtained=Obtained(image=image)
                    if ended is Outcome.OK
                    else Obtained(outcome=ended, reason=why),
                ),
            )
            for number in range(1, rounds + 1):
                for probe in suite_probes(suite):
                    what = said.get((cell.id, probe.name), self._healthy(cell.id, probe.name))
                    if what is None or not applies(probe, cell):
                        continue
                    keep_answer(
                        folder,
                        RecordedAnswer(
                            cell=cell.id,
                            round=number,
                            probe=probe.name,
                            probe_digest=probe.digest,
                            settings=dict(question(cell, probe).settings),
                            image=image.id,
                            seconds=1.5,
                            answer=_answer(probe.name, what),
                        ),
                    )

    def _healthy(self, cell: str, probe: str) -> Mapping[str, Fact]:
        if probe == "answer":
            return {
                "demo.version": self.versions.get(cell, ""),
                "answer.sum": 42,
                "answer.seconds": 0.1,
            }
        return {"other.thing": "same"}

    def run(self, *arguments: str) -> pytest.RunResult:
        """`pytest` on replay, in this process; its run is a process of its own."""
        return self.pytester.runpytest_inprocess(
            *("-p", "no:hypothesispytest", "--assert", "plain", "--harness-engine", "replay"),
            *("--harness-recordings", "recordings"),
            *arguments,
        )

    def ids(self, *arguments: str) -> list[str]:
        """What would be tested."""
        lines = self.run("--co", "-q", *arguments).outlines
        return [line for line in lines if "::" in line]

    def runs(self) -> list[tuple[Run, tuple[Record, ...]]]:
        """All that is in the store, in the order in which they were begun: two may have begun in
        one second."""
        path = self.home / "store.sqlite3"
        with closing(connect(path)) as database:
            ids = [one for (one,) in database.execute("SELECT id FROM runs ORDER BY rowid")]
        with Store(path, readonly=True) as store:
            return [(store.run(one), store.records(one)) for one in ids]


def _answer(probe: str, said: Said) -> Answer:
    if isinstance(said, Answer):
        return said
    if isinstance(said, Raised):
        return Answer(probe=probe, outcome=Outcome.RAISED, raised=said)
    if isinstance(said, Outcome):
        return Answer(probe=probe, outcome=said, reason="as it was recorded")
    return Answer(probe=probe, outcome=Outcome.OK, facts=said or {}, durations={"probe": ASKING_S})
