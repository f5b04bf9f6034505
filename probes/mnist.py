"""Does this environment learn? Trains the network of the TensorFlow tutorial `convolutional.py`.

Two 5x5 convolutions (32 and 64 maps), each with 2x2 pooling, 512 hidden units with dropout, ten
classes; L2 on the fully connected layers; momentum 0.9; a learning rate of 0.01, times 0.95 after
each epoch. In graph mode on every version from 1.0 on.

Initial weights and the order of the images come from a counter-based generator in this file,
whose arithmetic is exact, so that every version on every machine starts from the same bits. Its
seed depends on the number of the round alone: every environment trains alike in the same round, and
otherwise in another. Dropout masks come from the framework's own operation with the round's seed:
it is part of what is tried. The loss, in which the weights before the update stand, is fetched in
the same run as the update: an update waits for it, so no race decides which weights it saw.
"""
from __future__ import division

import base64
import gzip
import hashlib
import json
import os
import struct
import time

PROBE = {
    "question": "Does it train the MNIST network of the TensorFlow tutorial, and how well?",
    "where": "inside",
    "order": 40,
    "timeout_s": 900,
    "frameworks": ["tensorflow"],
    "dataset": "mnist",
    "settings": {
        "steps": 200,           # training steps, where `epochs` is 0
        "epochs": 0,            # passes over the training images; 10 in the tutorial
        "threads": 0,           # of one operation and between operations; 0: one for each CPU
        "deterministic": False  # one thread, fixed kernels
    },
    "natures": [
        ["mnist.*_seconds", "timing"],
        ["mnist.seed", "seeded"],
        ["mnist.initial_weights_sha256", "seeded"],
        ["mnist.cpus_busy", "observed"],
        ["mnist.loss", "measured"],
        ["mnist.minibatch_error", "measured"],
        ["mnist.test_accuracy", "measured"],
        ["mnist.test_error", "measured"],
        ["mnist.validation_error", "measured"],
        ["mnist.wrong_test_images", "measured"],
        ["mnist.final_*", "measured"]
    ],
    "evidence": [
        {"level": "L1", "kind": "claimed", "fact": "mnist.framework_version"},
        {"level": "L2", "kind": "finished", "fact": "mnist.test_accuracy"},
        {"level": "L3", "kind": "band", "fact": "mnist.test_accuracy"}
    ]
}

