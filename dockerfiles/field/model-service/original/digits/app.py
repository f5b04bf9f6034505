import numpy
from flask import Flask, jsonify, request
from keras.models import load_model
from PIL import Image

app = Flask(__name__)
model = load_model("mnist.h5")


@app.route("/predict", methods=["POST"])
def predict():
    image = Image.open(request.files["image"])
    pixels = numpy.array(image).reshape(1, 28, 28, 1) / 255
    return jsonify(digit=int(model.predict(pixels).argmax()))


if __name__ == "__main__":
    app.run(port=5000)
