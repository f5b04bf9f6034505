"""Small runs and records for tests of what lies right of the store."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

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
    Scalar,
)

RUN = "20261120T234501Z-3f9a"
STARTED = "2026-11-20T23:45:01Z"
HOST = HostClass(
    machine="x86_64", cpu_model="AMD EPYC 9B14", cpu_flags=("avx2",), cores=2, memory_gib=24
)
GPU_HOST = replace(HOST, gpus=("NVIDIA H200",), driver="580.65")
BAND = Band(fact="mnist.test_accuracy", dataset="mnist-subset", steps=200, low=0.85, high=1.0)

PYTHON = Probe(name="python", question="Which Python?", source="", digest="sha256:01")
PACKAGES = Probe(name="packages", question="Which packages?", source="", digest="sha256:02")
DEVICES = Probe(
    name="devices",
    question="Which devices?",
    source="",
    digest="sha256:03",
    frameworks=("tensorflow",),
    natures=(
        ("devices.*.memory_bytes", Nature.OBSERVED),
        ("framework.import_seconds", Nature.TIMING),
    ),
    evidence=(
        Evidence(level=Level.L1, kind="claimed", fact="framework.version"),
        Evidence(level=Level.L2, kind="devices", fact="devices.types"),
    ),
)
MNIST = Probe(
    name="mnist",
    question="Does it learn?",
    source="",
    digest="sha256:04",
    frameworks=("tensorflow",),
    settings=(("steps", 200), ("epochs", 0)),
    natures=(
        ("mnist.*_seconds", Nature.TIMING),
        ("mnist.loss", Nature.MEASURED),
        ("mnist.test_accuracy", Nature.MEASURED),
        ("mnist.final_*", Nature.MEASURED),
    ),
    evidence=(
        Evidence(level=Level.L1, kind="claimed", fact="mnist.framework_version"),
        Evidence(level=Level.L2, kind="finished", fact="mnist.test_accuracy"),
        Evidence(level=Level.L3, kind="band", fact="mnist.test_accuracy"),
    ),
)
PROBES = (PYTHON, PACKAGES, DEVICES, MNIST)
NAMES = ("alpha", "beta", "gamma", "delta", "cobalt")


def cell(id_: str = "tf2.21.0-py3.13", version: str = "2.21.0", python: str = "3.13") -> Cell:
    return Cell(id=id_, framework=(("tensorflow", version),), python=python, base="trixie")


def image(name: str) -> ImageIdentity:
    digest = f"{name.encode(errors='surrogatepass').hex():0<64.64}"
    return ImageIdentity(id=f"sha256:{digest}", origin="built")


def python_facts(version: str = "3.13.5", libc: str = "glibc 2.41") -> dict[str, Fact]:
    return {
        "python.version": version,
        "python.libc": libc,
        "python.machine": "x86_64",
        "python.locale": ("C", "UTF-8"),
    }


def device_facts(version: str = "2.21.0", types: tuple[str, ...] = ("CPU",)) -> dict[str, Fact]:
    return {
        "framework.name": "tensorflow",
        "framework.version": version,
        "framework.import_seconds": 2.5,
        "devices.types": types,
        "devices.0.memory_bytes": 268435456,
    }


def mnist_facts(
    version: str = "2.21.0",
    accuracy: Fact = 0.9512,
    step_seconds: float = 0.027,
    last_loss: float = 3.905205726623535,
) -> dict[str, Fact]:
    return {
        "mnist.framework_version": version,
        "mnist.dataset": "mnist-subset",
        "mnist.dataset_sha256": "5e" * 32,
        "mnist.steps": 200,
        "mnist.initial_weights_sha256": "ab" * 32,
        "mnist.loss": (13.10871696472168, 5.735269546508789, last_loss),
        "mnist.test_accuracy": accuracy,
        "mnist.import_seconds": 2.5,
        "mnist.first_step_seconds": 1.25,
        "mnist.step_seconds": (step_seconds, step_seconds * 1.1, step_seconds * 0.9),
    }


def record(
    probe: str,
    facts: Mapping[str, Fact] | None = None,
    *,
    of: str = "tf2.21.0-py3.13",
    round_: int = 1,
    outcome: Outcome = Outcome.OK,
    raised: Raised | None = None,
    reason: str = "",
    noise: str = "",
    has_image: bool = True,
    settings: Mapping[str, Scalar] | None = None,
    run_id: str = RUN,
) -> Record:
    return Record(
        run=run_id,
        cell=of,
        round=round_,
        probe=probe,
        outcome=outcome,
        facts=facts or {},
        raised=raised,
        reason=reason,
        noise=noise,
        image=image(of) if has_image else None,
        probe_digest=next((one.digest for one in PROBES if one.name == probe), ""),
        settings={"steps": 200, "epochs": 0}
        if settings is None and probe == "mnist"
        else settings or {},
        engine="docker",
        started=STARTED,
    )


def healthy(
    of: Cell,
    *,
    packages: Mapping[str, str] | None = None,
    rounds: int = 1,
    python: Mapping[str, Fact] | None = None,
    mnist: Mapping[str, Fact] | None = None,
    run_id: str = RUN,
) -> list[Record]:
    """The records of a cell in which every probe answered as it should."""
    version = of.framework[0][1] if of.framework else ""
    shown = {"numpy": "2.1.0"} if packages is None else packages
    answers: dict[str, Mapping[str, Fact]] = {
        "python": python or python_facts(),
        "packages": {f"package.{name}": number for name, number in shown.items()},
        "devices": device_facts(version),
        "mnist": mnist or mnist_facts(version),
    }
    return [
        record(probe, facts, of=of.id, round_=number, run_id=run_id)
        for number in range(1, rounds + 1)
        for probe, facts in answers.items()
    ]


def without(records: Iterable[Record], *probes: str) -> list[Record]:
    return [one for one in records if one.probe not in probes]


def run(
    *cells: Cell,
    probes: tuple[Probe, ...] = PROBES,
    rounds: int = 1,
    host: HostClass = HOST,
    expectations: tuple[Expectation, ...] = (),
    bands: tuple[Band, ...] = (BAND,),
    reference: str = "",
    state: str = "complete",
    pairs: tuple[tuple[str, str], ...] | None = None,
    run_id: str = RUN,
    started: str = STARTED,
    notices: tuple[str, ...] = (),
) -> Run:
    return Run(
        id=run_id,
        started=started,
        ended="2026-11-20T23:49:41Z" if state == "complete" else "",
        state=state,
        version="0.1.0",
        suite="default",
        suite_digest="sha256:05",
        engine=EngineInfo(name="docker", version="20.10.24", api="1.41"),
        host=host,
        cells=cells,
        probes=probes,
        rounds=rounds,
        rules=Rules(reference=reference, expectations=expectations, bands=bands),
        notices=notices,
        pairs=tuple((one.id, probe.name) for one in cells for probe in probes)
        if pairs is None
        else pairs,
    )


LIBCUSOLVER = Raised(
    type="ImportError",
    message="Traceback (most recent call last):\n"
    '  File "/opt/python/lib/pywrap.py", line 41, in <module>\n'
    "    from native import *\n"
    "ImportError: libcusolver.so.8.0: cannot open shared object file: No such file or directory\n"
    "\n\nFailed to load the native runtime.\nfor some common reasons and solutions.  Include the "
    "entire stack trace\nabove this error message when asking for help.",
    traceback="Traceback (most recent call last):\n"
    '  File "probe.py", line 12, in probe\n'
    "    import framework\n"
    "ImportError: Traceback (most recent call last):\n"
    '  File "/opt/python/lib/pywrap.py", line 41, in <module>\n'
    "    from native import *\n"
    "ImportError: libcusolver.so.8.0: cannot open shared object file: No such file or directory\n"
    "\n\nFailed to load the native runtime.\nfor some common reasons and solutions.  Include the "
    "entire stack trace\nabove this error message when asking for help.\n",
)
