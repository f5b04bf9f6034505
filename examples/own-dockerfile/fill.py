"""Put what each release installs into a context of its own: pip, wheels by hash, and their list.

Run once, before the first `harness run`: the wheels come from the package index by the locks of the
packaged suite, and are checked against them.
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from harness.distributions.cache import DistributionCache
from harness.distributions.fetch import fetch_missing
from harness.distributions.index import PackageIndex
from harness.machine.places import places_here
from harness.model import Lock
from harness.recipes.lockfile import find_lock
from harness.standard import default_suite

LOCKS = {"2.11.1": "tf2.11.1-py3.9", "2.20.0": "tf2.20.0-py3.13", "2.21.0": "tf2.21.0-py3.13"}
"""By release: the cell of the packaged suite that has installed it."""


def fill(folder: Path) -> None:
    """Make a context for each release in `folder`."""
    cache = DistributionCache(places_here().cache / "distributions")
    for release, cell in LOCKS.items():
        lock = find_lock(default_suite().parent, cell)
        assert lock is not None, f"the packaged suite has no lock of {cell}"
        pip = lock.tools[0]
        wanted = (pip, *lock.distributions)
        fetch_missing(wanted, cache, PackageIndex(), lambda line: print(line, file=sys.stderr))
        context = folder / release
        shutil.rmtree(context, ignore_errors=True)
        (context / "wheels").mkdir(parents=True)
        _put(cache.path(pip.sha256), context / "pip.whl")
        for one in lock.distributions:
            _put(cache.path(one.sha256), context / "wheels" / one.filename)
        (context / "requirements.txt").write_text(_listed(lock), "utf-8")


def _listed(lock: Lock) -> str:
    rows = [f"{one.name}=={one.version} --hash=sha256:{one.sha256}" for one in lock.distributions]
    return "\n".join(rows) + "\n"


def _put(source: Path, target: Path) -> None:
    """A second name for the file, where that can be: a context may be large."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


if __name__ == "__main__":
    fill(Path(__file__).resolve().parent / "contexts")
