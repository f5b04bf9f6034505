"""Write one small model in every format that this release has: python write.py FOLDER IMAGES

In FOLDER are, in the end, the files, what the model predicts of the images (`predictions.json`), and
what could not be written, with the reason (`written.json`). The weights follow from a seed of
numpy's oldest generator, which no release has changed, so every release writes the same model.
"""
import hashlib
import json
import os
import sys
import traceback
import zipfile

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import numpy
import tensorflow

tf = tensorflow
if hasattr(tensorflow, "compat") and hasattr(tensorflow.compat, "v1"):
    tf = tensorflow.compat.v1
SHAPES = (("filters", (3, 3, 1, 4)), ("biases", (4,)), ("matrix", (144, 10)), ("offsets", (10,)))


def weights():
    random = numpy.random.RandomState(1)
    return [random.normal(0.0, 0.3, shape).astype("float32") for _, shape in SHAPES]


def network():
    """(images, probabilities) in the default graph, with variables that begin as `weights`."""
    images = tf.placeholder(tf.float32, [None, 28, 28, 1], name="images")
    filters, biases, matrix, offsets = [
        tf.Variable(value, name=name) for (name, _), value in zip(SHAPES, weights())]
    layer = tf.nn.relu(tf.nn.conv2d(images, filters, [1, 1, 1, 1], "VALID") + biases)
    layer = tf.nn.max_pool(layer, [1, 4, 4, 1], [1, 4, 4, 1], "VALID")
    logits = tf.matmul(tf.reshape(layer, [-1, 144]), matrix) + offsets
    return images, tf.nn.softmax(logits, name="probabilities")


class Graph(object):
    """The model in a graph and a session, as releases before 2.0 have it."""

    def __enter__(self):
        self.graph = tf.Graph()
        self.context = self.graph.as_default()
        self.context.__enter__()
        self.images, self.probabilities = network()
        self.session = tf.Session()
        self.session.run(tf.global_variables_initializer())
        return self

    def __exit__(self, *_):
        self.session.close()
        self.context.__exit__(None, None, None)


def keras_model():
    """The same model in the Keras of this release; ImportError where it has none."""
    if hasattr(tensorflow, "keras"):
        keras = tensorflow.keras
    else:
        from tensorflow.contrib import keras
    model = keras.models.Sequential([
        keras.layers.Conv2D(4, 3, activation="relu", input_shape=(28, 28, 1)),
        keras.layers.MaxPooling2D(4),
        keras.layers.Flatten(),
        keras.layers.Dense(10, activation="softmax")])
    model.set_weights(weights())
    return model


def frozen(folder):
    with Graph() as it:
        if hasattr(tf, "graph_util"):
            convert = tf.graph_util.convert_variables_to_constants
        else:
            from tensorflow.python.framework.graph_util import convert_variables_to_constants as convert
        definition = convert(it.session, it.graph.as_graph_def(), ["probabilities"])
    with open(os.path.join(folder, "frozen.pb"), "wb") as stream:
        stream.write(definition.SerializeToString())


def checkpoint(folder):
    with Graph() as it:
        tf.train.Saver().save(it.session, os.path.join(folder, "checkpoint", "model"))


def savedmodel(folder):
    """As people write it: with a builder before 2.0, of a Keras model from then on."""
    target = os.path.join(folder, "savedmodel")
    if not tensorflow.__version__.startswith("1."):
        model = keras_model()
        model.export(target) if hasattr(model, "export") else model.save(target)
        return
    saved = tf.saved_model
    with Graph() as it:
        signature = saved.signature_def_utils.build_signature_def(
            {"images": saved.utils.build_tensor_info(it.images)},
            {"probabilities": saved.utils.build_tensor_info(it.probabilities)},
            saved.signature_constants.PREDICT_METHOD_NAME)
        builder = saved.builder.SavedModelBuilder(target)
        builder.add_meta_graph_and_variables(
            it.session, [saved.tag_constants.SERVING], {"serving_default": signature})
        builder.save()


def hdf5(folder):
    keras_model().save(os.path.join(folder, "model.h5"))


def keras(folder):
    path = os.path.join(folder, "model.keras")
    keras_model().save(path)
    if not zipfile.is_zipfile(path):
        raise NotImplementedError("a file of this name is written in another format")


FORMATS = (
    ("savedmodel", savedmodel), ("hdf5", hdf5), ("keras", keras), ("frozen", frozen),
    ("checkpoint", checkpoint))


def main(folder, images):
    os.makedirs(os.path.join(folder, "checkpoint"))
    given = numpy.load(images).astype("float32")[..., None] / 255
    with Graph() as it:
        predicted = it.session.run(it.probabilities, {it.images: given})
    written = {}
    for name, write in FORMATS:
        try:
            write(folder)
            written[name] = ""
        except Exception as error:
            traceback.print_exc()
            written[name] = " ".join(("%s: %s" % (type(error).__name__, error)).split())[:300]
    dump(folder, "predictions.json", [[float(one) for one in row] for row in predicted])
    dump(folder, "written.json", {
        "tensorflow": tensorflow.__version__,
        "images": hashlib.sha256(open(images, "rb").read()).hexdigest(),
        "formats": written})
    print(json.dumps(written))


def dump(folder, name, value):
    with open(os.path.join(folder, name), "w") as stream:
        json.dump(value, stream, sort_keys=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
