"""Does Keras work here? Builds, fits, evaluates, predicts, saves and loads small models.

Whichever Keras people would use in this environment: the distribution `keras` beside TensorFlow
before 2.6, else `tf.keras` (which is `keras` or `tf_keras` in later releases, as the release and
TF_USE_LEGACY_KERAS decide), else `tensorflow.contrib.keras`.

Initial weights and the order of the images come from a generator in this file whose arithmetic is
exact; its seed depends on the number of the round alone. What the framework draws by itself
(initialisers, random operations, a dropout mask, each from a stated seed) is told in a few values,
so that another random stream can be told from another result. The recurrent model has dropout,
whose masks are the framework's own.

A format in which a model cannot be saved, loaded, or does not predict the same afterwards is told
with its exception; it does not end the probe. One that this release does not know, or whose package
is not installed, is not available.
"""
from __future__ import division

import base64
import gzip
import hashlib
import json
import logging
import os
import random
import re
import struct
import time
import warnings

PROBE = {
    "question": "Does Keras build, fit, predict, save and load, and how fast?",
    "where": "inside",
    "order": 45,
    "on_request": True,
    "timeout_s": 300,
    "frameworks": ["tensorflow"],
    "dataset": "mnist",
    "settings": {
        "which": "",            # keras, tf.keras, tensorflow.contrib.keras; empty: what is usual
        "recurrent": True,      # the recurrent model as well
        "steps": 200,           # training steps of each model
        "symbolic": 2000,       # small symbolic operations that are built
        "threads": 0            # of one operation and between operations; 0: one for each CPU
    },
    "natures": [
        ["keras.*_seconds", "timing"],
        ["keras.*.seed", "seeded"],
        ["keras.*.initial_weights_sha256", "seeded"],
        ["keras.drawn.*", "drawn"],
        ["keras.convolutional.test_accuracy", "measured"],
        ["keras.recurrent.test_accuracy", "measured"],
        ["keras.*.test_error", "measured"],
        ["keras.*.test_loss", "measured"],
        ["keras.*.loss", "measured"],
        ["keras.*.loss_with_dropout", "measured"],
        ["keras.*.fit_loss", "measured"],
        ["keras.*.wrong_test_images", "measured"],
        ["keras.*.final_*", "measured"]
    ],
    "evidence": [
        {"level": "L3", "kind": "saves", "fact": "keras.saves"}
    ]
}

BATCH = 64
EVALUATION_BATCH = 500
SIDE = 28
CLASSES = 10
FITTED = 4          # batches of the call of `fit`
PREDICTED = 32      # images that a loaded model predicts
ALIKE = 1e-5        # by which a probability of a loaded model may differ
IMAGES_TOLD = 10000
VALUES = 8          # of each random stream that are told
WARNINGS = 20
LINE = 300
NONE = "none"
FORMATS = ("savedmodel", "hdf5", "keras", "weights", "export", "json")
NEEDS_H5PY = ("hdf5", "keras", "weights")
FILES = {
    "train_images": "train-images-idx3-ubyte.gz",
    "train_labels": "train-labels-idx1-ubyte.gz",
    "test_images": "t10k-images-idx3-ubyte.gz",
    "test_labels": "t10k-labels-idx1-ubyte.gz"
}
# What a warning speaks of that matters to whoever keeps models or moves to another release: of
# Keras' own warnings these, of others those that name it or what it keeps.
MATTERS = re.compile(
    r"\bsav(?:e|ed|ing)\b|\bload(?:ed|ing)?\b|optimizer|layer|compil|deprecat|legacy|removed in",
    re.IGNORECASE)
NAMES_IT = re.compile(r"keras|hdf5|h5py|saved?[_ ]?model", re.IGNORECASE)
# What is another one in each process, or on each machine.
# TensorFlow lists the attributes of an operation in no fixed order.
VARIES = re.compile(r"0x[0-9a-fA-F]+|/[^\s'\"]*/|\b\d{6,}\b|(?<=with these attrs: )\[.*")

