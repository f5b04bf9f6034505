"""`harness check` on a tag that moves, and on two images at once, against a registry here."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from harness.cli import app
from harness.errors import HarnessError, UsageError
from harness.images.digests import digest_of
from tests.registry.fake_registry import INDEX, MANIFEST, FakeRegistry, manifest_of
from tests.registry.legacy import cpu_image, legacy_gpu
from tests.registry.old_images import layer, layout, saved

NAME = "tensorflow/tensorflow"
SITE = "usr/lib/python3.11/site-packages"


@pytest.fixture(autouse=True)
def _own_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HARNESS_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("HARNESS_STORE", str(tmp_path / "state" / "store.sqlite3"))
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))


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


def push(fake: FakeRegistry, config: dict[str, object], tag: str) -> str:
    raw = json.dumps(config).encode()
    fake.manifest(manifest_of(fake.blob(raw, NAME), len(raw)), MANIFEST, tag, NAME)
    return f"{fake.host}/{NAME}:{tag}"


def check(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["check", *arguments])


def page(*arguments: str) -> dict[str, Any]:
    done = check(*arguments, "--format", "json")
    assert done.stdout, done.output
    told: dict[str, Any] = json.loads(done.stdout)
    assert told["exit"] == done.exit_code
    return told


def moved(told: dict[str, Any]) -> list[dict[str, Any]]:
    return [one for one in told["reasons"] if "was given to another" in one["title"]]


# --- a tag that moves ----------------------------------------------------------------------------


def test_a_tag_that_moved_is_told_when_from_what_to_what(
    fake: FakeRegistry, host_file: str, tmp_path: Path
) -> None:
    image = push(fake, cpu_image("2.11.0"), "latest-gpu")
    first = page(image, "--host", host_file)
    assert ("reuse", []) == (first["answer"], moved(first))
    assert [] == moved(page(image, "--host", host_file))
    push(fake, cpu_image("2.15.0"), "latest-gpu")
    for _ in range(2):
        told = page(image, "--host", host_file)
        assert "reuse with these changes" == told["answer"]
        (why,) = moved(told)
        assert "it named tensorflow 2.11.0" in why["title"]
        assert "now it names tensorflow 2.15.0" in why["title"]
        evidence = "\n".join(why["evidence"])
        assert first["digest"] in evidence
        assert told["digest"] in evidence
        assert "last seen 20" in evidence
        assert f"{fake.host}/{NAME}@{first['digest']}" in why["remedy"]
    assert (tmp_path / "state" / "store.sqlite3.tags").is_dir()


def test_what_this_host_was_not_asked_for_is_no_answer_of_it(
    fake: FakeRegistry, host_file: str
) -> None:
    image = push(fake, cpu_image("2.11.0"), "latest")
    page(image, "--host", host_file)
    push(fake, cpu_image("2.15.0"), "latest")
    (why,) = moved(page(image, "--host", host_file))
    assert "answered" not in why["remedy"]
    here = push(fake, cpu_image("2.11.0"), "own")
    page(here, "--registry")
    push(fake, cpu_image("2.15.0"), "own")
    (why,) = moved(page(here, "--registry"))
    assert "answered 'reuse" in why["remedy"]


def test_an_image_by_its_digest_leaves_no_memory(
    fake: FakeRegistry, host_file: str, tmp_path: Path
) -> None:
    told = page(push(fake, cpu_image("2.11.0"), "1"), "--host", host_file)
    memory = tmp_path / "state" / "store.sqlite3.tags"
    seen = {path: path.read_bytes() for path in memory.iterdir()}
    page(f"{fake.host}/{NAME}@{told['digest']}", "--host", host_file)
    assert seen == {path: path.read_bytes() for path in memory.iterdir()}


def test_a_memory_that_cannot_be_written_is_said_and_fails_nothing(
    fake: FakeRegistry, host_file: str, tmp_path: Path
) -> None:
    (tmp_path / "state").write_text("a file")
    told = page(push(fake, cpu_image("2.15.0"), "2.15.0"), "--host", host_file)
    assert "reuse" == told["answer"]
    assert any("could not be stored" in one for one in told["notices"])


def test_a_nightly_of_years_ago_is_told_by_its_age(fake: FakeRegistry, host_file: str) -> None:
    told = page(push(fake, cpu_image("1.12.0rc0"), "nightly-devel"), "--host", host_file)
    (why,) = (one for one in told["reasons"] if "last night" in one["title"])
    assert "years) old (2018-11-06)" in why["title"]
    assert told["digest"] in why["remedy"]
    assert 1 == told["exit"]


# --- two images ----------------------------------------------------------------------------------


def difference(*arguments: str) -> dict[str, Any]:
    told = page(*arguments)
    assert "harness-check-difference" == told["format"]
    return told


def rows(told: dict[str, Any]) -> dict[tuple[str, str], tuple[str, str]]:
    return {
        (one["kind"], one["what"]): (one["first"], one["second"]) for one in told["differences"]
    }


def test_two_tags_of_a_registry(fake: FakeRegistry, host_file: str) -> None:
    one = push(fake, legacy_gpu(), "1.2.1-gpu-py3")
    other = push(fake, cpu_image("2.15.0"), "2.15.0")
    told = difference(one, "--against", other, "--host", host_file)
    assert 1 == told["exit"]
    assert ("tensorflow 1.2.1", "tensorflow 2.15.0") == rows(told)["framework", ""]
    assert ("/run_jupyter.sh --allow-root", "/bin/bash") == rows(told)["command", ""]
    assert ["2 requests" in one["cost"] for one in told["images"]] == [True, True]
    same = difference(one, "--against", one, "--host", host_file)
    assert (0, "they are the same image") == (same["exit"], same["answer"])


def test_a_tag_and_a_file(fake: FakeRegistry, host_file: str, tmp_path: Path) -> None:
    bottom = layer({f"{SITE}/numpy-1.26.0.dist-info/METADATA": b"x"})
    tops = [layer({f"{SITE}/keras-{version}.dist-info/METADATA": b"x"}) for version in "23"]
    one = saved(tmp_path / "one.tar", [bottom, tops[0]], cpu_image("2.15.0"), "own:1")
    other = layout(
        tmp_path / "other.tar",
        [bottom, tops[1]],
        cpu_image("2.15.0")
        | {"rootfs": {"diff_ids": [digest_of(one) for one in (bottom, tops[1])]}},
    )
    told = difference("--archive", str(one), "--against", str(other), "--host", host_file)
    assert ("2", "3") == rows(told)["package", "keras"]
    assert ("package", "numpy") not in rows(told)
    assert {"shared": 1, "first": 2, "second": 2} == told["layers"]
    assert [] == told["open"]
    tag = push(fake, cpu_image("2.11.0"), "2.11.0")
    told = difference(tag, "--against", str(one), "--host", host_file)
    assert ("tensorflow 2.11.0", "tensorflow 2.15.0") == rows(told)["framework", ""]
    assert "were not read" in told["open"][0]
    assert 1 == len(told["open"])


def test_what_is_no_image_here_is_compared_with_nothing(fake: FakeRegistry, host_file: str) -> None:
    fake.manifest({"schemaVersion": 2, "mediaType": INDEX, "manifests": []}, INDEX, "many", NAME)
    one = push(fake, cpu_image("2.15.0"), "2.15.0")
    told = difference(one, "--against", f"{fake.host}/{NAME}:many", "--host", host_file)
    assert (5, "cannot tell") == (told["exit"], told["answer"])


@pytest.mark.parametrize("format", ["terminal", "markdown"])
def test_the_page_for_people(fake: FakeRegistry, host_file: str, format: str) -> None:
    one = push(fake, legacy_gpu(), "1.2.1-gpu-py3")
    other = push(fake, cpu_image("2.15.0"), "2.15.0")
    done = check(one, "--against", other, "--host", host_file, "--format", format)
    assert 1 == done.exit_code
    assert "they differ: framework" in done.stdout
    assert "variables" in done.stdout


@pytest.mark.parametrize(
    "options", [("--pull",), ("--emit-cell",), ("--gpu", "K80"), ("--driver", "535.1")]
)
def test_a_difference_is_no_answer_for_a_host(options: tuple[str, ...]) -> None:
    done = check("x:1", "--against", "x:2", *options)
    assert isinstance(done.exception, UsageError)
    assert options[0] in done.exception.message


@pytest.mark.parametrize("other", ["Not A Name", "/no/such/file.tar"])
def test_what_is_neither_an_image_nor_a_file_is_refused(other: str) -> None:
    done = check("x:1", "--against", other)
    assert isinstance(done.exception, HarnessError)
    assert 2 == done.exception.exit
