"""The page of a check as JSON for scripts; `format` and `version` identify the format."""

from __future__ import annotations

import json
from typing import Any

from harness.check.page import CheckPage
from harness.text import clean, clean_line, inert_json

VERSION = 1
_TEXT = 4000


def render(page: CheckPage) -> str:
    """Render the page as one JSON object. Every text is cleaned and bounded, so a reader may print
    it; no line is a command to a CI service."""
    tree = {
        "format": "harness-check",
        "version": VERSION,
        "image": page.name,
        "digest": page.digest,
        "answer": str(page.answer),
        "exit": int(page.exit),
        "purpose": page.purpose,
        "because": page.because,
        "reasons": [
            {
                "weight": str(reason.weight),
                "title": reason.title,
                "evidence": list(reason.evidence),
                "remedy": reason.remedy,
                "source": reason.source,
                "confidence": str(reason.confidence),
                "explain": reason.explain,
                "rule": reason.rule,
                "standing": str(reason.standing or ""),
                "seen": reason.seen,
            }
            for reason in page.reasons
        ],
        "claims": [
            {"what": what, "promised": promised, "said": own}
            for what, promised, own in page.promises
        ],
        "host": dict(page.host),
        "measured": dict(page.measured),
        "instead": dict(page.instead),
        "not_looked_at": list(page.unlooked),
        "run": page.run,
        "cost": page.cost,
        "notices": list(page.notices),
    }
    return inert_json(json.dumps(cleaned(tree), indent=1, allow_nan=False)) + "\n"


def cleaned(tree: Any) -> Any:
    """The same tree with every text and every name made safe to print."""
    if isinstance(tree, dict):
        return {clean_line(name): cleaned(one) for name, one in tree.items()}
    if isinstance(tree, list | tuple):
        return [cleaned(one) for one in tree]
    return clean(tree, _TEXT) if isinstance(tree, str) else tree
