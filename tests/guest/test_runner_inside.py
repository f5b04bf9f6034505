"""The guest runner on every CPython of this machine: whatever a probe does, there is one frame."""

from __future__ import annotations

import time
from pathlib import Path
from textwrap import dedent

import pytest

from harness.model import Outcome
from harness.probing.answer import Answer
from tests.guest.conversation import Asked, Heard, alive, converse

pytestmark = pytest.mark.guest

IMPATIENT_S = 0.6

PROBES = {
    "plain": """
        import time
        def probe(settings):
            time.sleep(0.02)
            return {"a.text": u"\\u00e4", "a.none": None, "a.true": True, "a.whole": 2 ** 70,
                    "a.float": 0.1, "a.series": [1, 2.5, "x"], "a.tuple": (1, 2), "a.empty": [],
                    "a.settings": sorted(settings), "a.steps": settings["steps"]}
    """,
    "not_finite": """
        def probe(settings):
            inf = float("inf")
            return {"a": inf, "b": -inf, "c": [inf - inf, 1.0]}
    """,
    "noisy": """
        import os, sys
        def probe(settings):
            sys.stdout.write("H" * 600)
            sys.stdout.flush()
            os.write(1, b"\\xff" + b"m" * 50000)
            sys.stderr.write("T" * 600)
            return {"a": 1}
    """,
    "forging": """
        import gc, os, sys
        KEPT = ["all values are searched, as this".ljust(32)]
        def words():
            kept = [one for one in gc.get_objects() if isinstance(one, (dict, list, tuple))]
            frame = sys._getframe()
            while frame is not None:
                kept.append(frame.f_locals)
                frame = frame.f_back
            for one in kept:
                for word in list(one.values() if isinstance(one, dict) else one):
                    if isinstance(word, (bytes, type(u""))) and len(word) == 32:
                        yield word.decode("latin-1") if isinstance(word, bytes) else word
        def probe(settings):
            # What it can see: arguments, environment, standard input, every value, open files.
            seen = open("/proc/self/cmdline").read() + open("/proc/self/environ").read()
            seen += sys.stdin.read() + " ".join(words())
            files = [os.path.join("/proc/self/fd", name) for name in os.listdir("/proc/self/fd")]
            files = [os.readlink(name) for name in files if os.path.exists(name)]
            print("harness-frame " + "0" * 32 + " 2 " + "0" * 64 + "\\n{}")
            return {"seen": seen, "pipes": len([n for n in files if n.startswith("pipe:")]),
                    "input": os.readlink("/proc/self/fd/0")}
    """,
    "raising": """
        def fail():
            raise ValueError(u"no \\u00fcber device")
        def probe(settings):
            fail()
    """,
    "leaving": """
        def probe(settings):
            raise SystemExit("go away")
    """,
    "not_importable": """
        import a_module_that_nobody_has
        def probe(settings):
            return {}
    """,
    "broken": """
        def probe(settings)
            return {}
    """,
    "unprintable": """
        class Odd(Exception):
            def __str__(self):
                raise RuntimeError("no")
        def probe(settings):
            raise Odd()
    """,
    "chatty_error": """
        def probe(settings):
            raise ValueError("a" * 50000 + "z")
    """,
    "deep": """
        def probe(settings):
            return probe(settings)
    """,
    "crashing": """
        import os, signal
        def probe(settings):
            os.kill(os.getpid(), signal.SIGSEGV)
    """,
    "vanishing": """
        import os
        def probe(settings):
            os._exit(3)
    """,
    "sleeping": """
        import time
        def probe(settings):
            print("good night")
            import sys; sys.stdout.flush()
            time.sleep(600)
    """,
    "stubborn": """
        import signal, time
        def probe(settings):
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            while True:
                time.sleep(600)
    """,
    "flooding": """
        import os
        def probe(settings):
            while True:
                os.write(1, b"x" * 4096)
    """,
    "verbose_answer": """
        def probe(settings):
            return {"a": "x" * 300000}
    """,
    "long_series": """
        def probe(settings):
            return {"a.long": [0] * 10001}
    """,
    "bad_fact": """
        def probe(settings):
            return {"a.good": 1, "a.bad": {"nested": 1}}
    """,
    "bad_series": """
        def probe(settings):
            return {"a.deep": [[1]]}
    """,
    "bad_key": """
        def probe(settings):
            return {1: 1}
    """,
    "bad_answer": """
        def probe(settings):
            return 3
    """,
    "garbling": """
        import os
        def probe(settings):
            os.write(3, b'{"facts": ')
            os._exit(0)
    """,
    "leaving_children": """
        import os, subprocess, sys
        def probe(settings):
            child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
            return {"pid": child.pid}
    """,
    "letting_escape": """
        import os, sys, time
        def probe(settings):
            ready, told = os.pipe()
            if not os.fork():
                os.setsid()
                pid = os.fork()
                if pid:
                    os.write(told, str(pid).encode("ascii"))
                    os._exit(0)
                time.sleep(600)
            time.sleep(0.05)
            return {"pid": int(os.read(ready, 20).decode("ascii"))}
    """,
    "writing": """
        import os, tempfile
        def probe(settings):
            with open(os.path.join(settings["scratch"], "left"), "w") as stream:
                stream.write("x")
            names = ("TMPDIR", "HOME", "XDG_CACHE_HOME", "MPLCONFIGDIR", "CUDA_CACHE_PATH")
            return {"moved": [os.environ[name] == settings["scratch"] for name in names],
                    "temporary": tempfile.gettempdir() == settings["scratch"],
                    "scratch": settings["scratch"]}
    """,
    "neighbour": """
        import sys
        def probe(settings):
            return {"modules": [name for name in ("runner", "plain") if name in sys.modules],
                    "path": [entry for entry in sys.path if entry.endswith("guest")],
                    "main": __name__}
    """,
}
PATIENCE = {"sleeping": IMPATIENT_S, "stubborn": IMPATIENT_S}


