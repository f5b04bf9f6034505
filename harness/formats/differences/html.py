"""What differs between two images, as one HTML file that fetches nothing."""

from __future__ import annotations

from harness.check.difference import DifferenceAnswer, DifferencePage
from harness.formats.differences.rows import cut, headline, plural, several, shared, single
from harness.formats.marks import VERDICT_SIGN
from harness.formats.page.anchors import anchor
from harness.formats.page.sheet import written
from harness.model import Verdict

_LOOK = {
    DifferenceAnswer.SAME: Verdict.PASS,
    DifferenceAnswer.ALIKE: Verdict.PASS,
    DifferenceAnswer.DIFFERENT: Verdict.DRIFT,
    DifferenceAnswer.UNTOLD: Verdict.UNVERIFIED,
}
"""An answer is shown in the colours of the verdict closest to it. That images differ is not a
verdict in itself."""


def render(page: DifferencePage) -> str:
    """Render the page as one HTML file."""
    look = _LOOK[page.answer]
    return written(
        "difference.html",
        page=page,
        heading=headline(page),
        look=str(look),
        sign=VERDICT_SIGN[look],
        images=list(zip("AB", page.names, page.digests, page.cost, strict=True)),
        shared=shared(page.shared) if page.shared is not None else "",
        single=[(one.kind, one.first, one.second) for one in single(page)],
        kinds=[_kind(page, kind) for kind in several(page)],
        equal=[plural(kind) for kind in page.equal],
        told=[*page.open, *page.notices],
    )


def _kind(page: DifferencePage, kind: str) -> tuple[str, str, list[tuple[str, str, str]], str]:
    """(anchor, name of the kind, its rows, a text about the rows left out)."""
    rows, more = cut(page, kind)
    told = [(one.what, one.first, one.second) for one in rows]
    return anchor("kind", kind), plural(kind), told, more
