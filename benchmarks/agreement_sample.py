"""How often `harness check --static` agrees with what running the image shows, on a random sample.

Needs Docker, a package index and time: about a minute for each image, and more to build the cells.
Each image is a built cell of the default suite with one change (`sample_draws`): what pip resolves
on a random day, one requirement moved to a random release, one library moved, removed, shadowed,
patched or re-installed, or one variable. The seed is the first eight hexadecimal digits of the
commit that is measured, so that nobody chooses it; git's digests of the measured trees are kept
beside it, since they stay the same if commits are rewritten. A cell's Python is put on the PATH
first. Each image is judged from its layers, then run (20 steps of training), and removed. An answer
agrees as tests/real/agreement.py defines it; *cannot tell* never does. Drawing stops when 40 images
were run, of which at least 15 fail. All draws are kept, including those that could not be made.
Limits: 88 % agreement (92 % in the second sample), separately among the images that fail and those
that work; and no image that fails as it is may be called `reuse`. Rows are kept by name: a second
start continues where the first ended, at the same commit.

    python benchmarks/agreement_sample.py --sample 1 --date 2026-11-29

Two processes, with `--share 1/2` and `--share 2/2`, take every second draw each.
"""

from __future__ import annotations

import argparse
import fcntl
import io
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from results_file import RESULTS, arguments, write_result
from sample_draws import CELLS, DAY, Draw, draws, seed_of
from sample_figures import IMAGES, LIMITS, enough, figures, measured

sys.path.append(str(Path(__file__).resolve().parents[1]))

from sample_images import NAME, Aborted, Maker, maker

from harness.commands.check import CheckRequest, look_at
from harness.commands.measure import try_image
from harness.errors import Exit
from harness.model import Cell
from harness.running.progress import progress_for
from tests.real.agreement import STEPS, by_rule, row_of, suite

ROOT = Path(__file__).resolve().parents[1]
MEASURED = ("harness", "probes", "dockerfiles", "matrix.yaml")
"""What a sample depends on: it must be of one commit from the first row to the last."""
BRIEF = Cell(
    id="brief",
    settings=(
        ("mnist", (("steps", STEPS),)),
        ("keras", (("recurrent", False), ("steps", STEPS), ("symbolic", 100))),
    ),
)


def git(*words: str) -> str:
    """The output of a git command in this repository. Raises SystemExit if it fails."""
    done = subprocess.run(("git", *words), cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"git {' '.join(words)}: {done.stderr.strip()}")
    return done.stdout.strip()


def commit_of(kept: dict[str, Any]) -> str:
    """The commit that is measured: that of the existing rows, or else the present one. Raises
    SystemExit if the measured files differ from it."""
    commit = str(kept.get("commit") or git("rev-parse", "HEAD"))
    if changed := git("status", "--porcelain", "--", *MEASURED):
        raise SystemExit(f"not committed, so there is no commit to measure:\n{changed}")
    if git("diff", "--name-only", commit, "HEAD", "--", *MEASURED):
        raise SystemExit(f"the sample was begun at {commit}: check that out to go on with it")
    return commit


def row(made_by: Maker, draw: Draw) -> dict[str, Any]:
    """Make an image, get the answer, run the image, and remove it."""
    began = time.monotonic()
    drawn = {"name": draw.name, "cell": draw.cell, "kind": draw.kind, "numbers": draw.numbers}
    try:
        made = made_by.make(draw)
    except Aborted as why:
        return {**drawn, "aborted": str(why)}
    try:
        request = CheckRequest(image=made.image, static=True, engine="docker")
        page, subject, host, reasons = look_at(request)
        trial = try_image(
            subject,
            host,
            reasons,
            progress_for(io.StringIO()),
            engine="docker",
            suite=suite(),
            settings=BRIEF,
        )
    finally:
        made_by.forget(made)
    if trial.status is not Exit.OK:
        raise SystemExit(f"{draw.name} was not run to its end: {trial.status.name}")
    told = row_of(draw.name, page, reasons, trial, host).as_dict()
    weighty = [f"{one.weight}: {one.title}" for one in page.reasons if one.weight in DECIDE]
    return {
        **drawn,
        "change": made.told,
        "lines": made.lines,
        **told,
        "reasons": weighty[:6],
        "seconds": round(time.monotonic() - began),
    }


DECIDE = ("blocks", "untold", "cpu", "change")


