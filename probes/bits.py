"""Where do two environments first compute other bits? Ten steps of the MNIST network, one thread.

The network of the probe `mnist` in deterministic mode: one thread, fixed kernels, no dropout, and
weights and images from a generator in this file whose arithmetic is exact. Images and labels are
drawn, not read: what is asked is what the framework computes of given numbers, not whether it
learns. It answers a digest of every tensor, step after step, in the order in which a step computes
them (`bits.tensors` names them), so that the step and the tensor can be named at which two
environments part.
"""
from __future__ import division

import hashlib
import os

PROBE = {
    "question": "Which bits does training end in, step by step and tensor by tensor?",
    "where": "inside",
    "order": 50,
    "on_request": True,
    "timeout_s": 300,
    "frameworks": ["tensorflow"],
    "settings": {
        "steps": 10             # training steps
    },
    "natures": [
        ["bits.digests", "measured"],
        ["bits.loss", "measured"]
    ],
    "evidence": [
        {"level": "L1", "kind": "claimed", "fact": "bits.framework_version"}
    ]
}

SEED = 66478
BATCH = 64
SIDE = 28
CLASSES = 10
MOST_STEPS = 100
DIGITS = 16
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
IMAGES, LABELS = 100, 101  # Streams of the generator, behind those of the weights.


def probe(settings):
    # Before the import: the framework reads them once.
    os.environ["TF_DETERMINISTIC_OPS"] = "1"
    os.environ["TF_CUDNN_DETERMINISTIC"] = "1"
    os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"
    import tensorflow
    import numpy

    steps = int(settings.get("steps") or 0)
    if not 1 <= steps <= MOST_STEPS:
        raise ValueError("%d steps: it takes 1 to %d" % (steps, MOST_STEPS))
    weights = initial_weights(numpy)
    facts = {
        "bits.framework_version": str(tensorflow.__version__),
        "bits.steps": steps,
        "bits.initial_weights_sha256": full_digest(weights),
        "bits.batches_sha256": full_digest(
            part for step in range(steps) for part in batch(numpy, step))
    }
    facts.update(train(tensorflow, numpy, weights, steps))
    return facts


def train(tensorflow, numpy, weights, steps):
    tf = tensorflow
    if hasattr(tensorflow, "compat") and hasattr(tensorflow.compat, "v1"):
        tf = tensorflow.compat.v1
    if hasattr(tf, "disable_v2_behavior"):
        tf.disable_v2_behavior()
    graph = tf.Graph()
    with graph.as_default():
        network = build(tf, weights)
    one = tf.ConfigProto(intra_op_parallelism_threads=1, inter_op_parallelism_threads=1)
    names = [name for name, _ in network["tensors"]] + [name for name, _ in SHAPES]
    digests, losses = [], []
    with tf.Session(graph=graph, config=one) as session:
        session.run(network["initialise"])
        for step in range(steps):
            images, labels = batch(numpy, step)
            values = session.run(
                [tensor for _, tensor in network["tensors"]] + [network["update"]],
                {network["images"]: images, network["labels"]: labels})
            for (name, _), value in zip(network["tensors"], values):
                digests.append(short_digest(value))
                if name == "loss":
                    losses.append(float(value))
            after = session.run(network["weights"])
            digests += [short_digest(value) for value in after]
    return {"bits.tensors": names, "bits.digests": digests, "bits.loss": losses}


