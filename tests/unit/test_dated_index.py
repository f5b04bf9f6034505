"""Which files of an index exist as of a day, and as of a moment within it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.distributions.cache import DistributionCache
from harness.distributions.dated_index import DatedIndex
from harness.distributions.index import IndexFile, PackageIndex
from harness.moments import TICK, is_day, last_moment, moment_of, worded, written

UPLOADS = {
    "1": "2021-11-02T23:59:59Z",
    "2": "2021-11-03T00:00:00.000001+00:00",
    "3": "2021-11-03T15:53:09.5Z",
    "4": "",
    "5": "2021-11-04T01:00:00+02:00",
    "6": "nonsense",
}


class Fixed(PackageIndex):
    """An index of one project."""

    def files(self, project: str) -> tuple[IndexFile, ...]:
        return tuple(
            IndexFile(
                project=project,
                filename=f"six-{version}.tar.gz",
                url="",
                sha256=version * 64,
                version=version,
                requires_python="",
                uploaded=uploaded,
                yanked=False,
            )
            for version, uploaded in UPLOADS.items()
        )


@pytest.mark.parametrize(
    ("as_of", "listed"),
    [
        ("2021-11-01", "46"),
        ("2021-11-02", "146"),
        ("2021-11-03", "123456"),
        ("2021-11-03T15:53:09.5Z", "12346"),
        ("2021-11-03T15:53:09.499999Z", "1246"),
        ("", "123456"),
    ],
)
def test_a_file_is_listed_from_the_moment_of_its_upload_on(as_of: str, listed: str) -> None:
    index = DatedIndex(Fixed(), DistributionCache(Path("nowhere")), as_of=as_of, python="3.9.2")

    assert listed == "".join(one.version for one in index.listing("six"))


@given(st.datetimes(min_value=datetime(1970, 1, 1), timezones=st.just(UTC)))
def test_a_moment_that_is_written_is_read_back(moment: datetime) -> None:
    assert moment == moment_of(written(moment)) == last_moment(written(moment))


@given(st.dates())
def test_a_day_ends_just_before_the_next_begins(day: object) -> None:
    end = last_moment(str(day))

    assert str(day) == end.date().isoformat()
    if end.year < 9999:
        assert (end + TICK).date() > end.date()


@given(st.text(max_size=30))
def test_no_text_that_an_index_may_give_for_a_moment_ends_in_an_error(text: str) -> None:
    assert moment_of(text) is None or not is_day(text) or last_moment(text)
    worded(text)


@pytest.mark.parametrize("text", ["2021-11-3", "20211103", "2021-W44-3", "", "2021-02-30"])
def test_what_is_no_day_is_none(text: str) -> None:
    assert not is_day(text)


def test_a_moment_is_worded_for_a_person() -> None:
    assert "2021-11-03 at 15:53:09 UTC" == worded("2021-11-03T15:53:09Z")
    assert "2021-11-03 at 15:53:09.500000 UTC" == worded("2021-11-03T15:53:09.5Z")
    assert "2021-11-03" == worded("2021-11-03")
