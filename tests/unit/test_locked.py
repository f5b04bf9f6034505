"""What was locked beside distributions: the file, and a run that is compared with it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.compare.judge import judge
from harness.compare.kinds import FindingKind
from harness.compare.locked import LOCKED
from harness.datasets.dataset import digests_of
from harness.errors import Exit, UsageError
from harness.model import (
    LockedBase,
    LockedImage,
    MovedTag,
    Record,
    Run,
    SuiteLock,
    Verdict,
)
from harness.recipes.suite_lock import (
    FILE_NAME,
    find_suite_lock,
    parse_suite_lock,
    relevant,
    render_suite_lock,
    with_entries,
)
from harness.running.inputs import base_now, inputs_now
from harness.running.session import open_suite
from harness.serial import decode, encode
from tests.unit.builders import cell, healthy, image, run

ROOT = Path(__file__).resolve().parents[2]
ONE, OTHER = "1" * 64, "2" * 64
LOCK = SuiteLock(
    probes=(("mnist", ONE), ("python", OTHER)),
    data=(("mnist-subset", ONE),),
    bases=(LockedBase(base="py3.9", source="Debian bullseye", layers=f"sha256:{ONE}"),),
    images=(LockedImage(cell="hub", image="team/app:1", digest=f"sha256:{ONE}"),),
)
TEXT = f"""{{
 "schema": 1,
 "probes": {{
  "mnist": "{ONE}",
  "python": "{OTHER}"
 }},
 "data": {{
  "mnist-subset": "{ONE}"
 }},
 "bases": {{
  "py3.9": ["Debian bullseye", "sha256:{ONE}"]
 }},
 "images": {{
  "hub": ["team/app:1", "sha256:{ONE}"]
 }}
}}
"""


def test_a_lock_of_a_suite_is_written_one_entry_a_line_and_read_back() -> None:
    assert TEXT == render_suite_lock(LOCK)
    assert LOCK == parse_suite_lock(TEXT, "x")


def test_the_lock_of_the_default_suite_is_that_of_its_probes_and_data() -> None:
    """`harness lock --inputs` writes it anew."""
    lock = find_suite_lock(ROOT)
    now = inputs_now(open_suite(ROOT / "matrix.yaml"))

    assert lock is not None
    assert dict(lock.probes) == dict(now.probes), "harness lock --inputs"
    assert lock.data == now.data
    assert {"mnist", "mnist-subset"} == dict(lock.data).keys()
    assert render_suite_lock(lock) == (ROOT / FILE_NAME).read_text("utf-8")


def test_the_digest_of_a_data_set_is_known_without_having_it() -> None:
    shipped = json.loads((ROOT / "harness/datasets/mnist-subset/dataset.json").read_text("utf-8"))
    assert shipped["digest"] == digests_of("mnist")["mnist-subset"]
    assert {} == digests_of("nothing")


NAMES = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,20}", fullmatch=True)
DIGESTS = st.from_regex(r"(sha256:)?[0-9a-f]{64}", fullmatch=True)
SOURCES = st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "Zs"]), max_size=60)
LOCKS = st.builds(
    lambda probes, data, bases, images: SuiteLock(
        probes=tuple(sorted(probes.items())),
        data=tuple(sorted(data.items())),
        bases=tuple(
            LockedBase(base=name, source=source, layers=layers)
            for name, (source, layers) in sorted(bases.items())
        ),
        images=tuple(
            LockedImage(cell=name, image=named, digest=digest)
            for name, (named, digest) in sorted(images.items())
        ),
    ),
    st.dictionaries(NAMES, DIGESTS, max_size=3),
    st.dictionaries(NAMES, DIGESTS, max_size=3),
    st.dictionaries(NAMES, st.tuples(SOURCES.filter(str.isprintable), DIGESTS), max_size=3),
    st.dictionaries(NAMES, st.tuples(NAMES, DIGESTS), max_size=3),
)


@given(LOCKS)
def test_what_is_written_is_read_back(lock: SuiteLock) -> None:
    assert lock == parse_suite_lock(render_suite_lock(lock), "x")


@settings(max_examples=200, deadline=None)
@given(st.integers(0, len(TEXT) - 1), st.text(max_size=4))
def test_an_altered_lock_is_a_lock_or_refused_with_the_remedy(position: int, put: str) -> None:
    told = ("the lock x.json cannot be used: ", "`harness lock --inputs`")
    try:
        parse_suite_lock(TEXT[:position] + put + TEXT[position + 1 :], "x.json")
    except UsageError as error:
        told = (error.message, error.remedy)
    assert told[0].startswith("the lock x.json cannot be used: ")
    assert "`harness lock --inputs`" in told[1]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"schema": 2}, "its schema is not 1"),
        ({"more": {}}, "an unknown key 'more'"),
        ({"probes": []}, "`probes` is not an object"),
        ({"probes": {"../x": ONE}}, "a name of `probes`"),
        ({"probes": {"x": 1}}, "what it says of 'x' is not valid"),
        ({"bases": {"x": ["a"]}}, "is not two short texts"),
        ({"images": {"x": ["--all", ONE]}}, "what it says of 'x' is not valid"),
    ],
)
def test_what_is_no_lock_is_refused_with_its_reason(change: dict[str, object], why: str) -> None:
    with pytest.raises(UsageError, match=why):
        parse_suite_lock(json.dumps({**json.loads(TEXT), **change}), "x.json")


def test_a_suite_without_a_lock_has_none(tmp_path: Path) -> None:
    assert find_suite_lock(tmp_path) is None


def test_entries_take_the_place_of_those_of_the_same_base_and_cell() -> None:
    base = replace(LOCK.bases[0], layers=f"sha256:{OTHER}")
    more = LockedImage(cell="another", image="a:1", digest=f"sha256:{OTHER}")
    changed = with_entries(LOCK, [base], [more])

    assert (base,) == changed.bases
    assert ["another", "hub"] == [one.cell for one in changed.images]
    assert LOCK.probes == changed.probes


# --- a run compared with it ---------------------------------------------------------------

BUILT = cell("mine")
DATA = "5e" * 32
LAYERS = (f"sha256:{ONE}", f"sha256:{OTHER}")


def a_run(lock: SuiteLock | None, **changes: object) -> tuple[Run, list[Record]]:
    made = replace(image("mine"), recipe="r", layers=LAYERS, base_source="Debian trixie")
    records = [
        replace(one, image=made, dataset_digest=DATA if one.probe == "mnist" else "", **changes)  # type: ignore[arg-type]
        for one in healthy(BUILT)
    ]
    return replace(run(BUILT), locked=lock), records


def fitting() -> SuiteLock:
    of, records = a_run(None)
    base = base_now(BUILT, records[0].image) if records[0].image else None
    assert base is not None
    return SuiteLock(
        probes=tuple((one.name, one.digest) for one in of.probes),
        data=(("mnist-subset", DATA),),
        bases=(base,),
    )


def told(lock: SuiteLock | None) -> list[str]:
    judged = judge(*a_run(lock))
    assert Exit.OK is judged.exit, "a lock that no longer fits is a notice"
    return [one for one in judged.notices if "locked" in one]


def test_a_run_that_fits_its_lock_says_nothing_of_it() -> None:
    assert [] == told(None) == told(SuiteLock()) == told(fitting())


def test_other_probes_and_data_are_told_together_with_the_remedy() -> None:
    lock = replace(fitting(), probes=(("mnist", OTHER), ("python", "sha256:01")))
    (said,) = told(replace(lock, data=(("mnist", OTHER),)))

    assert "probes that changed since they were locked: mnist" in said
    assert "probes that were not locked: devices, packages" in said
    assert "data that changed since it was locked as mnist" in said
    assert "`harness lock --inputs`" in said


def test_another_base_is_told_with_both() -> None:
    lock = fitting()
    other = replace(lock.bases[0], source="Debian bookworm", layers=f"sha256:{OTHER}")
    (said,) = told(replace(lock, bases=(other,)))

    assert f"trixie (Debian bookworm, sha256:{OTHER[:12]} locked, Debian trixie, sha256:" in said
    assert "`harness lock --cell ID`" in said


def test_only_what_a_run_has_to_do_with_is_kept_with_it() -> None:
    of, _ = a_run(None)
    lock = replace(LOCK, data=(("mnist", OTHER), ("mnist-subset", ONE)))
    hub = replace(BUILT, id="hub", base="", image="team/app:1")
    kept = relevant(lock, [hub], of.probes[:1], "mnist-subset")

    assert (("python", OTHER),) == kept.probes
    assert (("mnist-subset", ONE),) == kept.data
    assert () == kept.bases
    assert LOCK.images == kept.images
    assert () == relevant(lock, [replace(hub, image="team/app:2")], (), "").images


# --- a tag that moved -----------------------------------------------------------------------------

HUB = replace(BUILT, base="", image="team/app:1")
MOVED = MovedTag(
    before=f"sha256:{ONE}",
    now=f"sha256:{OTHER}",
    since=LOCKED,
    differences=("python: 3.9 before, 3.10 now",),
)


def moved(what: MovedTag) -> tuple[Run, list[Record]]:
    made = replace(image("mine"), manifest=what.now, moved=what)
    return run(HUB), [replace(one, image=made) for one in healthy(HUB)]


def test_a_tag_that_moved_since_it_was_locked_is_drift_with_both_digests() -> None:
    for alike in (False, True):
        judged = judge(*moved(replace(MOVED, alike=alike)))
        (found,) = judged.findings
        assert (FindingKind.TAG_MOVED, Verdict.DRIFT) == (found.kind, found.verdict)
        assert "team/app:1 names another image than was locked" == found.title
        assert MOVED.before in found.evidence[0]
        assert MOVED.now in found.evidence[1]
        assert "python: 3.9 before, 3.10 now" in found.evidence
        assert "harness lock --inputs --cell mine" in found.remedy
        assert Exit.FINDINGS is judged.exit


def test_a_tag_that_moved_since_it_was_seen_is_drift_but_for_another_build_of_the_same() -> None:
    seen = replace(MOVED, since="2026-11-20T01:02:03Z")
    (found,) = judge(*moved(seen)).findings
    assert "than when it was seen on 2026-11-20" in found.title
    judged = judge(*moved(replace(seen, alike=True)))
    assert () == judged.findings
    assert any("another build with the same content" in one.text for one in judged.cells[0].notes)


def test_the_finding_is_the_same_each_night_whatever_the_tag_names() -> None:
    ids = {
        judge(*moved(replace(MOVED, now=now, differences=(now,)))).findings[0].id
        for now in ("sha256:a", "sha256:b")
    }
    assert 1 == len(ids)


def test_what_is_kept_of_a_tag_is_read_back_and_absent_where_there_is_nothing() -> None:
    _, records = moved(MOVED)
    assert records[0] == decode(Record, encode(records[0]))
    _, plain = a_run(None)
    assert b"moved" not in encode(plain[0])
    assert b"locked" not in encode(run(BUILT))
