"""The hook of mkdocs.yml: what the documentation site has in addition to the folder docs/.

- Its address and that of the repository: PROJECT_URL of the package.
- Pages from the root of the repository (PAGES_OF_THE_ROOT), and a list of all decisions.
- Patterns in the navigation: `NAME/*.md` is every page that matches and is not listed beside it, in
  order; `NAME.md*` is one page if it exists. A section that would be empty is left out.
- Links that lead out of docs/ are pointed to the repository, so that one text serves both.

MkDocs calls the functions named on_... here: https://www.mkdocs.org/user-guide/configuration/#hooks
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
    """The address of the repository, read from the package's source without importing it."""
    text = (ROOT / "harness" / "__init__.py").read_text("utf-8")
    (found,) = re.findall(r'^PROJECT_URL = "(.*)"$', text, re.MULTILINE)
    return found


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Set the addresses of the site, and replace the patterns in its navigation by pages."""
    config.repo_url = project_url()
    config.site_url = f"{project_url()}/"
    config.repo_name = "repository"
    docs = Path(config.docs_dir)
    pages = sorted(path.relative_to(docs).as_posix() for path in docs.rglob("*.md"))
    config.nav = expanded(config.nav or [], pages)
    return config


def expanded(nav: list[Any], pages: list[str]) -> list[Any]:
    """The navigation with every pattern replaced, without empty sections."""
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
    """Add the pages that are generated here."""
    from mkdocs.structure.files import File

    for name, where in PAGES_OF_THE_ROOT.items():
        content = (ROOT / name).read_text("utf-8")
        files.append(File.generated(config, where, content=content))
    files.append(File.generated(config, DECISIONS, content=decisions(Path(config.docs_dir))))
    return files


def decisions(docs: Path) -> str:
    """A page that lists every decision by number and title, the newest first."""
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
        page.meta["hide"] = ["navigation"]  # its section has no other pages
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
    """The target of a link written in the file `here`: a page of the site, or a file of the
    repository."""
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
        return inside  # MkDocs reports the missing page and the place of the link.
    kind = "tree" if (ROOT / path).is_dir() else "blob"
    return f"{project_url()}/{kind}/main/{path}"
