"""Finds where an answer about training contradicts what was asked in its round.

Each function yields sentences that describe a contradiction; `contradictions` lists the functions.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator

from harness.compare.answered import Learned

_BUSY = 0.6
"""How much processor time the interpreter's own thread may use beside the threads that were asked
for."""
_TOLD = 10_000
"""Up to this many test images, an answer lists which were classified wrongly."""


def threads_kept(one: Learned) -> Iterator[str]:
    """Check that it trained with the number of threads it was asked to use, and kept no more
    processors busy."""
    settings = one.of.record.settings
    asked = 1 if settings.get("deterministic") is True else settings.get("threads")
    told = one.count("threads_within_operation")
    if type(asked) is int and asked > 0 and told is not None and told != asked:
        yield f"asked to train with {_threads(asked)}, it says that it used {told}"
    busy = one.number("cpus_busy")
    limit = asked if type(asked) is int and asked > 0 else told
    if busy is not None and limit is not None and busy > limit + _BUSY:
        yield (
            f"with {_threads(limit)} it kept {busy:.1f} processors busy: "
            "the number of threads was ignored"
        )


def wrong_images_counted(one: Learned) -> Iterator[str]:
    """Check that the list of wrong images has as many entries as the test error implies."""
    text, images = one.fact("wrong_test_images"), one.count("test_images")
    error = one.number("test_error")
    if not isinstance(text, str) or images is None or error is None or images > _TOLD:
        return
    try:
        bits = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        yield "the list of wrong test images is not Base64"
        return
    if len(bits) != (images + 7) // 8:
        yield f"the list of which of {images} test images were wrong has {len(bits)} bytes"
        return
    wrong = sum(bin(byte).count("1") for byte in bits)
    if wrong != round(error * images):
        yield f"{wrong} test images are listed as wrong, but its error means {error * images:.0f}"


def classes_there(one: Learned) -> Iterator[str]:
    """Check that the test labels belong to several classes, and are as many as the test images."""
    counts, images = one.series("test_images_per_class"), one.count("test_images")
    if counts is None:
        return
    if sum(1 for count in counts if count > 0) < min(2, len(counts)):
        yield "all the labels it was tested with are of one class"
    elif images is not None and sum(counts) != images:
        yield f"it was tested with {sum(counts):g} labels of {images} images"


def another_seed(one: Learned, other: Learned) -> Iterator[str]:
    """Check that two rounds do not train from the same seed."""
    seed = one.fact("seed")
    if seed is not None and seed == other.fact("seed"):
        yield (
            f"rounds {one.of.record.round} and {other.of.record.round} trained from the same seed: "
            "one round was reported twice"
        )


def _threads(count: int) -> str:
    return "1 thread" if count == 1 else f"{count} threads"