clock = getattr(time, "perf_counter", time.time)


def probe(settings):
    if not settings.get("data_dir"):
        raise ValueError("no data set was given to train on")
    steps = int(settings.get("steps") or 0)
    if steps < 1:
        raise ValueError("%d steps: it takes one at least" % steps)
    began = clock()
    with Warned() as warned:
        facts = asked(settings, steps, began)
    facts["keras.warnings"] = warned.that_matter()
    facts["keras.total_seconds"] = clock() - began
    return facts


def asked(settings, steps, began):
    import tensorflow
    framework_seconds = clock() - began
    called, keras = keras_of(tensorflow, str(settings.get("which") or ""))
    import_seconds = clock() - began
    facts = {
        "keras.framework_version": str(tensorflow.__version__),
        "keras.framework_import_seconds": framework_seconds,
        "keras.import_seconds": import_seconds,
        "keras.which": called,
        "keras.legacy_asked": os.environ.get("TF_USE_LEGACY_KERAS", "")
    }
    if keras is None:
        facts["keras.saves"] = []
        return facts
    import numpy

    here = Here(tensorflow, numpy, keras, called, settings)
    facts.update({
        "keras.version": here.version_text,
        "keras.module": here.module,
        "keras.backend": here.backend(),
        "keras.graph_mode": here.graph_mode,
        "keras.threads": here.threads
    })
    here.prepare()
    facts.update(drawn(here))
    started = clock()
    symbolic(here, int(settings.get("symbolic") or 0))
    facts["keras.symbolic_seconds"] = clock() - started

    data = read_data(numpy, settings["data_dir"])
    facts["keras.dataset"] = data["name"]
    model, told = learned(here, data, "convolutional", convolutional, steps, settings)
    facts.update(told)
    facts.update(saving(here, model, data, settings["scratch"]))
    if settings.get("recurrent"):
        facts.update(learned(here, data, "recurrent", recurrent, steps, settings)[1])
    return facts


# --- which Keras -------------------------------------------------------------------------------


def keras_of(tensorflow, wanted):
    """(its name, the module). None as the module where the release is older than any Keras in it.

    What should be there and cannot be imported is raised as it is.
    """
    version = first_numbers(str(tensorflow.__version__))
    if wanted == "keras" or (not wanted and version < (2, 6) and beside()):
        import keras
        return "keras", keras
    if wanted == "tf.keras" or (not wanted and version >= (1, 4)):
        found = tensorflow.keras
        found.layers  # Later releases import it only now.
        return "tf.keras", found
    if wanted == "tensorflow.contrib.keras" or (not wanted and version >= (1, 1)):
        import tensorflow.contrib.keras as contributed
        return "tensorflow.contrib.keras", contributed
    if wanted:
        raise ValueError("no Keras is called %r" % wanted)
    return NONE, None


def beside():
    """Whether the distribution `keras` is installed beside the framework."""
    try:
        __import__("keras")
    except ImportError as error:
        # What is there and fails for the lack of something else is told by the import itself.
        return "keras" not in str(error).replace("'", " ").split()
    return True