def build(tf, weights):
    """The graph; `tensors` are named in the order in which a step computes them."""
    images = tf.placeholder(tf.float32, [BATCH, SIDE, SIDE, 1])
    labels = tf.placeholder(tf.int64, [BATCH])
    variables = dict(
        (name, tf.Variable(value, name=name)) for (name, _), value in zip(SHAPES, weights))
    tensors, layer = [], images
    for name in ("conv1", "conv2"):
        layer = tf.nn.conv2d(
            layer, variables[name + "_weights"], strides=[1, 1, 1, 1], padding="SAME")
        tensors.append((name, layer))
        layer = tf.nn.relu(tf.nn.bias_add(layer, variables[name + "_biases"]))
        layer = tf.nn.max_pool(
            layer, ksize=[1, 2, 2, 1], strides=[1, 2, 2, 1], padding="SAME")
        tensors.append((name + "_pooled", layer))
    flat = tf.reshape(layer, [-1, SHAPES[4][1][0]])
    hidden = tf.nn.relu(tf.matmul(flat, variables["fc1_weights"]) + variables["fc1_biases"])
    tensors.append(("hidden", hidden))
    logits = tf.matmul(hidden, variables["fc2_weights"]) + variables["fc2_biases"]
    tensors.append(("logits", logits))
    loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(
        labels=labels, logits=logits))
    loss += 5e-4 * sum(
        tf.nn.l2_loss(variables[name])
        for name in ("fc1_weights", "fc1_biases", "fc2_weights", "fc2_biases"))
    tensors.append(("loss", loss))
    optimizer = tf.train.MomentumOptimizer(0.01, 0.9)
    gradients = optimizer.compute_gradients(loss, [variables[name] for name, _ in SHAPES])
    tensors += [("gradient_" + name, gradient)
                for (name, _), (gradient, _) in reversed(list(zip(SHAPES, gradients)))]
    # What is fetched is computed of the weights before the update.
    with tf.control_dependencies([tensor for _, tensor in tensors]):
        update = optimizer.apply_gradients(gradients)
    return {
        "images": images,
        "labels": labels,
        "tensors": tensors,
        "update": update,
        "weights": [variables[name] for name, _ in SHAPES],
        "initialise": tf.global_variables_initializer()
    }


def short_digest(value):
    """The beginning of the SHA-256 of a tensor's floats of 32 bits, little-endian."""
    return hashlib.sha256(value.astype("<f4").tobytes()).hexdigest()[:DIGITS]


def full_digest(values):
    hashed = hashlib.sha256()
    for value in values:
        hashed.update(value.tobytes())
    return hashed.hexdigest()


# --- the same bits everywhere, as in mnist.py --------------------------------------------------


def uniform_bits(numpy, stream, start, count):
    """`count` 64-bit numbers of a stream from its position `start`: SplitMix64, by its counter.

    Integers modulo 2**64 alone, so equal on every version of Python and numpy.
    """
    u64 = numpy.uint64
    with numpy.errstate(over="ignore"):
        state = numpy.arange(start + 1, start + count + 1, dtype=u64)
        state *= u64(0x9E3779B97F4A7C15)
        state += u64((SEED * 0x9E3779B97F4A7C15 + stream * 0xD1342543DE82EF95) % 2 ** 64)
        state ^= state >> u64(30)
        state *= u64(0xBF58476D1CE4E5B9)
        state ^= state >> u64(27)
        state *= u64(0x94D049BB133111EB)
        state ^= state >> u64(31)
    return state


def unit(numpy, stream, start, count):
    """Numbers in [0, 1)."""
    bits = uniform_bits(numpy, stream, start, count)
    return (bits >> numpy.uint64(11)).astype(numpy.float64) / float(2 ** 53)


def initial_weights(numpy):
    """Uniform in [-0.15, 0.15): about as wide as the weights that `mnist` starts from."""
    weights = []
    for stream, (name, shape) in enumerate(SHAPES):
        count = 1
        for size in shape:
            count *= size
        if name.endswith("_weights"):
            values = unit(numpy, stream, 0, count) * 0.3 - 0.15
        else:
            values = numpy.ones(count, numpy.float64) * 0.1
        weights.append(values.astype("<f4").reshape(shape))
    return weights


def batch(numpy, step):
    """(images, labels) of a step."""
    pixels = BATCH * SIDE * SIDE
    images = (unit(numpy, IMAGES, step * pixels, pixels) - 0.5).astype("<f4")
    labels = uniform_bits(numpy, LABELS, step * BATCH, BATCH) % numpy.uint64(CLASSES)
    return images.reshape(BATCH, SIDE, SIDE, 1), labels.astype("<i8")
