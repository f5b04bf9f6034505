"""A build is a container under limits, whose files become an image with the settings of its
base."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from threading import Timer

import pytest

from harness.engines.oci import LABEL, building
from harness.engines.oci.builder import Builder, builder_for
from harness.engines.oci.building import BuildFailed, ImageBuild, build
from harness.engines.oci.connection import connect
from harness.engines.oci.images import inspect_image
from tests.real.by_hand import files_of
from tests.real.leftovers import Leftovers
from tests.real.trying import Trying, workshop

MIB = 1024**2
NAME = "harness-tests/built:1"
LABELS = {"a": 'two "words" of {"json": "$HOME"}', "b": "back\\slash", "harness.kind": ""}
SETTINGS = (
    'ENTRYPOINT ["/bin/echo", "a b"]',
    'CMD ["c", "d e"]',
    "USER nobody",
    "WORKDIR /srv",
    "EXPOSE 81",
    "VOLUME /var/theirs",
    "STOPSIGNAL SIGINT",
    'ENV THEIRS="a b"',
    "HEALTHCHECK --interval=7s --retries=2 CMD test -f /up",
)


@pytest.fixture
def builder(trying: Trying, tmp_path: Path) -> Iterator[Builder]:
    with connect(trying.engine.capabilities, like=trying.client) as client:
        yield builder_for(client, workshop(tmp_path), "build", lambda _: None)


@pytest.fixture
def left(trying: Trying) -> Leftovers:
    return Leftovers.since_now(trying.client)


def of(trying: Trying, program: str, **more: object) -> ImageBuild:
    """A build that runs a Python program in the base."""
    return ImageBuild(
        name=NAME,
        base=trying.base,
        command=(trying.python, "-B", "-c", program),
        **{"labels": {}, **more},  # type: ignore[arg-type]
    )


def failure(builder: Builder, wanted: ImageBuild) -> str:
    with pytest.raises(BuildFailed) as failed:
        build(builder, wanted)
    return str(failed.value)


def test_a_build_that_prints_without_end_is_given_up_and_its_log_is_bounded(
    trying: Trying, builder: Builder, left: Leftovers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(building, "OUTPUT_BYTES", MIB)
    said = failure(builder, of(trying, "while True: print('x' * 4000)"))
    assert said.startswith("it printed more than 1 MiB")
    assert MIB <= builder.log.stat().st_size < 2 * MIB
    assert [] == left.found()


def test_a_build_that_says_nothing_any_more_is_given_up(
    trying: Trying, builder: Builder, left: Leftovers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(building, "IDLE_S", 3)
    said = failure(builder, of(trying, "import time; print('begun', flush=True); time.sleep(900)"))
    assert said.startswith("it printed nothing for 3 s")
    assert "begun" in said
    assert [] == left.found()


def test_a_build_that_forks_without_end_meets_its_limit(
    trying: Trying, builder: Builder, left: Leftovers
) -> None:
    program = (
        "import os, sys, time\n"
        "made = 0\n"
        "try:\n"
        "    while os.fork():\n"
        "        made += 1\n"
        "except OSError:\n"
        "    sys.exit('it made %d processes' % made)\n"
        "time.sleep(60)\n"
    )
    assert "it made " in failure(builder, of(trying, program))
    assert [] == left.found()


def test_a_build_that_takes_all_memory_fails_and_harms_nobody(
    trying: Trying, builder: Builder, left: Leftovers, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = replace(building.INSTALLING, memory_bytes=128 * MIB)
    monkeypatch.setattr(building, "INSTALLING", small)
    said = failure(builder, of(trying, "hold = []\nwhile True: hold.append(b'x' * (1 << 22))"))
    if trying.engine.capabilities.tells_killer:
        assert said.startswith("out of memory: ")
    else:
        assert said.startswith("killed by SIGKILL")
    assert [] == left.found()


def test_a_build_sees_no_network_and_what_comes_before_it_can_write_its_folder_alone(
    trying: Trying, builder: Builder, left: Leftovers
) -> None:
    look = "import os; assert os.listdir('/sys/class/net') == ['lo'], os.listdir('/sys/class/net')"
    before = (
        "try:\n    open('/x', 'w')\nexcept OSError: pass\nelse: raise SystemExit('it wrote')\n"
        f"{look}\nopen('/dev/harness/made', 'w').write('1')"
    )
    after = (
        "assert open('/dev/harness/made').read() == '1'\n"
        "try:\n    open('/dev/harness/made', 'w')\nexcept OSError: pass\n"
        f"else: raise SystemExit('it wrote')\n{look}"
    )
    wanted = of(
        trying,
        after,
        before=(trying.python, "-B", "-c", before),
        files={"given": b"1"},
    )
    made = build(builder, wanted)
    trying.client.remove_image(made["Id"], force=True)
    assert [] == left.found()


def test_a_stopped_build_ends_soon_and_leaves_nothing(
    trying: Trying, builder: Builder, left: Leftovers
) -> None:
    stopper = Timer(2, builder.workshop.stop.set)
    stopper.start()
    assert "it was stopped" == failure(builder, of(trying, "import time; time.sleep(900)"))
    stopper.join()
    assert [] == left.found()


def test_who_prints_that_the_disk_is_full_is_not_believed(trying: Trying, builder: Builder) -> None:
    said = failure(builder, of(trying, "raise SystemExit('No space left on device')"))
    assert said.startswith("exit status 1")


def test_an_image_has_its_bases_settings_but_for_labels_and_variables(
    trying: Trying, builder: Builder, left: Leftovers
) -> None:
    base = trying.image({}, *SETTINGS)
    odd = (("A", "b c"), ("B", "$THEIRS \\ \"x\" 'y'"), ("THEIRS", "other"))
    wanted = of(trying, "open('/usr/made', 'w').write('1')", labels=LABELS, environment=odd)
    made = build(builder, replace(wanted, base=base))
    before, after = (inspect_image(trying.client, one) for one in (base, made["Id"]))
    assert before
    assert after
    try:
        has, had = after["Config"], before["Config"]
        # Each container of ours has a label with its maker, and the image gets its container's
        # labels.
        makers = {f"{LABEL}.owner", f"{LABEL}.name"}
        theirs_of_labels = {name: v for name, v in had["Labels"].items() if name not in makers}
        assert {**theirs_of_labels, **LABELS}.items() <= has["Labels"].items()
        variables = dict(each.split("=", 1) for each in had["Env"])
        assert {**variables, **dict(odd)} == dict(each.split("=", 1) for each in has["Env"])
        for name in (had.keys() | has.keys()) - {"Labels", "Env", "Image", "Hostname"}:
            assert (had.get(name) or None) == (has.get(name) or None), name
        mine = files_of(trying.client, made["Id"])
        theirs = files_of(trying.client, base)
        # What any container of such a base leaves: the folder of a volume and, on Podman, a file of
        # its own.
        by_engine = {"var/theirs", "run/.containerenv"}
        assert {"usr/made"} == mine.keys() - theirs.keys() - by_engine
        assert set() == theirs.keys() - mine.keys()
    finally:
        trying.client.remove_image(made["Id"], force=True)
    assert [] == left.found()
