"""The build of the site fails where a page has a link that leads nowhere: warnings are errors."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BUILT_FROM = ("mkdocs.yml", "scripts/docs", "scripts/docs_site.py", "harness/__init__.py")
PAGES = ("CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "requirements/docs.txt")


def test_a_link_that_leads_nowhere_fails_the_build_and_is_named(tmp_path: Path) -> None:
    tools = ROOT / ".venv-docs"
    if not (tools / "requirements.txt").exists():
        pytest.skip("scripts/docs has not installed what the site is built with")
    for name in (*BUILT_FROM, *PAGES):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "index.md").write_text("# Home\n\n[a](nowhere.md)\n", "utf-8")
    (tmp_path / ".venv-docs").symlink_to(tools)
    ended = subprocess.run(
        [tmp_path / "scripts" / "docs"], capture_output=True, text=True, timeout=300, check=False
    )
    assert 1 == ended.returncode
    assert "contains a link 'nowhere.md'" in ended.stderr
    assert "warnings in strict mode" in ended.stderr
