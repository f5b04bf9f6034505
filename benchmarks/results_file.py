"""The results file of every benchmark: its figures, the machine, and the given date."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from harness import __version__
from harness.machine.hostclass import host_class

RESULTS = Path(__file__).with_name("results")


def arguments(description: str | None) -> argparse.ArgumentParser:
    """A parser with the option for the date, which a benchmark does not take from the clock."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--date", required=True, help="the day of the measurement, YYYY-MM-DD")
    return parser


def write_result(name: str, date: str, figures: Mapping[str, Any]) -> Path:
    """Write `results/NAME.json`; returns its path."""
    host = host_class()
    machine = {
        "machine": host.machine,
        "cpu_model": host.cpu_model,
        "cores": host.cores,
        "memory_gib": host.memory_gib,
    }
    path = RESULTS / f"{name}.json"
    path.parent.mkdir(exist_ok=True)
    document = {"date": date, "harness": __version__, "machine": machine, **figures}
    path.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    return path
