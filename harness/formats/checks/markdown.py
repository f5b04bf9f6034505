"""The page of a check in Markdown, for a CI job summary or an issue."""

from __future__ import annotations

from collections.abc import Iterator

from harness.check.page import CheckPage
from harness.check.reasons import Reason
from harness.formats.checks.terminal import SIGN, headline
from harness.text import code, inert_in_ci, markdown


def render(page: CheckPage) -> str:
    """Render the page as Markdown with every part escaped."""
    return inert_in_ci("\n\n".join(_parts(page)) + "\n")


def _parts(page: CheckPage) -> Iterator[str]:
    yield f"# {markdown(page.name, 300)}: {page.answer}"
    if page.purpose:
        yield markdown(page.purpose)
    if page.because:
        yield markdown(page.because, 400)
    if page.digest:
        yield code(page.digest)
    if page.promises:
        rows = ["| | the tag promises | the image says |", "| --- | --- | --- |"]
        rows += [f"| {' | '.join(markdown(one) or '-' for one in row)} |" for row in page.promises]
        yield "\n".join(rows)
    for weight in dict.fromkeys(reason.weight for reason in page.reasons):
        yield f"## {headline(weight)}"
        yield "\n".join(_reason(one) for one in page.reasons if one.weight is weight)
    if page.host:
        yield "## The host"
        yield "\n".join(f"- {name}: {markdown(value)}" for name, value in page.host)
    for title, told in (("It was run here", page.measured), ("Instead", page.instead)):
        if told:
            yield f"## {title}"
            yield "\n".join(f"- {name}: {markdown(value)}" for name, value in told)
    if page.unlooked:
        yield "## Not looked at"
        yield "\n".join(f"- {markdown(one)}" for one in page.unlooked)
    if page.run:
        yield "## Run it"
        yield code(page.run, 600)
    if page.notices:
        yield "\n".join(f"- {markdown(notice)}" for notice in page.notices)
    cost = f"{page.cost}. " if page.cost else ""
    yield f"{cost}Exit status {int(page.exit)}."


def _reason(reason: Reason) -> str:
    lines = [f"- {SIGN[reason.weight]} {markdown(reason.title)}"]
    lines += [f"  - {markdown(one)}" for one in reason.evidence]
    if reason.remedy:
        lines.append(f"  - remedy: {markdown(reason.remedy)}")
    if reason.standing is not None:
        seen = f": {markdown(reason.seen)}" if reason.seen else ""
        lines.append(f"  - run: {reason.standing}{seen}")
    known = f"; {code(f'harness explain {reason.explain}')}" if reason.explain else ""
    source = f"; source: {markdown(reason.source)}" if reason.source else ""
    lines.append(f"  - {reason.confidence}{source}{known}")
    return "\n".join(lines)
