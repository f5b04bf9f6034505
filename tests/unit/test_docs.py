"""The documentation says what is there: commands, links, and a report that really came about."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from harness.check.host import parse_host
from harness.check.page import page_of
from harness.check.rules import all_reasons
from harness.check.subject import subject_of
from harness.cli import app
from harness.compare.judge import judge
from harness.formats import render, render_page
from harness.images.digests import digest_of
from harness.images.image import Reading, parse_image
from harness.images.manifest import Form, parse_manifest
from harness.images.reference import parse_reference
from harness.machine.places import Places
from harness.store.store import Store
from harness.store.transfer import import_file

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text("utf-8")
EXAMPLE = ROOT / "reports" / "example"
LEGACY = ROOT / "examples" / "legacy-check"
LEGACY_NAME = "127.0.0.1:5055/tensorflow/tensorflow:1.2.1-gpu-py3"
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("examples/**/*.md")])
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")


def test_the_readme_names_every_command() -> None:
    for command in app.registered_commands:
        name = command.name or command.callback.__name__  # type: ignore[union-attr]
        assert f"harness {name}" in README, f"README.md does not mention `harness {name}`"


def test_the_readme_says_where_everything_lies_and_what_moves_it() -> None:
    for what, _, variable in Places.from_environment({}, Path("/home/x")).rows():
        assert variable in README, f"README.md does not say how to move the {what}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_between_pages_leads_somewhere(page: Path) -> None:
    for target in LINK.findall(page.read_text("utf-8")):
        if not target.startswith(("http:", "https:", "mailto:")):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("terminal", "report.txt"),
        ("markdown", "report.md"),
        ("json", "report.json"),
        ("html", "report.html"),
    ],
)
def test_the_example_records_still_give_the_committed_bytes(
    tmp_path: Path, name: str, file: str
) -> None:
    with Store(tmp_path / "store.sqlite3") as store:
        run = import_file(store, EXAMPLE / "records.jsonl")
        judgement = judge(run, store.records(run.id))
    text = render(name, judgement)
    assert (EXAMPLE / file).read_text("utf-8") == text + ("" if text.endswith("\n") else "\n")


def test_the_report_in_the_readme_is_the_beginning_of_the_example() -> None:
    blocks = re.findall(r"```text\n(.*?)```", README, re.DOTALL)
    report = (EXAMPLE / "report.txt").read_text("utf-8")
    assert 1 == len(blocks)
    assert report.startswith(blocks[0])
    assert 10 <= blocks[0].count("\n")


def legacy_page() -> str:
    """The page on the legacy image again, from what the registry said and what the host was."""
    manifest, config = (
        (LEGACY / "manifest.json").read_bytes(),
        (LEGACY / "config.json").read_bytes(),
    )
    understood = parse_manifest(manifest, "")
    reference = parse_reference(LEGACY_NAME)
    reading = Reading(
        reference=reference,
        name=str(reference),
        form=Form.IMAGE,
        digest=digest_of(manifest),
        manifest_digest=digest_of(manifest),
        manifest=understood,
        image=parse_image(config, understood),
        requests=2,
        received=len(manifest) + len(config),
    )
    raw = (LEGACY / "host.json").read_bytes()
    host = replace(parse_host(raw, "host.json"), date=json.loads(raw)["collected"][:10])
    subject = subject_of(reading)
    return render_page("terminal", page_of(subject, host, all_reasons(subject, host)))


def test_the_page_on_the_legacy_image_is_what_the_kept_answers_of_its_registry_give() -> None:
    assert (LEGACY / "page.txt").read_text("utf-8") == legacy_page()


@pytest.mark.parametrize("page", ["README.md", "docs/check.md", "docs/tutorials/old-tag.md"])
def test_what_the_documentation_shows_of_that_page_is_how_it_begins(page: str) -> None:
    blocks = re.findall(
        r"```console\n\$ harness check (\S+)\n(.*?)```", (ROOT / page).read_text("utf-8"), re.DOTALL
    )
    assert [LEGACY_NAME] == [name for name, _ in blocks]
    (shown,) = [text for _, text in blocks]
    assert legacy_page().startswith(shown.removesuffix("\n...\n").removesuffix("...\n"))
    assert 15 <= shown.count("\n")


@pytest.mark.parametrize(
    "path",
    sorted((ROOT / "benchmarks/results").glob("agreement_sample_*.json")),
    ids=lambda one: one.name,
)
def test_what_is_said_of_a_random_sample_is_what_it_came_to(path: Path) -> None:
    page = " ".join((ROOT / "docs/check.md").read_text("utf-8").split())
    told = json.loads(path.read_text("utf-8"))
    fail, work = told["failing"], told["working"]
    for figure in (
        f"commit `{told['seed']}`: {told['draws']} draws, {told['images']} images",
        f"of {fail['images']} that fail {fail['agree']} agree, of {work['images']} that work "
        f"{work['agree']}; {len(told['failing_but_called_reuse'])} that fail are called *reuse*",
    ):
        assert figure in page
    assert told["complete"] or "it is incomplete" in page


def test_the_figures_of_check_are_those_that_were_measured_last() -> None:
    page = " ".join((ROOT / "docs/check.md").read_text("utf-8").split())
    agreement, registry, signatures = (
        json.loads((ROOT / f"benchmarks/results/check_{name}.json").read_text("utf-8"))
        for name in ("agreement", "registry", "signatures")
    )
    for figure in (
        f"{agreement['agree']} of {agreement['images']} agree, and no image that fails",
        f"a page in {registry['check_seconds']:.2f} s (limit 1 s)",
        f"an image of {registry['image_gb']} GB in {registry['static_seconds']} s with at most "
        f"{registry['static_memory_mb']} MB in any process",
        f"{registry['static_to_pull']} times as long as `docker pull`",
        f"none of {signatures['distinct_bytes'] / 1e6:.1f} MB of distinct output",
    ):
        assert figure in page
