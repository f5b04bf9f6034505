"""Train a small convolutional network on images of clothes, and say how good it has become.

Two 2x2 convolutions (64 and 32 maps), each with 2x2 pooling and a dropout of 0.3; 256 hidden units
with a dropout of 0.5; ten classes; Adam. With the Keras of 2018 beside TensorFlow 1, and with the
one in TensorFlow 2.

A friend who starts it must get what is printed here: it uses one thread and one seed unless it is
told otherwise, an optimizer whose reads and writes have an order (see `ordered_adam`), and prints the digest of the weights that it ends with. Accuracy alone hides which
classes are taken for each other, so precision and recall are printed for every class, and how many
images of each class (a row) were said to be of each class (a column).
"""

import argparse
import gzip
import hashlib
import json
import os
import random
import struct

CLOTHES = ("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker",
           "Bag", "Ankle boot")
DIGITS = ("0", "1", "2", "3", "4", "5", "6", "7", "8", "9")
BATCH = 64


def main():
    asked = arguments()
    keras, numpy = prepared(asked.seed, asked.threads)
    name, data = read_data(numpy, asked.data)
    train_images, train_labels, test_images, test_labels = data
    print("data set: %s, %d training images, %d test images"
          % (name, len(train_labels), len(test_labels)))
    if name != "fashion-mnist":
        print("NOT Fashion-MNIST: %s stands in, and what follows is about that" % name)
    model = network(keras)
    for epoch in range(1, asked.epochs + 1):
        seen = model.fit(train_images, train_labels, batch_size=BATCH, epochs=1, verbose=0)
        print("epoch %d of %d: loss %.4f" % (epoch, asked.epochs, seen.history["loss"][0]))
    said = model.predict(test_images, batch_size=500, verbose=0).argmax(axis=1)
    report(numpy, test_labels, said, CLOTHES if name == "fashion-mnist" else DIGITS)
    weights = hashlib.sha256()
    for one in model.get_weights():
        weights.update(numpy.ascontiguousarray(one).tobytes())
    print("weights: %s" % weights.hexdigest())


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1, help="0: one for each processor")
    parser.add_argument("--data", default=os.path.join(os.path.dirname(
        os.path.abspath(__file__)), "data"), help="a folder with the four files")
    return parser.parse_args()


def prepared(seed, threads):
    """Keras and numpy, with the seed and the threads set before anything is computed."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    os.environ["TF_DETERMINISTIC_OPS"] = "1"
    import numpy
    import tensorflow
    random.seed(seed)
    numpy.random.seed(seed)
    if hasattr(tensorflow, "set_random_seed"):
        import keras
        tensorflow.set_random_seed(seed)
        keras.backend.set_session(tensorflow.Session(config=tensorflow.ConfigProto(
            intra_op_parallelism_threads=threads, inter_op_parallelism_threads=threads)))
        return keras, numpy
    tensorflow.random.set_seed(seed)
    tensorflow.config.threading.set_intra_op_parallelism_threads(threads)
    tensorflow.config.threading.set_inter_op_parallelism_threads(threads)
    return tensorflow.keras, numpy


def ordered_adam(keras):
    """Adam, with everything computed before anything is written.

    The one of Keras 2.2.4 raises its count of steps and reads it in the same step, and nothing says
    which comes first; it may also write weights that a gradient is still to read. One thread and
    one seed are not enough then: from the same start two runs ended in other weights.
    """
    import tensorflow
    backend = keras.backend

    class OrderedAdam(keras.optimizers.Adam):
        def get_updates(self, loss, params):
            gradients = self.get_gradients(loss, params)
            step = backend.cast(self.iterations, backend.floatx()) + 1
            rate = self.lr * (backend.sqrt(1 - backend.pow(self.beta_2, step))
                              / (1 - backend.pow(self.beta_1, step)))
            zeros = [[backend.zeros(backend.int_shape(one)) for one in params] for _ in range(2)]
            self.weights = [self.iterations] + zeros[0] + zeros[1]
            computed = []
            for weight, gradient, mean, square in zip(params, gradients, *zeros):
                new_mean = self.beta_1 * mean + (1 - self.beta_1) * gradient
                new_square = self.beta_2 * square + (1 - self.beta_2) * backend.square(gradient)
                new = weight - rate * new_mean / (backend.sqrt(new_square) + self.epsilon)
                computed += [(mean, new_mean), (square, new_square), (weight, new)]
            with tensorflow.control_dependencies([new for _, new in computed]):
                self.updates = [backend.update_add(self.iterations, 1)]
                self.updates += [backend.update(old, new) for old, new in computed]
            return self.updates

    return OrderedAdam()


def network(keras):
    layers = keras.layers
    model = keras.models.Sequential([
        layers.Conv2D(64, 2, padding="same", activation="relu", input_shape=(28, 28, 1)),
        layers.MaxPooling2D(2),
        layers.Dropout(0.3),
        layers.Conv2D(32, 2, padding="same", activation="relu"),
        layers.MaxPooling2D(2),
        layers.Dropout(0.3),
        layers.Flatten(),
        layers.Dense(256, activation="relu"),
        layers.Dropout(0.5),
        layers.Dense(10, activation="softmax"),
    ])
    old = not hasattr(keras.optimizers, "legacy") and not hasattr(keras, "__internal__")
    optimizer = ordered_adam(keras) if old else "adam"
    model.compile(loss="sparse_categorical_crossentropy", optimizer=optimizer)
    return model


def report(numpy, labels, said, names):
    """Print accuracy, and precision and recall of every class."""
    confusion = numpy.zeros((10, 10), dtype=int)
    for label, answer in zip(labels, said):
        confusion[label, answer] += 1
    print("accuracy: %.4f" % (confusion.trace() / float(confusion.sum())))
    print("%-12s %9s %9s %7s" % ("class", "precision", "recall", "images"))
    for number, name in enumerate(names):
        right = confusion[number, number]
        print("%-12s %9s %9s %7d" % (name, share(right, confusion[:, number].sum()),
                                     share(right, confusion[number].sum()),
                                     confusion[number].sum()))
    print("confusion: %s" % json.dumps(confusion.tolist()))


def share(count, of):
    return "%.4f" % (count / float(of)) if of else "none"


def read_data(numpy, folder):
    """The name of the data set, and images and labels to train with and to test with."""
    with open(os.path.join(folder, "dataset.json")) as opened:
        name = json.load(opened)["name"]
    images = [read_idx(numpy, folder, "%s-images-idx3-ubyte.gz" % kind) for kind in ("train", "t10k")]
    labels = [read_idx(numpy, folder, "%s-labels-idx1-ubyte.gz" % kind) for kind in ("train", "t10k")]
    ready = [one.reshape(-1, 28, 28, 1).astype("float32") / 255 for one in images]
    return name, (ready[0], labels[0], ready[1], labels[1])


def read_idx(numpy, folder, name):
    with gzip.open(os.path.join(folder, name)) as opened:
        content = opened.read()
    dimensions = struct.unpack(">HBB", content[:4])[2]
    shape = struct.unpack(">%dI" % dimensions, content[4:4 + 4 * dimensions])
    return numpy.frombuffer(content, dtype=numpy.uint8, offset=4 + 4 * dimensions).reshape(shape)


if __name__ == "__main__":
    main()
