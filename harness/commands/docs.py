"""`harness docs`: where the documentation is on this machine, and its pages as text."""

from __future__ import annotations

from pathlib import Path

from harness import PROJECT_URL
from harness.errors import UsageError
from harness.formats.answers import Reply
from harness.standard import folder
from harness.text import name_remedy


def docs(page: str = "") -> Reply:
    """The folder of the documentation with its list of pages, or one page as it is written.

    `page` is the name of a page as in the list, with or without `.md`. Raises UsageError if there
    is no such page, or if the installation has no documentation.
    """
    lies = folder("docs")
    pages = {path.relative_to(lies).with_suffix("").as_posix(): path for path in _pages(lies)}
    if not pages:
        raise UsageError(f"there is no documentation in {lies}", remedy="install the harness again")
    if not page:
        titles = {name: _title(path) for name, path in pages.items()}
        width = max(map(len, titles))
        listed = "".join(f"  {name:{width}}  {title}\n" for name, title in titles.items())
        return Reply(
            text=f"{lies}\n{listed}harness docs PAGE prints one. On the web: {PROJECT_URL}\n",
            tree={
                "folder": str(lies),
                "url": PROJECT_URL,
                "pages": [{"name": name, "title": title} for name, title in titles.items()],
            },
            columns=("page", "title"),
            rows=tuple(titles.items()),
        )
    found = pages.get(page.removesuffix(".md"))
    if found is None:
        raise UsageError(
            f"the documentation has no page {page[:80]!r}",
            remedy=name_remedy(page, list(pages), what="there are"),
        )
    text = found.read_text(encoding="utf-8")
    return Reply(text=text, tree={"page": page, "path": str(found), "text": text})


def _pages(lies: Path) -> list[Path]:
    """Every page, those directly in the folder first. Decisions are left out: they are for
    maintainers."""
    found = [path for path in lies.rglob("*.md") if path.parent.name != "decisions"]
    return sorted(found, key=lambda path: (path.parent != lies, path))


def _title(path: Path) -> str:
    with path.open(encoding="utf-8") as file:
        return file.readline().removeprefix("#").strip()
