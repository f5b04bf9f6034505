"""`harness accept`, `compare --baseline` and `run --baseline`: files, stores and exit statuses."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

import harness
from harness.cli import main
from harness.commands.accept import AcceptRequest, accept
from harness.commands.baseline import known_of
from harness.commands.compare import with_baseline
from harness.commands.run import missed
from harness.errors import UsageError
from harness.formats import REPORT, render
from harness.nights.night import JudgedRun
from harness.nights.values import Night, Standing
from harness.running.accepted_here import accepted_file, baseline_images
from harness.running.session import open_suite
from harness.running.wanted import Wanted
from harness.store.store import Store
from harness.store.transfer import export
from tests.unit.harmless import HARMLESS, harmless_text
from tests.unit.nightly import World, cells_of, night

CELLS = cells_of(3)
IDS = tuple(one.id for one in CELLS)
QUIET = World()
BROKEN = World(packages={IDS[1]: {"keras": "3.0.1"}}, raised={IDS[1]: "no such layer"})
ABOUT = ("--reason", "upstream knows", "--until", "2026-12-31", "--owner", "platform")
MATRIX = 'version: 1\nname: default\ncells: [{id: a, image: "name:tag"}]\n'

Harness = Callable[..., tuple[int, str]]


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    monkeypatch.setenv("HARNESS_STORE", str(tmp_path / "state" / "store.sqlite3"))
    monkeypatch.setenv("HARNESS_REPORTS", str(tmp_path / "reports"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "matrix.yaml").write_text(MATRIX, "utf-8")
    (tmp_path / "state").mkdir()
    with Store(tmp_path / "state" / "store.sqlite3") as opened:
        yield opened


@pytest.fixture
def told(
    store: Store, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Harness:
    """The command line: its exit status, and what it says on both streams."""

    def run(*words: str) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["harness", *words])
        with pytest.raises(SystemExit) as left:
            main()
        shown = capsys.readouterr()
        return int(left.value.code or 0), shown.out + shown.err

    return run


def keep(store: Store, *worlds: World, first: int = 0) -> list[str]:
    """Runs in the store, a night each; their ids."""
    kept = []
    for number, world in enumerate(worlds, first):
        made = night(number, CELLS, world)
        put(store, made)
        kept.append(made.judgement.run.id)
    return kept


def put(store: Store, made: JudgedRun, state: str = "complete") -> None:
    run = made.judgement.run
    store.begin(replace(run, state="running", ended=""))
    for record in made.records:
        store.record(record)
    store.finish(run.id, ended=run.ended, state=state)


def accepted_yaml() -> str:
    return Path("accepted.yaml").read_text("utf-8")


def event_of(run: str, standing: Standing) -> str:
    return next(one.id for one in with_baseline(None, run).events if one.standing is standing)


def test_a_week_of_nights(store: Store, told: Harness) -> None:
    first, same, broken, again, mended = keep(store, QUIET, QUIET, BROKEN, BROKEN, QUIET)
    status, said = told("accept", first)
    assert (0, True) == (status, f"the baseline is {first}" in said)
    assert first in accepted_yaml()

    status, said = told("compare", "--baseline", same)
    assert (0, "0 new, ") == (status, said[:7])

    status, said = told("compare", "--baseline", broken)
    assert (1, "1 new, ") == (status, said[:7])
    assert "package keras went from 3.0.0 to 3.0.1" in said
    status, said = told("compare", "--baseline", again)
    assert (1, "1 new (1 since an earlier night), ") == (status, said[:34])

    event = event_of(broken, Standing.NEW)
    status, said = told("accept", broken, "--event", event, *ABOUT)
    assert 0 == status
    assert said.index("1 new, ") < said.index("wrote ")
    assert f"{event} is known until 2026-12-31 by platform: upstream knows" in said
    assert "package.keras: 3.0.1" in accepted_yaml()

    status, said = told("compare", "--baseline", again)
    assert (0, "0 new, 0 fixed, 1 known, ") == (status, said[:25])
    status, said = told("compare", "--baseline", mended)
    assert (0, "0 new, 1 fixed, 0 known, ") == (status, said[:25])
    assert f"{event} is no longer seen" in said

    assert event in accepted_yaml()
    assert "nothing changed: no file was written" in told("accept", again, "--prune")[1]
    assert f"{event} is removed" in told("accept", mended, "--prune")[1]
    assert event not in accepted_yaml()
    assert 1 == told("compare", "--baseline", again)[0]

    status, said = told("accept", again)
    assert (0, True) == (status, f"the baseline is {again}, before it was {first}" in said)
    assert 0 == told("compare", "--baseline", again)[0]


def test_the_last_day_of_an_acceptance_is_that_of_the_run_and_not_today(
    store: Store, told: Harness
) -> None:
    first, broken, again, after = keep(store, QUIET, BROKEN, BROKEN, BROKEN)
    told("accept", first)
    event = event_of(broken, Standing.NEW)
    about = ["--reason", "r", "--owner", "o", "--until", "2026-11-03"]
    assert 0 == told("accept", broken, "--event", event, *about)[0]
    assert [0, 1] == [told("compare", "--baseline", one)[0] for one in (again, after)]
    assert "1 acceptance expired" in told("compare", "--baseline", after)[1]


@pytest.mark.parametrize(
    ("world", "status"),
    [
        (World(gone=frozenset(IDS[2:])), 1),
        (World(lost=frozenset(IDS[2:])), 4),
        (World(lost=frozenset(IDS[2:]), raised={IDS[1]: "bad"}), 4),
        (World(version="0.2.0"), 0),
    ],
)
def test_the_exit_status(store: Store, told: Harness, world: World, status: int) -> None:
    first, second = keep(store, QUIET, world)
    told("accept", first)
    assert status == told("compare", "--baseline", second)[0]


# --- where the baseline is looked for ------------------------------------------------------------


def test_the_baseline_is_taken_from_its_export_where_the_store_lacks_it(
    store: Store, told: Harness, tmp_path: Path
) -> None:
    first, second = keep(store, QUIET, BROKEN)
    told("accept", first)
    export(store, first, tmp_path / "elsewhere.jsonl")
    expected = told("compare", "--baseline", second)
    moved = tmp_path / "state" / "store.sqlite3"
    store.close()
    for one in moved.parent.iterdir():
        one.unlink()
    with Store(moved) as other:
        keep(other, BROKEN, first=1)
        status, said = told("compare", "--baseline", second)
        assert 2 == status
        assert f"has no run {first}" in said
        assert f"harness export {first} {first}.jsonl" in said
        (tmp_path / "elsewhere.jsonl").rename(tmp_path / f"{first}.jsonl")
        assert expected == told("compare", "--baseline", second)
        assert [second] == [one.id for one in other.runs()]


def test_a_run_with_other_records_under_the_same_id_is_not_the_baseline(
    store: Store, told: Harness, tmp_path: Path
) -> None:
    first, second = keep(store, QUIET, BROKEN)
    told("accept", first)
    right = known_of(open_suite(None), store).accepted.baseline.export
    text = accepted_yaml()
    Path("accepted.yaml").write_text(text.replace(right, "0" * 64), "utf-8")
    export(store, first, tmp_path / f"{first}.jsonl")
    status, said = told("compare", "--baseline", second)
    assert 2 == status
    assert "is not the one that was accepted" in said
    assert f"{first}.jsonl is not the export that was accepted" in said
    status, said = told("accept", second)
    assert (0, True) == (status, "what changed cannot be shown" in said)
    assert f"the baseline is {second}, before it was {first}" in said


def test_without_an_accepted_file_nothing_is_compared(store: Store, told: Harness) -> None:
    (first,) = keep(store, QUIET)
    for words in (
        ("compare", "--baseline", first),
        ("accept", first, "--prune"),
        ("run", "--baseline"),
    ):
        status, said = told(*words)
        assert (2, True) == (status, "it has no baseline" in said), said
        assert "harness accept RUN" in said
    assert [first] == [one.id for one in store.runs()]


def test_what_is_wrong_with_the_file_stops_everything_before_it_starts(
    store: Store, told: Harness
) -> None:
    (first,) = keep(store, QUIET)
    told("accept", first)
    Path("accepted.yaml").write_text(accepted_yaml() + "evnts: []\n", "utf-8")
    for words in (("compare", "--baseline"), ("run", "--baseline"), ("accept", first)):
        status, said = told(*words)
        assert 2 == status
        assert "accepted.yaml:7:1" in said
    assert "evnts" in accepted_yaml()


# --- what cannot be accepted ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--event", "3fa9c1d2"], "--reason, --until, --owner is missing"),
        (["--event", "3fa9c1d2", *ABOUT[:4]], "--owner is missing"),
        (["--reason", "because"], "describe an event, but no --event is given"),
        (["--event", "3fa9c1d2", *ABOUT, "--prune"], "--prune removes events"),
        (["--event", "3fa9c1d2", *ABOUT[:3], "soon", *ABOUT[4:]], "--until: not a date"),
        (["--event", "3fa9c1d2", *ABOUT], "has no event '3fa9c1d2' to accept"),
    ],
)
def test_a_request_that_makes_no_sense_writes_nothing(
    store: Store, told: Harness, words: Sequence[str], said: str
) -> None:
    first, second = keep(store, QUIET, BROKEN)
    told("accept", first)
    before = accepted_yaml()
    status, shown = told("accept", second, *words)
    assert (2, True) == (status, said in shown), shown
    assert before == accepted_yaml()


def test_neither_the_past_nor_what_was_not_told_can_be_accepted(
    store: Store, told: Harness
) -> None:
    first, second = keep(store, QUIET, BROKEN)
    told("accept", first)
    events = with_baseline(None, second).events
    for one in events:
        past = ("--reason", "r", "--owner", "o", "--until", "2026-11-01")
        status, said = told("accept", second, "--event", one.id, *past)
        why = (
            "is before the day of the run" if one.verdict in ("drift", "fail") else "is unverified"
        )
        assert (2, True) == (status, why in said), said
    assert 2 == len(events)


def test_a_run_that_is_not_whole_cannot_be_the_baseline(store: Store, told: Harness) -> None:
    put(store, night(0, CELLS), state="interrupted")
    lost = night(1, CELLS, World(lost=frozenset(IDS[:1])))
    put(store, lost)
    for one in store.runs():
        status, said = told("accept", one.id)
        assert (2, True) == (status, f"harness run --resume {one.id}" in said), said
    assert not Path("accepted.yaml").exists()


def test_a_run_of_another_suite_is_neither_accepted_nor_compared(
    store: Store, told: Harness
) -> None:
    (first,) = keep(store, QUIET)
    told("accept", first)
    Path("matrix.yaml").write_text(MATRIX.replace("default", "another"), "utf-8")
    for words in (("accept", first), ("compare", "--baseline", first)):
        status, said = told(*words)
        assert 2 == status
        assert "to the suite default, not to another" in said


def test_the_suite_that_harness_brings_along_is_not_accepted_for(
    store: Store, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(harness, "__file__", str(tmp_path / "__init__.py"))
    with pytest.raises(UsageError, match="runs of the suite that comes with harness cannot"):
        accept(None, AcceptRequest())


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("compare", "a"), "but only one is named"),
        (("compare", "--baseline", "a", "b"), "a whole run with the baseline"),
        (("compare", "--baseline", "R:a"), "a whole run with the baseline"),
        (("compare", "--baseline", "R", "--rounds", "2"), "--rounds runs two cells now"),
    ],
)
def test_sides_and_options_that_do_not_go_together(
    told: Harness, words: Sequence[str], said: str
) -> None:
    status, shown = told(*words)
    assert (2, True) == (status, said in shown), shown


# --- what is told --------------------------------------------------------------------------------


def night_of(store: Store, told: Harness) -> Night:
    first, second = keep(store, QUIET, replace(BROKEN, gone=frozenset(IDS[2:])))
    told("accept", first)
    return with_baseline(None, second)


def test_every_format_begins_with_the_first_line(store: Store, told: Harness) -> None:
    made = night_of(store, told)
    line = "2 new, 0 fixed, 0 known, 1 unverified, 0 infrastructure."
    assert {"terminal", "markdown", "json"} <= set(REPORT.names())
    assert line == render("terminal", made).splitlines()[0]
    assert f"**{line}**" == render("markdown", made).splitlines()[0]
    document = json.loads(render("json", made))
    assert line == document["night"]["first_line"]
    assert 1 == document["exit_status"]
    assert {"new", "unverified"} <= {
        name for name, count in document["night"]["counts"].items() if count
    }
    caused = document["night"]["events"][0]["cause"]
    assert ("package keras", 1.0) == (caused["what"], caused["agreement"])
    plain = json.loads(render("json", made.judgement))
    assert "night" not in plain


def test_what_an_image_says_does_nothing_in_an_event(store: Store, told: Harness) -> None:
    hostile = "\x1b[2J::error::<script>alert(1)</script>|[x](javascript:1)\n::set-output"
    first, second = keep(store, QUIET, World(raised={IDS[1]: hostile}))
    told("accept", first)
    made = with_baseline(None, second)
    for name, check in HARMLESS.items():
        check(render(name, made))
    event = event_of(second, Standing.NEW)
    status, said = told("accept", second, "--event", event, *ABOUT)
    assert 0 == status
    harmless_text(said)
    harmless_text(accepted_yaml())
    assert 0 == told("compare", "--baseline", second)[0]


def test_the_answer_of_accept_as_json(store: Store, told: Harness) -> None:
    first, second = keep(store, QUIET, BROKEN)
    told("accept", first)
    event = event_of(second, Standing.NEW)
    words = ("accept", second, "--event", event, *ABOUT, "--format", "json")
    answer = json.loads(told(*words)[1])
    assert ([event], first) == (answer["events"], answer["baseline"])
    assert answer["night"]["first_line"].startswith("1 new")
    assert answer["written"].endswith("accepted.yaml")


def test_a_selection_misses_only_what_it_would_have_taken() -> None:
    suite = replace(open_suite(Path(__file__).parents[2]), default=("nightly",))
    cells = [replace(CELLS[0], tags=("nightly",)), CELLS[1], replace(CELLS[2], tags=("gpu",))]
    assert {IDS[0]} == missed(cells, suite, Wanted())
    assert {IDS[1]} == missed(cells, suite, Wanted(cells=(IDS[1],)))
    assert {IDS[2]} == missed(cells, suite, Wanted(tags=("gpu",)))
    assert set() == missed(cells, suite, Wanted(cells=(IDS[1],), tags=("gpu",)))
    assert set(IDS) == missed(cells, replace(suite, default=()), Wanted())


def test_no_accepted_file_is_none(store: Store) -> None:
    assert None is accepted_file(open_suite(None))


def test_the_images_of_the_baseline_are_known_and_nothing_that_is_wrong_stops_a_run(
    store: Store, told: Harness
) -> None:
    suite = open_suite(None)
    assert frozenset() == baseline_images(suite, store)
    (first,) = keep(store, QUIET)
    told("accept", first)
    images = {one.image.id for one in store.records(first) if one.image is not None}
    assert len(CELLS) == len(images)
    assert images == baseline_images(suite, store)
    Path("accepted.yaml").write_text("version: 7\n", "utf-8")
    assert frozenset() == baseline_images(suite, store)
