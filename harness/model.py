"""The frozen values that all parts share: cells and their bases, recipes, records, runs.

Nothing here touches the outside world. Sequences are tuples; mappings are never changed after they
are made.
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
"""One answer: a scalar, or a short series (for example one number for each training step)."""
Facts = Mapping[str, Fact]
"""Answers under dotted keys: `python.version`, `package.numpy`, `mnist.loss`."""


class Outcome(StrEnum):
    """How one probe ended in one round. There is exactly one for each planned (cell, round,
    probe)."""

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
"""The outcomes possible for a probe that was really asked; a container's answer cannot claim any
other."""


class Verdict(StrEnum):
    """How a finding or a cell is judged; a cell has the worst verdict of its findings."""

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
    """What kind of value a fact is, and so how a difference is judged where no expectation matches.

    A static fact must be equal. A measured fact and a time are shown, not judged. An observed fact
    (load, free memory) describes the moment and is never compared. A seeded fact is a function of
    the round's number: equal in all cells, different in each round. A drawn fact comes from a
    framework's own random stream with a given seed: another release may draw other numbers, which
    is expected and no failure.
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
    """The fact is `works` where a GPU was seen to compute; it is only used for cells that ask for
    one."""
    FINISHED = "finished"
    """The fact is present."""
    BAND = "band"
    """The fact lies inside the suite's band."""
    SAVES = "saves"
    """The fact lists the formats in which a model was saved and loaded and predicted the same. It
    must include those that the suite asks for or, where it asks for none, any."""


# --- what is asked for -------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, slots=True)
class Source:
    """One way to get a base. `kind` is one of pull, debian, prefix.

    pull: `image` by digest, or by a tag. debian: a root file system of `suite` with `packages`,
    made by mmdebstrap, with the interpreter `interpreter`; where `archive` is true, from Debian's
    archive of suites that have left the mirrors. prefix: a CPython `python` found on this host
    (pyenv's or uv's), put at /opt/python in a Debian root file system of `suite` with `packages`.
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
    """major.minor: the version that every source must provide."""
    sources: tuple[Source, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """The place in a file where something was written; lines and columns count from 1."""

    path: str
    line: int
    column: int = 1

    def __str__(self) -> str:
        return f"{self.path}:{self.line}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Profile:
    """The limits a container runs under. `name` is `strict` until something is relaxed;
    `relaxations` then lists every change, as `field=value`, and reports show them."""

    name: str = "strict"
    memory_bytes: int = 6 * 1024**3
    processes: int = 256
    """The minimum; the limit grows with the host's cores (32 for each)."""
    scratch_bytes: int = 512 * 1024**2
    open_files: int = 1024
    output_bytes: int = 4 * 1024**2
    """The byte budget of one container's whole output stream."""
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
    """Id of the known breakage that its failing records show; empty: any failure that keeps it at
    `level`."""
    until: str = ""
    """The last day on which it is expected (ISO date); empty: always."""


@dataclass(frozen=True, kw_only=True, slots=True)
class BuildSecret:
    """A value that a build may read and that is stored nowhere; its id is part of the recipe."""

    id: str
    env: str = ""
    """The environment variable of this host that holds it; empty: it is in `file`."""
    file: str = ""


CELL_TAKEN = "cell:"
"""Prefix of the id of a cell that is built here, whose image replaces one that a Dockerfile
names."""
DATA_TAKEN = "data:"
"""Prefix of the name of a data set that replaces such an image."""


NOT_HERMETIC = "build-network=true"
"""The relaxation of a cell whose build may use the network, so that its content may come from
anywhere; followed by ` of ` and another cell's id where that is the build of an image from which it
takes something."""


