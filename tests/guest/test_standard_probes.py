"""The standard probes: their grammar reaches back to 2.7, and they run on what this machine has."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from harness.compare.requirements import judged
from harness.machine.interpreters import Interpreter
from harness.model import Outcome
from harness.probing.framing import Answer
from harness.probing.outside import is_outside
from harness.probing.probe import load_probe
from tests.guest.conversation import PROBES, RUNNER, SUBSET, Asked, Heard, converse

pytestmark = pytest.mark.guest

STANDARD = sorted(path for path in PROBES.glob("*.py") if not is_outside(load_probe(path)))
"""Those that go into environments; the others run on the host, with the harness's own Python."""
GUESTS = [*STANDARD, *sorted(RUNNER.parent.glob("[!_]*.py"))]
each_guest = pytest.mark.parametrize("path", GUESTS, ids=lambda path: path.stem)

_NEWER_NAMES = (
    # Not in both 2.7 and 3.4, or only there under another name.
    "DEVNULL capture_output TimeoutExpired pathlib Path typing dataclasses enum asyncio "
    "contextvars scandir sched_getaffinity cpu_count isclose from_bytes to_bytes lru_cache "
    "cached_property removeprefix removesuffix isascii waitid get_terminal_size maketrans "
    "indent selectors ipaddress secrets resources get_blocking set_blocking "
    "memfd_create which disk_usage disable_warnings suppress redirect_stdout ExitStack "
    "ChainMap SimpleNamespace singledispatch accumulate pairwise batched zip_longest "
    "raise_signal valid_signals strsignal setdefaultencoding unicode xrange basestring "
    "raw_input reload cmp execfile iteritems itervalues iterkeys has_key "
    "FileNotFoundError PermissionError ProcessLookupError ChildProcessError BlockingIOError "
    "InterruptedError BrokenPipeError ConnectionError TimeoutError FileExistsError "
    "NotADirectoryError IsADirectoryError ModuleNotFoundError RecursionError "
    "StopAsyncIteration JSONDecodeError BadZipFile perf_counter_ns monotonic_ns "
    "nonlocal exec_module breakpoint aiter anext hex_digest compress decompress"
)
_NEWER_MODULES = (
    "pathlib typing dataclasses enum asyncio contextvars selectors ipaddress secrets queue "
    "configparser builtins urllib http html socketserver statistics concurrent importlib "
    "tracemalloc venv ensurepip zoneinfo tomllib graphlib faulthandler lzma distutils imp "
    "StringIO cStringIO Queue ConfigParser urllib2 commands pkg_resources pip setuptools"
)
NEWER_NAMES = frozenset(_NEWER_NAMES.split())
NEWER_MODULES = frozenset(_NEWER_MODULES.split())


@each_guest
def test_a_guest_file_is_one_file_of_plain_ascii(path: Path) -> None:
    content = path.read_bytes()

    assert content.isascii()
    assert b"\t" not in content
    assert b"\r" not in content


@each_guest
def test_its_grammar_is_that_of_2_7_and_of_3_4(path: Path) -> None:
    tree = ast.parse(path.read_text(), feature_version=(3, 4))

    newer = (
        ast.JoinedStr, ast.AnnAssign, ast.NamedExpr, ast.Nonlocal, ast.YieldFrom, ast.Await,
        ast.AsyncFunctionDef, ast.AsyncWith, ast.AsyncFor, ast.MatMult, ast.Match, ast.TryStar,
    )  # fmt: skip
    for node in ast.walk(tree):
        where = f"{path.name}:{getattr(node, 'lineno', 0)}"
        assert not isinstance(node, newer), where
        match node:
            case ast.arguments():
                assert not node.kwonlyargs, where
                assert not node.posonlyargs, where
                assert not any(one.annotation for one in node.args), where
            case ast.FunctionDef():
                assert node.returns is None, where
            case ast.Raise():
                assert node.cause is None, where
            case ast.Call():
                stars = [one for one in node.args if isinstance(one, ast.Starred)]
                assert len(stars) <= 1, where
                assert not (stars and node.args[-1] is not stars[0]), where
            case ast.Call(func=ast.Name(id="super"), args=[]):
                raise AssertionError(where)
            case ast.List() | ast.Tuple() | ast.Set():
                assert not any(isinstance(one, ast.Starred) for one in node.elts), where
            case ast.Dict():
                assert None not in node.keys, where
            case ast.ClassDef():
                assert not node.keywords, where


@each_guest
def test_it_uses_no_name_newer_than_2_7_and_3_4(path: Path) -> None:
    tree = ast.parse(path.read_text())
    used = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    used |= {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}

    assert set() == used & NEWER_NAMES


