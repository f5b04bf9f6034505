"""The mnist probe's own generator gives the same bits everywhere, and its data are verified.

Needs numpy, and so runs in the first interpreter of this machine that has it.
"""

from __future__ import annotations

import gzip
import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.machine.interpreters import find_interpreters
from tests.guest.conversation import PROBES, SUBSET

pytestmark = pytest.mark.guest

INITIAL_WEIGHTS = "e658ed6fa5b9219ec10930e524c407d56cd735a045d1c4d1d8c5c2126ca3f06e"
"""Seen with numpy 1.16 on 2.7 and 3.6 to numpy 2.5 on 3.13."""

Compute = Callable[[str], object]


@pytest.fixture(scope="module")
def compute() -> Compute:
    """Evaluates an expression over `mnist` (the probe's names) and `numpy`, elsewhere."""
    for one in find_interpreters():
        found = subprocess.run([one.path, "-c", "import numpy"], capture_output=True, check=False)
        if not found.returncode:
            break
    else:
        pytest.skip("no interpreter of this machine has numpy")

    def run(expression: str) -> object:
        code = (
            "import json, numpy, runpy, sys, types\n"
            "mnist = types.SimpleNamespace(**runpy.run_path(sys.argv[1]))\n"
            "print(json.dumps(eval(sys.argv[2])))"
        )
        done = subprocess.run(
            [one.path, "-c", code, str(PROBES / "mnist.py"), expression],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise ValueError(done.stderr.splitlines()[-1])
        value: object = json.loads(done.stdout)
        return value

    return run


def test_initial_weights_are_the_same_bits_everywhere(compute: Compute) -> None:
    assert INITIAL_WEIGHTS == compute("mnist.digest(mnist.initial_weights(numpy))")


def test_round_1_has_the_seed_of_before_rounds_and_every_other_round_one_of_its_own(
    compute: Compute,
) -> None:
    seeds = compute("[mnist.seed_of(number) for number in range(1, 41)]")
    assert isinstance(seeds, list)
    assert 66478 == seeds[0]
    assert 40 == len(set(seeds))
    # A neighbouring seed would be the same stream, moved on by one; 2**53 is where JSON's numbers
    # stop being exact in some readers.
    assert all(abs(one - other) > 2**24 for one in seeds for other in seeds if one is not other)
    assert max(seeds) < 2**53


def test_rounds_start_from_other_weights_and_take_the_images_in_another_order(
    compute: Compute,
) -> None:
    weights = compute(
        "[mnist.digest(mnist.initial_weights(numpy, mnist.seed_of(number))) for number in (1, 2)]"
    )
    orders = compute(
        "[mnist.Order(numpy, 1000, mnist.seed_of(number)).batch(0).tolist() for number in (1, 2)]"
    )
    assert isinstance(weights, list)
    assert isinstance(orders, list)
    assert INITIAL_WEIGHTS == weights[0]
    assert weights[0] != weights[1]
    assert orders[0] != orders[1]


def test_each_test_image_has_one_bit_that_says_whether_it_was_wrong(compute: Compute) -> None:
    told = compute("mnist.bits(numpy, numpy.array([True] + [False] * 8 + [True]))")
    assert "gEA=" == told
    whole = compute("len(mnist.bits(numpy, numpy.zeros(10000, bool)))")
    assert 1668 == whole


def test_it_counts_the_cpus_that_it_may_use(compute: Compute) -> None:
    assert len(os.sched_getaffinity(0)) == compute("mnist.cpus_allowed()")


def test_random_numbers_are_those_of_splitmix64(compute: Compute) -> None:
    """Written out again with the whole numbers of Python."""
    state = (66478 * 0x9E3779B97F4A7C15 + 5 * 0xD1342543DE82EF95) % 2**64
    expected = []
    for _ in range(4):
        state = (state + 0x9E3779B97F4A7C15) % 2**64
        mixed = ((state ^ (state >> 30)) * 0xBF58476D1CE4E5B9) % 2**64
        mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) % 2**64
        expected.append(mixed ^ (mixed >> 31))

    assert expected == compute("mnist.uniform_bits(numpy, 5, 0, 4).tolist()")
    assert expected[2:] == compute("mnist.uniform_bits(numpy, 5, 2, 2).tolist()")


def test_weights_are_normal_and_cut_at_two_deviations(compute: Compute) -> None:
    told = compute(
        "(lambda values: [len(values), values.mean(), values.std(), abs(values).max()])"
        "(mnist.truncated_normal(numpy, 3, 1000000))"
    )
    assert isinstance(told, list)
    size, mean, deviation, largest = told

    assert 1_000_000 == size
    assert abs(mean) < 0.003
    # The deviation of a standard normal cut at two is 0.8796.
    assert 0.8786 < deviation < 0.8806
    assert 1.99 < largest <= 2.0


def test_every_epoch_uses_every_image_once_in_another_order(compute: Compute) -> None:
    batches = compute(
        "(lambda order: [order.batch(step).tolist() for step in range(50)])"
        "(mnist.Order(numpy, 1000))"
    )
    assert isinstance(batches, list)
    assert {64} == {len(batch) for batch in batches}
    flat = [index for batch in batches for index in batch]
    first, second = flat[:1000], flat[1000:2000]
    assert list(range(1000)) == sorted(first) == sorted(second)
    assert first != second


def read(folder: Path) -> str:
    return f"sorted(mnist.read_data(numpy, {str(folder)!r}))"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The shipped subset, to be damaged."""
    return Path(shutil.copytree(SUBSET, tmp_path / "data"))


def test_sound_data_are_read(compute: Compute, copy: Path) -> None:
    assert [
        "digest",
        "name",
        "test_images",
        "test_labels",
        "train_images",
        "train_labels",
        "validation",
    ] == compute(read(copy))


def damage_byte(path: Path) -> None:
    content = bytearray(gzip.decompress(path.read_bytes()))
    content[-1] ^= 1
    path.write_bytes(gzip.compress(content))


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


def cut_checksum(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-8] + b"\0" * 8)


def lengthen(path: Path) -> None:
    path.write_bytes(gzip.compress(gzip.decompress(path.read_bytes()) + b"\0"))


def remove(path: Path) -> None:
    path.unlink()


@pytest.mark.parametrize("damage", [damage_byte, cut, cut_checksum, lengthen, remove])
@pytest.mark.parametrize("name", ["t10k-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz"])
def test_nothing_is_trained_on_damaged_data(
    compute: Compute, copy: Path, damage: Callable[[Path], None], name: str
) -> None:
    damage(copy / name)

    with pytest.raises(ValueError, match=name + r"|CRC|[Cc]ompressed|end-of-stream"):
        compute(read(copy))
