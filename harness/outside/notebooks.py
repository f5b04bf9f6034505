"""Check whether a Jupyter server works: its version, its token, and a kernel that runs code through
the server's own API.

REST calls are plain HTTP; the channel to the kernel is a web socket that carries messages of
Jupyter's protocol as JSON (jupyter-server and the notebook servers before it, from 4.0 on).
"""

from __future__ import annotations

import json
import re
import socket
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote
from uuid import uuid4

from websocket import WebSocket, WebSocketException, create_connection

from harness.machine.web import NotAnswered, WebAnswer, WebRequest, ended_after
from harness.model import Fact
from harness.outside.breaches import Breaches
from harness.outside.cell import LOOPBACK, OutsideCell, here
from harness.outside.kernels import NoNotebook, run_code
from harness.outside.silent import why_not_ready
from harness.promises import Notebook, Served
from harness.text import clean_line

_TOLD_URL = re.compile(
    r"(https?://(?:\([^\s()/]{1,100} or [^\s()/]{1,100}\)(?::[0-9]{1,5})?|[^\s/()]{1,200}))"
    r"(/\S{0,200}?)\?token=([0-9A-Za-z_-]{8,128})"
)
_OR = re.compile(r"\([^\s()/]{1,100} or ")
"""Notebook 5.6 and later print a choice, `http://(7c9477769ed4 or 127.0.0.1):8888/`; the first part
is the container's name, which differs each time."""
_NAMED = "(the container's name or "
_ASK_S = 30.0
_MOST = 1 << 20
_SHOWN = 200


def executed(settings: Mapping[str, Any]) -> dict[str, Fact]:
    """The facts of the probe `notebook`."""
    cell = here(settings)
    return facts_of(cell, _printed(cell))


def facts_of(cell: OutsideCell, log: str) -> dict[str, Fact]:
    """The facts of every port that promises a notebook server; `log` is the output of its
    container."""
    broken = Breaches()
    facts: dict[str, Fact] = {}
    for one in cell.promise.serves:
        if one.notebook is not None:
            facts |= _server(cell, one, one.notebook, log, broken)
    return {**facts, "notebook.broken": broken.told}


def _printed(cell: OutsideCell) -> str:
    from harness.outside.watching import printed

    if cell.standing is None or not cell.standing.container:
        return ""
    with cell.engine() as client:
        return printed(client, cell.standing.container, _MOST)[0]


def _server(
    cell: OutsideCell, one: Served, promised: Notebook, log: str, broken: Breaches
) -> dict[str, Fact]:
    stem, name = f"notebook.{one.port}", f"port {one.port}"
    ready = cell.standing.ready.get(str(one.port)) if cell.standing else None
    facts: dict[str, Fact] = {f"{stem}.is_ready": ready is not None}
    if ready is None:
        broken.add(name, why_not_ready(cell, one.port))
        return facts
    facts[f"{stem}.ready_seconds"] = ready
    told = _TOLD_URL.search(log)
    token = promised.token or (told[3] if told else "")
    server = NotebookServer(cell=cell, port=one.port, base=promised.base, token=token)
    if told:
        facts |= _url(stem, told, server, broken)
    try:
        facts[f"{stem}.version"] = server.version()
        facts[f"{stem}.kernels"] = server.kernels()
        facts[f"{stem}.open_to_all"] = server.open_to_all()
        facts |= _kernel(server, promised, stem, broken)
    except (NoNotebook, NotAnswered) as error:
        broken.add(name, f"the server {error}")
    return facts


def _url(
    stem: str, told: re.Match[str], server: NotebookServer, broken: Breaches
) -> dict[str, Fact]:
    """The URL that the server prints, and what it means to somebody outside the container."""
    address = _OR.sub(_NAMED, told[1])
    facts: dict[str, Fact] = {f"{stem}.url_told": clean_line(f"{address}{told[2]}?token=...", 300)}
    shown = address.partition("://")[2].partition(":")[0]
    if shown.startswith(_NAMED):
        facts[f"{stem}.url_explained"] = (
            "it is no address to open as it is printed: nobody outside knows the container's name; "
            "from the host it is 127.0.0.1 with the published port, and the same token"
        )
    elif shown not in ("127.0.0.1", "localhost"):
        facts[f"{stem}.url_explained"] = (
            f"{shown} is where it listens inside the container, and no address to open: from "
            "the host it is 127.0.0.1 with the published port, and the same token"
        )
    path = f"{told[2]}?token={quote(told[3], safe='')}"
    answer = server.get(path, with_token=False)
    facts[f"{stem}.url_works"] = answer.status < 400
    if answer.status >= 400:
        broken.add(f"port {server.port}, its token URL", f"it answers {answer.status}")
    return facts


