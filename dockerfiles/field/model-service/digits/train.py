"""Train the network that model.pb holds, and freeze it: python train.py MNIST-FOLDER model.pb

It is run once, with TensorFlow 1.2.1: later releases read what an earlier one has frozen, and
earlier ones do not know all that a later one writes. Two convolutions of 8 and 16 filters, three
epochs; about 98 % of the test images.
"""
import gzip
import os
import struct
import sys

import numpy
import tensorflow as tf
from tensorflow.python.framework import graph_util

BATCH = 100
EPOCHS = 3


def idx(folder, name):
    """The array of an IDX file."""
    with gzip.open(os.path.join(folder, name + ".gz"), "rb") as stream:
        _, dimensions = struct.unpack(">HBB", stream.read(4))[1:]
        shape = struct.unpack(">%dI" % dimensions, stream.read(4 * dimensions))
        return numpy.frombuffer(stream.read(), numpy.uint8).reshape(shape)


def variable(shape, seed):
    return tf.Variable(tf.truncated_normal(shape, stddev=0.1, seed=seed))


def pooled(images, filters):
    convolved = tf.nn.relu(tf.nn.conv2d(images, filters, [1, 1, 1, 1], "SAME"))
    return tf.nn.max_pool(convolved, [1, 2, 2, 1], [1, 2, 2, 1], "SAME")


def main(folder, target):
    images = idx(folder, "train-images-idx3-ubyte").astype("float32")[..., None] / 255
    labels = idx(folder, "train-labels-idx1-ubyte").astype("int64")
    given = tf.placeholder(tf.float32, [None, 28, 28, 1], name="images")
    wanted = tf.placeholder(tf.int64, [None])
    layer = pooled(pooled(given, variable([5, 5, 1, 8], 1)), variable([5, 5, 8, 16], 2))
    logits = tf.matmul(tf.reshape(layer, [-1, 7 * 7 * 16]), variable([7 * 7 * 16, 10], 3))
    probabilities = tf.nn.softmax(logits, name="probabilities")
    losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=wanted, logits=logits)
    step = tf.train.AdamOptimizer(1e-3).minimize(tf.reduce_mean(losses))
    random = numpy.random.RandomState(0)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        for _ in range(EPOCHS):
            order = random.permutation(len(images))
            for start in range(0, len(order), BATCH):
                chosen = order[start:start + BATCH]
                session.run(step, {given: images[chosen], wanted: labels[chosen]})
        tested = idx(folder, "t10k-images-idx3-ubyte").astype("float32")[..., None] / 255
        found = session.run(probabilities, {given: tested}).argmax(1)
        right = (found == idx(folder, "t10k-labels-idx1-ubyte")).mean()
        print("accuracy on the test images: %.4f" % right)
        frozen = graph_util.convert_variables_to_constants(
            session, session.graph_def, ["probabilities"])
    with open(target, "wb") as stream:
        stream.write(frozen.SerializeToString())


if __name__ == "__main__":
    main(*sys.argv[1:])
