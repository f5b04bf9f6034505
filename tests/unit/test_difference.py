"""Two images against each other: what differs, what is equal, and what nobody looked at."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given

from harness.check.difference import (
    DifferenceAnswer,
    DifferencePage,
    ImageDifference,
    SharedLayers,
    difference_of,
)
from harness.check.subject import Subject, subject_of
from harness.errors import Exit
from harness.formats import DIFFERENCE, PAGE, render_difference
from harness.images.inside import Inside
from harness.images.manifest import Form
from tests.unit.check_builders import cpu_image, legacy_gpu, reading
from tests.unit.check_gallery import installed
from tests.unit.harmless import (
    harmless_html,
    harmless_json_text,
    harmless_markdown,
    harmless_terminal,
)
from tests.unit.hostile import CANNED, texts

HARMLESS = {
    "terminal": harmless_terminal,
    "markdown": harmless_markdown,
    "json": harmless_json_text,
    "html": harmless_html,
}
BASE, TOP, OTHER = (f"sha256:{letter * 64}" for letter in "abc")
SECRET = "canary-90ab-value"
COST = ("asked there", "asked here")


def image(
    config: dict[str, Any] | None = None,
    *layers: str,
    name: str = "own:1",
    digest: str = "",
    inside: Inside | None = None,
) -> Subject:
    tree = cpu_image("2.15.0") if config is None else config
    tree = tree | {"rootfs": {"diff_ids": list(layers or (BASE, TOP))}}
    told = reading(tree, name, digest=digest, manifest_digest=digest)
    return subject_of(told, inside)


def held(one: Subject, other: Subject) -> DifferencePage:
    return difference_of(one, other, COST)


def rows(page: DifferencePage) -> dict[tuple[str, str], tuple[str, str]]:
    return {(one.kind, one.what): (one.first, one.second) for one in page.differences}


def test_one_manifest_is_one_image_whatever_it_is_called() -> None:
    found = held(image(digest=BASE), image(name="other:2", digest=BASE))
    assert (DifferenceAnswer.SAME, Exit.OK) == (found.answer, found.exit)


def test_the_same_layers_and_settings_differ_in_their_packing_alone() -> None:
    found = held(image(digest=BASE), image(digest=TOP))
    assert (DifferenceAnswer.ALIKE, Exit.OK) == (found.answer, found.exit)
    assert () == found.open


def test_what_an_image_says_of_itself_is_held_against_the_other() -> None:
    old = legacy_gpu()
    old["user"] = "nobody"
    found = held(image(old, BASE, OTHER), image())
    told = rows(found)
    assert (DifferenceAnswer.DIFFERENT, Exit.FINDINGS) == (found.answer, found.exit)
    assert ("tensorflow 1.2.1", "tensorflow 2.15.0") == told["framework", ""]
    assert ("ubuntu-16.04", "ubuntu-22.04") == told["system", ""]
    assert ("/run_jupyter.sh --allow-root", "/bin/bash") == told["command", ""]
    assert ("6006/tcp 8888/tcp", "") == told["ports", ""]
    assert ("", "C.UTF-8") == told["variable", "LANG"]
    assert ("8.0.61", "") == told["variable", "CUDA_VERSION"]
    assert SharedLayers(layers=1, first=2, second=2) == found.shared
    assert "volumes" in found.equal
    assert 2 == len(found.open)


def test_a_version_that_is_told_more_exactly_is_no_other_version() -> None:
    one, other = cpu_image("2.15.0"), cpu_image("2.15.0")
    one["config"]["Env"] = ["PYTHON_VERSION=3.11"]
    other["config"]["Env"] = ["PYTHON_VERSION=3.11.7"]
    assert ("python", "") not in rows(held(image(one), image(other)))
    other["config"]["Env"] = ["PYTHON_VERSION=3.12"]
    assert ("3.11", "3.12") == rows(held(image(one), image(other)))["python", ""]


def test_files_are_compared_where_both_were_looked_into() -> None:
    one = Inside(
        distributions=installed("numpy=1.26.0", "six=1.16", "keras=2.15"),
        libraries={"libcudnn.so.8": ("usr/lib",), "liba.so.1": ("usr/lib",)},
        system_packages=(("libc6", "2.35"), ("zlib1g", "1.2")),
        pythons={"usr/bin/python3": "usr/bin/python3.10"},
    )
    other = Inside(
        distributions=installed("numpy=2.0.0", "six=1.16", "extra=1"),
        libraries={"liba.so.1": ("opt/lib",)},
        system_packages=(("libc6", "2.36"), ("zlib1g", "1.2")),
        pythons={"usr/bin/python3": "usr/bin/python3.11"},
    )
    found = held(image(None, BASE, TOP, inside=one), image(None, BASE, OTHER, inside=other))
    told = rows(found)
    assert ("1.26.0", "2.0.0") == told["package", "numpy"]
    assert ("2.15", "") == told["package", "keras"]
    assert ("", "1") == told["package", "extra"]
    assert ("package", "six") not in told
    assert ("/usr/lib", "") == told["library", "libcudnn.so.8"]
    assert ("/usr/lib", "/opt/lib") == told["library", "liba.so.1"]
    assert ("2.35", "2.36") == told["system package", "libc6"]
    assert ("system package", "zlib1g") not in told
    assert "leads to /usr/bin/python3.11" == told["program", "/usr/bin/python3"][1]
    assert () == found.open
    shown = render_difference("terminal", found)
    assert "3 packages" in shown
    assert "1 of their 2 and 2 layers" in shown


def test_layers_that_differ_are_a_difference_though_nothing_else_is_known() -> None:
    found = held(image(None, BASE, TOP), image(None, BASE, OTHER))
    assert (DifferenceAnswer.DIFFERENT, Exit.FINDINGS) == (found.answer, found.exit)
    assert ["layers"] == list(found.kinds)
    assert "were not read" in found.open[0]


def test_files_that_could_not_be_read_are_left_open() -> None:
    broken = Inside(problems=("layer 2: it is cut",))
    found = held(image(None, BASE, TOP, inside=broken), image(None, BASE, OTHER, inside=Inside()))
    assert "own:1: layer 2: it is cut" in found.open


def test_what_cannot_be_read_is_equal_to_nothing() -> None:
    unreadable = replace(image(), reading=reading(problem="it is no JSON"))
    index = reading(form=Form.INDEX, image=None, platforms=("linux/arm64",), digest=BASE)
    for subject in (unreadable, replace(image(), reading=index)):
        for pair in ((subject, image()), (image(), subject)):
            found = held(*pair)
            assert (DifferenceAnswer.UNTOLD, Exit.NOTHING) == (found.answer, found.exit)
            assert found.open
            assert () == found.equal


def test_no_layers_told_proves_nothing_equal() -> None:
    bare = subject_of(reading({"architecture": "amd64"}, "own:1", digest=BASE))
    other = subject_of(reading({"architecture": "amd64"}, "own:1", digest=TOP))
    found = held(bare, other)
    assert (DifferenceAnswer.UNTOLD, Exit.NOTHING) == (found.answer, found.exit)


def test_secrets_of_an_image_are_not_shown() -> None:
    one, other = cpu_image("2.15.0"), cpu_image("2.15.0")
    one["config"]["Env"] = [f"API_TOKEN={SECRET}", "SAME=x"]
    other["config"]["Env"] = ["API_TOKEN=short", "SAME=x", f"NEW_KEY={SECRET}"]
    one["config"]["Labels"] = {"password": SECRET}
    found = held(image(one), image(other))
    told = rows(found)
    assert ("one value", "another value") == told["variable", "API_TOKEN"]
    assert ("", "a value") == told["variable", "NEW_KEY"]
    assert ("variable", "SAME") not in told
    for format in DIFFERENCE.names():
        assert SECRET not in render_difference(format, found)


def test_the_formats_are_those_of_the_page() -> None:
    assert PAGE.names() == DIFFERENCE.names()


def test_a_page_for_people_has_as_many_rows_as_somebody_reads() -> None:
    many = installed(*(f"p{number}=1" for number in range(100)))
    one = image(None, BASE, TOP, inside=Inside(distributions=many))
    found = held(one, image(None, BASE, OTHER, inside=Inside()))
    assert 100 == len(found.of("package"))
    for format in ("terminal", "markdown", "html"):
        shown = render_difference(format, found)
        assert "and 60 more; --format json lists all" in shown
        assert "100 packages" in shown
    assert 100 <= len(json.loads(render_difference("json", found))["differences"])


@pytest.mark.parametrize("text", CANNED, ids=lambda text: ascii(text)[:40])
def test_no_field_harms_who_reads_it(text: str) -> None:
    spoilt = replace(
        held(image(), image(None, BASE, OTHER)),
        names=(text, text),
        digests=(text, text),
        differences=(
            ImageDifference(kind="package", what=text, first=text, second=text),
            ImageDifference(kind="command", what="", first=text, second=text),
        ),
        open=(text,),
        cost=(text, text),
        notices=(text,),
    )
    for format, check in HARMLESS.items():
        check(render_difference(format, spoilt))


@given(texts, texts)
def test_any_image_is_compared(name: str, value: str) -> None:
    odd = cpu_image("2.15.0")
    odd["config"] |= {"Env": [f"{name}={value}"], "Labels": {name: value}, "Cmd": [value]}
    found = held(image(odd), image())
    for format, check in HARMLESS.items():
        check(render_difference(format, found))
