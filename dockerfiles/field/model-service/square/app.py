"""A number comes in, its square goes out. What is no number is refused, and the reason is said."""
import json
import signal
import sys

from flask import Flask, jsonify, request
from waitress import serve

LARGEST = 1e100  # Its square is still a number.
BODY = 64 * 1024

app = Flask(__name__)
app.config["MAX_CONTENT_LENGTH"] = BODY


class Refused(Exception):
    """What was sent cannot be answered; the text says why."""


@app.errorhandler(Refused)
def refused(error):
    return jsonify(error=str(error)), 400


@app.errorhandler(413)
def too_large(_):
    return jsonify(error="more than %d bytes" % BODY), 413


@app.route("/health")
def health():
    return jsonify(ready=True)


@app.route("/predict", methods=["POST"])
def predict():
    number = number_of(request.get_data())
    return jsonify(square=number * number)


def number_of(body):
    """The number in a JSON object, whatever content type came with it: `curl -d` says that its body
    is a form."""
    try:
        value = json.loads(body.decode("utf-8"))
    except (ValueError, RecursionError):
        raise Refused('the body is no JSON: send {"number": 3}')
    number = value.get("number") if isinstance(value, dict) else None
    if isinstance(number, bool) or not isinstance(number, (int, float)):
        raise Refused('"number" has to be a number')
    if not abs(number) <= LARGEST:  # NaN is not, either
        raise Refused('"number" has to lie between -1e100 and 1e100')
    return number


def main():
    """Serve until the signal that `docker stop` sends: a first process hears none that it has not
    asked to hear."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    serve(app, listen="0.0.0.0:5000", max_request_body_size=64 * 1024 * 1024)


if __name__ == "__main__":
    main()
