"""The answer's own words, over every page of the gallery: the head says what its rows say."""

from __future__ import annotations

import re
from collections import Counter
from functools import cache

import pytest
from packaging.version import Version

from harness.check.claims import ClaimOrigin
from harness.check.cuda_names import base_with
from harness.check.host import TargetHost
from harness.check.page import CheckPage, page_of
from harness.check.reasons import ReuseAnswer, Weight
from harness.check.rules import all_reasons
from harness.check.subject import Subject, subject_of
from harness.formats import render_page as render
from harness.formats.checks.terminal import SIGN
from harness.images.inside import Inside
from harness.knowledge import library
from tests.unit.check_builders import HERE, cpu_image, reading
from tests.unit.check_gallery import PYTHONS, installed, pairs

WORST = {
    ReuseAnswer.NOT: Weight.BLOCKS,
    ReuseAnswer.UNTOLD: Weight.UNTOLD,
    ReuseAnswer.CPU: Weight.CPU,
    ReuseAnswer.CHANGES: Weight.CHANGE,
    ReuseAnswer.REUSE: Weight.FINE,
}


@cache
def pages() -> tuple[tuple[Subject, TargetHost, CheckPage], ...]:
    return tuple(
        (one, where, page_of(one, where, all_reasons(one, where))) for one, where in pairs()
    )


def test_the_gallery_has_every_answer() -> None:
    assert set(ReuseAnswer) == set(Counter(page.answer for _, _, page in pages()))


def test_the_head_is_that_of_the_worst_row_and_says_which() -> None:
    for _, _, page in pages():
        weights = {one.weight for one in page.reasons}
        worst = next((one for one in Weight if one in weights), None)
        wanted = WORST[page.answer]
        if page.answer is ReuseAnswer.REUSE:
            assert worst in (Weight.NOTE, Weight.FINE), page
        elif page.answer is ReuseAnswer.CHANGES and worst is Weight.CPU:
            # Even the CPU needs a change: nobody would be helped by the GPU's reason alone.
            assert any(one.needed for one in page.reasons), page
        else:
            assert wanted is worst or (page.answer is ReuseAnswer.UNTOLD and not page.because), page
        said = [one.title for one in page.reasons if one.weight is wanted]
        assert page.because in said or (page.because == "" and not said), page
        head = render("terminal", page, width=1000).splitlines()[1]
        assert head.startswith(f"{SIGN[wanted]} {page.answer}")


def test_the_head_names_what_was_found_never_what_the_tag_promised() -> None:
    for subject, _, page in pages():
        if not page.purpose:
            continue
        own = [one for one in subject.claims if one.origin is not ClaimOrigin.TAG]
        named = page.purpose.partition(",")[0].partition(" on Python ")
        assert named[0] in {one.value for one in own if one.what == "framework"}
        assert not named[2] or named[2] in {one.value for one in own if one.what == "python"}


def test_a_tag_that_lies_is_not_repeated_by_the_head() -> None:
    inside = Inside(distributions=installed("tensorflow=1.12.3", "numpy=1.16"), pythons=PYTHONS)
    subject = subject_of(
        reading(cpu_image("1.13.0"), "tensorflow/tensorflow:1.13.0rc0-py3"), inside
    )
    page = page_of(subject, HERE, all_reasons(subject, HERE))
    assert page.purpose.startswith("tensorflow 1.12.3 on Python 3.6")
    assert "1.13" not in page.purpose + page.because.replace("1.13.0rc0", "", 1)


def test_nothing_speaks_for_what_another_row_leaves_open() -> None:
    for _, _, page in pages():
        open_ = {one.about for one in page.reasons if one.weight is Weight.UNTOLD}
        praised = {one.about for one in page.reasons if one.weight is Weight.FINE}
        assert not open_ & praised, page


def test_every_row_that_praises_or_leaves_open_says_what() -> None:
    rows = [row for row in library.reasons().values() if row.weight in ("fine", "untold")]
    assert [] == [row.id for row in rows if not row.about]
    assert {row.about for row in rows if row.weight == "fine"} <= {row.about for row in rows}


def test_an_image_made_of_nothing_has_one_reason() -> None:
    subject = subject_of(reading(cpu_image("2.11.0")), Inside())
    page = page_of(subject, HERE, all_reasons(subject, HERE))
    assert ["made-of-nothing"] == [one.rule for one in page.reasons]
    assert ReuseAnswer.NOT is page.answer


def test_what_lets_an_image_be_used_says_what_was_not_looked_at() -> None:
    for subject, _, page in pages():
        told = " ".join(page.unlooked)
        if page.answer in (ReuseAnswer.NOT, ReuseAnswer.UNTOLD):
            assert () == page.unlooked
            continue
        assert ("--static" in told) is (subject.inside is None)
        assert "--pull" in told
        for format in ("terminal", "markdown", "json"):
            assert page.unlooked[0].split(";")[0][:30] in " ".join(render(format, page).split())


# --- remedies fit the names of libraries --------------------------------------------------------

SONAME = re.compile(r"\blib(cudart|cudnn)\.so\.(\d[\d.]*\d|\d)")
REMEDY = re.compile(r"\b(CUDA|cuDNN) (\d[\d.]*\d|\d)")


def test_a_remedys_release_fits_every_library_that_its_row_names() -> None:
    seen = 0
    for _, _, page in pages():
        for one in page.reasons:
            told = dict(REMEDY.findall(one.remedy))
            for library_, version in SONAME.findall(one.title):
                if "CUDA" not in told:
                    continue
                seen += 1
                given = told.get("CUDA" if library_ == "cudart" else "cuDNN")
                assert given, one
                assert _fits(library_, version, given), one
    assert seen > 3


def _fits(name: str, soname: str, given: str) -> bool:
    wanted, have = Version(soname), Version(given)
    if name == "cudnn" or wanted.major >= 11:
        return wanted.major == have.major
    return wanted.release[:2] == have.release[:2]


@pytest.mark.parametrize(
    ("base", "sonames"),
    [
        ("CUDA 10.1", ["libcudart.so.10.1"]),
        ("CUDA 11.2 and cuDNN 8.1", ["libcudart.so.11.0", "libcudnn.so.8"]),
        ("CUDA 11.2 and cuDNN 8.1", ["libcublas.so.11"]),
        ("CUDA 8.0", ["libcublas.so.8.0"]),
        ("CUDA 11.2 and cuDNN 7", ["libcudnn.so.7"]),
        ("CUDA 10.1 and cuDNN 7", ["libcudart.so.10.1", "libcudnn.so.7"]),
        ("CUDA 12", ["libcudart.so.12"]),
    ],
)
def test_the_base_is_that_of_the_libraries(base: str, sonames: list[str]) -> None:
    """Case 18: a build for the CPU, its release made for CUDA 11, that needs libcudart.so.10.1."""
    assert base == base_with(sonames, "11.2", "8.1")
