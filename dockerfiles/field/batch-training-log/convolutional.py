"""Train the convolutional network of the MNIST tutorial, and write a log while it trains.

Two 5x5 convolutions (32 and 64 maps), each with 2x2 pooling, 512 hidden units with a dropout of
0.5, ten classes; an L2 penalty on the fully connected layers; momentum 0.9; a learning rate of
0.01, times 0.95 after each epoch. Ten epochs, unless fewer steps are asked for. For TensorFlow 1.

Every line goes to standard output and to the log, which a second shell can follow. `--self_test`
trains on images that are generated: dark ones are of class 0, bright ones of class 1, and an error
that is not 0.0 after that means that something computes wrongly.
"""

from __future__ import division

import argparse
import gzip
import json
import logging
import os
import struct
import sys
import time

import numpy
import tensorflow as tf

SIDE, CLASSES, BATCH, EVALUATION_BATCH = 28, 10, 64, 64
SEED = 66478
HERE = os.path.dirname(os.path.abspath(__file__))
log = logging.getLogger("convolutional")


def main():
    asked = arguments()
    follow(asked.log)
    if asked.self_test:
        log.info("Running self-test.")
        error, _ = train(generated(256), generated(EVALUATION_BATCH), generated(EVALUATION_BATCH),
                         steps=4, every=asked.every)
        log.info("test_error %.1f", 100 * error)
        if error != 0.0:
            sys.exit("expected 0.0 test_error, got %.2f" % (100 * error))
        return
    name, validation, training, test = read_data(asked.data)
    log.info("Data set: %s", name)
    training, held_out = ([one[validation:] for one in training],
                          [one[:validation] for one in training])
    steps = asked.steps or asked.epochs * len(training[1]) // BATCH
    error, wrong = train(training, held_out, test, steps, asked.every)
    log.info("Test error: %.1f%%", 100 * error)
    log.info("Wrong: %d of %d test images", wrong, len(test[1]))


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--self_test", action="store_true", help="train on generated images")
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--steps", type=int, default=0, help="instead of epochs")
    parser.add_argument("--every", type=int, default=100, help="steps from one report to the next")
    parser.add_argument("--data", default=os.path.join(HERE, "data"))
    parser.add_argument("--log", default=os.path.join(HERE, "train.log"))
    return parser.parse_args()


def follow(path):
    """Every line to standard output and to the log, at once: whoever follows waits for no buffer."""
    log.setLevel(logging.INFO)
    for handler in (logging.StreamHandler(sys.stdout), logging.FileHandler(path, mode="w")):
        handler.setFormatter(logging.Formatter("%(message)s"))
        log.addHandler(handler)


def train(training, held_out, test, steps, every):
    """Train, report on the way, and answer the share of wrong test images, and how many it is."""
    images, labels = training
    batch_images = tf.placeholder(tf.float32, (BATCH, SIDE, SIDE, 1))
    batch_labels = tf.placeholder(tf.int64, (BATCH,))
    some_images = tf.placeholder(tf.float32, (EVALUATION_BATCH, SIDE, SIDE, 1))
    weights = variables()
    logits = network(batch_images, weights, training=True)
    penalty = sum(tf.nn.l2_loss(weights[name]) for name in ("w3", "b3", "w4", "b4"))
    loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(
        labels=batch_labels, logits=logits)) + 5e-4 * penalty
    step_variable = tf.Variable(0, trainable=False)
    rate = tf.train.exponential_decay(0.01, step_variable * BATCH, len(labels), 0.95,
                                      staircase=True)
    update = tf.train.MomentumOptimizer(rate, 0.9).minimize(loss, global_step=step_variable)
    predictions = tf.nn.softmax(logits)
    evaluated = tf.nn.softmax(network(some_images, weights, training=False))
    began = time.time()
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())

        def wrong_of(asked):
            return wrong_among(session, evaluated, some_images, *asked)

        for step in range(steps):
            offset = (step * BATCH) % max(1, len(labels) - BATCH)
            feed = {batch_images: images[offset:offset + BATCH],
                    batch_labels: labels[offset:offset + BATCH]}
            session.run(update, feed)
            if step % every == 0:
                found, at, said = session.run([loss, rate, predictions], feed)
                took, began = time.time() - began, time.time()
                log.info("Step %d (epoch %.2f), %.1f ms", step, step * BATCH / len(labels),
                         1000 * took / every)
                log.info("Minibatch loss: %.3f, learning rate: %.6f", found, at)
                log.info("Minibatch error: %.1f%%",
                         100 * numpy.mean(said.argmax(axis=1) != feed[batch_labels]))
                log.info("Validation error: %.1f%%", 100 * wrong_of(held_out) / len(held_out[1]))
        wrong = wrong_of(test)
    return wrong / len(test[1]), wrong


