from flask import Flask, jsonify, request

app = Flask(__name__)


@app.route("/predict", methods=["POST"])
def predict():
    data = request.get_json(force=True)
    return jsonify(square=data["number"] ** 2)


if __name__ == "__main__":
    app.run(host="0.0.0.0", port=5000, debug=True)