SEED = 66478
BATCH = 64
EVALUATION_BATCH = 500
SIDE = 28
CLASSES = 10
SERIES = 10000
IMAGES_TOLD = 10000  # Of so many test images it is told which were wrong.
SHAPES = (
    ("conv1_weights", (5, 5, 1, 32)),
    ("conv1_biases", (32,)),
    ("conv2_weights", (5, 5, 32, 64)),
    ("conv2_biases", (64,)),
    ("fc1_weights", (SIDE // 4 * SIDE // 4 * 64, 512)),
    ("fc1_biases", (512,)),
    ("fc2_weights", (512, CLASSES)),
    ("fc2_biases", (CLASSES,))
)
FILES = {
    "train_images": "train-images-idx3-ubyte.gz",
    "train_labels": "train-labels-idx1-ubyte.gz",
    "test_images": "t10k-images-idx3-ubyte.gz",
    "test_labels": "t10k-labels-idx1-ubyte.gz"
}

clock = getattr(time, "perf_counter", time.time)


def probe(settings):
    if not settings.get("data_dir"):
        raise ValueError("no data set was given to train on")
    began = clock()
    deterministic = bool(settings.get("deterministic"))
    threads = 1 if deterministic else int(settings.get("threads") or cpus_allowed())
    if deterministic:
        # Before the import: the framework reads them once.
        os.environ["TF_DETERMINISTIC_OPS"] = "1"
        os.environ["TF_CUDNN_DETERMINISTIC"] = "1"
        os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"

    import tensorflow
    import_seconds = clock() - began
    import numpy

    data = read_data(numpy, settings["data_dir"])
    split = data["validation"]
    train_size = len(data["train_labels"]) - split
    if train_size < BATCH:
        raise ValueError("%d training images are less than a batch" % train_size)
    epochs = int(settings.get("epochs") or 0)
    steps = epochs * train_size // BATCH if epochs else int(settings.get("steps") or 0)
    if steps < 1:
        raise ValueError("neither steps nor epochs asks for training")

    seed = seed_of(int(settings.get("round") or 1))
    weights = initial_weights(numpy, seed)
    facts = {
        "mnist.framework_version": str(tensorflow.__version__),
        "mnist.import_seconds": import_seconds,
        "mnist.dataset": data["name"],
        "mnist.dataset_sha256": data["digest"],
        "mnist.train_images": train_size,
        "mnist.validation_images": split,
        "mnist.test_images": len(data["test_labels"]),
        "mnist.test_images_per_class": [
            int(count) for count in numpy.bincount(data["test_labels"], minlength=CLASSES)],
        "mnist.batch_size": BATCH,
        "mnist.steps": steps,
        "mnist.deterministic": deterministic,
        "mnist.threads_within_operation": threads,
        "mnist.threads_between_operations": threads,
        "mnist.seed": seed,
        "mnist.initial_weights_sha256": digest(weights)
    }
    facts.update(train(tensorflow, numpy, data, weights, Asked(steps, threads, seed)))
    facts["mnist.total_seconds"] = clock() - began
    return facts


# --- the network -------------------------------------------------------------------------------


class Asked(object):
    """How it is to be trained."""

    def __init__(self, steps, threads, seed):
        self.steps, self.threads, self.seed = steps, threads, seed


def train(tensorflow, numpy, data, weights, asked):
    tf = tensorflow
    if hasattr(tensorflow, "compat") and hasattr(tensorflow.compat, "v1"):
        tf = tensorflow.compat.v1
    if hasattr(tf, "disable_v2_behavior"):
        tf.disable_v2_behavior()

    split = data["validation"]
    images, labels = data["train_images"][split:], data["train_labels"][split:]
    graph = tf.Graph()
    with graph.as_default():
        network = build(tf, weights, len(labels), asked.seed)
    options = {
        "intra_op_parallelism_threads": asked.threads,
        "inter_op_parallelism_threads": asked.threads
    }
    order = Order(numpy, len(labels), asked.seed)
    losses, errors, seconds = [], [], []
    with tf.Session(graph=graph, config=tf.ConfigProto(**options)) as session:
        session.run(network["initialise"])
        began, worked = clock(), cpu_seconds()
        for step in range(asked.steps):
            chosen = order.batch(step)
            feed = {network["images"]: pixels(numpy, images[chosen]),
                    network["labels"]: labels[chosen]}
            started = clock()
            _, loss, scores = session.run(
                [network["update"], network["loss"], network["scores"]], feed)
            seconds.append(clock() - started)
            losses.append(float(loss))
            errors.append(error_rate(numpy, scores, labels[chosen]))
        busy = (cpu_seconds() - worked) / max(clock() - began, 1e-9)
        started = clock()
        validation = evaluate(numpy, session, network,
                              data["train_images"][:split], data["train_labels"][:split])
        test = evaluate(numpy, session, network, data["test_images"], data["test_labels"])
        evaluation_seconds = clock() - started
        final = session.run(network["weights"])

    every = 1 + (asked.steps - 1) // SERIES
    test_error = share(numpy, test)
    return {
        "mnist.series_every": every,
        "mnist.loss": losses[::every],
        "mnist.minibatch_error": errors[::every],
        "mnist.validation_error": share(numpy, validation),
        "mnist.test_error": test_error,
        "mnist.test_accuracy": 1.0 - test_error,
        "mnist.wrong_test_images": bits(numpy, test[:IMAGES_TOLD]),
        "mnist.cpus_busy": busy,
        "mnist.first_step_seconds": seconds[0],
        "mnist.step_seconds": seconds[1::every],
        "mnist.evaluation_seconds": evaluation_seconds,
        "mnist.final_loss": losses[-1],
        "mnist.final_weights_sha256": digest(final)
    }


def build(tf, weights, train_size, seed):
    """The graph; `images` and `labels` take a batch of any size for evaluation."""
    images = tf.placeholder(tf.float32, [None, SIDE, SIDE, 1])
    labels = tf.placeholder(tf.int64, [None])
    variables = dict(
        (name, tf.Variable(value, name=name))
        for (name, _), value in zip(SHAPES, weights))

    def logits(training):
        layer = images
        for name in ("conv1", "conv2"):
            layer = tf.nn.conv2d(
                layer, variables[name + "_weights"], strides=[1, 1, 1, 1], padding="SAME")
            layer = tf.nn.relu(tf.nn.bias_add(layer, variables[name + "_biases"]))
            layer = tf.nn.max_pool(
                layer, ksize=[1, 2, 2, 1], strides=[1, 2, 2, 1], padding="SAME")
        flat = tf.reshape(layer, [-1, SHAPES[4][1][0]])
        hidden = tf.nn.relu(
            tf.matmul(flat, variables["fc1_weights"]) + variables["fc1_biases"])
        if training:
            hidden = dropout(tf, hidden, seed % 2 ** 31)
        return tf.matmul(hidden, variables["fc2_weights"]) + variables["fc2_biases"]

    trained = logits(True)
    loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(
        labels=labels, logits=trained))
    loss += 5e-4 * sum(
        tf.nn.l2_loss(variables[name])
        for name in ("fc1_weights", "fc1_biases", "fc2_weights", "fc2_biases"))
    batches = tf.Variable(0, dtype=tf.float32, trainable=False, name="batches")
    rate = tf.train.exponential_decay(
        0.01, batches * BATCH, train_size, 0.95, staircase=True)
    optimizer = tf.train.MomentumOptimizer(rate, 0.9)
    gradients = optimizer.compute_gradients(loss, [variables[name] for name, _ in SHAPES])
    scores = tf.nn.softmax(trained)
    with tf.control_dependencies([loss, scores]):
        update = optimizer.apply_gradients(gradients, global_step=batches)
    return {
        "images": images,
        "labels": labels,
        "update": update,
        "loss": loss,
        "scores": scores,
        "predictions": tf.nn.softmax(logits(False)),
        "weights": [variables[name] for name, _ in SHAPES],
        "initialise": tf.global_variables_initializer()
    }


def dropout(tf, layer, seed):
    """Half of the units; later versions ask for the share to drop, earlier for that to keep."""
    try:
        return tf.nn.dropout(layer, rate=0.5, seed=seed)
    except TypeError:
        return tf.nn.dropout(layer, keep_prob=0.5, seed=seed)


def evaluate(numpy, session, network, images, labels):
    """Which images are classified wrongly, without dropout."""
    wrong = []
    for start in range(0, len(labels), EVALUATION_BATCH):
        scores = session.run(
            network["predictions"],
            {network["images"]: pixels(numpy, images[start:start + EVALUATION_BATCH])})
        chosen = numpy.argmax(scores, 1)
        wrong.append(chosen != labels[start:start + EVALUATION_BATCH])
    return numpy.concatenate(wrong)


def share(numpy, wrong):
    return int(numpy.sum(wrong)) / len(wrong)


def bits(numpy, wrong):
    """One bit for each image, the first image's is the highest of the first byte; Base64."""
    return base64.b64encode(numpy.packbits(wrong.astype(numpy.uint8)).tobytes()).decode("ascii")


def error_rate(numpy, scores, labels):
    return int(numpy.sum(numpy.argmax(scores, 1) != labels)) / len(labels)


def pixels(numpy, images):
    """Bytes to [-0.5, 0.5], as the tutorial does it."""
    scaled = (images.astype(numpy.float32) - 127.5) / 255.0
    return scaled.astype(numpy.float32).reshape(-1, SIDE, SIDE, 1)


# --- what it may use ---------------------------------------------------------------------------


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


def cpu_seconds():
    """What all threads of this process have worked."""
    times = os.times()
    return times[0] + times[1]


# --- the same bits everywhere ------------------------------------------------------------------


def seed_of(number):
    """The seed of a round. Neighbouring seeds would give one stream, shifted by one position."""
    if number == 1:
        return SEED
    told = hashlib.sha256(("mnist round %d" % number).encode("ascii")).hexdigest()
    return int(told[:13], 16)


def uniform_bits(numpy, stream, start, count, seed=SEED):
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


def truncated_normal(numpy, stream, count, seed=SEED):
    """Normal values, none beyond two deviations, by rejection.

    exp() of the C library may differ in its last bit from one to the next; a sum of products of
    doubles does not.
    """
    parts, have, start = [], 0, 0
    while have < count:
        block = 65536
        bits = uniform_bits(numpy, stream, start, 2 * block, seed)
        start += 2 * block
        unit = (bits >> numpy.uint64(11)).astype(numpy.float64) / float(2 ** 53)
        value, chance = unit[:block] * 4.0 - 2.0, unit[block:]
        exponent = value * value * -0.5
        density = numpy.ones(block, numpy.float64)
        for term in range(30, 0, -1):
            density = density * (exponent / float(term)) + 1.0
        kept = value[chance < density]
        parts.append(kept)
        have += len(kept)
    return numpy.concatenate(parts)[:count]


def initial_weights(numpy, seed=SEED):
    weights = []
    for stream, (name, shape) in enumerate(SHAPES):
        count = 1
        for size in shape:
            count *= size
        if name.endswith("_weights"):
            values = truncated_normal(numpy, stream, count, seed) * 0.1
        elif name == "conv1_biases":
            values = numpy.zeros(count, numpy.float64)
        else:
            values = numpy.ones(count, numpy.float64) * 0.1
        weights.append(values.astype(numpy.float32).reshape(shape))
    return weights


def digest(weights):
    """SHA-256 of the weights as little-endian floats of 32 bits, in the order of SHAPES."""
    hashed = hashlib.sha256()
    for value in weights:
        hashed.update(value.astype("<f4").tobytes())
    return hashed.hexdigest()


class Order(object):
    """Which images make a batch: every epoch a new order of all, cut into whole batches.

    Positions run on over the end of an epoch, so that every image is used once an epoch.
    """

    def __init__(self, numpy, size, seed=SEED):
        self.numpy, self.size, self.seed, self.orders = numpy, size, seed, {}

    def batch(self, step):
        first = step * BATCH
        parts = []
        while len(parts) < 2 and first < (step + 1) * BATCH:
            epoch, at = divmod(first, self.size)
            part = self.epoch(epoch)[at:at + (step + 1) * BATCH - first]
            parts.append(part)
            first += len(part)
        return self.numpy.concatenate(parts)

    def epoch(self, number):
        if number not in self.orders:
            keys = uniform_bits(self.numpy, 1000 + number, 0, self.size, self.seed)
            self.orders = dict(item for item in self.orders.items() if item[0] == number - 1)
            self.orders[number] = self.numpy.argsort(keys, kind="mergesort")
        return self.orders[number]


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
    for kind in ("train", "test"):
        images, labels = data[kind + "_images"], data[kind + "_labels"]
        if len(images) != len(labels):
            raise ValueError("%s: %d images, %d labels" % (kind, len(images), len(labels)))
        if images.shape[1:] != (SIDE, SIDE):
            raise ValueError("%s: images of %s pixels" % (kind, images.shape[1:]))
    if not 0 < data["validation"] < len(data["train_labels"]):
        raise ValueError("%d validation images" % data["validation"])
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
    zero, kind, dimensions = struct.unpack(">HBB", content[:4])
    if zero or kind != 8 or dimensions not in (1, 3):
        raise ValueError("%s: not an IDX file of bytes" % path)
    shape = struct.unpack(">" + "I" * dimensions, content[4:4 + 4 * dimensions])
    if list(shape) != [int(extent) for extent in expected["shape"]]:
        raise ValueError("%s: shape %s, not %s" % (path, list(shape), expected["shape"]))
    count = 1
    for extent in shape:
        count *= extent
    if size != 4 + 4 * dimensions + count:
        raise ValueError("%s: %d bytes for shape %s" % (path, size, list(shape)))
    values = numpy.frombuffer(content, numpy.uint8, count, 4 + 4 * dimensions).reshape(shape)
    if dimensions == 1:
        if count and int(values.max()) >= CLASSES:
            raise ValueError("%s: label %d" % (path, int(values.max())))
        return values.astype(numpy.int64)
    return values
