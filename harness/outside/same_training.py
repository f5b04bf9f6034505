"""Run a standard probe in a separate container of the cell. It trains what the cell's command
claims to train, so that the two can be compared."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from secrets import token_hex
from typing import Any

from docker import APIClient

from harness import standard
from harness.engines.oci import LABEL
from harness.engines.oci.containers import kill
from harness.engines.oci.owned import new_name
from harness.engines.oci.started import NotStarted
from harness.engines.oci.volume import fill_volume, remove_volume
from harness.outside.cell import OutsideCell
from harness.outside.counted import Share
from harness.outside.watching import printed, until_ended
from harness.text import clean_line

_AT = "/harness-asked"
_WITHIN_S = 3000.0
_OUTPUT = 1 << 20
_ASK = (
    "import json, sys\n"
    "at, name, marker, settings = sys.argv[1:5]\n"
    "sys.path.insert(0, at)\n"
    "facts = __import__(name).probe(json.loads(settings))\n"
    "told = dict((key, facts['%s.%s' % (name, key)]) for key in ('test_error', 'test_images'))\n"
    "sys.stdout.write('\\n' + marker + json.dumps(told) + '\\n')\n"
)
"""Runs on every Python from 2.7 on, like probes."""


class NoAnswer(Exception):
    """The probe gave no answer; the text says why."""


def asked_in_container(
    cell: OutsideCell, client: APIClient, probe: str, settings: Mapping[str, Any]
) -> Share:
    """How many test images the training of the probe itself gets wrong. Raises NoAnswer,
    EngineError."""
    source = standard.folder("probes") / f"{probe}.py"
    if not source.is_file():
        raise NoAnswer(f"there is no standard probe {probe}")
    if not settings.get("data_dir"):
        raise NoAnswer("no data set was given")
    data = Path(settings["data_dir"])
    content = {f"data/{one.name}": one for one in sorted(data.iterdir()) if one.is_file()}
    asked = {
        "data_dir": f"{_AT}/data",
        "steps": settings.get("steps", 0),
        "epochs": settings.get("epochs", 0),
        "round": settings.get("round", 1),
    }
    marker = token_hex(16)
    python = cell.given.interpreter or "python3"
    command = (python, "-B", "-c", _ASK, _AT, probe, marker, json.dumps(asked))
    volume = new_name()
    labels = {**cell.given.labels, f"{LABEL}.kind": "volume"}
    try:
        fill_volume(client, volume, cell.given.image, {f"{probe}.py": source, **content}, labels)
        with cell.container(client, command, alone=True, volumes={volume: _AT}) as made:
            container = made.get_container_id()
            ended = until_ended(client, container, _WITHIN_S)
            if ended is None:
                kill(client, container)
            text, _ = printed(client, container, _OUTPUT)
    except NotStarted as error:
        raise NoAnswer(f"it cannot be started: {error}") from error
    finally:
        remove_volume(client, volume)
    if ended is None or ended.exit or ended.out_of_memory:
        how = f"it still runs after {_WITHIN_S:g} s" if ended is None else ended.told
        lines = [line for line in text.splitlines() if line.strip()]
        last = f"; it printed last: {clean_line(lines[-1], 200)}" if lines else ""
        raise NoAnswer(f"{how}{last}")
    return _share(text.rpartition(marker)[2].partition("\n")[0])


def _share(text: str) -> Share:
    try:
        told = json.loads(text)
        error, images = float(told["test_error"]), int(told["test_images"])
    except (ValueError, KeyError, TypeError, RecursionError, OverflowError):
        raise NoAnswer("it printed no answer") from None
    if not 0 <= error <= 1 or images <= 0:
        raise NoAnswer(f"its answer is no share: {error:g} of {images}")
    return Share(count=round(error * images), of=images)
