"""A package index on the loopback interface that shows the state at a date, for resolving locks.

Old versions of pip know neither dates nor today's index formats. They use this index in the
simplest form (PEP 503, with data-requires-python). It filters by upload time and serves files from
the cache, into which it downloads them. So resolving fills the cache, and needs no certificates, no
configuration and no other network access inside the base.
"""

from __future__ import annotations

import html
import shutil
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any
from urllib.parse import unquote

from harness.distributions.cache import DistributionCache
from harness.distributions.index import IndexFile, PackageIndex, python_allows
from harness.errors import HarnessError
from harness.moments import last_moment, moment_of


class _Server(ThreadingHTTPServer):
    """Ignores clients that hang up: pip does so once it has seen enough of a file."""

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class DatedIndex:
    """Serves `index` as it was at the end of the day `as_of`, or at that moment (ISO 8601; if
    empty, now).

    `python` is the full version of the interpreter that asks: files that exclude it are not listed,
    because old versions of pip do not check that. It is a context manager that serves inside
    `with`.
    """

    def __init__(
        self, index: PackageIndex, cache: DistributionCache, *, as_of: str, python: str
    ) -> None:
        self._index = index
        self._cache = cache
        self._as_of = as_of
        self._python = python
        self._offered: dict[str, IndexFile] = {}
        self.errors: list[str] = []

    def __enter__(self) -> DatedIndex:
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                outer._answer(self)

            def log_message(self, *args: object) -> None:
                pass

        self._server = _Server(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def url(self) -> str:
        host, port = self._server.server_address[:2]
        return f"http://{host!s}:{port}/simple/"

    def offered(self, filename: str) -> IndexFile | None:
        """The file served under this name."""
        return self._offered.get(filename)

    def listing(self, project: str) -> tuple[IndexFile, ...]:
        """A project's files that exist at the date, suit the interpreter, and are not yanked."""
        end = last_moment(self._as_of) if self._as_of else None
        return tuple(
            file
            for file in self._index.files(project)
            if not file.yanked
            # A file without an upload time in the index is kept: nothing shows that it came later.
            and (end is None or (came := moment_of(file.uploaded)) is None or came <= end)
            and python_allows(file.requires_python, self._python)
        )

    def _answer(self, request: BaseHTTPRequestHandler) -> None:
        parts = [unquote(part) for part in request.path.split("?")[0].strip("/").split("/")]
        try:
            if len(parts) == 2 and parts[0] == "simple":
                self._page(request, parts[1])
            elif len(parts) == 3 and parts[0] == "files":
                self._file(request, parts[2])
            else:
                self._send(request, 404, b"")
        except HarnessError as error:
            self.errors.append(error.message)
            self._send(request, 502, error.message.encode())

    def _page(self, request: BaseHTTPRequestHandler, project: str) -> None:
        files = self.listing(project)
        lines = ["<!DOCTYPE html><html><body>"]
        for file in files:
            self._offered[file.filename] = file
            requires = html.escape(file.requires_python)
            mark = f' data-requires-python="{requires}"' if requires else ""
            lines.append(
                f'<a href="/files/{file.sha256}/{file.filename}#sha256={file.sha256}"{mark}>'
                f"{file.filename}</a><br/>"
            )
        lines.append("</body></html>")
        self._send(request, 200 if files else 404, "\n".join(lines).encode())

    def _file(self, request: BaseHTTPRequestHandler, filename: str) -> None:
        file = self._offered.get(filename)
        if file is None:
            self._send(request, 404, b"")
            return
        path = self._cache.admit(file.sha256, lambda write: self._index.fetch(file, write))
        request.send_response(200)
        request.send_header("Content-Type", "application/octet-stream")
        request.send_header("Content-Length", str(path.stat().st_size))
        request.end_headers()
        with path.open("rb") as source:
            shutil.copyfileobj(source, request.wfile, 1 << 20)

    @staticmethod
    def _send(request: BaseHTTPRequestHandler, status: int, body: bytes) -> None:
        request.send_response(status)
        request.send_header("Content-Type", "text/html; charset=utf-8")
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)
