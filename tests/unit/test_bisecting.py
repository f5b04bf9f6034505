"""The search for the upload that broke a cell, over package indexes that are made up."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from math import ceil, log2

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.commands.bisect_day import status_of
from harness.compare.judgement import Finding
from harness.compare.kinds import FindingKind
from harness.errors import Exit, InfrastructureError, UsageError
from harness.formats import render_answer
from harness.formats.bisection import answer_of, headline, step_line
from harness.model import Artifact, Lock, Verdict
from harness.moments import last_moment, moment_of, written
from harness.nights.bisected import Bisection, BisectionEnd, DayStanding, TriedMoment, content_of
from harness.nights.bisecting import Search, days_between, narrowed
from harness.nights.marks import Marks, standing_of
from harness.nights.seen import SeenCell, SeenFinding
from tests.unit.builders import cell

CELL = cell("mine")
BEGIN = datetime(2021, 11, 1, tzinfo=UTC)


def found(
    kind: FindingKind, probe: str, verdict: Verdict = Verdict.FAIL, title: str = ""
) -> SeenFinding:
    told = Finding(
        kind=kind,
        verdict=verdict,
        cell=CELL.id,
        title=title or f"{probe} {kind}",
        probes=(probe,),
        subject=(probe,),
    )
    return SeenFinding(finding=told, values=(), rests_on=frozenset({probe}))


RAISES = found(FindingKind.RAISED, "keras")
NOT_BUILT = found(FindingKind.BUILD_FAILED, "python")
OTHER = found(FindingKind.RAISED, "mnist")
PROBES = frozenset({"python", "keras", "mnist"})


def shown(*findings: SeenFinding, without: Iterable[str] = ()) -> SeenCell:
    silent = {probe for one in findings for probe in one.finding.probes} | set(without)
    return SeenCell(cell=CELL, findings=findings, probes=PROBES, answered=PROBES - silent)


@dataclass(frozen=True)
class Upload:
    name: str
    version: str
    at: datetime

    @property
    def artifact(self) -> Artifact:
        told = f"{self.name}-{self.version}"
        return Artifact(
            name=self.name,
            version=self.version,
            filename=f"{told}-py3-none-any.whl",
            sha256=told.encode().hex().ljust(64, "0")[:64],
            size=1,
        )


def at(day: int, hour: int = 12, minute: int = 0) -> datetime:
    """A moment on a day of November 2021."""
    return BEGIN + timedelta(days=day - 1, hours=hour, minutes=minute)


@dataclass
class MadeUp:
    """A world of uploads: the newest of each project that there is at a moment is installed."""

    uploads: tuple[Upload, ...]
    shows: Callable[[dict[str, str]], SeenCell]
    unresolved: frozenset[str] = frozenset()
    """Days as of which nothing fits."""
    resolved: list[str] = field(default_factory=list)
    built: list[frozenset[str]] = field(default_factory=list)
    silent: bool = False
    """The index tells no upload times."""

    def resolve(self, as_of: str) -> Lock:
        self.resolved.append(as_of)
        if as_of in self.unresolved:
            raise UsageError("no lock could be resolved:\nconflict of requirements")
        newest: dict[str, Upload] = {}
        for one in sorted(self.uploads, key=lambda each: each.at):
            if one.at <= last_moment(as_of):
                newest[one.name] = one
        return Lock(
            cell=CELL.id,
            python="3.9.2",
            request="",
            as_of=as_of,
            tools=(),
            distributions=tuple(one.artifact for one in newest.values()),
        )

    def show(self, lock: Lock) -> tuple[SeenCell, str]:
        self.built.append(content_of(lock))
        return self.shows(versions(lock)), f"run-{len(self.built)}"

    def uploaded(self, artifact: Artifact) -> str:
        if self.silent:
            return ""
        moments = {one.artifact: one.at for one in self.uploads}
        return moments[artifact].isoformat()


def versions(lock: Lock) -> dict[str, str]:
    return {one.name: one.version for one in lock.distributions}


def breaks(name: str, version: str) -> Callable[[dict[str, str]], SeenCell]:
    """The cell raises from one version of a project on."""
    return lambda installed: (
        shown(RAISES) if int(installed.get(name, "0")) >= int(version) else shown()
    )


def searched(
    world: MadeUp, good: str = "2021-11-01", bad: str = "2021-11-06", finding: str = ""
) -> tuple[Bisection, list[TriedMoment]]:
    told: list[TriedMoment] = []
    return Search(CELL.id, world, told.append, finding).between(good, bad), told


KERAS = (
    Upload("tf", "260", at(-80)),
    Upload("keras", "260", at(-80)),
    Upload("keras", "270", at(3, 15)),
    Upload("numpy", "1", at(-30)),
)


def test_the_upload_is_named_with_its_moment() -> None:
    world = MadeUp(KERAS, breaks("keras", "270"))
    ended, told = searched(world)

    assert BisectionEnd.FOUND is ended.end
    assert "mine was broken by keras 270, uploaded 2021-11-03 at 15:00:00 UTC" == headline(ended)
    assert ["keras"] == [one.name for one in ended.suspects]
    assert ("260", "270") == (ended.suspects[0].before, ended.suspects[0].after)
    assert () == ended.along
    assert 2 == len(world.built) == ended.built
    assert len(told) == len(ended.tried)
    assert Exit.OK is status_of(ended)


def test_an_innocent_upload_of_the_same_day_is_told_apart_by_its_moment() -> None:
    uploads = (*KERAS, Upload("numpy", "2", at(3, 9)), Upload("six", "1", at(3, 18)))
    world = MadeUp(uploads, breaks("keras", "270"))
    ended, _ = searched(world)

    assert BisectionEnd.FOUND is ended.end
    assert ["keras"] == [one.name for one in ended.suspects]
    assert written(at(3, 15)) == ended.bad.as_of
    assert len(world.built) == len(set(world.built))


def test_an_upload_that_a_later_one_of_its_day_replaced_is_the_one_that_is_named() -> None:
    uploads = (*KERAS, Upload("keras", "271", at(3, 16)))
    ended, _ = searched(MadeUp(uploads, breaks("keras", "270")))

    assert BisectionEnd.FOUND is ended.end
    assert ["270"] == [one.after for one in ended.suspects]


def test_uploads_of_one_moment_are_all_listed() -> None:
    uploads = (*KERAS, Upload("tensorboard", "27", at(3, 15)))
    ended, _ = searched(MadeUp(uploads, breaks("keras", "270")))

    assert BisectionEnd.FOUND is ended.end
    assert ["keras", "tensorboard"] == sorted(one.name for one in ended.suspects)


def test_what_moves_without_an_upload_came_along() -> None:
    class Older(MadeUp):
        """The new keras wants an old numpy, which was uploaded long before."""

        def resolve(self, as_of: str) -> Lock:
            lock = super().resolve(as_of)
            old = Upload("numpy", "1", at(-30)).artifact
            if versions(lock).get("keras") != "270":
                return lock
            kept = tuple(one for one in lock.distributions if one.name != "numpy")
            return replace(lock, distributions=(*kept, old))

    world = Older((*KERAS, Upload("numpy", "2", at(-20))), breaks("keras", "270"))
    ended, _ = searched(world)

    assert ["keras"] == [one.name for one in ended.suspects]
    assert [("numpy", "2", "1")] == [(one.name, one.before, one.after) for one in ended.along]


def test_days_that_resolve_alike_are_never_built_twice() -> None:
    world = MadeUp(KERAS, breaks("keras", "270"))
    searched(world, "2021-10-05", "2021-12-31")

    assert 2 == len(world.built)
    days = [one for one in world.resolved if "T" not in one]
    assert len(days) <= 2 + ceil(log2(len(days_between("2021-10-05", "2021-12-31"))))


@pytest.mark.parametrize("end", ["good", "bad"])
def test_what_is_not_reproducible_is_told_without_further_builds(end: str) -> None:
    always = shown(RAISES) if end == "good" else shown()
    world = MadeUp(KERAS, lambda _: always)
    ended, _ = searched(world)

    expected = BisectionEnd.GOOD_IS_BAD if end == "good" else BisectionEnd.BAD_IS_GOOD
    assert expected is ended.end
    assert headline(ended).startswith("not reproducible: ")
    assert 2 == len(world.built)
    assert Exit.FINDINGS is status_of(ended)


def test_two_days_that_install_the_same_are_told_before_anything_is_built() -> None:
    world = MadeUp(KERAS, breaks("keras", "270"))
    ended, _ = searched(world, "2021-11-04", "2021-11-06")

    assert BisectionEnd.SAME is ended.end
    assert [] == world.built
    assert Exit.FINDINGS is status_of(ended)


def test_a_failure_that_the_good_day_has_too_is_not_looked_for() -> None:
    def shows(installed: dict[str, str]) -> SeenCell:
        return shown(RAISES, OTHER) if installed["keras"] == "270" else shown(OTHER)

    ended, _ = searched(MadeUp(KERAS, shows))

    assert BisectionEnd.FOUND is ended.end
    assert (f"keras raised [{RAISES.id}]",) == ended.looked_for


def test_a_day_that_does_not_build_for_another_reason_is_skipped_and_said() -> None:
    uploads = (*KERAS, Upload("six", "1", at(2)), Upload("six", "2", at(5)))

    def shows(installed: dict[str, str]) -> SeenCell:
        if installed["keras"] == "270":
            return shown(RAISES)
        return shown(NOT_BUILT, without=PROBES) if "six" in installed else shown()

    ended, told = searched(MadeUp(uploads, shows))

    skipped = [one for one in told if one.standing is DayStanding.SKIPPED]
    assert skipped
    assert all("python build-failed" in one.why for one in skipped)
    assert BisectionEnd.AMONG is ended.end
    assert {"keras", "six"} == {one.name for one in ended.suspects}
    assert "could not be judged" in answer_of(ended).text
    assert Exit.NOTHING is status_of(ended)


def test_a_day_that_cannot_be_resolved_is_skipped_and_its_neighbours_are_looked_at() -> None:
    world = MadeUp(KERAS, breaks("keras", "270"), unresolved=frozenset({"2021-11-03"}))
    ended, told = searched(world)

    assert "conflict of requirements" in next(one.why for one in told if one.lock is None)
    assert BisectionEnd.FOUND is ended.end
    assert ["keras"] == [one.name for one in ended.suspects]


def test_where_the_bad_day_is_a_failed_build_a_failed_build_is_bad() -> None:
    def shows(installed: dict[str, str]) -> SeenCell:
        broken = installed["keras"] == "270"
        return shown(NOT_BUILT, without=PROBES) if broken else shown()

    assert BisectionEnd.FOUND is searched(MadeUp(KERAS, shows))[0].end


def test_a_good_day_that_cannot_be_judged_is_told() -> None:
    def shows(installed: dict[str, str]) -> SeenCell:
        return shown(RAISES) if installed["keras"] == "270" else shown(NOT_BUILT, without=PROBES)

    ended, _ = searched(MadeUp(KERAS, shows))

    assert BisectionEnd.UNTOLD is ended.end
    assert "as of 2021-11-01" in headline(ended)
    assert Exit.NOTHING is status_of(ended)


def test_a_finding_that_is_no_failure_can_be_looked_for_by_its_id() -> None:
    drifts = found(FindingKind.DEFECT, "mnist", Verdict.DRIFT)

    def shows(installed: dict[str, str]) -> SeenCell:
        return shown(drifts) if installed["keras"] == "270" else shown()

    assert BisectionEnd.BAD_IS_GOOD is searched(MadeUp(KERAS, shows))[0].end
    ended, _ = searched(MadeUp(KERAS, shows), finding=drifts.id)
    assert BisectionEnd.FOUND is ended.end


def test_without_upload_times_the_day_is_named_and_what_moved_on_it() -> None:
    world = MadeUp((*KERAS, Upload("six", "1", at(3))), breaks("keras", "270"), silent=True)
    ended, _ = searched(world)

    assert BisectionEnd.AMONG is ended.end
    assert ("2021-11-02", "2021-11-03") == (ended.good.as_of, ended.bad.as_of)
    assert {"keras", "six"} == {one.name for one in ended.suspects}
    alone, _ = searched(MadeUp(KERAS, breaks("keras", "270"), silent=True))
    assert BisectionEnd.FOUND is alone.end


def test_infrastructure_ends_the_search() -> None:
    class Gone(MadeUp):
        def show(self, lock: Lock) -> tuple[SeenCell, str]:
            raise InfrastructureError("the engine is gone")

    with pytest.raises(InfrastructureError):
        searched(Gone(KERAS, breaks("keras", "270")))


NAMES = ("a", "b", "c")
UPLOADS = st.lists(
    st.tuples(st.sampled_from(NAMES), st.integers(1, 60 * 24 * 9)),
    min_size=1,
    max_size=25,
    unique_by=lambda one: one[1],
)


@settings(max_examples=200, deadline=None)
@given(UPLOADS, st.data())
def test_whichever_upload_breaks_a_cell_is_found_in_few_steps(
    drawn: list[tuple[str, int]], data: st.DataObject
) -> None:
    """Versions count up with time, so that what breaks stays broken."""
    count = dict.fromkeys(NAMES, 0)
    uploads = [Upload(name, "0", at(-99)) for name in NAMES]
    for name, minutes in sorted(drawn, key=lambda one: one[1]):
        count[name] += 1
        uploads.append(Upload(name, str(count[name]), at(2, 0) + timedelta(minutes=minutes)))
    culprit = data.draw(st.sampled_from(uploads[3:]))
    world = MadeUp(tuple(uploads), breaks(culprit.name, culprit.version))
    ended, told = searched(world, "2021-11-01", "2021-11-12")

    assert BisectionEnd.FOUND is ended.end
    assert [(culprit.name, culprit.version)] == [(one.name, one.after) for one in ended.suspects]
    assert culprit.at == moment_of(ended.suspects[0].uploaded)
    assert len(world.built) == len(set(world.built))
    most = 2 + ceil(log2(12)) + 3 * (2 + ceil(log2(2 * len(uploads))))
    assert len(told) <= most


@settings(max_examples=200, deadline=None)
@given(
    st.integers(2, 400),
    st.data(),
)
def test_narrowing_ends_beside_the_first_bad_one_or_beside_what_was_skipped(
    length: int, data: st.DataObject
) -> None:
    first_bad = data.draw(st.integers(1, length - 1))
    skipped = data.draw(st.sets(st.integers(1, length - 1), max_size=5)) - {length - 1}
    looked: list[int] = []

    def look(moment: str) -> DayStanding:
        place = int(moment)
        looked.append(place)
        if place in skipped:
            return DayStanding.SKIPPED
        return DayStanding.BAD if place >= first_bad else DayStanding.GOOD

    good, bad = narrowed([str(each) for each in range(length)], look)

    assert good < first_bad <= bad
    assert set(range(good + 1, bad)) <= skipped
    assert len(looked) == len(set(looked))
    assert len(looked) <= ceil(log2(length)) + len(skipped)


HOSTILE = "\x1b[2J::error::x ##[group] `<b>`\u202e"


@pytest.mark.parametrize("name", ["terminal", "markdown", "json"])
def test_what_images_and_indexes_say_is_inert_in_every_format(name: str) -> None:
    hostile = found(FindingKind.RAISED, "keras", title=HOSTILE)

    def shows(installed: dict[str, str]) -> SeenCell:
        return shown(hostile) if installed["keras"] == "270" else shown()

    told = render_answer(name, answer_of(searched(MadeUp(KERAS, shows))[0]))

    assert "\x1b" not in told
    assert "\u202e" not in told
    assert "\n::error" not in told
    assert "##[group]" not in told


def test_a_step_is_one_line() -> None:
    _, told = searched(MadeUp(KERAS, breaks("keras", "270")))

    assert all("\n" not in step_line(one) for one in told)
    assert any("the same 3 distributions as of 2021-11-01" in step_line(one) for one in told)


def test_a_probe_that_raised_above_the_cells_level_is_named_beside_no_failure() -> None:
    """Its failure does not count, but a search that finds nothing must not hide it."""
    assert (DayStanding.GOOD, "no failure") == standing_of(shown(), Marks())
    standing, why = standing_of(shown(without=["keras"]), Marks())
    assert DayStanding.GOOD is standing
    assert why.startswith("no failure that counts: keras did not answer")
