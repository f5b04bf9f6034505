"""What a mistyped name was probably meant to be."""

from __future__ import annotations

from collections.abc import Iterable

_SHOWN = 20


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """The known name nearest to `word`; empty where none is near."""
    from difflib import get_close_matches

    folded = {name.lower(): name for name in sorted(known)}
    near = get_close_matches(word[:100].lower(), folded, n=1, cutoff=0.6)
    return folded[near[0]] if near else ""


def remedy(word: str, known: Iterable[str], *, what: str) -> str:
    """The next step for an unknown name: the nearest known one, and what there is.

    `what` says what the known names are, as in "the cells are: a, b".
    """
    names = sorted(set(known))
    near = did_you_mean(word, names)
    listed = ", ".join(names[:_SHOWN]) + (", ..." if len(names) > _SHOWN else "")
    there_is = f"{what}: {listed or 'none'}"
    return f"did you mean `{near}`? {there_is}" if near else there_is