@pytest.fixture(scope="module")
def probes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("probes")
    paths = {}
    for name, source in PROBES.items():
        paths[name] = folder / f"{name}.py"
        paths[name].write_text(dedent(source), encoding="ascii")
    return paths


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("scratch")


@pytest.fixture(scope="module")
def heard(python: str, probes: dict[str, Path], scratch: Path) -> Heard:
    """One conversation about all of them, in that order."""
    asked = [
        Asked(path=path, timeout_s=PATIENCE.get(name, 30.0), settings={"steps": 7})
        for name, path in probes.items()
    ]
    return converse(python, asked, scratch)


def raised(answer: Answer) -> tuple[str, str]:
    assert answer.outcome is Outcome.RAISED
    assert answer.raised is not None
    return answer.raised.type, answer.raised.message


def test_every_probe_gets_exactly_one_frame_in_order(heard: Heard) -> None:
    assert list(PROBES) == list(heard.answers)
    assert (0, "") == (heard.status, heard.stderr)
    assert 1 + len(PROBES) == f"\n{heard.stdout.decode('ascii')}".count("\nharness-frame ")


def test_facts_come_through_unchanged(heard: Heard) -> None:
    assert {
        "a.text": "\u00e4",
        "a.none": None,
        "a.true": True,
        "a.whole": 2**70,
        "a.float": 0.1,
        "a.series": (1, 2.5, "x"),
        "a.tuple": (1, 2),
        "a.empty": (),
        "a.settings": ("data_dir", "round", "scratch", "steps"),
        "a.steps": 7,
    } == heard.answers["plain"].facts
    assert (Outcome.OK, 0, "", "") == (
        heard.answers["plain"].outcome,
        heard.answers["plain"].exit,
        heard.answers["plain"].noise,
        heard.answers["plain"].reason,
    )
    assert 0.01 <= heard.answers["plain"].durations["probe"] < 30.0
    assert "peak_memory_bytes" in heard.answers["plain"].observed


def test_what_is_not_finite_becomes_words(heard: Heard) -> None:
    assert {"a": "inf", "b": "-inf", "c": ("nan", 1.0)} == heard.answers["not_finite"].facts


def test_noise_is_kept_at_both_ends_and_counted(heard: Heard) -> None:
    answer = heard.answers["noisy"]

    assert Outcome.OK is answer.outcome
    assert 600 + 50_001 + 600 == answer.noise_bytes
    assert answer.noise.startswith("H" * 500 + "\n[... ")
    assert answer.noise.endswith("T" * 500)


def test_a_probe_cannot_see_its_marker(heard: Heard) -> None:
    seen = str(heard.answers["forging"].facts["seen"])

    assert "all values are searched, as this" in seen
    assert not [marker for marker in heard.markers if marker in seen]
    assert "harness-frame 0000" in heard.answers["forging"].noise


def test_a_probe_has_no_pipes_but_its_own_three(heard: Heard) -> None:
    """Output, errors, answer; its input is nothing, and the runner's are out of reach."""
    assert (3, "/dev/null") == (
        heard.answers["forging"].facts["pipes"],
        heard.answers["forging"].facts["input"],
    )


def test_an_exception_is_an_answer(heard: Heard) -> None:
    assert ("ValueError", "no \u00fcber device") == raised(heard.answers["raising"]) or (
        # 2.7 cannot turn such a message into a str.
        "(its message cannot be shown)" == raised(heard.answers["raising"])[1]
    )
    assert heard.answers["raising"].raised is not None
    trace = heard.answers["raising"].raised.traceback
    assert "in fail" in trace
    assert "raise ValueError" in trace
    assert "<string>" not in trace
    assert heard.answers["raising"].reason.startswith("ValueError: ")


def test_a_system_exit_is_an_exception_like_others(heard: Heard) -> None:
    assert ("SystemExit", "go away") == raised(heard.answers["leaving"])


def test_a_failing_import_is_an_exception_like_others(heard: Heard) -> None:
    kind, message = raised(heard.answers["not_importable"])

    assert kind in ("ModuleNotFoundError", "ImportError")
    assert "a_module_that_nobody_has" in message


def test_broken_grammar_is_an_exception_like_others(heard: Heard) -> None:
    assert "SyntaxError" == raised(heard.answers["broken"])[0]


