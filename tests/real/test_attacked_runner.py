"""What an image, or a probe in it, can do to the runner of its container, on real engines."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from harness.model import Outcome, Record
from harness.probing.exchange import EXCHANGE
from tests.forging import FORGING
from tests.real.trying import ANSWERS, Trying, probe

SHADOWS = ("re", "json", "linecache", "hashlib", "select", "encodings", "site")
SHADOWED = probe(
    "shadowed",
    "import re, json, hashlib, linecache, os\n"
    "def probe(settings):\n"
    "    open(os.path.join(settings['scratch'], 'left'), 'w').close()\n"
    "    return {'shadowed.here': os.getcwd()}\n",
)
STORM = probe(
    "storm",
    "import os, time\n"
    "def probe(settings):\n"
    "    for _ in range(20):\n"
    "        if not os.fork():\n"
    "            os.setsid()\n"
    "            while True:\n"
    "                try:\n"
    "                    if os.fork():\n"
    "                        os._exit(0)\n"
    "                except OSError:\n"  # The limit on processes is reached: try again.
    "                    time.sleep(0.001)\n"
    "    time.sleep(0.2)\n"
    "    return {'storm.begun': True}\n",
    timeout_s=10.0,
)
ALONE = probe(
    "alone",
    "import os\n"
    "def probe(settings):\n"
    "    count = 0\n"
    "    for name in os.listdir('/proc'):\n"
    "        try:\n"
    "            with open('/proc/%d/stat' % int(name)) as stream:\n"
    "                # What has ended waits for process 1 to take note of it.\n"
    "                count += stream.read().rpartition(')')[2].split()[0] != 'Z'\n"
    "        except (ValueError, EnvironmentError):\n"
    "            pass\n"
    "    return {'alone.count': count}\n",
)
FLAGS = probe(
    "flags",
    "import os, sys\n"
    "def probe(settings):\n"
    "    return {'flags.isolated': sys.flags.isolated, 'flags.told': os.environ.get('TOLD')}\n",
)


def outcomes(records: dict[str, Record]) -> dict[str, Outcome]:
    return {name: record.outcome for name, record in records.items()}


@pytest.mark.attack("exchange", "an image has /re.py, /json.py, /linecache.py and others")
def test_modules_at_the_root_of_an_image_are_not_imported(
    trying: Trying, says: Callable[[str], None]
) -> None:
    image = trying.image({f"{name}.py": "raise SystemExit(9)\n" for name in SHADOWS})

    records = trying.ask(image, SHADOWED, ANSWERS)

    assert {"shadowed": Outcome.OK, "answers": Outcome.OK} == outcomes(records)
    assert "/" == records["shadowed"].facts["shadowed.here"]
    says("nothing of it is imported: every probe answers")


@pytest.mark.attack("exchange", "processes that fork without end survive the probe's own group")
def test_what_forks_without_end_does_not_meet_the_next_probe(
    trying: Trying, says: Callable[[str], None]
) -> None:
    records = trying.ask(trying.base, STORM, ALONE)

    assert {"storm": Outcome.OK, "alone": Outcome.OK} == outcomes(records)
    # Process 1, the runner and the probe itself.
    assert 3 == records["alone"].facts["alone.count"]
    says("all are ended before the next probe is asked")


@pytest.mark.attack("exchange", "a probe in a container forges an answer with the runner's marker")
def test_an_answer_that_a_probe_forges_is_not_believed(
    trying: Trying, says: Callable[[str], None]
) -> None:
    forging = probe("forging", FORGING.replace('settings["tell"]', '"/dev/null"'))

    records = trying.ask(trying.base, forging, ANSWERS)

    assert {"forging": Outcome.INTERFERED, "answers": Outcome.INTERFERED} == outcomes(records)
    assert {} == records["forging"].facts
    # Whichever forgery is seen first is reported: an old answer, or a claim that the runner has
    # begun.
    assert re.search("a further frame|the runner says twice", records["forging"].reason)
    says("interfered: a frame that came before came again")


def test_a_probe_starts_through_the_interpreter_that_its_image_offers(trying: Trying) -> None:
    wrapper = f'#!/bin/sh\nTOLD=once$TOLD; export TOLD\nexec {trying.python} -I "$@"\n'
    image = trying.image({"usr/local/bin/own-python": wrapper})

    records = trying.ask(image, FLAGS, interpreter="own-python")

    assert {"flags.isolated": 1, "flags.told": "once"} == records["flags"].facts


def test_an_interpreter_that_needs_pythonhome_is_started_with_it(trying: Trying) -> None:
    lost = (
        "#!/bin/sh\n"
        'if [ "$1" = -E ] || [ -z "$PYTHONHOME" ]; then\n'
        "  echo \"ModuleNotFoundError: No module named 'encodings'\" >&2; exit 1\n"
        "fi\n"
        f'unset PYTHONHOME; exec {trying.python} "$@"\n'
    )
    image = trying.image({"usr/local/bin/own-python": lost}, "ENV PYTHONHOME=/usr")

    assert {"answers": Outcome.OK} == outcomes(trying.ask(image, interpreter="own-python"))


def test_each_question_is_timed_on_the_clock_of_this_host(trying: Trying) -> None:
    record = trying.ask(trying.base)["answers"]

    assert 0 < record.durations["probe"] <= record.durations[EXCHANGE]
