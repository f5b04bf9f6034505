"""Outcomes are distinguished, each in a real container that misbehaves.

The "interpreter" of a cell may be any program of the image, so it can do what a hostile image would
do instead of running the guest runner. Numbers in brackets are those of the list of faults.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from harness.engines.oci import engine as engine_module
from harness.engines.oci.specification import USER
from harness.machine.owner import owner_token
from harness.model import Outcome, Profile, Record
from harness.probing.guest.runner import SCRATCH_VARIABLES
from tests.real.leftovers import Leftovers
from tests.real.trying import ANSWERS, Trying, probe

MIB = 1024**2
HOSTILE = {
    "exit": "",
    "segv": "import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)",
    "deaf": (
        "import signal, time\n"
        "for one in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):\n"
        "    signal.signal(one, signal.SIG_IGN)\n"
        "time.sleep(600)"
    ),
    "hog": "kept = []\nwhile True:\n    kept.append(bytearray(8 << 20))",
    "lines": "import os\nwhile True:\n    os.write(1, b'spam ' * 1000 + b'\\n')",
    "line": "import os\nwhile True:\n    os.write(1, b'x' * 65536)",
    "nuls": "import os\nwhile True:\n    os.write(1, bytes(65536))",
    "bytes": "import os\nwhile True:\n    os.write(1, b'\\xff\\xfe\\xc3\\x28' * 16384)",
    "errors": "import os\nwhile True:\n    os.write(2, b'spam ' * 1000 + b'\\n')",
    "slow": "import os, time\nwhile True:\n    os.write(1, b'.')\n    time.sleep(0.2)",
    "silent": "import os, time\nos.close(1)\nos.close(2)\ntime.sleep(600)",
    "forged": (
        "import hashlib, os\n"
        "said = b'{}'\n"
        "head = 'harness-frame %s 2 %s\\n' % ('0' * 32, hashlib.sha256(said).hexdigest())\n"
        "os.write(1, head.encode() + said + b'\\n')"
    ),
}
AARCH64 = b"\x7fELF\x02\x01\x01" + bytes(9) + b"\x02\x00\xb7\x00\x01" + bytes(200)


@pytest.fixture
def left(trying: Trying) -> Leftovers:
    """What is left behind on the engine under test."""
    return Leftovers.since_now(trying.client)


@pytest.fixture(scope="module")
def hostile(trying: Trying) -> str:
    """One image with every program of HOSTILE, and the least welcome settings."""
    programs = {f"hostile/{name}": f"#!{trying.python}\n{text}\n" for name, text in HOSTILE.items()}
    return trying.image(programs, "STOPSIGNAL SIGCONT")


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A container may take only a little longer than its probes."""
    monkeypatch.setattr(engine_module, "_OVERHEAD_S", 1.0)


BRIEF = replace(ANSWERS, timeout_s=2.0)


@pytest.mark.parametrize(
    ("expected", "why", "program"),
    [
        pytest.param(Outcome.NO_ANSWER, "without an answer", "exit", id="[14] exit 0, no answer"),
        pytest.param(Outcome.INTERFERED, "never handed out", "forged", id="a forged answer"),
        pytest.param(Outcome.CRASHED, "SIGSEGV", "segv", id="[15] the first process crashes"),
        pytest.param(Outcome.OUTPUT_LIMIT, "byte budget", "lines", id="[19] lines without end"),
        pytest.param(Outcome.OUTPUT_LIMIT, "byte budget", "line", id="[19] one endless line"),
        pytest.param(Outcome.OUTPUT_LIMIT, "byte budget", "nuls", id="[19] NULs"),
        pytest.param(Outcome.OUTPUT_LIMIT, "byte budget", "bytes", id="[19] invalid UTF-8"),
        pytest.param(Outcome.OUTPUT_LIMIT, "byte budget", "errors", id="[19] standard error"),
    ],
)
def test_a_program_that_is_no_interpreter_is_told_by_what_it_does(
    trying: Trying, hostile: str, left: Leftovers, expected: Outcome, why: str, program: str
) -> None:
    record = trying.ask(hostile, interpreter=f"/hostile/{program}")["answers"]

    assert expected is record.outcome
    assert why in record.reason
    assert len(record.noise) <= 16_000
    assert {} == record.facts
    assert [] == left.found()


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize(
    "program", ["deaf", "slow", "silent"], ids=["[16] deaf", "[20] slow loris", "silent"]
)
def test_a_program_that_never_ends_is_killed_at_its_deadline(
    trying: Trying, hostile: str, left: Leftovers, program: str
) -> None:
    record = trying.ask(hostile, BRIEF, interpreter=f"/hostile/{program}")["answers"]

    assert Outcome.TIMED_OUT is record.outcome
    assert "killed after" in record.reason
    assert [] == left.found()


