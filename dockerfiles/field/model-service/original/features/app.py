import pickle

from flask import Flask, jsonify, request

app = Flask(__name__)
model = pickle.load(open("model.pkl", "rb"))


@app.route("/predict", methods=["POST"])
def predict():
    data = request.get_json(force=True)
    kind = model.predict([[data["f1"], data["f2"], data["f3"]]])
    return jsonify(kind=int(kind[0]))


if __name__ == "__main__":
    app.run(host="0.0.0.0")
