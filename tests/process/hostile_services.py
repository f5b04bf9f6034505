"""Services on loopback that behave as a test wants: right, wrong, slow, endless, dead."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Squares(BaseHTTPRequestHandler):
    """Answers the square of a number; what is no number gets a 400."""

    def do_GET(self) -> None:
        self._answer(200, {"service": "squares"})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        try:
            number = json.loads(body)["number"]
            self._answer(200, {"square": number * number})
        except (ValueError, TypeError, KeyError):
            self._answer(400, {"error": "send a number"})

    def _answer(self, status: int, value: object) -> None:
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def squares() -> Iterator[int]:
    """A service that does what it should; its port."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Squares)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


Behaviour = Callable[[socket.socket, threading.Event], None]
"""What is done with each connection, until the event."""


@contextmanager
def behaving(behaviour: Behaviour) -> Iterator[int]:
    """A service that treats every connection so; its port."""
    over = threading.Event()
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(0.05)
    threads: list[threading.Thread] = []

    def treat(connection: socket.socket) -> None:
        with connection, suppress(OSError):
            connection.settimeout(5)
            behaviour(connection, over)

    def serve() -> None:
        while not over.is_set():
            try:
                connection, _ = listener.accept()
            except TimeoutError:
                continue
            threads.append(threading.Thread(target=treat, args=(connection,)))
            threads[-1].start()

    server = threading.Thread(target=serve)
    server.start()
    try:
        yield listener.getsockname()[1]
    finally:
        over.set()
        server.join()
        listener.close()
        for thread in threads:
            thread.join()


def slow_body(connection: socket.socket, over: threading.Event) -> None:
    """A byte now and then, for ever."""
    connection.recv(1000)
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    while not over.wait(0.02):
        connection.sendall(b"x")


def slow_head(connection: socket.socket, over: threading.Event) -> None:
    """Its status line never ends."""
    connection.recv(1000)
    connection.sendall(b"HTTP/1.1 200 ")
    while not over.wait(0.02):
        connection.sendall(b"O")


def endless_head(connection: socket.socket, over: threading.Event) -> None:
    """Headers without end."""
    connection.recv(1000)
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    while not over.is_set():
        connection.sendall(b"X-More: y\r\n" * 100)


def endless_body(connection: socket.socket, over: threading.Event) -> None:
    """As much as anybody reads."""
    connection.recv(1000)
    connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    while not over.is_set():
        connection.sendall(b"x" * 65536)


def silent(connection: socket.socket, over: threading.Event) -> None:
    """Takes the request and says nothing."""
    over.wait(60)


def hangs_up(connection: socket.socket, over: threading.Event) -> None:
    """Ends every connection at once."""


def other_language(connection: socket.socket, over: threading.Event) -> None:
    """Speaks, but no HTTP."""
    connection.recv(1000)
    connection.sendall(b"\x15\x03\x01\x00\x02\x02\x16 220 smtp ready\r\n")


def half(connection: socket.socket, over: threading.Event) -> None:
    """Less than it announced."""
    connection.recv(1000)
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhal")


def refuses_early(connection: socket.socket, over: threading.Event) -> None:
    """Says 413 before it has read everything, and reads on a little."""
    connection.recv(1000)
    connection.sendall(b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n")
    connection.shutdown(socket.SHUT_WR)
    while connection.recv(1 << 20):
        pass
