"""What differs between two images as JSON for scripts; `format` and `version` identify the
format."""

from __future__ import annotations

import json

from harness.check.difference import DifferencePage
from harness.formats.checks.json import cleaned
from harness.text import inert_json

VERSION = 1


def render(page: DifferencePage) -> str:
    """Render the page as one JSON object, with every text cleaned and bounded."""
    tree = {
        "format": "harness-check-difference",
        "version": VERSION,
        "images": [
            {"name": name, "digest": digest, "cost": cost}
            for name, digest, cost in zip(page.names, page.digests, page.cost, strict=True)
        ],
        "answer": str(page.answer),
        "exit": int(page.exit),
        "differences": [
            {"kind": one.kind, "what": one.what, "first": one.first, "second": one.second}
            for one in page.differences
        ],
        "layers": None
        if page.shared is None
        else {
            "shared": page.shared.layers,
            "first": page.shared.first,
            "second": page.shared.second,
        },
        "equal": list(page.equal),
        "open": list(page.open),
        "notices": list(page.notices),
    }
    return inert_json(json.dumps(cleaned(tree), indent=1, allow_nan=False)) + "\n"
