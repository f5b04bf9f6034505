"""The first ten minutes with nothing but the wheel: what the page records is still so."""

from __future__ import annotations

import re
from pathlib import Path

from tests.process.first_ten_minutes import IMAGE, STEPS, Recorded, newcomer, record
from tests.process.test_tutorial import installed, wheel

__all__ = ["installed", "wheel"]  # fixtures

PAGE = Path(__file__).resolve().parents[2] / "docs" / "first-ten-minutes.md"
COMMANDS = [command for command in STEPS if command]


def recorded(heading: str) -> list[Recorded]:
    """What the page records under a heading."""
    whole = PAGE.read_text("utf-8")
    (block,) = re.findall(rf"^## {heading}\n.*?^```text\n(.*?)^```$", whole, re.M | re.S)
    found = re.findall(r"^\$ (.*?)\n(.*?)\[exit status (\d+)\]\n", block, re.M | re.S)
    return [Recorded(command=one, printed=text, status=int(status)) for one, text, status in found]


def test_the_page_records_every_step_with_and_without_an_engine() -> None:
    for heading in ("With an engine", "Without one"):
        assert COMMANDS == [one.command for one in recorded(heading)]
    with_engine = recorded("With an engine")
    assert "1 cell on docker" in with_engine[5].printed
    assert "tensorflow 2.21.0" in with_engine[5].printed
    assert "no container engine answers" in recorded("Without one")[5].printed


def test_the_first_minutes_without_an_engine_go_as_they_are_recorded(
    installed: dict[str, str], tmp_path: Path
) -> None:
    programs = Path(installed["PATH"].split(":")[0])
    here = tmp_path / "there"  # as on the page: a suite without a name has its folder's
    here.mkdir()
    environment = {
        **newcomer(programs, tmp_path / "home"),
        "DOCKER_HOST": f"unix://{tmp_path}/no-engine.sock",
        "HARNESS_DOWNLOAD": "0",
    }
    done = list(record(here, environment, IMAGE))
    page = recorded("Without one")
    told = "\n".join(one.text() for one in done)
    for now, then in zip(done, page, strict=True):
        assert then.command == now.command
        if "host:python3" not in now.command and now is not done[3]:
            # What this host's own Python is found to be decides the other two.
            assert then.status == now.status, told
    for exactly in (0, 1, 2, 4):
        assert page[exactly].printed == done[exactly].printed, told
    assert "no container engine answers" in done[5].printed
    assert (here / "run.jsonl").is_file()
