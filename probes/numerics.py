"""Does this environment compute right? Some dozen operations, held against values made in float64.

Inputs come from a generator in this file whose arithmetic is exact, so they are the same bits
everywhere. What has to come out is shipped at the end of this file, made by
`scripts/make_numerics.py`: of each operation some elements and sums over parts of all elements,
each with a bound on the error. For sums of products the bound is Higham's, gamma_k times the sum of
the absolute products in the type that accumulates (Accuracy and Stability of Numerical Algorithms,
2002, 3.1), whatever the order of summation; an elementwise function has a stated number of units in
the last place; what is made of several steps has the sum of their errors, carried along.

Each operation is computed twice in a row with one thread and twice with all, and, where the
release has the switch of oneDNN, all of that with the switch off and on. The switch is read once
in a process, and so is the number of threads: for each state of the switch a child imports the
framework once, and forks, before anything is computed, a child of its own for each number of
threads. So there are at most two imports, and a crash costs one way to compute and is told with the
operation. It computes on the CPU; whether TF32 would be used on a GPU is a fact.
"""
from __future__ import division

import base64
import hashlib
import json
import os
import struct
import time

PROBE = {
    "question": "Does it compute right, whatever the library, the switches and the threads?",
    "where": "inside",
    "order": 60,
    "on_request": True,
    "timeout_s": 300,
    "frameworks": ["tensorflow"],
    "settings": {
        "threads": 0            # of the ways with several; 0: one for each CPU, but at least two
    },
    "natures": [
        ["numerics.*_seconds", "timing"],
        ["numerics.*.threads_seen", "observed"],
        ["numerics.all_threads", "observed"],
        ["numerics.*.of_bound", "measured"],
        ["numerics.*.largest_ulp", "measured"],
        ["numerics.*.median_ulp", "measured"],
        ["numerics.*.digests", "measured"],
        ["numerics.*.unsteady", "measured"],
        ["numerics.threads_change", "measured"],
        ["numerics.switch_changes", "measured"]
    ],
    "evidence": [
        {"level": "L1", "kind": "claimed", "fact": "numerics.framework_version"}
    ]
}

SWITCH = "TF_ENABLE_ONEDNN_OPTS"
SWITCH_SINCE = (2, 5)
SEED = 66478
WHOLE = 64      # An output of so many elements is shipped whole; of a larger one
ELEMENTS = 48   # so many elements,
PARTS = 16      # and the sums over so many parts that cover it.
DIGITS = 16
BEYOND = 1e30   # Told instead of an infinite distance.
PRECISION = {"float16": (11, -14), "bfloat16": (8, -126), "float32": (24, -126),
             "float64": (53, -1022), "int32": (24, -126)}

clock = getattr(time, "perf_counter", time.time)


# --- what is computed --------------------------------------------------------------------------


class Operation(object):
    """A name, inputs as (shape, lowest, highest), what is computed of them, and in which type.

    `grid`: inputs are multiples of 1 / grid, so that small types hold them exactly.
    """

    def __init__(self, name, inputs, compute, kind="float32", grid=0, times=2):
        self.name, self.inputs, self.compute = name, inputs, compute
        self.kind, self.grid, self.times = kind, grid, times


def signed(*shapes):
    return tuple((shape, -1.0, 1.0) for shape in shapes)


def between(low, high, *shapes):
    return tuple((shape, low, high) for shape in shapes)


def gradient(tf, output, of, weights):
    return tf.gradients(output, [of], grad_ys=[weights])[0]


def convolution(tf, images, kernel, stride=1, padding="SAME"):
    return tf.nn.conv2d(images, kernel, strides=[1, stride, stride, 1], padding=padding)


def in_type(tf, compute, kind, *inputs):
    """Of inputs that are cast down; the answer is cast up again, which is exact."""
    return tf.cast(compute(*[tf.cast(one, kind) for one in inputs]), tf.float32)


def lstm(tf, inputs, hidden, state, weights, biases):
    """One step: new state and new output beside each other."""
    gates = tf.matmul(tf.concat([inputs, hidden], 1), weights) + biases
    enter, new, forget, leave = tf.split(gates, 4, 1)
    state = state * tf.sigmoid(forget + 1.0) + tf.sigmoid(enter) * tf.tanh(new)
    return tf.concat([state, tf.tanh(state) * tf.sigmoid(leave)], 1)


def lstm_block(tf, inputs, hidden, state, weights, biases):
    peep = tf.zeros([8], tf.float32)
    cell = tf.raw_ops.LSTMBlockCell(
        x=inputs, cs_prev=state, h_prev=hidden, w=weights, wci=peep, wcf=peep, wco=peep,
        b=biases, forget_bias=1.0, cell_clip=-1.0, use_peephole=False)
    return tf.concat([cell.cs, cell.h], 1)


def batch_norm(tf, training, images, scale, offset, mean=None, variance=None):
    return tf.nn.fused_batch_norm(
        images, scale, offset, mean=mean, variance=variance, epsilon=0.001,
        is_training=training)[0]


def sparse_cross_entropy_gradient(tf, scores):
    loss = tf.nn.sparse_softmax_cross_entropy_with_logits(
        labels=tf.constant([0, 3, 9, 5], tf.int32), logits=scores)
    return tf.gradients(loss, [scores])[0]


def soft_labels(tf, scores, labels):
    return tf.nn.softmax_cross_entropy_with_logits(
        labels=labels / tf.reduce_sum(labels, 1, True), logits=scores)


def quantised(tf, one, other):
    """Bytes with a zero point of 0: the products and sums of whole numbers are exact."""
    if hasattr(tf, "raw_ops"):
        multiply = tf.raw_ops.QuantizedMatMul
    else:
        from tensorflow.python.ops import gen_math_ops
        multiply = getattr(gen_math_ops, "quantized_mat_mul", None)
        multiply = multiply or gen_math_ops._quantized_mat_mul
    zero, most = tf.constant(0.0), tf.constant(255.0)
    a, b = [tf.bitcast(tf.cast(each, tf.uint8), tf.quint8) for each in (one, other)]
    product = multiply(a=a, b=b, min_a=zero, max_a=most, min_b=zero, max_b=most)[0]
    return tf.bitcast(product, tf.int32)


OPERATIONS = (
    Operation("matmul", signed((32, 64), (64, 48)), lambda tf, a, b: tf.matmul(a, b)),
    Operation("matmul_long", signed((4, 1024), (1024, 8)), lambda tf, a, b: tf.matmul(a, b)),
    Operation("matmul_large", signed((256, 256), (256, 256)), lambda tf, a, b: tf.matmul(a, b)),
    Operation("matmul_row", signed((1, 256), (256, 64)), lambda tf, a, b: tf.matmul(a, b)),
    Operation("matmul_column", signed((64, 256), (256, 1)), lambda tf, a, b: tf.matmul(a, b)),
    Operation("matmul_transposed", signed((48, 17), (33, 48)),
              lambda tf, a, b: tf.matmul(a, b, transpose_a=True, transpose_b=True)),
    Operation("matmul_rank3", signed((5, 8, 16), (5, 16, 12)), lambda tf, a, b: tf.matmul(a, b)),
    Operation("matmul_rank4", signed((2, 3, 8, 16), (2, 3, 16, 8)),
              lambda tf, a, b: tf.matmul(a, b)),
    # Wrong, or over foreign memory, in releases whose oneDNN took such shapes for others.
    Operation("matmul_broadcast", signed((13, 1, 3, 4), (4, 16)),
              lambda tf, a, b: tf.matmul(a, b), times=300),
    Operation("matmul_gradient", signed((24, 40), (40, 16), (24, 16)),
              lambda tf, a, b, dy: gradient(tf, tf.matmul(a, b), b, dy)),
    Operation("matmul_bias_relu", signed((16, 96), (96, 32), (32,)),
              lambda tf, a, b, c: tf.nn.relu(tf.nn.bias_add(tf.matmul(a, b), c))),
    Operation("einsum", signed((6, 10, 12), (6, 12, 7)),
              lambda tf, a, b: tf.einsum("bij,bjk->bik", a, b)),
    Operation("conv2d", signed((2, 8, 8, 3), (3, 3, 3, 8)), convolution),
    Operation("conv2d_valid", signed((2, 12, 12, 4), (5, 5, 4, 8)),
              lambda tf, a, b: convolution(tf, a, b, padding="VALID")),
    Operation("conv2d_strided", signed((2, 9, 9, 4), (3, 3, 4, 8)),
              lambda tf, a, b: convolution(tf, a, b, stride=2)),
    Operation("conv2d_pointwise", signed((2, 6, 6, 32), (1, 1, 32, 16)), convolution),
    Operation("conv2d_large", signed((4, 28, 28, 16), (5, 5, 16, 32)), convolution),
    Operation("conv2d_bias_relu", signed((2, 8, 8, 4), (3, 3, 4, 8), (8,)),
              lambda tf, a, b, c: tf.nn.relu(tf.nn.bias_add(convolution(tf, a, b), c))),
    Operation("conv2d_gradient_images", signed((2, 8, 8, 3), (3, 3, 3, 8), (2, 8, 8, 8)),
              lambda tf, a, b, dy: gradient(tf, convolution(tf, a, b), a, dy)),
    Operation("conv2d_gradient_kernel", signed((2, 8, 8, 3), (3, 3, 3, 8), (2, 8, 8, 8)),
              lambda tf, a, b, dy: gradient(tf, convolution(tf, a, b), b, dy)),
    Operation("depthwise_conv2d", signed((2, 8, 8, 6), (3, 3, 6, 1)),
              lambda tf, a, b: tf.nn.depthwise_conv2d(
                  a, b, strides=[1, 1, 1, 1], padding="SAME")),
    Operation("conv3d", signed((1, 4, 6, 6, 2), (2, 3, 3, 2, 4)),
              lambda tf, a, b: tf.nn.conv3d(a, b, strides=[1, 1, 1, 1, 1], padding="SAME")),
    Operation("max_pool", signed((2, 8, 8, 5)),
              lambda tf, a: tf.nn.max_pool(
                  a, ksize=[1, 2, 2, 1], strides=[1, 2, 2, 1], padding="SAME")),
    Operation("avg_pool", signed((2, 8, 8, 5)),
              lambda tf, a: tf.nn.avg_pool(
                  a, ksize=[1, 2, 2, 1], strides=[1, 2, 2, 1], padding="SAME")),
    Operation("reduce_sum", signed((4096,)), lambda tf, a: tf.reduce_sum(a)),
    Operation("reduce_sum_rows", signed((48, 200)), lambda tf, a: tf.reduce_sum(a, 1)),
    Operation("reduce_sum_columns", signed((200, 48)), lambda tf, a: tf.reduce_sum(a, 0)),
    Operation("reduce_mean", signed((16, 16, 16)), lambda tf, a: tf.reduce_mean(a, [0, 2])),
    Operation("reduce_max", signed((40, 50)), lambda tf, a: tf.reduce_max(a, 1)),
    Operation("reduce_prod", between(0.5, 1.5, (32, 16)), lambda tf, a: tf.reduce_prod(a, 1)),
    Operation("reduce_logsumexp", between(-4.0, 4.0, (12, 60)),
              lambda tf, a: tf.reduce_logsumexp(a, 1)),
    Operation("cumsum", signed((128, 4)), lambda tf, a: tf.cumsum(a)),
    Operation("segment_sum", signed((60, 8)),
              lambda tf, a: tf.unsorted_segment_sum(a, [row % 7 for row in range(60)], 7)
              if hasattr(tf, "unsorted_segment_sum")
              else tf.math.unsorted_segment_sum(a, [row % 7 for row in range(60)], 7)),
    Operation("l2_loss", signed((3000,)), lambda tf, a: tf.nn.l2_loss(a)),
    Operation("softmax", between(-4.0, 4.0, (12, 30)), lambda tf, a: tf.nn.softmax(a)),
    Operation("log_softmax", between(-4.0, 4.0, (12, 30)), lambda tf, a: tf.nn.log_softmax(a)),
    Operation("softmax_cross_entropy",
              between(-4.0, 4.0, (16, 10)) + between(0.1, 1.0, (16, 10)), soft_labels),
    Operation("sparse_cross_entropy_gradient", between(-4.0, 4.0, (4, 10)),
              sparse_cross_entropy_gradient),
    Operation("batch_norm_training",
              between(-1.0, 3.0, (2, 6, 6, 4)) + between(0.5, 1.5, (4,)) + signed((4,)),
              lambda tf, a, scale, offset: batch_norm(tf, True, a, scale, offset)),
    Operation("batch_norm_inference",
              between(-1.0, 3.0, (2, 6, 6, 4)) + between(0.5, 1.5, (4,)) + signed((4,), (4,))
              + between(0.5, 1.5, (4,)),
              lambda tf, a, scale, offset, mean, variance: batch_norm(
                  tf, False, a, scale, offset, mean, variance)),
    Operation("lstm_cell", signed((4, 12), (4, 8), (4, 8), (20, 32), (32,)), lstm),
    Operation("lstm_block_cell", signed((4, 12), (4, 8), (4, 8), (20, 32), (32,)), lstm_block),
    Operation("multiply_add", signed((400,), (400,), (400,)), lambda tf, a, b, c: a * b + c),
    Operation("divide", signed((400,)) + between(0.5, 4.0, (400,)), lambda tf, a, b: a / b),
    Operation("sqrt", between(0.01, 9.0, (400,)), lambda tf, a: tf.sqrt(a)),
    Operation("rsqrt", between(0.01, 9.0, (400,)),
              lambda tf, a: (tf.rsqrt if hasattr(tf, "rsqrt") else tf.math.rsqrt)(a)),
    Operation("exp", between(-8.0, 8.0, (400,)), lambda tf, a: tf.exp(a)),
    Operation("log", between(0.05, 20.0, (400,)),
              lambda tf, a: (tf.log if hasattr(tf, "log") else tf.math.log)(a)),
    Operation("pow", between(0.5, 2.0, (400,)) + between(-3.0, 3.0, (400,)),
              lambda tf, a, b: tf.pow(a, b)),
    Operation("sin", between(-3.0, 3.0, (400,)), lambda tf, a: tf.sin(a)),
    Operation("tanh", between(-4.0, 4.0, (400,)), lambda tf, a: tf.tanh(a)),
    Operation("sigmoid", between(-6.0, 6.0, (400,)), lambda tf, a: tf.sigmoid(a)),
    Operation("erf", between(-2.5, 2.5, (400,)),
              lambda tf, a: (tf.erf if hasattr(tf, "erf") else tf.math.erf)(a)),
    Operation("matmul_float64", signed((16, 32), (32, 16)), lambda tf, a, b: tf.matmul(a, b),
              kind="float64"),
    Operation("matmul_float16", signed((16, 32), (32, 16)),
              lambda tf, a, b: in_type(tf, tf.matmul, tf.float16, a, b),
              kind="float16", grid=64),
    Operation("reduce_sum_float16", signed((40, 50)),
              lambda tf, a: in_type(tf, lambda x: tf.reduce_sum(x, 1), tf.float16, a),
              kind="float16", grid=1024),
    Operation("matmul_bfloat16", signed((16, 32), (32, 16)),
              lambda tf, a, b: in_type(tf, tf.matmul, tf.bfloat16, a, b),
              kind="bfloat16", grid=64),
    Operation("conv2d_bfloat16", signed((1, 6, 6, 3), (3, 3, 3, 4)),
              lambda tf, a, b: in_type(
                  tf, lambda x, y: convolution(tf, x, y), tf.bfloat16, a, b),
              kind="bfloat16", grid=64),
    Operation("matmul_quantised", between(0.0, 255.0, (12, 40), (40, 10)), quantised,
              kind="int32", grid=1)
)


# --- asking ------------------------------------------------------------------------------------


def probe(settings):
    began = clock()
    asked = int(settings.get("threads") or 0)
    every = asked or max(2, cpus_allowed())
    threads = (("one_thread", 1), ("all_threads", every))
    off = in_child(lambda tell: imported(tell, "0", threads))
    if "framework" not in off:
        # What fails in a child fails here as well, and is told as it is.
        import tensorflow
        raise RuntimeError("a child ended (%s) while it imported %s %s: %s" % (
            off["end"], tensorflow.__name__, tensorflow.__version__, off.get("raised", "")))
    states = [("onednn_off", "oneDNN", "0", off)]
    if off["framework"]["switch"]:
        on = in_child(lambda tell: imported(tell, "1", threads))
        states.append(("onednn_on", "oneDNN", "1", on))
    else:
        states = [("as_it_is", off["framework"]["kernels"], None, off)]

    facts = {
        "numerics.framework_version": off["framework"]["version"],
        "numerics.kernels": off["framework"]["kernels"],
        "numerics.has_switch": off["framework"]["switch"],
        "numerics.tf32": off["framework"]["tf32"],
        "numerics.all_threads": every,
        "numerics.import_seconds": [
            heard["framework"]["seconds"] for _, _, _, heard in states if "framework" in heard]
    }
    facts.update(told_of(states, threads))
    facts["numerics.total_seconds"] = clock() - began
    return facts


def told_of(states, threads):
    """The facts of all ways to compute: each state of the switch with each number of threads."""
    ways, answers, died = [], {}, []
    unavailable = {}
    for name, library, value, heard in states:
        for thread_name, count in threads:
            way = "%s.%s" % (name, thread_name)
            switch = "" if value is None else "%s=%s, " % (SWITCH, value)
            ways.append((way, library if value != "0" else "Eigen",
                         "%s%d thread%s" % (switch, count, "" if count == 1 else "s")))
            said = heard.get("ways", {}).get(thread_name)
            if said is None:
                died.append("%s: %s" % (way, heard["end"]))
                said = {"end": "", "results": {}, "unavailable": {}, "begun": ""}
            elif said["end"]:
                died.append("%s: %s in %s" % (way, said["end"], said["begun"]))
            answers[way] = said
            unavailable.update(said["unavailable"])

    names = [one.name for one in OPERATIONS
             if any(one.name in said["results"] for said in answers.values())]
    facts = {
        "numerics.operations": names,
        "numerics.not_available": ["%s: %s" % item for item in sorted(unavailable.items())
                                   if item[0] not in names],
        "numerics.ways": [way for way, _, _ in ways],
        "numerics.died": died,
        "numerics.threads_change": changed(
            names, answers, [("%s.%s" % (name, threads[0][0]), "%s.%s" % (name, threads[-1][0]))
                             for name, _, _, _ in states]),
        "numerics.switch_changes": changed(
            names, answers, [("onednn_off.%s" % name, "onednn_on.%s" % name)
                             for name, _ in threads] if len(states) > 1 else [])
    }
    for way, library, switch in ways:
        results, stem = answers[way]["results"], "numerics.%s." % way
        facts[stem + "library"] = library
        facts[stem + "switch"] = switch
        facts[stem + "threads_seen"] = answers[way].get("threads_seen")
        facts[stem + "compute_seconds"] = answers[way].get("compute_seconds")
        facts[stem + "unsteady"] = [one for one in names
                                    if one in results and not results[one]["steady"]]
        for fact in ("of_bound", "largest_ulp", "median_ulp", "digests"):
            facts[stem + fact] = [results[one][fact] if one in results else None for one in names]
    return facts


def changed(names, answers, pairs):
    """The operations whose bits are not the same in both ways of any of these pairs."""
    found = []
    for name in names:
        for one, other in pairs:
            both = [answers[way]["results"].get(name) for way in (one, other)]
            if None not in both and both[0]["digests"] != both[1]["digests"]:
                found.append(name)
                break
    return found


def imported(tell, switch, threads):
    """In a child: import once, then compute in a child of its own for each number of threads.

    The switch of a release that has none is a variable that nobody reads.
    """
    os.environ[SWITCH] = switch
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = os.environ.get("TF_CPP_MIN_LOG_LEVEL", "2")
    began = clock()
    import tensorflow
    seconds = clock() - began
    import numpy
    version = str(tensorflow.__version__)
    tell({"framework": {
        "version": version,
        "switch": first_numbers(version) >= SWITCH_SINCE,
        "kernels": kernels(version),
        "tf32": tf32(tensorflow),
        "seconds": seconds
    }})
    expected = expected_values(numpy)
    for name, count in threads:
        told = in_child(lambda say, many=count: compute_all(
            say, tensorflow, numpy, expected, many))
        told.setdefault("results", {})
        told.setdefault("unavailable", {})
        told.setdefault("begun", "the framework")
        if told.pop("raised", None) is not None and told["end"]:
            told["end"] = "an exception"
        tell({"way": {"name": name, "said": told}})


