"""Compare an image's metadata with what its cell promises: ports, user, volumes, command, signal.

Nothing is started. People and orchestrators who read an image's metadata rely on it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from harness.model import Fact
from harness.outside.breaches import Breaches
from harness.outside.cell import OutsideCell, here
from harness.promises import Promise
from harness.text import clean_line

_WORDS = 50
_WORD = 200
_OWN_PORT = re.compile(r"(?:localhost|127\.0\.0\.1|0\.0\.0\.0):([0-9]{1,5})\b")
_ROOT = ("", "0", "root", "0:0", "root:root")


def told(settings: Mapping[str, Any]) -> dict[str, Fact]:
    """The facts of the probe `metadata`."""
    cell = here(settings)
    return facts_of(_config(cell), cell.promise, built=cell.given.built)


def _config(cell: OutsideCell) -> Mapping[str, Any]:
    with cell.engine() as client:
        found: Any = client.inspect_image(cell.given.image)  # type: ignore[no-untyped-call]
    config: Mapping[str, Any] = found.get("Config") or {}
    return config


def facts_of(config: Mapping[str, Any], promise: Promise, *, built: bool) -> dict[str, Fact]:
    """Facts from an image's configuration, and where it contradicts the promise.

    An image that we `built` from a base declares nothing, so it is not compared.
    """
    exposed = _names(config.get("ExposedPorts"))
    volumes = _names(config.get("Volumes"))
    user = str(config.get("User") or "")[:_WORD]
    health = config.get("Healthcheck") or {}
    facts: dict[str, Fact] = {
        "metadata.exposed_ports": exposed,
        "metadata.volumes": volumes,
        "metadata.user": user,
        "metadata.command": _list(config.get("Cmd")),
        "metadata.entrypoint": _list(config.get("Entrypoint")),
        "metadata.stop_signal": str(config.get("StopSignal") or "")[:_WORD],
        "metadata.healthcheck": _list(health.get("Test") if isinstance(health, dict) else None),
    }
    if built:
        return {**facts, "metadata.differs": ()}
    differs = Breaches()
    _ports(promise, exposed, differs)
    _volumes(promise, volumes, differs)
    _user(promise, user, differs)
    starts = promise.serves or promise.logs or promise.stops_within_s
    _health(promise, facts["metadata.healthcheck"], differs)
    if promise.stops_within_s and facts["metadata.stop_signal"] in ("SIGKILL", "9"):
        differs.add("its stop signal is SIGKILL, and the cell promises to stop in order")
    own = promise.command or facts["metadata.command"] or facts["metadata.entrypoint"]
    if starts and not own:
        differs.add("the image has no command, and the cell promises what one would do")
    return {**facts, "metadata.differs": differs.told}


def _ports(promise: Promise, exposed: tuple[str, ...], differs: Breaches) -> None:
    says = {name.partition("/")[0] for name in exposed if name.partition("/")[2] in ("", "tcp")}
    promised = {str(one.port) for one in promise.serves}
    for port in sorted(says - promised, key=_number):
        differs.add(f"the image exposes port {port}, and the cell does not promise to serve it")
    for port in sorted(promised - says, key=_number):
        differs.add(f"the cell promises to serve port {port}, and the image does not expose it")


def _volumes(promise: Promise, volumes: tuple[str, ...], differs: Breaches) -> None:
    says = {name.rstrip("/") for name in volumes}
    promised = {one.path for one in promise.shares}
    for path in sorted(says - promised):
        differs.add(f"the image declares the volume {path}, and the cell does not promise it")
    # The reverse is not reported: a folder can be mounted over without being declared.


def _user(promise: Promise, user: str, differs: Breaches) -> None:
    if promise.user in ("", *_ROOT) and user in _ROOT:
        return
    if not promise.user:
        differs.add(
            f"the image runs as {user}, and the cell promises no user: it was run as nobody"
        )
    elif user.partition(":")[0] != promise.user:
        says = f"runs as {user}" if user not in _ROOT else "runs as root"
        differs.add(f"the cell promises the user {promise.user}, and the image {says}")


def _health(promise: Promise, test: Fact, differs: Breaches) -> None:
    """The ports that an image's own health check asks on itself."""
    text = " ".join(str(one) for one in test) if isinstance(test, tuple) else ""
    promised = {str(one.port) for one in promise.serves}
    for port in sorted(set(_OWN_PORT.findall(text)) - promised, key=_number):
        differs.add(f"its health check asks port {port}, and the cell does not promise to serve it")


def _number(text: str) -> tuple[int, str]:
    return (int(text) if text.isdecimal() and len(text) < 9 else 0, text)


def _names(value: object) -> tuple[str, ...]:
    names = sorted(str(one) for one in value) if isinstance(value, dict) else []
    return tuple(clean_line(one, _WORD) for one in names[:_WORDS])


def _list(value: object) -> tuple[str, ...]:
    words = value if isinstance(value, list) else []
    return tuple(clean_line(str(one), _WORD) for one in words[:_WORDS])
