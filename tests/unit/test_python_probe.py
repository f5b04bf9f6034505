"""The python probe tells what changes how programs behave, and no secret."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

PROBE: dict[str, Any] = runpy.run_path(str(Path(__file__).parents[2] / "probes" / "python.py"))


def environment(scratch: str | None = None, **variables: str) -> dict[str, Any]:
    return dict(PROBE["environment"](variables, scratch))


@pytest.mark.parametrize(
    "name",
    [
        "PATH",
        "LD_LIBRARY_PATH",
        "TZ",
        "LANG",
        "LC_ALL",
        "PYTHONPATH",
        "TF_CPP_MIN_LOG_LEVEL",
        "XLA_FLAGS",
        "CUDA_VISIBLE_DEVICES",
        "NVIDIA_REQUIRE_CUDA",
        "OMP_NUM_THREADS",
        "KMP_AFFINITY",
        "MKL_CBWR",
        "ONEDNN_VERBOSE",
        "DNNL_MAX_CPU_ISA",
        "OPENBLAS_CORETYPE",
        "GLIBC_TUNABLES",
        "MALLOC_ARENA_MAX",
        "KERAS_BACKEND",
        "PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION",
        "NPY_DISABLE_CPU_FEATURES",
        "HDF5_USE_FILE_LOCKING",
        "GRPC_VERBOSITY",
    ],
)
def test_a_variable_that_changes_behaviour_is_told_with_its_value(name: str) -> None:
    assert {f"python.environment.{name}": "v", "python.environment_names": []} == environment(
        **{name: "v"}
    )


@pytest.mark.parametrize(
    "name",
    [
        "AWS_SECRET_ACCESS_KEY",
        "PATHS",
        "TZX",
        "LANGUAGE",
        "MY_PATH",
        "TF_TOKEN_app_terraform_io",
        "TF_VAR_db_password",
        "PYTHON_KEYRING_BACKEND",
        "CUDA_AUTH",
        "NVIDIA_API_KEY",
        "BASH_FUNC_x%%",
    ],
)
def test_any_other_variable_is_told_by_name_only(name: str) -> None:
    assert {"python.environment_names": [name]} == environment(**{name: "hush"})


@pytest.mark.parametrize("name", ["PWD", "OLDPWD", "HOSTNAME", "SHLVL", "_", "TERM", "SSH_TTY"])
def test_a_variable_that_means_nothing_to_a_program_is_not_told(name: str) -> None:
    assert {"python.environment_names": []} == environment(**{name: "v"})


def test_flags_of_the_interpreter_that_are_set_are_facts() -> None:
    flags = PROBE["flags"]
    told = flags(
        SimpleNamespace(isolated=1, no_site=1, optimize=1, verbose=0, gil=None, n_fields=3)
    )
    assert {
        "python.flags.isolated": 1,
        "python.flags.no_site": 1,
        "python.flags.optimize": 1,
    } == told
    assert flags(sys.flags).items() <= PROBE["interpreter"]().items()


def test_credentials_in_an_address_are_hidden() -> None:
    facts = environment(PYTHON_MIRROR="https://me:hush@example.org/simple")

    assert "https://***@example.org/simple" == facts["python.environment.PYTHON_MIRROR"]


def test_what_the_runner_moved_into_the_scratch_is_no_fact() -> None:
    moved = dict.fromkeys(PROBE["MOVED"], "/s/ab12")

    assert {"python.environment_names": []} == environment("/s/ab12", **moved)
    assert ["HOME", "TMPDIR"] == environment(None, HOME="/h", TMPDIR="/t")[
        "python.environment_names"
    ]
    assert (
        "/s/ab12x"
        == environment("/s/ab12", CUDA_CACHE_PATH="/s/ab12x")["python.environment.CUDA_CACHE_PATH"]
    )


def test_long_values_and_many_names_are_bounded() -> None:
    facts = environment(PATH="x" * 100_000, **{f"N{number}": "" for number in range(5000)})

    assert 4096 == len(facts["python.environment.PATH"])
    assert 2000 == len(facts["python.environment_names"])


def test_clock_rates_are_no_facts(monkeypatch: pytest.MonkeyPatch) -> None:
    cpuinfo = (
        "processor\t: {}\nvendor_id\t: GenuineIntel\nmodel name\t: Some CPU\ncpu MHz\t: 2{}00.1\n"
        "physical id\t: 0\ncore id\t: 0\nflags\t: sse avx\n"
    )
    files = {
        "/proc/cpuinfo": "\n".join(cpuinfo.format(number, number) for number in (0, 1)),
        "/proc/self/status": "Cpus_allowed_list:\t0-1,4\n",
    }
    processor = PROBE["processor"]
    monkeypatch.setitem(processor.__globals__, "read", lambda path, limit=0: files.get(path, ""))

    assert {
        "cpu.model": "Some CPU",
        "cpu.vendor": "GenuineIntel",
        "cpu.instruction_sets": ["avx", "sse"],
        "cpu.cores": 1,
        "cpu.threads": 2,
        "cpu.usable_threads": 3,
    } == processor()
