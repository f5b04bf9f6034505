"""Train the model of the service while its image is built: which of two kinds, by three features.

The data are drawn from a seed, so each build trains the same model. It is written as numbers in
JSON, not pickled: what a service loads should not be able to run code.
"""
import json
import sys

import numpy
from sklearn.linear_model import LogisticRegression

FEATURES = ("f1", "f2", "f3")
ROWS = 2000


def drawn():
    """(features, kinds): the kind follows from a weighted sum, with some noise."""
    random = numpy.random.RandomState(20261129)
    features = random.uniform(0.0, 10.0, (ROWS, len(FEATURES)))
    sums = features @ numpy.array([1.0, -2.0, 0.5]) + random.normal(0.0, 1.0, ROWS)
    return features, (sums > -2.5).astype(int)


def main(target):
    features, kinds = drawn()
    half = ROWS // 2
    model = LogisticRegression(max_iter=1000).fit(features[:half], kinds[:half])
    accuracy = float(model.score(features[half:], kinds[half:]))
    print("accuracy on the other half: %.4f" % accuracy)
    if accuracy < 0.9:
        raise SystemExit("it has not learnt: the image is not worth building")
    told = {
        "features": FEATURES,
        "weights": [float(one) for one in model.coef_[0]],
        "offset": float(model.intercept_[0]),
        "accuracy": accuracy
    }
    with open(target, "w", encoding="utf-8") as stream:
        json.dump(told, stream)


if __name__ == "__main__":
    main(sys.argv[1])
