"""Connections with a check of the peer's address and a limit on their duration.

A name may resolve to any address, and to another one each time. So the peer's address is checked
once the connection is established, before anything is sent over it.
"""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cache
from socket import SHUT_RDWR, socket
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection

Connected = Callable[[socket], None]


def pool_for(
    scheme: str, host: str, environment: Mapping[str, str], connected: Connected
) -> tuple[urllib3.PoolManager, str]:
    """(a connection pool, the host of the proxy it uses, without credentials, or "").

    `connected` is called with the socket of each direct connection, before anything is sent.
    """
    bundle = environment.get("REQUESTS_CA_BUNDLE") or environment.get("CURL_CA_BUNDLE") or ""
    context = _context(bundle) if scheme == "https" else None
    proxy = getproxies().get(scheme, "")
    if not proxy or proxy_bypass(host):
        manager = urllib3.PoolManager(ssl_context=context)
        manager.pool_classes_by_scheme = _watched(connected)
        return manager, ""
    settings = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
    userinfo, _, address = settings.netloc.rpartition("@")
    headers = urllib3.make_headers(proxy_basic_auth=userinfo) if userinfo else None
    through = urllib3.ProxyManager(
        f"{settings.scheme}://{address}", proxy_headers=headers, ssl_context=context
    )
    return through, address


@contextmanager
def cut_off(sockets: list[socket], after_s: float) -> Iterator[None]:
    """Close the connections after this time.

    Timeouts of single reads are not enough: a peer that sends one byte now and then would keep
    within them forever.
    """

    def cut() -> None:
        for one in sockets:
            with suppress(OSError):
                one.shutdown(SHUT_RDWR)

    timer = threading.Timer(after_s, cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


@cache
def _context(bundle: str) -> ssl.SSLContext:
    """The certificates to trust, cached because reading them takes longer than a request."""
    return ssl.create_default_context(cafile=bundle or None)


def _watched(connected: Connected) -> dict[str, Any]:
    class Plain(HTTPConnection):
        def connect(self) -> None:
            super().connect()
            connected(self.sock)

    class Secured(HTTPSConnection):
        def connect(self) -> None:
            super().connect()
            assert self.sock is not None
            connected(self.sock)

    class PlainPool(urllib3.HTTPConnectionPool):
        ConnectionCls = Plain

    class SecuredPool(urllib3.HTTPSConnectionPool):
        ConnectionCls = Secured

    return {"http": PlainPool, "https": SecuredPool}