@dataclass(frozen=True, kw_only=True, slots=True)
class DockerfileBuild:
    """How a cell's image is built from a given Dockerfile, as its row states it."""

    dockerfile: str
    """Its path, relative to the suite's folder."""
    context: str = ""
    """The folder it copies from, relative to the suite's folder; empty: that of the Dockerfile."""
    args: tuple[tuple[str, str], ...] = ()
    target: str = ""
    """The stage that becomes the image; empty: the last one."""
    platform: str = ""
    """For example linux/amd64; empty: the engine's own."""
    images: tuple[tuple[str, str], ...] = ()
    """(name of an image in the Dockerfile, its replacement): the id of a base, `cell:` and the id
    of a cell that is built here, or `data:` and the name of a data set."""
    network: bool = False
    """Whether its steps and the builder may fetch anything; such a build is not hermetic."""
    secrets: tuple[BuildSecret, ...] = ()

    @property
    def cells(self) -> tuple[str, ...]:
        """Ids of the cells whose images replace images that it names."""
        taken = (one for _, one in self.images if one.startswith(CELL_TAKEN))
        return tuple(one.removeprefix(CELL_TAKEN) for one in taken)

    @property
    def folder(self) -> str:
        """The context's folder, relative to the suite's folder."""
        return self.context or self.dockerfile.rpartition("/")[0] or "."


@dataclass(frozen=True, kw_only=True, slots=True)
class Cell:
    """One environment to verify.

    Exactly one of these says where it comes from: `base` (an image built from a lock), `build` (an
    image built from a Dockerfile), `image` (an existing image), `host` (an interpreter of this
    host).
    """

    id: str
    """Its name, unique in the suite."""
    framework: tuple[tuple[str, str], ...] = ()
    """Pairs of framework and claimed version; empty: it claims none."""
    python: str = ""
    """The claimed version (major.minor); empty: any."""
    cuda: str = ""
    """The claimed CUDA version; empty: none."""
    base: str = ""
    """The name of the base that it is built on."""
    image: str = ""
    """The name of an existing image."""
    host: str = ""
    """The interpreter of this host."""
    install: tuple[str, ...] = ()
    """The requirements that its lock is resolved from."""
    constraints: tuple[str, ...] = ()
    """Constraints on these requirements."""
    as_of: str = ""
    """A day (ISO 8601): its lock ignores distributions that were uploaded later."""
    interpreter: str = ""
    """The interpreter to start; empty: that of the base, or python3, then python on the PATH of an
    existing image."""
    environment: tuple[tuple[str, str], ...] = ()
    """Variables that are set in the built image."""
    gpu: str = ""
    """`all`: it needs a GPU; `if-there`: it uses one if there is one; empty: it uses none."""
    level: Level = Level.L3
    """The level that it should reach."""
    tags: tuple[str, ...] = ()
    """Names by which cells are selected."""
    settings: tuple[tuple[str, tuple[tuple[str, Scalar], ...]], ...] = ()
    """For each probe, settings that replace its defaults."""
    timeouts: tuple[tuple[str, float], ...] = ()
    """For each probe, the seconds it may take instead of its own limit."""
    profile: Profile = Profile()
    """The limits of its containers."""
    expect: ExpectedFailure | None = field(default=None, metadata={ADDED: True})
    """The failure that is expected of it. None: it should reach its level."""
    build: DockerfileBuild | None = field(default=None, metadata={ADDED: True})
    """The Dockerfile that it is built from. None: it is not."""
    promise: Promise | None = field(default=None, metadata={ADDED: True})
    """What it promises to clients outside of its container. None: nothing."""
    place: Place | None = None
    """Where it stands in matrix.yaml."""

    @property
    def is_built(self) -> bool:
        """Whether its image is made here, of a recipe."""
        return bool(self.base) or self.build is not None

    @property
    def is_hermetic(self) -> bool:
        """Whether no build that its image comes from may fetch anything."""
        return not any(one.startswith(NOT_HERMETIC) for one in self.profile.relaxations)


