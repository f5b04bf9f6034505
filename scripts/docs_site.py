"""The hook of mkdocs.yml: what the site of docs/ has that the folder alone has not.

- Its address, and that of the repository: PROJECT_URL of the package.
- Pages of the repository's root (PAGES_OF_THE_ROOT), and a list of all decisions.
- Patterns in the navigation: `NAME/*.md` is every page that fits and is not listed beside it, in
  order; `NAME.md*` one page, where it is there. A section that would be empty is left out.
- Links that lead out of docs/ lead to the repository, so that one text serves both.

MkDocs calls what is named on_... here: https://www.mkdocs.org/user-guide/configuration/#hooks
"""

from __future__ import annotations

import posixpath
import re
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files
    from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parents[1]
PAGES_OF_THE_ROOT = {
    "CHANGELOG.md": "project/changelog.md",
    "CONTRIBUTING.md": "project/contributing.md",
    "SECURITY.md": "project/security.md",
}
DECISIONS = "decisions/index.md"
_LINK = re.compile(r"(\]\()([^)#\s:]+)((?:#[^)\s]*)?\))")
_FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)


def project_url() -> str:
    """The address of the repository, read where the package has it, without importing it."""
    text = (ROOT / "harness" / "__init__.py").read_text("utf-8")
    (found,) = re.findall(r'^PROJECT_URL = "(.*)"$', text, re.MULTILINE)
    return found


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Give the site its addresses, and the navigation the pages that its patterns stand for."""
    config.repo_url = project_url()
    config.site_url = f"{project_url()}/"
    config.repo_name = "repository"
    docs = Path(config.docs_dir)
    pages = sorted(path.relative_to(docs).as_posix() for path in docs.rglob("*.md"))
    config.nav = expanded(config.nav or [], pages)
    return config


def expanded(nav: list[Any], pages: list[str]) -> list[Any]:
    """The navigation with every pattern replaced; sections with nothing in them are left out."""
    listed = {entry for entry in nav if isinstance(entry, str)}
    found: list[Any] = []
    for entry in nav:
        if isinstance(entry, str):
            if "*" not in entry:
                found.append(entry)
            else:
                found += [one for one in pages if fnmatchcase(one, entry) and one not in listed]
            continue
        ((title, inner),) = entry.items()
        if isinstance(inner, str):
            found.append(entry)
        elif section := expanded(inner, pages):
            found.append({title: section})
    return found


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that are made here."""
    from mkdocs.structure.files import File

    for name, where in PAGES_OF_THE_ROOT.items():
        content = (ROOT / name).read_text("utf-8")
        files.append(File.generated(config, where, content=content))
    files.append(File.generated(config, DECISIONS, content=decisions(Path(config.docs_dir))))
    return files


def decisions(docs: Path) -> str:
    """A page that lists every decision by its number and title, the newest first."""
    lines = ["# Decisions", "", "Why things are as they are, one page a decision.", ""]
    for path in sorted((docs / "decisions").glob("*.md"), reverse=True):
        title = path.read_text("utf-8").splitlines()[0].removeprefix("# ")
        number = path.name.partition("-")[0]
        title = re.sub(r"^\d+[.:]? ", "", title)
        lines.append(f"- {number} [{title}]({path.name})")
    return "\n".join(lines) + "\n"


def on_page_markdown(markdown: str, page: Page, files: Files, **_: object) -> str:
    """Point the links of a page to where their targets are on the site."""
    if page.file.src_uri == "index.md":
        page.meta["hide"] = ["navigation"]  # there is nothing beside it in its section
    written_in = {where: name for name, where in PAGES_OF_THE_ROOT.items()}
    here = written_in.get(page.file.src_uri, f"docs/{page.file.src_uri}")

    def led(link: re.Match[str]) -> str:
        target = resolved(here, link[2], files)
        if not target.startswith("https:"):
            target = posixpath.relpath(target, posixpath.dirname(page.file.src_uri) or ".")
        return f"{link[1]}{target}{link[3]}"

    parts, end = [], 0
    for fence in _FENCE.finditer(markdown):
        parts += [_LINK.sub(led, markdown[end : fence.start()]), fence[0]]
        end = fence.end()
    return "".join([*parts, _LINK.sub(led, markdown[end:])])


def resolved(here: str, target: str, files: Files) -> str:
    """Where a link written in the file `here` leads: a page of the site, or the repository."""
    path = posixpath.normpath(posixpath.join(posixpath.dirname(here), target))
    inside = path.removeprefix("docs/")
    if path == "README.md":
        return "index.md"
    if path in PAGES_OF_THE_ROOT:
        return PAGES_OF_THE_ROOT[path]
    if path == "docs/decisions":
        return DECISIONS
    if inside != path and files.get_file_from_path(inside) is not None:
        return inside
    if not (ROOT / path).exists():
        return inside  # MkDocs says that there is no such page, and where the link stands.
    kind = "tree" if (ROOT / path).is_dir() else "blob"
    return f"{project_url()}/{kind}/main/{path}"
