"""What differs between two images, in Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from harness.check.difference import DifferencePage
from harness.formats.differences.rows import cut, headline, plural, several, shared, single
from harness.text import code, inert_in_ci, markdown


def render(page: DifferencePage) -> str:
    """Render the page as Markdown with every part escaped."""
    return inert_in_ci("\n\n".join(_parts(page)) + "\n")


def _parts(page: DifferencePage) -> Iterator[str]:
    yield f"# {markdown(headline(page), 400)}"
    named = zip("AB", page.names, page.digests, page.cost, strict=True)
    yield "\n".join(_image(*one) for one in named)
    if page.shared is not None:
        yield shared(page.shared)
    if rows := single(page):
        yield _table((one.kind, one.first, one.second) for one in rows)
    for kind in several(page):
        shown, more = cut(page, kind)
        yield f"## {plural(kind)}"
        yield _table((one.what, one.first, one.second) for one in shown)
        if more:
            yield more
    if page.equal:
        yield f"The same in both: {', '.join(plural(kind) for kind in page.equal)}."
    told = [*page.open, *page.notices]
    if told:
        yield "\n".join(f"- {markdown(one)}" for one in told)
    yield f"Exit status {int(page.exit)}."


def _image(label: str, name: str, digest: str, cost: str) -> str:
    shown = f" {code(digest)}" if digest else ""
    return f"- {label}: {markdown(name, 300)}{shown}; {markdown(cost)}"


def _table(rows: Iterable[tuple[str, str, str]]) -> str:
    lines = ["| | A | B |", "| --- | --- | --- |"]
    lines += [f"| {' | '.join(markdown(one) or '-' for one in row)} |" for row in rows]
    return "\n".join(lines)
