"""Read a Python package index: the files of a project, their upload times, and their content.

The address is pip's own setting (`PIP_INDEX_URL` or pip's configuration), else the default of
pypi-simple. Extra indexes and find-links are ignored on purpose: a lock must mean the same
everywhere.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from harness.errors import InfrastructureError, cause_of
from harness.text import clean_line

if TYPE_CHECKING:
    from pypi_simple import PyPISimple


@dataclass(frozen=True, kw_only=True, slots=True)
class IndexFile:
    """One file of a project on the index."""

    project: str
    filename: str
    url: str
    sha256: str
    version: str
    requires_python: str
    uploaded: str
    """ISO 8601 in UTC; empty if the index does not say."""
    yanked: bool


class IndexUnreachable(InfrastructureError):
    """The package index did not answer, or not with what was requested."""


@cache
def configured_endpoint() -> str:
    """The index that pip is configured for; if empty, pypi-simple's default."""
    if url := os.environ.get("PIP_INDEX_URL"):
        return url
    asked = subprocess.run(
        [sys.executable, "-m", "pip", "config", "get", "global.index-url"],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    return asked.stdout.strip() if asked.returncode == 0 else ""


class PackageIndex:
    """A package index. One instance keeps what it read, so that a resolution sees one state."""

    def __init__(self, endpoint: str | None = None) -> None:
        self._endpoint = endpoint
        self._pages: dict[str, tuple[IndexFile, ...]] = {}

    def _client(self) -> PyPISimple:
        from pypi_simple import PyPISimple

        endpoint = configured_endpoint() if self._endpoint is None else self._endpoint
        return PyPISimple(endpoint) if endpoint else PyPISimple()

    def files(self, project: str) -> tuple[IndexFile, ...]:
        """Every file with a SHA-256 of a project (name normalised); empty if there is no such
        project.

        Raises IndexUnreachable.
        """
        if project not in self._pages:
            self._pages[project] = self._read(project)
        return self._pages[project]

    def _read(self, project: str) -> tuple[IndexFile, ...]:
        import requests
        from pypi_simple import ProjectPage, RepositoryPage, UnsupportedContentTypeError

        with self._client() as client:
            try:
                url = client.get_project_url(project)
                response = client.s.get(url, headers={"Accept": _ACCEPT}, timeout=(10, 60))
                if response.status_code == 404:
                    return ()
                response.raise_for_status()
                uploads: dict[str, str] = {}
                # pypi-simple reads upload times only from the JSON form.
                if "html" in response.headers.get("content-type", ""):
                    for link in RepositoryPage.from_html(response.content, url).links:
                        uploads[link.text.strip()] = link.get_str_attrib("data-upload-time") or ""
                page = ProjectPage.from_response(response, project)
            except (requests.RequestException, UnsupportedContentTypeError, ValueError) as error:
                raise IndexUnreachable(
                    f"the package index did not answer for {project!r}: {_why(error)}",
                    remedy="check the network, and pip's index settings",
                ) from error
        found = []
        for package in page.packages:
            digest = package.digests.get("sha256", "")
            if not digest or package.version is None:
                continue
            moment = package.upload_time.isoformat() if package.upload_time else ""
            found.append(
                IndexFile(
                    project=project,
                    filename=package.filename,
                    url=package.url,
                    sha256=digest,
                    version=package.version,
                    requires_python=package.requires_python or "",
                    uploaded=uploads.get(package.filename, "") or moment,
                    yanked=bool(package.is_yanked),
                )
            )
        return tuple(found)

    def fetch(self, file: IndexFile, write: Callable[[bytes], object]) -> None:
        """Stream a file's bytes into `write`. Raises IndexUnreachable."""
        import requests

        with self._client() as client:
            try:
                with client.s.get(file.url, stream=True, timeout=(10, 60)) as response:
                    response.raise_for_status()
                    for chunk in response.iter_content(1 << 20):
                        write(chunk)
            except requests.RequestException as error:
                raise IndexUnreachable(
                    f"{file.filename} could not be fetched: {_why(error)}",
                    remedy="check the network, and pip's index settings",
                ) from error


def _why(error: Exception) -> str:
    """What went wrong, without the index's address, which may contain a password."""
    from requests import RequestException

    if not isinstance(error, RequestException):
        return "what it says cannot be read"
    if error.response is not None:
        return f"{error.response.status_code} {clean_line(error.response.reason or '', 80)}"
    if isinstance(error, ValueError):
        return "its address is none"
    return clean_line(cause_of(error), 160)


_ACCEPT = "application/vnd.pypi.simple.v1+json, text/html;q=0.5"


def python_allows(requires_python: str, version: str) -> bool:
    """Whether a Requires-Python admits an interpreter version; an unreadable one admits all."""
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    try:
        return SpecifierSet(requires_python).contains(version, prereleases=True)
    except InvalidSpecifier:
        return True