class Here(object):
    """The framework, its Keras, and what is called otherwise in each release of them."""

    def __init__(self, tensorflow, numpy, keras, called, settings):
        self.tensorflow, self.numpy, self.keras, self.called = tensorflow, numpy, keras, called
        self.tf = tensorflow
        if hasattr(tensorflow, "compat") and hasattr(tensorflow.compat, "v1"):
            self.tf = tensorflow.compat.v1
        self.version_text = str(getattr(keras, "__version__", "") or version_inside(keras))
        self.version = first_numbers(self.version_text)
        self.module = keras.layers.Dense.__module__.split(".layers")[0]
        self.framework = first_numbers(str(tensorflow.__version__))
        executing = getattr(tensorflow, "executing_eagerly", None)
        self.graph_mode = not (executing is not None and executing())
        self.threads = int(settings.get("threads") or cpus_allowed())

    def backend(self):
        """The name of what computes."""
        config = getattr(self.keras, "config", None)
        for holder in (config, self.keras.backend):
            if hasattr(holder, "backend"):
                return str(holder.backend())
        return "tensorflow"

    def prepare(self):
        """As many threads as are allowed."""
        if self.graph_mode:
            self.session()
            return
        self.tensorflow.config.threading.set_intra_op_parallelism_threads(self.threads)
        self.tensorflow.config.threading.set_inter_op_parallelism_threads(self.threads)

    def session(self):
        """A new graph, and a session with as many threads as are allowed."""
        self.keras.backend.clear_session()
        self.keras.backend.set_session(self.tf.Session(config=self.tf.ConfigProto(
            intra_op_parallelism_threads=self.threads,
            inter_op_parallelism_threads=self.threads)))

    def seed(self, seed):
        """Everything that draws numbers starts from a seed."""
        seed %= 2 ** 31
        random.seed(seed)
        self.numpy.random.seed(seed)
        # Keras 2 has such a function too: with Python 3.12 no layer can be built after it, since
        # it asks for a random whole number up to 1e9, which is none.
        if self.version >= (3, 0):
            self.keras.utils.set_random_seed(seed)
        elif self.graph_mode:
            self.tf.set_random_seed(seed)
        else:
            self.tensorflow.random.set_seed(seed)

    def values(self, tensor):
        """The numbers of a tensor; some initialisers of older releases give them at once."""
        if isinstance(tensor, self.numpy.ndarray):
            return tensor
        if hasattr(tensor, "numpy") and not self.graph_mode:
            return self.numpy.asarray(tensor.numpy())
        return self.numpy.asarray(self.keras.backend.get_session().run(tensor))


def version_inside(keras):
    """The version of a Keras that says it only in a module of its own: that of the distribution
    its layers come from, in 1.2 to 1.4 one inside the framework."""
    distribution = keras.layers.Dense.__module__.split(".")[0]
    for name in (distribution, "tensorflow.contrib.keras.python.keras", "tensorflow.python.keras"):
        try:
            if name != "tensorflow":
                return __import__(name, fromlist=["__version__"]).__version__
        except (ImportError, AttributeError):
            continue
    return ""


def first_numbers(version):
    """(major, minor) of a version; zeros where it has none."""
    numbers = []
    for part in version.split(".")[:2]:
        digits = re.match(r"\d*", part).group()
        numbers.append(int(digits or 0))
    return tuple((numbers + [0, 0])[:2])


# --- what the framework draws by itself --------------------------------------------------------


def drawn(here):
    """The first values of random streams that start from the seed 1 (of a mask of dropout: what is
    kept); what this release does not have is left out."""
    keras, numpy = here.keras, here.numpy
    facts = {}

    def tell(name, draw):
        try:
            here.seed(1)
            values = numpy.asarray(draw(), numpy.float64).reshape(-1)[:VALUES]
        except Exception:  # A release without it: what it lacks is no fact.
            return
        facts["keras.drawn." + name] = [float(value) for value in values]

    def uniform():
        if here.graph_mode:
            return here.values(here.tf.random_uniform([VALUES], seed=1))
        return here.values(here.tensorflow.random.uniform([VALUES], seed=1))

    def mask():
        ones = numpy.ones((1, VALUES), numpy.float32)
        layer = keras.layers.Dropout(0.5, seed=1)
        if not here.graph_mode:
            return here.values(layer(ones, training=True))
        session = keras.backend.get_session()
        return session.run(keras.backend.dropout(keras.backend.constant(ones), 0.5, seed=1))

    tell("uniform", uniform)
    tell("dropout", mask)
    for name, label in (("RandomNormal", "random_normal"), ("RandomUniform", "random_uniform"),
                        ("TruncatedNormal", "truncated_normal"), ("Orthogonal", "orthogonal")):
        tell(label, lambda kind=name: here.values(
            getattr(keras.initializers, kind)(seed=1)((4, 4))))
    for name in ("glorot_uniform", "he_normal"):
        tell(name, lambda kind=name: here.values(of_name(keras, kind)((4, 4))))
    return facts


