"""The frozen values everything speaks in: cells and their bases, recipes, records, runs.

Nothing here touches the world. Tuples, not lists; mappings are never changed after they are made.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from hashlib import sha256

from harness.promises import ADDED as ADDED
from harness.promises import Promise, PromiseKind

Scalar = str | int | float | bool | None
Fact = Scalar | tuple[Scalar, ...]
"""One answer: a scalar, or a short series (one number per training step, say)."""
Facts = Mapping[str, Fact]
"""Answers under dotted keys: `python.version`, `package.numpy`, `mnist.loss`."""


class Outcome(StrEnum):
    """How one probe in one round ended. Exactly one per planned (cell, round, probe)."""

    OK = "ok"
    RAISED = "raised"
    CRASHED = "crashed"
    TIMED_OUT = "timed-out"
    OUT_OF_MEMORY = "out-of-memory"
    OUTPUT_LIMIT = "output-limit"
    NO_ANSWER = "no-answer"
    NO_INTERPRETER = "no-interpreter"
    BUILD_FAILED = "build-failed"
    HOST_INCOMPATIBLE = "host-incompatible"
    PULL_FAILED = "pull-failed"
    ENGINE_GONE = "engine-gone"
    DISK_FULL = "disk-full"
    INTERFERED = "interfered"
    NOT_APPLICABLE = "not-applicable"


ASKED = frozenset(
    {
        Outcome.OK,
        Outcome.RAISED,
        Outcome.CRASHED,
        Outcome.TIMED_OUT,
        Outcome.OUT_OF_MEMORY,
        Outcome.OUTPUT_LIMIT,
        Outcome.NO_ANSWER,
    }
)
"""How a probe can have ended that was really asked; nothing else is believed of a container."""


class Verdict(StrEnum):
    """What a cell deserves; a cell has the worst of its findings."""

    PASS = "pass"
    UNVERIFIED = "unverified"
    DRIFT = "drift"
    FAIL = "fail"
    INFRASTRUCTURE = "infrastructure"

    @property
    def severity(self) -> int:
        return _SEVERITY[self]


class Level(StrEnum):
    """What an environment was shown to do; each level needs the one before it."""

    NONE = "-"
    L0 = "L0"
    L1 = "L1"
    L2 = "L2"
    L3 = "L3"
    L4 = "L4"

    @property
    def rank(self) -> int:
        return _RANK[self]

    @property
    def meaning(self) -> str:
        return _LEVEL_MEANING[self]


_SEVERITY = {verdict: place for place, verdict in enumerate(Verdict)}
_RANK = {level: place for place, level in enumerate(Level)}
_LEVEL_MEANING = {
    Level.NONE: "nothing obtained",
    Level.L0: "obtained",
    Level.L1: "starts",
    Level.L2: "sees its devices",
    Level.L3: "learns",
    Level.L4: "agrees",
}


class Nature(StrEnum):
    """What kind of thing a fact is, and so how a difference is judged where no expectation matches.

    A static fact must be equal; a measured one and a time are shown, not judged;
    an observation (load, free memory) describes the moment and is never compared. A seeded fact is
    a function of the round's number: equal in all cells, another in each round. A drawn fact is
    what a framework's own random stream gives from a stated seed: another release may draw other
    numbers, which is expected and no failure.
    """

    STATIC = "static"
    SEEDED = "seeded"
    DRAWN = "drawn"
    MEASURED = "measured"
    TIMING = "timing"
    OBSERVED = "observed"


class EvidenceKind(StrEnum):
    """How a fact of a probe shows a level; `harness.compare.evidence` judges each kind."""

    CLAIMED = "claimed"
    """The fact equals the framework version that the cell claims."""
    LOADED = "loaded"
    """The fact lists the framework's own libraries that are in memory."""
    DEVICES = "devices"
    """The fact lists the types of the devices seen, a series."""
    COMPUTES = "computes"
    """The fact is `works` where a GPU was seen to compute; only of cells that ask for one."""
    FINISHED = "finished"
    """The fact is there."""
    BAND = "band"
    """The fact lies inside the suite's band."""
    SAVES = "saves"
    """The fact lists the formats in which a model was saved, loaded, and predicted the same; those
    that the suite asks for are among them, else any is."""


