"""Turn a template and values into one HTML file that fetches nothing.

Every value that a template inserts is cleaned, bounded and escaped here, in one place. Scripts and
styles run only if the page's own policy (CSP) lists their digest, so that a tag which slipped
through everything else would still do nothing.
"""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from harness.text import clean, inert_in_ci

if TYPE_CHECKING:
    from jinja2 import Environment

TEXT_LIMIT = 4000
"""Longest text on the page, in characters."""
_FOLDER = "harness.formats.page"


def written(template: str, **values: Any) -> str:
    """Render the template with these values."""
    style, script = _asset("page.css"), _asset("page.js")
    policy = (
        f"default-src 'none'; style-src '{_digest(style)}'; script-src '{_digest(script)}'; "
        "base-uri 'none'; form-action 'none'"
    )
    page = _environment().get_template(template)
    text = page.render(style=_trusted(style), script=_trusted(script), policy=policy, **values)
    return inert_in_ci(text.strip() + "\n")


@cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    from harness.formats.page.compiled import CompiledTemplates

    return Environment(
        bytecode_cache=CompiledTemplates(),
        loader=PackageLoader(_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_cleaned,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=False,
    )


def _cleaned(value: Any) -> Any:
    """A value as a template may insert it: markup of our own is kept, any other text is cleaned."""
    if isinstance(value, str) and not hasattr(value, "__html__"):
        return clean(value, TEXT_LIMIT)
    return value


def _trusted(text: str) -> Any:
    from markupsafe import Markup

    return Markup(text)


@cache
def _asset(name: str) -> str:
    """One of our own files, to be inlined in the page."""
    return (resources.files(_FOLDER) / "templates" / name).read_text(encoding="utf-8").strip()


def _digest(text: str) -> str:
    """A digest in the form of a Content-Security-Policy (CSP level 2, hash sources)."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
