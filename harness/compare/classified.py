"""Compares two trained models on the same test images: how many they classify differently, and
which is right.

This is about two trained models, never about two environments: the randomness of training is not
included. Two seeds in one image were found to differ "significantly" in 38 % of pairs.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass

from harness.model import Fact

WRONG_IMAGES = "wrong_test_images"
"""The fact beside the accuracy that says which test images were classified wrongly: Base64, one bit
for each image, starting with the highest bit of the first byte."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Classified:
    """How two models did on the same images."""

    images: int
    only_reference: int
    """How many images only the reference's model got right."""
    only_candidate: int

    @property
    def discordant(self) -> int:
        """How many images exactly one of the two got right."""
        return self.only_reference + self.only_candidate

    @property
    def alike(self) -> int:
        """How many images both got right, or both got wrong."""
        return self.images - self.discordant

    @property
    def floor(self) -> float:
        """The variance of the difference of two accuracies that is due to the choice of test
        images; for models that differ on no image, that of one image."""
        return max(self.discordant, 1) / self.images**2

    @property
    def mcnemar_p(self) -> float:
        """The probability that two equally good models split the discordant images at least so
        unevenly (McNemar's exact test: the binomial test with 1/2)."""
        if not self.discordant:
            return 1.0
        from scipy import stats

        return float(stats.binomtest(self.only_reference, self.discordant).pvalue)

    @property
    def told(self) -> str:
        """The result in plain words."""
        text = f"{self.alike:,} of {self.images:,} images classified alike"
        if not self.discordant:
            return text
        return (
            f"{text}; of the {self.discordant:,} others {self.only_candidate:,} to "
            f"{self.only_reference:,}"
        )


def classified(reference: Fact, candidate: Fact, images: int) -> Classified | None:
    """Compare which of so many images two models got wrong. None where one of them does not say, or
    refers to another number of images."""
    one, other = _bits(reference, images), _bits(candidate, images)
    if one is None or other is None:
        return None
    return Classified(
        images=images,
        only_reference=(other & ~one).bit_count(),
        only_candidate=(one & ~other).bit_count(),
    )


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
