"""A package index on loopback with home-made distributions and the tools that install them.

It uses no network: every file comes from the cache that runs use.
"""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from harness.distributions.cache import DistributionCache
from harness.model import Artifact


@contextmanager
def index_of(
    artifacts: Sequence[Artifact], cache: DistributionCache, uploaded: Mapping[str, str] = {}
) -> Iterator[str]:
    """The address of an index of these files. `uploaded` has upload times by file name."""

    def mark(filename: str) -> str:
        return f' data-upload-time="{uploaded[filename]}"' if filename in uploaded else ""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            kind, name = ([*self.path.strip("/").split("/"), "", ""])[:2]
            files = [one for one in artifacts if one.name == name]
            wanted = [one for one in artifacts if one.filename == name]
            if kind == "simple" and files:
                links = "".join(
                    f'<a href="/files/{one.filename}#sha256={one.sha256}"{mark(one.filename)}>'
                    f"{one.filename}</a><br/>"
                    for one in files
                )
                self._send(200, f"<!DOCTYPE html><html><body>{links}</body></html>".encode())
            elif kind == "files" and wanted:
                self._send(200, b"", len(cache.path(wanted[0].sha256).read_bytes()))
                with cache.path(wanted[0].sha256).open("rb") as source:
                    shutil.copyfileobj(source, self.wfile)
            else:
                self._send(404, b"")

        def _send(self, status: int, body: bytes, length: int | None = None) -> None:
            self.send_response(status)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body) if length is None else length))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/simple/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
