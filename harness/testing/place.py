"""The folder where one session's processes meet: the controller creates it, xdist's workers are
told."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.machine.places import places_here
from harness.testing.board import Boards

_KEY = pytest.StashKey[Boards]()
_FOLDER, _OWNER = "harness_folder", "harness_owner"


def boards_of(config: pytest.Config) -> Boards:
    """The boards of this session; nothing is created until something is needed."""
    if _KEY not in config.stash:
        given: dict[str, str] | None = getattr(config, "workerinput", None)
        if given is None:
            where = places_here()
            config.stash[_KEY] = Boards.new(where.cache.absolute())
        else:
            config.stash[_KEY] = Boards(folder=Path(given[_FOLDER]), owner=given[_OWNER])
    return config.stash[_KEY]


def give(config: pytest.Config, workerinput: dict[str, str]) -> None:
    """Tell a worker where that folder is."""
    boards = boards_of(config)
    workerinput.update({_FOLDER: str(boards.folder), _OWNER: boards.owner})
