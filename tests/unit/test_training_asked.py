"""What an answer about training says of what was asked of it; each test forges one answer."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from harness.model import Record
from tests.unit.test_contradictions import asked, contradicted, honest, judged, only

Says = Callable[[str], None]


def bits(wrong: int, images: int = 1000) -> str:
    packed = int("1" * wrong + "0" * (8 * ((images + 7) // 8) - wrong), 2)
    return base64.b64encode(packed.to_bytes((images + 7) // 8, "big")).decode()


def whole(**more: Any) -> dict[str, Any]:
    """An honest answer of 1,000 test images, 49 of them wrong."""
    told = {
        "threads_within_operation": 1,
        "cpus_busy": 0.95,
        "wrong_test_images": bits(49),
        "test_images_per_class": (100,) * 10,
        "seed": 66478,
    }
    return honest(**{**told, **more})


def test_an_honest_answer_contradicts_nothing() -> None:
    assert [] == contradicted(judged(asked(whole(), settings={"threads": 1})))


@pytest.mark.attack("rounds", "asked for one thread, an image trains with both processors")
def test_a_pin_of_threads_that_is_ignored_fails(says: Says) -> None:
    said = only(asked(whole(cpus_busy=1.9), settings={"threads": 1}))
    assert "with 1 thread it kept 1.9 processors busy: the number of threads was ignored" == said
    says(f"fail: {said}")


def test_another_number_of_threads_than_was_asked_for_fails() -> None:
    said = only(asked(whole(threads_within_operation=2), settings={"deterministic": True}))
    assert "asked to train with 1 thread, it says that it used 2" == said


def test_the_interpreters_own_thread_is_no_ignored_pin() -> None:
    assert [] == contradicted(judged(asked(whole(cpus_busy=1.3), settings={"threads": 1})))


@pytest.mark.attack("rounds", "an image tells other wrong test images than its error counts")
def test_wrong_images_that_are_not_as_many_as_the_error_fail(says: Says) -> None:
    said = only(asked(whole(wrong_test_images=bits(12))))
    assert "12 test images are listed as wrong, but its error means 49" == said
    says(f"fail: {said}")


@pytest.mark.parametrize("text", ["?", "AAAA", bits(49, 2000)])
def test_wrong_images_that_cannot_be_read_fail(text: str) -> None:
    assert "wrong" in only(asked(whole(wrong_test_images=text)))


@pytest.mark.attack("rounds", "an image is tested with labels that are all zero")
def test_labels_of_one_class_fail(says: Says) -> None:
    said = only(asked(whole(test_images_per_class=(1000, *(0,) * 9))))
    assert "all the labels it was tested with are of one class" == said
    says(f"fail: {said}")


def two_rounds(other: int) -> list[Record]:
    first, second = asked(whole()), asked(whole(seed=other, final_weights_sha256="ef" * 32))
    return [*first, *(replace(one, round=2) for one in second)]


@pytest.mark.attack("rounds", "the answer of round 1 is told again for round 2, with other weights")
def test_two_rounds_from_one_seed_fail(says: Says) -> None:
    (said,) = contradicted(judged(two_rounds(66478)))
    assert "rounds 1 and 2 trained from the same seed: one round was reported twice" == said
    says(f"fail: {said}")


def test_rounds_of_their_own_seeds_contradict_nothing() -> None:
    assert [] == contradicted(judged(two_rounds(4)))
