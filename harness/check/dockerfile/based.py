"""What an image's name alone tells: its system, Python, framework and CUDA."""

from __future__ import annotations

import re
from dataclasses import dataclass

from harness.errors import UsageError
from harness.images.reference import Reference, parse_reference
from harness.knowledge import frameworks
from harness.knowledge.library import System, systems

_OFFICIAL = "library/"
_NUMBERED = re.compile(r"(?:ubuntu|debian|centos|rockylinux)-?(\d{1,2}(?:\.\d{2})?)")


@dataclass(frozen=True, kw_only=True, slots=True)
class BasedOn:
    """What is known of an image by its name."""

    reference: Reference | None
    """None if the name cannot be parsed."""
    python: str = ""
    """major.minor of `python3`, or of `python` if it is the only one; empty if not known."""
    python2: str = ""
    """major.minor of `python` if it differs from `python3`; empty if it does not, or is not
    known."""
    system: System | None = None
    cuda: str = ""
    framework: str = ""
    """The framework, if the image is from the framework's own repository."""
    version: str = ""
    """Version of that framework."""

    @property
    def repository(self) -> str:
        """The repository without the default namespace."""
        return self.reference.repository.removeprefix(_OFFICIAL) if self.reference else ""

    @property
    def tag(self) -> str:
        """The tag; empty if there is none."""
        return self.reference.tag if self.reference else ""


def based_on(image: str) -> BasedOn:
    """What is known of an image by its name."""
    try:
        reference = parse_reference(image)
    except UsageError:
        return BasedOn(reference=None)
    repository, tag = reference.repository.removeprefix(_OFFICIAL), reference.tag
    framework = frameworks.framework_of(reference.repository)
    if framework:
        return _of_framework(reference, framework)
    system = _system(repository, tag)
    cuda = ""
    if repository in ("nvidia/cuda", "nvidia/cudagl"):
        found = re.match(r"(\d{1,2}\.\d)", tag)
        cuda = found[1] if found else ""
    if repository == "python":
        found = re.match(r"(\d\.\d{1,2})(?![0-9])", tag)
        return BasedOn(reference=reference, python=found[1] if found else "", system=system)
    return BasedOn(
        reference=reference,
        python=(system.python3 or system.python) if system else "",
        python2=system.python if system and system.python3 else "",
        system=system,
        cuda=cuda,
    )


def _of_framework(reference: Reference, framework: str) -> BasedOn:
    found = frameworks.tag_pattern(framework).match(reference.tag)
    parts = found.groupdict() if found else {}
    version = parts.get("version") or ""
    period = frameworks.period(framework, version) if version[:1].isdigit() else None
    if period is None:
        return BasedOn(reference=reference, framework=framework)
    python = period.python3 if parts.get("py3") else period.python
    return BasedOn(
        reference=reference,
        python=python,
        system=next((one for one in systems().systems if one.id == period.system), None),
        cuda=period.cuda if parts.get("gpu") else "",
        framework=framework,
        version=version,
    )


def _system(repository: str, tag: str) -> System | None:
    words = f"{repository}-{tag}".replace(":", "-")
    for one in systems().systems:
        if one.codename and re.search(rf"(?<![a-z]){one.codename}(?![a-z])", words):
            return one
    if repository in ("ubuntu", "debian", "centos"):
        words = f"{repository}-{tag}"
    found = _NUMBERED.search(words)
    if not found:
        return None
    name = found[0].rstrip("0123456789.").rstrip("-")
    return next((one for one in systems().systems if one.id == f"{name}-{found[1]}"), None)
