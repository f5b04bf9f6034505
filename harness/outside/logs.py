"""Check whether a log can be followed while a container works, agrees with standard output, and
still exists when the container has ended."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from docker import APIClient

from harness.engines.oci.connection import engine_errors
from harness.engines.oci.started import NotStarted
from harness.model import Fact
from harness.outside.archives import MOST, fetch, size_of
from harness.outside.breaches import Breaches
from harness.outside.cell import OutsideCell, here
from harness.outside.executing import execute
from harness.outside.watching import has_ended, printed, until_ended
from harness.promises import Followed
from harness.text import clean_line

_POLL_S = 0.1
_STOP_S = 10
_SHOWN = 100
STREAM = "standard output"


def followed(settings: Mapping[str, Any]) -> dict[str, Fact]:
    """The facts of the probe `logs`."""
    cell = here(settings)
    broken = Breaches()
    facts: dict[str, Fact] = {}
    with cell.engine() as client:
        for number, one in enumerate(cell.promise.logs, 1):
            facts |= _one(cell, client, one, f"logs.{number}", broken)
    return {**facts, "logs.broken": broken.told}


@dataclass(frozen=True, kw_only=True, slots=True)
class Growth:
    """What was observed of a log while its container ran."""

    appeared: float | None = None
    """Seconds from the start until it had any content; None if it never had."""
    grew: float | None = None
    """Seconds until it had more content than at first; None if it did not grow."""
    size: int = 0
    """Bytes when it was last looked at."""
    ended: str = ""
    """How the container ended meanwhile; empty if it kept running."""


def _one(
    cell: OutsideCell, client: APIClient, one: Followed, stem: str, broken: Breaches
) -> dict[str, Fact]:
    name = one.file or STREAM
    facts: dict[str, Fact] = {f"{stem}.name": name}
    try:
        with cell.container(client, cell.given.command) as made:
            container = made.get_container_id()
            growth = _watched(cell, client, container, one)
            _told(cell, one, growth, broken)
            seen = _second_shell(cell, client, container, one, growth, broken)
            _ended(client, container, one, growth, broken)
            budget = cell.given.profile.output_bytes
            text, whole = printed(client, container, budget, errors=not one.file)
            if one.file:
                file = fetch(client, container, one.file)
                if file is None:
                    broken.add(name, "it cannot be fetched when the container has ended")
                    return facts
                facts[f"{stem}.owner"] = f"{file.uid}:{file.gid}"
                _compared(one, file.content.decode("utf-8", "replace"), text, broken)
                text, whole = file.content.decode("utf-8", "replace"), file.whole
                if seen is not None:
                    facts[f"{stem}.seen_in_second_shell"] = len(seen)
                    _stands_in(one, seen, text, broken)
            if one.contains and one.contains not in text:
                more = "" if whole else f", in the first {MOST} bytes"
                broken.add(name, f"{clean_line(one.contains, _SHOWN)!a} is not in it{more}")
    except NotStarted as error:
        broken.add(name, f"the container cannot be started: {error}")
        return facts
    facts[f"{stem}.bytes"] = len(text)
    facts[f"{stem}.grows"] = growth.grew is not None
    if growth.appeared is not None:
        facts[f"{stem}.appeared_after"] = round(growth.appeared, 1)
    return facts


def _watched(cell: OutsideCell, client: APIClient, container: str, one: Followed) -> Growth:
    """Watch a log until it has grown, its container ends, or nothing arrives for too long."""
    began = time.monotonic()
    appeared: float | None = None
    first = size = 0
    since = began
    while True:
        now = time.monotonic()
        # Ask for the end first, so that everything written before it is seen afterwards.
        ended = has_ended(client, container)
        size = _size(cell, client, container, one)
        if size and appeared is None:
            appeared, first, since = now - began, size, now
        elif appeared is not None and size > first and ended is None:
            return Growth(appeared=appeared, grew=now - began, size=size)
        if ended is not None:
            return Growth(appeared=appeared, size=size, ended=ended.told)
        if now - since > one.within_s:
            return Growth(appeared=appeared, size=size)
        time.sleep(_POLL_S)


def _size(cell: OutsideCell, client: APIClient, container: str, one: Followed) -> int:
    if one.file:
        return size_of(client, container, one.file) or 0
    text, _ = printed(client, container, cell.given.profile.output_bytes)
    return len(text)


def _told(cell: OutsideCell, one: Followed, growth: Growth, broken: Breaches) -> None:
    name = one.file or STREAM
    if growth.appeared is None:
        how = f"the container ended ({growth.ended})" if growth.ended else f"{one.within_s:g} s"
        broken.add(name, f"it does not appear: nothing is in it after {how}{_hint(cell, one)}")
    elif growth.grew is None and growth.ended:
        broken.add(name, f"it was not seen to grow before the container ended ({growth.ended})")
    elif growth.grew is None:
        broken.add(
            name,
            f"it stopped growing: {growth.size} bytes for {one.within_s:g} s, and the container "
            "runs on",
        )


def _second_shell(
    cell: OutsideCell,
    client: APIClient,
    container: str,
    one: Followed,
    growth: Growth,
    broken: Breaches,
) -> str | None:
    """The content of the file as a second shell in the running container shows it; None if it was
    not asked."""
    if not one.second_shell or growth.grew is None:
        return None
    command = cell.given.filled(one.second_shell)
    said = execute(client, container, command, MOST)
    if said.exit != 0:
        shown = clean_line(" ".join(command), _SHOWN)
        how = "the container had ended" if said.exit is None else f"exit status {said.exit}"
        last = clean_line(said.text.strip().rpartition("\n")[2], _SHOWN)
        broken.add(one.file, f"it cannot be watched by `{shown}` ({how}){f': {last}' * bool(last)}")
        return None
    return said.text


def _stands_in(one: Followed, seen: str, text: str, broken: Breaches) -> None:
    if not seen.strip():
        broken.add(one.file, "a second shell shows none of it while it grows")
    elif seen.strip() not in text:
        first = clean_line(seen.strip().partition("\n")[0], _SHOWN)
        broken.add(one.file, f"a second shell showed {first!a}, which is not in it")


def _hint(cell: OutsideCell, one: Followed) -> str:
    shared = any(one.file.startswith(f"{share.path}/") for share in cell.promise.shares)
    if not one.file or shared or cell.given.profile.writable:
        return ""
    return (
        "; the root file system is read-only: `profile: {writable: true}`, or share its folder "
        "(`shares`)"
    )


def _ended(
    client: APIClient, container: str, one: Followed, growth: Growth, broken: Breaches
) -> None:
    """Wait for the promised end, or stop the container."""
    if growth.ended:
        return
    if one.ends and growth.grew is not None:
        ended = until_ended(client, container, one.within_s)
        if ended is not None:
            if ended.exit:
                broken.add(one.file or STREAM, f"the command ended with {ended.told}")
            return
        broken.add(one.file or STREAM, f"the command runs on after {one.within_s:g} s")
    with engine_errors("stopping a container"):
        client.stop(container, timeout=_STOP_S)


def _compared(one: Followed, file: str, stream: str, broken: Breaches) -> None:
    """Compare the numbers in the file with those on standard output."""
    if not one.numbers:
        return
    ours, theirs = re.findall(one.numbers, file), re.findall(one.numbers, stream)
    if not ours:
        broken.add(one.file, f"no number in it is found by {clean_line(one.numbers, _SHOWN)}")
        return
    for number, (mine, other) in enumerate(zip(ours, theirs, strict=False), 1):
        if mine != other:
            there, here_ = clean_line(other, 40), clean_line(mine, 40)
            broken.add(one.file, f"number {number} is {here_}, and {there} on standard output")
            return
    if len(ours) != len(theirs):
        broken.add(one.file, f"it has {len(ours)} numbers, standard output {len(theirs)}")
