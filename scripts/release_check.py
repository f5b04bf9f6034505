#!/usr/bin/env python3
"""Refuse a release that would not say what it is.

    python3 scripts/release_check.py TAG ADDRESS-OF-THE-REPOSITORY

The tag is v and the version of the package; the address on the package page is that of the
repository which releases it; the changelog has a dated section for the version.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def refused(tag: str, address: str, package: str, changelog: str) -> list[str]:
    """What prevents a release, one sentence each; empty if all is well."""
    version = _constant(package, "__version__")
    url = _constant(package, "PROJECT_URL")
    found = []
    if tag != f"v{version}":
        found.append(f"the tag is {tag}, harness/__init__.py has the version {version}")
    if url != address:
        found.append(f"PROJECT_URL of harness/__init__.py is {url}; this is {address}")
    if not re.search(rf"^## {re.escape(version)} \(\d{{4}}-\d\d-\d\d\)$", changelog, re.MULTILINE):
        found.append(f"CHANGELOG.md has no section `## {version} (YYYY-MM-DD)`")
    return found


def _constant(source: str, name: str) -> str:
    (value,) = re.findall(rf'^{name} = "([^"]+)"$', source, re.MULTILINE)
    return str(value)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    problems = refused(
        *sys.argv[1:],
        (ROOT / "harness" / "__init__.py").read_text("utf-8"),
        (ROOT / "CHANGELOG.md").read_text("utf-8"),
    )
    for one in problems:
        print(f"release_check: {one}", file=sys.stderr)
    sys.exit(2 if problems else 0)