@dataclass(frozen=True, kw_only=True, slots=True)
class Excluded:
    """A combination of an `axes` product that is left out, with the reason."""

    id: str
    reason: str
    place: Place | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Expectation:
    """A rule for the facts it matches (shell-style patterns); the first that matches wins.

    `rule` is one of exact; within (`absolute` and/or `relative` bound on |candidate - reference|);
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
    """What lies inside is equivalent: a share for a time (0.1: 10 %), points for an accuracy
    (0.007: 0.7 points). None: the default."""
    minimum: float | None = field(default=None, metadata={ADDED: True})
    """A difference that is not larger is no drift. None: the default."""
    place: Place | None = field(default=None, compare=False)
    """Where it is written; a run keeps it without the folders of its host."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Band:
    """The absolute range in which a learning result must lie, for one data set and length of
    training."""

    fact: str
    dataset: str
    low: float
    high: float
    steps: int | None = None
    epochs: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Saving:
    """The formats in which models must be saved and loaded, and the level that depends on it."""

    level: Level = Level.L3
    formats: tuple[str, ...] = ()
    """Each of them must work; empty: at least one must, whichever it is."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Rules:
    """Everything that judging needs besides records; a run keeps its own copy."""

    reference: str = ""
    """Cell id; empty: the first cell of the run."""
    expectations: tuple[Expectation, ...] = ()
    bands: tuple[Band, ...] = ()
    saving: Saving | None = field(default=None, metadata={ADDED: True})
    """None: the defaults of Saving."""


@dataclass(frozen=True, kw_only=True, slots=True)
class AskedMore:
    """What a run selected by a tag asks in addition to what every run asks."""

    tag: str
    probes: tuple[str, ...] = ()
    """Additional probes."""
    settings: tuple[tuple[str, tuple[tuple[str, Scalar], ...]], ...] = ()
    """For each probe, settings that replace those of `defaults` and of cells."""


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
    """Tags that are selected where nothing else is; empty: every cell."""
    probes: tuple[str, ...] = ()
    """Names of the probes to run; empty: all standard ones and all of the suite's own."""
    asked_more: tuple[AskedMore, ...] = ()
    """By tag: what is asked in addition where a run is selected by that tag."""
    also: tuple[str, ...] = ()
    """Names of probes to run in addition to `probes`, because of the selected tags."""


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
    """One file that asks one question. `source` is its text; `digest` covers that text."""

    name: str
    question: str
    source: str
    digest: str
    where: str = "inside"
    """inside: runs in the environment. outside: runs on the host, against started containers."""
    frameworks: tuple[str, ...] = ()
    """Asked only of cells that claim one of these; empty: of every cell."""
    timeout_s: float = 60.0
    dataset: str = ""
    settings: tuple[tuple[str, Scalar], ...] = ()
    natures: tuple[tuple[str, Nature], ...] = ()
    """(pattern, nature); the first match wins, and facts without a match are static."""
    evidence: tuple[Evidence, ...] = ()
    on_request: bool | None = field(default=None, metadata={ADDED: True})
    """True: asked only where a suite or a command line names it. None: asked whenever it
    applies."""
    promises: tuple[PromiseKind, ...] | None = field(default=None, metadata={ADDED: True})
    """Asked only of cells that make a promise of one of these kinds. None: of every cell."""


# --- what a built image is made from -----------------------------------------------------------


@dataclass(frozen=True, kw_only=True, slots=True)
class Artifact:
    """One file of a distribution, identified by its content."""

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
    """Full version of the interpreter it was resolved with."""
    request: str
    """Digest of the request: base python, requirements, constraints, as-of date."""
    as_of: str
    tools: tuple[Artifact, ...]
    """pip first; also setuptools and wheel where a source distribution is built. Never part of the
    image."""
    distributions: tuple[Artifact, ...]
    base: str = ""
    """`name:tag@sha256:...` of the base it was resolved in, where that was pulled by a tag."""


