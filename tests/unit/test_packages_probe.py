"""The packages probe judges versions and markers as the `packaging` library does, without it."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from packaging.markers import InvalidMarker, Marker
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

PROBE: dict[str, Any] = runpy.run_path(str(Path(__file__).parents[2] / "probes" / "packages.py"))
Unparsed = PROBE["Unparsed"]
HERE = {
    **PROBE["environment"](),
    "python_version": "3.9",
    "python_full_version": "3.9.18",
    "implementation_version": "3.9.18",
    "sys_platform": "linux",
    "platform_system": "Linux",
    "platform_machine": "x86_64",
    "platform_python_implementation": "CPython",
    "implementation_name": "cpython",
    "os_name": "posix",
}

numbers = st.integers(0, 3)
releases = st.lists(numbers, min_size=1, max_size=3).map(lambda parts: ".".join(map(str, parts)))
versions = st.builds(
    "".join,
    st.tuples(
        st.sampled_from(["", "", "", "1!", "v"]),
        releases,
        st.sampled_from(["", "", "a1", "b2", "rc1", ".alpha", "-pre1", "c1"]),
        st.sampled_from(["", "", ".post1", "-2", ".rev", "post0"]),
        st.sampled_from(["", "", ".dev1", ".dev"]),
        st.sampled_from(["", "", "", "+cu118", "+1.2", "+0ubuntu-1"]),
    ),
)
prefixes = st.builds(
    "".join,
    st.tuples(
        st.sampled_from(["", "1!"]), releases, st.sampled_from(["", "", "a1", "rc2", ".post1"])
    ),
)
operators = st.sampled_from(["==", "!=", "<=", ">=", "<", ">", "~=", "==="])


def expected(specifier: str, version: str) -> bool | None:
    """What `packaging` says; None where it refuses the specifier or the version."""
    try:
        return SpecifierSet(specifier).contains(Version(version), prereleases=True)
    except (InvalidSpecifier, InvalidVersion):
        return None


def found(specifier: str, version: str) -> bool | None:
    try:
        return bool(PROBE["contains"](specifier, version))
    except Unparsed:
        return None


@given(operators, versions, versions)
def test_a_clause_means_what_it_means_to_packaging(op: str, wanted: str, version: str) -> None:
    # What `===` compares is the text, which packaging normalises first.
    assume(op != "===" or str(Version(version)) == version)
    # Only == and != may name a local version; packaging refuses it elsewhere.
    assume(expected(op + wanted, version) is not None)

    assert expected(op + wanted, version) == found(op + wanted, version)


@given(st.sampled_from(["==", "!="]), prefixes, versions)
def test_a_wildcard_means_what_it_means_to_packaging(op: str, wanted: str, version: str) -> None:
    specifier = f"{op}{wanted}.*"
    assume(expected(specifier, version) is not None)

    assert expected(specifier, version) == found(specifier, version)


@given(versions, versions)
def test_versions_are_ordered_as_packaging_orders_them(one: str, other: str) -> None:
    mine = [PROBE["Version"](text).whole for text in (one, other)]
    its = [Version(text) for text in (one, other)]

    assert (its[0] < its[1]) == (mine[0] < mine[1])
    assert (its[0] == its[1]) == (mine[0] == mine[1])


@given(st.text("0123abcdevprostl.-_+! *\u0663", max_size=12))
def test_what_is_no_version_is_unparsed(text: str) -> None:
    try:
        Version(text)
    except InvalidVersion:
        with pytest.raises(Unparsed):
            PROBE["Version"](text)
    else:
        PROBE["Version"](text)


texts = st.sampled_from(["linux", "win32", "3.9", "3.10", "2.7", "CPython", "x86_64", "", "posix"])
variables = st.sampled_from([*sorted(HERE)[:5], "python_version", "sys_platform", "extra"])
comparisons = st.builds(
    lambda name, op, text, swap: f'"{text}" {op} {name}' if swap else f'{name} {op} "{text}"',
    variables,
    st.sampled_from(["==", "!=", "<", ">=", "in", "not in"]),
    texts,
    st.booleans(),
)
conditions = st.recursive(
    comparisons,
    lambda inner: st.builds(
        lambda left, word, right: f"({left}) {word} {right}",
        inner,
        st.sampled_from(["and", "or"]),
        inner,
    ),
    max_leaves=5,
)


@given(conditions)
def test_a_marker_holds_where_it_holds_for_packaging_or_is_unparsed(written: str) -> None:
    try:
        wanted = Marker(written).evaluate({key: str(value) for key, value in HERE.items()})
    except Exception:  # packaging refuses comparisons in several ways
        assume(False)
    try:
        assert wanted == PROBE["Marker"](written, HERE).holds()
    except Unparsed:
        # Words cannot be ordered, and a text is no version: told, never guessed.
        assert any(part in written for part in ("<", ">=", "version", "release"))


@given(st.text("()'\"<>=!~ andornitpyhvesx._39", max_size=60))
def test_no_text_makes_a_marker_fail_in_another_way(text: str) -> None:
    try:
        PROBE["Marker"](text, HERE).holds()
    except Unparsed:
        return
    try:
        Marker(text)
    except InvalidMarker:
        # Names of before PEP 508 are the only thing more that is understood.
        assert "." in text


@pytest.mark.parametrize(
    ("line", "parts"),
    [
        ("numpy", ("numpy", "", "")),
        ("NumPy_x.y>=1.0", ("numpy-x-y", ">=1.0", "")),
        ("numpy (>=1.0,<2)", ("numpy", ">=1.0,<2", "")),
        ("requests[security,socks] >=2 ; extra == 'x'", ("requests", ">=2", "extra == 'x'")),
        ("pip @ https://example.org/p.zip ; os_name == 'nt'", ("pip", "", "os_name == 'nt'")),
        ("a;python_version<'3'", ("a", "", "python_version<'3'")),
        ("tensorboard<2.22,>=2.21", ("tensorboard", "<2.22,>=2.21", "")),
    ],
)
def test_a_requirement_is_taken_apart(line: str, parts: tuple[str, str, str]) -> None:
    assert parts == PROBE["parse_requirement"](line)


@pytest.mark.parametrize("line", ["", "-x", "a b", "a >", "a >=1 <2", "a ==", "a- >=1"])
def test_what_is_no_requirement_is_unparsed(line: str) -> None:
    with pytest.raises(Unparsed):
        PROBE["parse_requirement"](line)


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

    assert {
        "package.foo-bar": "1.0",
        "package.old": "1.5",
        "package.six": "1.16",
        "packages.count": 3,
        "packages.duplicates": ["old: 1.5 in site-packages, 0.9 in dist-packages"],
        "packages.missing": ["foo-bar 1.0 requires gone >=2, which is not installed"],
        "packages.conflicts": ["foo-bar 1.0 requires old >=2.0, but old 1.5 is installed"],
        "packages.wrong_python": ["foo-bar 1.0 requires Python >=99"],
        "packages.unparsed": [
            "empty-1.0.dist-info: no metadata",
            "~umpy-1.0.dist-info: left over from an interrupted installation",
            "foo-bar 1.0 requires bad >== 1: '>== 1' is not a version specifier",
        ],
    } == told(site, other)


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