def of_name(keras, name):
    """A seeded initialiser: a function in older releases, a class of both spellings in later."""
    made = getattr(keras.initializers, name, None)
    if made is None:
        made = getattr(keras.initializers, "".join(one.title() for one in name.split("_")))
    return made(seed=1)


# --- the models --------------------------------------------------------------------------------


def symbolic(here, count):
    """Build so many small operations on a symbolic input."""
    value = here.keras.layers.Input(shape=(4,))
    for _ in range(count):
        value = value + 1.0
    return value


def convolutional(keras):
    """Two convolutions with pooling, two dense layers; nothing random."""
    layers = keras.layers
    images = layers.Input(shape=(SIDE, SIDE, 1))
    value = layers.Conv2D(8, (3, 3), activation="relu")(images)
    value = layers.MaxPooling2D((2, 2))(value)
    value = layers.Conv2D(16, (3, 3), activation="relu")(value)
    value = layers.MaxPooling2D((2, 2))(value)
    value = layers.Flatten()(value)
    value = layers.Dense(32, activation="relu")(value)
    return keras.models.Model(images, layers.Dense(CLASSES, activation="softmax")(value))


def recurrent(keras):
    """A long short-term memory over the rows of an image, with dropout on what comes in."""
    layers = keras.layers
    images = layers.Input(shape=(SIDE, SIDE, 1))
    value = layers.Reshape((SIDE, SIDE))(images)
    value = layers.LSTM(64, recurrent_activation="sigmoid", dropout=0.5)(value)
    return keras.models.Model(images, layers.Dense(CLASSES, activation="softmax")(value))


def learned(here, data, name, build, steps, settings):
    """(the trained model, the facts about it)."""
    numpy, stem = here.numpy, "keras.%s." % name
    split = data["validation"]
    images, labels = data["train_images"][split:], data["train_labels"][split:]
    seed = seed_of(name, int(settings.get("round") or 1))
    if here.graph_mode:
        here.session()
    here.seed(seed)
    started = clock()
    model = build(here.keras)
    # Releases have other defaults for epsilon: stated, they take the same steps.
    model.compile(here.keras.optimizers.Adam(0.005, epsilon=1e-7),
                  loss="categorical_crossentropy")
    build_seconds = clock() - started
    weights = initial_weights(numpy, [one.shape for one in model.get_weights()], seed)
    model.set_weights(weights)
    started = clock()
    trace(here, model)
    trace_seconds = clock() - started

    order = Order(numpy, len(labels), seed)
    losses, seconds = [], []
    for step in range(steps):
        chosen = order.batch(step)
        batch, wanted = pixels(numpy, images[chosen]), one_hot(numpy, labels[chosen])
        if hasattr(model, "reset_metrics"):
            model.reset_metrics()  # Later releases tell the mean over all steps otherwise.
        started = clock()
        loss = model.train_on_batch(batch, wanted)
        seconds.append(clock() - started)
        losses.append(float(numpy.asarray(loss).reshape(-1)[0]))

    chosen = numpy.concatenate([order.batch(steps + more) for more in range(FITTED)])
    started = clock()
    history = model.fit(pixels(numpy, images[chosen]), one_hot(numpy, labels[chosen]),
                        batch_size=BATCH, epochs=1, verbose=0, shuffle=False)
    fit_seconds = clock() - started

    tested, right = pixels(numpy, data["test_images"]), data["test_labels"]
    started = clock()
    test_loss = model.evaluate(
        tested, one_hot(numpy, right), batch_size=EVALUATION_BATCH, verbose=0)
    scores = numpy.asarray(model.predict(tested, batch_size=EVALUATION_BATCH, verbose=0))
    evaluation_seconds = clock() - started
    wrong = numpy.argmax(scores, 1) != right
    test_error = int(numpy.sum(wrong)) / len(wrong)
    return model, {
        stem + "seed": seed,
        stem + "initial_weights_sha256": digest(weights),
        stem + "weights": int(sum(one.size for one in weights)),
        stem + "dataset_sha256": data["digest"],
        stem + "batch_size": BATCH,
        stem + "steps": steps,
        stem + "test_images": len(right),
        stem + "build_seconds": build_seconds,
        stem + "trace_seconds": trace_seconds,
        stem + "first_step_seconds": seconds[0],
        stem + "step_seconds": seconds[1:],
        stem + "fit_seconds": fit_seconds,
        stem + "evaluation_seconds": evaluation_seconds,
        # Masks of dropout are the framework's own: such losses are no evidence of arithmetic.
        stem + ("loss" if name == "convolutional" else "loss_with_dropout"): losses,
        stem + "fit_loss": float(history.history["loss"][-1]),
        stem + "test_loss": float(numpy.asarray(test_loss).reshape(-1)[0]),
        stem + "test_error": test_error,
        stem + "test_accuracy": 1.0 - test_error,
        stem + "wrong_test_images": base64.b64encode(numpy.packbits(
            wrong[:IMAGES_TOLD].astype(numpy.uint8)).tobytes()).decode("ascii"),
        stem + "final_weights_sha256": digest(model.get_weights())
    }