def test_the_first_process_out_of_memory_is_told(trying: Trying, hostile: str) -> None:  # [17]
    profile = Profile(memory_bytes=64 * MIB)
    record = trying.ask(hostile, interpreter="/hostile/hog", profile=profile)["answers"]

    if trying.engine.capabilities.tells_killer:
        assert Outcome.OUT_OF_MEMORY is record.outcome
    else:
        assert Outcome.CRASHED is record.outcome
        assert "the engine does not say why: out of memory" in record.reason


MISBEHAVING = {
    "exits": "import os\ndef probe(settings):\n    os._exit(0)",
    "crashes": "import os\ndef probe(settings):\n    os.kill(os.getpid(), 11)",
    "deaf": (
        "import signal, time\n"
        "def probe(settings):\n"
        "    signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "    time.sleep(600)"
    ),
    "hogs": "def probe(settings):\n    kept = []\n    while True: kept.append(bytearray(8 << 20))",
    # The child dies of it; the probe itself goes on and answers.
    "hogs_in_child": (
        "import os\n"
        "def probe(settings):\n"
        "    pid = os.fork()\n"
        "    if not pid:\n"
        "        kept = []\n"
        "        while True: kept.append(bytearray(8 << 20))\n"
        "    os.waitpid(pid, 0)\n"
        "    return {'hogs.answered': True}"
    ),
    "forks": (
        "import os, time\n"
        "def probe(settings):\n"
        "    while True:\n"
        "        if not os.fork():\n"
        "            os.setsid()\n"
        "            time.sleep(600)"
    ),
    "prints": "import os\ndef probe(settings):\n    while True: os.write(1, b'x' * 65536)",
    "fills_scratch": (
        "import os\n"
        "def probe(settings):\n"
        "    with open(os.path.join(settings['scratch'], 'x'), 'wb') as out:\n"
        "        for _ in range(64): out.write(bytearray(1 << 20))"
    ),
    "writes_root": "def probe(settings):\n    open('/written', 'w')",
    "strays": (
        "import os, time\n"
        "def probe(settings):\n"
        "    if not os.fork():\n"
        "        os.setsid()\n"
        "        if not os.fork():\n"
        "            time.sleep(600)\n"
        "        os._exit(0)\n"
        "    os.wait()\n"
        "    there = [int(name) for name in os.listdir('/proc') if name.isdigit()]\n"
        "    return {'strays.beside': len(set(there) - {1, os.getpid(), os.getppid()})}"
    ),
    "escapes": (
        "import os, socket\n"
        "def probe(settings):\n"
        "    there = [int(name) for name in os.listdir('/proc') if name.isdigit()]\n"
        "    caps = [line for line in open('/proc/self/status') if line[:3] == 'Cap']\n"
        "    return {'escapes.user': os.getuid(), 'escapes.where': os.getcwd(),\n"
        "            'escapes.capabilities': sorted({line.split()[1] for line in caps[1:]}),\n"
        "            'escapes.interfaces': sorted(os.listdir('/sys/class/net')),\n"
        "            'escapes.beside': len(set(there) - {1, os.getpid(), os.getppid()})}"
    ),
}


@pytest.fixture(scope="module")
def misbehaved(trying: Trying) -> dict[str, Record]:
    """Every misbehaving probe in one round, each followed by one that answers."""
    image = trying.image({})
    profile = Profile(memory_bytes=96 * MIB, processes=48, scratch_bytes=16 * MIB)
    asked = []
    for name, source in MISBEHAVING.items():
        asked.append(probe(name, source, timeout_s=2.0 if name == "deaf" else 60.0))
        asked.append(replace(ANSWERS, name=f"after_{name}"))
    return trying.ask(image, *asked, profile=profile)


