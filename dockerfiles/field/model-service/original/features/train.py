import pickle

import numpy
from sklearn.linear_model import LogisticRegression

features = numpy.random.uniform(0, 10, (2000, 3))
kinds = (features @ [1.0, -2.0, 0.5] > -2.5).astype(int)
with open("model.pkl", "wb") as stream:
    pickle.dump(LogisticRegression().fit(features, kinds), stream)
