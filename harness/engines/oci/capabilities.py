"""What the container engines do differently, in one table: a row each, told apart by what answers.

Everything else about them is shared. An engine reached through DOCKER_HOST is what it says it is,
whatever it was asked for as.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True, slots=True)
class Capabilities:
    """One engine's row."""

    engine: str
    """Its name here: `--engine NAME`."""
    header: str
    """What only its answers carry; empty: nothing of its own."""
    variables: tuple[str, ...]
    """Environment variables that name its address, in this order."""
    sockets: tuple[str, ...]
    """Where it usually listens, tried in this order; {runtime} is the user's XDG_RUNTIME_DIR."""
    start: str
    """How a person starts it."""
    tmpfs_owner: bool
    """Whether a tmpfs takes the options uid and gid. Podman 4.3 refuses them; its runtime gives
    a tmpfs at a path that the image does not have the mode that was asked for without them."""
    no_program: tuple[tuple[int, str], ...]
    """How its init ends that cannot start the program: exit code, and what it then prints."""
    events_by_label: bool
    """Whether a label's key alone selects events. Podman wants the value too."""
    events_break: bool
    """Whether its stream of events may end while the engine goes on. Podman 4.3's does, with
    events kept in a file."""
    tells_killer: bool
    """Whether it says why SIGKILL came: for memory, or from somebody. Podman 4.3 is silent about
    the memory of a first process, and about a container that is stopped or removed by force."""
    keeps_parents: bool
    """Whether it leaves, when asked to, what a removed image was made from. Podman 4.3 removes
    every parent that has no name and no other child."""
    lasting_id: bool
    """Whether the id it tells stays the same. Podman tells another one at every question."""
    sets_variables: tuple[str, ...]
    """Variables that it sets in every container, and would hand on to an image made of one."""
    commits_settings: bool
    """Whether a commit takes settings beside instructions. Docker needs them to set an entry point
    or a command to nothing; Podman 4.3 passes over them, and does it by instructions."""
    process_ulimit: bool
    """Whether containers need a limit on processes per user of their own. Without one, Podman
    raises the caller's to its hard limit, which a container without capabilities may not."""
    build_without_network: tuple[tuple[str, str], ...]
    """The parameters of a build whose steps have no network. Podman 4.3 takes a number (1 is
    buildah's NetworkDisabled) where Docker takes a word, and passes over the word; unless it is
    asked for a network namespace besides, its steps run in the one of the host."""
    build_with_network: tuple[tuple[str, str], ...]
    """The parameters of a build whose steps have a network, which is never the host's own."""
    tells_triggers: bool
    """Whether an image's description holds its ONBUILD instructions. Podman 4.3 leaves them out,
    and carries them out all the same."""


DOCKER = Capabilities(
    engine="docker",
    header="",
    variables=("DOCKER_HOST",),
    sockets=("/var/run/docker.sock",),
    start="start it (systemctl start docker, or dockerd)",
    tmpfs_owner=True,
    no_program=((126, ""), (127, "")),
    events_by_label=True,
    events_break=False,
    tells_killer=True,
    keeps_parents=True,
    lasting_id=True,
    sets_variables=(),
    commits_settings=True,
    process_ulimit=False,
    build_without_network=(("networkmode", "none"),),
    build_with_network=(("networkmode", "default"),),
    tells_triggers=True,
)
_OWN_NETWORK = '[{"Name": "network", "Host": false, "Path": ""}]'
PODMAN = Capabilities(
    engine="podman",
    header="Libpod-API-Version",
    variables=("CONTAINER_HOST",),
    sockets=("/run/podman/podman.sock", "{runtime}/podman/podman.sock"),
    start="start its service (systemctl start podman.socket; as a user: "
    "systemctl --user start podman.socket; anywhere: podman system service --time=0)",
    tmpfs_owner=False,
    no_program=((1, "failed to exec pid1"), (126, ""), (127, "")),
    events_by_label=False,
    events_break=True,
    tells_killer=False,
    keeps_parents=False,
    lasting_id=False,
    sets_variables=("TERM", "container"),
    commits_settings=False,
    process_ulimit=True,
    build_without_network=(("networkmode", "1"), ("nsoptions", _OWN_NETWORK)),
    build_with_network=(("networkmode", "0"), ("nsoptions", _OWN_NETWORK)),
    tells_triggers=False,
)
TABLE = (DOCKER, PODMAN)


def capabilities_of(headers: Mapping[str, str]) -> Capabilities:
    """The row of what answered, by the headers of its answer; Docker's for whatever is unknown."""
    said = {name.lower() for name in headers}
    return next((row for row in TABLE if row.header.lower() in said), DOCKER)


def address(row: Capabilities, environment: Mapping[str, str]) -> str:
    """Where that engine is to be found; a socket that is not there where none is."""
    for variable in row.variables:
        if environment.get(variable):
            return environment[variable]
    runtime = environment.get("XDG_RUNTIME_DIR", "")
    usual = [
        path.format(runtime=runtime) for path in row.sockets if runtime or "{runtime}" not in path
    ]
    there = [path for path in usual if Path(path).exists()]
    return f"unix://{(there or usual)[0]}"
