"""A listener in a network of its own, which a container reaches by masquerading alone.

It has no way back to an engine's bridges: what comes with an address of theirs is never answered.
What an engine masquerades comes with the address of this host, and is.
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
    """Why there can be none on this machine; empty where there can."""
    if os.geteuid():
        return "only root can make a network namespace"
    return "" if shutil.which("ip") else "there is no `ip` (iproute2) here"


@contextmanager
def listening_elsewhere() -> Iterator[None]:
    """Something listens at ELSEWHERE while this lasts."""
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
