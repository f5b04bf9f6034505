"""`harness report`: which run is told where none is named, and what the list shows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from harness.commands import report as command
from harness.commands.report import NEWEST, judged, listing
from harness.errors import MatrixError, UsageError
from harness.formats import render
from harness.formats.report import age
from harness.model import EngineInfo, Run
from harness.store.store import Store
from tests.unit.builders import cell, healthy, run, without

CELL = cell()
MINE, OTHERS, IMPORTED = (f"2026112{day}T000000Z-000{day}" for day in (0, 1, 2))


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    monkeypatch.setenv("HARNESS_STORE", str(tmp_path / "store.sqlite3"))
    monkeypatch.chdir(tmp_path)
    with Store(tmp_path / "store.sqlite3") as opened:
        yield opened


def keep(
    store: Store, run_id: str, suite: str, *, imported: bool = False, whole: bool = True
) -> Run:
    day = f"2026-11-{run_id[6:8]}T00:00:00Z"
    made = replace(
        run(CELL, run_id=run_id, started=day), suite=suite, engine=EngineInfo(name="podman")
    )
    records = healthy(CELL, run_id=run_id)
    if imported:
        return store.take_in(made, records)
    store.begin(made)
    for one in records if whole else without(records, "mnist"):
        store.record(one)
    store.finish(run_id, ended=day, state="complete" if whole else "interrupted")
    return made


def named(folder: Path, name: str) -> None:
    (folder / "matrix.yaml").write_text(f"version: 1\nname: {name}\ncells: []\n", "utf-8")


def test_the_newest_run_of_the_suite_here_is_told_and_not_that_of_another(
    store: Store, tmp_path: Path
) -> None:
    keep(store, MINE, "mine")
    keep(store, OTHERS, "others")
    named(tmp_path, "mine")
    assert MINE == judged("").run.id
    named(tmp_path, "others  # as it is called")
    assert OTHERS == judged("").run.id
    named(tmp_path, "mine")
    (tmp_path / "else").mkdir()
    named(tmp_path / "else", "others")
    assert OTHERS == judged("", suite_path=tmp_path / "else").run.id
    assert MINE == judged(MINE, suite_path=tmp_path / "else").run.id


def test_without_a_suite_the_newest_of_all_is_told_and_an_imported_one_is_marked(
    store: Store,
) -> None:
    keep(store, MINE, "mine")
    keep(store, IMPORTED, "theirs", imported=True)
    judgement = judged("latest")
    assert IMPORTED == judgement.run.id
    for name in ("terminal", "markdown"):
        assert "imported" in "\n".join(render(name, judgement).splitlines()[:3])
    assert "imported" not in "\n".join(render("terminal", judged(MINE)).splitlines()[:3])


@pytest.mark.attack("records", "the only run there is was imported, and a report is asked for")
def test_an_imported_run_is_a_run(store: Store, says: Callable[[str], None]) -> None:
    keep(store, IMPORTED, "theirs", imported=True)
    judgement = judged("latest")
    says(render("terminal", judgement).splitlines()[0].split(" UTC")[0])
    assert IMPORTED == judgement.run.id


def test_where_neither_a_run_nor_a_suite_is_named_nothing_is_guessed(store: Store) -> None:
    keep(store, MINE, "mine")
    with pytest.raises(UsageError, match="no run is named") as caught:
        judged("")
    assert "harness report latest" in caught.value.remedy
    assert "harness init" in caught.value.remedy


def test_latest_is_that_of_the_suite_here(store: Store, tmp_path: Path) -> None:
    keep(store, MINE, "mine")
    keep(store, OTHERS, "others")
    assert OTHERS == judged("latest").run.id
    named(tmp_path, "mine")
    assert MINE == judged("latest").run.id


def test_a_suite_without_runs_is_told_which_runs_there_are(store: Store, tmp_path: Path) -> None:
    named(tmp_path, "mine")
    with pytest.raises(UsageError, match="there are no runs yet"):
        judged("")
    keep(store, OTHERS, "others")
    with pytest.raises(UsageError, match="no runs of the suite mine yet") as caught:
        judged("")
    assert f"of the suite others: harness report {OTHERS}" in caught.value.remedy


def test_only_the_name_of_the_suite_here_must_be_readable(store: Store, tmp_path: Path) -> None:
    keep(store, MINE, "mine")
    (tmp_path / "matrix.yaml").write_text("name: mine\ncells: nonsense\n", "utf-8")
    assert MINE == judged("").run.id
    (tmp_path / "matrix.yaml").write_text("name: [mine", "utf-8")
    with pytest.raises(MatrixError):
        judged("")
    assert MINE == judged(MINE).run.id


def test_a_suite_without_a_name_has_that_of_its_folder(store: Store, tmp_path: Path) -> None:
    keep(store, MINE, tmp_path.name)
    keep(store, OTHERS, "others")
    (tmp_path / "matrix.yaml").write_text("version: 1\n", "utf-8")
    assert MINE == judged("").run.id


def test_the_list_shows_suite_verdict_engine_and_age(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(store, MINE, "mine")
    keep(store, OTHERS, "others", whole=False)
    keep(store, IMPORTED, "theirs", imported=True)
    monkeypatch.setattr(command, "utc_now", lambda: "2026-11-22T03:30:00Z")
    first, second, third = (
        [part.strip() for part in line.split("  ") if part]
        for line in listing().text.splitlines()[:-1]
    )
    assert [
        *(IMPORTED, "pass", "complete", "4/4 records", "1 cells", "podman", "theirs"),
        *("3 hours old", "imported"),
    ] == [part for part in first if part]
    assert [OTHERS, "infrastructure", "interrupted"] == second[:3]
    assert ["others", "1 day old"] == second[-2:]
    assert [MINE, "pass", "complete"] == third[:3]
    assert ["mine", "2 days old"] == third[-2:]


def test_a_long_list_says_what_it_leaves_out(store: Store) -> None:
    for number in range(NEWEST + 1):
        keep(store, f"202611{number + 1:02}T000000Z-0001", "mine")
    lines = listing().text.splitlines()
    assert NEWEST + 1 == len(lines)
    assert f"the newest {NEWEST} of {NEWEST + 1} runs" in lines[-1]
    assert NEWEST + 2 == len(listing(every=True).text.splitlines())


@pytest.mark.parametrize(
    ("expected", "begun", "now"),
    [
        ("less than a minute old", "2026-11-20T00:00:00Z", "2026-11-20T00:00:59Z"),
        ("1 minute old", "2026-11-20T00:00:00Z", "2026-11-20T00:01:59Z"),
        ("59 minutes old", "2026-11-20T00:00:00Z", "2026-11-20T00:59:59Z"),
        ("1 hour old", "2026-11-20T00:00:00Z", "2026-11-20T01:00:00Z"),
        ("23 hours old", "2026-11-20T00:00:00Z", "2026-11-20T23:59:59Z"),
        ("400 days old", "2026-11-20T00:00:00Z", "2027-12-25T00:00:00Z"),
        ("later than this host's clock", "2026-11-21T00:00:00Z", "2026-11-20T00:00:00Z"),
        ("", "whenever", "2026-11-20T00:00:00Z"),
        ("", "2026-11-20T00:00:00", "2026-11-20T00:00:00Z"),
    ],
)
def test_an_age_is_told_in_one_unit(expected: str, begun: str, now: str) -> None:
    assert expected == age(begun, now)
