#!/usr/bin/env python3
"""Make the shipped subset from full MNIST: 600 training and 100 test images of each digit.

    python scripts/make_subset.py FOLDER_WITH_FULL_MNIST [harness/datasets/mnist-subset]

Of each digit, evenly spaced images are taken in their original order, so that both early and late
writers are included. The same input gives the same uncompressed bytes on any machine.
"""

from __future__ import annotations

import struct
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from harness.datasets.dataset import read_folder, write_dataset
from harness.datasets.idx import read_idx
from harness.datasets.originals import MNIST

_PER_DIGIT = {"train": 600, "t10k": 100}
_VALIDATION = 500


def balanced(labels: memoryview, per_digit: int) -> list[int]:
    """Indices of `per_digit` evenly spaced images of each digit, ascending."""
    chosen: list[int] = []
    for digit in range(10):
        places = [index for index, label in enumerate(labels) if label == digit]
        chosen += [places[number * len(places) // per_digit] for number in range(per_digit)]
    return sorted(chosen)


def subset(files: dict[str, bytes]) -> dict[str, bytes]:
    made = {}
    for part, per_digit in _PER_DIGIT.items():
        images = read_idx(files[f"{part}-images-idx3-ubyte"])
        labels = read_idx(files[f"{part}-labels-idx1-ubyte"])
        chosen = balanced(labels.values, per_digit)
        _, rows, columns = images.shape
        size = rows * columns
        made[f"{part}-images-idx3-ubyte"] = struct.pack(
            ">IIII", 0x0803, len(chosen), rows, columns
        ) + b"".join(bytes(images.values[at * size : (at + 1) * size]) for at in chosen)
        made[f"{part}-labels-idx1-ubyte"] = struct.pack(">II", 0x0801, len(chosen)) + bytes(
            labels.values[at] for at in chosen
        )
    return made


def main() -> int:
    if len(sys.argv) not in (2, 3):
        print(__doc__, file=sys.stderr)
        return 2
    here = Path(__file__).resolve().parent.parent
    target = Path(sys.argv[2]) if len(sys.argv) == 3 else here / "harness/datasets/mnist-subset"
    files = subset(read_folder(MNIST, Path(sys.argv[1])))
    write_dataset("mnist-subset", _VALIDATION, files, target, level=9)
    return 0


if __name__ == "__main__":
    sys.exit(main())
