"""Which files that other releases have written does this environment read?

Under the folder of the setting lies one folder for each release that wrote: the same small model in
each format it has, and what it predicted there of ten test images (dockerfiles/field/files). A file
is read where it loads and predicts the same classes, each number within 1e-5. A forked child loads
one file after another, and tells each result at once. After a failure there is a new child, and a
file that failed behind others is tried again as its first: a file is never blamed for what an
earlier one left in the process.
"""
from __future__ import division

import json
import os
import select
import signal
import time

PROBE = {
    "question": "Which saved models of other releases does this environment load and compute alike?",
    "where": "inside",
    "order": 60,
    "on_request": True,
    "timeout_s": 1800,
    "frameworks": ["tensorflow"],
    "settings": {
        "folder": "/saved",     # one folder in it for each release that wrote
        "seconds": 120.0        # that one file may take
    },
    "natures": [
        ["files.*", "measured"]
    ]
}

FORMATS = ("savedmodel", "hdf5", "keras", "frozen", "checkpoint")
NAMES = {"hdf5": "model.h5", "keras": "model.keras", "frozen": "frozen.pb"}
LIMIT = 1e-5
ERROR = 300
NOBODY = "no release wrote anything under %s: the cell is not one of those that have such files"
SHAPES = (("filters", (3, 3, 1, 4)), ("biases", (4,)), ("matrix", (144, 10)), ("offsets", (10,)))


def probe(settings):
    folder = str(settings["folder"])
    writers = written_in(folder)
    if not writers:
        raise ValueError(NOBODY % folder)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    import numpy
    import tensorflow

    try:
        keras_of(tensorflow)  # Once, before the forks: its import may take longer than all else.
    except Exception:
        pass  # Whoever needs it tells what it is.
    images = numpy.load(os.path.join(folder, "images.npy")).astype("float32")[..., None] / 255
    facts = {"files.framework_version": str(tensorflow.__version__), "files.writers": sorted(writers)}
    asked, reads, errors, differences, missing = [], [], [], [], []
    for writer in sorted(writers, key=in_order):
        own = os.path.join(folder, writer)
        with open(os.path.join(own, "predictions.json")) as stream:
            wanted = json.load(stream)
        for kind in FORMATS:
            name = "%s %s" % (writer, kind)
            why = writers[writer]["formats"].get(kind, "it was not tried")
            if why:
                missing.append("%s: %s" % (name, why))
                continue
            asked.append((name, kind, own, wanted))
    answers = in_turn(
        asked,
        lambda one: predicted(tensorflow, numpy, one[1], one[2], images).tolist(),
        lambda one, value: wrong(value, one[3]),
        float(settings["seconds"]))
    for (name, _, _, wanted), answer in zip(asked, answers):
        if "error" in answer:
            errors.append("%s: %s" % (name, answer["error"]))
        else:
            reads.append(name)
            differences.append(largest(answer["value"], wanted))
    facts.update({
        "files.reads": reads,
        "files.largest_difference": differences,
        "files.cannot_read": errors,
        "files.not_written": missing,
        "files.images_sha256": sorted(set(one["images"] for one in writers.values()))
    })
    return facts


def written_in(folder):
    """What each release says of what it wrote."""
    found = {}
    for name in sorted(os.listdir(folder)) if os.path.isdir(folder) else []:
        path = os.path.join(folder, name, "written.json")
        if os.path.isfile(path):
            with open(path) as stream:
                found[name] = json.load(stream)
    return found


def in_order(version):
    return [int(part) if part.isdigit() else 0 for part in version.split(".")]


def wrong(found, wanted):
    """In what predictions are not those that were wanted; empty where they are."""
    if [len(row) for row in found] != [len(row) for row in wanted]:
        return "it predicts another number of things"
    if any(number != number for row in found for number in row):
        return "it predicts what is no number"
    classes = [row.index(max(row)) for row in found]
    if classes != [row.index(max(row)) for row in wanted]:
        return "it predicts other classes: %s" % classes
    far = largest(found, wanted)
    return "" if far <= LIMIT else "it predicts otherwise, by up to %g" % far


def largest(found, wanted):
    return max(abs(a - b) for ours, theirs in zip(found, wanted) for a, b in zip(ours, theirs))


# --- loading -----------------------------------------------------------------------------------


