"""Run a program in a network of its own: only a loopback that nobody else can reach.

It is also run as `python own_network.py PROGRAM ARGUMENT...`. A dockerd that is told to make no
bridge removes the one that another dockerd made, so a second one must not see that network at all.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import socket
import struct
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

_CLONE_NEWNET = 0x40000000
_SIOCGIFFLAGS, _SIOCSIFFLAGS = 0x8913, 0x8914
_IFF_UP = 1
_Made = TypeVar("_Made")


def within(process: int, make: Callable[[], _Made]) -> _Made:
    """Call `make` in the network namespace of a process; a socket stays in the one it is made
    in."""

    def enter_and_make() -> _Made:
        with Path(f"/proc/{process}/ns/net").open() as network:
            _check(_libc().setns(network.fileno(), _CLONE_NEWNET))
        return make()

    with ThreadPoolExecutor(1) as thread:  # The thread enters the network, and ends with the call.
        return thread.submit(enter_and_make).result()


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _check(status: int) -> None:
    if status:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def _leave_and_run(program: list[str]) -> None:
    _check(_libc().unshare(_CLONE_NEWNET))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        request = struct.pack("16sH14x", b"lo", 0)
        flags = struct.unpack("16sH14x", fcntl.ioctl(any_socket, _SIOCGIFFLAGS, request))[1]
        fcntl.ioctl(any_socket, _SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", flags | _IFF_UP))
    os.execvp(program[0], program)


if __name__ == "__main__":
    _leave_and_run(sys.argv[1:])