def compute_all(tell, tensorflow, numpy, expected, threads):
    """In a child of the child: every operation that this release has."""
    began = clock()
    tf = tensorflow
    if hasattr(tensorflow, "compat") and hasattr(tensorflow.compat, "v1"):
        tf = tensorflow.compat.v1
    if hasattr(tf, "disable_v2_behavior"):
        tf.disable_v2_behavior()
    graph = tf.Graph()
    options = tf.ConfigProto(intra_op_parallelism_threads=threads,
                             inter_op_parallelism_threads=threads,
                             device_count={"GPU": 0})
    # One after the other, so that what dies takes nothing with it that came before.
    with tf.Session(graph=graph, config=options) as session:
        for operation in OPERATIONS:
            tell({"begun": operation.name})
            try:
                with graph.as_default(), graph.device("/cpu:0"):
                    output, feed = built_of(tf, numpy, operation)
                values = [session.run(output, feed) for _ in range(operation.times)]
            except Exception as error:
                tell({"unavailable": {operation.name: in_short(error)}})
                continue
            held = held_against(numpy, operation, values[0], *expected[operation.name])
            held["steady"] = all(one.tobytes() == values[0].tobytes() for one in values[1:])
            if not held["steady"]:
                again = [held_against(numpy, operation, one, *expected[operation.name])
                         for one in values[1:]]
                held["of_bound"] = max(one["of_bound"] for one in [held] + again)
            tell({"result": {operation.name: held}})
        tell({"threads_seen": threads_seen(), "compute_seconds": clock() - began})


def built_of(tf, numpy, operation):
    """The tensor of an operation, and what it is fed: a constant would be folded away."""
    feed, tensors = {}, []
    for value in inputs_of(numpy, operation):
        tensor = tf.placeholder(value.dtype, value.shape)
        feed[tensor] = value
        tensors.append(tensor)
    return operation.compute(tf, *tensors), feed


def held_against(numpy, operation, got, size, values, bounds):
    """How far an output is from what was expected: its share of the bound, and its ULPs."""
    flat = numpy.asarray(got).reshape(-1)
    answer = {"digests": hashlib.sha256(flat.tobytes()).hexdigest()[:DIGITS],
              "of_bound": BEYOND, "largest_ulp": BEYOND, "median_ulp": BEYOND}
    if flat.size != size:
        return answer
    flat = flat.astype(numpy.float64)
    chosen, parts = places(size)
    told = numpy.concatenate([
        flat[chosen], [flat[first:last].sum() for first, last in parts]])
    if not numpy.isfinite(told).all():
        return answer
    apart = numpy.abs(told - values)
    with numpy.errstate(divide="ignore", invalid="ignore"):
        share = numpy.where(apart == 0, 0.0, apart / bounds)
    ulps = apart[:len(chosen)] / unit_in_last_place(
        numpy, values[:len(chosen)], *PRECISION[operation.kind])
    answer["of_bound"] = float(min(share.max(), BEYOND))
    answer["largest_ulp"] = float(min(ulps.max(), BEYOND))
    answer["median_ulp"] = float(min(numpy.median(ulps), BEYOND))
    return answer