@dataclass(frozen=True, kw_only=True, slots=True)
class LockedBase:
    """What a base of a suite was when it was locked."""

    base: str
    """The base's id in the suite."""
    source: str
    """What it was made from, in words."""
    layers: str
    """One digest of all its layers, as in `ImageIdentity.base_digest`."""


@dataclass(frozen=True, kw_only=True, slots=True)
class LockedImage:
    """What the name of an existing image stood for when it was locked."""

    cell: str
    image: str
    """The name as the cell states it."""
    digest: str
    """The manifest digest given by its registry."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SuiteLock:
    """The locked inputs of a suite's cells, in addition to the distributions in each cell's
    lock."""

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
    """Text of the parametrised Dockerfile that it is rendered with."""
    files: tuple[tuple[str, str], ...] = ()
    """(name, text) of the harness's own files that the build runs."""


@dataclass(frozen=True, kw_only=True, slots=True)
class DockerfileRecipe:
    """Everything requested that decides the image built from a Dockerfile, and where its parts
    are."""

    text: str
    """The Dockerfile's text as written."""
    context: str
    """SHA-256 of the context as a tar archive."""
    args: tuple[tuple[str, str], ...] = ()
    target: str = ""
    platform: str = ""
    bases: tuple[tuple[str, Base], ...] = ()
    """(name of an image in the Dockerfile, the base that replaces it)."""
    cells: tuple[tuple[str, Cell, Recipe | DockerfileRecipe], ...] = ()
    """(name of an image in the Dockerfile, the cell whose image replaces it, its recipe)."""
    data: tuple[tuple[str, str], ...] = ()
    """(name of an image in the Dockerfile, the data set whose files replace it). Which files these
    are is determined where it is built."""
    network: bool = False
    secrets: tuple[BuildSecret, ...] = ()
    path: str = ""
    """Path of the Dockerfile on this host."""
    folder: str = ""
    """Path of the context on this host."""
    shown: str = ""
    """The Dockerfile's path relative to the suite's folder, for messages."""
    context_bytes: int = 0


WRITTEN_AMONG = "written among"
"""Marks, in a field's metadata, (other field, key): the value is written in that mapping, under
that key, and left out where it is the default."""
CONTAINER_WRITTEN = ("observed", "container.ordinal")
"""Where the container of a record is written: it was stored there before it became a field."""

# --- what came out -----------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, slots=True)
class MovedTag:
    """That the name of an image now stands for another image than before."""

    before: str
    """Digest of the image it stood for."""
    now: str
    since: str
    """How that is known: `locked`, or the moment at which it was last seen (ISO 8601)."""
    differences: tuple[str, ...] = ()
    """What differs between the two images, a line each."""
    untold: str = ""
    """Why `differences` is incomplete; empty where it is complete."""
    alike: bool = False
    """Whether both have the same content as far as is known, which makes it another build of the
    same."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ImageIdentity:
    """An image that an engine built, pulled or already had."""

    id: str
    """The engine's id of it."""
    manifest: str = ""
    """The digest of its manifest; empty if there is none."""
    layers: tuple[str, ...] = ()
    """The diff ids of its layers; two images with equal ones have equal content."""
    recipe: str = ""
    """The digest of the recipe it was built from; empty if it was not built here."""
    base: str = ""
    """The image id of the base that it was really built on."""
    base_source: str | None = field(default=None, metadata={ADDED: True})
    """What that base was made from, in words, with the digest if it was pulled by a tag. None: not
    known, or there is no base."""
    origin: str = ""
    """How it was obtained, such as built, reused, pulled, or found on the engine."""
    size_bytes: int = 0
    """Its size in bytes, as the engine reports it."""
    moved: MovedTag | None = field(default=None, metadata={ADDED: True})
    """The image that its tag named before. None: no other is known."""

    @property
    def base_digest(self) -> str:
        """One digest of the layers that it was built on; empty for what was not built here."""
        if not self.recipe or len(self.layers) < _BUILT_LAYERS:
            return ""
        return "sha256:" + sha256(" ".join(self.layers[:-1]).encode()).hexdigest()


