"""The kinds of findings: one row each, with its verdict, headline, cause and remedy.

The texts are templates. What a finding quotes from an image is inserted as it is and never treated
as a template itself. A finding that knows more about its case replaces the row's cause and remedy.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from harness.compare.causes import MadeFrom
from harness.model import Outcome, Verdict
from harness.outcomes import TELLING


class FindingKind(StrEnum):
    """What a finding is about."""

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
    NOT_RUN = "not-run"
    SHARD_MISSING = "shard-missing"
    LEVEL_MISSED = "level-missed"
    LEVEL_UNTOLD = "level-untold"
    ABOVE_A_GAP = "above-a-gap"
    CONTRADICTED = "contradicted"
    DIFFERS = "differs"
    DEFECT = "defect"
    ROUNDS_DIFFER = "rounds-differ"
    IMAGES_DIFFER = "images-differ"
    REFERENCE_BROKEN = "reference-broken"
    FAILS_AS_EXPECTED = "fails-as-expected"
    WORKS_UNEXPECTEDLY = "works-unexpectedly"
    OTHER_BYTES = "other-bytes"
    FILES_MISSING = "files-missing"
    FOREIGN_BYTECODE = "foreign-bytecode"
    OTHER_VERSION = "other-version"
    SHADOWED = "shadowed"
    RUNS_FIRST = "runs-first"
    FILES_CONTRADICT = "files-contradict"
    FILES_UNREAD = "files-unread"
    GIVEN_TWICE = "given-twice"
    TIME_DRIFTS = "time-drifts"
    ACCURACY_DRIFTS = "accuracy-drifts"
    LOSSES_DRIFT = "losses-drift"
    UNDECIDED = "undecided"
    CELL_VANISHED = "cell-vanished"
    TIME_UNTOLD = "time-untold"
    NOT_HELD = "not-held"
    CANNOT_SAVE = "cannot-save"
    WRONG_NUMBERS = "wrong-numbers"
    DIES_COMPUTING = "dies-computing"
    TOO_BUSY = "too-busy"
    ASKED_OTHERWISE = "asked-otherwise"
    TAG_MOVED = "tag-moved"
    PROMISE_BROKEN = "promise-broken"
    SAYS_OTHERWISE = "says-otherwise"


@dataclass(frozen=True, kw_only=True, slots=True)
class KindRow:
    """What all findings of a kind have in common."""

    verdict: Verdict
    headline: str
    cause: str = ""
    """Empty where the cause is unknown or the headline states it."""
    remedy: str = ""
    """The remedy for a cell built from its row; for every cell where the next two are empty."""
    of_image: str = ""
    """The remedy where the cell is an existing image."""
    of_host: str = ""
    """The remedy where the cell is an interpreter of this host."""

    def remedy_of(self, origin: MadeFrom) -> str:
        """Return the remedy, depending on where the environment comes from."""
        other = {
            MadeFrom.DOCKERFILE: self.of_image,
            MadeFrom.IMAGE: self.of_image,
            MadeFrom.HOST: self.of_host,
        }
        return other.get(origin) or self.remedy


MEANT = "if it is intended, add an `allowed` expectation with a reason to matrix.yaml"
_ANEW = f"build it again from its lock; {MEANT}"
_ANEW_IMAGE = f"pull it again, or build it again where it was made; {MEANT}"
_ANEW_HOST = f"install it again (`pip install --force-reinstall`); {MEANT}"


def _of_outcomes() -> Mapping[FindingKind, KindRow]:
    """Return the rows for outcomes of probes, taken from their own table."""
    return {
        FindingKind(outcome.value): KindRow(
            verdict=telling.verdict,
            headline="{said}",
            cause=telling.meaning,
            remedy=telling.remedy,
            of_image=telling.remedy_of_image,
            of_host=telling.remedy_of_host,
        )
        for outcome, telling in TELLING.items()
        if telling.verdict is not None and telling.verdict is not Verdict.PASS
    }


KINDS: Mapping[FindingKind, KindRow] = {
    **_of_outcomes(),
    FindingKind.NOT_RUN: KindRow(
        verdict=Verdict.INFRASTRUCTURE,
        headline="{missing} of {planned} planned records are missing",
        cause="{state}",
        remedy="continue the run: `harness run --resume RUN` runs only what is missing",
    ),
    FindingKind.SHARD_MISSING: KindRow(
        verdict=Verdict.INFRASTRUCTURE,
        headline="shard {number} of {count}, which was to run this cell, is missing",
        cause="the job ended before it wrote its run, or its run was not handed over",
        remedy="run that job again, then merge again with the file that it writes",
    ),
    FindingKind.LEVEL_MISSED: KindRow(
        verdict=Verdict.FAIL,
        headline="{level} ({meaning}) is not reached: {why}",
        remedy="{remedy}",
    ),
    FindingKind.LEVEL_UNTOLD: KindRow(
        verdict=Verdict.UNVERIFIED,
        headline="{level} ({meaning}) is unverified: {why}",
        remedy="{remedy}",
    ),
    FindingKind.ABOVE_A_GAP: KindRow(
        verdict=Verdict.UNVERIFIED,
        headline="{level} ({meaning}), which {probe} shows, does not count: "
        "{gap} ({gap_meaning}) is not reached: {why}",
        remedy="{remedy}",
    ),
    FindingKind.CONTRADICTED: KindRow(
        verdict=Verdict.FAIL,
        headline="contradicted: {what}",
        cause="an answer contradicts another answer, or what was asked, given or measured here: "
        "facts are what the image says of itself",
        remedy="trust none of its numbers; check whether its interpreter, its framework or its "
        "clock was replaced",
    ),
    FindingKind.DIFFERS: KindRow(
        verdict=Verdict.DRIFT,
        headline="{what}",
        cause="{reason}",
        remedy="pin what should not move (`constraints` of the row, then `harness lock`); if "
        "it is intended, add an `allowed` expectation with a reason to matrix.yaml",
        of_image="use an image that has what {reference} has; if it is intended, add an `allowed` "
        "expectation with a reason to matrix.yaml",
        of_host="{as_reference}",
    ),
    FindingKind.DEFECT: KindRow(
        verdict=Verdict.DRIFT,
        headline="{what}",
        cause="{cause}",
        remedy="{remedy}; if it is intended, add an `ignore` or `allowed` expectation to "
        "matrix.yaml",
    ),
    FindingKind.ROUNDS_DIFFER: KindRow(
        verdict=Verdict.DRIFT,
        headline="{what} from round to round",
        cause="the same image gave different answers, though this fact should stay the same",
        remedy="run more rounds; if it may vary, add an `ignore` expectation",
    ),
    FindingKind.IMAGES_DIFFER: KindRow(
        verdict=Verdict.INFRASTRUCTURE,
        headline="its rounds ran on {count} different images",
        cause="the name of its image was moved to another image between the rounds",
        remedy="start a new run: all rounds of a cell must run on one image",
    ),
    FindingKind.TAG_MOVED: KindRow(
        verdict=Verdict.DRIFT,
        headline="{image} names another image than {known}",
        cause="the tag was moved to another image",
        remedy="name the image that you want by its digest ({before} before); or lock the one that "
        "is named now: `harness lock --inputs --cell {cell}`",
    ),
    FindingKind.REFERENCE_BROKEN: KindRow(
        verdict=Verdict.UNVERIFIED,
        headline="not compared: the reference {reference} itself ends in {verdict}",
        remedy="repair the reference first, or name another under `reference:` in matrix.yaml",
    ),
    FindingKind.FAILS_AS_EXPECTED: KindRow(
        verdict=Verdict.PASS,
        headline="fails as expected: {what}",
        cause="{reason}",
    ),
    FindingKind.WORKS_UNEXPECTEDLY: KindRow(
        verdict=Verdict.DRIFT,
        headline="works unexpectedly: it reaches {level} ({meaning}), "
        "but was expected to end at {expected} ({expected_meaning})",
        cause="the cell's row expects it to fail: {reason}",
        remedy="remove `expect` from the cell's row, or state what is expected now",
    ),
    FindingKind.OTHER_BYTES: KindRow(
        verdict=Verdict.DRIFT,
        headline="Same version, other bytes: {what}",
        cause="its files were changed after they were installed, or installed from elsewhere",
        remedy=_ANEW,
        of_image=_ANEW_IMAGE,
        of_host=_ANEW_HOST,
    ),
    FindingKind.FILES_MISSING: KindRow(
        verdict=Verdict.DRIFT,
        headline="files that were installed are missing: {what}",
        cause="they were removed after they were installed",
        remedy=_ANEW,
        of_image=_ANEW_IMAGE,
        of_host=_ANEW_HOST,
    ),
    FindingKind.FOREIGN_BYTECODE: KindRow(
        verdict=Verdict.DRIFT,
        headline="compiled modules do not fit their sources: {what}",
        cause="Python loads the compiled modules, whatever the sources say",
        remedy="remove them, or compile the sources again: python -m compileall",
    ),
    FindingKind.OTHER_VERSION: KindRow(
        verdict=Verdict.DRIFT,
        headline="modules state another version than is installed: {what}",
        cause="one of the two was changed after it was installed",
        remedy=_ANEW,
        of_image=_ANEW_IMAGE,
        of_host=_ANEW_HOST,
    ),
    FindingKind.SHADOWED: KindRow(
        verdict=Verdict.DRIFT,
        headline="{what} is loaded from a folder where nothing was installed",
        cause="the folder comes before the installed one on the path of modules",
        remedy="check PYTHONPATH and the .pth files of the environment",
    ),
    FindingKind.RUNS_FIRST: KindRow(
        verdict=Verdict.DRIFT,
        headline="a file that belongs to no package takes effect before every program: {what}",
        cause="Python, or the loader of programs, reads it at each start",
        remedy=f"remove it; {MEANT}",
    ),
    FindingKind.FILES_CONTRADICT: KindRow(
        verdict=Verdict.FAIL,
        headline="the answers contradict the files: {what}",
        cause="what runs in the environment gives other answers than the files that lie there",
        remedy="do not trust this image: read `outside.*` beside the answers in its report",
    ),
    FindingKind.FILES_UNREAD: KindRow(
        verdict=Verdict.UNVERIFIED,
        headline="its files could not all be read from outside: {why}",
        remedy="run it again; until then its facts are only what the image says of itself",
    ),
    FindingKind.GIVEN_TWICE: KindRow(
        verdict=Verdict.INFRASTRUCTURE,
        headline="an error of the suite: {what}",
        cause="only one probe may give a fact: of two answers, neither counts",
        remedy="rename the fact in one of them",
    ),
    FindingKind.TIME_DRIFTS: KindRow(
        verdict=Verdict.DRIFT,
        headline="{fact} is {said}, against {reference}",
        remedy="see what else differs from {reference}; if it is intended, add an `allowed` "
        "expectation with a reason to matrix.yaml",
    ),
    FindingKind.ACCURACY_DRIFTS: KindRow(
        verdict=Verdict.DRIFT,
        headline="{fact} is {said}, against {reference}",
        cause="the two train differently, on the same images from the same weights",
        remedy="compare their early losses; if it is intended, add an `allowed` expectation with a "
        "reason, or an `equivalent` one with another margin, to matrix.yaml",
    ),
    FindingKind.LOSSES_DRIFT: KindRow(
        verdict=Verdict.DRIFT,
        headline="{said}, against {reference}",
        cause="another algorithm, other data or other weights",
        remedy="see what else differs from {reference}; if it is intended, add an `allowed` "
        "expectation for {fact} with a reason to matrix.yaml",
    ),
    FindingKind.UNDECIDED: KindRow(
        verdict=Verdict.UNVERIFIED,
        headline="{fact} is undecided against {reference}: {why}",
        cause="{said}",
        remedy="run more interleaved rounds of both, or calibrate this host",
    ),
    FindingKind.CELL_VANISHED: KindRow(
        verdict=Verdict.DRIFT,
        headline="the baseline has this cell, but the run does not",
        cause="it was removed from the matrix or not selected: nothing is known about it now",
        remedy="run it; if it is gone on purpose, accept this event, or the run as the baseline",
    ),
    FindingKind.TIME_UNTOLD: KindRow(
        verdict=Verdict.UNVERIFIED,
        headline="its times are not compared with the baseline's: {what} changed since",
        cause="times are compared only between rounds that are interleaved on one host",
        remedy="`harness run --baseline --rounds auto` runs the baseline's image again in turns "
        "with tonight's, if it still exists; otherwise check its times in the reports of the "
        "nights between, and if they are right, accept the run as the baseline",
    ),
    FindingKind.NOT_HELD: KindRow(
        verdict=Verdict.UNVERIFIED,
        headline="not all of this cell was compared with the baseline: {what}",
        cause="only answers to the same question can be compared with each other",
        remedy="ask what the baseline was asked; to keep the new questions, accept this run as the "
        "baseline",
    ),
    FindingKind.CANNOT_SAVE: KindRow(
        verdict=Verdict.DRIFT,
        headline="cannot save: {format}: {why}",
        cause="a model in this format is not saved, not loaded, or predicts otherwise afterwards",
        remedy="save in a format that works, or pin what the format needs; if it is intended, add "
        "an `ignore` or `allowed` expectation to matrix.yaml",
    ),
    FindingKind.WRONG_NUMBERS: KindRow(
        verdict=Verdict.FAIL,
        headline="wrong numbers: {operations} with {library} ({ways}); {right}",
        cause="the error is larger than rounding or any order of summation can explain",
        remedy="{instead}",
    ),
    FindingKind.DIES_COMPUTING: KindRow(
        verdict=Verdict.FAIL,
        headline="its process dies while it computes: {what}",
        cause="a kernel reads or writes where it must not, or the processor lacks an instruction",
        remedy="use {instead}, or another release",
    ),
    FindingKind.TOO_BUSY: KindRow(
        verdict=Verdict.UNVERIFIED,
        headline="{fact} is undecided against {reference}: {why}",
        cause="{said}; the rule would call that {rule}, but the host was too busy to rely on it",
        remedy="run both again while the host has nothing else to do",
    ),
    FindingKind.ASKED_OTHERWISE: KindRow(
        verdict=Verdict.UNVERIFIED,
        headline="{what} from {reference}, but that may not be drift: {why}",
        cause="the two were not asked the same question, which alone may explain the difference",
        remedy="run both again with the same probes on the same data",
    ),
    FindingKind.PROMISE_BROKEN: KindRow(
        verdict=Verdict.FAIL,
        headline="a promise is not kept: {what}",
        cause="{cause}",
        remedy="repair what it starts, or correct what its row in matrix.yaml promises; if it is "
        "intended, add an `ignore` or `allowed` expectation for {fact}",
    ),
    FindingKind.SAYS_OTHERWISE: KindRow(
        verdict=Verdict.DRIFT,
        headline="its metadata contradicts its promises: {what}",
        cause="people and orchestrators rely on the image's own configuration",
        remedy="state in its Dockerfile what it does (EXPOSE, USER, VOLUME, CMD), or promise what "
        "it states; if it is intended, add an `ignore` or `allowed` expectation for {fact}",
    ),
}
"""Every kind has a row."""


def kind_of(outcome: Outcome) -> FindingKind:
    """Return the kind of finding for how a probe ended."""
    return FindingKind(outcome.value)
