"""Podman as an ordinary user runs it, without root rights."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from docker import APIClient

from harness.engines.oci.capabilities import PODMAN
from harness.engines.oci.engine import ContainerEngine
from harness.model import Outcome
from tests.real.commandline import Place
from tests.real.leftovers import Leftovers
from tests.real.made_bases import newest_base
from tests.real.podman_service import hand_over, podman_service, why_not
from tests.real.rootless import NoUser, ordinary_user
from tests.real.suites import small_suite
from tests.real.test_doctor_and_clean import doctored
from tests.real.trying import ANSWERS, Trying, probe, workshop

DIES = probe(
    "dies", "import os, signal\ndef probe(settings):\n    os.kill(os.getpid(), signal.SIGSEGV)\n"
)
LOOKS = probe(
    "looks",
    "import os\n"
    "def probe(settings):\n"
    "    status = dict(line.split(':', 1) for line in open('/proc/self/status'))\n"
    "    return {'user': os.getuid(), 'capabilities': status['CapEff'].strip(),\n"
    "            'writable': os.access('/', os.W_OK),\n"
    "            'interfaces': os.listdir('/sys/class/net')}\n",
)


@pytest.fixture(scope="module")
def rootless(engine: APIClient, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trying]:
    """A user's own Podman, opened, with an image that has a Python."""
    found = newest_base(engine)
    if why := why_not():
        pytest.skip(why)
    with ExitStack() as stack:
        try:
            user = stack.enter_context(ordinary_user())
        except NoUser as error:
            pytest.skip(f"no user can run containers here: {error}")
        service = stack.enter_context(podman_service(user))
        assert service.info()["Rootless"]
        hand_over(engine, service, found[0])
        shop = workshop(tmp_path_factory.mktemp("workshop"))
        opened = stack.enter_context(ContainerEngine(PODMAN, shop))
        yield Trying(engine=opened, base=found[0], python=found[1])


def test_a_users_own_podman_runs_an_image(rootless: Trying, tmp_path: Path) -> None:
    place = Place(folder=tmp_path)
    left = Leftovers.since_now(rootless.client)
    cell = {"id": "x", "image": rootless.base, "interpreter": rootless.python, "level": "L0"}
    suite = small_suite(place.folder / "suite", cell, probes=["python"])
    place.harness("run", "--suite", str(suite), "--engine", "podman")
    run, (record,) = place.recorded()
    assert Outcome.OK is record.outcome
    assert "podman" == run.engine.name
    assert run.host.cpu_flags, "it runs on this host, whoever's it is"
    assert [] == left.found()


def test_what_a_probe_may_and_how_it_ends_are_the_same_without_root(rootless: Trying) -> None:
    records = rootless.ask(rootless.base, LOOKS, DIES, ANSWERS)
    looked = records["looks"]
    assert Outcome.OK is looked.outcome, looked.reason
    assert (65534, "0" * 16, False, ("lo",)) == (
        looked.facts["user"],
        looked.facts["capabilities"],
        looked.facts["writable"],
        looked.facts["interfaces"],
    )
    assert Outcome.CRASHED is records["dies"].outcome
    assert Outcome.OK is records["answers"].outcome


def test_the_doctor_finds_whether_a_users_limits_hold(rootless: Trying, tmp_path: Path) -> None:
    client = rootless.client
    told = client.get(f"{client.base_url}/v4.0.0/libpod/info").json()["host"]
    # The controllers that its cgroup was given; cgroup version 1 gives none to users.
    bounded = {"memory", "pids"} <= set(told["cgroupControllers"])
    place = Place(folder=tmp_path)
    found = doctored(place, "--engine", "podman", status=0 if bounded else 4)
    assert "ok" == found["strict container"]["status"], found["strict container"]
    assert "ok" == found["volumes"]["status"], found["volumes"]
    limits = found["limits"]
    assert ("ok" if bounded else "problem") == limits["status"], limits
    assert bounded or "not bounded" in limits["remedy"]
    cell = {"id": "x", "image": rootless.base, "interpreter": rootless.python, "level": "L0"}
    suite = small_suite(place.folder / "suite", cell, probes=["python"])
    said = place.harness("run", "--suite", str(suite), "--engine", "podman")
    run, _ = place.recorded()
    for told in (" ".join(run.notices), " ".join((said.out + said.err).split())):
        assert bounded == ("does not bound the memory and the processes" not in told), told
