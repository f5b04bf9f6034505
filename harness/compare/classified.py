"""Two trained models on the same test images: how many they classify differently, and who is right.

This speaks of two trained models, never of two environments: the randomness of training is not in
it. Two seeds of one image were found to differ "significantly" in 38 % of pairs.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass

from harness.model import Fact

WRONG_IMAGES = "wrong_test_images"
"""The fact, beside the accuracy, that says which test images were classified wrongly: Base64, one
bit an image, the first is the highest of the first byte."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Classified:
    """How two models did on the same images."""

    images: int
    only_reference: int
    """Images that only the reference's model got right."""
    only_candidate: int

    @property
    def discordant(self) -> int:
        """Images that exactly one of the two got right."""
        return self.only_reference + self.only_candidate

    @property
    def alike(self) -> int:
        """Images on which both were right, or both wrong."""
        return self.images - self.discordant

    @property
    def floor(self) -> float:
        """The variance that the choice of test images gives the difference of two accuracies; of
        models that do not differ on any, that of one image."""
        return max(self.discordant, 1) / self.images**2

    @property
    def mcnemar_p(self) -> float:
        """How often two models that are equally good would split the discordant images at least so
        unevenly (McNemar's exact test: the binomial one with 1/2)."""
        if not self.discordant:
            return 1.0
        from scipy import stats

        return float(stats.binomtest(self.only_reference, self.discordant).pvalue)

    @property
    def told(self) -> str:
        """As a person thinks of it."""
        text = f"{self.alike:,} of {self.images:,} images classified alike"
        if not self.discordant:
            return text
        return (
            f"{text}; of the {self.discordant:,} others {self.only_candidate:,} to "
            f"{self.only_reference:,}"
        )


def classified(reference: Fact, candidate: Fact, images: int) -> Classified | None:
    """Hold which of so many images two models got wrong against each other. None where one of the
    two does not say, or says it of another number of images."""
    one, other = _bits(reference, images), _bits(candidate, images)
    if one is None or other is None:
        return None
    return Classified(
        images=images,
        only_reference=(other & ~one).bit_count(),
        only_candidate=(one & ~other).bit_count(),
    )


def wrong_images(told: Fact, images: int) -> int | None:
    """How many images are told to be wrong; None where it is not told of so many images."""
    bits = _bits(told, images)
    return None if bits is None else bits.bit_count()


def _bits(told: Fact, images: int) -> int | None:
    if not isinstance(told, str) or images < 1:
        return None
    try:
        data = base64.b64decode(told, validate=True)
    except (binascii.Error, ValueError):
        return None
    spare = 8 * len(data) - images
    if not 0 <= spare < 8:
        return None
    number = int.from_bytes(data, "big")
    if number & ((1 << spare) - 1):
        return None
    return number
