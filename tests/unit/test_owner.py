from __future__ import annotations

import os
from pathlib import Path

import pytest

from harness.machine.owner import maybe_alive, owner_alive, owner_token

STAT = "7 (a) b (c) {state} " + " ".join(str(number) for number in range(4, 22)) + " {start} 0 0\n"


@pytest.fixture
def proc(tmp_path: Path) -> Path:
    """A /proc in which this process lives, started at tick 4711."""
    (tmp_path / "sys/kernel/random").mkdir(parents=True)
    (tmp_path / "sys/kernel/random/boot_id").write_text("boot-1\n")
    (tmp_path / "self/ns").mkdir(parents=True)
    (tmp_path / "self/ns/pid").symlink_to("pid:[4026531836]")
    (tmp_path / str(os.getpid())).mkdir()
    stat(tmp_path, "S", 4711)
    return tmp_path


def stat(proc: Path, state: str, start: int) -> None:
    (proc / str(os.getpid()) / "stat").write_text(STAT.format(state=state, start=start))


def test_a_token_names_boot_namespace_process_and_start(proc: Path) -> None:
    token, _, host = owner_token(proc).rpartition(":")
    assert f"boot-1:4026531836:{os.getpid()}:4711" == token
    assert 12 == len(host)
    assert os.uname().nodename not in host


def test_the_process_that_made_a_token_is_alive(proc: Path) -> None:
    assert owner_alive(owner_token(proc), proc)


def test_a_process_that_got_the_same_id_later_is_another(proc: Path) -> None:
    token = owner_token(proc)
    stat(proc, "S", 4712)
    assert not owner_alive(token, proc)


@pytest.mark.parametrize("state", ["Z", "X"])
def test_a_zombie_is_not_alive(proc: Path, state: str) -> None:
    token = owner_token(proc)
    stat(proc, state, 4711)
    assert not owner_alive(token, proc)


def test_nothing_survives_a_reboot(proc: Path) -> None:
    token = owner_token(proc)
    (proc / "sys/kernel/random/boot_id").write_text("boot-2\n")
    assert not owner_alive(token, proc)


@pytest.mark.parametrize(
    ("lives", "boot", "machine"),
    [(False, "boot-2", "here"), (True, "boot-2", "elsewhere"), (True, "boot-1", "here")],
)
def test_on_an_engine_an_owner_of_another_host_may_live(
    proc: Path, tmp_path: Path, lives: bool, boot: str, machine: str
) -> None:
    (tmp_path / "machine-id").write_text(machine)
    token = owner_token(proc, tmp_path)
    (proc / "sys/kernel/random/boot_id").write_text(boot)
    (tmp_path / "machine-id").write_text("here")
    assert lives is maybe_alive(token, proc, tmp_path)


def test_on_an_engine_the_dead_of_this_host_and_of_older_tokens_are_dead(proc: Path) -> None:
    token = owner_token(proc)
    stat(proc, "S", 4712)
    assert not maybe_alive(token, proc)
    assert not maybe_alive("boot-0:4026531836:1:1", proc)
    assert not maybe_alive("", proc)


def test_an_owner_in_another_process_namespace_counts_as_alive(proc: Path) -> None:
    token = owner_token(proc)
    (proc / "self/ns/pid").unlink()
    (proc / "self/ns/pid").symlink_to("pid:[4026532000]")
    assert owner_alive(token, proc)


def test_without_proc_the_process_id_alone_has_to_do(tmp_path: Path) -> None:
    token = owner_token(tmp_path)
    assert token.startswith(f"-:-:{os.getpid()}:-:")
    assert owner_alive(token, tmp_path)
    assert not owner_alive(f"-:-:{2**70}:-", tmp_path)


@pytest.mark.parametrize("token", ["", ":", "boot-1", "boot-1:4026531836:x:1", "boot-1::²:1"])
def test_a_token_that_is_none_is_nobody(proc: Path, token: str) -> None:
    assert not owner_alive(token, proc)
