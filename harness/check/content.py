"""What the content of an image claims: what is installed there, not what anybody says of it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from harness.check.claims import Claim, ClaimOrigin
from harness.images.inside import Inside
from harness.knowledge import frameworks

_CUDA = re.compile(r"^libcudart\.so\.(\d{1,2}(?:\.\d{1,3}){0,2})$")
_CUDNN = re.compile(r"^libcudnn\.so\.(\d{1,2}(?:\.\d{1,3}){0,3})$")


def content_claims(inside: Inside) -> tuple[Claim, ...]:
    """Claims by what lies in the image."""
    return tuple(dict.fromkeys(_claims(inside)))


def _claims(inside: Inside) -> Iterator[Claim]:
    for framework in frameworks.names():
        packages = frameworks.packages(framework)
        for one in inside.distributions:
            if one.name not in packages:
                continue
            yield _claim("framework", f"{framework} {one.version}", one.path)
            yield _claim("package", one.name, one.path)
            if "." in one.python:
                yield _claim("python", one.python, one.path)
    if inside.system:
        yield _claim("system", inside.system, "os-release")
    for what, pattern in (("cuda", _CUDA), ("cudnn", _CUDNN)):
        found = [(name, hit[1]) for name in inside.libraries if (hit := pattern.match(name))]
        if found:
            # The longest name says most: libcudart.so.8.0 is a link to libcudart.so.8.0.61.
            name, version = max(found, key=lambda pair: (len(pair[1]), pair[1]))
            yield _claim(what, version, f"{inside.libraries[name][0]}/{name}")


def _claim(what: str, value: str, evidence: str) -> Claim:
    return Claim(what=what, value=value, origin=ClaimOrigin.CONTENT, evidence=evidence[:300])
