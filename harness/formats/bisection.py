"""The answer of a command that searches for the first bad day."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from harness.formats.answers import Reply
from harness.moments import is_day, worded
from harness.nights.bisected import Bisection, BisectionEnd, DayStanding, Moved, TriedMoment

_ALONG = 12
"""How many of the distributions that changed on the same day the text lists."""


def step_line(tried: TriedMoment) -> str:
    """One line for one moment that was tried."""
    count = f"{len(tried.lock.distributions)} distributions" if tried.lock else "nothing fits"
    how = f"the same {count} as of {worded(tried.same_as)}" if tried.same_as else count
    run = f", run {tried.run}" if tried.run and not tried.same_as else ""
    return f"{worded(tried.as_of)}: {tried.standing}, {how}{run}: {tried.why}"


def answer_of(found: Bisection) -> Reply:
    """The whole answer, as text and for programs."""
    rows = [
        (
            worded(one.as_of),
            str(one.standing),
            f"as of {worded(one.same_as)}" if one.same_as else one.run or "not built",
            one.why,
        )
        for one in found.tried
    ]
    lines = [headline(found), "", *_explained(found), "", "What was tried, in the order of time:"]
    lines += [f"  {step_line(one)}" for one in found.tried]
    return Reply(
        text="\n".join(lines) + "\n",
        tree=_tree(found),
        columns=("as of", "standing", "run", "why"),
        rows=rows,
    )


def headline(found: Bisection) -> str:
    """The result of the search in one sentence."""
    good, bad = worded(found.good.as_of), worded(found.bad.as_of)
    if found.end is BisectionEnd.FOUND:
        return f"{found.cell} was broken by {_named(found.suspects)}"
    if found.end is BisectionEnd.AMONG:
        return f"{found.cell} was broken between {good} and {bad}, by one of: " + _named(
            found.suspects
        )
    if found.end is BisectionEnd.GOOD_IS_BAD:
        return f"not reproducible: {found.cell} is bad as of {good}, too"
    if found.end is BisectionEnd.BAD_IS_GOOD:
        return f"not reproducible: {found.cell} is good as of {bad}, too"
    if found.end is BisectionEnd.SAME:
        return (
            f"not reproducible: {found.cell} installs the same as of {good} and as of {bad}, so "
            "no upload between them broke it"
        )
    untold = found.good if found.good.standing is DayStanding.SKIPPED else found.bad
    return f"could not determine whether {found.cell} is good as of {worded(untold.as_of)}"


def _named(moved: Sequence[Moved]) -> str:
    return "; ".join(_upload(one) for one in moved) or "no known upload"


def _upload(one: Moved) -> str:
    if not one.after:
        return f"{one.name} {one.before}, which is no longer installed"
    told = f"{one.name} {one.after}"
    return f"{told}, uploaded {worded(one.uploaded)}" if one.uploaded else told


def _explained(found: Bisection) -> Iterator[str]:
    yield from (f"looked for: {each}" for each in found.looked_for)
    if found.end in (BisectionEnd.FOUND, BisectionEnd.AMONG):
        yield f"last good: {worded(found.good.as_of)} (run {found.good.run})"
        yield f"first bad: {worded(found.bad.as_of)} (run {found.bad.run})"
        for one in found.suspects:
            yield f"it replaced: {_replaced(one)}"
        if found.along:
            told = ", ".join(_replaced(one) for one in found.along[:_ALONG])
            more = len(found.along) - _ALONG
            yield f"changed with it: {told}" + (f" and {more} more" if more > 0 else "")
        for each in found.skipped:
            yield f"could not be judged: {worded(each.as_of)}: {each.why}"
        yield f"{found.built} environments were built for {len(found.tried)} moments"
        yield f"see it: harness report {found.bad.run}; keep it out: {_kept_out(found)}"


def _replaced(one: Moved) -> str:
    return f"{one.name} {one.before or 'absent'} -> {one.after or 'absent'}"


def _kept_out(found: Bisection) -> str:
    rules = [f'"{one.name}!={one.after}"' for one in found.suspects if one.after]
    last = found.good.as_of if is_day(found.good.as_of) else ""
    day = f", or `as-of: {last}`" if last else ""
    return f"`constraints: [{', '.join(rules)}]`{day}, then `harness lock --cell {found.cell}`"


def _tree(found: Bisection) -> dict[str, object]:
    return {
        "cell": found.cell,
        "end": str(found.end),
        "said": headline(found),
        "looked_for": list(found.looked_for),
        "good": found.good.as_of,
        "bad": found.bad.as_of,
        "suspects": [_moved_tree(one) for one in found.suspects],
        "came_along": [_moved_tree(one) for one in found.along],
        "built": found.built,
        "tried": [
            {
                "as_of": one.as_of,
                "standing": str(one.standing),
                "why": one.why,
                "run": one.run,
                "same_as": one.same_as,
                "distributions": len(one.lock.distributions) if one.lock else 0,
            }
            for one in found.tried
        ],
    }


def _moved_tree(one: Moved) -> dict[str, object]:
    return {
        "name": one.name,
        "before": one.before,
        "after": one.after,
        "file": one.filename,
        "uploaded": one.uploaded,
    }
