"""Web requests that a hostile server cannot misuse: bounded in size and time, redirects checked
before they are followed, credentials sent to one origin only. Nothing is retried or decoded here.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from socket import socket
from urllib.parse import urlencode, urljoin

from urllib3 import BaseHTTPResponse, Timeout
from urllib3.exceptions import HTTPError, ProxyError, SSLError

from harness import __version__
from harness.errors import cause_of
from harness.images.address import WebOrigin, parse_address
from harness.images.failures import RegistryUnreachable, UnsafeAddress
from harness.images.pools import cut_off, pool_for
from harness.images.secret import Secret
from harness.text import clean_line

CONNECT_S = 10.0
DEADLINE_S = 30.0
"""Default seconds for one answer, including redirects and body."""
_REDIRECTS = {301, 302, 303, 307, 308}
_MOST_REDIRECTS = 5
_CHUNK = 64 * 1024


class TransferInterrupted(RegistryUnreachable):
    """The connection ended or stalled before the answer was complete; another try may help."""


@dataclass(frozen=True, kw_only=True, slots=True)
class HttpResponse:
    """An answer; the body only as far as it was read."""

    status: int
    headers: Mapping[str, str]
    """Names are in lower case."""
    body: bytes = b""


@dataclass(frozen=True, kw_only=True, slots=True)
class HttpRequest:
    """A request, and limits for its answer."""

    url: str
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    authorization: Secret | None = None
    """Sent to the origin of `url` only."""
    form: Mapping[str, str] | None = None
    redirects: bool = True
    limit: int
    """Bytes of body at most."""
    deadline_s: float = DEADLINE_S
    """Seconds for the whole answer."""


@dataclass(kw_only=True)
class Transport:
    """Sends requests to one registry, and to the servers it redirects to."""

    registry: WebOrigin
    environment: Mapping[str, str] = field(default_factory=lambda: os.environ)
    requests: int = 0
    """Requests sent so far, including redirects."""
    received: int = 0
    """Bytes of bodies received so far."""

    def ask(self, request: HttpRequest) -> HttpResponse:
        """Get the whole answer. Raises RegistryUnreachable, TransferInterrupted, UnsafeAddress."""
        with self.opened(request) as (answer, chunks):
            return HttpResponse(status=answer.status, headers=answer.headers, body=b"".join(chunks))

    @contextmanager
    def opened(self, request: HttpRequest) -> Iterator[tuple[HttpResponse, Iterator[bytes]]]:
        """An answer whose body is read as it comes. Raises as `ask`, also during reading."""
        sockets: list[socket] = []
        with cut_off(sockets, request.deadline_s):
            answer, response = self._follow(request, sockets)
            try:
                yield answer, self._chunks(response, answer, request)
            finally:
                response.close()

    def _follow(
        self, request: HttpRequest, sockets: list[socket]
    ) -> tuple[HttpResponse, BaseHTTPResponse]:
        """Follow redirects to the final answer, without reading its body."""
        end = time.monotonic() + request.deadline_s
        url, home = request.url, parse_address(request.url)
        for _ in range(_MOST_REDIRECTS + 1):
            origin = parse_address(url)
            headers = {"User-Agent": f"harness/{__version__}", "Accept-Encoding": "identity"}
            headers |= request.headers
            if request.form:
                headers["Content-Type"] = "application/x-www-form-urlencoded"
            if request.authorization and origin == home:
                headers["Authorization"] = request.authorization.reveal()
            response = self._send(request, url, headers, sockets, end)
            found = {name.lower(): value[:8192] for name, value in response.headers.items()}
            answer = HttpResponse(status=response.status, headers=found)
            if response.status not in _REDIRECTS or not request.redirects:
                return answer, response
            response.close()
            url = self._next(url, origin, found.get("location", ""))
        raise RegistryUnreachable(f"{home} redirects more than {_MOST_REDIRECTS} times")

    def _next(self, url: str, origin: WebOrigin, location: str) -> str:
        target = urljoin(url, location)
        onward = parse_address(target)
        if onward.scheme != "https" and origin.scheme == "https":
            raise UnsafeAddress(f"{origin} redirects to {onward}, without TLS")
        if onward != self.registry:
            onward.refuse_inward(self.registry)
        return target

    def _send(
        self,
        request: HttpRequest,
        url: str,
        headers: dict[str, str],
        sockets: list[socket],
        end: float,
    ) -> BaseHTTPResponse:
        origin = parse_address(url)

        def connected(one: socket) -> None:
            sockets.append(one)
            if origin != self.registry:
                origin.refuse_inward(self.registry, str(one.getpeername()[0]))

        pool, proxy = pool_for(origin.scheme, origin.host, self.environment, connected)
        left = max(0.1, end - time.monotonic())
        self.requests += 1
        try:
            return pool.request(
                request.method,
                url,
                headers=headers,
                body=urlencode(request.form) if request.form else None,
                redirect=False,
                retries=False,
                preload_content=False,
                decode_content=False,
                timeout=Timeout(connect=min(CONNECT_S, left), read=left),
            )
        except (HTTPError, OSError, ValueError) as error:
            raise _unreachable(error, origin, proxy) from error

    def _chunks(
        self, response: BaseHTTPResponse, answer: HttpResponse, request: HttpRequest
    ) -> Iterator[bytes]:
        """Yield the body in pieces. Raises TransferInterrupted if it stops early or takes too long,
        RegistryUnreachable if it is longer than allowed."""
        where = parse_address(request.url)
        due = answer.headers.get("content-length", "")
        seen = 0
        try:
            while chunk := response.read1(_CHUNK):
                seen += len(chunk)
                self.received += len(chunk)
                if seen > request.limit:
                    raise RegistryUnreachable(
                        f"{where} sends more than {request.limit} bytes where less is due",
                        remedy="this is no registry, or a hostile one",
                    )
                yield chunk
        except (HTTPError, OSError, ValueError) as error:
            raise TransferInterrupted(f"{where} stopped in the middle: {_why(error)}") from error
        if request.method != "HEAD" and due.isdigit() and seen < int(due):
            raise TransferInterrupted(f"{where} stopped after {seen} of {due} bytes")


def _unreachable(error: Exception, origin: WebOrigin, proxy: str) -> RegistryUnreachable:
    if proxy and (isinstance(error, ProxyError) or "tunnel" in str(error).lower()):
        return RegistryUnreachable(
            f"the proxy {clean_line(proxy, 100)} does not lead to {origin}: {_why(error)}",
            remedy="look at HTTPS_PROXY, HTTP_PROXY and NO_PROXY",
        )
    if isinstance(error, SSLError):
        return RegistryUnreachable(
            f"{origin} is not trusted: {_why(error)}",
            remedy="name the certificates of your network in SSL_CERT_FILE",
        )
    return TransferInterrupted(
        f"{origin} does not answer: {_why(error)}",
        remedy="look at the network; --archive FILE checks an image in a file without a registry",
    )


def _why(error: BaseException) -> str:
    return clean_line(cause_of(error), 160)
