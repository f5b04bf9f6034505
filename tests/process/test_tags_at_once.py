"""Several checks at once: none loses what another saw of a tag."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from harness.images.reference import parse_reference
from harness.images.sightings import SeenTags

PROCESS = """
import sys
from pathlib import Path
from harness.images.reference import parse_reference
from harness.images.sightings import SeenTags, Sighting
memory = SeenTags(folder=Path(sys.argv[1]))
tag = parse_reference("tensorflow/tensorflow:latest-gpu")
for number in range(int(sys.argv[2]), int(sys.argv[2]) + 8):
    digest = f"sha256:{number:064x}"
    assert not memory.keep(tag, Sighting(digest=digest, first="2026", last="2026"))
"""


def test_processes_at_once_lose_nothing_of_each_other(tmp_path: Path) -> None:
    memory = SeenTags(folder=tmp_path / "tags")
    tag = parse_reference("tensorflow/tensorflow:latest-gpu")
    started = [
        subprocess.Popen([sys.executable, "-c", PROCESS, str(memory.folder), str(first)])
        for first in (100, 200, 300)
    ]
    assert [0, 0, 0] == [one.wait() for one in started]
    expected = {first + number for first in (100, 200, 300) for number in range(8)}
    assert expected == {int(one.digest.partition(":")[2], 16) for one in memory.before(tag)}
