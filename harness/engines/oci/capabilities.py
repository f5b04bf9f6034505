"""The differences between the container engines, in one table with a row for each engine.

Everything else about them is shared. The row is chosen by the engine that answers: DOCKER_HOST may
lead to Podman, whatever engine was asked for.
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
    """A header that only its answers have; empty if there is none."""
    variables: tuple[str, ...]
    """Environment variables that name its address, in this order."""
    sockets: tuple[str, ...]
    """Its usual sockets, tried in this order; {runtime} is the user's XDG_RUNTIME_DIR."""
    start: str
    """How a person starts it."""
    tmpfs_owner: bool
    """Whether a tmpfs takes the options uid and gid. Podman 4.3 refuses them; without them, its
    runtime gives a tmpfs the requested mode if the image does not have its path."""
    no_program: tuple[tuple[int, str], ...]
    """How its init ends if it cannot start the program: exit code, and what it then prints."""
    events_by_label: bool
    """Whether events can be selected by a label's key alone. Podman needs the value, too."""
    events_break: bool
    """Whether its stream of events may end while the engine goes on. Podman 4.3's does if events
    are kept in a file."""
    tells_killer: bool
    """Whether it reports why SIGKILL came: for lack of memory, or from somebody. Podman 4.3 does
    not report lack of memory of the first process, nor a container stopped or removed by force."""
    keeps_parents: bool
    """Whether it can remove an image without removing its parents. Podman 4.3 removes every parent
    that has no name and no other child."""
    lasting_id: bool
    """Whether the id in its `/info` stays the same. Podman gives a new one every time."""
    sets_variables: tuple[str, ...]
    """Variables that it sets in every container, and would pass on to an image made from one."""
    commits_settings: bool
    """Whether a commit takes settings as well as instructions. Docker needs settings to clear an
    entry point or a command; Podman 4.3 ignores them, and can clear both by instructions."""
    process_ulimit: bool
    """Whether containers need their own limit on processes per user. Without one, Podman raises the
    caller's limit to its hard limit, which a container without capabilities may not do."""
    build_without_network: tuple[tuple[str, str], ...]
    """The parameters of a build whose steps have no network. Podman 4.3 takes a number (1 is
    buildah's NetworkDisabled) where Docker takes a word, and ignores the word; its steps run in the
    host's network namespace unless a namespace is requested as well."""
    build_with_network: tuple[tuple[str, str], ...]
    """The parameters of a build whose steps have a network, which is never the host's own."""
    tells_triggers: bool
    """Whether an image's description has its ONBUILD instructions. Podman 4.3 leaves them out, but
    carries them out all the same."""


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
    """Return the row of the engine that answered with these headers; Docker's if unknown."""
    said = {name.lower() for name in headers}
    return next((row for row in TABLE if row.header.lower() in said), DOCKER)


def address(row: Capabilities, environment: Mapping[str, str]) -> str:
    """Return the address of that engine; if no usual socket exists, the first of them."""
    for variable in row.variables:
        if environment.get(variable):
            return environment[variable]
    runtime = environment.get("XDG_RUNTIME_DIR", "")
    usual = [
        path.format(runtime=runtime) for path in row.sockets if runtime or "{runtime}" not in path
    ]
    there = [path for path in usual if Path(path).exists()]
    return f"unix://{(there or usual)[0]}"