# --- what is asked for -------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, slots=True)
class Source:
    """One way to get a base. `kind` is one of pull, debian, prefix.

    pull: `image` by digest, or by a tag. debian: a root file system of `suite` with `packages`,
    made by mmdebstrap, whose interpreter is `interpreter`; with `archive` from Debian's archive of
    suites that have left the mirrors. prefix: a CPython `python` found on this host (pyenv's or
    uv's), put at /opt/python in a Debian root of `suite` with `packages`.
    """

    kind: str
    image: str = ""
    suite: str = ""
    packages: tuple[str, ...] = ()
    archive: bool = False
    python: str = ""
    interpreter: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Base:
    """Where a cell's operating system and Python come from: the first source that works wins."""

    id: str
    python: str
    """major.minor, the version every source must give."""
    sources: tuple[Source, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """Where in which file something was written; lines and columns count from 1."""

    path: str
    line: int
    column: int = 1

    def __str__(self) -> str:
        return f"{self.path}:{self.line}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Profile:
    """The limits a container runs under. `name` is `strict` until something is relaxed;
    `relaxations` then names every departure, as `field=value`, and reports show them."""

    name: str = "strict"
    memory_bytes: int = 6 * 1024**3
    processes: int = 256
    """At least this many; grows with the host's cores (32 for each)."""
    scratch_bytes: int = 512 * 1024**2
    open_files: int = 1024
    output_bytes: int = 4 * 1024**2
    """Byte budget of one container's whole stream."""
    writable: bool = False
    scratch_exec: bool = False
    network: bool = False
    environment: tuple[tuple[str, str], ...] = ()
    """Overrides of the image's own environment; empty by default."""
    relaxations: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class ExpectedFailure:
    """How a cell is expected to fail: it reaches `level` and no more, for `reason`."""

    level: Level
    reason: str
    breakage: str = ""
    """Id of the known breakage that its failing records show; empty: whatever keeps it there."""
    until: str = ""
    """The last day it is expected (ISO date); empty: always."""


@dataclass(frozen=True, kw_only=True, slots=True)
class BuildSecret:
    """A value that a build may read and that is kept nowhere; its id is part of the recipe."""

    id: str
    env: str = ""
    """The variable of this host's environment that holds it; empty: it is in `file`."""
    file: str = ""


CELL_TAKEN = "cell:"
"""Stands before the id of a locked cell whose image is taken for one that a Dockerfile names."""
DATA_TAKEN = "data:"
"""Stands before the name of a data set that is taken so."""


@dataclass(frozen=True, kw_only=True, slots=True)
class DockerfileBuild:
    """How a cell's image is built of somebody's Dockerfile, as its row says it."""

    dockerfile: str
    """Its path, from the suite's folder."""
    context: str = ""
    """The folder that it copies from, from the suite's folder; empty: that of the Dockerfile."""
    args: tuple[tuple[str, str], ...] = ()
    target: str = ""
    """The stage that becomes the image; empty: the last."""
    platform: str = ""
    """As in linux/amd64; empty: the engine's own."""
    images: tuple[tuple[str, str], ...] = ()
    """(name of an image in the Dockerfile, what is taken for it): the id of a base, `cell:` and the
    id of a locked cell, or `data:` and the name of a data set."""
    network: bool = False
    """Its steps, and the builder, may fetch what they like: the build is not hermetic."""
    secrets: tuple[BuildSecret, ...] = ()

    @property
    def cells(self) -> tuple[str, ...]:
        """Ids of the cells whose images are taken for images that it names."""
        taken = (one for _, one in self.images if one.startswith(CELL_TAKEN))
        return tuple(one.removeprefix(CELL_TAKEN) for one in taken)

    @property
    def folder(self) -> str:
        """The context's folder, from the suite's folder."""
        return self.context or self.dockerfile.rpartition("/")[0] or "."


@dataclass(frozen=True, kw_only=True, slots=True)
class Cell:
    """One environment to verify.

    Exactly one of `base` (a built image), `build` (one of a Dockerfile), `image` (an existing one)
    and `host` (an interpreter on this host, as it is) says where it comes from.
    """

    id: str
    framework: tuple[tuple[str, str], ...] = ()
    """(name, claimed version); empty: it claims none."""
    python: str = ""
    """major.minor it claims; empty: whatever it has."""
    cuda: str = ""
    base: str = ""
    image: str = ""
    host: str = ""
    install: tuple[str, ...] = ()
    """Requirements the lock is resolved from."""
    constraints: tuple[str, ...] = ()
    as_of: str = ""
    """ISO date: distributions uploaded after it do not exist for this cell's lock."""
    interpreter: str = ""
    """Empty: the base's; for an existing image python3, then python, on its PATH."""
    environment: tuple[tuple[str, str], ...] = ()
    """Set in the built image."""
    gpu: str = ""
    """`all` where the cell needs a GPU, `if-there` where it is asked without one, too."""
    level: Level = Level.L3
    tags: tuple[str, ...] = ()
    settings: tuple[tuple[str, tuple[tuple[str, Scalar], ...]], ...] = ()
    """Per probe: settings that replace the probe's own defaults."""
    timeouts: tuple[tuple[str, float], ...] = ()
    """Per probe: seconds it may take, instead of its own limit."""
    profile: Profile = Profile()
    expect: ExpectedFailure | None = field(default=None, metadata={ADDED: True})
    """None: it is expected to reach its level."""
    build: DockerfileBuild | None = field(default=None, metadata={ADDED: True})
    """None: it is not built of a Dockerfile."""
    promise: Promise | None = field(default=None, metadata={ADDED: True})
    """What it promises to whoever stands outside of its container. None: nothing."""
    place: Place | None = None

    @property
    def is_built(self) -> bool:
        """Whether its image is made here, of a recipe."""
        return bool(self.base) or self.build is not None


@dataclass(frozen=True, kw_only=True, slots=True)
class Excluded:
    """A combination of an `axes` product that is left out, and why."""

    id: str
    reason: str
    place: Place | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Expectation:
    """A rule for the facts it matches (shell-style patterns); the first that matches wins.

    rule: exact; within (`absolute` and/or `relative` bound on |candidate - reference|);
    ignore; allowed (a difference is expected, for `reason`, until the date `until`); equivalent
    (over rounds, shown to lie inside `margin`; no drift below `minimum`).
    """

    facts: str
    rule: str
    cells: str = "*"
    absolute: float | None = None
    relative: float | None = None
    reason: str = ""
    until: str = ""
    margin: float | None = field(default=None, metadata={ADDED: True})
    """What lies inside is equivalent: a share of a time (0.1: 10 %), points of an accuracy (0.007:
    0.7 points). None: the default."""
    minimum: float | None = field(default=None, metadata={ADDED: True})
    """A difference that is not larger is no drift. None: the default."""
    place: Place | None = field(default=None, compare=False)
    """Where it is written; a run keeps it without the folders of its host."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Band:
    """The absolute band a learning result must lie in, for one data set and setting."""

    fact: str
    dataset: str
    low: float
    high: float
    steps: int | None = None
    epochs: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Saving:
    """In which formats models must be saved and loaded, and which level hangs on it."""

    level: Level = Level.L3
    formats: tuple[str, ...] = ()
    """Each of them must work; empty: one must, whichever."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Rules:
    """Everything judging needs besides records; a run keeps its own copy."""

    reference: str = ""
    """Cell id; empty: the first cell of the run."""
    expectations: tuple[Expectation, ...] = ()
    bands: tuple[Band, ...] = ()
    saving: Saving | None = field(default=None, metadata={ADDED: True})
    """None: the defaults of Saving."""


@dataclass(frozen=True, kw_only=True, slots=True)
class AskedMore:
    """What a run that is selected by a tag asks beside what every run does."""

    tag: str
    probes: tuple[str, ...] = ()
    """Probes that are asked too."""
    settings: tuple[tuple[str, tuple[tuple[str, Scalar], ...]], ...] = ()
    """Per probe: settings that replace those of `defaults` and of cells."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Suite:
    """A loaded matrix.yaml: cells in the order written, axes expanded."""

    name: str
    root: str
    """Folder of the matrix.yaml, absolute."""
    digest: str
    cells: tuple[Cell, ...]
    excluded: tuple[Excluded, ...] = ()
    bases: tuple[Base, ...] = ()
    rules: Rules = Rules()
    default: tuple[str, ...] = ()
    """Tags taken where nothing is selected; empty: every cell."""
    probes: tuple[str, ...] = ()
    """Names of the probes to run; empty: every standard one and the suite's own."""
    asked_more: tuple[AskedMore, ...] = ()
    """By tag: what is asked more where a run is selected by it."""
    also: tuple[str, ...] = ()
    """Names of probes to run beside `probes`, as the tags of the selection ask."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Evidence:
    """Which fact of a probe shows a level.

    `kind` is one of EvidenceKind; a run of another version may hold one that is not known here.
    """

    level: Level
    kind: str
    fact: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Probe:
    """One file that asks one question. `source` is its text; `digest` covers it."""

    name: str
    question: str
    source: str
    digest: str
    where: str = "inside"
    """inside: runs in the environment. outside: runs on the host, against started containers."""
    frameworks: tuple[str, ...] = ()
    """Only for cells that claim one of these; empty: for every cell."""
    timeout_s: float = 60.0
    dataset: str = ""
    settings: tuple[tuple[str, Scalar], ...] = ()
    natures: tuple[tuple[str, Nature], ...] = ()
    """(pattern, nature), first match wins; unmatched facts are static."""
    evidence: tuple[Evidence, ...] = ()
    on_request: bool | None = field(default=None, metadata={ADDED: True})
    """True: asked only where a suite or a command line names it. None: whenever it applies."""
    promises: tuple[PromiseKind, ...] | None = field(default=None, metadata={ADDED: True})
    """Only for cells that promise something of one of these kinds. None: for every cell."""


# --- what a built image is made from -----------------------------------------------------------


@dataclass(frozen=True, kw_only=True, slots=True)
class Artifact:
    """One file of a distribution, known by its content."""

    name: str
    version: str
    filename: str
    sha256: str
    size: int

    @property
    def is_wheel(self) -> bool:
        return self.filename.endswith(".whl")


@dataclass(frozen=True, kw_only=True, slots=True)
class Lock:
    """The hashed list of distributions a cell installs, and the tools that install them."""

    cell: str
    python: str
    """Full version of the interpreter that resolved it."""
    request: str
    """Digest of what was asked for: base python, requirements, constraints, as-of date."""
    as_of: str
    tools: tuple[Artifact, ...]
    """pip first; setuptools and wheel where a source distribution is built. Never in the image."""
    distributions: tuple[Artifact, ...]
    base: str = ""
    """`name:tag@sha256:...` of the base it was resolved in, where that was pulled by a tag."""


@dataclass(frozen=True, kw_only=True, slots=True)
class LockedBase:
    """What a base of a suite was, when it was locked."""

    base: str
    """Its id in the suite."""
    source: str
    """What it was made from, in words."""
    layers: str
    """One digest of its layers, as `ImageIdentity.base_digest`."""


@dataclass(frozen=True, kw_only=True, slots=True)
class LockedImage:
    """What the name of an existing image stood for, when it was locked."""

    cell: str
    image: str
    """The name, as the cell has it."""
    digest: str
    """The manifest digest that its registry gave."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SuiteLock:
    """What goes into the cells of a suite beside the distributions that each cell's lock has."""

    probes: tuple[tuple[str, str], ...] = ()
    """(name, digest)."""
    data: tuple[tuple[str, str], ...] = ()
    """(name of a data set, digest)."""
    bases: tuple[LockedBase, ...] = ()
    images: tuple[LockedImage, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Recipe:
    """Everything requested that decides an image's content, in parts that can be replaced."""

    base: Base
    interpreter: str
    lock: Lock
    environment: tuple[tuple[str, str], ...]
    dockerfile: str
    """Text of the parametrised Dockerfile it is rendered with."""
    files: tuple[tuple[str, str], ...] = ()
    """(name, text) of our own files that the build runs."""


@dataclass(frozen=True, kw_only=True, slots=True)
class DockerfileRecipe:
    """Everything requested that decides the image of a Dockerfile, and where its parts lie."""

    text: str
    """The Dockerfile as it is written."""
    context: str
    """SHA-256 of the context's tar."""
    args: tuple[tuple[str, str], ...] = ()
    target: str = ""
    platform: str = ""
    bases: tuple[tuple[str, Base], ...] = ()
    """(name of an image in the Dockerfile, the base that is taken for it)."""
    cells: tuple[tuple[str, Cell, Recipe], ...] = ()
    """(name of an image in the Dockerfile, the cell whose image is taken for it, its recipe)."""
    data: tuple[tuple[str, str], ...] = ()
    """(name of an image in the Dockerfile, the data set whose files are taken for it): which files
    these are is found out where it is built."""
    network: bool = False
    secrets: tuple[BuildSecret, ...] = ()
    path: str = ""
    """Of the Dockerfile on this host."""
    folder: str = ""
    """Of the context on this host."""
    shown: str = ""
    """The Dockerfile's path from the suite's folder, for messages."""
    context_bytes: int = 0


WRITTEN_AMONG = "written among"
"""In a field's metadata: (other field, key). The value is written in that mapping, under that key,
and not at all where it is the default."""
CONTAINER_WRITTEN = ("observed", "container.ordinal")
"""Where the container of a record is written, since before it was a field."""

# --- what came out -----------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, slots=True)
class MovedTag:
    """That the name of an image stands for another one than before."""

    before: str
    """Digest of what it stood for."""
    now: str
    since: str
    """How that is known: `locked`, or the moment at which it was last seen (ISO 8601)."""
    differences: tuple[str, ...] = ()
    """What differs between the two images, a line each."""
    untold: str = ""
    """Why that is not all; empty where it is."""
    alike: bool = False
    """Both hold the same, as far as they say: another build of it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ImageIdentity:
    """What an engine made or pulled."""

    id: str
    manifest: str = ""
    """Manifest digest, where there is one."""
    layers: tuple[str, ...] = ()
    """Layer diff ids: equal content is judged by these."""
    recipe: str = ""
    base: str = ""
    """Image id of the base that was really used."""
    base_source: str | None = field(default=None, metadata={ADDED: True})
    """What that base was made from, in words; of what was pulled by a tag, the digest too. None:
    it is not known, or there is no base."""
    origin: str = ""
    """How it was obtained: built, reused, pulled, found on the engine, and so on."""
    size_bytes: int = 0
    moved: MovedTag | None = field(default=None, metadata={ADDED: True})
    """None: its name is not known to have stood for another image."""

    @property
    def base_digest(self) -> str:
        """One digest of the layers that it was built on; empty for what was not built here."""
        if not self.recipe or len(self.layers) < _BUILT_LAYERS:
            return ""
        return "sha256:" + sha256(" ".join(self.layers[:-1]).encode()).hexdigest()


_BUILT_LAYERS = 2
"""A built image has at least one layer of its base and, above, one of its own."""
UNBOUNDED = "unbounded"
"""Among an engine's details: what of its containers it cannot bound."""


@dataclass(frozen=True, kw_only=True, slots=True)
class EngineInfo:
    """Which engine answered, and its versions."""

    name: str
    version: str = ""
    api: str = ""
    detail: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class HostClass:
    """What makes two hosts comparable. Never MHz, uptime, load."""

    machine: str
    cpu_model: str
    cpu_flags: tuple[str, ...]
    cores: int
    memory_gib: int
    gpus: tuple[str, ...] = ()
    driver: str = ""
    quota: float | None = field(default=None, metadata={ADDED: True})
    """Processors' worth of time that control groups leave what runs there; None: all."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Raised:
    """An exception a probe ended in."""

    type: str
    message: str
    traceback: str
    around: Facts | None = field(default=None, metadata={ADDED: True})
    """Where a module lies that could not be imported, and what keeps the interpreter from it, as
    the environment told it at that moment. None: nothing was found, or nothing was looked for."""


@dataclass(frozen=True, kw_only=True, slots=True, order=True)
class Key:
    """The identity of a record; writing it twice leaves one."""

    run: str
    cell: str
    round: int
    probe: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Record:
    """What one probe said in one round."""

    run: str
    cell: str
    round: int
    probe: str
    outcome: Outcome
    facts: Facts = field(default_factory=dict)
    reason: str = ""
    """For a person: why the outcome is not ok."""
    raised: Raised | None = None
    noise: str = ""
    """Bounded tail of what it printed beside its answer."""
    image: ImageIdentity | None = None
    probe_digest: str = ""
    dataset_digest: str = ""
    settings: Mapping[str, Scalar] = field(default_factory=dict)
    profile: Profile = Profile()
    engine: str = ""
    durations: Mapping[str, float] = field(default_factory=dict)
    """Seconds by stage: probe, container."""
    observed: Mapping[str, Scalar] = field(default_factory=dict)
    """The moment: host load, say."""
    container: int = field(default=0, metadata={WRITTEN_AMONG: CONTAINER_WRITTEN})
    """Which container of the round it came from, the first is 1; 0: there was none."""
    started: str = ""
    """UTC, ISO 8601."""
    repeats: str = ""
    """RUN/ROUND of the record whose answer this is; empty: it was asked."""
    signal: str | None = field(default=None, metadata={ADDED: True})
    """The signal that ended the process, SIGSEGV say; None: none did, or it is not known."""
    begun: bool | None = field(default=None, metadata={ADDED: True})
    """False: what was started as Python ended before it came to the question. None: it is not
    known, or there was an answer."""
    host: str | None = field(default=None, metadata={ADDED: True})
    """Which of the run's `hosts` it was asked on, by name. None: the run has one host."""

    def __post_init__(self) -> None:
        """Take the container out of the observations that were read."""
        name = CONTAINER_WRITTEN[1]
        written = self.observed.get(name)
        if self.container or (type(written) is int and written):
            rest = {key: value for key, value in self.observed.items() if key != name}
            object.__setattr__(self, "container", self.container or written)
            object.__setattr__(self, "observed", rest)

    @property
    def key(self) -> Key:
        return Key(run=self.run, cell=self.cell, round=self.round, probe=self.probe)


@dataclass(frozen=True, kw_only=True, slots=True)
class Attempt:
    """What an attempt left that infrastructure ended: evidence, never counted as a record."""

    record: Record
    """What is known of it, under the key that it was made for."""
    reason: str
    """How infrastructure ended it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SecondOpinion:
    """What the files of a cell's environment say, read from outside, without running anything."""

    cell: str
    image: str
    """Id of what was read."""
    facts: Facts = field(default_factory=dict)
    problem: str = ""
    """Why it is not all; empty where it is."""


@dataclass(frozen=True, kw_only=True, slots=True)
class KnownSpread:
    """How much the rounds of one comparison varied in a metric, kept from a calibration."""

    metric: str
    """The pattern or fact of the metric, as `harness.compare.metrics` names it."""
    variance: float
    """Of a round's difference: of the logarithm of a ratio of times, of a share."""
    df: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Beside:
    """An engine that took some cells of a run beside the run's own, and its host."""

    engine: EngineInfo
    host: HostClass
    cells: tuple[str, ...]
    """Their ids."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RunHost:
    """One of several hosts that a run was spread over, with the engine it has."""

    name: str
    """Tells it from the others: two engines of one machine are two hosts of a run."""
    address: str
    """Where it reaches its engine; of a machine's interpreters, empty."""
    engine: EngineInfo
    host: HostClass


@dataclass(frozen=True, kw_only=True, slots=True)
class Shard:
    """Which share of a plan a run did, where the plan's cells were dealt to several jobs."""

    number: int
    """Which of them, from 1 on."""
    count: int
    plan: str
    """Digest of the whole plan and of how it was dealt: equal in all its shards."""
    cells: tuple[Cell, ...]
    """Every cell of the plan, in its order."""
    dealt: tuple[int, ...]
    """The number of the shard that each of them was dealt to."""


@dataclass(frozen=True, kw_only=True, slots=True)
class MergedShard:
    """A shard that a run was merged from, or that was missing then."""

    number: int
    cells: tuple[str, ...]
    """Ids of the cells that were dealt to it."""
    run: str = ""
    """Id of its run; empty: it was missing."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Run:
    """A set of planned (cell, round, probe), each cell on the one engine that took it."""

    id: str
    started: str
    ended: str = ""
    state: str = "running"
    """running, complete, interrupted."""
    version: str = ""
    suite: str = ""
    suite_digest: str = ""
    engine: EngineInfo
    """What took all cells but those that are named in `beside`."""
    host: HostClass
    cells: tuple[Cell, ...]
    probes: tuple[Probe, ...]
    """Without their source text; the digest identifies it."""
    rounds: int = 1
    rules: Rules = Rules()
    notices: tuple[str, ...] = ()
    """Said aloud and kept: a fall-back to the data subset, an engine that cannot verify."""
    pairs: tuple[tuple[str, str], ...] = ()
    """Planned (cell, probe) pairs; times the cells' rounds they are the run's keys."""
    beside: tuple[Beside, ...] | None = field(default=None, metadata={ADDED: True})
    """Engines that took some of the cells; None: `engine` took all."""
    unasked: tuple[Probe, ...] | None = field(default=None, metadata={ADDED: True})
    """Probes of the suite that were not asked, without their source. None: it is not known."""
    opinions: tuple[SecondOpinion, ...] | None = field(default=None, metadata={ADDED: True})
    """At most one a cell. The store keeps them beside the run. None: nothing was read."""
    looks: tuple[int, ...] | None = field(default=None, metadata={ADDED: True})
    """After how many rounds it was looked whether they suffice, where that was left open: `rounds`
    is the first of them. None: the number of rounds was fixed before."""
    noise: tuple[KnownSpread, ...] | None = field(default=None, metadata={ADDED: True})
    """What was known of its host's noise as it began, from calibrations there. None: nothing."""
    locked: SuiteLock | None = field(default=None, metadata={ADDED: True})
    """What was locked beside distributions, as far as the run has to do with it. None: nothing."""
    cell_rounds: tuple[tuple[str, int], ...] | None = field(default=None, metadata={ADDED: True})
    """The cells that have other than `rounds` rounds, each with its number. The store tells it from
    what is planned. None: there are none."""
    shard: Shard | None = field(default=None, metadata={ADDED: True})
    """The share of a plan that it is. None: it is the whole of its plan."""
    merged: tuple[MergedShard, ...] | None = field(default=None, metadata={ADDED: True})
    """The shards of a plan that it was merged from, by number. None: it was not merged."""
    hosts: tuple[RunHost, ...] | None = field(default=None, metadata={ADDED: True})
    """The hosts that its cells were spread over, each record names its own; `beside` and `taken`
    are told from them then. None: all was done on `host`."""
    taken: tuple[tuple[str, str], ...] | None = field(default=None, metadata={ADDED: True})
    """(cell, name of the host that took it), of those with a record, where there are `hosts`. The
    store tells it from the records."""

    def rounds_of(self, cell: str) -> int:
        """How many rounds a cell has."""
        return dict(self.cell_rounds or ()).get(cell, self.rounds)

    def shard_of(self, cell: str) -> int:
        """The number of the shard that a cell was dealt to, where this was merged from several;
        else 0. Cells of two shards were asked by two jobs, which may have been on two hosts."""
        shards = (one.number for one in self.merged or () if cell in one.cells)
        return next(shards, 0)

    @property
    def most_rounds(self) -> int:
        """How many rounds the cell with the most of them has."""
        return max((self.rounds_of(cell.id) for cell in self.cells), default=self.rounds)

    def of(self, cell: str) -> Run:
        """The run as it was for one cell: on the engine, and the host, that took it."""
        for other in self.beside or ():
            if cell in other.cells:
                return replace(self, engine=other.engine, host=other.host, beside=None)
        return self

    def placed(self, taken: Mapping[str, str]) -> Run:
        """The run with the engines and hosts of its cells, as their records name them: `taken` has
        the name of a host for each cell that has a record. One that is on no host of the run's is
        left where the run is."""
        found: list[Beside] = []
        for one in self.hosts or ():
            cells = tuple(cell.id for cell in self.cells if taken.get(cell.id) == one.name)
            if cells and (one.engine, one.host) != (self.engine, self.host):
                found.append(Beside(engine=one.engine, host=one.host, cells=cells))
        if self.hosts is None:
            return self
        pairs = tuple((cell.id, taken[cell.id]) for cell in self.cells if taken.get(cell.id))
        return replace(self, beside=tuple(found) or None, taken=pairs or None)

    @property
    def engines(self) -> tuple[EngineInfo, ...]:
        """The run's own engine, and those beside it."""
        return (self.engine, *(other.engine for other in self.beside or ()))

    def planned(self) -> tuple[Key, ...]:
        return tuple(
            Key(run=self.id, cell=cell, round=number, probe=probe)
            for cell, probe in self.pairs
            for number in range(1, self.rounds_of(cell) + 1)
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class CellNight:
    """What one run showed of one cell, small enough to be kept of every night."""

    run: str
    started: str
    """When the run began: UTC, ISO 8601."""
    cell: str
    engine: str
    """Its name."""
    host: HostClass
    numbers: Mapping[str, float]
    """Measured facts and times, the median over rounds; of a series in a round its median."""
    primary: tuple[str, ...]
    """Which of them are primary metrics, in their order."""
    facts: Facts = field(default_factory=dict)
    """All others but observations, as they stand for all rounds."""
    inputs: Mapping[str, str] = field(default_factory=dict)
    """What went into it, but packages, which are among the facts."""


@dataclass(frozen=True, kw_only=True, slots=True)
class KeptNight:
    """A complete run of which the store keeps what each cell showed."""

    run: str
    started: str
    cells: int
    """How many cells it has."""
