"""Source text of what the platform's agent does to an image's Python at each start."""

from __future__ import annotations

from collections.abc import Mapping
from textwrap import dedent

from injected_platform import HOUSE

TRAINS = "trains"
"""A condition that is true in a session's run which makes a training step."""
EVALUATES = "not isinstance(fetches, list)"
"""A condition that is true in a session's run which classifies images."""


def house(text: str) -> Mapping[str, str]:
    """A file that the platform's agent runs at each start of an interpreter."""
    return {f"{HOUSE}/patch.py".lstrip("/"): dedent(text)}


def slower(share: float, when: str) -> Mapping[str, str]:
    """A patch that makes a session's run take longer by this share of its time whenever `when`
    holds."""
    return house(_RUN.format(before="pass", behind=_SLEEP.format(share=share, when=when)))


def feeding(change: str) -> Mapping[str, str]:
    """A patch that changes what a session is fed with."""
    return house(_RUN.format(before=change, behind="pass"))


_RUN = """
    import time

    def changed(module):
        run = module.BaseSession.run

        def other(self, fetches, feed_dict=None, *rest, **more):
            trains = isinstance(fetches, list) and len(fetches) == 3
            {before}
            began = time.time()
            said = run(self, fetches, feed_dict, *rest, **more)
            {behind}
            return said

        module.BaseSession.run = other

    after_import("tensorflow.python.client.session", changed)
"""
_SLEEP = "time.sleep({share} * (time.time() - began)) if {when} else None"
LOWER_RATE = """
    def changed(module):
        begin = module.MomentumOptimizer.__init__

        def other(self, learning_rate, *rest, **more):
            begin(self, learning_rate * 0.3, *rest, **more)

        module.MomentumOptimizer.__init__ = other

    after_import("tensorflow.python.training.momentum", changed)
"""
WRONG_LABELS = (
    "feed_dict = {k: (v + (v % 5 == 0)) if v.ndim == 1 else v for k, v in feed_dict.items()} "
    "if trains else feed_dict"
)
DARKER = (
    "feed_dict = {k: v * 0.5 if v.ndim == 4 else v for k, v in feed_dict.items()} "
    "if feed_dict else feed_dict"
)
ONE_CLASS = """
    def changed(module):
        read = module.frombuffer

        def other(content, dtype=float, count=-1, offset=0, **more):
            values = read(content, dtype, count, offset, **more)
            return values * 0 if offset == 8 else values

        module.frombuffer = other

    after_import("numpy", changed)
"""
OWN_DATA = """
    import os.path
    join = os.path.join

    def other(first, *rest):
        ours = rest and str(rest[-1]).endswith(("-ubyte.gz", "dataset.json"))
        return join("/opt/data" if ours else first, *rest)

    os.path.join = other
"""
MAKE_DATA = """
import gzip, hashlib, json, os, random, struct
chance, files = random.Random(1), {}
os.makedirs("/opt/data")
for name, count in (("train", 1000), ("t10k", 200)):
    for part, shape in (("images-idx3", (count, 28, 28)), ("labels-idx1", (count,))):
        size = count * (784 if len(shape) == 3 else 1)
        head = struct.pack(">HBB", 0, 8, len(shape)) + struct.pack(">%dI" % len(shape), *shape)
        body = head + bytes(bytearray(chance.randrange(10) for _ in range(size)))
        file = "%s-%s-ubyte.gz" % (name, part)
        with gzip.open("/opt/data/" + file, "wb") as stream:
            stream.write(body)
        digest = hashlib.sha256(body).hexdigest()
        files[file] = {"sha256": digest, "bytes": len(body), "shape": shape}
told = {"schema": 1, "name": "mnist", "digest": "5" * 64, "validation": 200, "files": files}
with open("/opt/data/dataset.json", "w") as stream:
    json.dump(told, stream)
"""
SLOW_CLOCK = """
    import time
    real, began = time.time, time.time()
    time.time = lambda: began + (real() - began) / 10
"""
EXIT = """
    import os
    after_import("tensorflow.python.client.session", lambda module: os._exit(0))
"""
LONGER_IMPORT = """
    import sys
    import time
    began = []

    class Watching(object):
        def find_module(self, name, path=None):
            if name == "tensorflow" and not began:
                began.append(time.time())

    sys.meta_path.insert(0, Watching())
    after_import("tensorflow", lambda module: time.sleep(time.time() - began[0]))
"""
