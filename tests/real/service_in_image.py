"""Small services for test containers, with the standard library alone: correct ones, and one for
each way in which a service can go wrong. `python service_in_image.py KIND [PORT]`."""

import base64
import hashlib
import json
import os
import signal
import socket
import struct
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

TOKEN = "c0ffee00c0ffee00c0ffee00"
ELSEWHERE = ("10.213.77.2", 8000)
"""Where a test puts a listener that can be reached only through masquerading."""


class Service(BaseHTTPRequestHandler):
    """POST /predict with a number answers its square; anything else gets a 400."""

    protocol_version = "HTTP/1.1"
    kind = "squares"

    def log_message(self, *_):
        pass

    def do_GET(self):
        if self.path == "/out":
            return self.answer(200, attempts())
        if self.kind == "broken":
            return self.answer(500, {"error": "out of paper"})
        return self.answer(200, {"user": os.getuid()})

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        try:
            number = json.loads(body)["number"]
            return self.answer(200, {"square": number * number})
        except (ValueError, TypeError, KeyError):
            if self.kind == "fragile":
                os._exit(7)
            return self.answer(400, {"error": "send a number"})

    def answer(self, status, value):
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def attempts():
    """The results of connections from inside to elsewhere, by name."""
    gateway = ""
    with Path("/proc/net/route").open() as routes:
        for line in routes.readlines()[1:]:
            fields = line.split()
            if fields[1] == "00000000":
                gateway = socket.inet_ntoa(struct.pack("<L", int(fields[2], 16)))
    told = {"gateway": gateway}
    for name, place in (("elsewhere", ELSEWHERE), ("internet", ("1.1.1.1", 53))):
        try:
            socket.create_connection(place, timeout=3).close()
            told[name] = "connected"
        except TimeoutError:
            told[name] = "nothing came back"
        except OSError as error:
            told[name] = error.strerror or str(error)
    try:
        socket.getaddrinfo("example.org", 80)
        told["names"] = "resolved"
    except OSError:
        told["names"] = "unresolved"
    return told


def serve(kind, port, address="0.0.0.0"):
    Service.kind = kind
    server = ThreadingHTTPServer((address, port), Service)
    print(f"serving on {address}:{server.server_address[1]}", flush=True)
    server.serve_forever(0.05)


def raw(port, begin, piece, pause):
    """Send the beginning on every connection, then the same piece forever."""
    listener = socket.create_server(("0.0.0.0", port))

    def treat(connection):
        try:
            connection.recv(1000)
            connection.sendall(begin)
            while True:
                connection.sendall(piece)
                time.sleep(pause)
        except OSError:
            connection.close()

    while True:
        connection, _ = listener.accept()
        threading.Thread(target=treat, args=(connection,), daemon=True).start()


def train(kind, path):
    """Write a log beside standard output, as a batch training does."""
    with Path(path).open("w") as log:
        for step in range(10):
            line = f"step {step} error: {1.0 / (step + 1):.3f}\n"
            other = line if kind != "lies" or step < 7 else line.replace("0.1", "0.2")
            for out, text in ((log, line), (sys.stdout, other)):
                out.write(text)
                out.flush()
            if kind == "stalls" and step == 0:
                time.sleep(600)
            time.sleep(0.4)


def classify(kind):
    """Print how good a model has become, as a training does, in each way in which that goes
    wrong."""
    print(f"progress: {os.urandom(4).hex()}", flush=True)
    confusion = [[90, 10, 0], [5, 95, 0], [0, 0, 100]]
    if kind == "drifting":
        print(f"weights: {os.urandom(8).hex()}")
    else:
        print("weights: 0badcafe")
    print("data set: shapes")
    if kind == "ragged":
        confusion[1].pop()
    print(f"confusion: {json.dumps(confusion)}")
    print("wrong: 15 of 300 test images", flush=True)
    if kind == "failing":
        raise TypeError("main() takes 0 positional arguments but 1 was given")


class Notebook(Service):
    """As much of a Jupyter server as its REST API and its channel to a kernel need."""

    def allowed(self):
        return TOKEN in (self.path + self.headers.get("Authorization", ""))

    def do_GET(self):
        path = self.path.partition("?")[0]
        if path == "/api":
            return self.answer(200, {"version": "6.0.0"})
        if not self.allowed():
            return self.answer(403, {"message": "Forbidden"})
        if path == "/api/kernelspecs":
            return self.answer(200, {"default": "python3", "kernelspecs": {"python3": {}}})
        if path.endswith("/channels"):
            return self.channel()
        return self.answer(200, {})

    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        return self.answer(201 if self.allowed() else 403, {"id": "kernel-1"})

    def do_DELETE(self):
        return self.answer(200, {})

    def channel(self):
        accept = self.headers["Sec-WebSocket-Key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
        digest = base64.b64encode(hashlib.sha1(accept.encode()).digest()).decode()
        self.send_response_only(101)
        self.send_header("Upgrade", "websocket")
        self.send_header("Connection", "Upgrade")
        self.send_header("Sec-WebSocket-Accept", digest)
        self.end_headers()
        self.close_connection = True
        while True:
            request = self.received()
            if request is None:
                return
            for kind, content in executed(request["content"]["code"]):
                if kind == "hang":
                    time.sleep(600)
                self.said(request, kind, content)

    def received(self):
        head = self.rfile.read(2)
        if len(head) < 2 or head[0] & 15 == 8:
            return None
        length = head[1] & 127
        if length == 126:
            (length,) = struct.unpack(">H", self.rfile.read(2))
        mask = self.rfile.read(4)
        masked = self.rfile.read(length)
        return json.loads(bytes(one ^ mask[at % 4] for at, one in enumerate(masked)))

    def said(self, request, kind, content):
        header = {"msg_type": kind, "msg_id": "m"}
        message = {"header": header, "parent_header": request["header"], "content": content}
        body = json.dumps(message).encode()
        size = struct.pack(">BH", 126, len(body)) if len(body) > 125 else bytes([len(body)])
        self.wfile.write(b"\x81" + size + body)


def executed(code):
    """What a kernel answers to a piece of code."""
    yield "status", {"execution_state": "busy"}
    if code == "hang":
        yield "hang", {}
    if code == "raise":
        yield "error", {"ename": "ImportError", "evalue": "no module named keras"}
    else:
        yield "stream", {"name": "stdout", "text": f"ran {code}\n"}
        yield "execute_result", {"data": {"text/plain": str(len(code))}}
    yield "status", {"execution_state": "idle"}


def notebook(port):
    server = ThreadingHTTPServer(("0.0.0.0", port), Notebook)
    print(f"    http://0.0.0.0:{server.server_address[1]}/?token={TOKEN}", flush=True)
    server.serve_forever(0.05)


def main():
    kind, where = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else "5000"
    if kind != "deaf":
        signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    port = int(where) if where.isdigit() else 0
    if kind in ("classifying", "drifting", "ragged", "failing"):
        classify(kind)
    elif kind in ("trains", "stalls", "lies"):
        train(kind, where)
    elif kind == "local":
        serve(kind, port, "127.0.0.1")
    elif kind == "elsewhere":
        serve(kind, 8080)
    elif kind == "never":
        print("loading a large model", flush=True)
        time.sleep(600)
    elif kind == "dies":
        print("no licence file", flush=True)
        sys.exit(3)
    elif kind == "huge":
        raw(port, b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 65536, 0)
    elif kind == "slow":
        raw(port, b"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n", b"x", 0.1)
    elif kind == "notebook":
        notebook(port)
    else:
        serve(kind, port)


if __name__ == "__main__":
    main()
