"""Run code in a kernel of a notebook server, over its web socket: its output and the exception that
ended it. Messages are those of Jupyter's protocol, as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from websocket import WebSocket, WebSocketException

from harness.machine.web import ended_after
from harness.promises import CodeCell
from harness.text import clean_line

_MOST = 1 << 20
_SHOWN = 200
_PROTOCOL = "5.3"


class NoNotebook(Exception):
    """The server or its kernel does not behave like a Jupyter server; the text says how."""


def run_code(channel: WebSocket, code: CodeCell) -> str:
    """Execute code in a kernel; returns its output and result. Raises NoNotebook."""
    identity = uuid4().hex
    request = {
        "header": {
            "msg_id": identity,
            "msg_type": "execute_request",
            "username": "harness",
            "session": uuid4().hex,
            "date": "",
            "version": _PROTOCOL,
        },
        "parent_header": {},
        "metadata": {},
        "content": {
            "code": code.code,
            "silent": False,
            "store_history": False,
            "user_expressions": {},
            "allow_stdin": False,
            "stop_on_error": True,
        },
        "channel": "shell",
        "buffers": [],
    }
    said, failed = "", ""
    channel.settimeout(code.within_s + 1)
    with ended_after(code.within_s, lambda: channel.sock) as late:
        try:
            channel.send(json.dumps(request))
            said, failed = _heard(channel, identity)
        except (OSError, WebSocketException) as error:
            if late.is_set():
                raise NoNotebook(f"its code has not ended within {code.within_s:g} s") from error
            told = clean_line(str(error), _SHOWN)
            raise NoNotebook(f"its channel broke off: {told}") from error
    if failed:
        raise NoNotebook(f"its code raised {clean_line(failed, _SHOWN)}")
    return said[:_MOST].strip()


def _heard(channel: WebSocket, identity: str) -> tuple[str, str]:
    """The output of the code and the exception that ended it, collected until the kernel is
    idle."""
    said, failed = "", ""
    while True:
        message = _message(channel.recv())
        if _field(message, "parent_header", "msg_id") != identity:
            continue
        kind = _field(message, "header", "msg_type") or message.get("msg_type")
        content = message.get("content")
        content = content if isinstance(content, dict) else {}
        if len(said) < _MOST:
            said += _text_of(kind, content)
        if kind == "error":
            failed = f"{content.get('ename', '')}: {content.get('evalue', '')}"
        if kind == "status" and content.get("execution_state") == "idle":
            return said, failed


def _message(received: object) -> Mapping[str, Any]:
    """One message, parsed from JSON; empty if it is invalid."""
    if not isinstance(received, str | bytes) or not received:
        return {}
    try:
        message = json.loads(received)
    except (ValueError, RecursionError):
        return {}
    return message if isinstance(message, dict) else {}


def _field(message: Mapping[str, Any], first: str, second: str) -> object:
    inner = message.get(first)
    return inner.get(second) if isinstance(inner, dict) else None


def _text_of(kind: object, content: Mapping[str, Any]) -> str:
    if kind == "stream":
        return str(content.get("text", ""))
    if kind in ("execute_result", "display_data"):
        data = content.get("data")
        return f"{data.get('text/plain', '')}\n" if isinstance(data, dict) else ""
    return ""