def trace(here, model):
    """Make the graph of a pass through the model, apart from the first step: of training with its
    gradients where a release makes it for the asking, else of the pass forward."""
    if here.graph_mode:
        for name in ("_make_train_function", "make_train_function"):
            if hasattr(model, name):
                getattr(model, name)()
                return
        return
    traced = here.tensorflow.function(lambda images: model(images, training=True))
    traced.get_concrete_function(
        here.tensorflow.TensorSpec([BATCH, SIDE, SIDE, 1], here.tensorflow.float32))


# --- saving and loading ------------------------------------------------------------------------


def saving(here, model, data, scratch):
    """In which formats the model is saved, loaded, and predicts the same."""
    images = pixels(here.numpy, data["test_images"][:PREDICTED])
    before = here.numpy.asarray(model.predict(images, verbose=0))
    works, failed, unavailable, tried = [], [], [], []
    facts = {}
    for name in FORMATS:
        why = not_available(here, name)
        if why:
            unavailable.append("%s: %s" % (name, why))
            continue
        tried.append(name)
        started = clock()
        doing, path = "saved", os.path.join(scratch, "model-" + name)
        try:
            kept = save(here, model, name, path)
            doing = "loaded"
            after = here.numpy.asarray(load(here, model, name, kept)(images))
            apart = float(here.numpy.max(here.numpy.abs(after - before)))
            doing = "held against what was saved"
            if not apart <= ALIKE:
                raise ValueError("a probability is %.3g apart after loading" % apart)
            works.append(name)
        except Exception as error:
            failed.append("%s: cannot be %s: %s" % (name, doing, in_short(error)))
        facts["keras.%s_seconds" % name] = clock() - started
    facts.update({
        "keras.formats": tried,
        "keras.saves": works,
        "keras.cannot_save": failed,
        "keras.not_available": unavailable
    })
    return facts


def not_available(here, name):
    """Why a format is not there to be tried; empty where it is."""
    if name in NEEDS_H5PY:
        try:
            import h5py  # noqa: F401
        except ImportError as error:
            if "h5py" in str(error).replace("'", " ").split()[-1:]:
                return "h5py is not installed"
            # One that is there and cannot be imported is what the release will say.
    since = {"keras": (2, 12), "export": (2, 13)}.get(name)
    if since and here.version < since:
        return "this Keras is older than the format"
    if name == "savedmodel":
        if here.version >= (3, 0):
            return "Keras 3 writes it by export alone"
        if here.called != "tf.keras" or here.framework < (2, 0):
            return "this Keras is older than the format"
    return ""


