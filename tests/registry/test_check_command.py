"""`harness check` as it is typed: its answers and exit statuses, against a registry here."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from harness.cli import app
from harness.errors import HarnessError, UsageError
from harness.suite.matrix import load_suite
from tests.registry.fake_registry import FakeRegistry, Reply
from tests.registry.legacy import cpu_image, legacy_gpu

SECRET = "canary-7c1e-value"


@pytest.fixture(autouse=True)
def _own_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HARNESS_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("HARNESS_STORE", str(tmp_path / "state" / "store.sqlite3"))
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))


def push(fake: FakeRegistry, config: dict[str, object], tag: str) -> str:
    from tests.registry.fake_registry import MANIFEST, manifest_of

    raw = json.dumps(config).encode()
    name = "tensorflow/tensorflow"
    fake.manifest(manifest_of(fake.blob(raw, name), len(raw)), MANIFEST, tag, name)
    return f"{fake.host}/{name}:{tag}"


@pytest.fixture
def host_file(tmp_path: Path) -> str:
    path = tmp_path / "host.json"
    tree = {
        "harness_host": 1,
        "machine": "x86_64",
        "cpu": {"flags": ["avx", "avx2"]},
        "vsyscall": "xonly",
        "engines": [{"name": "docker", "version": "28.2.2", "free_bytes": 10**12}],
    }
    path.write_text(json.dumps(tree))
    return str(path)


def check(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["check", *arguments])


def test_an_image_that_may_be_reused_ends_in_0(fake: FakeRegistry, host_file: str) -> None:
    image = push(fake, cpu_image("2.15.0"), "2.15.0")
    done = check(image, "--host", host_file)
    assert 0 == done.exit_code, done.output
    assert "✓ reuse: tensorflow 2.15.0, for the CPU" in done.stdout
    assert "2 requests" in done.stdout
    again = check(image, "--host", host_file)
    assert "1 request, 0.0 KiB, nothing pulled; unchanged" in again.stdout


def test_an_image_that_may_not_ends_in_1(fake: FakeRegistry, host_file: str) -> None:
    image = push(fake, legacy_gpu(), "1.2.1-gpu-py3")
    done = check(image, "--host", host_file, "--format", "json")
    told = json.loads(done.stdout)
    assert (1, "do not reuse here") == (done.exit_code, told["answer"])
    supposed = check(image, "--host", host_file, "--gpu", "K80", "--driver", "470.256.02")
    assert 0 == supposed.exit_code, supposed.output
    assert "the GPU K80, the driver 470.256.02" in supposed.stdout


def test_what_cannot_be_told_ends_in_5(fake: FakeRegistry, host_file: str) -> None:
    fake.image()
    done = check(fake.reference(), "--host", host_file)
    assert 5 == done.exit_code
    assert "? cannot tell" in done.stdout


def test_here_is_the_host_where_none_is_named(fake: FakeRegistry) -> None:
    done = check(push(fake, cpu_image("2.15.0"), "2.15.0"), "--format", "json")
    assert done.exit_code in (0, 1), done.output
    assert json.loads(done.stdout)["host"]["CPU"]


@pytest.mark.parametrize(("status", "exit_status"), [(401, 2), (403, 2), (404, 2), (429, 4)])
def test_statuses_of_the_registry_become_ours(
    fake: FakeRegistry, host_file: str, status: int, exit_status: int
) -> None:
    fake.on("/v2/suite/old/manifests/1", Reply(status))
    done = check(fake.reference(), "--host", host_file)
    assert isinstance(done.exception, HarnessError)
    assert exit_status == done.exception.exit
    assert done.exception.remedy


@pytest.mark.parametrize(
    "arguments",
    [("Not A Name",), ("x:1", "--host", "nowhere.json"), ("x:1", "--gpu", "Voodoo 2")],
)
def test_a_mistake_of_ours_to_ask_ends_in_2_before_anything_is_asked(
    arguments: tuple[str, ...],
) -> None:
    done = check(*arguments)
    assert isinstance(done.exception, HarnessError)
    assert 2 == done.exception.exit


def test_what_an_images_environment_holds_is_not_shown(fake: FakeRegistry, host_file: str) -> None:
    config = legacy_gpu()
    config["config"]["Env"].append(f"API_TOKEN={SECRET}")
    config["history"].append({"created_by": f"|1 TOKEN={SECRET} /bin/sh -c true"})
    image = push(fake, config, "1.2.1-gpu-py3")
    for format in ("terminal", "markdown", "json"):
        assert SECRET not in check(image, "--host", host_file, "--format", format).output


def test_a_page_is_written_to_a_file(fake: FakeRegistry, host_file: str, tmp_path: Path) -> None:
    image = push(fake, cpu_image("2.15.0"), "2.15.0")
    target = tmp_path / "page.md"
    done = check(image, "--host", host_file, "--format", "markdown", "--output", str(target))
    assert "" == done.stdout
    assert target.read_text("utf-8").startswith(f"# {fake.host}/tensorflow/tensorflow:2.15.0")


def test_a_saved_host_is_taken_again(fake: FakeRegistry, tmp_path: Path) -> None:
    path = tmp_path / "saved.json"
    assert 0 == CliRunner().invoke(app, ["host", "--output", str(path)]).exit_code
    image = push(fake, cpu_image("2.15.0"), "2.15.0")
    here, there = (
        check(image, "--format", "json"),
        check(image, "--host", str(path), "--format", "json"),
    )
    one, other = json.loads(here.stdout), json.loads(there.stdout)
    assert one["host"] == other["host"]
    assert one["answer"] == other["answer"]


def test_a_cell_that_works_here_instead_is_written_as_a_suite_of_its_own(
    fake: FakeRegistry, host_file: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    image = push(fake, legacy_gpu(), "1.2.1-gpu-py3")
    done = check(image, "--host", host_file, "--emit-cell", "--format", "json")
    assert 1 == done.exit_code, done.output
    told = json.loads(done.stdout)["instead"]
    folder = tmp_path / told["cell"]
    (cell,) = load_suite(folder).cells
    assert (told["cell"], (("tensorflow", "1.2.1"),)) == (cell.id, cell.framework)
    assert f"harness run --suite {cell.id}" == told["run it"]
    planned = CliRunner().invoke(app, ["plan", "--suite", str(folder), "-v"])
    assert "locked: " in planned.stdout, planned.output
    assert "recipe digest" in planned.stdout
    again = check(image, "--host", host_file, "--emit-cell")
    assert isinstance(again.exception, UsageError)


@pytest.mark.parametrize(
    "arguments",
    [("x:1", "--host", "there.json"), ("x:1", "--gpu", "K80"), ("--archive", "x.tar")],
)
def test_only_what_this_host_pulls_can_be_run_here(arguments: tuple[str, ...]) -> None:
    done = check(*arguments, "--pull")
    assert isinstance(done.exception, UsageError)
    assert done.exception.remedy


def test_a_mistyped_image_writes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path / "empty")
    assert isinstance(check("Not A Name", "--emit-cell").exception, UsageError)
    assert [] == list((tmp_path / "empty").iterdir())


def test_an_engine_that_does_not_answer_is_named_where_the_registry_is_asked_instead(
    fake: FakeRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", "tcp://127.0.0.1:9")
    image = push(fake, cpu_image("2.15.0"), "2.15.0")
    done = check(image, "--engine", "docker", "--format", "json")
    (notice,) = (one for one in json.loads(done.stdout)["notices"] if "docker" in one)
    assert notice.startswith(f"docker did not say whether it has {image}: ")
    assert json.loads(done.stdout)["digest"], "the registry was asked"
