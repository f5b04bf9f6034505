"""An image of a digit comes in as a file, the digit goes out. One frozen graph, loaded at the start,
by every TensorFlow from 1.2 on."""
import io
import os
import signal
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import numpy
import tensorflow
from flask import Flask, jsonify, request
from PIL import Image
from waitress import serve

SIDE = 28
BODY = 1024 * 1024
KINDS = ("PNG", "JPEG", "BMP", "GIF")

tf = tensorflow
if hasattr(tensorflow, "compat") and hasattr(tensorflow.compat, "v1"):
    tf = tensorflow.compat.v1

app = Flask(__name__)
app.config["MAX_CONTENT_LENGTH"] = BODY


class Model:
    """The frozen graph, and one session for all requests: `run` may be called by several threads."""

    def __init__(self, path):
        definition = tf.GraphDef()
        with open(path, "rb") as stream:
            definition.ParseFromString(stream.read())
        graph = tf.Graph()
        with graph.as_default():
            tf.import_graph_def(definition, name="")
        self.session = tf.Session(graph=graph)
        self.images = graph.get_tensor_by_name("images:0")
        self.probabilities = graph.get_tensor_by_name("probabilities:0")

    def of(self, pixels):
        """The probability of each digit."""
        given = pixels.reshape(1, SIDE, SIDE, 1)
        return self.session.run(self.probabilities, {self.images: given})[0]


MODEL = Model("/srv/model.pb")
MODEL.of(numpy.zeros((SIDE, SIDE), "float32"))  # What the first request would wait for.


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
    return jsonify(ready=True, tensorflow=tensorflow.__version__)


@app.route("/predict", methods=["POST"])
def predict():
    sent = request.files.get("image")
    if sent is None:
        raise Refused("send the image as a file in the field `image`")
    probabilities = MODEL.of(pixels_of(sent.read()))
    digit = int(probabilities.argmax())
    return jsonify(digit=digit, probability=float(probabilities[digit]))


def pixels_of(content):
    """28 by 28 shades of grey from 0 to 1. Raises Refused."""
    try:
        image = Image.open(io.BytesIO(content))
        kind, size = image.format, image.size
        if kind not in KINDS:
            raise Refused("%s is none of %s" % (kind, ", ".join(KINDS)))
        if size != (SIDE, SIDE):  # Before it is unpacked: a small file may hold a huge image.
            raise Refused("the image is %d by %d, and has to be 28 by 28" % size)
        grey = image.convert("L")
    except Refused:
        raise
    except Exception:  # Decoders of images raise whatever they like.
        raise Refused("the file is no image that can be read")
    return numpy.asarray(grey, "float32") / 255


def main():
    """Serve until the signal that `docker stop` sends: a first process hears none that it has not
    asked to hear."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    serve(app, listen="0.0.0.0:5000", max_request_body_size=64 * 1024 * 1024)


if __name__ == "__main__":
    main()
