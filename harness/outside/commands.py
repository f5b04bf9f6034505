"""Check whether a container stops in time when asked to, and whether other commands work in it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from docker import APIClient

from harness.engines.oci.connection import engine_errors
from harness.engines.oci.containers import kill
from harness.engines.oci.started import NotStarted
from harness.model import Fact
from harness.outside.breaches import Breaches
from harness.outside.cell import OutsideCell, here
from harness.outside.watching import printed, under_way, until_ended
from harness.promises import OtherCommand
from harness.text import clean_line

_SIGNAL = "SIGTERM"
_OUTPUT = 1 << 18
_SHOWN = 200
_SHELLS = {"sh", "bash", "dash", "ash"}


def worked(settings: Mapping[str, Any]) -> dict[str, Fact]:
    """The facts of the probe `command`."""
    cell = here(settings)
    broken = Breaches()
    facts: dict[str, Fact] = {}
    with cell.engine() as client:
        if cell.promise.stops_within_s:
            facts |= _stopped(cell, client, broken)
        for number, other in enumerate(cell.promise.runs, 1):
            facts |= _other(cell, client, other, f"command.{number}", broken)
    return {**facts, "command.broken": broken.told}


def _stopped(cell: OutsideCell, client: APIClient, broken: Breaches) -> dict[str, Fact]:
    config = _config(client, cell.given.image)
    signal = str(config.get("StopSignal") or _SIGNAL)[:40]
    within = cell.promise.stops_within_s
    facts: dict[str, Fact] = {"command.stop_signal": signal}
    try:
        with under_way(cell, client) as (made, why):
            container = made.get_container_id()
            if why:
                broken.add("its own command", f"it could not be asked to stop: {why}")
                return facts
            with engine_errors("asking a container to stop"):
                client.kill(container, signal=signal)
            ended = until_ended(client, container, within)
            if ended is None:
                kill(client, container)
    except NotStarted as error:
        broken.add("its own command", f"it cannot be started: {error}")
        return facts
    facts["command.stops"] = ended is not None
    if ended is None:
        shell = _through_a_shell(config, cell.given.command)
        hint = (
            "; its first process is a shell, which passes no signal on: write the command as a "
            "list of words, or begin it with `exec`"
            if shell
            else "; the first process of a container ignores signals that it does not handle"
        )
        broken.add("its own command", f"it still runs {within:g} s after {signal}{hint}")
    else:
        facts["command.stop_seconds"] = round(ended.seconds, 3)
        facts["command.stop_exit"] = ended.exit
    return facts


def _config(client: APIClient, image: str) -> Mapping[str, Any]:
    with engine_errors("reading an image's configuration"):
        found: Any = client.inspect_image(image)  # type: ignore[no-untyped-call]
    config: Mapping[str, Any] = found.get("Config") or {}
    return config


def _through_a_shell(config: Mapping[str, Any], command: tuple[str, ...]) -> bool:
    first = [*(config.get("Entrypoint") or ()), *(command or config.get("Cmd") or ())]
    return bool(first) and str(first[0]).rpartition("/")[2] in _SHELLS


def _other(
    cell: OutsideCell, client: APIClient, other: OtherCommand, stem: str, broken: Breaches
) -> dict[str, Fact]:
    command = cell.given.filled(other.command)
    name = clean_line(" ".join(command), _SHOWN)
    facts: dict[str, Fact] = {f"{stem}.command": name}
    try:
        with cell.container(client, command) as made:
            container = made.get_container_id()
            ended = until_ended(client, container, other.within_s)
            if ended is None:
                kill(client, container)
            text, whole = printed(client, container, _OUTPUT)
    except NotStarted as error:
        broken.add(f"`{name}`", f"it cannot be started: {error}")
        return facts
    if ended is None:
        broken.add(f"`{name}`", f"it still runs after {other.within_s:g} s")
        return facts
    facts[f"{stem}.exit"] = ended.exit
    facts[f"{stem}.run_seconds"] = round(ended.seconds, 3)
    if ended.exit != other.exits or ended.out_of_memory:
        last = [line for line in text.splitlines() if line.strip()]
        words = f"; it printed last: {clean_line(last[-1], _SHOWN)}" if last else ""
        broken.add(f"`{name}`", f"{ended.told}, but {other.exits} was promised{words}")
    elif other.prints and other.prints not in text:
        more = "" if whole else f" in the first {_OUTPUT} bytes"
        broken.add(f"`{name}`", f"{clean_line(other.prints, _SHOWN)!a} is not printed{more}")
    return facts
