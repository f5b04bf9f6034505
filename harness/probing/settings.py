"""The settings and time limits that cells give to probes: do the probes have them?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from harness.errors import UsageError
from harness.model import Cell, Probe


def check_settings(cells: Sequence[Cell], probes: Sequence[Probe]) -> None:
    """Refuse settings and time limits for probes or settings there are none of: all at once."""
    known = {probe.name: dict(probe.settings) for probe in probes}
    problems = []
    for cell in cells:
        for probe, chosen in cell.settings:
            problems += [
                _no_such(cell, probe, setting, known)
                for setting, _ in chosen
                if setting not in known.get(probe, {})
            ]
        problems += [
            _no_such(cell, probe, "", known) for probe, _ in cell.timeouts if probe not in known
        ]
    if problems:
        raise UsageError("\n".join(problems))


def _no_such(
    cell: Cell, probe: str, setting: str, known: Mapping[str, Mapping[str, object]]
) -> str:
    where = f"{cell.place}: cell {cell.id}" if cell.place else f"cell {cell.id}"
    if probe not in known:
        return f"{where}: there is no probe {probe!r}; there are: {', '.join(known)}"
    there = ", ".join(known[probe]) or "none"
    return f"{where}: probe {probe} has no setting {setting!r}; it has: {there}"
