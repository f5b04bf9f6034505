"""The text of a plan: what a newcomer reads before anything is built."""

from dataclasses import replace

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
from harness.recipes.recipe import lock_request_digest

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
Nobody looked whether images are there: a plan asks no engine.
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
  not applicable   mnist (the cell claims no such framework)
  relaxed          network=true

mine
  claims           nothing
  should reach     L3 (learns)
  host             Python 3.11 of this machine, as it is
  probes           python
  not applicable   mnist (the cell claims no such framework)

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


def test_what_a_lock_or_a_suite_says_cannot_move_the_cursor() -> None:
    hostile = replace(FOUND, id="\x1b[2Jx", image="a\nb")

    text = plan_text(replace(SUITE, cells=(hostile,), excluded=()), (hostile,), PROBES, {}, True)

    assert "\x1b" not in text
    assert "a\\nb, as it is" in text