def predicted(tensorflow, numpy, kind, folder, images):
    """The probabilities by what a release wrote; whatever goes wrong is raised."""
    tf = tensorflow
    if hasattr(tensorflow, "compat") and hasattr(tensorflow.compat, "v1"):
        tf = tensorflow.compat.v1
    if kind in ("hdf5", "keras"):
        return numpy.asarray(
            keras_of(tensorflow).models.load_model(os.path.join(folder, NAMES[kind]))
            .predict(images))
    if kind == "savedmodel" and not tensorflow.__version__.startswith("1."):
        loaded = tensorflow.saved_model.load(os.path.join(folder, "savedmodel"))
        serve = loaded.signatures["serving_default"]
        name = list(serve.structured_input_signature[1])[0]
        return list(serve(**{name: tensorflow.constant(images)}).values())[0].numpy()
    with tf.Graph().as_default() as graph, tf.Session() as session:
        given, wanted = {
            "savedmodel": of_savedmodel, "frozen": of_frozen, "checkpoint": of_checkpoint
        }[kind](tf, session, graph, folder)
        return session.run(wanted, {given: images})


def keras_of(tensorflow):
    if hasattr(tensorflow, "keras"):
        return tensorflow.keras
    from tensorflow.contrib import keras
    return keras


def of_savedmodel(tf, session, graph, folder):
    loaded = tf.saved_model.loader.load(session, ["serve"], os.path.join(folder, "savedmodel"))
    signature = loaded.signature_def["serving_default"]
    given = graph.get_tensor_by_name(list(signature.inputs.values())[0].name)
    return given, graph.get_tensor_by_name(list(signature.outputs.values())[0].name)


def of_frozen(tf, _, graph, folder):
    definition = tf.GraphDef()
    with open(os.path.join(folder, NAMES["frozen"]), "rb") as stream:
        definition.ParseFromString(stream.read())
    tf.import_graph_def(definition, name="")
    return graph.get_tensor_by_name("images:0"), graph.get_tensor_by_name("probabilities:0")


def of_checkpoint(tf, session, _, folder):
    """As programs do: the graph is built by code, and its variables are restored."""
    given = tf.placeholder(tf.float32, [None, 28, 28, 1])
    filters, biases, matrix, offsets = [
        tf.Variable(tf.zeros(shape), name=name) for name, shape in SHAPES]
    layer = tf.nn.relu(tf.nn.conv2d(given, filters, [1, 1, 1, 1], "VALID") + biases)
    layer = tf.nn.max_pool(layer, [1, 4, 4, 1], [1, 4, 4, 1], "VALID")
    wanted = tf.nn.softmax(tf.matmul(tf.reshape(layer, [-1, 144]), matrix) + offsets)
    tf.train.Saver().restore(session, os.path.join(folder, "checkpoint", "model"))
    return given, wanted


# --- one after another, in processes that may die ------------------------------------------------


def in_turn(items, load, why_wrong, seconds):
    """For each item, {"value": what `load` gives} or {"error": why not}, in their order.

    `why_wrong` says of an item and its value why that is no success; empty where it is one. Only a
    failure of the first item of a child counts.
    """
    told = []
    while len(told) < len(items):
        child = Child(load, items[len(told):])
        first = True
        while len(told) < len(items):
            answer = child.answer(seconds)
            why = answer.get("error") or why_wrong(items[len(told)], answer["value"])
            if why and not first:
                break  # Perhaps by the fault of an earlier item: it is tried again as the first.
            told.append({"error": why} if why else answer)
            if why:
                break
            first = False
        child.end()
    return told


class Child(object):
    """A forked process that loads items one after another, and writes a line of JSON for each."""

    def __init__(self, load, items):
        self.stream, there = os.pipe()
        self.data = b""
        self.process = os.fork()
        if self.process:
            os.close(there)
            return
        status = 1
        try:
            os.close(self.stream)
            for item in items:
                line = json.dumps(outcome(load, item)).encode("ascii") + b"\n"
                while line:
                    line = line[os.write(there, line):]
            status = 0
        finally:
            os._exit(status)

    def answer(self, seconds):
        """What became of the next item, which begins now."""
        ends = time.time() + seconds
        while b"\n" not in self.data:
            left = ends - time.time()
            if left <= 0 or not select.select([self.stream], [], [], left)[0]:
                return {"error": "it was not loaded within %d s" % seconds}
            part = os.read(self.stream, 65536)
            if not part:
                return {"error": self.death()}
            self.data += part
        line, _, self.data = self.data.partition(b"\n")
        return json.loads(line.decode("ascii"))

    def death(self):
        status = self.wait()
        if os.WIFSIGNALED(status):
            return "the process died by signal %d" % os.WTERMSIG(status)
        return "the process ended with status %d" % os.WEXITSTATUS(status)

    def wait(self):
        status = os.waitpid(self.process, 0)[1]
        self.process = 0
        return status

    def end(self):
        if self.process:
            os.kill(self.process, signal.SIGKILL)
            self.wait()
        os.close(self.stream)


def outcome(load, item):
    try:
        return {"value": load(item)}
    except BaseException as error:
        text = "%s: %s" % (type(error).__name__, error)
        return {"error": " ".join(text.split())[:ERROR]}
