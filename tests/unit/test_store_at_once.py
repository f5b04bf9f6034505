"""A new store that another process makes in the middle of ours making or reading it.

Every moment is tried: before each statement that ours sends outside a transaction.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest

from harness.store.database import Database

connect = sqlite3.connect


class Interrupted(sqlite3.Connection):
    """A connection before whose statement number `moment` another process makes the store."""

    moment = 0
    sent = 0
    path = Path()

    def execute(self, *statement: Any) -> sqlite3.Cursor:
        if not self.in_transaction:
            Interrupted.sent += 1
            if Interrupted.sent == Interrupted.moment:
                made_elsewhere(Interrupted.path)
        return super().execute(*statement)


def made_elsewhere(path: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sqlite3, "connect", connect)
        other = Database(path)
        with other.writing():
            pass
        other.close()


def statements_sent(path: Path, moment: int, *, readonly: bool) -> int:
    """How many, while the store is opened and made elsewhere at that moment."""
    Interrupted.moment, Interrupted.sent, Interrupted.path = moment, 0, path
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            sqlite3, "connect", lambda *given, **how: connect(*given, factory=Interrupted, **how)
        )
        ours = Database(path, readonly=readonly)
        with ours.reading() as connection:
            assert (0,) == connection.execute("SELECT count(*) FROM runs").fetchone()
        ours.close()
    return Interrupted.sent


@pytest.mark.parametrize("readonly", [False, True], ids=["writer", "reader"])
def test_a_store_made_elsewhere_at_any_moment_is_the_store(tmp_path: Path, readonly: bool) -> None:
    def fresh(name: str) -> Path:
        path = tmp_path / name
        path.touch(mode=0o600)
        return path

    alone = statements_sent(fresh("alone"), 0, readonly=readonly)
    assert alone > 2
    for moment in range(1, alone + 1):
        assert statements_sent(fresh(f"store-{moment}"), moment, readonly=readonly) >= moment
