"""The random sample for agreement: what is drawn, what it comes to in an image, how it counts."""

from __future__ import annotations

import sys
from collections import Counter
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

sys.path.append(str(Path(__file__).parents[2] / "benchmarks"))

from sample_changes import VARIABLES, Held, Library, change_of, day_of, library_of
from sample_draws import (
    CELLS,
    DAY,
    KINDS,
    LIBRARY,
    SHADOWED,
    VARIABLE,
    Draw,
    draws,
    picked,
    seed_of,
)
from sample_figures import IMAGES, LEAST_FAILING, MOST_DRAWS, enough, figures
from sample_releases import in_turn, other_release, releases, requirements_of

from harness import standard
from harness.distributions.index import IndexFile
from harness.recipes.lockfile import find_lock
from harness.suite.matrix import load_suite

SEED = 0x5EED1234
NUMBER = st.floats(min_value=0, max_value=1, exclude_max=True)
LIBC = "/usr/lib/x86_64-linux-gnu"


def held(site: str, stdcxx: str) -> Held:
    return Held(
        interpreter="/usr/bin/python3.9",
        site=site,
        loaded=(
            Library(path=f"{LIBC}/libstdc++.so.{stdcxx}", names=("libstdc++.so.6",)),
            Library(path=f"{site}/numpy/core/_multiarray.so", owner="numpy"),
        ),
        others=(Library(path=f"{LIBC}/libpam.so.0.85.1", names=("libpam.so.0",)),),
    )


HELD = {
    cell: held(f"/opt/{number}/site-packages", f"6.0.{number}") for number, cell in enumerate(CELLS)
}


def test_a_seed_gives_the_same_draws_and_another_gives_others() -> None:
    first = list(islice(draws(SEED), 40))
    assert first == list(islice(draws(SEED), 40))
    assert first != list(islice(draws(SEED + 1), 40))
    assert 40 == len({one.name for one in first})
    assert first == list(islice(draws(SEED), MOST_DRAWS))[:40]


def test_every_kind_is_drawn_equally_often_and_every_cell_at_some_time() -> None:
    first = list(islice(draws(SEED), 40))
    assert dict.fromkeys(KINDS, 5) == Counter(one.kind for one in first)
    assert set(CELLS) == {one.cell for one in islice(draws(SEED), 80)}
    assert len(CELLS) <= 8


def test_the_cells_are_built_cells_of_the_default_suite_with_a_lock() -> None:
    suite = load_suite(standard.default_suite())
    built = {cell.id for cell in suite.cells if cell.base}
    assert set(CELLS) <= built
    assert all(find_lock(Path(suite.root), cell) for cell in CELLS)


def test_the_seed_is_the_beginning_of_the_commit() -> None:
    assert 0xE395AF40 == seed_of("e395af40" + "0" * 32)
    with pytest.raises(ValueError, match="no whole commit"):
        seed_of("e395af4")


@given(NUMBER, st.integers(1, 50))
def test_a_number_picks_one_of_those_there_are(number: float, count: int) -> None:
    assert picked(number, range(count)) in range(count)


@given(NUMBER)
def test_a_day_lies_between_the_first_and_the_last(number: float) -> None:
    draw = Draw(name="x", cell=CELLS[0], kind=DAY, numbers=(number,))
    assert "2017-06-30" <= day_of(draw, "2017-06-30", "2026-11-20") <= "2026-11-20"


def test_the_first_and_the_last_day_are_both_drawn() -> None:
    ends = [Draw(name="x", cell=CELLS[0], kind=DAY, numbers=(one,)) for one in (0.0, 0.999999)]
    assert ["2020-01-01", "2020-12-31"] == [day_of(one, "2020-01-01", "2020-12-31") for one in ends]


@given(st.sampled_from((*LIBRARY, VARIABLE)), st.sampled_from(CELLS), st.tuples(*[NUMBER] * 5))
def test_whatever_is_drawn_changes_its_own_subject_and_says_so(
    kind: str, cell: str, numbers: tuple[float, ...]
) -> None:
    draw = Draw(name="00-x", cell=cell, kind=kind, numbers=numbers)
    change = change_of(draw, HELD)
    assert change.told
    assert change.lines or change.wheel
    if kind == VARIABLE:
        (line,) = change.lines
        assert line.startswith(f"ENV {change.subject}=")
        assert "{" not in line
    else:
        library = library_of(draw, HELD[cell])
        assert library.path == change.subject
        assert change.wheel or any(
            library.folder in line or library.path in line for line in (*change.lines, change.told)
        )


def test_every_way_of_every_kind_is_drawn_at_some_time() -> None:
    told: dict[str, set[str]] = {}
    for draw in islice(draws(SEED), 4000):
        if draw.kind in (*LIBRARY, VARIABLE):
            told.setdefault(draw.kind, set()).add(change_of(draw, HELD).told)
    assert {name for name, _ in VARIABLES} == {one.split("=")[0] for one in told[VARIABLE]}
    words = {kind: " ".join(sorted(found)) for kind, found in told.items()}
    for kind, ways in (
        ("moved", ("/opt/elsewhere", "/usr/local/lib", "ldconfig was run")),
        ("removed", ("and the links to it",)),
        ("shadowed", ("libstdc++.so.6 of tf", "an empty file", "a text", "a copy of itself")),
        ("patched", ("cut off", "zeros", "machine", "another number", "later libc", "at its end")),
        ("re-installed", ("over itself", "the next", "from its wheel", "replaced by that of tf")),
    ):
        assert all(way in words[kind] for way in ways), (kind, words[kind])


