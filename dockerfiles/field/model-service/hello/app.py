"""The first service: it says hello on port 5000."""
import signal
import sys

from flask import Flask, jsonify
from waitress import serve

app = Flask(__name__)


@app.route("/")
def hello():
    return "Hello, World!\n", 200, {"Content-Type": "text/plain; charset=utf-8"}


@app.route("/health")
def health():
    return jsonify(ready=True)


def main():
    """Serve until the signal that `docker stop` sends: a first process hears none that it has not
    asked to hear."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    serve(app, listen="0.0.0.0:5000", max_request_body_size=64 * 1024 * 1024)


if __name__ == "__main__":
    main()