def main() -> int:
    parser = arguments(__doc__)
    parser.add_argument("--sample", type=int, choices=sorted(LIMITS), required=True)
    parser.add_argument(
        "--share",
        type=share,
        default=(1, 1),
        metavar="I/N",
        help="take every N-th draw, from the I-th",
    )
    parser.add_argument("--minutes", type=float, default=600, help="begin no image after these")
    parser.add_argument(
        "--rehearse", metavar="COMMIT", help="make one image of each kind and answer nothing"
    )
    asked = parser.parse_args()
    name = f"agreement_sample_{asked.sample}"
    number, count = asked.share
    kept = rows_of(name)
    rows = {one["name"]: one for one in kept.get("rows", ())}
    os.environ["HARNESS_DOWNLOAD"] = "0"
    with tempfile.TemporaryDirectory() as folder:
        for place in ("STORE", "REPORTS"):
            os.environ[f"HARNESS_{place}"] = f"{folder}/{place.lower()}"
        with maker(say_line, f"{NAME}-{number}") as made_by:
            if asked.rehearse:
                return rehearse(made_by, seed_of(asked.rehearse))
            commit = commit_of(kept)
            ends = time.monotonic() + asked.minutes * 60
            made_by.prepare(CELLS)
            for place, draw in enumerate(in_order(seed_of(commit))):
                if draw.name in rows or place % count != number - 1:
                    continue
                if enough(list(rows.values())) or time.monotonic() > ends:
                    break
                found = row(made_by, draw)
                rows = add(name, asked, commit, found)
                say(found)
    return report(name, asked.sample, list(rows.values()))


def share(text: str) -> tuple[int, int]:
    """The two numbers of `--share`."""
    number, _, count = text.partition("/")
    if not 1 <= int(number) <= int(count):
        raise argparse.ArgumentTypeError(f"{text} is no share: 1/2, 2/2")
    return int(number), int(count)


def say_line(line: str) -> None:
    print(f"  {line}", file=sys.stderr, flush=True)


def rows_of(name: str) -> dict[str, Any]:
    """The results so far; empty if there are none."""
    path = RESULTS / f"{name}.json"
    return json.loads(path.read_text("utf-8")) if path.exists() else {}


def add(name: str, asked: Any, commit: str, found: dict[str, Any]) -> dict[str, Any]:
    """Add a row to the results, which processes with other shares write as well; return all rows by
    name."""
    with (Path(tempfile.gettempdir()) / f"{name}.lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        rows = {one["name"]: one for one in rows_of(name).get("rows", ())} | {found["name"]: found}
        write(name, asked, commit, rows)
    return rows


def in_order(seed: int) -> Iterator[Draw]:
    """The draws in the order of their execution: among those that are needed in any case, the ones
    that must be resolved and built come last. The order does not change what is drawn, or how
    many."""
    every = draws(seed)
    yield from sorted(islice(every, IMAGES), key=lambda draw: draw.kind == DAY)
    yield from every


def rehearse(made_by: Maker, seed: int) -> int:
    """Make the first images of each kind and remove them, as a trial."""
    made_by.prepare(CELLS)
    for draw, _ in zip(draws(seed), range(16), strict=False):
        began = time.monotonic()
        try:
            made = made_by.make(draw)
        except Aborted as why:
            print(f"ABORTED {draw.name} {draw.cell}: {why}", flush=True)
            continue
        print(
            f"{draw.name} {draw.cell}: {made.told} ({time.monotonic() - began:.0f} s)", flush=True
        )
        made_by.forget(made)
    return 0


def say(found: dict[str, Any]) -> None:
    """Print one line about the result of a draw."""
    if "aborted" in found:
        print(f"ABORTED {found['name']}: {found['aborted'].splitlines()[0]}", flush=True)
        return
    mark = "agrees " if found["agrees"] else "DIFFERS"
    print(
        f"{mark} {found['name']} {found['cell']}: {found['change']}: {found['answer']}; "
        f"{found['shown']} ({found['saw']}) {found['seconds']} s",
        flush=True,
    )


def write(name: str, asked: Any, commit: str, rows: dict[str, Any]) -> None:
    """Write the results so far."""
    every = [rows[key] for key in sorted(rows)]
    told = figures(every, asked.sample)
    run = measured(every)
    seed = f"{seed_of(commit):08x}"
    write_result(
        name,
        asked.date,
        {
            "commit": commit,
            "trees": {path: git("rev-parse", f"{commit}:{path}") for path in MEASURED},
            "seed": seed,
            **told,
            "rules": by_rule(run),
            "rows": every,
        },
    )


def report(name: str, sample: int, rows: list[dict[str, Any]]) -> int:
    """Print the result; returns the exit status."""
    told = figures(rows, sample)
    fail, work = told["failing"], told["working"]
    for one in told["missed"]:
        print(
            f"missed {one['name']} ({one['cell']}): {one['change']}: {one['answer']}, and "
            f"{one['shown']}: {one['saw']}"
        )
    print(
        f"{told['draws']} draws, {len(told['aborted'])} aborted; of {fail['images']} that fail "
        f"{fail['agree']} agree ({fail['rate']:.1%}), of {work['images']} that work "
        f"{work['agree']} ({work['rate']:.1%}), limit {told['limit']:.0%} each; "
        f"{len(told['failing_but_called_reuse'])} that fail are called reuse (limit none); "
        f"{'complete' if told['complete'] else 'INCOMPLETE'}; "
        f"{'within' if told['within_limits'] else 'NOT within'} the limits; {name}.json"
    )
    return 0 if told["within_limits"] else 1


if __name__ == "__main__":
    sys.exit(main())