def test_what_is_shadowed_is_asked_for_by_its_name() -> None:
    draw = Draw(name="x", cell=CELLS[0], kind=SHADOWED, numbers=(0.1, 0.99, 0.3, 0.1, 0.0))
    change = change_of(draw, HELD)
    assert "COPY --from={" in change.lines[1]
    assert change.lines[1].endswith(" /opt/first/libstdc++.so.6")
    assert f"{{{CELLS[0]}}}" not in change.lines[1]
    assert "ENV LD_LIBRARY_PATH=/opt/first" == change.lines[2]


def file(filename: str, version: str, yanked: bool = False, python: str = "") -> IndexFile:
    return IndexFile(
        project="numpy",
        filename=filename,
        url="https://files.example/x",
        sha256="0" * 64,
        version=version,
        requires_python=python,
        uploaded="",
        yanked=yanked,
    )


def test_releases_are_those_with_a_wheel_for_the_python() -> None:
    files = [
        file("numpy-1.9.0.tar.gz", "1.9.0"),
        file("numpy-1.16.6-cp27-cp27mu-manylinux1_x86_64.whl", "1.16.6"),
        file("numpy-1.16.6-cp37-cp37m-manylinux1_x86_64.whl", "1.16.6"),
        file("numpy-1.10.4-cp27-cp27m-manylinux1_x86_64.whl", "1.10.4"),
        file("numpy-1.11.3-cp27-cp27mu-manylinux1_x86_64.whl", "1.11.3"),
        file("numpy-1.12.0rc1-cp27-cp27mu-manylinux1_x86_64.whl", "1.12.0rc1"),
        file("numpy-1.13.0-cp27-cp27mu-manylinux1_x86_64.whl", "1.13.0", yanked=True),
        file("numpy-1.14.0-py2.py3-none-any.whl", "1.14.0", python=">=3.5"),
        file("numpy-1.8.0-py2.py3-none-any.whl", "1.8.0"),
        file("numpy-1.17.0-cp27-cp27mu-win_amd64.whl", "1.17.0"),
    ]
    assert ["1.8.0", "1.11.3", "1.16.6"] == list(releases(files, "2.7.18"))
    assert ["1.8.0", "1.14.0", "1.16.6"] == list(releases(files, "3.7.16"))


def test_another_release_is_never_the_one_that_is_there() -> None:
    known = {version: file("x", version) for version in ("1.0", "1.1", "1.2")}
    seen = {
        found[0]
        for number in range(100)
        if (found := other_release(_numbered(number / 100), "1.1.0", known))
    }
    assert {"1.0", "1.2"} == seen
    assert other_release(_numbered(0.5), "1.1", {"1.1": file("x", "1.1")}) is None


def test_the_framework_itself_is_no_requirement_and_others_come_in_turn() -> None:
    lock = find_lock(Path(load_suite(standard.default_suite()).root), "tf2.11.1-py3.9")
    assert lock is not None
    names = requirements_of(lock, "tensorflow")
    assert not {"tensorflow", "tensorflow-cpu"} & {name for name, _ in names}
    assert {"numpy", "protobuf", "keras"} <= {name for name, _ in names}
    turned = in_turn(_numbered(0.5), names)
    assert set(names) == set(turned)
    assert names[len(names) // 2] == turned[0]


def _numbered(number: float) -> Draw:
    return Draw(name="x", cell=CELLS[0], kind="requirement", numbers=(number, number))


def row(number: int, shown: str, answer: str, agrees: bool) -> dict[str, Any]:
    known = {"cell": CELLS[0], "kind": "moved", "change": "x", "why": "", "saw": ""}
    return {"name": f"{number:02}", "shown": shown, "answer": answer, "agrees": agrees, **known}


def sample(fail: int, fail_agree: int, work: int, work_agree: int) -> list[dict[str, Any]]:
    failing = [row(n, "fails", "do not reuse here", n < fail_agree) for n in range(fail)]
    working = [row(50 + n, "works", "reuse", n < work_agree) for n in range(work)]
    return failing + working


def test_failing_and_working_images_are_counted_apart() -> None:
    assert figures(sample(20, 18, 20, 18), 1)["within_limits"]
    assert not figures(sample(20, 18, 20, 18), 2)["within_limits"]
    assert not figures(sample(15, 12, 25, 25), 1)["within_limits"]
    assert not figures(sample(15, 15, 25, 21), 1)["within_limits"]
    told = figures(sample(15, 12, 25, 25), 1)
    assert {"images": 15, "agree": 12, "rate": 0.8} == told["failing"]
    assert 3 == len(told["missed"])
    assert {"moved": {"images": 40, "agree": 37, "fail": 15}} == told["by_kind"]


@pytest.mark.parametrize("shown", ["fails", "works with the change"])
def test_one_that_fails_as_it_is_and_is_called_reuse_is_one_too_many(shown: str) -> None:
    rows = sample(20, 20, 20, 20)
    rows[0] |= {"answer": "reuse", "shown": shown, "agrees": False}
    told = figures(rows, 1)
    assert ["00"] == told["failing_but_called_reuse"]
    assert not told["within_limits"]


def test_draws_go_on_until_enough_were_run_and_enough_of_them_fail() -> None:
    assert IMAGES == 40
    assert not enough(sample(30, 30, 9, 9))
    assert not enough(sample(LEAST_FAILING - 1, 0, 60, 60))
    assert enough(sample(LEAST_FAILING, 0, 25, 0))
    aborted = [{"name": f"a{n}", "aborted": "why"} for n in range(20)]
    assert not enough([*sample(15, 15, 24, 24), *aborted])
    assert enough([*sample(15, 15, 25, 25), *aborted])
    assert 20 == len(figures([*sample(15, 15, 25, 25), *aborted], 1)["aborted"])
    assert enough(sample(0, 0, MOST_DRAWS, 0))
    assert not figures([], 1)["within_limits"]
