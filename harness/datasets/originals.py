"""The published data sets: the hashes and shapes of their files, and their mirrors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Original:
    """A published data set: its four uncompressed files, and the servers that have them."""

    name: str
    validation: int
    sha256: Mapping[str, str]
    shapes: Mapping[str, tuple[int, ...]]
    mirrors: tuple[str, ...]
    subset: str = ""
    """The shipped subset that is used if the data set is unavailable; empty if there is none."""
    stand_in: str = ""
    """If there is no subset: the data set of the same shape that is used instead."""


MNIST = Original(
    name="mnist",
    validation=5000,
    sha256={
        "train-images-idx3-ubyte": (
            "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db"
        ),
        "train-labels-idx1-ubyte": (
            "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5"
        ),
        "t10k-images-idx3-ubyte": (
            "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7"
        ),
        "t10k-labels-idx1-ubyte": (
            "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"
        ),
    },
    shapes={
        "train-images-idx3-ubyte": (60000, 28, 28),
        "train-labels-idx1-ubyte": (60000,),
        "t10k-images-idx3-ubyte": (10000, 28, 28),
        "t10k-labels-idx1-ubyte": (10000,),
    },
    mirrors=(
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
        "https://storage.googleapis.com/cvdf-datasets/mnist/",
    ),
    subset="mnist-subset",
)
"""The hashes are of the files that LeCun, Cortes and Burges published; both mirrors serve the same
bytes."""

FASHION_MNIST = Original(
    name="fashion-mnist",
    validation=5000,
    sha256={
        "train-images-idx3-ubyte": (
            "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888"
        ),
        "train-labels-idx1-ubyte": (
            "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9"
        ),
        "t10k-images-idx3-ubyte": (
            "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b"
        ),
        "t10k-labels-idx1-ubyte": (
            "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34"
        ),
    },
    shapes=MNIST.shapes,
    mirrors=("http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",),
    stand_in="mnist",
)
"""The hashes are of the files that Zalando published. The mirror is theirs; its files are
verified."""

ORIGINALS = {original.name: original for original in (MNIST, FASHION_MNIST)}
