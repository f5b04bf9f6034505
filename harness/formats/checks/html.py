"""The page of a check as HTML: the answer first, then the reasons, then what they rest on."""

from __future__ import annotations

from harness.check.page import CheckPage
from harness.check.reasons import ReuseAnswer, Weight
from harness.formats.checks.terminal import SIGN, headline
from harness.formats.page.anchors import numbered
from harness.formats.page.sheet import written

_LOOK = {
    Weight.BLOCKS: "fail",
    Weight.UNTOLD: "unverified",
    Weight.CPU: "fail",
    Weight.CHANGE: "drift",
    Weight.NOTE: "note",
    Weight.FINE: "pass",
    Weight.REFUTED: "note",
}
"""A weight is shown in the colours of the verdict closest to it."""
_ANSWER = {
    ReuseAnswer.REUSE: Weight.FINE,
    ReuseAnswer.CPU: Weight.CPU,
    ReuseAnswer.CHANGES: Weight.CHANGE,
    ReuseAnswer.NOT: Weight.BLOCKS,
    ReuseAnswer.UNTOLD: Weight.UNTOLD,
}


def render(page: CheckPage) -> str:
    """Render the page as one HTML file that fetches nothing."""
    weight = _ANSWER[page.answer]
    names = numbered("reason", (one.explain or one.title for one in page.reasons))
    named = list(zip(page.reasons, names, strict=True))
    assumed = any(name == "assumed" for name, _ in page.host)
    return written(
        "check.html",
        page=page,
        look=_LOOK[weight],
        sign=SIGN[weight],
        groups=[
            (
                one,
                headline(one),
                _LOOK[one],
                SIGN[one],
                [each for each in named if each[0].weight is one],
            )
            for one in dict.fromkeys(reason.weight for reason in page.reasons)
        ],
        host="The host" if assumed else "This host",
        lists=[
            (title, told)
            for title, told in (("It was run here", page.measured), ("Instead", page.instead))
            if told
        ],
    )
