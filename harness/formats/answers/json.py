"""The reply as JSON, for programs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from harness.formats.answers import Reply
from harness.serial import readable
from harness.text import clean, inert_json


def render(answer: Reply) -> str:
    """Render ASCII JSON with sorted keys and cleaned texts. No line is a command to a CI
    service."""
    return inert_json(readable(_cleaned(answer.tree)))


def _cleaned(tree: object) -> object:
    if isinstance(tree, str):
        return clean(tree)
    if isinstance(tree, Mapping):
        return {clean(str(key)): _cleaned(value) for key, value in tree.items()}
    if isinstance(tree, Sequence):
        return [_cleaned(one) for one in tree]
    return tree