@pytest.mark.parametrize(
    ("expected", "why", "name"),
    [
        pytest.param(Outcome.NO_ANSWER, "without an answer", "exits", id="[14]"),
        pytest.param(Outcome.CRASHED, "SIGSEGV", "crashes", id="[15]"),
        pytest.param(Outcome.TIMED_OUT, "within 2 s", "deaf", id="[16]"),
        pytest.param(Outcome.OUT_OF_MEMORY, "memory limit", "hogs", id="[17] itself"),
        pytest.param(Outcome.OUT_OF_MEMORY, "memory limit", "hogs_in_child", id="[17] a child"),
        pytest.param(Outcome.RAISED, "Resource temporarily unavailable", "forks", id="[18]"),
        pytest.param(Outcome.OUTPUT_LIMIT, "more than it may", "prints", id="[19]"),
        pytest.param(Outcome.RAISED, "Read-only file system", "writes_root", id="[21]"),
        pytest.param(Outcome.RAISED, "No space left on device", "fills_scratch", id="[22]"),
    ],
)
def test_a_probe_that_misbehaves_is_told_by_what_it_does_and_harms_no_other(
    misbehaved: dict[str, Record], expected: Outcome, why: str, name: str
) -> None:
    assert expected is misbehaved[name].outcome
    assert why in misbehaved[name].reason
    assert {} == misbehaved[name].facts
    assert Outcome.OK is misbehaved[f"after_{name}"].outcome


def test_a_probe_runs_as_nobody_with_no_capability_no_network_and_nothing_beside_it(
    misbehaved: dict[str, Record],
) -> None:
    assert {"strays.beside": 1} == misbehaved["strays"].facts
    assert {
        "escapes.beside": 0,
        "escapes.user": USER,
        "escapes.where": "/",
        "escapes.capabilities": ("0000000000000000",),
        "escapes.interfaces": ("lo",),
    } == misbehaved["escapes"].facts


LOOKS = probe(
    "looks",
    "import os\n"
    "def probe(settings):\n"
    "    own = settings['scratch']\n"
    "    writable = []\n"
    "    for place in '/ /etc /home /opt /root /run /tmp /usr /var/tmp'.split():\n"
    "        read_only = os.statvfs(place).f_flag & os.ST_RDONLY\n"
    "        writable += [] if read_only else [place]\n"
    "    size = os.statvfs(own)\n"
    "    named = sorted(name for name, value in os.environ.items() if value == own)\n"
    "    return {'looks.at': os.path.dirname(own), 'looks.writable': writable,\n"
    "            'looks.bytes': size.f_frsize * size.f_blocks, 'looks.named': named}",
)


def test_scratch_lies_where_docs_say_and_the_rest_is_as_read_only_as_they_say(
    trying: Trying, hostile: str
) -> None:
    facts = trying.ask(hostile, LOOKS)["looks"].facts

    assert re.fullmatch("/scratch-[0-9a-f]{8}", str(facts["looks.at"]))
    # Podman mounts in-memory file systems over these, and its Docker API has no way to prevent
    # that.
    podman = ("/run", "/tmp", "/var/tmp")
    assert facts["looks.writable"] == (podman if trying.engine.name == "podman" else ())
    assert Profile().scratch_bytes == facts["looks.bytes"]
    assert tuple(sorted(SCRATCH_VARIABLES)) == facts["looks.named"]


# --- what cannot start [42] --------------------------------------------------------------------


@pytest.mark.parametrize("interpreter", ["", "/nope", "nope", "/etc"])
def test_a_missing_interpreter_is_told(trying: Trying, left: Leftovers, interpreter: str) -> None:
    image = trying.imported({"etc/motd": b"no Python here\n"})
    found = trying.ask_as_is(image, interpreter)["answers"]

    assert Outcome.NO_INTERPRETER is found.outcome, found.reason
    assert [] == left.found()


