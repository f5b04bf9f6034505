"""One HTTP request to an untrusted server, bounded in time and size whatever the server sends.

The timeout of the standard library's client holds for each read, so a server that sends one byte a
second keeps it busy for days. Here a watchdog ends the connection at the deadline.
"""

from __future__ import annotations

import http.client
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

ANSWER_BYTES = 1024**2
"""Most bytes that are read of an answer's body; `WebAnswer.whole` is false if there were more."""
_CHUNK = 1 << 16
_LINE = 200


@dataclass(frozen=True, kw_only=True, slots=True)
class WebRequest:
    """An HTTP request."""

    method: str = "GET"
    path: str = "/"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    filler: int = 0
    """Number of zero bytes between `body` and `after`."""
    after: bytes = b""

    @property
    def length(self) -> int:
        """Length of the request's body in bytes."""
        return len(self.body) + self.filler + len(self.after)

    def pieces(self) -> Iterator[bytes]:
        """Yield the request's body in pieces, so that a large one is never held in memory."""
        yield self.body
        left = self.filler
        while left:
            piece = bytes(min(left, _CHUNK))
            left -= len(piece)
            yield piece
        yield self.after


@dataclass(frozen=True, kw_only=True, slots=True)
class WebAnswer:
    """An HTTP response."""

    status: int
    body: bytes = b""
    whole: bool = True
    """False if the body was longer than what was read."""
    content_type: str = ""
    seconds: float = 0.0
    """Time from before the connection to after the last byte that was read."""


class NotAnswered(Exception):
    """No HTTP answer came. The text says what happened; it continues a sentence that begins with
    the server's name."""

    def __init__(self, told: str, *, refused: bool = False) -> None:
        super().__init__(told)
        self.refused = refused
        """Whether the connection was refused, or ended before the first byte of an answer."""


def ask(
    host: str, port: int, request: WebRequest, *, within_s: float, most: int = ANSWER_BYTES
) -> WebAnswer:
    """Send one request over a connection of its own, and return the answer.

    At most `within_s` seconds and `most` bytes of the body. Raises NotAnswered.
    """
    began = time.monotonic()
    connection = http.client.HTTPConnection(host, port, timeout=within_s)
    with ended_after(within_s, lambda: connection.sock) as late:
        try:
            return _asked(connection, request, most, began, late)
        except (OSError, http.client.HTTPException, ValueError) as error:
            if late.is_set() or isinstance(error, TimeoutError):
                raise NotAnswered(f"gave no whole answer within {within_s:g} s") from None
            raise _told(error) from error
        finally:
            connection.close()


@contextmanager
def ended_after(
    seconds: float, connection: Callable[[], socket.socket | None]
) -> Iterator[threading.Event]:
    """End a connection after `seconds`, whatever the other side does, unless the block ends first.

    The event is set when that has happened.
    """
    late = threading.Event()

    def end() -> None:
        late.set()
        if (own := connection()) is not None:
            with suppress(OSError):
                own.shutdown(socket.SHUT_RDWR)

    watchdog = threading.Timer(seconds, end)
    watchdog.daemon = True
    watchdog.start()
    try:
        yield late
    finally:
        watchdog.cancel()


def _asked(
    connection: http.client.HTTPConnection,
    request: WebRequest,
    most: int,
    began: float,
    late: threading.Event,
) -> WebAnswer:
    with suppress(BrokenPipeError, ConnectionResetError):
        # A server may answer and close the connection before it has read the whole request.
        _send(connection, request)
    answer = connection.getresponse()
    body = answer.read(most + 1)
    if late.is_set():
        raise TimeoutError
    if len(body) <= most and answer.length:
        raise http.client.IncompleteRead(body, answer.length)
    return WebAnswer(
        status=answer.status,
        body=body[:most],
        whole=len(body) <= most,
        content_type=(answer.getheader("Content-Type") or "")[:_LINE],
        seconds=time.monotonic() - began,
    )


def _send(connection: http.client.HTTPConnection, request: WebRequest) -> None:
    connection.putrequest(request.method, request.path, skip_accept_encoding=True)
    headers = {"Connection": "close", "Accept": "*/*", "User-Agent": "harness", **request.headers}
    if request.length or request.method in ("POST", "PUT", "PATCH"):
        headers.setdefault("Content-Length", str(request.length))
    for name, value in headers.items():
        connection.putheader(name, value)
    connection.endheaders()
    for piece in request.pieces():
        if piece:
            connection.send(piece)


def _told(error: Exception) -> NotAnswered:
    match error:
        case ConnectionRefusedError():
            return NotAnswered("refused the connection", refused=True)
        case http.client.RemoteDisconnected() | ConnectionResetError() | BrokenPipeError():
            return NotAnswered("ended the connection without an answer", refused=True)
        case http.client.IncompleteRead():
            return NotAnswered("ended the connection in the middle of its answer")
        case http.client.HTTPException() | ValueError():
            return NotAnswered("answered with what is no HTTP")
    return NotAnswered(f"could not be asked: {getattr(error, 'strerror', None) or error!s:.100}")


def form_with_file(field_name: str, content: bytes, filler: int) -> tuple[WebRequest, str]:
    """Return a form with one file (RFC 7578) as a request, and the content type to send with it."""
    boundary = "harness-7f3c1e5a9d2b4860"
    before = (
        f"--{boundary}\r\nContent-Disposition: form-data; "
        f'name="{field_name}"; filename="file"\r\n'
        "Content-Type: application/octet-stream\r\n\r\n"
    ).encode()
    after = f"\r\n--{boundary}--\r\n".encode()
    parts = WebRequest(body=before + content, filler=filler, after=after)
    return parts, f"multipart/form-data; boundary={boundary}"