def save(here, model, name, path):
    """Write the model; what `load` needs to find it."""
    if name == "json":
        return model.to_json(), model.get_weights()
    if name == "weights":
        path += ".weights.h5"
        model.save_weights(path)
        return path
    if name == "export":
        model.export(path)
        return path
    if name == "savedmodel":
        model.save(path, save_format="tf")
        return path
    path += {"hdf5": ".h5", "keras": ".keras"}[name]
    model.save(path)
    return path


def load(here, model, name, kept):
    """A function that predicts by what was saved."""
    keras = here.keras
    if name == "export":
        # Not the Keras that wrote it: what it is for is to be served without.
        served = here.tensorflow.saved_model.load(kept)
        return lambda images: served.serve(here.tensorflow.constant(images)).numpy()
    if name == "json":
        again = keras.models.model_from_json(kept[0])
        again.set_weights(kept[1])
    elif name == "weights":
        again = convolutional(keras)
        again.load_weights(kept)
    else:
        again = keras.models.load_model(kept)
    return lambda images: again.predict(images, verbose=0)


def in_short(error):
    """An exception in one line, without what is another one in each process."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    text = "%s: %s" % (type(error).__name__, " ".join(lines[:3]))
    return VARIES.sub("...", text)[:LINE]


class Warned(object):
    """Keeps what is warned of, by Python's warnings and by what frameworks log."""

    def __init__(self):
        self.caught = warnings.catch_warnings(record=True)
        self.handler = Kept()

    def __enter__(self):
        self.warned = self.caught.__enter__()
        warnings.simplefilter("always")
        logging.getLogger().addHandler(self.handler)
        for name in ("tensorflow", "absl", "keras"):
            logging.getLogger(name).addHandler(self.handler)
        return self

    def __exit__(self, *ended):
        for name in (None, "tensorflow", "absl", "keras"):
            logging.getLogger(name).removeHandler(self.handler)
        self.caught.__exit__(*ended)

    def that_matter(self):
        """Each once, in order of text, without what is another one in each process."""
        said = ["%s: %s" % (one.category.__name__, one.message) for one in self.warned
                if NAMES_IT.search(str(one.message))
                or (NAMES_IT.search(str(one.filename)) and MATTERS.search(str(one.message)))]
        said += [text for text in self.handler.said if NAMES_IT.search(text)]
        told = set(" ".join(VARIES.sub("...", text).split())[:LINE] for text in said)
        return sorted(told)[:WARNINGS]


class Kept(logging.Handler):
    """A log that keeps its first warnings."""

    def __init__(self):
        logging.Handler.__init__(self, logging.WARNING)
        self.said = []

    def emit(self, record):
        if len(self.said) < 200:
            try:
                self.said.append("%s: %s" % (record.levelname, record.getMessage()))
            except Exception:
                pass  # A message that does not fit its arguments says nothing.


# --- the same bits everywhere, as in mnist.py --------------------------------------------------


def seed_of(name, number):
    """The seed of a model in a round."""
    told = hashlib.sha256(("keras %s round %d" % (name, number)).encode("ascii")).hexdigest()
    return int(told[:13], 16)


def uniform_bits(numpy, stream, start, count, seed):
    """`count` 64-bit numbers of a stream from its position `start`: SplitMix64, by its counter.

    Integers modulo 2**64 alone, so equal on every version of Python and numpy.
    """
    u64 = numpy.uint64
    with numpy.errstate(over="ignore"):
        state = numpy.arange(start + 1, start + count + 1, dtype=u64)
        state *= u64(0x9E3779B97F4A7C15)
        state += u64((seed * 0x9E3779B97F4A7C15 + stream * 0xD1342543DE82EF95) % 2 ** 64)
        state ^= state >> u64(30)
        state *= u64(0xBF58476D1CE4E5B9)
        state ^= state >> u64(27)
        state *= u64(0x94D049BB133111EB)
        state ^= state >> u64(31)
    return state