def test_a_program_of_another_architecture_is_the_hosts_fault(
    trying: Trying, left: Leftovers
) -> None:
    image = trying.loaded({"bin/python3": AARCH64}, architecture="arm64")
    found = trying.ask_as_is(image, "/bin/python3")["answers"]

    assert Outcome.HOST_INCOMPATIBLE is found.outcome
    assert "wrong architecture: the image is for arm64" in found.reason
    assert [] == left.found()


# --- a third party [43] ------------------------------------------------------------------------


@pytest.fixture
def third_party(trying: Trying) -> Iterator[Callable[[Callable[[Any, str], object]], None]]:
    """Does something to the first probing container that appears."""
    threads: list[threading.Thread] = []
    done = threading.Event()
    owner = owner_token()

    def start(act: Callable[[Any, str], object]) -> None:
        def wait() -> None:
            while not done.wait(0.1):
                found = trying.client.containers(filters={"label": "harness.kind=probe"})
                ours = [each for each in found if each["Labels"].get("harness.owner") == owner]
                if ours:
                    act(trying.client, ours[0]["Id"])
                    return

        threads.append(threading.Thread(target=wait))
        threads[-1].start()

    yield start
    done.set()
    for thread in threads:
        thread.join()


@pytest.mark.parametrize(
    ("said", "act"),
    [
        ("removed", lambda client, name: client.remove_container(name, force=True)),
        ("paused", lambda client, name: client.pause(name)),
        ("killed", lambda client, name: client.kill(name)),
    ],
    ids=["removed", "paused", "killed"],
)
def test_what_somebody_else_does_to_a_container_is_no_crash_of_its_own(
    trying: Trying,
    hostile: str,
    left: Leftovers,
    third_party: Callable[[Callable[[Any, str], object]], None],
    said: str,
    act: Callable[[Any, str], object],
) -> None:
    sleeps = probe("sleeps", "import time\ndef probe(settings):\n    time.sleep(30)", 60.0)
    third_party(act)
    records = trying.ask(hostile, sleeps, ANSWERS)

    told = [record.reason for record in records.values()]
    assert {Outcome.INTERFERED} == {record.outcome for record in records.values()}, told
    assert said in records["sleeps"].reason
    assert [] == left.found()


def test_a_container_that_somebody_stops_is_told_where_the_engine_tells(
    trying: Trying,
    hostile: str,
    left: Leftovers,
    third_party: Callable[[Callable[[Any, str], object]], None],
) -> None:
    sleeps = probe("sleeps", "import time\ndef probe(settings):\n    time.sleep(30)", 60.0)
    third_party(lambda client, name: client.stop(name, timeout=0))
    record = trying.ask(hostile, sleeps)["sleeps"]

    if trying.engine.capabilities.tells_killer:
        assert Outcome.INTERFERED is record.outcome
        assert "killed" in record.reason
    else:
        assert Outcome.CRASHED is record.outcome
        assert "or killed from outside" in record.reason
    assert [] == left.found()


# --- what an image says of itself [41, 45] -----------------------------------------------------


def test_no_instruction_of_an_image_takes_effect(trying: Trying, left: Leftovers) -> None:
    image = trying.image(
        {},
        'ENTRYPOINT ["/bin/false"]',
        'CMD ["never"]',
        'HEALTHCHECK --interval=1s CMD ["/bin/false"]',
        "VOLUME /data",
        "USER unknown-user",
        "WORKDIR /proc/self/fd/8",
        "ONBUILD RUN /bin/false",
        "EXPOSE 80",
    )
    volumes = {each["Name"] for each in trying.client.volumes()["Volumes"] or []}
    records = trying.ask(image, probe("escapes", MISBEHAVING["escapes"]))

    assert Outcome.OK is records["escapes"].outcome, records["escapes"].reason
    assert USER == records["escapes"].facts["escapes.user"]
    assert "/" == records["escapes"].facts["escapes.where"]
    assert [] == left.found()
    now = {each["Name"] for each in trying.client.volumes()["Volumes"] or []}
    assert set() == {name for name in now - volumes if not name.startswith("harness-")}
