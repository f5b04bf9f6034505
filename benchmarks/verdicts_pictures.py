"""The pictures of docs/verdicts.md, from recorded rounds if there are any (needs matplotlib).

matplotlib is not a dependency of the harness: install the dependency group `pictures` of
pyproject.toml.
"""

from __future__ import annotations

import math
import random
import sys
from pathlib import Path

from verdicts_rounds import source

from harness.compare.statistics.family import Family
from harness.compare.statistics.laws import one_sided_critical, power
from harness.compare.statistics.paired import Scale

PICTURES = Path(__file__).resolve().parents[1] / "docs" / "pictures"
DRIFT = 1.10
SHOWN = 24


def rounds() -> None:
    """Each round's ratio of step times: a cell compared with itself, and with one that is
    slower."""
    from matplotlib import pyplot

    told = source()
    chance = random.Random(5)
    same = [math.exp(one[0]) for one in chance.sample(told.pairs, SHOWN)]
    slower = [DRIFT * math.exp(one[0]) for one in chance.sample(told.pairs, SHOWN)]
    figure, axes = pyplot.subplots(figsize=(7, 3.2))
    axes.axhspan(1 / 1.10, 1.10, color="0.93", label="margin, 10 %")
    axes.axhspan(1 / 1.03, 1.03, color="0.85", label="minimum effect, 3 %")
    axes.plot(range(1, SHOWN + 1), same, "o", color="tab:blue", label="a cell against itself")
    axes.plot(range(1, SHOWN + 1), slower, "^", color="tab:red", label="10 % slower")
    axes.set(xlabel="round", ylabel="ratio of step times", yscale="log", title=told.told)
    axes.set_yticks([0.8, 0.9, 1.0, 1.1, 1.2, 1.4], labels=["0.8", "0.9", "1", "1.1", "1.2", "1.4"])
    axes.minorticks_off()
    axes.legend(fontsize=8, ncols=2)
    figure.tight_layout()
    figure.savefig(PICTURES / "rounds.svg", metadata={"Date": None})


def found() -> None:
    """How often one look after n rounds finds a slower cell, at the level of 200 questions."""
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(7, 3.2))
    family = Family(questions=200)
    for slower, style in ((1.05, "-"), (1.10, "--"), (1.20, ":")):
        counts = range(2, 21)
        shares = []
        for count in counts:
            df = 30 + count - 1
            level = family.of_fixed(count).difference_level(count, Scale.RATIO)
            critical = one_sided_critical(level / 2, df)
            shares.append(power(math.log(slower) / (0.03 / math.sqrt(count)), critical, df))
        label = f"{slower - 1:.0%} slower"
        axes.plot(list(counts), [100 * one for one in shares], style, color="tab:blue", label=label)
    axes.set(
        xlabel="rounds",
        ylabel="found, %",
        ylim=(0, 101),
        title="a round's ratio varies by 3 %, on 30 degrees of freedom, 200 questions",
    )
    axes.legend(fontsize=8)
    figure.tight_layout()
    figure.savefig(PICTURES / "power.svg", metadata={"Date": None})


def main() -> int:
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = "harness"
    PICTURES.mkdir(exist_ok=True)
    rounds()
    found()
    print(f"two pictures in {PICTURES}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
