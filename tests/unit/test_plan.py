"""The text of a plan: what a newcomer reads before anything is built."""

from dataclasses import replace
from itertools import takewhile

from harness.engines.sources import HostMeans, usable_here
from harness.formats.plan import BuildTemplate, plan_text
from harness.model import (
    Artifact,
    Base,
    Cell,
    Excluded,
    Lock,
    Place,
    Probe,
    Profile,
    Rules,
    Source,
    Suite,
)
from harness.recipes.recipe import base_request_digest, lock_request_digest

BASE = Base(
    id="py2.7",
    python="2.7",
    sources=(
        Source(kind="debian", suite="bullseye", packages=("python2.7",)),
        Source(kind="prefix", suite="bookworm", python="2.7", packages=("zlib1g",)),
    ),
)
BUILT = Cell(
    id="frame1.2-py2.7",
    framework=(("frame", "1.2"),),
    python="2.7",
    base="py2.7",
    install=("frame==1.2",),
    constraints=("six<2",),
    as_of="2026-11-20",
    environment=(("A", "b"),),
    settings=(("mnist", (("steps", 9),)),),
    tags=("quick",),
    place=Place(path="matrix.yaml", line=7),
)
FOUND = Cell(
    id="hub",
    image="frame/frame:1.2",
    gpu="all",
    profile=Profile(name="relaxed", network=True, relaxations=("network=true",)),
)
HOST = Cell(id="mine", host="3.11")
SUITE = Suite(
    name="frames",
    root="/s",
    digest="",
    cells=(BUILT, FOUND, HOST),
    excluded=(Excluded(id="frame1.2-py3.9", reason="frame 1.2 has no wheel for Python 3.9"),),
    bases=(BASE,),
    rules=Rules(reference="frame1.2-py2.7"),
    default=("quick",),
)
PROBES = (
    Probe(name="python", question="?", source="", digest=""),
    Probe(name="mnist", question="?", source="", digest="", frameworks=("frame",)),
)
SIX = Artifact(name="six", version="1.16", filename="six-1.16.whl", sha256="8a" * 32, size=11053)
FRAME = Artifact(
    name="frame", version="1.2", filename="frame-1.2.tar.gz", sha256="2b" * 32, size=34_500_000
)
PIP = replace(SIX, name="pip", filename="pip-20.whl", version="20", sha256="c" * 64, size=1_500_000)
LOCK = Lock(
    cell=BUILT.id,
    python="2.7.18",
    request=lock_request_digest(BUILT, BASE),
    as_of="2026-11-20",
    tools=(PIP,),
    distributions=(FRAME, SIX),
)

WHOLE = """\
Suite frames: 3 cells (1 to build, 1 image, 1 of this host), 1 left out
A plan asks no engine: whether images exist was not checked.
Compared with: frame1.2-py2.7
Without a selection, `harness run` takes the tags: quick
Distributions: 3 different files, 36.0 MB

frame1.2-py2.7  [quick]
  claims           frame 1.2, Python 2.7
  should reach     L3 (learns)
  built on         1. Debian bullseye with its own Python
                   2. CPython 2.7 of this host on Debian bookworm
  installs         frame==1.2; locked: 2 distributions, 34.5 MB
  probes           python, mnist

hub
  claims           needs a GPU
  should reach     L3 (learns)
  image            frame/frame:1.2, as it is; pulled where the engine lacks it
  probes           python
  not applicable   mnist (the cell does not claim frame)
  relaxed          network=true

mine
  claims           nothing
  should reach     L3 (learns)
  host             Python 3.11 of this machine, as it is
  probes           python
  not applicable   mnist (the cell does not claim frame)

left out (1):
  frame1.2-py3.9: frame 1.2 has no wheel for Python 3.9

harness plan CELL shows how a cell is made.
"""


def test_a_plan_says_of_every_cell_where_it_comes_from_and_what_is_asked() -> None:
    assert WHOLE == plan_text(SUITE, SUITE.cells, PROBES, {BUILT.id: LOCK}, False)


def test_a_plan_says_of_each_source_of_a_base_whether_this_host_can_use_it() -> None:
    pull = Source(kind="pull", image="python:2.7-slim-buster")
    suite = replace(SUITE, bases=(replace(BASE, sources=(*BASE.sources, pull)),))
    means = HostMeans(mmdebstrap=True, archive=False, prefixes={"2.7": ""})
    usable = {source: usable_here(source, means) for source in suite.bases[0].sources}
    text = plan_text(suite, (BUILT,), PROBES, {BUILT.id: LOCK}, True, usable=usable)

    for line in (
        "  built on         1. Debian bullseye with its own Python (can be used here)",
        "                   2. CPython 2.7 of this host on Debian bookworm "
        "(not here: no CPython 2.7 of pyenv or uv)",
        "                   3. pull python:2.7-slim-buster (a registry, not asked)",
        "  Debian packages  1. python2.7",
    ):
        assert line in text.splitlines()
    assert "3. none" not in text


