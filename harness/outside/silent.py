"""Explain why a promised port is not ready: what was seen while waiting, and which sockets the
container listens on."""

from __future__ import annotations

from harness.outside.cell import OutsideCell
from harness.outside.listening import listening_of, why_silent


def why_not_ready(cell: OutsideCell, port: int) -> str:
    """What is known about a port that is not ready, as one sentence without the port's name."""
    standing = cell.standing
    if standing is None:
        return "no container was started"
    told = standing.not_ready.get(str(port), "it is not served")
    more = _sockets(cell, standing.container, port) if standing.container else ""
    return f"{told}; {more}" if more else told


def _sockets(cell: OutsideCell, container: str, port: int) -> str:
    from docker.errors import NotFound

    with cell.engine() as client:
        try:
            state = client.inspect_container(container)["State"]
        except NotFound:
            return ""
    pid = int(state.get("Pid") or 0)
    return why_silent(port, listening_of(pid)) if state.get("Running") and pid else ""
