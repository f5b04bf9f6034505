"""The tools that install a lock, for each Python version: pip, and what builds source
distributions.

They are never part of an image. The newest release that admits the interpreter is used, because old
versions of pip know neither today's wheel tags nor today's indexes.
"""

from __future__ import annotations

from harness.distributions.cache import DistributionCache
from harness.distributions.index import IndexFile, IndexUnreachable, PackageIndex, python_allows
from harness.model import Artifact

VIRTUALENV_OF_OLD = "16.7.10"
"""The last virtualenv that is one file without dependencies; it creates environments for 2.7."""


def installing_tools(
    python: str, index: PackageIndex, cache: DistributionCache
) -> tuple[Artifact, ...]:
    """pip first; also virtualenv for 2.7, which has no venv. `python` is the full version."""
    pinned = {"virtualenv": VIRTUALENV_OF_OLD} if python.startswith("2.") else {}
    return tuple(
        _newest(name, python, index, cache, pinned.get(name, "")) for name in ("pip", *pinned)
    )


def building_tools(
    python: str, index: PackageIndex, cache: DistributionCache
) -> tuple[Artifact, ...]:
    """setuptools, plus wheel and packaging if setuptools does not include bdist_wheel."""
    setuptools = _newest("setuptools", python, index, cache)
    if int(setuptools.version.split(".")[0]) >= 71:
        return (setuptools,)
    return (setuptools, _newest("wheel", python, index, cache))


def _newest(
    name: str, python: str, index: PackageIndex, cache: DistributionCache, pin: str = ""
) -> Artifact:
    from packaging.version import InvalidVersion, Version

    def version(file: IndexFile) -> Version:
        try:
            return Version(file.version)
        except InvalidVersion:
            return Version("0")

    major = python.split(".")[0]
    wheels = [
        file
        for file in index.files(name)
        if file.filename.endswith("-none-any.whl")
        and f"py{major}" in file.filename
        and not file.yanked
        and python_allows(file.requires_python, python)
        and not version(file).is_prerelease
        and (not pin or file.version == pin)
    ]
    if not wheels:
        raise IndexUnreachable(f"the package index has no {name} for Python {python}")
    return admitted(max(wheels, key=version), index, cache)


def admitted(file: IndexFile, index: PackageIndex, cache: DistributionCache) -> Artifact:
    """Fetch a file of the index into the cache, and return it as an artifact of a lock."""
    from packaging.utils import canonicalize_name

    path = cache.admit(file.sha256, lambda write: index.fetch(file, write))
    return Artifact(
        name=canonicalize_name(file.project),
        version=file.version,
        filename=file.filename,
        sha256=file.sha256,
        size=path.stat().st_size,
    )