_BUILT_LAYERS = 2
"""A built image has at least one layer of its base and, above it, one of its own."""
UNBOUNDED = "unbounded"
"""A key of an engine's details: what it cannot limit in its containers."""


@dataclass(frozen=True, kw_only=True, slots=True)
class EngineInfo:
    """The engine that answered, and its versions."""

    name: str
    version: str = ""
    api: str = ""
    detail: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class HostClass:
    """What makes two hosts comparable. Never MHz, uptime or load."""

    machine: str
    cpu_model: str
    cpu_flags: tuple[str, ...]
    cores: int
    memory_gib: int
    gpus: tuple[str, ...] = ()
    driver: str = ""
    quota: float | None = field(default=None, metadata={ADDED: True})
    """How many processors' worth of time the control groups leave to what runs there; None: all."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Raised:
    """An exception that a probe ended with."""

    type: str
    """The name of the exception's class."""
    message: str
    """Its text."""
    traceback: str
    """Its traceback, as Python formats it."""
    around: Facts | None = field(default=None, metadata={ADDED: True})
    """For a failed import: where the module is, and what keeps the interpreter from finding it, as
    the environment reported it at that moment. None: nothing was found, or nobody looked."""


@dataclass(frozen=True, kw_only=True, slots=True, order=True)
class Key:
    """Identifies a record: the store keeps one record for each key."""

    run: str
    cell: str
    round: int
    probe: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Record:
    """The answer of one probe in one round of a cell, or the reason why there is none."""

    run: str
    """The id of the run."""
    cell: str
    """The id of the cell."""
    round: int
    """The number of the round, from 1."""
    probe: str
    """The name of the probe."""
    outcome: Outcome
    """`ok`, or how the question ended otherwise."""
    facts: Facts = field(default_factory=dict)
    """The answer: facts by name."""
    reason: str = ""
    """Why the outcome is not ok, for a person."""
    raised: Raised | None = None
    """The exception it ended with. None: there was none."""
    noise: str = ""
    """The end of what it printed besides its answer, bounded."""
    image: ImageIdentity | None = None
    """The image that answered. None: an interpreter of the host, or there was no image."""
    probe_digest: str = ""
    """The SHA-256 of the probe's source."""
    dataset_digest: str = ""
    """The digest of the data set it was given; empty: none."""
    settings: Mapping[str, Scalar] = field(default_factory=dict)
    """The settings it was asked with."""
    profile: Profile = Profile()
    """The limits of its container."""
    engine: str = ""
    """The name of the engine that ran it."""
    durations: Mapping[str, float] = field(default_factory=dict)
    """Seconds for each stage, such as probe and container."""
    observed: Mapping[str, Scalar] = field(default_factory=dict)
    """What was observed of the host meanwhile, such as its load."""
    container: int = field(default=0, metadata={WRITTEN_AMONG: CONTAINER_WRITTEN})
    """The number of its container in the round, from 1; 0: there was none."""
    started: str = ""
    """When it began (UTC, ISO 8601)."""
    repeats: str = ""
    """RUN/ROUND of the earlier record whose answer is reused; empty: the probe was run."""
    signal: str | None = field(default=None, metadata={ADDED: True})
    """The signal that ended the process, such as SIGSEGV. None: none did, or it is not known."""
    begun: bool | None = field(default=None, metadata={ADDED: True})
    """False: the interpreter ended before it came to the probe. None: not known, or there was an
    answer."""
    host: str | None = field(default=None, metadata={ADDED: True})
    """The name of the host that ran it, one of the run's `hosts`. None: the run has one host."""

    def __post_init__(self) -> None:
        """Move the container's number from the observations, where it is stored, to its field."""
        name = CONTAINER_WRITTEN[1]
        written = self.observed.get(name)
        if name in self.observed and (self.container or (type(written) is int and written)):
            rest = {key: value for key, value in self.observed.items() if key != name}
            object.__setattr__(self, "container", self.container or written)
            object.__setattr__(self, "observed", rest)

    @property
    def key(self) -> Key:
        return Key(run=self.run, cell=self.cell, round=self.round, probe=self.probe)


