"""The files of real images, read from outside through real engines."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from docker import APIClient

from harness.engines import Obtained
from harness.engines.oci.images import inspect_image
from harness.model import ImageIdentity
from harness.store.store import Store
from tests.real.commandline import Place
from tests.real.leftovers import Leftovers
from tests.real.own_images import image_of
from tests.real.suites import small_suite
from tests.real.trying import Trying

CELL = "tf1.2.1-py2.7"
PYTHON = "/usr/bin/python2.7"
MODULE = "tensorflow/python/training/momentum.py"


def test_every_engine_sends_the_files_of_an_image(trying: Trying) -> None:
    obtained = Obtained(image=ImageIdentity(id=trying.base), interpreter=trying.python)
    opinion = trying.engine.second_opinion("r", "c", obtained)
    assert opinion is not None
    assert "" == opinion.problem
    assert {"outside.python.sha256", "outside.python.library"} <= set(opinion.facts)
    assert not [name for name in opinion.facts if name.startswith("outside.system")]
    trying.engine.release("r")


@pytest.mark.attack("files", "one module of a real framework is changed in a derived image")
def test_a_changed_module_of_a_real_framework_is_found_from_outside(
    quick: Place, brief_run: str, place: Place, engine: APIClient, says: Callable[[str], None]
) -> None:
    left = Leftovers.since_now(engine)
    _, records = quick.recorded(brief_run)
    built = next(one.image for one in records if one.cell == CELL and one.image)
    found = inspect_image(engine, built.id)
    assert found
    tag = str(found["RepoTags"][0])
    change = f"RUN for f in /usr/local/lib/python2.7/*-packages/{MODULE}; do echo >>$f; done"
    with image_of(engine, tag, "USER 0", change) as name:
        cells = (
            {"id": "whole", "image": tag, "interpreter": PYTHON},
            {"id": "changed", "image": name, "interpreter": PYTHON},
        )
        suite = small_suite(place.folder / "suite", *cells)
        place.harness("run", "--suite", str(suite), "--probe", "packages", status=1)
    report = place.report()
    titles = {
        cell["id"]: [one["title"] for one in report["findings"] if one["cell"] == cell["id"]]
        for cell in report["cells"]
    }
    bytes_ = [one for one in titles["changed"] if one.startswith("Same version, other bytes")]
    says("; ".join(bytes_))
    assert "Same version, other bytes: tensorflow 1.2.1 is not what was installed" in bytes_
    assert not [one for one in titles["whole"] if "bytes" in one]
    with Store(place.store_path, readonly=True) as store:
        run = store.run(place.runs()[0])
    told = {one.cell: one.facts for one in run.opinions or ()}
    assert (MODULE,) == told["changed"]["outside.changed.tensorflow"]
    assert [] == left.found()
