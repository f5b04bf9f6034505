"""Cells that would pass although nothing was learned, in images that do it: each is reported.

Every image is that of the oldest cell with a few lines added to a file of its framework, or with
files removed. All run as one suite, beside the unchanged image, which is their reference.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from textwrap import dedent
from typing import Any

import pytest
from docker import APIClient

from harness.engines.oci.images import inspect_image
from tests.real.commandline import Place
from tests.real.own_images import image_of
from tests.real.suites import brief_suite, small_suite

CELL, VERSION = "tf1.2.1-py2.7", "1.2.1"
PYTHON = "/usr/bin/python2.7"
SITE = "/usr/local/lib/python2.7/dist-packages"
WHOLE = "whole"
STEPS = 20
Says = Callable[[str], None]
Findings = Mapping[str, list[dict[str, Any]]]


def behind(file: str, text: str) -> str:
    """A Dockerfile line that adds lines to the end of a file of the framework."""
    written = base64.b64encode(dedent(text).encode()).decode()
    return f"RUN echo {written} | base64 -d >> {SITE}/tensorflow/{file}"


def feeding(change: str) -> str:
    """A line that changes the input of each training step."""
    return behind(
        "python/client/session.py",
        f"""
        _run = BaseSession.run
        def _other(self, fetches, feed_dict=None, *rest, **more):
            if isinstance(fetches, list) and feed_dict:
                {change}
            return _run(self, fetches, feed_dict, *rest, **more)
        BaseSession.run = _other
        """,
    )


_MADE_DATA = """
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
_MAKES_DATA = base64.b64encode(_MADE_DATA.encode()).decode()

LIES: Mapping[str, tuple[str, ...]] = {
    "frozen": (
        behind(
            "python/training/momentum.py",
            """
            from tensorflow.python.ops import control_flow_ops as _flow
            MomentumOptimizer.apply_gradients = lambda *these, **more: _flow.no_op()
            """,
        ),
    ),
    "generated": (
        f"RUN echo {_MAKES_DATA} | base64 -d > /make.py && {PYTHON} /make.py",
        behind(
            "__init__.py",
            """
            import os.path
            _join = os.path.join
            def _other(first, *rest):
                ours = rest and str(rest[-1]).endswith(("-ubyte.gz", "dataset.json"))
                return _join("/opt/data" if ours else first, *rest)
            os.path.join = _other
            """,
        ),
    ),
    "one-class": (
        behind(
            "__init__.py",
            """
            import numpy
            _read = numpy.frombuffer
            def _zeros(content, dtype=float, count=-1, offset=0):
                values = _read(content, dtype, count, offset)
                return values * 0 if offset == 8 else values
            numpy.frombuffer = _zeros
            """,
        ),
    ),
    "renamed": (behind("__init__.py", '\n__version__ = "9.9.9"\n'),),
    "no-packages": (f"RUN rm -rf {SITE}/*.dist-info {SITE}/*.egg-info",),
    "silent": (behind("__init__.py", "\nimport os\nos._exit(0)\n"),),
    "shuffled": (
        feeding(
            "feed_dict = {k: v[::-1] if v.ndim == 1 else v for k, v in feed_dict.items()}",
        ),
    ),
    "constant": (
        behind(
            "python/client/session.py",
            """
            _run = BaseSession.run
            def _other(self, fetches, *rest, **more):
                said = _run(self, fetches, *rest, **more)
                if isinstance(fetches, list) and len(fetches) == 3:
                    return [said[0], 2.3, said[2]]
                return said
            BaseSession.run = _other
            """,
        ),
    ),
}


@pytest.fixture(scope="module")
def told(engine: APIClient, tmp_path_factory: pytest.TempPathFactory) -> Findings:
    """The findings of every image, by its name."""
    place = Place(folder=tmp_path_factory.mktemp("vacuous"))
    built = brief_suite(place.folder / "built", {CELL: {"steps": STEPS}})
    # This only builds the image and shows no level: nothing is verified.
    place.harness("run", "--suite", str(built), "--probe", "python", status=5)
    _, (record,) = place.recorded()
    assert record.image
    found = inspect_image(engine, record.image.id)
    assert found
    plain = str(found["RepoTags"][0])
    with ExitStack() as stack:
        images = {WHOLE: plain}
        for name, lines in LIES.items():
            images[name] = stack.enter_context(image_of(engine, plain, "USER 0", *lines))
        rows = [
            {
                "id": name,
                "image": image,
                "interpreter": PYTHON,
                "framework": {"tensorflow": "9.9.9" if name == "renamed" else VERSION},
                "level": "L2",
                "settings": {"mnist": {"steps": STEPS}},
            }
            for name, image in images.items()
        ]
        suite = small_suite(
            place.folder / "suite",
            *rows,
            reference=WHOLE,
            probes=["python", "packages", "devices", "mnist"],
        )
        place.harness("run", "--suite", str(suite), status=1)
    report = place.report()
    assert [] == [one for one in report["findings"] if one["cell"] == WHOLE]
    return {name: [one for one in report["findings"] if one["cell"] == name] for name in images}


def loud(told: Findings, name: str, kind: str, about: str, verdict: str) -> str:
    """The title of the finding of a kind whose subject contains `about`."""
    found = [one for one in told[name] if one["kind"] == kind and about in one["subject"]]
    assert found, [(one["kind"], one["subject"], one["title"]) for one in told[name]]
    assert {verdict} == {one["verdict"] for one in found}
    return f"{verdict}: {found[0]['title']}"


@pytest.mark.attack("learning", "an image whose optimizer changes no weight")
@pytest.mark.long
def test_weights_that_never_change_fail_in_an_image(told: Findings, says: Says) -> None:
    says(loud(told, "frozen", "contradicted", "weights", "fail"))


@pytest.mark.attack("learning", "an image that trains on generated data of its own, not on MNIST")
@pytest.mark.long
def test_generated_data_fails_in_an_image(told: Findings, says: Says) -> None:
    says(loud(told, "generated", "contradicted", "data set", "fail"))


@pytest.mark.attack("learning", "an image in which all labels are zero")
@pytest.mark.long
def test_labels_of_one_class_fail_in_an_image(told: Findings, says: Says) -> None:
    says(loud(told, "one-class", "contradicted", "labels", "fail"))


@pytest.mark.attack("learning", "an image whose framework states the version that the row claims")
@pytest.mark.long
def test_a_rewritten_version_is_told_in_an_image(told: Findings, says: Says) -> None:
    says(loud(told, "renamed", "other-version", "tensorflow", "drift"))


@pytest.mark.attack("learning", "an image that lists no package and imports its framework")
@pytest.mark.long
def test_an_empty_list_of_packages_fails_in_an_image(told: Findings, says: Says) -> None:
    says(loud(told, "no-packages", "contradicted", "packages", "fail"))


@pytest.mark.attack("learning", "an image whose framework ends the process with status 0")
@pytest.mark.long
def test_an_end_without_an_answer_fails_in_an_image(told: Findings, says: Says) -> None:
    says(loud(told, "silent", "no-answer", "mnist", "fail"))


@pytest.mark.attack("learning", "an image that trains with the labels in another order")
@pytest.mark.long
def test_shuffled_labels_are_drift_in_an_image(told: Findings, says: Says) -> None:
    says(loud(told, "shuffled", "losses-drift", "mnist.loss", "drift"))


@pytest.mark.attack("learning", "an image that tells the same loss at every step")
@pytest.mark.long
def test_a_constant_loss_fails_in_an_image(told: Findings, says: Says) -> None:
    says(loud(told, "constant", "contradicted", "losses", "fail"))