@dataclass(frozen=True, kw_only=True, slots=True)
class Attempt:
    """What is left of an attempt that infrastructure ended: evidence, never counted as a record."""

    record: Record
    """What is known about it, under the key it was made for."""
    reason: str
    """How infrastructure ended it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SecondOpinion:
    """What the files of a cell's environment say, read from outside without running anything."""

    cell: str
    image: str
    """Id of the image that was read."""
    facts: Facts = field(default_factory=dict)
    problem: str = ""
    """Why the facts are incomplete; empty where they are complete."""


@dataclass(frozen=True, kw_only=True, slots=True)
class KnownSpread:
    """How much the rounds of one comparison varied in a metric, kept from a calibration."""

    metric: str
    """The pattern or fact of the metric, as `harness.compare.metrics` names it."""
    variance: float
    """The variance of a round's difference: of the logarithm of a ratio for times, of a share
    otherwise."""
    df: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Beside:
    """Another engine that took some cells of a run, and its host."""

    engine: EngineInfo
    host: HostClass
    cells: tuple[str, ...]
    """Ids of these cells."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RunHost:
    """One of several hosts over which a run was spread, with its engine."""

    name: str
    """Distinguishes it from the others: two engines of one machine count as two hosts of a run."""
    address: str
    """The address of its engine; empty for the interpreters of a machine."""
    engine: EngineInfo
    host: HostClass


@dataclass(frozen=True, kw_only=True, slots=True)
class Shard:
    """The share of a plan that a run covered, where the plan's cells were dealt to several jobs."""

    number: int
    """The shard's number, counted from 1."""
    count: int
    plan: str
    """Digest of the whole plan and of how it was dealt; equal in all its shards."""
    cells: tuple[Cell, ...]
    """Every cell of the plan, in its order."""
    dealt: tuple[int, ...]
    """For each of these cells, the number of the shard it was dealt to."""


