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


MEANT = "what is meant to be so needs an `allowed` expectation with a reason in matrix.yaml"
_ANEW = f"build it anew from its lock; {MEANT}"
_ANEW_IMAGE = f"pull it again, or make it anew where it was made; {MEANT}"
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
        headline="{missing} of {planned} planned were not run",
        cause="{state}",
        remedy="take the run on: `harness run --resume RUN` asks only what is missing",
    ),
    FindingKind.SHARD_MISSING: KindRow(
        verdict=Verdict.INFRASTRUCTURE,
        headline="shard {number} of {count}, which had it to run, is missing",
        cause="the job ended before it wrote its run, or its run was not handed over",
        remedy="run that job again, and merge again with what it writes",
    ),
    FindingKind.LEVEL_MISSED: KindRow(
        verdict=Verdict.FAIL,
        headline="{level} ({meaning}) is not reached: {why}",
        remedy="{remedy}",
    ),
    FindingKind.LEVEL_UNTOLD: KindRow(
        verdict=Verdict.UNVERIFIED,
        headline="{level} ({meaning}) cannot be told: {why}",
        remedy="{remedy}",
    ),
    FindingKind.ABOVE_A_GAP: KindRow(
        verdict=Verdict.UNVERIFIED,
        headline="what {probe} shows of {level} ({meaning}) earns nothing: "
        "{gap} ({gap_meaning}) is not reached: {why}",
        remedy="{remedy}",
    ),
    FindingKind.CONTRADICTED: KindRow(
        verdict=Verdict.FAIL,
        headline="contradicted: {what}",
        cause="an answer cannot be true beside the other answers, or beside what was asked, given "
        "and measured here: every fact is the image's own word",
        remedy="believe none of its numbers; see what answers in the place of its interpreter, its "
        "framework or its clock",
    ),
    FindingKind.DIFFERS: KindRow(
        verdict=Verdict.DRIFT,
        headline="{what}",
        cause="{reason}",
        remedy="pin what should not move (`constraints` of the row, then `harness lock`); what is "
        "meant to differ needs an `allowed` expectation with a reason in matrix.yaml",
        of_image="use an image that has what {reference} has; what is meant to differ needs an "
        "`allowed` expectation with a reason in matrix.yaml",
        of_host="{as_reference}",
    ),
    FindingKind.DEFECT: KindRow(
        verdict=Verdict.DRIFT,
        headline="{what}",
        cause="{cause}",
        remedy="{remedy}; what is meant to be so needs an `ignore` or `allowed` expectation in "
        "matrix.yaml",
    ),
    FindingKind.ROUNDS_DIFFER: KindRow(
        verdict=Verdict.DRIFT,
        headline="{what} from round to round",
        cause="the same image answers differently, though the fact should not move",
        remedy="run more rounds; if it is meant to vary, give it an `ignore` expectation",
    ),
    FindingKind.IMAGES_DIFFER: KindRow(
        verdict=Verdict.INFRASTRUCTURE,
        headline="its rounds are of {count} images",
        cause="the name of its image was given to another one between the rounds",
        remedy="start a new run: the rounds of a cell are those of one image",
    ),
    FindingKind.TAG_MOVED: KindRow(
        verdict=Verdict.DRIFT,
        headline="{image} names another image than {known}",
        cause="the tag was given to another image",
        remedy="name the image that you mean by its digest ({before} before); or take the one that "
        "is named now: `harness lock --inputs --cell {cell}`",
    ),
    FindingKind.REFERENCE_BROKEN: KindRow(
        verdict=Verdict.UNVERIFIED,
        headline="not compared: the reference {reference} itself ends in {verdict}",
        remedy="mend the reference first, or name another under `reference:` in matrix.yaml",
    ),
    FindingKind.FAILS_AS_EXPECTED: KindRow(
        verdict=Verdict.PASS,
        headline="fails as expected: {what}",
        cause="{reason}",
    ),
    FindingKind.WORKS_UNEXPECTEDLY: KindRow(
        verdict=Verdict.DRIFT,
        headline="works unexpectedly: it reaches {level} ({meaning}), "
        "and was expected to end at {expected} ({expected_meaning})",
        cause="the cell's row expects it to fail: {reason}",
        remedy="take `expect` out of the cell's row, or state what is expected now",
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
        cause="Python loads them, whatever the sources say",
        remedy="remove them, or compile the sources again: python -m compileall",
    ),
    FindingKind.OTHER_VERSION: KindRow(
        verdict=Verdict.DRIFT,
        headline="modules state another version than what is installed: {what}",
        cause="one of the two was changed after it was installed",
        remedy=_ANEW,
        of_image=_ANEW_IMAGE,
        of_host=_ANEW_HOST,
    ),
    FindingKind.SHADOWED: KindRow(
        verdict=Verdict.DRIFT,
        headline="{what} is loaded from a folder where nothing was installed",
        cause="the folder comes before the installed one on the path of modules",
        remedy="see PYTHONPATH and the .pth files of the environment",
    ),
    FindingKind.RUNS_FIRST: KindRow(
        verdict=Verdict.DRIFT,
        headline="something that no package brought comes before every program: {what}",
        cause="Python, or the loader of programs, follows it at each start",
        remedy="remove it; what is meant to be so needs an `allowed` expectation with a reason in "
        "matrix.yaml",
    ),
    FindingKind.FILES_CONTRADICT: KindRow(
        verdict=Verdict.FAIL,
        headline="the answers contradict the files: {what}",
        cause="what runs in the environment answers something else than what lies there",
        remedy="do not trust this image: read `outside.*` beside the answers in its report",
    ),
    FindingKind.FILES_UNREAD: KindRow(
        verdict=Verdict.UNVERIFIED,
        headline="its files could not all be read from outside: {why}",
        remedy="run it again; until then every fact is the image's own word",
    ),
    FindingKind.GIVEN_TWICE: KindRow(
        verdict=Verdict.INFRASTRUCTURE,
        headline="an error of the suite: {what}",
        cause="a fact has one probe that gives it: which of two answers counts cannot be told",
        remedy="rename the fact in one of them",
    ),
    FindingKind.TIME_DRIFTS: KindRow(
        verdict=Verdict.DRIFT,
        headline="{fact} is {said}, against {reference}",
        remedy="see what else differs from {reference}; what is meant to differ needs an `allowed` "
        "expectation with a reason in matrix.yaml",
    ),
    FindingKind.ACCURACY_DRIFTS: KindRow(
        verdict=Verdict.DRIFT,
        headline="{fact} is {said}, against {reference}",
        cause="the two train otherwise, on the same images from the same weights",
        remedy="compare their early losses; what is meant to differ needs an `allowed` expectation "
        "with a reason, or an `equivalent` one with another margin, in matrix.yaml",
    ),
    FindingKind.LOSSES_DRIFT: KindRow(
        verdict=Verdict.DRIFT,
        headline="{said}, against {reference}",
        cause="another algorithm, other data or other weights",
        remedy="see what else differs from {reference}; what is meant to differ needs an `allowed` "
        "expectation for {fact} with a reason in matrix.yaml",
    ),
    FindingKind.UNDECIDED: KindRow(
        verdict=Verdict.UNVERIFIED,
        headline="{fact} cannot be told from {reference}'s: {why}",
        cause="{said}",
        remedy="run more rounds of both, interleaved, or calibrate this host",
    ),
    FindingKind.CELL_VANISHED: KindRow(
        verdict=Verdict.DRIFT,
        headline="the baseline has this cell, and the run does not",
        cause="it was taken out of the matrix, or was not selected: nothing is known of it now",
        remedy="run it; where it is gone on purpose, accept this event, or the run as the baseline",
    ),
    FindingKind.TIME_UNTOLD: KindRow(
        verdict=Verdict.UNVERIFIED,
        headline="its times are not compared with the baseline's: {what} changed since",
        cause="times are compared only between rounds that are interleaved on one host",
        remedy="`harness run --baseline --rounds auto` runs the baseline's image again in turns "
        "with tonight's, where it is still there; else see its times in the reports of the nights "
        "between, and where they are right, accept the run as the baseline",
    ),
    FindingKind.NOT_HELD: KindRow(
        verdict=Verdict.UNVERIFIED,
        headline="not all of it is compared with the baseline: {what}",
        cause="only answers to the same question can be compared with each other",
        remedy="ask as the baseline was asked; where it is to be asked so from now on, accept the "
        "run as the baseline",
    ),
    FindingKind.CANNOT_SAVE: KindRow(
        verdict=Verdict.DRIFT,
        headline="cannot save: {format}: {why}",
        cause="a model in this format is not saved, not loaded, or predicts otherwise afterwards",
        remedy="save in a format that works, or pin what the format needs; what is meant to be so "
        "needs an `ignore` or `allowed` expectation in matrix.yaml",
    ),
    FindingKind.WRONG_NUMBERS: KindRow(
        verdict=Verdict.FAIL,
        headline="wrong numbers: {operations} with {library} ({ways}); {right}",
        cause="the error is larger than any order of summation and any rounding explain",
        remedy="{instead}",
    ),
    FindingKind.DIES_COMPUTING: KindRow(
        verdict=Verdict.FAIL,
        headline="it dies while it computes: {what}",
        cause="a kernel reads or writes where it must not, or the processor lacks an instruction",
        remedy="use {instead}, or another release",
    ),
    FindingKind.TOO_BUSY: KindRow(
        verdict=Verdict.UNVERIFIED,
        headline="{fact} cannot be told from {reference}'s: {why}",
        cause="{said}; by the rule that would be {rule}, if the host had not been so busy",
        remedy="run both again while the host has nothing else to do",
    ),
    FindingKind.ASKED_OTHERWISE: KindRow(
        verdict=Verdict.UNVERIFIED,
        headline="{what} from {reference}, and nothing tells whether that is drift: {why}",
        cause="the two were not asked the same, so their answers may differ for that alone",
        remedy="run both again with the same probes on the same data",
    ),
    FindingKind.PROMISE_BROKEN: KindRow(
        verdict=Verdict.FAIL,
        headline="a promise is not kept: {what}",
        cause="{cause}",
        remedy="mend what it starts, or what its row in matrix.yaml promises; what is meant to be "
        "so needs an `ignore` or `allowed` expectation for {fact}",
    ),
    FindingKind.SAYS_OTHERWISE: KindRow(
        verdict=Verdict.DRIFT,
        headline="its metadata says otherwise: {what}",
        cause="who reads the image's own configuration, a person or an orchestrator, believes it",
        remedy="write in its Dockerfile what it does (EXPOSE, USER, VOLUME, CMD), or promise what "
        "it says; what is meant to be so needs an `ignore` or `allowed` expectation for {fact}",
    ),
}
"""Every kind has a row."""


def kind_of(outcome: Outcome) -> FindingKind:
    """Return the kind of finding for how a probe ended."""
    return FindingKind(outcome.value)