def initial_weights(numpy, shapes, seed):
    """For each shape: biases of zeros, else uniform with the variance of Glorot and Bengio (2010).
    Their square roots are rounded as IEEE 754 says, so the same everywhere."""
    weights = []
    for stream, shape in enumerate(shapes):
        count = 1
        for size in shape:
            count *= int(size)
        if len(shape) < 2:
            values = numpy.zeros(count, numpy.float64)
        else:
            field = count // (int(shape[-1]) * int(shape[-2]))
            limit = numpy.sqrt(6.0 / (field * (int(shape[-1]) + int(shape[-2]))))
            bits = uniform_bits(numpy, stream, 0, count, seed)
            values = (bits >> numpy.uint64(11)).astype(numpy.float64) / float(2 ** 53)
            values = (values * 2.0 - 1.0) * limit
        weights.append(values.astype(numpy.float32).reshape(shape))
    return weights


def digest(weights):
    """SHA-256 of weights as little-endian floats of 32 bits, in the order of the model."""
    hashed = hashlib.sha256()
    for value in weights:
        hashed.update(value.astype("<f4").tobytes())
    return hashed.hexdigest()


class Order(object):
    """Which images make a batch: every epoch a new order of all, cut into whole batches."""

    def __init__(self, numpy, size, seed):
        self.numpy, self.size, self.seed = numpy, size, seed
        self.each = size // BATCH
        if not self.each:
            raise ValueError("%d training images are less than a batch" % size)

    def batch(self, step):
        epoch, at = divmod(step, self.each)
        keys = uniform_bits(self.numpy, 1000 + epoch, 0, self.size, self.seed)
        return self.numpy.argsort(keys, kind="mergesort")[at * BATCH:(at + 1) * BATCH]


def pixels(numpy, images):
    """Bytes to [-0.5, 0.5]."""
    scaled = (images.astype(numpy.float32) - 127.5) / 255.0
    return scaled.astype(numpy.float32).reshape(-1, SIDE, SIDE, 1)


def one_hot(numpy, labels):
    return numpy.eye(CLASSES, dtype=numpy.float32)[labels]


def cpus_allowed():
    """On how many CPUs this process may run; Python 2.7 has no call that tells."""
    try:
        with open("/proc/self/status") as stream:
            for line in stream:
                if line.startswith("Cpus_allowed:"):
                    return bin(int(line.split()[1].replace(",", ""), 16)).count("1")
    except (IOError, OSError):
        pass
    return os.sysconf("SC_NPROCESSORS_ONLN")


# --- the data, verified before anything trains on it -------------------------------------------


def read_data(numpy, folder):
    with open(os.path.join(folder, "dataset.json"), "rb") as stream:
        description = json.loads(stream.read(65536).decode("ascii"))
    data = {
        "name": str(description["name"]),
        "digest": str(description["digest"]),
        "validation": int(description["validation"])
    }
    for part, name in sorted(FILES.items()):
        data[part] = read_file(numpy, os.path.join(folder, name), description["files"][name])
    return data


def read_file(numpy, path, expected):
    size = int(expected["bytes"])
    with gzip.open(path, "rb") as stream:
        content = stream.read(size)
        # Reading on to the end is what makes gzip verify its checksum.
        if len(content) != size or stream.read(1):
            raise ValueError("%s: not %d bytes uncompressed" % (path, size))
    sha256 = hashlib.sha256(content).hexdigest()
    if sha256 != expected["sha256"]:
        raise ValueError("%s: SHA-256 %s, not %s" % (path, sha256, expected["sha256"]))
    dimensions = struct.unpack(">HBB", content[:4])[2]
    shape = struct.unpack(">" + "I" * dimensions, content[4:4 + 4 * dimensions])
    values = numpy.frombuffer(content, numpy.uint8, offset=4 + 4 * dimensions).reshape(shape)
    return values.astype(numpy.int64) if dimensions == 1 else values