@dataclass(frozen=True, kw_only=True, slots=True)
class MergedShard:
    """A shard that a run was merged from, or that was missing at that time."""

    number: int
    cells: tuple[str, ...]
    """Ids of the cells that were dealt to it."""
    run: str = ""
    """Id of its run; empty where it was missing."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Run:
    """A set of planned (cell, round, probe), each cell on the one engine that took it."""

    id: str
    started: str
    ended: str = ""
    state: str = "running"
    """One of running, complete, interrupted."""
    version: str = ""
    suite: str = ""
    suite_digest: str = ""
    engine: EngineInfo
    """The engine that took all cells except those named in `beside`."""
    host: HostClass
    cells: tuple[Cell, ...]
    probes: tuple[Probe, ...]
    """Without their source text, which the digest identifies."""
    rounds: int = 1
    rules: Rules = Rules()
    notices: tuple[str, ...] = ()
    """Remarks that are shown and kept: a fall-back to the data subset, an engine that cannot
    verify."""
    pairs: tuple[tuple[str, str], ...] = ()
    """Planned (cell, probe) pairs; combined with the cells' rounds they are the run's keys."""
    beside: tuple[Beside, ...] | None = field(default=None, metadata={ADDED: True})
    """Other engines that took some of the cells; None: `engine` took all."""
    unasked: tuple[Probe, ...] | None = field(default=None, metadata={ADDED: True})
    """Probes of the suite that were not asked, without their source. None: not known."""
    opinions: tuple[SecondOpinion, ...] | None = field(default=None, metadata={ADDED: True})
    """At most one for each cell. The store keeps them beside the run. None: nothing was read."""
    looks: tuple[int, ...] | None = field(default=None, metadata={ADDED: True})
    """The numbers of rounds after which to check whether they suffice, where their number was left
    open; `rounds` is the first of them. None: the number of rounds was fixed in advance."""
    noise: tuple[KnownSpread, ...] | None = field(default=None, metadata={ADDED: True})
    """What calibrations had shown about its host's noise when it began. None: nothing."""
    locked: SuiteLock | None = field(default=None, metadata={ADDED: True})
    """What was locked besides distributions, as far as it concerns this run. None: nothing."""
    cell_rounds: tuple[tuple[str, int], ...] | None = field(default=None, metadata={ADDED: True})
    """The cells whose number of rounds is not `rounds`, each with its number. The store derives it
    from what is planned. None: there are none."""
    shard: Shard | None = field(default=None, metadata={ADDED: True})
    """The share of a plan that it covers. None: it covers its whole plan."""
    merged: tuple[MergedShard, ...] | None = field(default=None, metadata={ADDED: True})
    """The shards of a plan that it was merged from, by number. None: it was not merged."""
    hosts: tuple[RunHost, ...] | None = field(default=None, metadata={ADDED: True})
    """The hosts over which its cells were spread. Each record names its own host, and `beside` and
    `taken` are derived from that. None: everything was done on `host`."""
    taken: tuple[tuple[str, str], ...] | None = field(default=None, metadata={ADDED: True})
    """(cell, name of the host that took it), for cells with a record, where there are `hosts`. The
    store derives it from the records."""

    def rounds_of(self, cell: str) -> int:
        """Return how many rounds a cell has."""
        return dict(self.cell_rounds).get(cell, self.rounds) if self.cell_rounds else self.rounds

    def shard_of(self, cell: str) -> int:
        """Return the number of the shard that a cell was dealt to, where this run was merged from
        several; otherwise 0. Cells of two shards were asked by two jobs, which may have been on two
        hosts."""
        if not self.merged:
            return 0
        return next((one.number for one in self.merged if cell in one.cells), 0)

    @property
    def most_rounds(self) -> int:
        """The largest number of rounds that any cell has."""
        return max((self.rounds_of(cell.id) for cell in self.cells), default=self.rounds)

    def of(self, cell: str) -> Run:
        """Return the run as it was for one cell: on the engine and the host that took it."""
        for other in self.beside or ():
            if cell in other.cells:
                return replace(self, engine=other.engine, host=other.host, beside=None)
        return self

    def placed(self, taken: Mapping[str, str]) -> Run:
        """Return the run with the engines and hosts of its cells filled in. `taken` names the host
        of each cell that has a record. A cell on none of the run's hosts keeps the run's own engine
        and host."""
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
        """The run's own engine, followed by those beside it."""
        return (self.engine, *(other.engine for other in self.beside or ()))

    def planned(self) -> tuple[Key, ...]:
        return tuple(
            Key(run=self.id, cell=cell, round=number, probe=probe)
            for cell, probe in self.pairs
            for number in range(1, self.rounds_of(cell) + 1)
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class CellNight:
    """What one run showed about one cell, small enough to be kept for every night."""

    run: str
    started: str
    """When the run began: UTC, ISO 8601."""
    cell: str
    engine: str
    """The engine's name."""
    host: HostClass
    numbers: Mapping[str, float]
    """Measured facts and times, each the median over rounds; a series in a round counts by its
    median."""
    primary: tuple[str, ...]
    """Which of them are primary metrics, in their order."""
    facts: Facts = field(default_factory=dict)
    """All other facts except observations, with the value that stands for all rounds."""
    inputs: Mapping[str, str] = field(default_factory=dict)
    """The inputs of the cell, except packages, which are among the facts."""


@dataclass(frozen=True, kw_only=True, slots=True)
class KeptNight:
    """A complete run for which the store keeps what each cell showed."""

    run: str
    started: str
    cells: int
    """How many cells the run has."""