def test_a_missing_lock_names_the_command_that_makes_it() -> None:
    text = plan_text(SUITE, (BUILT,), PROBES, {}, False)

    assert "frame==1.2; not locked yet, run: harness lock --cell frame1.2-py2.7\n" in text
    assert "Not ready to build: 1 without a fresh lock (harness lock)\n" in text
    assert text.startswith("Suite frames: 1 of 3 cells (1 to build)")


def test_a_stale_lock_says_so() -> None:
    stale = replace(LOCK, request="0" * 64)

    text = plan_text(SUITE, (BUILT,), PROBES, {BUILT.id: stale}, False)

    assert "the lock (2 distributions, 34.5 MB) is stale, what is asked for has changed" in text


def test_cells_left_out_are_told_with_the_whole_suite_only() -> None:
    assert "left out (" not in plan_text(SUITE, (BUILT,), PROBES, {}, False)


def test_the_verbose_plan_shows_how_a_cell_is_made() -> None:
    template = BuildTemplate(dockerfile="ARG BASE\nFROM ${BASE}\n", files=())
    text = plan_text(SUITE, (BUILT,), PROBES, {BUILT.id: LOCK}, True, template=template)

    for line in (
        "  written at       matrix.yaml:7",
        "  set for mnist    steps=9",
        "  constraints      six<2",
        "  as of            2026-11-20: nothing uploaded later",
        "  environment      A=b",
        "  Debian packages  1. python2.7",
        "                   2. zlib1g",
        f"  lock request     {LOCK.request}",
        "  resolved by      Python 2.7.18",
        "    frame 1.2                                  34.5 MB  "
        "sha256:2b2b2b2b2b2b2b2b, built from source",
        "    six 1.16                                   11.1 kB  sha256:8a8a8a8a8a8a8a8a",
        "    pip 20                                      1.5 MB  sha256:cccccccccccccccc",
        "    FROM ${BASE}",
        '    ENV A="b"',
    ):
        assert line in text.splitlines()


def done(text: str) -> list[str]:
    """The steps that a plan of one cell tells."""
    lines = iter(text.splitlines())
    assert any(line == "  what a run does" for line in lines)
    return [line.strip() for line in takewhile(lambda line: line.startswith("    "), lines)]


def planned(cached: frozenset[str] | None, locks: dict[str, Lock]) -> list[str]:
    template = BuildTemplate(dockerfile="FROM scratch\n", files=(), cached=cached)
    return done(plan_text(SUITE, (BUILT,), PROBES, locks, True, template=template))


def test_the_verbose_plan_says_what_is_reused_fetched_and_made() -> None:
    base, distributions, image, files, probes = planned(frozenset({FRAME.sha256}), {BUILT.id: LOCK})
    request = base_request_digest(BASE)[:12]
    assert (
        "1. base: reused where the engine has the one that was made for this request "
        f"({request}); else the first source that works: the minimal root of Debian bullseye (made "
        "once, kept for a day) with python2.7 added; or the minimal root of Debian "
        "bookworm (made once, kept for a day) with zlib1g added, and this host's "
        "CPython 2.7 laid on it"
    ) == base
    assert (
        "2. distributions: 1 of 3 files are in the cache of this host, 1.5 MB are fetched from "
        "the package index by hash, while the base is made"
    ) == distributions
    assert (
        "3. image: reused where the engine has the one that was built here from the same recipe "
        "on the same base; else 2 distributions installed on the base, 1 of them built from "
        "source, with the network off"
    ) == image
    assert files.startswith("4. files: read from outside without running anything")
    assert (
        "5. probes: run last, in one container for each round, after everything is built" in probes
    )


def test_the_verbose_plan_tells_a_full_cache_an_unknown_one_and_a_missing_lock() -> None:
    every = frozenset({FRAME.sha256, SIX.sha256, PIP.sha256})
    assert (
        "2. distributions: all 3 files are in the cache of this host, nothing is fetched"
        == planned(every, {BUILT.id: LOCK})[1]
    )
    assert (
        "2. distributions: those of 3 files that the cache lacks are fetched by hash"
        == planned(None, {BUILT.id: LOCK})[1]
    )
    assert "2. distributions: none until they are locked, and so no image" == planned(None, {})[-1]


def test_what_a_lock_or_a_suite_says_cannot_move_the_cursor() -> None:
    hostile = replace(FOUND, id="\x1b[2Jx", image="a\nb")

    text = plan_text(replace(SUITE, cells=(hostile,), excluded=()), (hostile,), PROBES, {}, True)

    assert "\x1b" not in text
    assert "a\\nb, as it is" in text
