"""Check that a shared folder works in both directions, who owns what is written there, and that it
outlives the container."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from secrets import token_hex
from typing import Any

from docker import APIClient

from harness.engines.oci import LABEL
from harness.engines.oci.connection import engine_errors
from harness.engines.oci.containers import kill, remove
from harness.engines.oci.owned import new_name
from harness.engines.oci.specification import ContainerSpec, create_container
from harness.engines.oci.started import NotStarted
from harness.engines.oci.volume import make_volume, remove_volume
from harness.model import Fact, Profile
from harness.outside.archives import fetch, packed_file
from harness.outside.breaches import Breaches
from harness.outside.cell import OutsideCell, here
from harness.outside.watching import printed, until_ended
from harness.promises import SharedFolder
from harness.text import clean_line

_CARRIER = Profile(name="carrier", writable=True, relaxations=("writable=true",))
"""The profile of a container that only carries files and never starts."""
_INSIDE_S = 60.0
_OUTPUT = 1 << 16
FROM_OUTSIDE = "harness-from-outside"
FROM_INSIDE = "harness-from-inside"
_SHELL = (
    'cat "$1/harness-from-outside" && printf %s "$2" > "$1/harness-from-inside" && echo && id -u'
)
_PYTHON = (
    "import os, sys\n"
    "at, word = sys.argv[1:3]\n"
    "sys.stdout.write(open(at + '/harness-from-outside').read())\n"
    "made = open(at + '/harness-from-inside', 'w')\n"
    "made.write(word)\n"
    "made.close()\n"
    "print('\\n%d' % os.getuid())\n"
)


def round_trip(settings: Mapping[str, Any]) -> dict[str, Fact]:
    """The facts of the probe `volume`."""
    cell = here(settings)
    broken = Breaches()
    facts: dict[str, Fact] = {}
    with cell.engine() as client:
        for number, share in enumerate(cell.promise.shares, 1):
            facts |= _share(cell, client, share, f"volume.{number}", broken)
    return {**facts, "volume.broken": broken.told}


def _share(
    cell: OutsideCell, client: APIClient, share: SharedFolder, stem: str, broken: Breaches
) -> dict[str, Fact]:
    facts: dict[str, Fact] = {f"{stem}.path": share.path}
    volume = new_name()
    make_volume(client, volume, {**cell.given.labels, f"{LABEL}.kind": "volume"})
    try:
        outside, inside = token_hex(8), token_hex(8)
        owner = int(share.owner or 0)
        with _carrier(cell, client, volume, share) as carrier, engine_errors("filling a volume"):
            client.put_archive(
                carrier, share.path, packed_file(FROM_OUTSIDE, outside.encode(), owner)
            )
        user = _inside(cell, client, volume, share, (outside, inside), broken)
        facts[f"{stem}.written_inside"] = user is not None
        if user is None:
            return facts
        # The container that wrote it is gone; another one has the volume now.
        with _carrier(cell, client, volume, share) as carrier:
            found = fetch(client, carrier, f"{share.path}/{FROM_INSIDE}")
        kept = found is not None and found.content == inside.encode()
        facts[f"{stem}.persists"] = kept
        if found is None or not kept:
            broken.add(share.path, "what was written inside did not outlive the container")
            return facts
        facts[f"{stem}.owner"] = found.uid
        facts[f"{stem}.mode"] = f"{found.mode:o}"
        wanted = share.owner or user
        if str(found.uid) != wanted:
            broken.add(
                share.path,
                f"what is written inside belongs to user {found.uid}, but {wanted} was promised",
            )
    finally:
        remove_volume(client, volume)
    return facts


@contextmanager
def _carrier(
    cell: OutsideCell, client: APIClient, volume: str, share: SharedFolder
) -> Iterator[str]:
    """A container that has the volume and is never started."""
    with engine_errors("making a container for a volume"):
        carrier = create_container(
            client,
            ContainerSpec(
                image=cell.given.image,
                command=("/never-started",),
                labels=cell.given.labels,
                profile=_CARRIER,
                volume=volume,
                volume_at=share.path,
                volume_writable=True,
            ),
        )
    try:
        yield carrier
    finally:
        remove(client, carrier)


def _inside(
    cell: OutsideCell,
    client: APIClient,
    volume: str,
    share: SharedFolder,
    words: tuple[str, str],
    broken: Breaches,
) -> str | None:
    """Read inside what was written outside, and write a file. Returns the user id that wrote it;
    None if that failed."""
    outside, inside = words
    python = cell.given.interpreter
    programs: list[tuple[str, ...]] = [(python, "-c", _PYTHON)] if python else []
    programs += [("sh", "-c", _SHELL, "sh"), ("python3", "-c", _PYTHON), ("python", "-c", _PYTHON)]
    why = ""
    for program in programs:
        try:
            command = (*program, share.path, inside)
            with cell.container(client, command, alone=True, volumes={volume: share.path}) as made:
                container = made.get_container_id()
                ended = until_ended(client, container, _INSIDE_S)
                if ended is None:
                    kill(client, container)
                said, _ = printed(client, container, _OUTPUT, errors=False)
                text, _ = printed(client, container, _OUTPUT)
        except NotStarted as error:
            why = why or f"nothing could be started in it to try: {error}"
            continue
        lines = said.split("\n")
        if ended is not None and ended.exit == 0 and lines[0] == outside and lines[1:2]:
            return lines[1].strip()
        last = [line for line in text.split("\n") if line.strip()]
        words_told = f": {clean_line(last[-1], 200)}" if last else ""
        how = "it takes too long" if ended is None else ended.told
        direction = "written" if lines[0] == outside else "read"
        broken.add(share.path, f"it cannot be {direction} inside ({how}){words_told}")
        return None
    broken.add(share.path, why)
    return None
