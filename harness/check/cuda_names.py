"""Which CUDA or cuDNN release a library belongs to, by its file name."""

from __future__ import annotations

import re
from collections.abc import Iterable

_NAMED = re.compile(
    r"^lib(?P<library>cudart|cublas|cublasLt|nvrtc|nvJitLink|cufft|curand|cusolver|cusparse)"
    r"\.so\.(?P<major>\d{1,2})(?:\.(?P<minor>\d{1,2}))?$"
)
_NUMBERED_ALIKE = frozenset({"cudart", "cublas", "cublasLt", "nvrtc", "nvJitLink"})
"""Libraries that are always numbered like their CUDA release. The others are only up to 10.0, when
all names also had the minor version (libcufft.so.10 belongs to 10.1 to 11.8)."""
_MAJOR_ALONE = 11
"""From this release on, a name gives only the major version (libcudart.so.11.0 is in every 11)."""
_CUDNN = re.compile(r"^libcudnn(?:_\w{1,40})?\.so\.(?P<major>\d{1,2})$")


def cuda_release(name: str) -> str:
    """The CUDA release of a library (major, or major.minor); empty where its name does not tell."""
    found = _NAMED.match(name)
    if found is None:
        return ""
    major, minor = int(found["major"]), found["minor"]
    if found["library"] not in _NUMBERED_ALIKE and minor is None:
        return ""
    return f"{major}.{minor}" if minor is not None and major < _MAJOR_ALONE else str(major)


def cudnn_release(name: str) -> str:
    """The major version of cuDNN with a library of this name; empty for any other library."""
    found = _CUDNN.match(name)
    return found["major"] if found else ""


def may_be_one(a: str, b: str) -> bool:
    """Whether two releases may be the same one: 10 and 10.1 may, 10.0 and 10.1 may not."""
    one, other = a.split("."), b.split(".")
    return all(x == y for x, y in zip(one, other, strict=False))


def base_with(names: Iterable[str], cuda: str, cudnn: str) -> str:
    """The CUDA and cuDNN that contain these libraries, in words.

    The given releases where the names agree with them, else those that the names tell; empty where
    neither is known.
    """
    names = tuple(names)
    releases = [found for one in names if (found := cuda_release(one))]
    majors = [found for one in names if (found := cudnn_release(one))]
    if not all(may_be_one(one, cuda) for one in releases):
        cuda, cudnn = max(releases, key=len), max(majors, default="")
    elif not all(may_be_one(one, cudnn) for one in majors):
        cudnn = max(majors)
    told = [f"CUDA {cuda}"] if cuda else []
    return " and ".join([*told, f"cuDNN {cudnn}"] if cudnn else told)
