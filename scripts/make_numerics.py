"""The expected results of the operations in probes/numerics.py: values in float64, and error
bounds.

    python scripts/make_numerics.py            writes them at the end of probes/numerics.py
    python scripts/make_numerics.py --check    checks that they stand there, except for the last
                                               digits, which depend on the BLAS used

Each operation is computed here a second time, by numpy in float64, from exactly the inputs that the
probe draws. Each number has a bound on how far an environment's number may differ from it, carried
through every step. A sum of n products is bounded by gamma_n = n u / (1 - n u) times the sum of the
absolute products, whatever the order of summation, where u is the unit roundoff of the type that
accumulates (Higham, Accuracy and Stability of Numerical Algorithms, 2nd edition 2002, lemma 3.1 and
equation 3.5). An operation on single numbers is bounded by the number of units in the last place
that stands beside it (`LIMITS`). The errors of several steps add up, as in his running error
analysis (3.3). Where libraries compute the same thing by different formulas, the larger bound
counts.
"""

from __future__ import annotations

import argparse
import base64
import re
import runpy
import sys
from collections.abc import Callable, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

PROBE = Path(__file__).parent.parent / "probes" / "numerics.py"
ROUNDOFF = {"float16": 2.0**-11, "bfloat16": 2.0**-8, "float32": 2.0**-24, "float64": 2.0**-53}
"""Half a unit in the last place of 1: IEEE 754 types, and bfloat16 with its 8 bits."""
LIMITS = {
    # In units in the last place of the result; for sin, tanh and sigmoid in those of 1, because
    # their formulas are accurate to an absolute error. The rational approximations and Newton steps
    # of ten years' vectorised kernels stay below half of each.
    "divide": 2,
    "sqrt": 4,
    "rsqrt": 4,
    "exp": 4,
    "log": 8,
    "pow": 16,
    "sin": 4,
    "tanh": 8,
    "sigmoid": 8,
    "erf": 8,
}
_WIDTH = 80

Array = NDArray[np.float64]


class Bounded:
    """Numbers, and how far an environment's number may differ from each."""

    def __init__(self, value: Any, error: Any = None) -> None:
        self.value: Array = np.asarray(value, dtype=np.float64)
        self.error: Array = np.zeros_like(self.value) if error is None else np.asarray(error)

    @property
    def largest(self) -> Array:
        """The largest absolute value each may have."""
        return np.abs(self.value) + self.error

    def reshaped(self, *shape: int) -> Bounded:
        return Bounded(self.value.reshape(shape), self.error.reshape(shape))

    def moved(self, move: Callable[[Array], Array]) -> Bounded:
        """The elements rearranged, each with its own bound."""
        return Bounded(move(self.value), move(self.error))


