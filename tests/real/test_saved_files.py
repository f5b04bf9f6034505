"""Saved models of all releases, written in the stages of one build and read by each of them."""

from __future__ import annotations

import pytest
from docker import APIClient

from harness.model import Outcome
from tests.real.commandline import Place
from tests.real.suites import ROOT

RELEASES = {
    *("1.2.1", "1.4.1", "1.9.0", "1.14.0", "1.15.0", "2.4.4", "2.8.4", "2.11.1", "2.12.1"),
    *("2.14.1", "2.15.1", "2.18.1", "2.20.0", "2.21.0"),
}


@pytest.mark.long
def test_every_release_reads_what_it_wrote_and_the_oldest_graph(
    engine: APIClient, place: Place
) -> None:
    place.harness("run", "--suite", str(ROOT), "--tag", "files", "--probe", "files", or_status=1)
    _, records = place.recorded()
    assert {Outcome.OK} == {one.outcome for one in records}
    by_version = {str(one.facts["files.framework_version"]): one.facts for one in records}
    assert set(by_version) == RELEASES
    for version, facts in by_version.items():
        reads, missing = facts["files.reads"], facts["files.not_written"]
        assert isinstance(reads, tuple)
        assert isinstance(missing, tuple)
        assert set(facts["files.writers"]) == RELEASES  # type: ignore[arg-type]
        unwritten = {str(one).split(":")[0] for one in missing}
        for kind in ("savedmodel", "hdf5", "keras", "frozen", "checkpoint"):
            assert f"{version} {kind}" in unwritten | set(reads)
        assert "1.2.1 frozen" in reads, "the oldest graph is read by all"
