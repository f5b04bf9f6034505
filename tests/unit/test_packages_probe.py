"""The packages probe tells what installers left, requirements as they are written."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.compare.requirements import judged

PROBE: dict[str, Any] = runpy.run_path(str(Path(__file__).parents[2] / "probes" / "packages.py"))


def installed(folder: Path, name: str, **files: str) -> None:
    place = folder / name
    place.mkdir(parents=True)
    for file, text in files.items():
        (place / file.replace("_txt", ".txt").replace("_INFO", "-INFO")).write_text(text)


def told(*folders: Path) -> dict[str, Any]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.path", [str(folder) for folder in folders])
        return dict(PROBE["probe"]({}))


def test_what_is_installed_is_told_with_what_is_wrong_with_it(tmp_path: Path) -> None:
    site, other = tmp_path / "site-packages", tmp_path / "dist-packages"
    installed(
        site,
        "Foo_Bar-1.0.dist-info",
        METADATA="Name: Foo_Bar\nVersion: 1.0\nRequires-Dist: gone (>=2)\n"
        "Requires-Dist: old >=2.0\nRequires-Dist: never; python_version < '2'\n"
        "Requires-Dist: option; extra == 'more'\nRequires-Dist: bad >== 1\n"
        "Requires-Python: >=99\n\nRequires-Dist: in-the-description\n",
    )
    installed(
        site,
        "old-1.5.egg-info",
        PKG_INFO="Name: old\nVersion: 1.5\n",
        requires_txt="six>=1\n\n[:python_version < '2']\nnever\n\n[more]\noption\n",
    )
    (other).mkdir()
    (other / "six-1.16.egg-info").write_text("Name: six\nVersion: 1.16\n")
    installed(other, "old-0.9.dist-info", METADATA="Name: old\nVersion: 0.9\n")
    installed(other, "~umpy-1.0.dist-info", METADATA="Name: numpy\nVersion: 1.0\n")
    installed(other, "empty-1.0.dist-info")

    facts = told(site, other)

    markers = {name: facts.pop(name) for name in list(facts) if ".marker." in name}
    assert {f"requirements.marker.{name}" for name in PROBE["environment"]()} == set(markers)
    assert {
        "package.foo-bar": "1.0",
        "package.old": "1.5",
        "package.six": "1.16",
        "packages.count": 3,
        "packages.duplicates": ["old: 1.5 in site-packages, 0.9 in dist-packages"],
        "packages.unparsed": [
            "empty-1.0.dist-info: no metadata",
            "~umpy-1.0.dist-info: left over from an interrupted installation",
        ],
        "requirements.python.foo-bar": ">=99",
        "requirements.of.foo-bar": [
            "gone (>=2)",
            "old >=2.0",
            "never; python_version < '2'",
            "option; extra == 'more'",
            "bad >== 1",
        ],
        "requirements.listed.old": [
            "six>=1",
            "[:python_version < '2']",
            "never",
            "[more]",
            "option",
        ],
    } == facts
    held = judged(tuples(facts | markers))
    assert ("foo-bar 1.0 requires gone >=2, which is not installed",) == held["packages.missing"]
    assert ("foo-bar 1.0 requires old >=2.0, but old 1.5 is installed",) == held[
        "packages.conflicts"
    ]
    assert ("foo-bar 1.0 requires Python >=99",) == held["packages.wrong_python"]
    *of_files, unparsed = held["packages.unparsed"]  # type: ignore[misc]
    assert facts["packages.unparsed"] == of_files
    assert unparsed.startswith("foo-bar 1.0 requires bad >== 1: ")  # type: ignore[union-attr]


def tuples(facts: dict[str, Any]) -> dict[str, Any]:
    """The facts as a record holds them."""
    return {name: tuple(one) if isinstance(one, list) else one for name, one in facts.items()}


def test_what_is_too_long_or_too_much_is_said_and_not_cut(tmp_path: Path) -> None:
    installed(
        tmp_path,
        "long-1.egg-info",
        PKG_INFO="Name: long\nVersion: 1\nRequires-Dist: a\nRequires-Dist: b" + "=" * 400 + "\n",
    )
    installed(
        tmp_path,
        "many-1.egg-info",
        PKG_INFO="Name: many\nVersion: 1\n" + "Requires-Dist: a\n" * 2001,
    )

    facts = told(tmp_path)

    assert ["a"] == facts["requirements.of.long"]
    assert 1999 == len(facts["requirements.of.many"])
    assert [
        "long: a requirement is longer than 400 characters",
        "many: more than 2000 requirements in all",
    ] == facts["packages.unparsed"]


def test_a_folder_that_is_on_the_path_twice_counts_once(tmp_path: Path) -> None:
    installed(tmp_path / "lib", "six-1.16.dist-info", METADATA="Name: six\nVersion: 1.16\n")
    (tmp_path / "lib64").symlink_to("lib")

    assert [] == told(tmp_path / "lib", tmp_path / "lib64")["packages.duplicates"]


@given(st.binary(max_size=200), st.binary(max_size=200))
def test_hostile_metadata_is_told_or_left_out_but_never_fatal(
    tmp_path_factory: pytest.TempPathFactory, metadata: bytes, requires: bytes
) -> None:
    place = tmp_path_factory.mktemp("site") / "x-1.egg-info"
    place.mkdir()
    (place / "PKG-INFO").write_bytes(b"Name: x\nVersion: 1\n" + metadata)
    (place / "requires.txt").write_bytes(requires)

    facts = told(place.parent)

    assert 1 == facts["packages.count"] + ("x-1.egg-info" in str(facts["packages.unparsed"]))
    judged(tuples(facts))