class Arithmetic:
    """Operations in one type; each adds the error of its own rounding."""

    def __init__(self, kind: str) -> None:
        self.u = ROUNDOFF[kind]

    def gamma(self, terms: int) -> float:
        """The largest relative error of `terms` roundings in a row."""
        assert terms * self.u < 1
        return terms * self.u / (1 - terms * self.u)

    def rounded(self, value: Array, error: Array, roundings: float = 1) -> Bounded:
        return Bounded(value, error + roundings * self.u * (np.abs(value) + error))

    def add(self, one: Bounded, other: Bounded) -> Bounded:
        value = one.value + other.value
        return self.rounded(value, one.error + other.error + np.zeros_like(value))

    def subtract(self, one: Bounded, other: Bounded) -> Bounded:
        return self.add(one, Bounded(-other.value, other.error))

    def multiply(self, one: Bounded, other: Bounded) -> Bounded:
        error = (
            np.abs(one.value) * other.error
            + np.abs(other.value) * one.error
            + one.error * other.error
        )
        return self.rounded(one.value * other.value, error)

    def divide(self, one: Bounded, other: Bounded) -> Bounded:
        value = one.value / other.value
        smallest = np.abs(other.value) - other.error
        assert (smallest > 0).all()
        error = (one.error + np.abs(value) * other.error) / smallest
        return self.rounded(value, error, 2 * LIMITS["divide"])

    def sum(self, one: Bounded, axis: int | tuple[int, ...] | None = None) -> Bounded:
        """The sum over axes, in any order."""
        value = np.asarray(one.value.sum(axis=axis))
        terms = one.value.size // value.size
        error = one.error.sum(axis=axis) + self.gamma(terms) * one.largest.sum(axis=axis)
        return Bounded(value, error)

    def dot(self, one: Bounded, other: Bounded, plus: int = 0) -> Bounded:
        """A matrix product; each element is a sum of products, in any order."""
        terms = one.value.shape[-1] + plus
        error = (
            np.abs(one.value) @ other.error
            + one.error @ np.abs(other.value)
            + self.gamma(terms) * (one.largest @ other.largest)
        )
        return Bounded(one.value @ other.value, error)

    def function(
        self,
        name: str,
        of: Bounded,
        compute: Callable[[Array], Array],
        slope: Callable[[Array], Array],
        of_one: bool = False,
    ) -> Bounded:
        """A function of each number; `slope` bounds its derivative around the number."""
        value = compute(of.value)
        scale = np.ones_like(value) if of_one else np.abs(value)
        carried = slope(of.value) * of.error * (1 + 1e-3)
        return Bounded(value, carried + LIMITS[name] * 2 * self.u * (scale + carried))

    def exp(self, of: Bounded) -> Bounded:
        return self.function("exp", of, np.exp, np.exp)

    def log(self, of: Bounded) -> Bounded:
        return self.function("log", of, np.log, lambda x: 1 / x)

    def tanh(self, of: Bounded) -> Bounded:
        return self.function("tanh", of, np.tanh, lambda x: 1 / np.cosh(x) ** 2, of_one=True)

    def sigmoid(self, of: Bounded) -> Bounded:
        def compute(x: Array) -> Array:
            return 1 / (1 + np.exp(-x))

        return self.function(
            "sigmoid", of, compute, lambda x: compute(x) * compute(-x), of_one=True
        )

    def rsqrt(self, of: Bounded) -> Bounded:
        return self.function("rsqrt", of, lambda x: x**-0.5, lambda x: 0.5 * x**-1.5)

    # --- of several steps ---

    def softmax(self, of: Bounded) -> Bounded:
        """Computed as exp(x - max) / sum, or as exp of its logarithm: the bound is the larger of
        the two."""
        shifted = self.subtract(of, of.moved(lambda x: x.max(-1, keepdims=True)))
        grown = self.exp(shifted)
        total = self.sum(grown, axis=-1)
        total = total.reshaped(*total.value.shape, 1)
        one = self.divide(grown, total)
        other = self.exp(self.subtract(shifted, self.log(total)))
        return Bounded(one.value, np.maximum(one.error, other.error))

    def log_softmax(self, of: Bounded) -> Bounded:
        shifted = self.subtract(of, of.moved(lambda x: x.max(-1, keepdims=True)))
        total = self.log(self.sum(self.exp(shifted), axis=-1))
        return self.subtract(shifted, total.reshaped(*total.value.shape, 1))

    def normalised(self, of: Bounded, scale: Bounded, offset: Bounded, *known: Bounded) -> Bounded:
        """(x - mean) / sqrt(variance + 0.001) * scale + offset, over all axes but the last. The
        variance may be computed as the mean of squares minus the square of the mean."""
        epsilon = Bounded(np.array(0.001), np.array(0.001 * self.u))
        count = Bounded(np.array(float(of.value.size // of.value.shape[-1])))
        if known:
            mean, variance = known
        else:
            axes = tuple(range(of.value.ndim - 1))
            mean = self.divide(self.sum(of, axis=axes), count)
            apart = self.subtract(of, mean)
            variance = self.divide(self.sum(self.multiply(apart, apart), axis=axes), count)
            square = self.divide(self.sum(self.multiply(of, of), axis=axes), count)
            other = self.subtract(square, self.multiply(mean, mean))
            variance = Bounded(variance.value, np.maximum(variance.error, other.error))
        factor = self.multiply(self.rsqrt(self.add(variance, epsilon)), scale)
        # The other formula is x * factor + (offset - mean * factor), whose terms are larger.
        one = self.add(self.multiply(self.subtract(of, mean), factor), offset)
        other = self.add(
            self.multiply(of, factor), self.subtract(offset, self.multiply(mean, factor))
        )
        return Bounded(one.value, np.maximum(one.error, other.error))

    def lstm(
        self, inputs: Bounded, hidden: Bounded, state: Bounded, weights: Bounded, biases: Bounded
    ) -> Bounded:
        both = Bounded(np.concatenate([inputs.value, hidden.value], 1))
        gates = self.add(self.dot(both, weights, plus=1), biases)
        quarters = [
            gates.moved(lambda x, at=at: np.split(x, 4, 1)[at])  # type: ignore[misc]
            for at in range(4)
        ]
        enter, new, forget, leave = quarters
        kept = self.multiply(state, self.sigmoid(self.add(forget, Bounded(np.array(1.0)))))
        state = self.add(kept, self.multiply(self.sigmoid(enter), self.tanh(new)))
        out = self.multiply(self.tanh(state), self.sigmoid(leave))
        return Bounded(
            np.concatenate([state.value, out.value], 1), np.concatenate([state.error, out.error], 1)
        )


def _patches(images: Array, kernel: tuple[int, ...], stride: int, same: bool) -> Array:
    """The part of each image under a kernel at each of its positions, as one row each."""
    space = len(kernel)
    padding = [(0, 0)]
    counts = []
    for extent, size in zip(images.shape[1:-1], kernel, strict=True):
        count = -(-extent // stride) if same else -(-(extent - size + 1) // stride)
        missing = max((count - 1) * stride + size - extent, 0) if same else 0
        padding.append((missing // 2, missing - missing // 2))
        counts.append(count)
    padded = np.pad(images, [*padding, (0, 0)])
    windows = np.lib.stride_tricks.sliding_window_view(
        padded, kernel, axis=tuple(range(1, 1 + space))
    )
    chosen = windows[(slice(None), *[slice(None, None, stride)] * space)]
    chosen = chosen[(slice(None), *[slice(0, count) for count in counts])]
    # (image, place..., channel, kernel...) to (image, place..., kernel..., channel)
    return np.ascontiguousarray(np.moveaxis(chosen, 1 + space, -1))


def _convolved(
    a: Arithmetic, images: Bounded, kernel: Bounded, stride: int = 1, same: bool = True
) -> Bounded:
    *extents, channels, outputs = kernel.value.shape
    patches = _patches(images.value, tuple(extents), stride, same)
    rows = patches.reshape(-1, int(np.prod(extents)) * channels)
    flat = a.dot(Bounded(rows), kernel.reshaped(rows.shape[1], outputs))
    return flat.reshaped(*patches.shape[: images.value.ndim - 1], outputs)


def _gradient_kernel(a: Arithmetic, images: Bounded, kernel: Bounded, back: Bounded) -> Bounded:
    patches = _patches(images.value, kernel.value.shape[:2], 1, True)
    rows = patches.reshape(-1, int(np.prod(kernel.value.shape[:3])))
    out = back.reshaped(rows.shape[0], kernel.value.shape[3])
    return a.dot(Bounded(rows.T), out).reshaped(*kernel.value.shape)


def _gradient_images(a: Arithmetic, _: Bounded, kernel: Bounded, back: Bounded) -> Bounded:
    """A convolution of the gradient with the kernel rotated by 180 degrees and its channels
    swapped."""
    turned = np.transpose(kernel.value[::-1, ::-1], (0, 1, 3, 2))
    return _convolved(a, back, Bounded(turned))


def _depthwise(a: Arithmetic, images: Bounded, kernel: Bounded) -> Bounded:
    parts = [
        _convolved(
            a,
            Bounded(images.value[..., at : at + 1]),
            Bounded(kernel.value[:, :, at : at + 1]),
        )
        for at in range(images.value.shape[-1])
    ]
    return Bounded(
        np.concatenate([one.value for one in parts], -1),
        np.concatenate([one.error for one in parts], -1),
    )


def _pooled(images: Bounded) -> Array:
    count, height, width, channels = images.value.shape
    return images.value.reshape(count, height // 2, 2, width // 2, 2, channels)


def _relu(of: Bounded) -> Bounded:
    return Bounded(np.maximum(of.value, 0), of.error)


def _exactly(one: Bounded, other: Bounded) -> Array:
    """A matrix product in exact fractions, rounded once."""
    rows = [[Fraction(float(x)) for x in row] for row in one.value]
    columns = [[Fraction(float(x)) for x in column] for column in other.value.T]
    return np.array(
        [
            [float(sum((x * y for x, y in zip(row, column, strict=True)), Fraction(0)))
             for column in columns]
            for row in rows
        ]
    )  # fmt: skip


def _matmul_float64(a: Arithmetic, x: Bounded, y: Bounded) -> Bounded:
    return Bounded(_exactly(x, y), a.dot(x, y).error)


def _cross_entropy(a: Arithmetic, scores: Bounded, labels: Bounded) -> Bounded:
    total = a.sum(labels, axis=1)
    shares = a.divide(labels, total.reshaped(*total.value.shape, 1))
    told = a.sum(a.multiply(shares, a.log_softmax(scores)), axis=1)
    return Bounded(-told.value, told.error)


def _sparse_gradient(a: Arithmetic, scores: Bounded) -> Bounded:
    one = np.zeros_like(scores.value)
    one[np.arange(4), [0, 3, 9, 5]] = 1
    return a.subtract(a.softmax(scores), Bounded(one))


def _logsumexp(a: Arithmetic, x: Bounded) -> Bounded:
    most = x.moved(lambda v: v.max(1))
    grown = a.exp(a.subtract(x, most.reshaped(*most.value.shape, 1)))
    return a.add(a.log(a.sum(grown, axis=1)), most)


def _prod(a: Arithmetic, x: Bounded) -> Bounded:
    value = x.value.prod(1)
    return Bounded(value, a.gamma(x.value.shape[1]) * np.abs(value))


def _cumsum(a: Arithmetic, x: Bounded) -> Bounded:
    return Bounded(x.value.cumsum(0), a.gamma(x.value.shape[0]) * np.abs(x.value).cumsum(0))


def _segments(a: Arithmetic, x: Bounded) -> Bounded:
    parts = [a.sum(Bounded(x.value[at::7]), axis=0) for at in range(7)]
    return Bounded([one.value for one in parts], [one.error for one in parts])


def _pow(a: Arithmetic, x: Bounded, y: Bounded) -> Bounded:
    value = x.value**y.value
    return Bounded(value, LIMITS["pow"] * 2 * a.u * np.abs(value))


def _erf(x: Array) -> Array:
    from scipy import special

    return np.asarray(special.erf(x))


def _matmul(a: Arithmetic, x: Bounded, y: Bounded) -> Bounded:
    return a.dot(x, y)


def _cast_matmul(a: Arithmetic, x: Bounded, y: Bounded) -> Bounded:
    """A product in a small type, which may also be the type that accumulates; the result is rounded
    to it."""
    return a.dot(x, y, plus=1)


REFERENCE: Mapping[str, Callable[..., Bounded]] = {
    "matmul": _matmul,
    "matmul_long": _matmul,
    "matmul_large": _matmul,
    "matmul_row": _matmul,
    "matmul_column": _matmul,
    "matmul_transposed": lambda a, x, y: a.dot(x.moved(np.transpose), y.moved(np.transpose)),
    "matmul_rank3": _matmul,
    "matmul_rank4": _matmul,
    "matmul_broadcast": _matmul,
    "matmul_gradient": lambda a, x, _, back: a.dot(x.moved(np.transpose), back),
    "matmul_bias_relu": lambda a, x, y, c: _relu(a.add(a.dot(x, y, plus=1), c)),
    "einsum": _matmul,
    "conv2d": _convolved,
    "conv2d_valid": lambda a, x, k: _convolved(a, x, k, same=False),
    "conv2d_strided": lambda a, x, k: _convolved(a, x, k, stride=2),
    "conv2d_pointwise": _convolved,
    "conv2d_large": _convolved,
    "conv2d_bias_relu": lambda a, x, k, c: _relu(a.add(_convolved(a, x, k), c)),
    "conv2d_gradient_images": _gradient_images,
    "conv2d_gradient_kernel": _gradient_kernel,
    "depthwise_conv2d": _depthwise,
    "conv3d": _convolved,
    "max_pool": lambda _, x: Bounded(_pooled(x).max((2, 4))),
    "avg_pool": lambda a, x: a.divide(a.sum(Bounded(_pooled(x)), axis=(2, 4)), Bounded(4.0)),
    "reduce_sum": lambda a, x: a.sum(x),
    "reduce_sum_rows": lambda a, x: a.sum(x, axis=1),
    "reduce_sum_columns": lambda a, x: a.sum(x, axis=0),
    "reduce_mean": lambda a, x: a.divide(a.sum(x, axis=(0, 2)), Bounded(256.0)),
    "reduce_max": lambda _, x: Bounded(x.value.max(1)),
    "reduce_prod": _prod,
    "reduce_logsumexp": _logsumexp,
    "cumsum": _cumsum,
    "segment_sum": _segments,
    "l2_loss": lambda a, x: a.divide(a.sum(a.multiply(x, x)), Bounded(2.0)),
    "softmax": lambda a, x: a.softmax(x),
    "log_softmax": lambda a, x: a.log_softmax(x),
    "softmax_cross_entropy": _cross_entropy,
    "sparse_cross_entropy_gradient": _sparse_gradient,
    "batch_norm_training": lambda a, *x: a.normalised(*x),
    "batch_norm_inference": lambda a, *x: a.normalised(*x),
    "lstm_cell": lambda a, *x: a.lstm(*x),
    "lstm_block_cell": lambda a, *x: a.lstm(*x),
    "multiply_add": lambda a, x, y, z: a.add(a.multiply(x, y), z),
    "divide": lambda a, x, y: a.divide(x, y),
    "sqrt": lambda a, x: a.function("sqrt", x, np.sqrt, lambda v: 0.5 / np.sqrt(v)),
    "rsqrt": lambda a, x: a.rsqrt(x),
    "exp": lambda a, x: a.exp(x),
    "log": lambda a, x: a.log(x),
    "pow": _pow,
    "sin": lambda a, x: a.function("sin", x, np.sin, np.ones_like, of_one=True),
    "tanh": lambda a, x: a.tanh(x),
    "sigmoid": lambda a, x: a.sigmoid(x),
    "erf": lambda a, x: a.function("erf", x, _erf, np.ones_like),
    "matmul_float64": _matmul_float64,
    "matmul_float16": _cast_matmul,
    "reduce_sum_float16": lambda a, x: a.sum(x, axis=1),
    "matmul_bfloat16": _cast_matmul,
    "conv2d_bfloat16": _convolved,
    "matmul_quantised": lambda _, x, y: Bounded(x.value @ y.value),
}
"""The reference computation of each operation of the probe."""


def shipped(values: Bounded, places: tuple[list[int], list[tuple[int, int]]]) -> bytes:
    """The chosen elements and the sums over parts, then their bounds, each rounded up, as stored in
    the probe."""
    flat, errors = values.value.reshape(-1), values.error.reshape(-1)
    # Errors that this float64 arithmetic and the probe's own sums in it may add.
    errors = errors * (1 + 1e-6) + np.where(errors > 0, 4 * 2.0**-53 * np.abs(flat), 0)
    chosen, parts = places
    slack = [
        2.0**-53 * (last - first) * np.abs(flat[first:last]).sum()
        if errors[first:last].any()
        else 0.0
        for first, last in parts
    ]
    told = np.concatenate([flat[chosen], [flat[first:last].sum() for first, last in parts]])
    bounds = np.concatenate(
        [
            errors[chosen],
            [
                errors[first:last].sum() + more
                for (first, last), more in zip(parts, slack, strict=True)
            ],
        ]
    )
    upward = np.where(
        bounds > 0, np.nextafter(bounds.astype("<f4"), np.float32(np.inf)), np.float32(0)
    )
    return told.astype("<f8").tobytes() + upward.astype("<f4").tobytes()


def expected(probe: Mapping[str, Any]) -> dict[str, tuple[int, bytes]]:
    """For each operation: how many elements its output has, and the stored data about it."""
    told = {}
    for operation in probe["OPERATIONS"]:
        arithmetic = Arithmetic("float32" if operation.kind == "int32" else operation.kind)
        inputs = [Bounded(one) for one in probe["inputs_of"](np, operation)]
        values = REFERENCE[operation.name](arithmetic, *inputs)
        size = values.value.size
        told[operation.name] = (size, shipped(values, probe["places"](size)))
    return told


def table(made: Mapping[str, tuple[int, bytes]]) -> str:
    """The source text of EXPECTED."""
    lines = []
    for name, (size, content) in made.items():
        text = base64.b64encode(content).decode("ascii")
        lines.append(f'    "{name}": ({size}, (\n')
        lines += [f'        "{text[at : at + _WIDTH]}"\n' for at in range(0, len(text), _WIDTH)]
        lines.append("    )),\n")
    lines[-1] = "    ))\n"
    return "EXPECTED = {\n" + "".join(lines) + "}\n"


def differences(probe: Mapping[str, Any]) -> list[str]:
    """The operations whose data in the probe differ."""
    there, made = probe["EXPECTED"], expected(probe)
    wrong = sorted({*there} ^ {*made})
    for name in sorted({*there} & {*made}):
        size, text = there[name]
        same = size == made[name][0] and all(
            np.allclose(one, other, rtol=tolerance, atol=1e-15)
            for tolerance, one, other in _numbers(base64.b64decode(text), made[name][1])
        )
        wrong += [] if same else [name]
    return wrong


def _numbers(one: bytes, other: bytes) -> list[tuple[float, Any, Any]]:
    """(relative tolerance, one, other) for values and for bounds; if their numbers differ, a pair
    that never matches."""
    if len(one) != len(other):
        return [(0.0, np.zeros(1), np.ones(1))]
    cut = len(one) // 12 * 8
    return [
        (1e-12, np.frombuffer(one[:cut], "<f8"), np.frombuffer(other[:cut], "<f8")),
        (1e-5, np.frombuffer(one[cut:], "<f4"), np.frombuffer(other[cut:], "<f4")),
    ]


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--check", action="store_true")
    checking = parser.parse_args().check
    probe = runpy.run_path(str(PROBE))
    if checking:
        wrong = differences(probe)
        print(f"other values stand there: {', '.join(wrong)}" if wrong else "as they should be")
        return int(bool(wrong))
    before = PROBE.read_text("ascii")
    text = re.sub(r"^EXPECTED = \{\n.*\Z", "", before, flags=re.DOTALL | re.MULTILINE)
    PROBE.write_text(text + table(expected(probe)), "ascii")
    return 0


if __name__ == "__main__":
    sys.exit(main())