def places(size):
    """(elements that are shipped, (first, after the last) of each part whose sum is)."""
    if size <= WHOLE:
        return list(range(size)), []
    return ([each * size // ELEMENTS for each in range(ELEMENTS)],
            [(each * size // PARTS, (each + 1) * size // PARTS) for each in range(PARTS)])


def unit_in_last_place(numpy, values, precision, smallest):
    """The distance of neighbouring numbers of a binary type around each value."""
    exponents = numpy.frexp(values)[1]
    exponents = numpy.where(values == 0, smallest + 1, numpy.maximum(exponents, smallest + 1))
    return numpy.ldexp(1.0, (exponents - precision).astype(numpy.int32))


# --- children ----------------------------------------------------------------------------------


def in_child(work):
    """What work(tell) tells from a child process, put together, and how the child ended: `end` is
    empty where it came to its end. The child never returns."""
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        os.close(reader)
        status = 1
        try:
            with os.fdopen(writer, "wb") as stream:
                def tell(message):
                    stream.write(json.dumps(message).encode("ascii") + b"\n")
                    stream.flush()
                try:
                    work(tell)
                    status = 0
                except BaseException as error:
                    tell({"raised": in_short(error)})
        finally:
            # Threads and exit handlers of a framework must not decide over what was told.
            os._exit(status)
    os.close(writer)
    with os.fdopen(reader, "rb") as stream:
        content = stream.read()
    ended = os.waitpid(child, 0)[1]
    told = {"end": ""}
    if os.WIFSIGNALED(ended):
        told["end"] = "signal %d" % os.WTERMSIG(ended)
    elif os.WEXITSTATUS(ended):
        told["end"] = "exit status %d" % os.WEXITSTATUS(ended)
    for line in content.splitlines():
        try:
            message = json.loads(line.decode("ascii"))
        except ValueError:
            break  # A child that was killed leaves half a line.
        for key, value in message.items():
            if key == "way":
                told.setdefault("ways", {})[value["name"]] = value["said"]
            elif key in ("result", "unavailable"):
                told.setdefault({"result": "results"}.get(key, key), {}).update(value)
            else:
                told[key] = value
    return told


def in_short(error):
    """An exception in one line, without the node's name and attributes: TensorFlow lists these in
    another order each time."""
    lines = str(error).strip().splitlines()
    line = lines[0].split(" used by ")[0].split(" with these attrs")[0] if lines else ""
    return "%s: %s" % (type(error).__name__, line.strip()[:200])


# --- the framework -----------------------------------------------------------------------------


def first_numbers(version):
    """(major, minor) of a version; zeros where it has none."""
    numbers = []
    for part in version.split(".")[:2]:
        digits = "".join(one for one in part if one.isdigit())
        numbers.append(int(digits or 0))
    return tuple((numbers + [0, 0])[:2])


def kernels(version):
    """The library that computes what has kernels of its own: MKL in builds made for it, oneDNN
    where the switch is."""
    if first_numbers(version) >= SWITCH_SINCE:
        return "oneDNN"
    for module in ("tensorflow.python._pywrap_util_port", "tensorflow.python.util._pywrap_util_port",
                   "tensorflow.python.pywrap_tensorflow"):
        try:
            found = __import__(module, fromlist=["IsMklEnabled"])
            if found.IsMklEnabled():
                return "MKL"
        except Exception:
            continue
    return "Eigen"


def tf32(tensorflow):
    """Whether a GPU that has it would round the inputs of products to TF32; None: the release
    knows of no such thing."""
    try:
        return bool(tensorflow.config.experimental.tensor_float_32_execution_enabled())
    except Exception:
        return None


def threads_seen():
    """How many threads this process has."""
    try:
        return len(os.listdir("/proc/self/task"))
    except (IOError, OSError):
        return None


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


# --- the same bits everywhere ------------------------------------------------------------------


def uniform_bits(numpy, stream, count):
    """`count` 64-bit numbers of a stream: SplitMix64, by its counter, as in mnist.py.

    Integers modulo 2**64 alone, so equal on every version of Python and numpy.
    """
    u64 = numpy.uint64
    with numpy.errstate(over="ignore"):
        state = numpy.arange(1, count + 1, dtype=u64)
        state *= u64(0x9E3779B97F4A7C15)
        state += u64((SEED * 0x9E3779B97F4A7C15 + stream * 0xD1342543DE82EF95) % 2 ** 64)
        state ^= state >> u64(30)
        state *= u64(0xBF58476D1CE4E5B9)
        state ^= state >> u64(27)
        state *= u64(0x94D049BB133111EB)
        state ^= state >> u64(31)
    return state


def inputs_of(numpy, operation):
    """The inputs of an operation. Each has a stream of its own, named by operation and place, so
    that another operation more changes no other's."""
    found = []
    for place, (shape, low, high) in enumerate(operation.inputs):
        name = "%s %d" % (operation.name, place)
        stream = int(hashlib.sha256(name.encode("ascii")).hexdigest()[:12], 16)
        count = 1
        for extent in shape:
            count *= extent
        bits = uniform_bits(numpy, stream, count) >> numpy.uint64(11)
        values = low + (high - low) * (bits.astype(numpy.float64) / float(2 ** 53))
        if operation.grid:
            values = numpy.floor(values * operation.grid) / operation.grid
        kind = numpy.float64 if operation.kind == "float64" else numpy.float32
        found.append(values.astype(kind).reshape(shape))
    return found


# --- what has to come out ----------------------------------------------------------------------


def expected_values(numpy):
    """By operation: (elements of the output, shipped values, bounds on the error of each)."""
    found = {}
    for name, (size, text) in EXPECTED.items():
        content = base64.b64decode(text.encode("ascii"))
        count = len(content) // 12
        values = struct.unpack("<%dd" % count, content[:8 * count])
        bounds = struct.unpack("<%df" % count, content[8 * count:])
        found[name] = (size, numpy.array(values, numpy.float64),
                       numpy.array(bounds, numpy.float64))
    return found


# Written by scripts/make_numerics.py: values as doubles, then their bounds as floats of 32 bits,
# little-endian, in Base64.
EXPECTED = {
    "matmul": (1536, (
        "Iz/Ifn/9A8Dsr/uaNjnHP9q1JtANOw/AnnmHYiNNEUBipu88tMcAQNc2KAOpTAXATHb1V2KP879gyM06"
        "ZVABwJ54MfzVDOc/8MAjlarKBUCAnIMhg22tv8Ud0Ydo1AZARq/5c8KMDkBO+vXIJ+8OQM/uCCB0cOC/"
        "Ycae5t98BcC6VrFJLtbiv5L6yYH5ORZAbClf2kj0/z+4Rni+FFH6P1ZmSbs+mgfAAJqnFW4Rsz95JqgH"
        "SU4IwM9YnG2K/fw/NAY+s1aK1b/kZ73hkmAIwIG9KechPfU/4CTs0Iar8D+hB2eYaoUNwBqYhKakAPE/"
        "IZcAeN1cCsBEDOiFzIjTP7xTSOUyhwVAEEkqkR5G+79Gk6RnVD8HwKQRd8GuHwNAvyybLD44BUBaPEnN"
        "D532PxmJL2p3lfu/dAnSscnx0T9OhAgMa9rlPzw4KHclJ+I/XF4hVK3t1L8O0DH10AL8vwwW7ChNoRZA"
        "ciuwf/VdCMBCW+euQq/5PzWaUnscGABA7o2/o7I0NsD37UaNBjw5wMDEumnu5hpAe0rLTZn2R0DUcn9y"
        "xN1JQGhv8H1XCQbAiOJWnRaRLUBJKbPjBeEuQC3uADmWiCPA/LPLj3usEsCDga56FpszwMJwSQK4GjJA"
        "zOXOJ6vyL0Cc2rfgfHsdQC8SkfJYFjHAC22fhs3uQkAgHHU4cCo2OAxfWziAqpA4HDplOKPMXjjo1WU4"
        "2t8rOJSfajhfX1s4hQE9OBgvgjgnBmg4rutLOKYjgThN8kc46wsgOHRJdThY6Hc4nPI+OHk5eTjwOm44"
        "VvJCOEs8bThWzYM4KHBbOMHnezjcM4M45nBAOBrnhjgVKJE4OHhUOBPufzgeGnY46WpKOBT2gjiK0VA4"
        "tek+ODhjZzjMilg4CJE0ODkefjiH64U453lIOMhJdzjA+nk492pZOEDriTj3R607M3+5O5zhtDsN67k7"
        "R43EO7/MrjueIr07E8C5O0CSvztfY8I7TUXLO36FujtK0rQ7lBO7OwAKxjuxZ807"
    )),
    "matmul_long": (32, (
        "7+vjb2VfJEAqPrGf+wzyP1rnAcP4YhdAAOonDF+1C8BVFlmZdckVwAZSA6djTzHANEE54qwY/L+VPvUJ"
        "KmMkQCK02bTay+2/tStWRoUaGMD93k1x7CgJwCa23A310BDA6HcS7f/6+L/AbDnhHUUlQDgXUezBVwlA"
        "buhjErghCMDVemNGDwsqwPT0bVVhZ+A/aa+b/dROL0CLYcuXsFQiQCAtazHgRxJAuzhrNS6hBcDyPsgQ"
        "NtsRQG47CXssMyHAaAo7TgtlF0A8MYJorNIDwBgNKVj+YjHAMwOlqKoRJcBXGBVH67ofQOwMCzNgQC3A"
        "xEDL95Nz7T8gr2nR6vMhQKHueDzMG4I8RhuBPMxahDw4LoE8V1uCPBU5gjxdPIQ80Nd6PH3HezyxDn88"
        "nHp7PJN+ezyiZn48Y7GCPJfvhDyey4A8oAyDPJSQgzwQ5YQ8wYKBPH4ngzzcxYI8GEqGPAjYgTwF64A8"
        "yWiBPMzHgzy9XYU8EguEPKDChDxiiIo8"
    )),
    "matmul_large": (65536, (
        "kQAnU36SI0C/75LUvCUbwAbfzp+IEvS/+Hg3jNs0AsDklI8HhZgAwHzsS3zLqPk/TNHswC4a+b8oZ18Z"
        "4G4UwPYFNINhEhTAIl9p57E/3D9sT/RKUVj8v/QMXT5n1wPA080jhYh9GsCFOUllIrQUQLG0/x3LkRHA"
        "A0GnoMg3HcCENjJOPYrjv3UudWP2G/C/WmlP9k2IEMCp+FjCiuv8P0H4AeSITfG/XdtAh5cSEsA5uJVr"
        "slIDQJvdrFWDfCLAkjSBJ0BgE0CsgbIxM9cOwJwFT/0yugBAKnD8Ox/IEUDVEp3nbWD/v/79X54XiRtA"
        "JDurzxyRHcCaXp2nV3MCQECbbE/ZTiDAntHuqOcKIMC5zvWzbH4QwNWzFXZ6Tg3AkGqUZmmN679cHkNb"
        "AQf/P+eq9PJnCQtAWEheLnixEUC1YPkbZLYbwNHEhFB0Dvk//3gn3eqz8r93hKqeI/YbwEyxWCG/LhBA"
        "gOtElo82B8ATpVseXAD/P55ihimb/C3A7/DgVxlffsCGFGi/5eJXQFQHmVlZ6VdABOrnVlDZecDAOLSq"
        "VO1iwIImFf5mhXlAdsWDpcQgdEAKwMyKnzpTQPun3EEfFGPAT8/edKI3akBlVAxD0KVqwLs3HcHvp3BA"
        "OqeNBwzpUEBWax135yl5QOsHjslzim5A1vxu32K1Y0BueYY6Opx8OnXdfzodXY46lc2AOtBFfjoz7oU6"
        "Pl+KOmRThTrbuoc6ms1wOnbbfToJRY461fKBOn5QgzpN1YM6aFqEOnRPdDpjY4I6JA2FOiGfczpYDYI6"
        "cwKAOqLTgTqX/nA6RBGNOv/laDqHD4U6e6h5Onznfzq9TIM6ETRvOsK0fTqiq4c6weV8OgT0cjo2vWk6"
        "TrxzOtqEfTqXF4I68iGFOusseTpXn4g6AEaLOomRhjpe3YU6hcJ3Ol5uaDpeLIFAxNF+QMBJgUDfXIBA"
        "SQJ+QC2ggEDmR35AcQKAQCG3fUDInH9AuZZ7QKvLfkC0v31ASwiCQCNEgUDWa31A"
    )),
    "matmul_row": (64, (
        "dqhnfXpwAsDOtGpf8j4fQE7YDEBqWvG/H1xYDhiSFMACOwqpxJgbQDq+/yP0iiRAsAyKHKsfKsALjSC2"
        "gkkMwNAn8cQ3ErE/WPmuWdh9+D86pEPIhcoeQC+erXS/rxNAUktUX6U5BkDiHAz+hvEYwPJHTX6b/QhA"
        "pNbB46/cH8BSpheCSvIBwM7Sxc59FhJAivpvoD+WHEC4H2SmXm4iQDM5yy+/UAnATJriVlT9HECkx/so"
        "UVwTQN9dWibHGwbAuMbNUQANF0BIlQKPMosCwA4fMvz5tQhAsHtBOSQMt7+NOkkWm34FwHxeJcmt+BlA"
        "yuEHKPbwEkA2B1BwI6ckwG22kz2W+hbAzNKM1hl/CkD8ZgRqjmwNQHLmHGLEJw/AyWrCh7lGF8DAmyah"
        "haYnQMy8i+sS9RxA79B71rTx+L8XTnYHDSIJwOy5Vh6YtgLA3P+4q3UJIMDsVLsVgIsWQHq4VjDpPSzA"
        "Sm0Fe8THEUCCd92M15QUwI3zDCHoMgVAmbGWPBnyEkCOnflN6WgLQHyKHOOiTCFAgBqyv6rOor/Ffdzv"
        "TpoVwAQH9wDd++4/pHo0h47PFsCiiGlR3iomQEZaEfofuva/DtcCmLBZAsDMUIu1mMkWQEmuhkGHZxtA"
        "HPJuYtF8878GPEuCMWsJwNglBq+hZR7AMASnlZjBt7+QFJA6EX6JOgyPgDoxWX06V/eHOo9ojDrzGI46"
        "uU6MOuGZhDoSA3k6xliFOmBsgjpvDYs6KXGEOovKhzor6Yo69xuLOj9yiDoRc4M6gCmMOjhidzozHYw6"
        "dtKFOseDiDoGWpI6JOmIOhEJhzoasYQ6t+eBOpU7hDqzL4Y6HzODOvYogzq10YI6KfKROkIshjrHK4U6"
        "NpCJOozKfzrHPYw6KpKOOrJfhzpAmJA6oo6IOiZvjzq9qYM6ZMaEOsXriToKppQ6thaDOvJXhDq9LJA6"
        "VN6COsiShTrooIc6/zyGOiavgzqoj3463naHOiG8gDrr74c6tOSAOuFyjzo0v4s6"
    )),
    "matmul_column": (64, (
        "iZ86kiVCC0BAWr3tTJqrPwjUabQEdyNAkVHLKYgpDECfG/qBSukdwOJ1VXTDnQhAZ7r6kWWEFEBbl1Jz"
        "OygBQGugQ6HjPwbAxrSqNmXHBkAK/4DedFcEQJJwUxafIRtAarVyzz8wGUCXnD66v3EbwOCz6M9g2yHA"
        "oC1sb0qx77+shbRRg8MIQGDGXwPSpNM/nt8J7AgBA8BLT2A97aYEQA1FnPEd2i3AZNsYl/Nw8z818Ntb"
        "RiUNQI7Zr6eHFwPAbZruZDs+D8C57eFFbjEWwINKzCpSpBFAETxGi0WND0Dm7rLVEKPkvzPfZolWs/g/"
        "b/ciHITnEcBhuLXI3Ev4v7smywEZzgjA+B5SlnQ1BMCABlE5O2nkP4NgF4X3wRPAyA9EeFrO0j/W8tTF"
        "swUUQOCJRl7G19a/Yi4Qwh6Y4j/WlLgxoaT+P6YgTJlp+wZA+qokBoRsEUBgmr0DAjSwP6KrHTH1xhfA"
        "O5MbcLQtC0Ao+jiZ45jev3A0cv+ebApA3FZYyFS0/j/iUCq3a9AWQND9CHpReytAqMnKCrIlE0AoMA6G"
        "4IwgQCK/kv4fN/c/l/77ZuBYJUCMGHIbyk7wP+47o7Ft0gFAKutJ1A4X87+FN3jxB6UTwIyKE2iEsRfA"
        "0Qnc3JnRE8Ba18UwMZsLwOAVRFGfvxDAIGw1mr+lIEBhvYM6JFZ7OitGizpC0ow6fdh4OnQGhjrLgI86"
        "2dh+OvCbhjoitYA6rbeIOq41gzogTIc6L/uDOuocgzqoC4w6liqLOhwblDrvzYA6rB6POuwbhzpu8Ig6"
        "2PF/OjhBiDo/uIY6k3+DOh5bdzqlCIE6ieOGOmq0eDpIIo06pgCUOhL7hjozLIs6fUeCOgrcgDq0wYQ6"
        "gjJ7OriPhDqA+Xo6uQiOOpdMgjpqCIk6CzmEOohsjDquy306LyuFOkjrjDqtj4c6MkiFOj5JhTo6e4o6"
        "5fqOOidliTqjYYY6KSSSOodEijrKzIU6QZyHOlSZgzpetIM6XAGFOv5HjjomLYg6"
    )),
    "matmul_transposed": (561, (
        "qnf7UJFBEcBs3dpGbVv8v06gXbfIKQ1AcGPpvV3O479gyIvUEKERQCBmOvGJLP6/YTw61OVfDkAWx6wm"
        "HR0IwHawITMCIQjAlgiJ/tnWD0BYlJ1EPivUP8k51TM7hfm/jueM1BZmDsBK/7WCM2YXwD4sH+Bjc/s/"
        "vrtXTpgm7b9OL5mzZPD4v/AG7pNzmNe/ooKJpHagAkAXs161dcrwvxZephDAtfO/UadFK/00C8Dw3+y6"
        "w/G3v3Qz5sILqwBAFsEPcPanBMBMr7MUw/kSQHoLAaj5uwvA8hL4bp19AkDC0tW1++zzv8rWCe6fceK/"
        "zG6Mpca38T9IGJGlxz8EwE4cN1J60+Y/n52RmKkABcBnOE9vKiUUwJx59d9s4dE/HKB38SwdCMDCHlbc"
        "TSMBQAY9mso0VQhA80sWvZkm/L+giOGOkGanP49771RmOgTA0MxvgVX1978gtAeHw0jaP68VGPHuhRBA"
        "O8A4W13yE8CSqBsbcPcAQDDJCVV4gum/aG1LeTi88r8oGgxczHwZQOBevjwEnak/SkhLk66HPUBUOEy/"
        "22kpQCA6pkI/FyjAsmB1Ei8RKkCkIlmS28QEwEh8oJZNJSrA62Cu0fPUMUCPpMMlJo8eQMFJl9LNKy7A"
        "AHZ0FN3UMkCBeBLamCwxQIppLdg7K/Q/KsoKrAXJNMD6hRM4mxsOOFzyBjgS/x840zIlOJKoGjjrbAM4"
        "yyz4N+kFBTgWSgk4iGkPOLhb5TeOOw44ivn9N5fZAzi4hwY4qdDsN1vfCjj2jSM4JqcSOMS8CjitX/E3"
        "ymwDOMYqFzhzVRo4FdgmOPVPITin3hk4U+0QOEqJDDg2DAU4O0YLOAIUFDi+b/g3aP7/N+cOJTjSOxs4"
        "42wIOGpbCDipUhw4Eh8dOAMKKDgW3Bs4zhAWOGYqEjjILhY4e+75NxwE+zc88pU6sASlOlEAjToz9JI6"
        "pdyaOvTmlDrPdZs60F+YOteppjrudJ06Pl6dOsvQoDo1cJQ6oB2jOu4NpzrEsJM6"
    )),
    "matmul_rank3": (480, (
        "SFQ2hNud3b8chFWIQ9nwv6xeTmBQnuE/PMlLSiPbBsCCPXzuOF7pv65n9e7eC+Y/HIkZcZ1K5b9+JY9U"
        "ISj0P2hU9SVfrPU/sj4kLm41+r9AGCiUskrev7DqQAoAltq/nqoHD3Hh9T/T0xWxMsn0P6Urk8lh5QFA"
        "FSS//SFu7b8w64NlL5LuvyVvGq3IuPy/HkvRTHw3+r9AGeTOxtK7P9wg3pKjlv6//h/vTgG/xT8YH2Px"
        "KljVPxCo5cFQpPy/MnUS2WHz+z/A4no1ORTGP1YW5GdivOg/lAB3rcgpwz+AvCJ+0+zhv2avQmDAN/6/"
        "WEDmpCZi0z+wt8J4MWHvv2d8uva4Y9G/Yt2xHwok6r9FjhHzXNH0P5TvIOq/Z9m/7Hd3wlPm5L/4CEc+"
        "45DRvwBLf52By+4/K58YD0Rk9j81DDOOPPPyv/yTs8yH2Pi/RgulqDNKAkAACtsnM+bwP8jQeSwLKMU/"
        "SBQJddEl+D+7V4HntTgBQNQOoRdnTO8/Th2s+rtvJ8CNWMKIoF0WQKgE4RfcfBrAut00vV4kIcBntv43"
        "OVUBQG6iWYbmERrAbLHWwCJxD8B5UREI4MARwM8zVieJwQdAHGigEpwxFsDtXhHBTIIeQHRjdMh+VdY/"
        "MvlOiRdqIsCmtarB/icXwB4azzvjyi5AHgA7tAXgI8Axf6M2ANeWNorIiDZe9KM2rRN7NugTgjavUX42"
        "dvdcNgBRqTYxzHQ2JFNmNizDHDavjnc2yVswNsQKljarUyM2ZolONsyUJTYnf3M2lWdzNlu7UDaKuok2"
        "YvubNmdoMzZaV3Y2JpGFNgz8QDZFsWk2XG2hNvgCdzYzXFE2DnlINmYJWTbMxQQ2xUaDNq2UZjaxY5c2"
        "/xhUNrZAZDbWX0M280SRNmsWjDYj4IQ2C2x1Nu3lqTZAfio2mCOWNj68gjb9mQU50uv7OFHbADkRxd44"
        "9LTNOLzcwzjQ6dI44QveOMGx5zgq+d44wabkOAyfwzjI+gA5Ch3/OJpG+ThFkvI4"
    )),
    "matmul_rank4": (384, (
        "kpxjbX6k6z8sEZ38UG7svzyFTaPUydS/KP2G7xTD+L8nBzozHjH0P7s7pseqAuc/+MDsGevB1b9A/xM/"
        "1a2Rv8utNPyTlQBAIHgAxJse0L/GmTy7TGnVv5iUjQCISvi/RCk/wiaBzD9XyLEvF2oCQLZZsNQ4WQFA"
        "PlqA3KDV1z8/cm2YJs8JQBDvUSmeUf8/HdK8Irk/9L/AHKNoyq2wvzVEuotDNAPAWKmnW9vE0z/RhCPz"
        "FKEFQHweb/MsINQ/rPkvybHf1L9QwXRNHK3Ev0BAKUb3U+O/SP3fdvOb4L84dWuw58riv8k2OXtg//Q/"
        "gL3iZULx5j+Ig9UFVgf3P+p0aXWJfPm/WmwGte6k9D94THEIXm7Av7GBmnBEivS/oDujhdhM9j/MZcEk"
        "p6cFwBzPUurC8ss/KSJ7zWGQ77/Q5Ozm0Ye7v5c/yvI7p/y/wlyeTkV17D+K+UYfULjov0JgLuRbxNi/"
        "8EcjdN1bob+GaxFfZrPovwzgM1LPKNc/o6hOu7euB0DeNutbSyUOwI2nq/ntwyXADlx2yaUHIMC4nk5q"
        "lSgYQJTSINA9wSXA+P04LeFqEcA6K66B8rggwOeQs3CCNgbAnicDd8xmAkDKglTCMgMZQBwGQRPr0RXA"
        "9ig0FpFM67+xMg0kenAiwJSmOA66ACBAFsZ1ZVbJJsAdpG42LGQtNjGYKDaf0Wc2sDZrNphxYDbx9B02"
        "+DtYNoJPkzb6pFI28IeZNjLykDbBcYI23o2nNpG9dDaFpYA2z6SGNrQTtjafVYg2aGylNkZwlTYkR3o2"
        "vJmjNrM3cjb2ZLk2jzZjNhb15jb1zZU2GPmnNsvZljZWj7g2CGehNkL/ajZdHIg2pdmANr4RcTaKRn82"
        "QJ+YNtz4MTYkwDc2fJRNNqeRSja18VU2fT9ZNtWYUDY5MB8216ZwNqoRfzYqVaI43te7OA+CsThrBtk4"
        "gUvXOJx80ziJR8s4BZS9OBC/wTgEGKo4KJi/OC67yzhPT8o4b8O6OAt2vDhNHsE4"
    )),
    "matmul_broadcast": (624, (
        "+FBLX6zozj8YqZd6bA3HP76IykIJLOA/gDJzju/+zj8z9dAtVnDxP0CX+TJxmrU/QF2VSZQFvb8BoSw+"
        "dciwP64YFfe/HvA/qLimCd+d4j8QEoZSftOzP4DAM+cToIQ/4CJD0ZNc2D+g+sCd37PGv7zx6nbb+Pi/"
        "kNJZ1LvTzL9k/kmILinGPzxHF4fQYvQ/1otEsrXS4L8Akmkji5yHP8B6SPlXDL8/cHQgv7dTzr+darL3"
        "yHbcvwAGjrP1a8A/hnlrs/DP+D8gmg5qBTXzvyCXGGrLgdE/iHuXSLhu+j9Z2XuCZJvmv3n/2A7ysfM/"
        "2JWJiXSr3D9QzGwPVEvHP6TVwbrPXuS/DmWDE2aE8z8AgKaYZKxZv2B1d+S6EO0/kIG3o7RV0j8AvtuS"
        "mWHavwC2vHIIzok/zCKa1rkP8T+4j/N4Mo7fv4DPQwelFaq/4JAEGWMZ2L+EMsbFWzX1P9D4XLr6nOU/"
        "4G1TOQDDyr9QNXYo2aviv9RGMyAGN98/O4DD5TBCAEB8YL2MT4j4P0WnejMSSSFAaMA1J9ZkAMCFzkCh"
        "bkrmP0pUTIzu7gdAWAnRd65W4r9EC3tp9hIAwJzWuo259OU/qSufKIq8AEDecvri8+/+P2GJUzMpNv0/"
        "MrnN1lD4FMBTynpYld8LQDNvk2EcTAVA0yfTIUiWIMB4RXczifOTNFZgATTqw9s0voKLNOJbbTTXs2I0"
        "CrXKM8dtrDSTyhU0X/WAM172zDOD1Do0xAOcNFL30zS5Do80tnKwM5IWozSfUyc0E+HdNG5hlTSd/SY0"
        "S0aKNIpLNjSXf8Y0OaiZNJh0lDTUddM0DVaCNJ6PnTTw5100Kmq7NNwcRTRx8600Gxa3M4vrqzTNmik0"
        "52UtNGVbITTnpcM0CUPENO6+qTTM4ls07aqpNDJMojRZYpk0zYk5NAlyPTRBuzE3va43N/NGBTcI8oc2"
        "v+xDN7K2JDcoSx03sKAbN2HOKzeLjCI3hl4rN+0q+DaBcx83LuIuN/NBSjdWfzA3"
    )),
    "matmul_gradient": (640, (
        "0L2mHYXK679sRAB5lwTTP+xc1gDU0uO/uFzJf7u/5r+2cJ5gJKn5vx4x9cZxHPG/YLvW5Mve1j9eaGD3"
        "2CnSPxWNsWXqsOO/YqR5qWmF4L+c1g/e4dYCwCYstKci7tI/+0O6ezRGEMBYr4Gbz3zYv0Dc6PeJZbg/"
        "sdf/RD8i9r9Czt4NN4/jPwsT4414YQNAmjMFD9qf6L8Abiqd06hlPwxvWMrN7fe/rjzD8gCS4b8gpSW1"
        "UKO1vz5W62LkTQRAwqqov3ma+D/i0Qnf0p8EwBQC9DLxq9c/cCHX/kqzBMBOiE1hoHrlv2TZS3KRl/U/"
        "3KVCD+Qg/D+oG4kC3R8AwN+W4nDaVgTAfrZyRxuOCEAW4WJKMu//P1M7ycNa7fm//nqONhk/AUCWMLYe"
        "tkQJwHJy8Qm++gLAVnGbSn6VAEC+bMpHQHLzP956wsnmdPm/0utxdhIv5j+q/92KB6HsP4Y8i8FxdfM/"
        "FjTSa3/K9r+uM4GYyFj0v6JTBIlGOuo/3rlSTEnbHUBAi7z2sMfAv+6cZ9VQkhrAW4NC1r52MEAGNOnN"
        "qrAaQMjA3ZcLyR7AXHqYtt/SFMAI+LdFdbAqwEDzcSzm5wNAIAYkgYdkyL+vpUosxTYjQPpc51CQhjBA"
        "2LS+W2q2IEDZqIwgHSIXQMzPAzCVTQzAEtpWHNwPHsAPgjw3q9MMN+mGETdXf842kngFN8IXIjeqcho3"
        "l5wDN0q86TbKpRM35//9NpCwHzd/DS83tQghNxE5GTcRIS83Bgz/Nt3vEjffxPU2x9nPNnM4BTfdJh43"
        "LHwYN1H9EzeAGy03JOwMN9QcqzZ6sx43MhMGN92MOTdx2S43+X8SN9SJBDeXgAk3l6fgNk6uDDc3uBA3"
        "ozf2NutSIDe2YB83Ct4FN+yrGTfPzCE3FV4TNyh3/Ta9vSM3z6QTN8g2EzcZhMA5WRS1OcSmsTkgabY5"
        "d0rYOQE2sDlK/LE5X5a5OawVqjnEUr05WGLAOdDwoTnMNsk5YSS8OU82ujm3rrA5"
    )),
    "matmul_bias_relu": (512, (
        "AAAAAAAAAACCmM3q73ENQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAACWvdyYp1gBAAAAAAAAAAAAAAAAA"
        "AAAAAMb4Y2Qb/wNAZjJ9WgguFUDQbV/WkTsQQPpNtztdcQJAiHmhHQ1N8T/cVC2y+WAFQAAAAAAAAAAA"
        "AAAAAAAAAABR0fYf0ooTQAAAAAAAAAAABJm/RHru7j8AAAAAAAAAACDxaKjgrb8/AAAAAAAAAAAAAAAA"
        "AAAAAJKEb0glO+0/sq22R1QCBEBdj/GF5/QEQO74K5VlfBBAAAAAAAAAAAAAAAAAAAAAAOCDpMrKkPI/"
        "v4PPszl0AEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAABRF86M/+wBQOhN3be8mvg/vy5IWIYq9D8AAAAA"
        "AAAAAAuYkDtojxZAAAAAAAAAAAAAOsLwtsaqPwh9MAWhIe0/rZHyO69NBkAgNCdC7sYUQEhmD88EM+w/"
        "i422YiFJ4T8AAAAAAAAAAAAAAAAAAAAAVb7LRuVzRkDqQwLcp8BJQGZnjZYrsEtAKE4tHj1MSkAuT6aB"
        "uABOQBacu1Z6R0tAmv9IvzBuQkDXh6lDFAhMQFpjF5Oti0tA/1rfVlb5O0AWFDRdZBw6QHraqRthYzhA"
        "RKBUkTOHT0Cki/e7IuNBQO5u632KJURAa1kO3V0LRkBCoOE4ul0POdpvATn7fxU56dkvOcrOITlF1to4"
        "7IQBORD3/Thi6xQ51NItOSpCHjkkC+c4SMYSORj6DznB1/Y43r0SOQ1iAzmHhec4cpQGOWer+zg3Rv04"
        "CwAjOVp1FjnFffw4VQAgOfxHFTlwXAg595QaOUQKFDlXM+M4q+ELOTCL9zhvGPE4bGgeOY2PEzkE39c4"
        "WMEROR5m8jiWqgA5cYESOWNwBjmgqBc5CoAxOXXCKDktHgM573YlOTKUEjltjoI713ahO83geTsNyJo7"
        "FASHOwm4hDuXDIA74VqVO3T5kjvlUZA72dxvO0WGjjtUV4I71xWJO2v4ozsIJJE7"
    )),
    "einsum": (420, (
        "tXeNQi659z/iu5jeHivjP8SvLgKkPuo/0F/T+rcp5D8Y3RvxWJ7yPyTxg9Y/9dm/4HwJvs/+8j+8AAQB"
        "AqbYv+SO2lebMPY/KAx+FBDG37+Iq8i3FeDZP6wXmi3QPO0/sCMkiChl4r9U8GTOpFLov3iUQPu/gNC/"
        "KHkt9Vl70z/6f6nxc6jmvy6tVP59ReI/mDZ7xBuJ77/YlP6KyKXTv/AmUf9prta/TM3EUpy84794hE6q"
        "i2zOP6Bk92qOduE/KkPP8cNNA0BaWG0601j8PyDDuJb0Jve/9qyMH+xT8T8yUqji48YEwIB4Fywxg7M/"
        "3tz2Z8lU5b/FIJS4klTzv6RC0K02Bdy/zCT7ZxG80L9AEic8zmp9PxzM0mG7R/C/ThwSEPLa6b8g98ta"
        "Pdf6P1R6wBZApMo/lIbuy+vyAUDIlCW2OE/Gv7ypQfvV9uo/WnGTSXX1AUCiG2fCvVkBQCYB8oxOsQJA"
        "mrDWL/D4+b9wYi2b+aDPP70Cvb7L6+Q/vte31N9QEEDkIndH4MAVwD84jc9CuPI/LnPh2QmC/L/+KTyz"
        "aVH1P9tlFhyhJQZAgDYAIL3EEsCMWyWei3T8P6xkUO+9ZxhA2Z2AkHGuEsDEf7GHhGgPwHh8DDYhJAJA"
        "lZNGDzDCGkC4YypcRrUeQKckAiKxZClA6i/yW73dKEC0TO41RNYVNi59FjYe0fI1cYYyNkNb/DUiANw1"
        "1ykGNqbNPDZxw+81yb0cNmSYHzbFYPw1cor0NRFXYTaJYWg2js4RNmCI0DWNhR82XQ85NgHuBzZHCCM2"
        "hvgaNmMvXTYODUk2TjPfNYwCTDbUNBY2Z2p+Nlk59zXOIV02bRUANnbIFzaaTQg2lt/5NVd+ZDbeDvc1"
        "reYfNpmOQDY1ZCk29t87NsI8JTaJEDI2qTUhNrlVKTYrFgw2+sXpNbEZ7jXvy2s4g4F6OD5qdTjyyFo4"
        "xc+FOIVHbTgIHnQ4Fe57OAVQcTgeo4s4cElnOHjSdjg1Z3A4zb6EOBLxeDhjomU4"
    )),
    "conv2d": (1024, (
        "Fa06f+KxAsDQ6CLSfOT2v3rjua6NewDAL6cW5qxa+j+sAZDVcKX5P823oyS2Lfi//vT2HTmP8r+YGraK"
        "WasHwOAHkt/W46S/nO+ICFpdxD/EhF2vvwPuv8YkJVkoFue/shDvYfC01j8wU/U7hpnEv3gjofGK6fY/"
        "9FIigZ/4xz9HrJmV6qoGwEtEW0hbgfE/8Bx7VOCk+z/UN2cuElziPw1b9cKtu/K/U3hU1gnJ7z8qhHnY"
        "CXUFQL4ZUcmWQvE/DCDPQ2bR5j/qdcLG+yMAQJQIP3izhwJA7NManAJ7A0DQsuEENKgFQMQt8qu+ftI/"
        "SF8LhBGAv78iDRsRNhT5v7Q4J9U91QBAnF4Ughu31z/CICTZnt7hP4ydJAAL4+G/nO2CCOD5+z/gn09l"
        "q+O2v8QBJOdfC/4/AIq0Gwgy97+I61aGxa/WPyAuxnLedr4/+hkxJErD4L+Q26EPkhfUv2YthYaEmOy/"
        "vGo1WpvI6b/kGyA0yNQRQPZbRLDSxQtAlMRiM1kM+b/nrphFK5AzwJ7QAI3ukDPAwHKTvrzvMMCeFl0E"
        "UdQywC80+oWtgALAdAMpORR6D0Ac/cdzxfn3v+Z4kET/qybADA1tZG6CNkCkBqn+MSonwDz+7KPhYzjA"
        "EqHNSZtXOUDq9d6LP0cUwPovT7etrEHADjF4sYneRkCyGp02H57QNt9OHDcuuPo2UT02N2e9bzcju842"
        "42gwN4vsZDdPSqg2MKdIN4Afazfh1+k2s/U2N2dkQDcsKbA2nERPNyK4bDcjEsw2JodbN29HODc1cIs2"
        "kVwfN6Zy3zbDHV02dY3NNk//ETdlkr42O5ZDN+HjXDd2H8A2WcdbN/+0Wje+t/c2cJ5iN6lsbDdmD8Q2"
        "1BhdN88hTDfnuOo2hcNzN3ERWzevXuk2zhVzN0FWYjf4O7c2macnN1wiBzd6ucE5GzwlOm3wHjqq+Cs6"
        "6CMeOsULLDqQviM6z1TlOS43xTmvIB46+UIdOmeJJjqUPCQ6VSwyOpxwMDoWr/M5"
    )),
    "conv2d_valid": (1024, (
        "WDE/lTJO9r/84VzKwI/7v5wDzo9cnM6/uupTBTAoD0C4GzMlDKjZvwDKSV7SWK6/an3u8yj8EECUH62O"
        "cS8WQAQ1HALcS/E/oFGJyviivL/432GwSDcPwMAK3vlY3qY/0sPYj3Ez8z9MbWGBWBgLQNvEzlhrEgrA"
        "OjmxYnij07+eNOT8tv/9PxFccegPwP+/akD9y6L/BUCk+0AHMloQQCtA0b70KwdAbhB4i+Vq+D8WPW5G"
        "8ifnvzAj8Ozfdu+/ULgnmpDRFsBiPD/NLpsWwNvjYbVhWBPAoN+IHLe+3j/r87DdkfIKwLjpC11TVg3A"
        "Mm9Hks3BEUB6DjDsu938v7xAdtuWG9M/cpwrIZ2lCsCkJltEqff5PzG+jnOrmADA3WE0hjYq/794SfAs"
        "ArTqv2Yss/hGfQfAcIWZdospxL/ur310818NwHBZ4POZVP6/4LY/nH8fkL8QFR+1mFfbPyiWBCJGdhbA"
        "t3fJZSDm8D+FP2HqrQUGQHTuYq9s8RPAgIVA6fXcTsC2IMHOknkmQCTUPi+e7ElAGo16SMZ7IcDKe3Vb"
        "kVciQJLrQqO9RTXAfQi4FbzpNEDo9PHid+IkQMDjkuZo1tM/2kl171d9OUB5YJsGUKJBwBiz9Y2b8yLA"
        "iNXQxlIDLsCpFWjnaWhIQLvlJH+Auj7A9CWOg4GHG0BWMQM5R8QMOZCvHDkr5gY5QrYGOcGlKjn4nxI5"
        "WJEMORLgHTl7JBI5vJYNOUMiEzkl8Qw5+kAOOXjfIjk71Bc5qVQWOYHKITlf8iQ5FEkeOX3UGTlAExY5"
        "UtAeORPLGjmTfgw5u3MMOXPKLTnXqhI5vg4ROShzFDlUUhQ52BUMOYO4IzkdJhA5WwMDOWhAKzlYABc5"
        "lWoOOeM3KTlwUA05np4PORC4HzlfYhk5Cp4OOU/jHDlW+BQ5ZO0VOSCrGjlMRRs8PtEePDcNHjyQZh08"
        "i+cePE7fIzxfiSU8SwckPN3bHzwqKho8yi0dPCqCJDwPyR08OCEaPI8SHjyMpB48"
    )),
    "conv2d_strided": (400, (
        "9FQLZK8Ewj90bs6WHC0HwKRmFQBq3N2/+V3V1GDoAUA00vyahpf/P4x3th+LRue/+gUZYS8E9D88SuVl"
        "AT7zv3JcZE/3iPG/ejMRIWXk/r9u8zggMjvoPyLFwteV9+6/1HwtRCua3D8AiNchZuXXv6+XdFXCdf8/"
        "xLpmt69M/L9yL5oaKIPoP1ie12ROygNAX2Rab+XdA8Cw3dhjp77Ov/TO42EVw/C/GH9rH0OOzD+tfoBv"
        "wjznP5A6Q7Io2v+//SfTVVc68z+gH/vqD9isP/OtNrSlPAVA3wvmoC3257+SCwiG+0v1P9z6O803Ofg/"
        "rNgmgQfk5b8W/6bqXpP0v6witmqH1ATAUVnNczYMAkAw6bNbIa/sP/d5eTrCNvG/o4+Jn7+YAcBfi+bg"
        "X9Xiv9hmcs/PNdS/RJswEgZY8b+UTBbWvoT2PxSHMTKzCw7AVibIXYB69z+5WAieOEz+vwpK8yo5eAVA"
        "xBJ0wtu99z9Mev0t95nyv9QgubAc3/k/Kv5vRd78AMDQieAz0tvcP0DyfWEPbpu/GpNOEnysAcCC4vSn"
        "Ef8BQOh1VOk1DyzAc7McStZAG0AuByPXujgEQESumJbbeRxAZD+cWdmpCsCJDscN1q8QwNFZZ7v30BtA"
        "ekJI3rCK9j842JcUThUwwJg1icLHTiDA3LdlDMyKEkBeLE83iQ9wN0QJWTeoqVQ3XpC1NkZIaTc6RcM3"
        "gW+2Nyq6tTcWIx43tFWCN6H2mzeKx483eeyZN2ZgbDdsVlA3dP+eNwBTpTc/0p83ftIjNyNl0jY6PX83"
        "eyVsN049Zzd0IR03JIZ6NzG4jDdLvEI3e30cN7EvTTfxRcM3YPHPN0w7tzfpsk83PQODN5HdpjcXFaw3"
        "NTx8N08GZTeWrWk3AkecN7AMozcjYZA3gZcVNzoODDcsPFg3Sr6HN8vocDfUDpw5dveOORdQ9DmZetY5"
        "r2bbOfQ/6jlVGJo5wgykOY51njn/+Zc5SYz2OTvK3jmGmNM5hfDqOYq4oDl0OKY5"
    )),
    "conv2d_pointwise": (1152, (
        "rxCYq9m/AUAh+tfLkhMCwNSyV34J3d+/6hdH571lBUBHycVyQgb6P6sLqWWOygHAV4Rc4PZ4BkDW/hcZ"
        "sI/gP+BsZJujDKu/30jLCQktEUBJUpzqi8kGQDmnRPlyyAFAckqseZji8D9pRHwg3rcFwPg518AdFN2/"
        "wOTHGzdnub/vaUhTrtIFwEYHtE7s4uu/8jpjBDh6+7++PSB6lfn0v2bNnWk+IuY/APqOqgSBtr/nTB28"
        "Nij1vyL0YFUA3w5A/KMLo9Nb6b+sCHYKvyPTvzzK23ootv8/YP/DMjYnub802LOjVrIEQGBTQSOlXNA/"
        "1sthk3x43b9Uf013hhcBwFArqt+k/ABA8hcWSuGHAUAmPyipbKDsP49Qs4OgKwJAJJcFbc6R/j9Cqkl1"
        "XQH+PwtHZA2+O/G/QOpyPCKlqD8g9q24XtrgP/SUOsNXQuQ/SpBlAyVy8T8S6hmSRZL6P1zZC+cJC+q/"
        "o5S2KeA+/r+wU5Av1LX7vzC65n9YtLO/Qp0x2E6zOkCJM2mBizclQPY2K2JNODBAgBtFmlz9C8AQqnZz"
        "9ik+wHvrzOsUMCxAIJ28mcdVJ0CllF6xgbM3QNSUNVtiXzTAoMGnHdls5z+tQgYIZUIXwMrmwfUZfSZA"
        "xAygpdaWGEA3VYnyq/BCQEy5+KGDgzFA5SAY7nWKLkBbVUs3kVN7N0KegjdwFE03bg13N4XONTemkmo3"
        "RxZQNwhYdDf5EX43fkubNxCggTe98oE3WEl6N2w3hjeyWkQ3lsKRN9NFVzfzlJU3ZnlMNwUuSzfiC0I3"
        "JbCHN9f1WTe92oM3q7dlN/tdfjdJhFs3I5h+N/NlQDdy2U03WA9NNzhBNDcPNnU3J8VNN+ybRjep0pg3"
        "pzlCN5bPUzfzj2s39Y5+N+7ucDcxLXE3Tc5PN6WGjTf1TU43rc1rN5VDeDdXXpQ6eCyQOjhlkToqeac6"
        "JgybOsHPlzrC/ZI60HGZOrwrmzolx5I6GriIOgu4lDojZ5Y6PgCZOkUqjzpwxJU6"
    )),
    "conv2d_large": (100352, (
        "rpGZS3Q8/b8AwL8+lRwzv2sp/wSq3ve/Hbk9TRW4HMA8f8jxhfIaQB564/yE0xHAoGkBr+HXBkDCdZq0"
        "QJ8XQOgWV7UOQuk/Jk3RDnGQEsB8QodNLbb8P5iVOBAEteS/3m6MgiV1/j+mLrpcXjocQDtdWrlyoQvA"
        "CEzfnUR2GcAeMWhtvDgIwB5hCEVzKBFAAJroxGVFDEAo8e2A90snwGQVgDFeagzAvGZ31GkZKMCpPOmh"
        "pSUWQOsC86Wk6QLAALtKzPQ06b8ucJLaBBsXwOwZGRjHHgLApNXZFHjdEECqvTEYNnglwA4D9Gf0RA/A"
        "9r0qq9PhFsB0uT5c8tEiwBRhJGHVCvu/G/dum2kPJECMirg5lsL9v+ZlJ6NGUhvAQG4FHWDlrT9Yc542"
        "plfrP/NsEP2FMfO/oUlKcvvUBUAyn0Gu/fkkQGLMHcJe4iHAcgiaknxvEsC4dULPh5AXwAbCtnhi5BrA"
        "FaTOsMfJJEDI/UaQGhngP/PCmM81lSlAgvpE/tX/lMCmkqYWIkONwKhRX6TbW4fAQ9acrFBjc8C2fnsB"
        "tJxqQBXC4KDn/XjAEPcyAsrCg8AgfZthQ69YwCx2PWOi+IBAZw1VOZ+5YMDARW1rxdE2wARXtmPvWG5A"
        "A9iNe59OeUCZZudkKWd4QImqWhLNhGNAFmIB1YSFdUBKsW868LYQO4ioHjsN0Lo6k+AXO1tIHDvAu8I6"
        "p5IXO4p4ITsgGr86GVogOwx+EjuyFW868ycXOwKHJjvsgbQ6tyUcO8CNITuWxrk6+OMWO0KGHTvD2cc6"
        "lNggOz8GIDsdllk6WmgeOxi5GjuNZcM6Y/MaO+bCHDtBo7065pokOzZdHDsE0Lg693YpO7tpEju48nY6"
        "YXAcO16rGDvPAq86RjscOxDgHDs8eac6MAQjO60fJjv997A65CIcOwEMFjv7/FJB/GpmQbh+ZkHEb1FB"
        "KbtUQbIIaUHERmRBZzxUQYRCUUEB9WdBBsBpQb6TUkEuQlNBDrhnQVAcaUE61lBB"
    )),
    "conv2d_bias_relu": (1024, (
        "BMOaQzpz6z8AAAAAAAAAAEZlscBjEe4/AAAAAAAAAAAIWhuPBmsDQJyMzcA4RQBAAAAAAAAAAAAAAAAA"
        "AAAAAP7uPZCMQg5AAAAAAAAAAAAlewkr7pkBQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAKVkHn8jDvg/"
        "PGtWczQlAkAAAAAAAAAAAEByJ3K3h6k/AAAAAAAAAAAAAAAAAAAAAKhCel7zsNk/AAAAAAAAAAAAAAAA"
        "AAAAAAAAAAAAAAAAQmpans6OA0AAAAAAAAAAAPipLibA/QlA07F+HHkY4T8AAAAAAAAAAKzuwE/6TeI/"
        "CIRmiymS7D8AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAOCD01qinss/AAAAAAAAAABEaJm1"
        "xKvdP7SsQYNJReE/AAAAAAAAAAAAAAAAAAAAAK5Upj977RFA3oXto0Di8T+krT2Ex/7qP8jyZvt+zsQ/"
        "kg09L9eZ/T9MVZTSVS35P7YsDNT75vo/LqtUXDdzQ0DUYgF/d+VFQHJmGzJUJEpAohsDAX4mTkAnkPww"
        "5jpKQN1q44iJEE1A4Bl6s+/PSEAv+d/zrlRGQIhy4qS8pE1A2d/FVX5CS0ChBYlm7lRQQCpaxfYKO01A"
        "vU9jPKmlT0DhBG2oSwBLQGB1aUej2UZAfkX2GT53SECMEDU3UMl/N+8iNjfA4zE37tO8NyINdTdDS0Y3"
        "SD7BN5cRgDdmokU3S1+8N9tSoDds6VI3K826N1OFnzdLUDQ3Un63N0Ndoze3clQ3i1/ZNziIkTdZegY3"
        "pQJcN5xlfTdBvjA3WMaKNwB7TDfWHmY3w9LKN+TcnjeJE0A33duiN6+NpDcthDQ30l3RN9FVvDdC50k3"
        "iXjJN03WxTfTO4A3DYXWN8cArzc7YWI3T6C5N61dvDdISgc3DdJwN7lYkjcOOEM6yeOQOmWikzqHxZU6"
        "NYmVOmOZoDoVS6I69NJiOtE1WzoAJKQ6l7ybOp+gpjqzlKc6lkW0OuUWqTo14186"
    )),
    "conv2d_gradient_images": (384, (
        "6GpwFD1S07+aA+el6b/zvxigeXgADPK/yirM0Xxg5r/YQ+XkKvEOwI9hJVKzHhBASAemPYms979bvsWE"
        "Tmrwv2/0A21QBfA/r2GHfW93B0DELz2IDIvuvwWdgXhaF+c/ItN+U/bP/7+BDowmquIFwJYzXzEBYQrA"
        "6MxMeBwy2T+EWGhn9Lzrv0osOxYWPhLAVsqnURC6B8B6cUqBOpUAwLRUMDxc9/g/aNrmViri9D8soGLP"
        "exLivxCxyYscW+k/D+/0Dyo58L+QYpkJkzPiv9bWbSWZQQPA5FeXurLAwb9/AfRVLhgUwAUORJQCNB/A"
        "+rOlUUv/EcCgS9eTYlUGwM+i0HqeF/s/52Sn9Kn2578YSVOfP7kMwA2NN7GRCvg/jjUqU3c3+j9iYMta"
        "3TUQwEDw293Whq+/NODfl/8U5L/zgCxyg0UOQJ0qDHUwJgJAXtj5mriS+7+SRHJkoScAQIiruGdLkMe/"
        "lFu4p7i+7b/p0Mq9tu0GwFqoCGorDvK/AYga6znHJsBCEMyiMQr/vxLaeeMhqDDAl69kb8wZJMBVB13c"
        "eM0gwEPhpbCDLiXAro5vqNvyN8Cc7u392p4awDEAW8VUezDA5D9WJ2vrMMDEQsVDR3oGwPC5o3gAAxHA"
        "SOEsHYwGDcAkFlZBddweQJSbxAjbsThAlr7PxkDICEBGh+03PwZPOBy0VTjO5CE42yWJOPTgpTjmxAY4"
        "SXCROIGanzhlqi44oJGkOEBdkTg0YiU4dA6hODW7hTjFJTM4AMalOFlskzjX7Cg4eYWjOLKimTjhsQo4"
        "tPR9OLWAYjhYfcg3bPVYOGSuWjj31gw4PcSNON9MqzjS3hM4adamOAcStTjlLS84lsWeOEA7ozgxkEg4"
        "4tavOJVSpTjaYDo4QySZOENNqTi+WTY4RUKhOBT/kzghU/Q33KU7OEkjUzhJeog6P8rEOq+JxzqbQc06"
        "luXHOhmdyzqJm8w681mWOkYRjDpjYs06POrQOisH0Dq0ENs61pvbOiof0TpKNYY6"
    )),
    "conv2d_gradient_kernel": (216, (
        "PJbRx20vE8Bupm+FmPsTwHE0hiBJ0xbAHMvM15GRHUA6OpsGY/z1v+7MLKVXZee/pxaPzG9sAcBLcHgP"
        "qOcQwHz0ZUTAdfy/YBovDMog9j8IDPy8SHPpPxRLUX1/pQ5AsMH6sAR6/7/s+AmnZ10LwCvX0csBTQFA"
        "Z5FCVyPzAMA2qzSRECz+P+IVPrB6Lf6/APf0SdOVgL94j97ZymEcQFDTIWl1Geu/CMYn7bLSAsDqun5/"
        "p0IVQOSD1D1PWdI/uGxHGGxdwD85lYl0tW4bwFhvS6wW88S/mu5HTinZBEAICyuK8vb0v0VihlUZKQ/A"
        "5lIyggLW+L98q+JKvNruP1RHEPnHpda/Ei7pnMqQEkDA/D1swRywvxQm+9HWdwFAlgGD12cRDEBkGOO0"
        "Gjvjv3P1xgNqpfO/sdt0v8Cx+78+XIW1YT8BQErH6kwUkwDA6j8QRXGX4T+o+zUx25sIwDLu4N+3vPE/"
        "eDWd+EgaDcB6UAQOHngEQHsWEHwiSRNAgNxXblWO+L8cKy7OK64iQFaIdm3zuyHAL/8ShBb7NUBJlqw/"
        "oBMwwPBFhj39zf2/vGCVFCB8MUBLxKBpZrwdQAhMZGjVURXA+Ikiglw7B8Aom/6XNyn3PzoWOP/LTh1A"
        "oIa1IZNi2D+60WnvwAgDQEAqAADzkxZAbQFPFC5VFUBQ8Ec50SlMOebhMjnvHDw5Qkc+OVJoZTmhen45"
        "X6lsOXSoZjkYJGQ5CAJiOUDoNTn2+VE55NQtOQ/eQzlOCFE5eARbOaJyYTk2XUs5nlVQOT8SYTnWuIE5"
        "Q2SLOTsXgTl0F4c58+KFORtBbjlfOE45WiNuOZDnVjmVHlI53eN6OflwNzkFM1g5Oc4oOWljNjlNyU05"
        "1RFiOe+MdDlGYl45bG5wOQv7aTkdIFk5MRsrOVepSDkTVzk5oEEzOYFhZjm4cSE7mKU2OwICQTsbBz47"
        "opgfO0P9OzspFzw77VlgOxZPUjt0IEA7D8otO7QmLjsv0DY7VjRFO6O+IDuC5S87"
    )),
    "depthwise_conv2d": (768, (
        "oLQ7FTcDtj8WOKJ6xwvtP/oQ9ksBnPs/fiaBzVNF6j84k+Ng1bzwPxyPTasNjsu//lkEIFtz+D/A2zRX"
        "cUvQvxAB9wvTnt4/wJ3U9XnJ3L8FsWI4JsEBwLYxrQIAheE/0DCdYluz6z/AXMRtuPnYPygZfbbdBPs/"
        "vKEcqO/20L8gaal8m/P/PyXNraWKGeY/2RjOSQBN57+6H9+D0i3nv+wtUBowK/S/24D3U++d0D/QC3Wp"
        "t/7Lv0ac86CxCeM/iCfyuQfE4D8oJbtDRP7SPyCrwrFkita/gAdgg1bBsj/5/bK6P4z1v4i5L+x+49+/"
        "6BVGTM+a57986QnsgpzqPz/HuIKL6/A/uK/BuxLq6D+I4ExKZwzDPygn6crD17e//FliBADd579sOhLH"
        "kiP7v1ucwCl+Dfm/YAUZByuc97/4b2BqhZnnvwjAlnmDZ+m/2JVduuWB9j8A2cl/XbF5PyAvHk1l9pI/"
        "AEDHjYrwvT8Y0H4O3CbvP2ZL3uj/bvM/0f8mAd8oAkAke2LAhMv0P6VmhTPh+AdAt0DWyNNnAUBwckqP"
        "t/shQHMKJykzV/S/GdBdWjSv8L/o4y2I82AYQDH0iKjvh+M/1HmAR1jGG8DAx9qda6DVvwhPt3tTSiJA"
        "h+kRhZltDcBto+XEwqoRwGQsaMxnuiBARuxYvAduDcAWCF00r24vNV7nfzW5sSY1g8avNcVYpzWOOZk1"
        "JEyoNV7gtDWcg6U148m6NQGIpDVBnKY1l5+zNcP8tzWSpUE1lqChNaEeozX5NUc17Bx2NU3jizXNQKQ0"
        "KVIeNSHaMDXgEic1vYsMNZOCbTW/Pnc19L2MNXz3yzVokmU1skakNYzfrDXWeJ41WRy9NRIHXzXwWLE1"
        "UZm1NduWqjUhjLs1YZmiNfrx0zUMhqQ1sqRvNZX1yjUCLjQ1Yt9vNUCA1TWuyww4uGZTOHlaYDh73F84"
        "JuBXOJCPSjgb0ko4pj8HOMKFHTjjNVg4CT5tOCrZczgZkX44Av1tODW/XjhX5yc4"
    )),
    "conv3d": (576, (
        "xPVNYunl7T+qP2IDbzL0vzSdZIGwFvE/2KbtSrg60b8w0mEFhuD9v+IznNxoBvk/XlP0iw6h1z+i7onC"
        "6tnfvyLScyxgyvS/bDgDT2Ze+L8sEXwnuGj8P+cXwbX6Vfg/wFjlD8UFwz8Uc+k48BrDv8Y2qVue3QDA"
        "kNj5tA3i8L+u1o0u1E3sP9R3Qo6uhQLAP17M6nlXu7/yfBiL6M3sP0wn8S+gRcM/EEiSATd0579Sfijn"
        "dKXbv3pKx6Dtf/e/Os+o5U1p8b/i3rMoV23jP9DKrMEOUNw/xlvGeW/LAcDB5mG/SBPkP0jFwcAr6eC/"
        "A5c4TtXC+b/wTCwXzwfcP6z6poCrlPY/RKINoRMR2D+Bq/7phbTmP3kxxLiBmgvAyAgosNRb5T/VRlY8"
        "aFzgPy1Ue/GcH+U/cEml3ihe/j/Sf+kvwTDWvwjirDyVMNO/gKcg6xMm8L8U+aFX60LYP4ArJqax1HG/"
        "pl8BwYtS7T8cQV4NXm/wP6hq4TbzTfI/IbGCOE2bGMAVLX2WHGQjwD33MBWFwSLA0+H/SiAEJsBGptsl"
        "OWASQPu/9dYeyjJAafxFOG4gN8Cc4Kg84PQQwIoarTZqhBTANDLfv7qAKsBdxdACRUIZQLcmgvM8eBfA"
        "497EwFXQFcDi3WrCJ/woQDx21kkdCwvA6tgHnqNTH0B2uqY2eFVKN+WMaDcFVp03HXRPN8OYmDcbmWM3"
        "aZyLN3bDXjcyPJU3AWDgNtDJPjcjV842VdYfNyt8Zze5OZs3Qt5UNwn2ojeTGXE3qQyRN7n0QjdGwZc3"
        "9sOpNu/MNDe/6fM2s65IN36Bbjfp6qc3i0d7N41knDfpk3Q3DbWON9Q+MDdn4683yi7WNvvmSjfVDHg2"
        "ZCXFNkXYwTbExBE3Lu8FNxjVBTdn2NU29wUaN24JozbWpTE3dAFdNl6F7jZPTuU5BzQaOpZAGzq5TPQ5"
        "DfLuOT/mJToVABU66inxOYnv+Dl7Xx86JiITOsfx8zkl5IM5GNydOQ2znjlylYU5"
    )),
    "max_pool": (160, (
        "AAAAYDq/7j8AAAAAO/3tPwAAAACt4+c/AAAAIOSV1z8AAAAAmhu7vwAAAOCOEr8/AAAAIG1P6z8AAADg"
        "17TnPwAAAKDPZ+c/AAAAwOmV7j8AAADADBThPwAAAGAEE+8/AAAAYPP26T8AAABgTuLnPwAAAADkTew/"
        "AAAAgJV66j8AAABABN3uPwAAAIDg7u4/AAAAoCWT6z8AAABA+tLMvwAAAKCjgeM/AAAAoBuo5z8AAAAA"
        "43jZPwAAAIBN2uk/AAAAIAp0nD8AAADgQ6jtPwAAAECLK+U/AAAAIGZJ3j8AAACA9ODRPwAAAODMSOU/"
        "AAAAYIqR5T8AAACgUZvvPwAAAOAr5u0/AAAAwKcY5T8AAADgYZvjPwAAAABuQMw/AAAAQK/g6D8AAACA"
        "IDDXPwAAACA5NNw/AAAA4IO17T8AAACg82DlPwAAAIBoV+s/AAAAYN0mwz8AAAAgGU/vPwAAAMACu+o/"
        "AAAAoPoH7j8AAABgR9KrvwAAAAA4wdk/AACA+RzIGkAAAID5krEVQAAAADLy7xhAAAB4owBZEkAAAEBV"
        "myseQAAAAAKPQhZAAACA1+2WDEAAAAAQvEcXQAAAIDaGyxpAAAAAIrpAE0AAAIBQkQ4ZQAAAAMiTHx5A"
        "AAAAbNQ/GEAAAAAsjAodQAAAgMr1FhlAAABAdgfmFkAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    )),
    "avg_pool": (160, (
        "AAAAzODI1j8AAADA13fMPwAAAO0pbta/AAAAAOF1yT8AAACgYcrbPwAAAEARrdG/AAAAkEXXxj8AAABA"
        "cu27vwAAAFyIH7S/AAAAbJDcvr8AAAAAWCRGvwAAAACF2Jm/AAAA9tyP2b8AAMDLBuXQPwAAAOgWRsK/"
        "AAAAZsRa4r8AAAA44EPLPwAAAMQHDNQ/AAAAIGQE0D8AAABAcQm6PwAAADmsoLe/AAAAbik/0D8AADBu"
        "qAjmPwAAAMyw8LC/AAAAgMAidD8AAAAAu8uzvwAAAHh/l9e/AAAAaOgFqz8AAAAgdjvDvwAAAIjredk/"
        "AACA0J+F1z8AAABAuvzWPwAAAMAME86/AAAAqGfR3r8AAIB5UArYPwAAAADQ33Y/AAAAgLGjsb8AAACw"
        "AHe+PwAAAGAKn94/AAAAwBzJxT8AAABwRGaSPwAAAPBfwcc/AAAAzO2lpr8AAABA3IyrPwAAkFMYzr0/"
        "AAAAMEdRwb8AAACAM9ekPwAAADBtebC/AAAArRmL0L8AAACM3yXSPwAAuEeifvK/AAAA+bY+sb8AAICg"
        "g6qmPwAAgN1LHO6/AABAdShD2b8AAOBs2OXTvwAAAG+zI/G/AACAS1eUwz8AAIDeaijcPwAAAItXB82/"
        "AAAAgoZxAEAAAABkss+uPwAAAOBE+yu/AABgtvY8+z8CYnI0Wsw+NK7DSDRcHFQ03GqiNHL6ZTQ8Zgo0"
        "piVTNKIkGDQl3Co06xvxMxkrNTSoQlU0QigHNHEaNzQw1pI00olMNMtwLDQsIwA0vikANDjNsjNSrBc0"
        "U0WwNAZ8wjNPskwzrmkqNBVvTjTvuBU0On4aNCszkTQPLTw04z+UNEz4STRSi3Y0lFJANDb0KDQrBzo0"
        "67QGNNAikzQDYhY0O7MMNDlHRDRhFBQ0t4MbNDZ49zMRVgI0c1odNFRsDjQ/3uM1QhP4Ncq85DUHWeM1"
        "WU8DNuWl/jVGT841nN8ANiOiwzVRas01x5zkNRB08TVDlwo21srdNSdiwDWcEu01"
    )),
    "reduce_sum": (1, (
        "ABBj5RW/M0AZyf0+"
    )),
    "reduce_sum_rows": (48, (
        "AABQrwthLEAAAGwjRMMeQAAASB1sqBHAAACwtt+qFsAAAKT0WToCQACgTAUegiPAAAConnroMUAAAOA9"
        "dewDQAAAAP9rTCBAAAB27sPu+j8AALz6sOQZwAAAaPNsGew/AADmnjVoGcAAADXJsDgqwAAAzoOmZCdA"
        "AIDNt9A8MMAAAMCQ5Gb+PwAAMA3k3hDAAABAi5bp/78AAAB985vFvwAAEsd1+RBAAADYMsuWCcAAAEBo"
        "5E8WQAAA0AdI9ARAAADgn/IuBsAAAIDi1zz4vwAAUDFmygtAAABcnvDYKkAAACDtRwQawAAACaLIeCDA"
        "AAC05RWLDkAAAI4v0SQSwAAA4BHlKxDAAAAQdkWoGUAAAIZqPy0gwAAAbBuCqhfAAADAngo0D0AAAOAq"
        "qtrpvwAA1DirKjFAAIBCRi46EEAAAJgx0PoawAAAYPyHXg7AAACIZmwDJEAAAI4I0Q8cwAAAwONRMSPA"
        "AABAevYJBkAAAKi1su8BQAAAdbTteyNA0XOVOqY6nzpHY5Y6gR+fOpAgmDoV7J46KHOcOgVjmzpD2pk6"
        "lZiUOsuRnDqUT5U6ZdymOr1inzqciJs60yyhOpirnTrDu586EE6rOpQMozofwpQ6LAyeOo0GmDqbLqA6"
        "KuWeOlA/ozpyqpk62O6aOpSioDrBFpQ6+CKfOpThmDpwfJ86SSmkOgL4mzo66ZU6KhGWOrFklDrMbZ86"
        "YHadOgtkmzp1mZY6PIGnOnIilTop6J46TDaoOsuGpDrqxI06"
    )),
    "reduce_sum_columns": (48, (
        "AABoE1BAF8AAAKAnXbYJQABguP7zjDBAAACUDgf7G0AAANijs/gFQAAA4MabWwDAAAAgAVzA9z8AAPCZ"
        "qMAKQAAAYKQPGCzAAAAwyzj6G8AAAJgKYNDlvwBgN7DNkBPAAAB06ie5JMAAgAqVYf4hwAAAmg0kkhRA"
        "AAAMk3noCEAAAFBXj+cowAAAymVzwifAAIBTPUVjIkAAADFEmOoWwAAAgMUJL98/AABU/3DVJEAAAFD2"
        "s8wQQAAAoMHjkBTAAAB41jcWMUAAANy3XVsTwAAA7iCP3i1AAAC0mTT7GEAAAEhTxkECwAAAJCDCVCjA"
        "AAAAUn+Wsb8AAABeIpHwPwAAgF8aGRZAAADgQisWKcAAAIi0tiIWQAAAqFALaR7AAACAYIufHcAAwEQY"
        "vlMjQAAAwFPIWgfAAAAIWI2+C8AAANC/xG0pQAAAAPAY9dS/AAAA+y+TCcAAAICHKr0FQAAA0F8VmP4/"
        "AAAwIjJF+j8AACCNYTToPwAALNmL+xHAxTyXOuhXnTrpqKs6niGfOvweqDqXqZU6BLeaOlQ2ljrArZc6"
        "xQChOh0zpDpo2JU6fOySOuOInjrL/5Q66IWPOpa5nTpYqI866NylOlrwmjqwgpc6CtCZOrhYoTqhT5M6"
        "vBadOtRbmjoBjKI6vXuiOq50mzpLsZ46HXOSOjoWpDozJ5s66iWbOpNsljofOp06m/mrOs5ZlDpw7JE6"
        "rM2VOo4Knzpu4pw6CIWVOnw0njrYRJg6vPueOu03nDqfiZ06"
    )),
    "reduce_mean": (16, (
        "AADSv+Qbqb8AANC9WYeXvwAAeNoUtKE/AABUJHApc78AAEaGMsWpvwCANTeyArA/AAAQz8G4mb8AACBP"
        "1qhWPwAAeDTu0qQ/AIBofSV/pL8AoOmPXuezvwAAYsrUe5i/AAB62la4kz8AAAAwcVyVvwAAwHxMO4M/"
        "AABwkZyyob/rlQI3ZJj+NvLo7zb5yP828G4ENynK9TamWfg2er/vNgoh9jZMGgg34zH7NivlAzclLQY3"
        "KDLrNjga8jatAAg3"
    )),
    "reduce_max": (40, (
        "AAAAIG4j7z8AAACgWrnuPwAAAEBLne0/AAAAQIwU7j8AAACglKbuPwAAACCOje0/AAAAQElX7z8AAAAA"
        "mKrvPwAAAMCnEO8/AAAAgMhC7z8AAACAxNnuPwAAAAA8r+8/AAAAwKy97z8AAAAARdHuPwAAAGCRce8/"
        "AAAAwAci7j8AAACgM6TvPwAAAOBe2e8/AAAAINh17z8AAABgd3TsPwAAACB+YO4/AAAAYGnz7z8AAACg"
        "YOjvPwAAAMDM8O8/AAAA4A+s7z8AAACAEvHuPwAAACACyu8/AAAAYAS26j8AAACgauPvPwAAAADdx+s/"
        "AAAA4Kt27j8AAABAD07vPwAAAGCe8+4/AAAAgCVM7z8AAACg0V7vPwAAAEA+RO8/AAAAILz97z8AAACg"
        "SKXvPwAAAGCxJ+4/AAAA4CeY7z8AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    )),
    "reduce_prod": (32, (
        "cKKnlB1K2D9CoakJ10/WP21ryIbfwNI/ClsweOPp4z9ylBRCaxXgP8d8j96c/9Y/PVb6ahPz4j96UaVr"
        "+J7iPy3JvM1TodY/mpQBqOVUwT+cCN8AaIzbPx5EgbGF+whAq9896BHZ6j8UhE6deFjLP6EhgVbCI7s/"
        "YA6Vm/pV3D8UPi6LGA6hP5rXNFbRR+A/mVjBaYOE1j/vQGcmSxXdP2cCn2XXj+A/3pqL4kKz6D9Homvl"
        "J7DhP2KaCujY3+c/VieKw2w2sD9AobY9BlrMPwU7bDCoT+w/jUjQGWMC4j9NB7KNsSjxP53hCTQTswdA"
        "M+/LE7jM2D+xBJ8MNwXiPwdRwjTQfrI0EAeWNDFPHzVsqwA1AP23NLCYFzXX9xQ1twq1NECnCjRdY9w0"
        "SNxHNqzIVjXiw1o0MB7ZM/Ov4jTXcAgznD4CNTMktDR4qug0zX4ENTGaRTVSgQ014f4+NXizgTNQ0GI0"
        "YH1iNSwTEDWfRYk1s5g9NttlxjTMKRA1"
    )),
    "reduce_logsumexp": (12, (
        "NogX+jFYF0BuR55YN0YXQKX57KBZWxdA5hIlsCUbGUAzndjodM0YQCQWoPVtmhdAqwl/KzA9GEAslXjZ"
        "GaAWQPTxgEU83RhALtiBPA79F0D+M9oc+y0ZQLaYeQWh4BdAnlPZNi3M2DbxxdA2csbfNkjg3DZW8NQ2"
        "yfHdNgIizTblV942ZejWNlmm4Dal7NU2"
    )),
    "cumsum": (512, (
        "AAAA4I5A6j8AAAAgbEroPwAAoJSUPATAAACAqV6fAkAAAADofkXdPwAA0EOe9xfAAAAA5mBV8D8AAIB/"
        "7NoFwAAA0EXaxRTAAAAAugOV8T8AAAB3yp34vwAA0C0nLRHAAAAAkB9l/z8AAMAydBATwAAAYg9YWBTA"
        "AAAAgJ8REsAAAIBpOFkFwAAAh9BohRXAAAAA0m4AAsAAAMB61JUXwACAg4AqDiDAAAAADKlZC8AAAEDu"
        "fc0VwAAAhwaaoxXAAADA5F0UCMAAAEB3NnoXwAAAh+vHbxvAAABgOdQeFsAAAMAg0BwdwAAAh394wRfA"
        "AAAgar4qGcAAAEBsHX8UwAAAB5KiQR/AAAAgsNTRGMAAAIDKuVIHwAAAx0rFaRHAAABAOh9ZCMAAAFDj"
        "yPIPwAAAjpfZ1w7AAABAOu9ABMAAAKDyXAz9vwAAjnehjgzAAABAEMGzDMAAAKis0BESwAAAB6GhUBbA"
        "AABAssKQAMAAALAOVgcMwACAg5WY7SHAAAAAzm4iDcAAANDhw4M+wAAAqLiR41LAAECy/nZsTMAAoFgT"
        "60pZwAAARUIPEV/AAMC99DyuYsAAwCwT3G1iwADA7SkU3mXAAMBjj+w7ZMAAgMN0kE9jwAAAXMILNFzA"
        "AIDFDbqYVMAAgIVUOIpRwACATi8Ch17AAMDa1416Y8DvBNI2VsQ8N/pnszdvPxk4IsX+N5xhdzhgt4c4"
        "sGhuOBbCvji96rY41KnCODrp9zjgIuA4IyL4OPF0GTlc5yM5ijkfOQ5QNTleDUo5RwxCOZwlUzkDyWs5"
        "s/NjOTbodTnT+Yg5yuKDOb9YiTmIcJg5MFSQOZBplzkfMqQ5lIOcOcbppDnicrA5qtiuOaQVtTnPTMQ5"
        "O2i7OT92xDncZNk5utbFOa/F3TkRoO05FCvXORrY7DmShwA6/jPjObJi+jnKOAA6jK2xOhTkGjva5Vw7"
        "wSKMO/SIrDuoT807IfLvO7YfCDzMwBY8t9wjPJFaMzwBUUM8g4NVPJ1vZjwFx3U8"
    )),
    "segment_sum": (56, (
        "AAAAS0N5/b8AAABG02P5PwAAgCVXDdW/AAAAGN0S+78AAACMv6gFwAAAgAp/xvw/AAAAGB9kAUAAAAAb"
        "b9n7PwAAAMwo+fS/AAAAPN9yBcAAAACT8sn+PwAAAAB4jqY/AAAAcBJSvb8AAACk8FbmvwAAgJHgeOQ/"
        "AAAAcBgT7D8AAABs7Lj4vwAAABOkVOA/AACAW6+JEEAAAIArJaYFwAAAAPHDEgFAAAAAjEkL7L8AAADc"
        "61fzvwAAACTIyvU/AAAA2KvT778AAABwH5HdvwAAAHLdS/W/AAAA6MnL6b8AAADgQwPRvwAAAHA1V+W/"
        "AAAAC4h49L8AAADFzasHQAAAAPg2mu6/AAAAKAec1T8AAABIHzT7PwAAAGZauwfAAAAALPptwT8AAABc"
        "aaXnPwAAgGwOKARAAAAAwIrE+D8AAADAbrDgPwAAAJQ8sve/AAAAWGL79D8AAIA6uN3rPwAAAKBe5/G/"
        "AAAANqdw4r8AAAArPmbtPwAAAIBlH/C/AAAA8Gpx4T8AAABAqCvKvwAAAPzlPwbAAAAAlHrTAcAAAMD/"
        "gfrxvwAAAHB7NOu/AAAA8OXhyj8AAADoLeLcPws1Fjb3nNQ1qAPkNbK8IzYJjSM2pyYRNragGzY1/ek1"
        "aZdhNm6VLjZXWhY2RCRcNoSq7zWXlCk2VjkrNuwDIzYh5BU2zI8ANpKRKzZavDM2qncrNjRGJjbBa/s1"
        "9206NqXBSzaOZzA2LMi9NcyRMTZC8PA1pf7zNXyT9TUsNyc2fHLTNa8mqzVeWTs2UmwENgx+4zWE26Q1"
        "J6XBNd4jhDVIYBQ2TIA5Nn6WIDb3Beo12AgmNrR6ITbjewo2tRgSNiATATbgwho27REMNpB2CTawLRE2"
        "E40BNgyw6jWWjhI2"
    )),
    "l2_loss": (1, (
        "/m7BPQUHf0AYI7Y9"
    )),
    "softmax": (360, (
        "OsdqRiDJUD/5A+gbdqnKPy2tzU6p+6Q/P/SfNDQWkj9+FSPcpGV5P5+D1IyWzXA/nmXzZX16FD8nwuoF"
        "ItOIP3LKLLBsqbE/UOlsTvQWtT+f1YzRyCAvP9soV+F73y4/fbyudz77kz9cK6nZmHNJP8cAr87g5Ew/"
        "VQOfiK6wqT94E6abEuaRP3nq1vFk00M/fk2IaXIbpD/6c+KpF/c1P48s8F2Ps18/tHtyV2wytT+3v/C8"
        "priFP2wB3jTNizA/QgotQCsO1j9Kbmedrrk1PzUzzgieKIY/xocVf1jfNT+CxBStV2lwPxRox+X/g20/"
        "pZsvWN8ySz+FZkwx1iOvP/kTkobBysA/SZQdQHN4wj9b9M2CvekUP31tlEWrLR0/nYe4FDdceD+o1ujM"
        "5Ey2P0vUdjUuK4g//OCCvTo8ST/BLUIygRRZPxyRV19Qmss/4JJ5qFySVj/S0N19zIejPw858ttnoac/"
        "ZMfX3kXjZD96uY/TBTZqP91AO4iS+0M/1n+X5KLQ7T/MAJyvkWblP7lW8t+xduE/pijaixlS6z+yM1rU"
        "3FbjP5GRd6IsFvE/F3SRwMaI3j8f722GZjjrPy/2NP0ns+k/Ts3VawRj4z/nkeyLi1XpP56qCAtIlOk/"
        "Bv663NcE3z8D7JjBpyrzP9MLEc5kUN4/DyNoJxIA6z+gRrAxK4h0NRH8SDRXDbEzWs7+MhJSqjL53+Mv"
        "TuZ0M7fEqzRmK8w0AHWtMEMRrDBCXLwzwjqCMadikzGCGmw0ZDekM4WVRjHOZzQ0skLfMM07MzLawts0"
        "IV5sM4SHwzA58LM1PAPXMD35RzOHbtgwHvidMqNxjjIvQogxdUWLNN2kIzWljzM1SY/yLyT/JzBGWeoy"
        "hY3HNIxcZDMMrX8x9AkCMk8PfDVVqeox7886NAwtaDSnXVwyuYSJMqD4WTFLfoo2knRHNkddJTbTS4Q2"
        "ppIuNjpFljYkKw422niNNsCQVzapPyk29oplNjBDfDa8www28N+tNmK8ETaD4IE2"
    )),
    "log_softmax": (360, (
        "p7rGKCbO979V1xiVUUchwFXXGKXMyiDAVF1jlK++BMAxIbQJP6sRwDEhdKqFexLAMSG0TqK8FMAxIbTQ"
        "9bgQwMX/UMbIwRvAi/+hPNvEB8DF/1AG5xwawMX/UETjMRLAAhqTZW2dHcACGpNVWE4QwAIak2VcpRzA"
        "AhqTnSgEGcB4+Ydc+sYZwHj5h4y4QBHAePmHdHtiH8B4+YfO0OgVwCdyI1AZiQbAitwIpIY8I8AnciOw"
        "bSwBwCdyI3Dy4gTAw+DCtAjiBcAxuDC1bz0hwGJwYVK3GhDAw+DC9AjpDMAGiACbOZwCwAaIAJsxjQHA"
        "BogAe9YGCcACIsD+wzkgwMIm9dVSdA/Awib1pXXxD8Bhk/o6ZOwawIRN6qt9p/2/4dFIysxDIcAKj0bS"
        "eZT1v8KjkTCcsBLAhUcjCQk9CsCa0/gb7FYPwJrT+Iv6pQfAmtP4C+sZAsA1p/EXAyf5vw8Qmc/KAxPA"
        "DxCZyyH6GcAIiMwl/2EhwAiIzPV59CDALFAU80AQW8BztgScyYZdwAJPDHTxnlvAqm91aQTnX8DhIeUl"
        "r2tgwOEGmSLEHFzA2DoHRJr6W8ALell6V7ldwIY6cwsq+lzA8vcYFDOoXsA94DWJB9JdwNoziIlb0F3A"
        "KkFMxqwEXcATdeW2rolewDiaH0D8JV7AFwfcE7EuXcCakoA2ti2dNqw0nDZp/oQ2bZqDNrNqhDbQq4Y2"
        "I6iCNu7RhTYj5Ws2DC2ENg+EeDbYbJE2wh2ENsd0kDaT04w2KU2aNufGkTar6J82AG+WNm4ZkzbwTa42"
        "GGuQNlpGkjY8aYM2GPOaNu+SiDa87IY2WBWBNtSNgDanSoQ2xTqYNuTAiTZ2/4k2IPOUNppwgTah0Jc2"
        "R1x1NqP5hzaLZ4I2P2eMNsaOiDa+yIU2iQWDNtwQjDYzB5M2ENGbNgb2mjb5qsM4jabFODzWtDg5Xrg4"
        "kBTAOESCzjiI5c84W/vgOHefwjgXL8s4wn/DOAg6zTgWSb44Px7OOMELyDh5Mcs4"
    )),
    "softmax_cross_entropy": (16, (
        "Medeiv53DkCkPL8t9aUSQB0pKJ3G7gxAv73vcnBdEECs+9khTcwQQKk1obDYkg9AC0yOvIlPDkDUKd8K"
        "pH0OQPfT/RxYVwxAxWlezywiD0DQ1AXv1ewTQChM/savog1A5gqrxb6kC0DD4/KkGm0KQANz+uisOAdA"
        "1YzQ55IvC0BZhwQ3hvETNxqOAjd5bBQ3a+UTNwP6ADcVfAk3MxYDN7NC/DbsRwQ3NogfNzW4/DaLxwQ3"
        "hA70Nl3U0jbxQfc2"
    )),
    "sparse_cross_entropy_gradient": (40, (
        "X5a7gKix779+ueqf+YZ2Pzzf+J6FQ1A/lpDkvVQBwz8RJ7p9zti/PybLmykhheQ/iQ6iI+eyWT8YnILx"
        "bBCiP28oDvUIioM/oJw7bAf8lz/q6yH61tB+P92Gag8F+L0/n34sV4h10z80lPRkdvPvv0yq/o0do4A/"
        "IWVYOCyXez/3ZzcZlZU2P4NPONt+qd4/H2E01Uc7ez916lJXY6KxP03K/F+KOtg/ASArQDB+cj/KhA+t"
        "2HiTP70FUyGmw4w/qGCNB3Y6uT/mqpCiHnWcPzy2BExLMdk/PdZuQd7rkD9d+Nb7lO+nP2b2PYwM+++/"
        "5DWriXWBcD/4Wes8irqvP9HGEWaeeGk/LbtlJCDfcz9GG6+kWZG7Pw0P828f/O+/hmhU6SfRRT885XW5"
        "oZboP/uLVxuvvYg/Xp3q3lDQoj+6GLMzFZZ8Mh1LRDH/vrU0eK+ZNAg1tTVnJJgxYr25Myiy1TIbiHsz"
        "dZy6Ms7loDRZpkc1LLmJMzzcyDLh16cyrTCaMJHOmTW2v6UyNwhCNAK0gzUAC3IyTdhwM+YRNDNgopE0"
        "KEqtM1uyiDUwfFIz3qMONPc0hDOI7C8yWGMTNLxkCTL581EytH54NLa4gjOkMfwws3TFNWsa+jL3tbMz"
    )),
    "batch_norm_training": (288, (
        "zXXSfJKk/r/wuxmEIjX0P6uZrfe6q/S/eiwbzFzz5j9sCMYfuMsCwLp+ignuXdy/XNeBDKL//r+JezDT"
        "tsfzv8Kq2isL1PC/ni6GDQwe0T8A7uTdfDLjv9y1nc0DE+E/Wi9aWvf2+79Sws6JOOXOv04sM5wMSPy/"
        "JDMdk0G27b/PHm7BAtL2v64fUiwhJATAvDkCB4e8179hRokYWCnzP7DZlmI+fco/vQSqizee9L90yFz/"
        "6c7xv7w+TZIxewPAfAA9fq642D8JcGkbGZgAwN/fSjhUBOm/ZuMZeLVZ3r96qutCKQ7Vv5xfxreqPgnA"
        "ZMsrxWWs1T9hnEaB/7QBwMY+/kfdnv2/1/5YCe1q8r9AimlH3r2MvxxP1Lp6YOM/0uE6Q9Qm9b9FjhJr"
        "xz/0vzGap4xzjfy/LzVlvkV59D8gw5FNVyC2PwTbNXn4stU/m+M/6cQwAcD2YqCjJADAv2jNzuGLy92/"
        "Oyo8MXwbAsBLCYHFbE7yv4AjGSvhOHi/tJ+fcsmsI8B7NwnGjMsQwMA0AmZ1bzHAHfG6VVv7JcAEzmOP"
        "NYUqwAN6Y3ihITDAdDaaXKGEGcDi8wk8+k8iwEeikdAsYhXA3Wyj1OEHJMC+q9oRTOgowC/EUq2JGCbA"
        "2CepjGSOIcAZvwCOfN8kwHqp+fIPEiTAd1pdKHdmIcAfHT43CNGeOIU+RTfbS48490p3N2zQXDhwCkE3"
        "eRswOBJiZDewgYI4PnyPN/wSijhyEyg3tTFoOKiuKjcSdUE4MNMzN/JxDThbVZ43E/WcOEEAxDevJy04"
        "FHFcN+rACDhTzs83VN0AOOuxgzcjEVs4nwyhN6PRMTi6q8w3ukf4N5izNTdo6DQ4xXe1N9MejDj2WEE3"
        "bnQuOMDpLDciSp84QhG8N9yKhDjB31w3GsFuODgymDf3+P03w2dYN9J3dTizPuE5nuAAOiEjwzm3Bu85"
        "bvzEOZXLyjkhRvw5c3PqOXW37znQOeQ5dGPJOeFH2jmOfeI5H+f1OUky7DlFfvY5"
    )),
    "batch_norm_inference": (288, (
        "RL4Lbh0w7z9U4NwaarYEQGNlwNEG6fg/QuVbokZVDkCLKjDk9ZrYv950P8hT1gNAqhmRQQ7X2z9OtSSq"
        "ydHyP/z8ygcffs4/MEO9lZfqrr/kULGFvvfAv9h885/1y+U/LW0y/ZiO2b8ag+hbV0HDP0zhuGOnbsW/"
        "MgieisLdBkCMBu1JZXLTPyw8UFJF7ARAhq4eoefd6z91n3IXjBsOQICsVjt3/Zg/Cvv4m36jCEAh1UgF"
        "BijYv+4lP5rZTvM/89Vq9dES9z8qZ55EK50RQFgJR63M9LU/vrY6XNjQD0D4owuDNcr3P9qxYLN6pvw/"
        "BAaN+4byw7+5wi2vBAj4P/aYmQV3GPg/reTitmAXEEBXvgYXl1DyP7UieVBSHdG/MSxmij4Lx7/6FxaW"
        "6gLvP+BlG+6iuIK/avN5eXNU9D+C768giKv2P67N9faCcwpAwYTi5uvL+D/FjcltNscEQCJ1PUaot+M/"
        "odlyAD1p4T9nQ1nujSjRv8TJ5j4IU/4/jP8QQB3RNUCkajlsfp02QF7oYjblLDFA4cDcxVmpN0C/CJvM"
        "h3QvQOHXOzqeljVA8xouRdC9M0D2pmx/okU0QNwAAJ+grEBABk/0W/RxM0Dlj3BY31g0QGpWwqBMczJA"
        "cCTXaeQyMkC7yCDHU5RBQDBzbIAW3DlAbinV7cFmOEC3DYc1OicMNhJJwTU1SUg2RqsANZWuBjZbLCI1"
        "3wKLNf2g9TRS4a01i6GkNNUaaTXLZwM1/eOcNbh3sTRinRk2NvEHNdp3DTYnWXk1YOBGNvcXoDRtsSQ2"
        "l8H+NJEQjjUGzrU1Z+FmNgCkuDSvjVE2Tki6NVB1yDXAMq00aJarNXIxvDWq2FM2bQ+YNbHtwDUHGrY0"
        "3ZhsNV5CkzSwc5Q1akizNb0FMDYmk8A1OZAMNvloRjVB8H01rIPWNPXr0jXpyqg3IdazN13ejDcR9LA3"
        "j8iEN08dnjcmRp834yukN+tm3jftgqQ3mrWrN1x8oTc1MZc3jJrnN6QXujcN6rU3"
    )),
    "lstm_cell": (64, (
        "GIcIT4Irtb86n5fiCwmgPyeWYqCuvNi/7XNCEF/36j/El01QzyDcv2cISuPon+k/Phgt5PYS478sNgRR"
        "o1zUP88AJToy/KS/PzY1UYMRkj8QdBtJPyPRv9uo34IJwL8/VCDaLk3PvL/3DbJ/HwfjP7u1kXdzmN6/"
        "AEh/Svg+oz/eOJfoFET1P1iYikvvI7C/WgyPfyaa5j8gSyq8Jn7qP1x/G7/gYss/zGFuTx0XjL+AWRN9"
        "AwrgP8OHEPuh3dE/P7sMrCLc6j+HA1jQ4MaDv2RUXgLMieE/XKsgEeWwtj/F5zgM+gmxP6Gw/zNpG3q/"
        "o3KuXLV41D+nubxS/F6/PzpST8sgYNg/VFzHvot7sL8GToC4ehPev9yTZOaA+N0/vMZwprZm3z/mknYJ"
        "2F3NP/Cr/ETGitQ/DLrpncqqyD+xKzCke1TAPzKb8ktSbKG/T/XsdmcM0b9k4GqUEMvUP7AwBssMTc0/"
        "0lUfo/Uuhj/F4IQWVTDEP1epAKn8y7g/+b9OaxSC5L94uTc2AnPxvyKX8iWPFvU/AmxIuSpE0T81b6JB"
        "HSbkvxTAEOouF+q/Zx1y+Uam3L/lJCi6G5bfv6b9byocZtC/ey8ayZwF0b/oOSz2bOPNP60Kh1sroM4/"
        "yzoHQ5PF4L/wREGvxfbZvy/oSfvlX9G/cs9WL3S+0L/txJE2ts1tNlcCojaGOYM2xy52NrXogDaBPlI2"
        "WG7CNe+rOjbRJi82WxqXNlNAAjavqwg2k6qCNgGdfjZwLVI1Pqm1Nlc2nDblCEY2FIbONmmijTVtCh02"
        "Uxr9NfohGDf1GV42v3uENcrwazaMTgE2luOmNY4z0zUMdlM26VKoNgKUhzZSNQA2yOW9NpAz0TbAKhs2"
        "NYItNnJgNDaP1yI2l9UcNn6K4DVC2JE2jq+2NietMDaGBvA0jY4uNqc/FDalgqI2E0xqNhUQmjb8y7U2"
        "Noe7NurkJTbODl82Re9cNuS/XDZjVyY2GcoSNkyIxDa3nbE2PpRRNv+kaDa7SFE2"
    )),
    "lstm_block_cell": (64, (
        "Jlw33lPG7L9oZLMkTlbmP7FR9kLPT8E/BlSIIOqd4T/qLABDwrL2vxYNiRn1aME/bPgdZnIGxz/hvkvN"
        "Wjzbvy+K1dUiT+W/T+rwl2Q7xD+FF64gG1GxPw5sGMXOcdk/ENwE2dvw6L8yMpReBWGuP5Wjhg0+08E/"
        "ok2xSgex1L8FUrzyD0bwP08LdaTiPtW/pRjpqEo80D/2O8BJylLRPwqlm5M6SuI/WAsZ2j/mvb/pbH0S"
        "QMrgvyoDlCaaafQ/wudvWrl+1z/Z1m4pdJDQvxyKH0u7F7Y//tRwFCiDrD8+r7qqvA/bP++W3w+vM5W/"
        "TBOZUslb0r97kyt2cNnYP64rFWYyjtO/QiQwv65azL+HGQ7pJIPdPzxKhuIfrrm/72ll0nMt5r9EUVgG"
        "gbDmP0AUdukGU66/hhJeOvc7yb/AWKHz8KTSv54V7BvCNJW/GcWXJOGhtj9RwizRZHazv4yVqJzq0rG/"
        "3apc+Wd81T9N0JdC2D6qv7pIiOFxSYm/KFQTlgU98D9Xb2QjuMvjvyqWrluoktY/jZBBO8Qw5z9CQ7H5"
        "iavnP9sUuHGwF/S/mrC3SbkQ278Eg1RU/WXov7Ge/3VV0+c/rx9DhYfr279AjDIK/wDGP4Xrn5lyits/"
        "YXRFb8Q64z9fWpIS2wflvxRVmA/oFbq/gFBKy9cqoL9P5AA3Y3e2NuIRGzb5pDk2gGXPNn+k8jbdg442"
        "n90aN+zSujY+NDA2kcMINls9azankXQ2l32CNhsnlDb04QQ3NwFyNpVlfzaRx4g2iLyaNelweTaeaUs2"
        "g4CWNlKIfDb1yF024eiKNs+BFjZEG3o1KeOENgsVdDUEVII2bsZDNiSDvjZiBII2UgOHNjuJgjbwtmQ2"
        "19BVNtyXdTb9t9M2y+HVNlNHUDVex+g1yrGBNoz9uTVt9VU22tuJNlwUPzUYF4U2WRlYNrTgYjYVqRo2"
        "HGddNoZgiTbRl942wgrWNuJ3ZzZO83g2VM9DNqekUjblYHU2qbxhNp+GMzY5+o41"
    )),
    "multiply_add": (400, (
        "9CZi3ioo8T+AlaZ3/tDPv3DyeVRqfLY/oHljdoeF779AW8oAVPrUv7OlHIhA9eY/nr15nsnO5b9ly6Ur"
        "JaPqP8D6OCYP9fs/AMqkS6Q93r8Ab1ojCrnpPzj5XmBdA+s/ADjqVOSV6D9EX2lJQB/oP4A7vVMHFNi/"
        "AGqe7ox837/4y5LpvBPmv8AxM0XASee/APRIBeOhy78CpLpDX+PYP7CWxFck3OM/4OaZWDav6z8AEKZh"
        "Txe4P2A5lblEuOU/qbKh5gm95j8At4ug7xDkv+h7xfeeMOK/IDgMW0SE5L8AL04pWiDkv4Bu2sMDcNK/"
        "4A/TDovf8T/poQ6WN2rhP5C+40A36uI/nmPMdXO54b8AINXdCKHfPyBdtcxbZeY/4ITpLJcm8D8AcC5Z"
        "1OHsP4DP1U+BOu8/gOwZTVbD0j8A7YwcKAnQvwAgc+90BrS/CG+iEubG9L8gdbteHYngP5A3gXh8jcC/"
        "MINJO5u73r+AzU8R6qjrPxerXUsKGeY/sO0b+zlO2D+vB+fBFl0VQHAJTfL7b+c/G2QK0jJnIEDgxIk7"
        "JfIhQEaU//KRGPO/YE7pa0vF5b/+0Vfl0k39P3IdrxgFRxDA0Eb9rBzWDMDGSUy3ziX2P+jDuhCiCxjA"
        "VI1VBy/LAUA38JrPD/L3P8gDTBmj69Q/JqO3Orlk6b9zMJwzVLsoM5c/CDLblL8zN00kM1SHPDP+yTsz"
        "TCtWMzB/KDS56nAzPm2PM7o4fDOIglIzwOtZMyAoBTO3sCEze95XMx0IZDOhpfoyQZfRMpcRczMJ4L4z"
        "qJv1Mj2smTPCJDYz9i5LM8ZiIzP+9mUzq358M95QMTOoy6cz8NgMM8hVZDMJgxAze0s8M7ixNzN4IKMz"
        "yfyQM4bxlTPyGgQzV1bMMk4lKTM8r94zVrEgM96xGTICVQQz6ribM8T3NDMTG541EnCzNd04sTWL8bU1"
        "diCcNbthqzVBK6Q1iYfPNQ7SrjWTKp41GuWbNXTonTVK5KU15RitNVSmtTV0ToU1"
    )),
    "divide": (400, (
        "VNhA6yP1yL+ERRmsAA7Hv8CRWeR8fcu/zqu5IdPozz8J91ki49bQv0GuPs8HbNw/yGC43ULXs78e7dcT"
        "W97HP2V88/T+SdW/O1aZuL1ywr/1RIj2413mP+8/uxv3Sca/pIIxB6zFqr+x2aJS0aiwPw3mNJsQzsG/"
        "GvtpRhQg1r8oqYZ2N3LQv0RmAQAb6as/tMYMVwBS0b+A9IW2yEviv2CevcvFl70/JUmSJNmi7L86DLju"
        "PLiePzpOGOpIlso/kSAzA5xz5T+QSohaM4HYP9WzRvqr1b0/PCDLIhyTlT9P95TXGHDOv2AsPN6Qe9Q/"
        "EZdDPLdJwz8aE3zu1ankP6V8A73nWvy/izQD0/As0j+H6vHOmX7GP/Y3Xjait6w/Y35aSON4uj+rZdk2"
        "hUCNvyAx/MCcfH8/w+C3BBOOqr+Qvtra4pzmvxdmYfyJocy/nkVM3qFtsT8/NnG4V+G/Py9ZCWvAH+O/"
        "Nm3IoYWI0b9DLqIYbuDSP+33w+OKwc4/FJAdBJqmAEDW1NGqrkrgv6Ewb0C6//2/S2xCPwSC3z+3s+JZ"
        "TDTcP5oybE0w2QPATqRZoe/49j9vDNS/csTwv029hKFrwgJAvLPPKugACEDT/9bbAH/uv+vf9gNt9/o/"
        "BsGL99JMDUAksyr5Wb3yvwBJbN3qbQdA2Flah4L78r8tqUczEnA4M/frWzOrRn8zI7eGM05g4zMiup4y"
        "5vI+MwRQqjP4lRMzLO8yNMZPMjNvLVYylEaFMo9wDjOvALEzxZGDM+hIXzINkIozUF4SND++7DLZFmU0"
        "+cH1MVayVDPsnCs0qQnEM3Ct7jLtmKwx2IBzM5PcozPFTRozu04lNE7X4jSRZ5Ez2/QzMyK9ZTIpx9My"
        "OgRqMfjk+zCncFQyJOc0NGAMZTMZbYsy0Ar/Mg7+GDQ3RIwzfAOXM2gMdjO9Bd81VnrKNfjj7zWFQyU2"
        "aBqaNfpI1zUIkNg1B7+6NYbnDjYHKAI2EXgONuK+3zVxmaE1agryNQ/yBTayYN81"
    )),
    "sqrt": (400, (
        "5TNC5yOTBkBqtAUWLoL+PwDZ60OUZfY/C5TWimTj/j8dFoCX/RruP0qPmWm1CgVA6Zg59QpRB0DsRFZE"
        "EvcGQHVMSxHRmeI/xCNwZwwNAUBASIL+PPjkP7vaUxUe5e8/3UZP5Hi6AkACB5+RQlgHQNrYT0ZOxQNA"
        "WW6U1Rc59z9Txe2Nm68CQMRsf/KXtQVArzjhFW3GAkChXnnIKK3sP8K0lUY4nfI/huGMi860BUCzMocE"
        "15oBQAOn9FWCEQRA0/2QHOZy/D+NG0N2f9ECQM1UxQuvyAZAdYyclcQK+D8ywC0QrCwDQLmF0GWRPAFA"
        "yWScl5kqB0CWU5REIT//Pya227WLAuk/Qq9ivQxKAkDk2oifZPH+Py9/iTWXefw/ryewrcRv9j/9DxsY"
        "d8r/P1reGKv1pfM/W98A8fus/j/8/yQb8h7+PwdAVKmja/U/wT0K3el6BUBT2jsXd1T0P17XyJne3wZA"
        "bUPnBR5aA0DNuadTj8LwP7swHvDm7AVAJEsJU8yfSUCr/tFbjPpIQCu8U0E3M0lA2qtL4+FXSUAwfVyq"
        "YAlLQJcyZd3ILUxArPjLN3bCTEDzOAkQ7GVKQJXIGpXqz0hAyaO9PITYR0Dgfn7P1F5LQFgmhiCHy0pA"
        "pVthNcbbSUDL5KukGjdGQMbm7LoAb0pAuAtbf+/LSUAsmbQ1ghF0Na8sMzU2G3c1/tfwNLdVqDVliLo1"
        "n7i3NZPOlDRtaIg19MGnNAIp/zTS05U1IsK6NX4qnjXMyDk153yVNcysrTV0M5Y1VmnlNM3pFDWBpq01"
        "wtaMNR6MoDVBl2M1B4yWNYVFtjUyVkA1bGWZNZXkiTXaVLk1HPl5NWwUyDRxUJI1Not3NcrMYzUyfjM1"
        "ylN+NbkvHTXxZ3U1ovdwNSpdKzVb16s1xKMiNQL/tjX70Jo1hBQGNURnrzVx/sw3cdTHN8iZyTcdv8o3"
        "FUvYN1du4TfCE+Y3by/TN2N/xjcvxL43tvbaN0hc1jdA3s434rixNxV40zeLX843"
    )),
    "rsqrt": (400, (
        "fmnnUaGB3j9O3pSGUTrgP+v+sGfxU/Q/O/NpKipU8T8BW5qUEQXlPyfD+6INa9Y/DtnUwEFa1j+4uMHR"
        "SWboP1mcDf8Jduk/veBntKzG2z8Aier7d9L3P/XxHsF0r98/+qlgT2Rh7j9GddEjBwMAQHdg8BcNn/E/"
        "jePBPAWk2D/xnXAspirjP8sqCiGrP+E/85YBGV8J6j+PvaEwlJzdP9spN1DkJdg/zg2+nPze5T9fwtlY"
        "PGTWPy/KLhcBSeU/cvze+Fn32D/cSgThfEXkP0Zm2UgKm94/EoajJW5j1T9NXkUiGVfXPyoPEI0Wo9c/"
        "Tn8tY9gZ2j+vR0451vnlP7mEv4iQQt0/x90AJOi72j9IvF1smejkPzfXmISz/+I/sGGjXPEO5z/pWWO+"
        "0ADkP9SALsDmgdU/ybux7FAv1j90XL94CvzgP5npN3Eqz/4/M3jCh6gu4j8OQ7y5iUvlPxgVK3RCe90/"
        "bbq2VUAJ3j93D7+edSjrP8B6IvRsnNo/plEp2r7nLECBv9MBP64zQJhNZUKI1jdAJ8LIEH7ZNECzs2ht"
        "dZoyQIXMxdGtfzBAHYO+oqGLMEBhW0kkoLwxQLMVKVbTLitATqfIkGytKUD2H4hX9B4wQD8J4i2zNjNA"
        "Nyw+4xpPLkBAcpRaeS43QKWYIaNSaipAwNvKavucK0AcDXQ0ltKBNJefIjVboQo1mSioNHpYMzQb0jI0"
        "XDLDNF6wyzR1NV40zZM+Nbh7fTQzC/M0QxiANXP4DDU4IEU0PFWZNGP9iTQHS9A0suRsNDAvQTTx9640"
        "8CEzNBVIqjTeukc08yuiNGPYdDR9Gys01rg6NMIYPTTSzlA0vs6vNJUUajRQ31U010SnNKf9lzSYd7g0"
        "kQagNEIPLDSUejE0XuCHNGV5djVPdZE0WlyqNCTaazQTSnA0vEPZNHfjVDQHPuc2A3IdN1C0Pjf9yyY3"
        "ttMUN3j9AzcXXQQ3C+UNN6p22TZza802rPcAN6W1GTfoePI22HM5N6RS0zbr59w2"
    )),
    "exp": (400, (
        "gE4WoPy3xD+tspuNd2Z8QEAmuDzElJE/gZnvoBXpPD8hUj1fUz5pP5TR1f5/CTw/GQyrBa6E6T+hTAzS"
        "aURbPySdrIydCzg/OtXTAOrGFkBP9xjZvZshQPcMBevcB48/7a3hNFBOVkCeYa3ENDQDQCERqntzkwpA"
        "BKZuK50qBEBSWbe3uU6AP3xiIRPZHDxAA3nmhc5EL0DePsqYh5CHQHZ34NJQ1GVA3qdXf4uSVkBuTKl0"
        "SgTEPwyQDwe1ues/1+7pTZxOAEBkVSvb3cpVQOTSwMWWqJlAwYnO9TgcGUCmDesQIo2GQL+G9oxxtWE/"
        "0c44r558fT/3rHVwKiCzP+QiadufB1ZA5bjUWU2dZD/HyV5Zyh1KQH0CHl7Pt/Y/0/2AoNjz6z98Bvcr"
        "Vh2HP69xjgBQcGdAPuD5GZCgZUAEqBmbquNQP1c0HZz65kQ/WXj+NhlPgT8qQqg6TuHKPym563F4UI9A"
        "iqDxilIDJ0CZbPHwKwAfQBh4KugdXXA/WrDHbq3Tu0DSVCB1H+a3QOQqslBBToRAuTy+08sOu0BZsclv"
        "H+K5QNbtL8z9EbBAF3OHdo46q0BhpT8sbJePQCRc90w/qcFAin+M+RqcrUB4EjkP8lOqQP1yxyoaPadA"
        "hHVLInU1mkA8fFSzuRmTQKzxTbPVBLxAxENB89fPrkDxv6UzzDNjOSymDDK9SGcvqfLJMBBMYC9/Jcw0"
        "XiNaMPpcQC9dNzY2+d2MNvk++DGOcjI4saGZNaub1DX1VKE113WCMdjmYDeGJvo2SoS8OZOirjhplDQ4"
        "XyKgM7jN3TTsdII1+1YuOMVETTrW4Ug2HWm0OZerjTAG5WsxXwEZMws9MDh36qQwYe7QN4i+NTXVnt80"
        "v+q4MY2CuziNBK04Xx0HMOE3py/UeIoxgQrXM9WD+jmhGrg2cQF4NvnoAjF7nV47CTE/OxZyojludlg7"
        "ChFPO/iPADuD1Nk6c7v8OQVKjTvo4Ow6n5/SOt/ouTq4q1E62c0YOr0mYDvRfvY6"
    )),
    "log": (400, (
        "1/IWM0iCB0D6TbpaAtgHQIBPBkyJJOE/V3daozl4/z/co89e3lL6P9hxEdZMLAVAoOcsUkg9BEDn7EyP"
        "q5DoP9ri6i+eTQdAtXap5anb+j9S4fPVIPD8P7Kr7CQKYgNAVxAW9f18BEAOYRh2ccn9P3mdJcFFkP4/"
        "SBW7Gcj5A0CLFATrN/L/P51DkO9eVwVAxvwHYWLAAUCxb4J3KrnDP3RvCwv40vQ/KvRLK1lXBECvDA+5"
        "CiEEQAREbax+UOW/dNoT3W4UAkBzQiAoiTz8PzmRg0zTXAJAKX9ezE0hB0Ajeu9G5v8BQG8bCRLBFANA"
        "85qNYvpF9j/pr2Gds4L1P/DB3cz8VwBA/Ero1b/EBkDofVo2MZYDQFSyy1uvrvI/X36hTcXy+T/avJUd"
        "l9/2Pwgw5IDoTNM/nQYWWgbgBUDXFvCZptEGQMtcu/xbgQRA2koRsgDM/D+nPD0mDiv/P5m71X4dOAJA"
        "z2XbPpLkAkBeKJGa4M/2v/zyTUZzpQJAjN6TJdBeSkAdY00qZNRKQNR3X18LCExADKHoJwAsSUC9SE6w"
        "39dJQIo1htb7zUpAlf3DvXXGRkBl9snEVjJHQLn3yznWkUZAJr6qils8SECC1fT+wEZMQMySMkEXSERA"
        "8La/2kCVR0Bp2UjODwdJQFmZ4Fd7LUhAzUGjgoIKRkBPEjw2IMA+NlQkCTXfwfs1ApfSNXNiKTZO6iE2"
        "aoVENf9sOjZe3dY1F4HnNVwQGzb75yM2nEvuNT+C9DVMzh820ZH/NQS7KjYdAw42X8kdNMyXpjXVuiI2"
        "YQghNgKEKjWBoxA2WeThNaXmEjZ8Cjk2Pf8PNhSmGDbgL7I1qRWsNfC/AjYMJjY2lbEcNoZ1lTU5ls81"
        "xvy2NU9nmjQ/AC82Qo02NuwKJDYWYOY1g1j5NffAETadJBc2En+2NaUrFTaQ9lI4MKNWOGtAYDj+pF44"
        "DL9OOL9SXjiVKE84XvdJOFMHQzjEsFM4GDZiOIz8NjgOSkE4rXFKOCQPSjgb1Fc4"
    )),
    "pow": (400, (
        "a6Ad18hj6z8PpuWEWpnzP/5C1CUg0O8/E0eIsdI77j8awHe9TQzpP27IrwS5D/w/HS5bB49F8j9DiWfA"
        "OpHuPzg61gjj6PU/5387Z3zq9j+9Hab4PiLeP6OwZxBGxPY/VbihLvRa6z82ZslA27vrPy0DSijA2fM/"
        "Ccl1vhynDUDPYk0fJ0ztP+Mc6Arc9BRAtj9UOS8Y5z92MC4cKuLgP3FLoEgGQuo/JrwPwJx79j9Gh0uQ"
        "c17sP3mcVUrHaOQ/pfFtvkuZ+T9TUZ9W0QPwP5D3FmESvOE/DWIfBvnm7T89LYfb5BrpPxIXRC8tpwBA"
        "MBwH1QWA6z9UhuunDbzWP6vhi94c5Pw/xOYL/qQWxD/RlNIHYM39P4DwFs2V9fY/QyZ4+8Lg4D8+Z8uM"
        "UyHuP4ynmDx2mAdA+8h7412j4D9qtrOWXc/hP46ChIOm7u4/nMGznZcW6z8tdxenNK7xPxqaatB9Q+w/"
        "UV79/BzwAEAY6gR8bJTQPwC8Fz53LwNAjVbe/xxuQECBR2LAochBQAIJtKvnGz5AUp31Dz9oPEBf1nlU"
        "1FhAQLmdszSJXkJAvUJzVfsOOkCgh0QYSBY4QO8UQ43j8zdAc3S1cZMNQUD/46QFCOFDQO9BlcBBt0RA"
        "mCzJ323LQ0BDl/qQrNA8QEocCW4XQzxA8M3Sp3fwPkBWHts138ocNhOB/jWm3vE1fGLINdh9YDaDLBI2"
        "54n0NSVHLzbwUzc2CRJxNT0iNjax19o16t7dNQ3OHjb3OO02SWHqNeymJzeHwbg1WxGHNUEQ0jXz3DM2"
        "rPPiNUZGozVsykw2lB4ANp3gjTXZN+81NdfINXM5hTY+ANw1euA1NfcgZzYztaA0EWtuNrusNzYiBoc1"
        "rQrxNb/DvDb5GoU193qONUV19zXMtNg1r3ENNv4b4jXygIc2bqMENcV7mTbycIM4GEWOOE7fcDgIQmM4"
        "rMaCOFT0kjjpd1A4TrJAOCqfPzimbIg4TAifOBq6pTh6W544dYVmOMsYYjjOg3c4"
    )),
    "sin": (400, (
        "Qi0L28bK779RlbT04+rvv7SbsHMvje4/qbsq22nu7b/OHm40P/zvv8ya8jzg/O+/frWo5z/h1j94Ufh4"
        "3Qvvvz/hUqjRmey/vZ7rCpkS7z/8g+J3oMnfP84NkRtedui/PSpa0uTj4T8j8Siybojjv/cz9B6Dbey/"
        "VTNrxYUX2b95swATvfzvvxzENLououc/nofR4pPM7L+j/mjBEp/Yv4Em8IQ+POc/18ksl3bv7z+llOOf"
        "/aXbP1XvcSk58uw/gZxDOEo07z/p4W8vXoHAP37KritVl9K/MOnNVbw05b+DsKk5AOXiv4SpTBUgUO8/"
        "XqyP6YVR7r+sYy4phtnZPzUMFloauu4/rXEWDSSa6j/EPySUCGTsv1uUDYjz1cG/CefuoBcJ7z/io41d"
        "Sj3ov/fIf2qmDO8/EP+bA/S24b9Lb0Lr327hPyE9SNocV+S/GD1dfgaZ6r9FO5NE/hzgPyXB3UvqS+Q/"
        "ov2dB7P5wb96wP0/1FjTv69AsHrjN+S/q16vEBJu2r9DI6EaypcgwIIJkd6HEABAjJpU+t5b9j/DrJ6Z"
        "LrMRwL7iOaF+7P0/iTDFyn+UFsCyCO7vtDkAQP+NpdwSWum/6N78GoUSx7+RR3lFI6UQQGINXd54Be2/"
        "Fb/IvHnaEEApuA233bDzP4na18DVIfa/bFb6AiNz0D8JAAA1CQAANQkAADUJAAA1CQAANQkAADUJAAA1"
        "CQAANQkAADUJAAA1CQAANQkAADUJAAA1CQAANQkAADUJAAA1CQAANQkAADUJAAA1CQAANQkAADUJAAA1"
        "CQAANQkAADUJAAA1CQAANQkAADUJAAA1CQAANQkAADUJAAA1CQAANQkAADUJAAA1CQAANQkAADUJAAA1"
        "CQAANQkAADUJAAA1CQAANQkAADUJAAA1CQAANQkAADUJAAA1CQAANQkAADUOAEg3DgBINw4ASDcOAEg3"
        "DgBINw4ASDcOAEg3DgBINw4ASDcOAEg3DgBINw4ASDcOAEg3DgBINw4ASDcOAEg3"
    )),
    "tanh": (400, (
        "U6UcVfBk5j85HCyUSlbrv/RBbzDPq+u/V+9SzYRh7r9IyqaKacO6P7CvEwnh1u+/vHjBs3P47z+l3wH/"
        "mojrP9sV6qPR8O8/h13OhpOftr/Y8thEn+/vP+2pYCVsN+c/rS9EjVDO7z/I06mwqorvP2UXdzqdkeu/"
        "nO+HG4df6b+n5rwDdq3sv17knUBn9+8/sxx7uz9V7b9lXR1dT/buP9p8acmC0u+/JIp82wvC77+jbBgR"
        "Rtzsv3qTHLJ7te2/mmak4Fjo7r+BmNTk9Dvpv+L87FjWiec/vA+DaUlF7z//c1XBkVnvP3IfbesA2e8/"
        "Cbx9r1v47z80QngSy+/vP+6d5/kSTO8/PBoB+JPu7z/aNqcV0pnuP9EIrp4eTdq/PucGHB/o779U/GEE"
        "mO3vPxmKoJTcUu8/WZM1UXmZ57/B3bpvbSN4P2GvGZPz4+2/ZRNj6Q637z/r9u0Mh6bvP8fjbGT69e8/"
        "4LIGFfYayz/RHojXPvrvv51AucBXsOq/rGrmoa096j8wYGQZWGASwKB936zXCgtAkKd/9uHwGUAzlNyy"
        "gJz4v5zUlDCJrv6/nWfY4cwlEMAQu17cM2vsv3J9bcyy/hbAZdRfJ5H3AkBuo4EcgNwNQA58w25CsQRA"
        "kxphIh2E/z+YfglPhwXuv0lm/33cbgRAbDOex3iA9T8JAIA1CQCANQkAgDUJAIA1CQCANQkAgDUJAIA1"
        "CQCANQkAgDUJAIA1CQCANQkAgDUJAIA1CQCANQkAgDUJAIA1CQCANQkAgDUJAIA1CQCANQkAgDUJAIA1"
        "CQCANQkAgDUJAIA1CQCANQkAgDUJAIA1CQCANQkAgDUJAIA1CQCANQkAgDUJAIA1CQCANQkAgDUJAIA1"
        "CQCANQkAgDUJAIA1CQCANQkAgDUJAIA1CQCANQkAgDUJAIA1CQCANQkAgDUOAMg3DgDINw4AyDcOAMg3"
        "DgDINw4AyDcOAMg3DgDINw4AyDcOAMg3DgDINw4AyDcOAMg3DgDINw4AyDcOAMg3"
    )),
    "sigmoid": (400, (
        "PBB/Z4Lzkj8KzdKB67TmP45W75Z5ALs/Oa71qfm94D/NaL0oPYDnP2iVVnRPoZk/CL15Ucud4T8btnzl"
        "YfLuP4x23IRzaIo/P2GFwTDY7z8BmEhqMSLrP9kz4NF2HKo/2plpjYmIlz81Z5X/xR7vP3dcCFZcoes/"
        "xHZn1Jxy6j8DRj6EI9TuP/C0Hox/we8/Fa1vu3eseD8ri1uU577qP0j6+FWIgOs/uWGAcnK05T/Rya+H"
        "SIrRP7kQ+HmkZus/BRgg1UaFbz9TQgXDw9vnP5pB4qjcF74/Ld21rpXVcT/wKQAV7nLvPwHJI6wjeWw/"
        "1ycdVq1ctj+Xq6u+e9elP8vEUddv6sI/XqquQ3yC7z9n0SBfHUvGP+7YTiieAZY/A4Fc81qpsD8/0JJu"
        "onfvP1r34SM4W+A/p/sYYsfbpj9DCyxvwB7HP2rBjFuaYuc/MLsvU9+M7z+swr0PmAKXP+6s1v/AM5c/"
        "m/PXBuvk6T+Iu1ULkwy4P33U9e643+8/oiIoDvDfI0CWMpgD17gpQDjYhYg4ZilARj5X6pHmLEBabwTT"
        "MyUjQDUc0JMwGyZArQIovcYVKUDH2ECvcxspQGbCQCTxrCZAcKAdlxgOK0CKyKg+vTgmQExTfCSdjCdA"
        "VRjRAxOfJEAZ5bC139ApQJPZugdEhBtAsy1PTZf7JEAJAIA1CQCANQkAgDUJAIA1CQCANQkAgDUJAIA1"
        "CQCANQkAgDUJAIA1CQCANQkAgDUJAIA1CQCANQkAgDUJAIA1CQCANQkAgDUJAIA1CQCANQkAgDUJAIA1"
        "CQCANQkAgDUJAIA1CQCANQkAgDUJAIA1CQCANQkAgDUJAIA1CQCANQkAgDUJAIA1CQCANQkAgDUJAIA1"
        "CQCANQkAgDUJAIA1CQCANQkAgDUJAIA1CQCANQkAgDUJAIA1CQCANQkAgDUOAMg3DgDINw4AyDcOAMg3"
        "DgDINw4AyDcOAMg3DgDINw4AyDcOAMg3DgDINw4AyDcOAMg3DgDINw4AyDcOAMg3"
    )),
    "erf": (400, (
        "t1Td/lsH5j/JScE7P53uP/h1dBQM6++/jEumMTSx4b9lyZI4HImkvzZPHb/t2u6/0t9eWAFm5r9rewvW"
        "zSbuP3HF2PDWy+8/DDdXY8vH7z8L6NYVO5nkP/zB4AQnr+8/kzyJDFnl7z82KZ7F4+LuPwt4OmKGmu+/"
        "uU1Z6iW03D8ervmXudTvv6R3uTNb7OA/QK6CE4zx2T8FRjgTrDefP0kUr7yzPO0/nGNEl6oX5T8uoBC8"
        "XtTvP78hGLaXb7a/xk59V0m/6r+bS7Q6x+Tvv9bypBvM9u+/aZFtobOq7r906u6PDo7uPy72JtPF874/"
        "P57rYukx7T9qiv/8f/Hvvw5gqcQDlOw/toZCn29y7j86yKWfGp7gP8RvxCYL+u+/N46mpj3A778dOWb9"
        "jPzvv74mEe1q3+8/RG+gDkSk5D8FbFS4u8XuPwOg3hsgVu6/6bJ9l1ny7z8No+Ur0oTvP6AAZpAAoN8/"
        "P2XijUNi77+RFEfBeXjsP7ajACLy+u8/JFR1gB5RDMDxGTRuGIL/v2I5qeOVNwRA7y5XFvyHKEBoMfFQ"
        "Sub4P8AqWUepirI/3tvMKcc/HEB2+HaNx7/7P2fmkMFoFBDAPLjuEZ+E9r+kBi5fld4MQPjNHN48Mb6/"
        "yUFY/qkj4D+IgVqQFskUQGtNUhgkqx3ASIbVDT5PEMDtOjA1C+p0NXJYfzWsiQ017kgkM3/XdjUYMDM1"
        "gDZxNclefjVtPn415MkkNUp5fTXaKn81Lxd3NUXUfDU/oeU03qV+NeNiBzVvjM80cr35Mq7laTVhvSg1"
        "CKN+Ncp8szNa+lU1TCZ/NXO2fzWuVXU1hnB0NUCe9zNbj2k1Eox/NS6gZDWOk3M13/AENWvQfzX/AX41"
        "euR/NWn7fjUsIiU17y12NRKxcjXekn81oyZ8NRYA/TQuEns13sNjNaPXfzWMDqQ3l2SVN8oBnjd09qE3"
        "75udN7C9jjdHrYg3+9GfN+ULpzeyEJc3FDmWN/d6qTebd6k3kGuQN6GVozeoZ583"
    )),
    "matmul_float64": (256, (
        "QuGuidYMC8CeuVKKZaQBwICAjsiosOk/E3LU7Gwq3L9zJFxKiIMGQIz/7yIHI9U/XUDTcZwW7j+V3PWX"
        "3J3/v/sREzkOE/S/RAlCJe/aAUBIJvD2AAr9PwNS3kNYt7a/w8MEzJRtkT/tXUcG02n8P87ONYVO2PS/"
        "S1EqIysN7b9OHav/D/IPwAhFtCJCPsY/8yosTP8S7T+BfDD7ncPxP665UeBM7NU/gsnMinEI5T9cCLGF"
        "TMnlv7FsocZE6Nm/AgZMiyTs5L91lMaLuvXWP+uGsQwXu+A/7v5sLLJE479HVny8wfl/P6cxjtrZqec/"
        "FyCtcBPBAEAcfLuiF/2HPzFWhcC1wu+/CtXhiUmT5T8ry8gkaqQLwJwExuxQIQlAN7gVMv9WA0CvTDM/"
        "Fj34vwqK1PsU+vU/oqzvhJqHAEAeKHQev7H3PwX0wkteGuq/VrxRZ7DDoj9EKBeamRbzP42se/QWWgBA"
        "zio+Zm3zAUAyrKB5bxegv0BKLcsQTeU/1G7Ro7jPG8DuyIdU+FklQKgVhikQcyfAqKmbRKdhx786Kl4b"
        "z54iQCjjz5SPZCnAhp3yGOctCED8MLqt3RkiQECmYQ44SOm/9Fw/KL+rI8CsjEDekTkaQOSZ0MRntRxA"
        "+NptVqvwCcAg1QjLqV7yP1KOi6VxLA7AnlO4mO65LECp4AopyNjlKJdM3ihw5hApwIcOKY9LASnkYhUp"
        "F1IbKZPCCylQZPYooYECKdtI2yj2Vf0o3PYPKRFo9CiofAMpSxvvKP0cvyjHeA0pAgQJKa0u3Cjnef4o"
        "hmDXKNn5ySjQv/8omCblKBa94CjM/vgo5xf4KIZ7wSjQhAkpe5gFKSgI6ygAVxUpIqwLKc2TCym70gEp"
        "3zryKKX+6SgA3wQpXnP2KA+K2ChDCAApX7D5KFHb1yie8wEpDCYCKWNV1igleQ4rV1QhK9Y2JSsqrAsr"
        "W9wZKykiBivSZBMrWzzvKhXf/CqWEg4rP8QTKyiUJCu/yxYr5xsGK7MDCiugQgsr"
    )),
    "matmul_float16": (256, (
        "AAAAAABw0r8AAAAAAICuPwAAAACAvgNAAAAAAAC65b8AAAAAADbsPwAAAAAATNk/AAAAAACa+L8AAAAA"
        "AEoPQAAAAAAArus/AAAAAADAtr8AAAAAAJ/yvwAAAAAACgBAAAAAAIDCD8AAAAAAABjdPwAAAAAAjfC/"
        "AAAAAAAZ8z8AAAAAALDOPwAAAAAADfA/AAAAAABS6z8AAAAAAIC2PwAAAAAA+/a/AAAAAACk4z8AAAAA"
        "AMj3vwAAAAAAowdAAAAAAAA40T8AAAAAgL4KQAAAAAAAqvW/AAAAAAB89D8AAAAAAMDtvwAAAAAAzPK/"
        "AAAAAAB9A8AAAAAAAACYvwAAAAAAk/e/AAAAAABm9b8AAAAAAMD3vwAAAAAALNI/AAAAAADn/78AAAAA"
        "ADC9PwAAAAAANv6/AAAAAAAAt78AAAAAAGjaPwAAAAAAYNq/AAAAAADZ/b8AAAAAAO7yPwAAAAAACuq/"
        "AAAAAADw6D8AAAAAwE8RwAAAAAAAZNq/AAAAAKDlI8AAAAAAgLkIQAAAAADg2yVAAAAAAACdBsAAAAAA"
        "AIYXwAAAAACAgwTAAAAAAICjB0AAAAAAAKL4vwAAAAAA+BFAAAAAAIBpDcAAAAAAADTsvwAAAAAgLiLA"
        "AAAAAMDNGsAAAAAAANcLQAAAAADAfxJAAAAAAGCKJsC6IdY9T+jxPRQc5D2WQ909MNXyPUXL1z3WXt09"
        "sQEOPrDs6D08tfQ9HXv6PcCu3D08D8Q9j8nmPXAy7z3Mb9Q9R+QFPvsG1D2lnNk9Tj3+Pf+LyD328ew9"
        "Cy38PWZq4T10Vt09PEz9PXEf3z2nauA9IHD8Pdik4j2advM9ZhIGPvHk9j1uMwg+9sAMPgVe+T2jEM89"
        "504DPqk03j1WP/Y9gxv/PfEP2j20xuk9/sIEPirz3z2gI749fpIBPk860D08t/g/P8oCQPw2AkBQaAJA"
        "t4HgPyng/j8FPPE/YbH9P+Z89D+vf/g/hmoAQPEHEUBohAFAr3b9Pywn/z+OM+c/"
    )),
    "reduce_sum_float16": (40, (
        "AAAAAADk9b8AAAAAAABQPwAAAAAAdPW/AAAAAADA3D8AAAAAAKz5vwAAAAAA5ADAAAAAAADU+j8AAAAA"
        "AAC4PwAAAAAAQh1AAAAAAAAI878AAAAAAID/vwAAAAAAYO+/AAAAAACGJEAAAAAAAADovwAAAAAAkBrA"
        "AAAAAABkF0AAAAAAAAz+PwAAAAAAfgTAAAAAAAAID0AAAAAAAJjiPwAAAAAAdhtAAAAAAAByCcAAAAAA"
        "AEDFPwAAAAAAgKU/AAAAAAD3G0AAAAAAAJDcPwAAAAAA/x/AAAAAAAA47T8AAAAAAADzvwAAAAAA/PI/"
        "AAAAAACYDUAAAAAAACz+PwAAAAAAagnAAAAAAAAQA0AAAAAAALgKQAAAAAAAdRXAAAAAAAAeAMAAAAAA"
        "gPAqwAAAAAAA4ghAAAAAAACHGMDqdy4/9AMfPxx7FT9j+S0/yM4jP0IdJD+HbRI/NRYVP3FIKj8/sRo/"
        "akwtPzpUJj/+1Bw/XPgpPwupEz85gh4/BeMOPy5fJT+mEyQ/EW8YP/P7Nz9Y1jQ/OYclP/GNBz+LAiY/"
        "OT0RP/MsED+25Qw/7XAZP3ji9j7qsi0/JmgWP5c8ND9Kaxw/N2gpP8YLMT8RHR0/SysvP/9rJT/9aww/"
    )),
    "matmul_bfloat16": (256, (
        "AAAAAIAAB8AAAAAAANbovwAAAAAAsLi/AAAAAAAoyb8AAAAAACfxvwAAAAAAcuQ/AAAAAAAw/z8AAAAA"
        "APEAQAAAAAAA1uI/AAAAAAAM9j8AAAAAAEbpvwAAAAAACuS/AAAAAACW6z8AAAAAADTYPwAAAAAAOOs/"
        "AAAAAABLA0AAAAAAAGb/vwAAAAAA9P8/AAAAAACoxj8AAAAAgMEJQAAAAAAAvfG/AAAAAAAA0r8AAAAA"
        "AHj9PwAAAAAA6/u/AAAAAAAe5T8AAAAAAIDbvwAAAAAAgIO/AAAAAABz9L8AAAAAACP4vwAAAABAYRZA"
        "AAAAAABY2D8AAAAAAMCaPwAAAAAAHuC/AAAAAABgsj8AAAAAAArovwAAAAAAaOo/AAAAAADo5b8AAAAA"
        "ADz5vwAAAAAAEMY/AAAAAAAn/D8AAAAAAABuPwAAAACAXg1AAAAAAABz8z8AAAAAAGf2vwAAAACAogLA"
        "AAAAAIDAAEAAAAAAAMjhPwAAAACAeQRAAAAAAAAD+D8AAAAAAF0IwAAAAACAVh9AAAAAAADo978AAAAA"
        "ACLuPwAAAAAAQiRAAAAAAAD3+r8AAAAAgE8tQAAAAABAhRXAAAAAAEDaH0AAAAAAgBQLQAAAAAAADN+/"
        "AAAAAMB8EEAAAAAAQLwjQAAAAAAARgvAAAAAAAAC/z/4JL0/h6SdPyju1j9jt3Q/CuxRPznxgT9jTY8/"
        "TNRqP1XHsD/SbaI/wTeMP+Hv0D/gRHc/fpBnP8gUpz883IQ/T5yEP7Qyqj+MGJ4/R5yhP7pd1j+hAbA/"
        "OwqSPyH5uD9Fe5A/Ywd/P6rimz+Vz6w/jgqVPyzixj9bR4M/NbBsP/XDoz/jTYU/b6CCPxWnsT/Oxlc/"
        "gNeEPxpMpD/HjYE/e4x1P/UDrD/ygaI/p6GGPylgvT8uNqI/NLWIP7idvT8/mLVBP+JuQSvelUFLsbFB"
        "qTaOQUA7lkHQEa5BGHutQc+hj0Gh1bJB9CCTQSEgmkFAGZJBwTeMQe3VmkFGE6RB"
    )),
    "conv2d_bfloat16": (144, (
        "AAAAAABK8T8AAAAAACvyPwAAAACAJwhAAAAAAADM1j8AAAAAAALlvwAAAAAAMPK/AAAAAAC98r8AAAAA"
        "AKDwvwAAAAAA5/k/AAAAAIAABkAAAAAAABH8vwAAAAAA2uG/AAAAAACU1z8AAAAAALDKPwAAAAAAMuI/"
        "AAAAAAA98L8AAAAAAMDQPwAAAAAAkMk/AAAAAAAC978AAAAAAPP2vwAAAAAAVu0/AAAAAABY0L8AAAAA"
        "AKv0PwAAAAAAWOQ/AAAAAABi/L8AAAAAAEUHwAAAAAAA5vg/AAAAAADi8L8AAAAAANn8vwAAAAAApvK/"
        "AAAAAAAlB8AAAAAAAEjtPwAAAAAAaOW/AAAAAAAAgD8AAAAAAEbmvwAAAAAA4/S/AAAAAABS6D8AAAAA"
        "ANwMwAAAAAAAIO6/AAAAAADc6L8AAAAAAE36vwAAAAAAPOi/AAAAAADT9j8AAAAAAGz/vwAAAAAA4O8/"
        "AAAAAAB59j8AAAAAAICtPwAAAAAAqvY/AAAAAEAMHEAAAAAAABz6vwAAAAAA5wdAAAAAAADU7j8AAAAA"
        "AFjXPwAAAACAJATAAAAAAMAiHcAAAAAAQEIUQAAAAACAFhTAAAAAAAAEJ8AAAAAAAMb/PwAAAACAbhPA"
        "AAAAAGD+IcAAAAAAQIEdwAAAAAAAn/W/AAAAAIBPIUCQL8E+aq+RPhfUBT9OCOA+uC/+Pi/n0z60+AM/"
        "jS+LPhsaHj8QM84+FXUzP/TgHD+Lemw/ZF0nP9J6Xz/iDbQ+62sLP5kO8j4KNEk/5TYpP8qPdz99vyc/"
        "QXRaP/yPvj6xiSw/0oT7PluZYz9IHEc/gqyAP4vwQj9gi0o/lFXPPqMrBD8akcA+fjxOP4JIOz/CCnw/"
        "z3dCPwcbWT9Nb/0+ExKuPqS5ez59tQs/4sfRPjSfDz9oo78+dwYFPy7ubT449XJA27mHQKwRakBpQrZA"
        "YnbSQPcKkEBG+d1AgomyQHdXz0DmAe1AxmWbQEbP2kCEyudAjG5vQM5jkkC6wGtA"
    )),
    "matmul_quantised": (120, (
        "AAAAALwaIkEAAAAARrkiQQAAAAB0CCJBAAAAADQ9HEEAAAAAJOkjQQAAAACCayRBAAAAAGwUIkEAAAAA"
        "JJQdQQAAAABAsiNBAAAAAOZyIUEAAAAA6LghQQAAAACqkSFBAAAAAPyYJ0EAAAAAgk0lQQAAAAAqgiRB"
        "AAAAAKLwIUEAAAAAsDkkQQAAAAC60iVBAAAAAMS7JEEAAAAAVEgdQQAAAABY6iVBAAAAAAR0I0EAAAAA"
        "wpUmQQAAAACA2iBBAAAAAGz7JUEAAAAALPEkQQAAAACk/CVBAAAAAEgDH0EAAAAA3kslQQAAAABAUSNB"
        "AAAAAJABIkEAAAAAWFMgQQAAAADyJylBAAAAADyjJ0EAAAAAONYlQQAAAAC4cyJBAAAAALwlJUEAAAAA"
        "ErsiQQAAAADefCBBAAAAAEQQIUEAAAAATC0jQQAAAABw0yFBAAAAAPBXIUEAAAAAEJgcQQAAAABiJiRB"
        "AAAAAFSDIkEAAAAAJD8iQQAAAADgjRxBAAAAgCS3UEEAAACAa1xTQQAAAMBspVBBAAAAgNotU0EAAACA"
        "JB9TQQAAAEBKO1RBAAAAwEsAUkEAAACAHoFUQQAAAICXd1JBAAAAQGwnVEEAAACAljlSQQAAAMChr1ZB"
        "AAAAADNhUUEAAABAj4dSQQAAAAA+ZU5BAAAAgCBbUkEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    ))
}
