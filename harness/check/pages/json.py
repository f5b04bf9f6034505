"""The page as JSON, for scripts: `format` and `version` say what it is."""

from __future__ import annotations

import json

from harness.check.page import Page

VERSION = 1


def render(page: Page) -> str:
    """The page as one JSON object; texts are as they came, not escaped for any screen."""
    tree = {
        "format": "harness-check",
        "version": VERSION,
        "image": page.name,
        "digest": page.digest,
        "answer": str(page.answer),
        "exit": int(page.exit),
        "purpose": page.purpose,
        "reasons": [
            {
                "weight": str(reason.weight),
                "title": reason.title,
                "evidence": list(reason.evidence),
                "remedy": reason.remedy,
                "source": reason.source,
                "confidence": str(reason.confidence),
                "explain": reason.explain,
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
        "run": page.run,
        "cost": page.cost,
        "notices": list(page.notices),
    }
    return json.dumps(tree, indent=1, allow_nan=False) + "\n"
