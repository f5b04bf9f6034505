"""A listener in a network of its own, which a container can reach only through masquerading.

The listener has no route back to an engine's bridges, so it cannot answer a connection from their
addresses. A connection that an engine masquerades has this host's address, and is answered.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from secrets import token_hex

from tests.real.service_in_image import ELSEWHERE

_HERE = "10.213.77.1"


def why_not() -> str:
    """Why this machine cannot have one; empty if it can."""
    if os.geteuid():
        return "only root can make a network namespace"
    return "" if shutil.which("ip") else "there is no `ip` (iproute2) here"


@contextmanager
def listening_elsewhere() -> Iterator[None]:
    """A listener at ELSEWHERE, for as long as the context lasts."""
    name = token_hex(3)
    space, host, there = f"harness-{name}", f"hv{name}", f"hp{name}"
    with ExitStack() as stack:
        _ip("netns", "add", space)
        stack.callback(_ip, "netns", "delete", space)
        _ip("link", "add", host, "type", "veth", "peer", "name", there, "netns", space)
        _ip("address", "add", f"{_HERE}/24", "dev", host)
        _ip("link", "set", host, "up")
        _ip("-n", space, "address", "add", f"{ELSEWHERE[0]}/24", "dev", there)
        _ip("-n", space, "link", "set", there, "up")
        listener = subprocess.Popen(
            ["ip", "netns", "exec", space, sys.executable, "-c", _LISTEN], stdout=subprocess.PIPE
        )
        stack.callback(_end, listener)
        assert listener.stdout is not None
        assert b"listening" in listener.stdout.readline()
        yield


_LISTEN = f"""
import socket
listener = socket.create_server({ELSEWHERE!r})
print("listening", flush=True)
while True:
    listener.accept()[0].close()
"""


def _end(listener: subprocess.Popen[bytes]) -> None:
    listener.kill()
    listener.wait()
    if listener.stdout is not None:
        listener.stdout.close()


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True)
