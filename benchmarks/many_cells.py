"""Records of two nights of very many cells, a product of frameworks, Pythons, CUDAs and bases, with
200 facts a cell in four records.

The answers about a cell's interpreter, packages and libraries follow from the product: cells that
share a base give the same answers about it, on both nights, unless something changed. Measured
numbers differ in every cell and on every night: they are 24 of the 200 facts, as in the nightly
cells of this project; `measured` sets another count.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from harness.model import (
    Band,
    Cell,
    EngineInfo,
    Evidence,
    Expectation,
    Fact,
    HostClass,
    ImageIdentity,
    Level,
    Nature,
    Outcome,
    Probe,
    Raised,
    Record,
    Rules,
    Run,
)

SUITE = "many"
FRAMEWORK = "tensor" + "flow"
HOST = HostClass(
    machine="x86_64",
    cpu_model="Intel(R) Xeon(R) Processor @ 2.50GHz",
    cpu_flags=("avx2", "avx512f", "fma"),
    cores=2,
    memory_gib=24,
)
PYTHON = Probe(
    name="python",
    question="Which Python?",
    source="",
    digest="sha256:01",
    natures=(("python.executable", Nature.OBSERVED),),
)
PACKAGES = Probe(name="packages", question="Which packages?", source="", digest="sha256:02")
MNIST = Probe(
    name="mnist",
    question="Does it learn?",
    source="",
    digest="sha256:03",
    frameworks=(FRAMEWORK,),
    settings=(("steps", 150),),
    natures=(
        ("mnist.*_seconds", Nature.TIMING),
        ("mnist.loss", Nature.MEASURED),
        ("mnist.test_accuracy", Nature.MEASURED),
        ("mnist.final_*", Nature.MEASURED),
        ("mnist.operation.*", Nature.MEASURED),
    ),
    evidence=(
        Evidence(level=Level.L1, kind="claimed", fact="mnist.framework_version"),
        Evidence(level=Level.L2, kind="devices", fact="mnist.devices"),
        Evidence(level=Level.L3, kind="band", fact="mnist.test_accuracy"),
    ),
)
LIBRARIES = Probe(
    name="libraries",
    question="Which libraries are loaded?",
    source="",
    digest="sha256:04",
)
PROBES = (PYTHON, PACKAGES, LIBRARIES, MNIST)
RULES = Rules(
    expectations=(
        Expectation(facts="package.innocent*", rule="ignore", reason="they may move"),
        Expectation(facts="package.*", rule="allowed", reason="the cells are of other releases"),
        Expectation(facts="python.*", rule="allowed", reason="the cells are of other Pythons"),
        Expectation(facts="mnist.framework_version", rule="allowed", reason="other releases"),
        Expectation(facts="libraries.module.*", rule="allowed", reason="other builds"),
        Expectation(facts="mnist.operation.*", rule="within", relative=0.05),
    ),
    bands=(
        Band(fact="mnist.test_accuracy", dataset="mnist-subset", steps=150, low=0.85, high=1.0),
    ),
)
FACTS, MEASURED = 200, 24
_PACKAGES, _PYTHONS, _TRAINED, _TIMES = 42, 40, 22, 8
DATA = "5e" * 32
_STARTED = ("2026-11-28T01:00:00Z", "2026-11-29T01:00:00Z")
_RUNS = ("20261128T010000Z-0001", "20261129T010000Z-0002")


@dataclass(frozen=True, kw_only=True, slots=True)
class Broken:
    """What happens to which cells on the second night, by cell id."""

    packages: frozenset[str] = field(default_factory=frozenset)
    """keras changes by a patch release."""
    raising: frozenset[str] = field(default_factory=frozenset)
    """Their training raises."""
    inaccurate: frozenset[str] = field(default_factory=frozenset)
    """They learn worse than the accepted band."""


def cells_of(count: int) -> tuple[Cell, ...]:
    """The first `count` cells of a product of releases, Pythons, CUDAs and bases."""
    found = []
    for number in range(count):
        rest, variant = divmod(number, 5)
        rest, cuda = divmod(rest, 4)
        rest, base = divmod(rest, 5)
        release, python = divmod(rest, 5)
        version = f"2.{release % 22}.{release // 22}"
        found.append(
            Cell(
                id=f"tf{version}-py3.{9 + python}-cu{11 + cuda}-b{base}-v{variant}",
                framework=((FRAMEWORK, version),),
                python=f"3.{9 + python}",
                base=f"base{base}",
            )
        )
    return tuple(found)


def broken_of(cells: Sequence[Cell]) -> Broken:
    """For ten thousand cells: 40 get another keras, which raises in 30 of them; 10 learn badly."""
    share = max(1, len(cells) // 250)
    moved = [one.id for one in cells[7 :: len(cells) // share][:share]]
    other = [one.id for one in cells[11 :: len(cells) // share][: max(1, share // 4)]]
    return Broken(
        packages=frozenset(moved),
        raising=frozenset(moved[: max(1, 3 * share // 4)]),
        inaccurate=frozenset(other),
    )


NOTHING = Broken()


def night(
    number: int, cells: Sequence[Cell], broken: Broken = NOTHING, measured: int = MEASURED
) -> tuple[Run, Iterator[Record]]:
    """The run of a night (0 or 1), and its records one after the other."""
    run = Run(
        id=_RUNS[number],
        started=_STARTED[number],
        ended=_STARTED[number].replace("T01", "T09"),
        state="complete",
        version="0.1.0",
        suite=SUITE,
        suite_digest="sha256:05",
        engine=EngineInfo(name="docker", version="20.10.24", api="1.41"),
        host=HOST,
        cells=tuple(cells),
        probes=PROBES,
        rules=RULES,
        pairs=tuple((one.id, probe.name) for one in cells for probe in PROBES),
    )
    chance = random.Random(number)
    return run, (
        record for one in cells for record in _records(number, one, broken, (chance, measured))
    )


def _records(
    number: int, cell: Cell, broken: Broken, drawn: tuple[random.Random, int]
) -> Iterator[Record]:
    chance, measured = drawn
    moved = number == 1 and cell.id in broken.packages
    content = hashlib.sha256(f"{cell.id}{moved}".encode()).hexdigest()
    image = ImageIdentity(
        id=f"sha256:{content}",
        layers=(f"sha256:{hashlib.sha256(cell.base.encode()).hexdigest()}", f"sha256:{content}"),
        recipe=f"sha256:{content[::-1]}",
        base=f"sha256:{cell.base}",
        origin="reused",
        size_bytes=900_000_000,
    )
    for probe, facts in (
        (PYTHON, _python(cell)),
        (PACKAGES, _packages(cell, moved)),
        (LIBRARIES, _libraries(cell, measured)),
        (MNIST, _mnist(cell, drawn, bad=number == 1 and cell.id in broken.inaccurate)),
    ):
        record = Record(
            run=_RUNS[number],
            cell=cell.id,
            round=1,
            probe=probe.name,
            outcome=Outcome.OK,
            facts=facts,
            image=image,
            probe_digest=probe.digest,
            dataset_digest=DATA if probe is MNIST else "",
            settings={"steps": 150} if probe is MNIST else {},
            engine="docker",
            durations={"probe": round(chance.uniform(0.1, 9), 3), "container": 12.5},
            observed={"load": round(chance.random(), 2), "round.place": 1, "round.group": "g"},
            container=1,
            started=_STARTED[number],
        )
        if probe is MNIST and number == 1 and cell.id in broken.raising:
            told = 'Traceback (most recent call last):\n  File "probe.py", line 9\nKeyError: layer'
            raised = Raised(type="KeyError", message="layer", traceback=told)
            record = replace(record, outcome=Outcome.RAISED, facts={}, raised=raised)
        yield record


def _python(cell: Cell) -> dict[str, Fact]:
    release = f"{cell.python}.7"
    return {
        "python.version": release,
        "python.executable": "/opt/python/bin/python3",
        "python.full_version": f"{release} (main)",
        **{f"python.setting.{n}": f"value {n} of {cell.python}" for n in range(_PYTHONS - 3)},
    }


def _packages(cell: Cell, moved: bool) -> dict[str, Fact]:
    version = cell.framework[0][1]
    seed = sum(map(ord, version))
    return {
        "package.keras": "3.0.1" if moved else "3.0.0",
        f"package.{FRAMEWORK}": version,
        **{f"package.p{n}": f"{1 + (seed + n) % 3}.{n}.{seed % 7}" for n in range(_PACKAGES - 2)},
    }


def _mnist(cell: Cell, drawn: tuple[random.Random, int], *, bad: bool) -> dict[str, Fact]:
    chance, measured = drawn
    step = 0.027 * chance.lognormvariate(0, 0.05)
    return {
        "mnist.framework_version": cell.framework[0][1],
        "mnist.dataset": "mnist-subset",
        "mnist.dataset_sha256": DATA,
        "mnist.steps": 150,
        "mnist.devices": ("CPU",),
        "mnist.test_accuracy": 0.71 if bad else round(0.945 + chance.gauss(0, 0.002), 3),
        "mnist.test_images": 1000,
        "mnist.loss": tuple(round(3.9 + 9 / (1 + n) + chance.gauss(0, 0.01), 6) for n in range(15)),
        "mnist.step_seconds": tuple(
            round(step * chance.lognormvariate(0, 0.03), 6) for _ in range(15)
        ),
        "mnist.import_seconds": round(2.5 * chance.lognormvariate(0, 0.05), 4),
        "mnist.first_step_seconds": round(1.2 * chance.lognormvariate(0, 0.05), 4),
        "mnist.evaluation_seconds": round(0.5 * chance.lognormvariate(0, 0.05), 4),
        "mnist.total_seconds": round(8.5 * chance.lognormvariate(0, 0.05), 4),
        "mnist.final_weights_sha256": f"{chance.getrandbits(256):064x}",
        **{
            f"mnist.stage{n}_seconds": round(0.1 * chance.lognormvariate(0, 0.05), 5)
            for n in range(_TIMES)
        },
        **{
            f"mnist.operation.op{n:03}": round(1 + n / 7 + chance.gauss(0, 0.002), 6)
            for n in range(_operations(measured))
        },
    }


def _libraries(cell: Cell, measured: int) -> dict[str, Fact]:
    """Digests of modules, equal wherever framework, Python, CUDA and base are equal."""
    modules = FACTS - _PYTHONS - _PACKAGES - _TRAINED - _operations(measured)
    made_of = cell.id.rpartition("-")[0]
    return {
        f"libraries.module.m{n:03}": hashlib.sha256(f"{made_of}{n % 9}".encode()).hexdigest()[:24]
        for n in range(modules)
    }


def _operations(measured: int) -> int:
    """How many operations are measured in addition to the training, which has sixteen numbers
    itself."""
    return max(0, measured - (_TRAINED - 6))
