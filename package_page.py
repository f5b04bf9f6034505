"""What the package's page shows, made when the package is built: its links and its README.

Relative links of the README mean files beside it. On the page of a package there are none, so each
is made a link to that file in the repository, as it was in the version that is built. The address
of the repository is PROJECT_URL of harness/__init__.py, and stands nowhere else.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface

_RELATIVE = re.compile(r"(!?)(\[[^\]]*\]\()(?!https?:|mailto:|#)([^)\s]+)\)")


class CustomMetadataHook(MetadataHookInterface):
    """Called by hatchling, which finds it by this name."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Fill in what pyproject.toml leaves to us."""
        root = Path(self.root)
        source = (root / "harness" / "__init__.py").read_text(encoding="utf-8")
        url, version = constant(source, "PROJECT_URL"), constant(source, "__version__")
        readme = (root / "README.md").read_text(encoding="utf-8")
        metadata["urls"] = urls(url, version)
        metadata["readme"] = {
            "content-type": "text/markdown",
            "text": readable_elsewhere(readme, url, version),
        }


def constant(source: str, name: str) -> str:
    """The value of a text that a module defines at its top. Nothing is imported."""
    (value,) = re.findall(rf'^{name} = "([^"]+)"$', source, re.MULTILINE)
    return str(value)


def urls(url: str, version: str) -> dict[str, str]:
    """The links beside the package's page."""
    return {
        "Homepage": url,
        "Documentation": f"{url}/blob/v{version}/docs/index.md",
        "Changelog": f"{url}/blob/v{version}/CHANGELOG.md",
        "Issues": f"{url}/issues",
        "Security": f"{url}/blob/v{version}/SECURITY.md",
        "Source": url,
    }


def readable_elsewhere(readme: str, url: str, version: str) -> str:
    """A text whose relative links lead to the repository; pictures to their bytes."""

    def led(link: re.Match[str]) -> str:
        kind = "raw" if link[1] else "blob"
        return f"{link[1]}{link[2]}{url}/{kind}/v{version}/{link[3]})"

    return _RELATIVE.sub(led, readme)
