"""The address of the Ray cluster that `--executor` names, and a check that something answers there.

If no cluster is at the address, Ray itself waits for minutes and fills the terminal with its log.
So Ray is called only if what listens there speaks its protocol.
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
"""Ray's own variable: the cluster to use if none is named."""
_TLS = "RAY_USE_TLS"
"""Ray's own variable, too: with it, heads of clusters speak TLS and do not answer anything else."""
_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes((0, 0, 0, 4, 0, 0, 0, 0, 0))
"""The beginning of an HTTP/2 connection (RFC 9113, 3.4), with an empty SETTINGS frame."""
_HEAD_BYTES, _SETTINGS = 9, 4
REMEDY = (
    "start one with `ray start --head` on this machine, or join it here with "
    "`ray start --address=HOST:PORT`; a run is started on a node of its cluster"
)


def cluster_address(executor: str) -> str:
    """Return Ray's address for the cluster that `ray` or `ray://HOST:PORT` names. Raises
    UsageError."""
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
    """Raise InfrastructureError unless something that speaks Ray's protocol listens at an address.

    For `auto`, only the address in Ray's variable is checked; otherwise Ray finds the cluster by
    itself.
    """
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
    """Return why what listens is not the head of a cluster; empty if it may be one.

    A head speaks HTTP/2, as gRPC does, and begins with a SETTINGS frame.
    """
    there.settimeout(_LISTENS_S)
    there.sendall(_PREFACE)
    head = b""
    while len(head) < _HEAD_BYTES and (got := there.recv(_HEAD_BYTES - len(head))):
        head += got
    if len(head) == _HEAD_BYTES and head[3] == _SETTINGS:
        return ""
    return "what listens there is no head of a Ray cluster (which is at port 6379 by default)"