def variables():
    """The weights as they are in the beginning."""
    def normal(shape):
        return tf.Variable(tf.truncated_normal(shape, stddev=0.1, seed=SEED))
    flat = SIDE // 4 * SIDE // 4 * 64
    return {
        "w1": normal([5, 5, 1, 32]), "b1": tf.Variable(tf.zeros([32])),
        "w2": normal([5, 5, 32, 64]), "b2": tf.Variable(tf.constant(0.1, shape=[64])),
        "w3": normal([flat, 512]), "b3": tf.Variable(tf.constant(0.1, shape=[512])),
        "w4": normal([512, CLASSES]), "b4": tf.Variable(tf.constant(0.1, shape=[CLASSES])),
    }


def network(images, weights, training):
    found = images
    for number in ("1", "2"):
        found = tf.nn.conv2d(found, weights["w" + number], strides=[1, 1, 1, 1], padding="SAME")
        found = tf.nn.relu(tf.nn.bias_add(found, weights["b" + number]))
        found = tf.nn.max_pool(found, ksize=[1, 2, 2, 1], strides=[1, 2, 2, 1], padding="SAME")
    flat = tf.reshape(found, [int(images.shape[0]), -1])
    hidden = tf.nn.relu(tf.matmul(flat, weights["w3"]) + weights["b3"])
    if training:
        hidden = tf.nn.dropout(hidden, 0.5, seed=SEED)
    return tf.matmul(hidden, weights["w4"]) + weights["b4"]


def wrong_among(session, evaluated, some_images, images, labels):
    """How many images are taken for another class. The last batch is filled up, and what filled it
    is not counted."""
    wrong = 0
    for begin in range(0, len(labels), EVALUATION_BATCH):
        batch = images[begin:begin + EVALUATION_BATCH]
        there = len(batch)
        if there < EVALUATION_BATCH:
            batch = numpy.concatenate([batch, numpy.zeros(
                (EVALUATION_BATCH - there, SIDE, SIDE, 1), numpy.float32)])
        said = session.run(evaluated, {some_images: batch})[:there].argmax(axis=1)
        wrong += int(numpy.sum(said != labels[begin:begin + there]))
    return wrong


def generated(count):
    """Images that are dark or bright, and their classes, which are 0 and 1."""
    labels = numpy.arange(count, dtype=numpy.int64) % 2
    images = numpy.zeros((count, SIDE, SIDE, 1), numpy.float32)
    images += (labels - 0.5).reshape(-1, 1, 1, 1)
    return images, labels


def read_data(folder):
    """Name, number of images to validate with, images and labels to train and to test with."""
    with open(os.path.join(folder, "dataset.json")) as opened:
        told = json.load(opened)
    training, test = [
        (read_idx(folder, "%s-images-idx3-ubyte.gz" % kind).reshape(-1, SIDE, SIDE, 1)
         .astype(numpy.float32) / 255 - 0.5,
         read_idx(folder, "%s-labels-idx1-ubyte.gz" % kind).astype(numpy.int64))
        for kind in ("train", "t10k")]
    return told["name"], told["validation"], training, test


def read_idx(folder, name):
    with gzip.open(os.path.join(folder, name)) as opened:
        content = opened.read()
    dimensions = struct.unpack(">HBB", content[:4])[2]
    shape = struct.unpack(">%dI" % dimensions, content[4:4 + 4 * dimensions])
    return numpy.frombuffer(content, numpy.uint8, offset=4 + 4 * dimensions).reshape(shape)


if __name__ == "__main__":
    main()