@each_guest
def test_it_imports_at_its_top_only_what_every_python_has(path: Path) -> None:
    tree = ast.parse(path.read_text())
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.Import)]
    names = {alias.name.split(".")[0] for node in imports for alias in node.names}
    top = {
        alias.name.split(".")[0]
        for node in tree.body
        if isinstance(node, ast.Import)
        for alias in node.names
    }

    assert set() == names & NEWER_MODULES
    assert top <= sys.stdlib_module_names
    assert not any(
        isinstance(node, ast.ImportFrom) and node.module != "__future__" for node in tree.body
    )


def test_vermin_agrees() -> None:
    done = subprocess.run(
        [Path(sys.executable).with_name("vermin"), "-t=2.7", "-t=3.4-", "--no-tips", "--violations",
         *map(str, GUESTS)],
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip

    assert 0 == done.returncode, done.stdout


def test_each_python_compiles_them_without_a_warning(python: str) -> None:
    code = "\n".join(
        [
            "import sys",
            "for path in sys.argv[1:]:",
            "    with open(path, 'rb') as stream:",
            "        compile(stream.read(), path, 'exec')",
        ]
    )
    command = [python, "-W", "error", "-S", "-c", code, *map(str, GUESTS)]
    done = subprocess.run(command, capture_output=True, check=False)

    assert (0, b"") == (done.returncode, done.stderr)


@pytest.fixture(scope="module")
def heard(python: str, tmp_path_factory: pytest.TempPathFactory) -> Heard:
    """What the standard probes say in an interpreter as it is, most likely without a framework."""
    asked = [Asked(path=path, settings={"steps": 1}, data=SUBSET) for path in STANDARD]
    return converse(python, asked, tmp_path_factory.mktemp("scratch"))


def test_every_standard_probe_answers(heard: Heard) -> None:
    assert [path.stem for path in STANDARD] == list(heard.answers)
    assert (0, "") == (heard.status, heard.stderr)


def facts(heard: Heard, name: str) -> Answer:
    answer = heard.answers[name]
    assert Outcome.OK is answer.outcome, answer.raised
    return answer


def test_the_python_probe_tells_the_version_asked(heard: Heard, interpreter: Interpreter) -> None:
    told = facts(heard, "python").facts

    assert interpreter.version == told["python.version"]
    assert "CPython" == told["python.implementation"]
    assert "64" == str(told["python.bits"])
    assert str(told["libc.version"]).startswith(("glibc 2.", "musl"))
    assert isinstance(told["cpu.instruction_sets"], tuple)
    assert told["cpu.usable_threads"]
    assert "python.environment.CUDA_CACHE_PATH" not in told


def test_the_python_probe_says_the_same_twice(
    python: str, heard: Heard, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """In another scratch folder, as another process: nothing of the moment is a fact."""
    again = converse(
        python, [Asked(path=PROBES / "python.py")], tmp_path_factory.mktemp("elsewhere")
    )

    assert facts(heard, "python").facts == facts(again, "python").facts


def test_the_packages_probe_agrees_with_pip(heard: Heard, python: str) -> None:
    listed = subprocess.run(
        [python, "-m", "pip", "list", "--format=freeze", "--disable-pip-version-check"],
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode:
        pytest.skip("this interpreter has no pip")
    wanted = {}
    for line in listed.stdout.splitlines():
        name, _, version = line.partition("==")
        wanted[name.lower().replace("_", "-").replace(".", "-")] = version
    told = facts(heard, "packages").facts
    found = {
        key.removeprefix("package."): value
        for key, value in told.items()
        if key.startswith("package.")
    }

    assert wanted == found
    assert len(found) == told["packages.count"]


def test_the_packages_probe_finds_the_conflicts_that_pip_finds(heard: Heard, python: str) -> None:
    checked = subprocess.run(
        [python, "-m", "pip", "check", "--disable-pip-version-check"],
        capture_output=True,
        text=True,
        check=False,
    )
    if "No module named" in checked.stderr:
        pytest.skip("this interpreter has no pip")
    told = facts(heard, "packages").facts
    complaints = [
        line
        for line in checked.stdout.splitlines()
        if " requires " in line or " has requirement " in line
    ]
    held = judged(told)
    missing, conflicts = held["packages.missing"], held["packages.conflicts"]
    assert isinstance(missing, tuple)
    assert isinstance(conflicts, tuple)

    assert len(complaints) == len(missing) + len(conflicts), checked.stdout


def test_a_missing_framework_is_an_exception_not_a_crash(heard: Heard) -> None:
    for name in ("devices", "libraries", "mnist"):
        answer = heard.answers[name]
        if answer.outcome is Outcome.OK:
            pytest.skip("this interpreter has the framework")
        assert Outcome.RAISED is answer.outcome
        assert answer.raised is not None
        assert "No module named" in answer.raised.message