def test_an_exception_that_cannot_be_printed_is_told_so(heard: Heard) -> None:
    assert ("Odd", "(its message cannot be shown)") == raised(heard.answers["unprintable"])


def test_long_messages_keep_head_and_tail(heard: Heard) -> None:
    _, message = raised(heard.answers["chatty_error"])

    assert message.startswith("aaa")
    assert message.endswith("aaz")
    assert len(message) < 5000


def test_endless_recursion_is_an_exception_like_others(heard: Heard) -> None:
    assert raised(heard.answers["deep"])[0] in ("RecursionError", "RuntimeError")


def test_a_signal_is_a_crash_with_its_name(heard: Heard) -> None:
    answer = heard.answers["crashing"]

    assert (Outcome.CRASHED, "SIGSEGV", None) == (answer.outcome, answer.signal, answer.exit)
    assert "killed by SIGSEGV" == answer.reason


def test_an_end_without_an_answer_is_none(heard: Heard) -> None:
    answer = heard.answers["vanishing"]

    assert (Outcome.NO_ANSWER, 3) == (answer.outcome, answer.exit)
    assert "it ended without an answer (exit status 3)" == answer.reason


@pytest.mark.parametrize("name", ["sleeping", "stubborn"])
def test_at_its_deadline_a_probe_is_killed(heard: Heard, name: str) -> None:
    answer = heard.answers[name]

    assert (Outcome.TIMED_OUT, "SIGKILL") == (answer.outcome, answer.signal)
    assert "no answer within 0.6 s" == answer.reason


def test_what_a_killed_probe_said_is_kept(heard: Heard) -> None:
    assert "good night\n" == heard.answers["sleeping"].noise


def test_a_flood_is_stopped(heard: Heard) -> None:
    answer = heard.answers["flooding"]

    assert Outcome.OUTPUT_LIMIT is answer.outcome
    assert 100_000 < answer.noise_bytes < 1_000_000
    assert len(answer.noise) < 1100


def test_an_answer_that_is_too_long_is_stopped(heard: Heard) -> None:
    assert Outcome.OUTPUT_LIMIT is heard.answers["verbose_answer"].outcome
    assert not heard.answers["verbose_answer"].facts


@pytest.mark.parametrize(
    ("name", "kind", "said"),
    [
        ("long_series", "ValueError", "a.long has 10001 values"),
        ("bad_fact", "TypeError", "a.bad"),
        ("bad_series", "TypeError", "a.deep"),
        ("bad_key", "TypeError", "a non-empty string, not 1"),
        ("bad_answer", "TypeError", "answers with a dict, not int"),
    ],
)
def test_facts_of_the_wrong_kind_are_the_probes_error(
    heard: Heard, name: str, kind: str, said: str
) -> None:
    assert kind == raised(heard.answers[name])[0]
    assert said in raised(heard.answers[name])[1]


def test_a_garbled_answer_is_none(heard: Heard) -> None:
    answer = heard.answers["garbling"]

    assert (Outcome.NO_ANSWER, "its answer cannot be read (exit status 0)") == (
        answer.outcome,
        answer.reason,
    )


@pytest.mark.parametrize("name", ["leaving_children", "letting_escape"])
def test_nothing_a_probe_started_outlives_it(heard: Heard, name: str) -> None:
    answer = heard.answers[name]
    pid = answer.facts["pid"]
    assert isinstance(pid, int)
    for _ in range(100):  # Whoever adopts it may take a moment to bury it.
        if not alive(pid):
            break
        time.sleep(0.01)

    assert Outcome.OK is answer.outcome
    assert not alive(pid)


def test_a_probe_writes_into_a_scratch_of_its_own_that_is_emptied(
    heard: Heard, scratch: Path
) -> None:
    facts = heard.answers["writing"].facts

    assert ((True,) * 5, True) == (facts["moved"], facts["temporary"])
    assert str(facts["scratch"]).startswith(f"{scratch}/")
    assert [] == list(scratch.iterdir())


def test_the_runner_and_other_probes_cannot_be_imported_by_accident(heard: Heard) -> None:
    assert {"modules": (), "path": (), "main": "harness_probe"} == heard.answers["neighbour"].facts


def test_without_a_scratch_the_environment_stays_as_it_is(
    python: str, probes: dict[str, Path], tmp_path: Path
) -> None:
    probe = tmp_path / "homely.py"
    probe.write_text(
        "import os\ndef probe(settings):\n"
        "    return {'home': os.environ.get('HOME'), 'scratch': settings['scratch']}\n"
    )

    heard = converse(python, [Asked(path=probe)], None, env={"HOME": "/somewhere"})

    assert {"home": "/somewhere", "scratch": None} == heard.answers["homely"].facts


def test_a_scratch_that_cannot_be_used_is_told(python: str, probes: dict[str, Path]) -> None:
    heard = converse(python, [Asked(path=probes["plain"])], Path("/proc/nowhere"))

    assert Outcome.NO_ANSWER is heard.answers["plain"].outcome
    assert "the probe could not be started" in heard.answers["plain"].reason
    assert 0 == heard.status
