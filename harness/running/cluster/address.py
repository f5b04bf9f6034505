"""What `--executor` names: the address of a Ray cluster, and whether its head can be there.

Ray itself waits minutes for an address at which it is not, and fills the terminal with its own log
meanwhile: it is asked only where something listens that speaks as it does.
"""

from __future__ import annotations

import os
import socket

from harness.errors import InfrastructureError, UsageError

PREFIX = "ray"
_SCHEME = "ray://"
_LISTENS_S = 10.0
_MOST = 65535
_HERE = "auto"
_VARIABLE = "RAY_ADDRESS"
"""Ray's own: the cluster that is meant where none is named."""
_TLS = "RAY_USE_TLS"
"""Ray's own, too: its heads speak TLS, and say nothing to whoever does not."""
_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes((0, 0, 0, 4, 0, 0, 0, 0, 0))
"""How a client begins in HTTP/2 (RFC 9113, 3.4), with a frame of settings that has none."""
_HEAD_BYTES, _SETTINGS = 9, 4
REMEDY = (
    "start one with `ray start --head` on this machine, or join it here with "
    "`ray start --address=HOST:PORT`; a run is started on a node of its cluster"
)


def cluster_address(executor: str) -> str:
    """What Ray calls the cluster that `ray` or `ray://HOST:PORT` names. Raises UsageError."""
    if executor == PREFIX:
        return _HERE
    host, colon, port = executor.removeprefix(_SCHEME).rpartition(":")
    named = executor.startswith(_SCHEME) and host and colon and port.isascii() and port.isdecimal()
    if not named or not 0 < int(port) <= _MOST:
        raise UsageError(
            f"there is no executor {executor!a:.80}",
            remedy="take local, ray (the cluster this machine is a node of) or ray://HOST:PORT, "
            "which `ray start --head` prints",
        )
    return f"{host}:{port}"


def check_listens(address: str) -> None:
    """InfrastructureError where nothing listens at a cluster's address, or something that does not
    speak as Ray does. What `auto` finds is Ray's to know, unless its variable names an address."""
    if address == _HERE:
        address = os.environ.get(_VARIABLE, "")
    host, colon, port = address.rpartition(":")
    if not colon or not port.isdecimal():
        return
    try:
        with socket.create_connection((host.strip("[]"), int(port)), timeout=_LISTENS_S) as there:
            why = "" if os.environ.get(_TLS, "0") != "0" else _refusal(there)
    except (OSError, OverflowError) as error:
        why = getattr(error, "strerror", None) or str(error)
    if why:
        raise InfrastructureError(f"no Ray cluster answers at {address}: {why}", remedy=REMEDY)


def _refusal(there: socket.socket) -> str:
    """Why it is no head of a cluster that listens; empty where it may be one: it speaks HTTP/2,
    as gRPC does, and begins with the frame that says its settings."""
    there.settimeout(_LISTENS_S)
    there.sendall(_PREFACE)
    head = b""
    while len(head) < _HEAD_BYTES and (got := there.recv(_HEAD_BYTES - len(head))):
        head += got
    if len(head) == _HEAD_BYTES and head[3] == _SETTINGS:
        return ""
    return "what listens there is no head of a Ray cluster (which is at port 6379 by default)"
