"""Three features come in as JSON, the kind and its probability go out; the model was trained while
the image was built."""
import json
import math
import signal
import sys

from flask import Flask, jsonify, request
from waitress import serve

LARGEST = 1e6
BODY = 64 * 1024

app = Flask(__name__)
app.config["MAX_CONTENT_LENGTH"] = BODY

with open("/srv/model.json", encoding="utf-8") as stream:
    MODEL = json.load(stream)


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
    return jsonify(ready=True, accuracy=MODEL["accuracy"])


@app.route("/predict", methods=["POST"])
def predict():
    features = features_of(request.get_data())
    total = MODEL["offset"] + sum(w * x for w, x in zip(MODEL["weights"], features))
    probability = 1.0 / (1.0 + math.exp(-max(-700.0, min(700.0, total))))
    return jsonify(kind=int(total > 0), probability=probability)


def features_of(body):
    """The features in the model's order, whatever content type came with them."""
    try:
        value = json.loads(body.decode("utf-8"))
    except (ValueError, RecursionError):
        raise Refused('the body is no JSON: send {"f1": 1.5, "f2": 2.0, "f3": 0.5}')
    if not isinstance(value, dict):
        raise Refused("the body has to be a JSON object")
    unknown = sorted(set(value) - set(MODEL["features"]))
    if unknown:
        raise Refused("there is no feature %r" % unknown[0][:40])
    return [checked(name, value.get(name)) for name in MODEL["features"]]


def checked(name, number):
    if isinstance(number, bool) or not isinstance(number, (int, float)):
        raise Refused("%r has to be a number" % name)
    if not abs(number) <= LARGEST:  # NaN is not, either
        raise Refused("%r has to lie between -1e6 and 1e6" % name)
    return float(number)


def main():
    """Serve until the signal that `docker stop` sends: a first process hears none that it has not
    asked to hear."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    serve(app, listen="0.0.0.0:5000", max_request_body_size=64 * 1024 * 1024)


if __name__ == "__main__":
    main()
