"""The result of a sample for agreement. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

FAILS = "fails"
NOT_RUN = "not run"
IMAGES = 40
LEAST_FAILING = 15
MOST_DRAWS = 80
"""The largest number of draws, however few images fail."""
LIMITS = {1: 0.88, 2: 0.92}
"""For each sample, the share that must agree, both of the images that fail and of those that
work."""
_AS_IT_IS = ("works", "works on the CPU")


def measured(rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The rows of images that could be made and were run."""
    return [row for row in rows if "aborted" not in row and row["shown"] != NOT_RUN]


def enough(rows: Sequence[Mapping[str, Any]]) -> bool:
    """Whether the sample is complete: it has the required number of images, and enough of them
    fail."""
    run = measured(rows)
    failing = sum(row["shown"] == FAILS for row in run)
    return len(rows) >= MOST_DRAWS or (len(run) >= IMAGES and failing >= LEAST_FAILING)


def figures(rows: Sequence[Mapping[str, Any]], sample: int) -> dict[str, Any]:
    """The figures of a sample, without its rows."""
    run = measured(rows)
    fail = [row for row in run if row["shown"] == FAILS]
    work = [row for row in run if row["shown"] != FAILS]
    wrong = [
        row["name"] for row in run if row["answer"] == "reuse" and row["shown"] not in _AS_IT_IS
    ]
    limit = LIMITS[sample]
    held = all(_rate(group) >= limit for group in (fail, work)) and not wrong
    return {
        "complete": enough(rows),
        "draws": len(rows),
        "aborted": [row["name"] for row in rows if "aborted" in row],
        "not_run": [row["name"] for row in rows if row.get("shown") == NOT_RUN],
        "images": len(run),
        "limit": limit,
        "failing": _group(fail),
        "working": _group(work),
        "failing_but_called_reuse": wrong,
        "within_limits": enough(rows) and held,
        "missed": [_missed(row) for row in run if not row["agrees"]],
        "by_kind": _by_kind(run),
    }


def _rate(rows: Sequence[Mapping[str, Any]]) -> float:
    return sum(bool(row["agrees"]) for row in rows) / len(rows) if rows else 0.0


def _group(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    agree = sum(bool(row["agrees"]) for row in rows)
    return {"images": len(rows), "agree": agree, "rate": round(_rate(rows), 4)}


def _missed(row: Mapping[str, Any]) -> dict[str, Any]:
    keys = ("name", "cell", "change", "answer", "why", "shown", "saw")
    return {key: row[key] for key in keys}


def _by_kind(rows: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, int]]:
    every = Counter(row["kind"] for row in rows)
    agree = Counter(row["kind"] for row in rows if row["agrees"])
    fail = Counter(row["kind"] for row in rows if row["shown"] == FAILS)
    return {
        kind: {"images": every[kind], "agree": agree[kind], "fail": fail[kind]}
        for kind in sorted(every)
    }
