"""Digests of content, always recomputed over the raw bytes and never just trusted."""

from __future__ import annotations

import hashlib
import re

from harness.images.failures import WrongContent

_FORM = re.compile(r"(sha256):[0-9a-f]{64}|(sha512):[0-9a-f]{128}", re.ASCII)


def is_digest(text: str) -> bool:
    """Whether a text is a digest by an algorithm that can be trusted: sha256 or sha512."""
    return _FORM.fullmatch(text) is not None


def digest_of(raw: bytes, like: str = "sha256") -> str:
    """The digest of these bytes, by the algorithm named at the beginning of `like`."""
    algorithm = like.partition(":")[0]
    return f"{algorithm}:{hashlib.new(algorithm, raw).hexdigest()}"


def verify(raw: bytes, named: str, what: str) -> None:
    """Raise WrongContent, with both digests, if the bytes do not have the digest `named`.

    `what` names the content in the message.
    """
    found = digest_of(raw, named)
    if found != named:
        raise WrongContent(
            f"the registry sent another {what} than it named: {named} was asked for, {found} came",
            remedy="ask again; if it stays so, do not use this registry or what lies between",
        )