def _kernel(
    server: NotebookServer, promised: Notebook, stem: str, broken: Breaches
) -> dict[str, Fact]:
    facts: dict[str, Fact] = {}
    if not promised.cells:
        return facts
    began = time.monotonic()
    kernel = server.start_kernel(promised.kernel)
    try:
        channel = server.channel(kernel)
        try:
            for number, code in enumerate(promised.cells, 1):
                about = f"port {server.port}, cell {number}"
                try:
                    said = run_code(channel, code)
                except NoNotebook as error:
                    broken.add(about, str(error))
                    return facts
                facts[f"{stem}.cell.{number}"] = clean_line(said, 2000)
                if code.prints and code.prints not in said:
                    shown = clean_line(code.prints, _SHOWN)
                    broken.add(about, f"{shown!a} is not in what it says: {clean_line(said, 200)}")
                facts.setdefault(f"{stem}.first_cell_seconds", round(time.monotonic() - began, 3))
        finally:
            with suppress(OSError, WebSocketException):
                channel.close(timeout=1)
    finally:
        with suppress(NotAnswered):
            server.request("DELETE", f"api/kernels/{quote(kernel, safe='')}")
    return facts


@dataclass(frozen=True, kw_only=True, slots=True)
class NotebookServer:
    """A Jupyter server behind a published port."""

    cell: OutsideCell
    port: int
    base: str
    token: str

    def request(
        self, method: str, path: str, body: object = None, *, with_token: bool = True
    ) -> WebAnswer:
        """Send a request to a path below the server's base. Raises NotAnswered."""
        headers = {"Content-Type": "application/json"}
        if with_token and self.token:
            headers["Authorization"] = f"token {self.token}"
        content = b"" if body is None else json.dumps(body).encode()
        request = WebRequest(
            method=method,
            path=f"{self.base.rstrip('/')}/{path.lstrip('/')}",
            headers=headers,
            body=content,
        )
        return self.cell.ask(self.port, request, _ASK_S)

    def get(self, path: str, *, with_token: bool = True) -> WebAnswer:
        """Send a GET request to exactly this path. Raises NotAnswered."""
        headers = {"Authorization": f"token {self.token}"} if with_token and self.token else {}
        return self.cell.ask(self.port, WebRequest(path=path, headers=headers), _ASK_S)

    def version(self) -> str:
        """The version that the server reports. Raises NoNotebook."""
        told = self._json("api").get("version")
        return clean_line(str(told), 100) if told else ""

    def kernels(self) -> tuple[str, ...]:
        """The kernels that it offers. Raises NoNotebook."""
        told = self._json("api/kernelspecs").get("kernelspecs")
        names = sorted(str(one) for one in told) if isinstance(told, dict) else []
        return tuple(clean_line(one, 100) for one in names[:50])

    def open_to_all(self) -> bool:
        """Whether it lets in clients without a token."""
        return self.request("GET", "api/kernelspecs", with_token=False).status < 300

    def _json(self, path: str) -> Mapping[str, Any]:
        return _object(self.request("GET", path), f"GET /{path}")

    def start_kernel(self, name: str) -> str:
        """Start a kernel; returns its id. Raises NoNotebook."""
        body = {"name": name} if name else {}
        told = _object(self.request("POST", "api/kernels", body), "POST /api/kernels").get("id")
        if not isinstance(told, str) or not told or len(told) > 200:
            raise NoNotebook("tells no id of the kernel that it started")
        return told

    def channel(self, kernel: str) -> WebSocket:
        """Open the web socket to a kernel. Raises NoNotebook."""
        place = self.cell.port(self.port)
        path = f"{self.base.rstrip('/')}/api/kernels/{quote(kernel, safe='')}/channels"
        headers = [f"Authorization: token {self.token}"] if self.token else []
        try:
            own = socket.create_connection((LOOPBACK, place), timeout=_ASK_S)
            with ended_after(_ASK_S, lambda: own):
                return create_connection(
                    f"ws://{LOOPBACK}:{place}{path}?session_id={uuid4().hex}",
                    timeout=_ASK_S,
                    header=headers,
                    origin=f"http://{LOOPBACK}:{place}",
                    redirect_limit=0,
                    socket=own,
                )
        except (OSError, WebSocketException, ValueError) as error:
            raise NoNotebook(
                f"opens no channel to its kernel: {clean_line(str(error), _SHOWN)}"
            ) from error


def _object(answer: WebAnswer, asked: str) -> Mapping[str, Any]:
    if answer.status >= 300:
        raise NoNotebook(f"answers {answer.status} to {asked}")
    try:
        told = json.loads(answer.body)
    except (ValueError, RecursionError):
        told = None
    if not isinstance(told, dict):
        raise NoNotebook(f"answers to {asked} with what no Jupyter server says")
    return told
