"""Requirements that a probe found are judged by `packaging`, for the Python they were found in."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.compare.facts import merge
from harness.compare.requirements import judged
from harness.model import Fact
from tests.unit.builders import PACKAGES, record

HERE: dict[str, Fact] = {
    f"requirements.marker.{name}": value
    for name, value in {
        "implementation_name": "cpython",
        "implementation_version": "2.7.18",
        "os_name": "posix",
        "platform_machine": "x86_64",
        "platform_python_implementation": "CPython",
        "platform_release": "6.1",
        "platform_system": "Linux",
        "platform_version": "#1 SMP",
        "python_full_version": "2.7.18",
        "python_version": "2.7",
        "sys_platform": "linux2",
    }.items()
}
"""Of another Python than the one that judges."""


def of(*lines: str, listed: bool = False, **packages: str) -> dict[str, Fact]:
    """The facts of an environment in which `me` requires `lines`."""
    kind = "listed" if listed else "of"
    return {
        **HERE,
        "package.me": "1.0",
        f"requirements.{kind}.me": lines,
        **{f"package.{name}": version for name, version in packages.items()},
    }


@pytest.mark.parametrize(
    ("line", "numpy", "kind"),
    [
        ("numpy", "1.0", ""),
        ("NumPy>=1.0", "1.0", ""),
        ("numpy (>=1.0,<2)", "2.0", "conflicts"),
        ("numpy<2", "2.0rc1", "conflicts"),
        ("numpy[fast]~=1.4 ; extra == 'x'", "9", ""),
        ("numpy @ https://example.org/n.zip", "9", ""),
        ("absent ; python_version < '3'", "1", "missing"),
        ("absent ; python_version >= '3'", "1", ""),
        ("absent ; sys.platform == 'linux2'", "1", "missing"),
        ("numpy>=1", "1.0-dev-unknown", "unparsed"),
        ("numpy >== 1", "1", "unparsed"),
        ("-x", "1", "unparsed"),
        ("numpy===1.0-dev-unknown", "1.0-dev-unknown", ""),
        ("a ; " + "(" * 150 + "os_name == 'posix'" + ")" * 150, "1", "missing"),
        ("a ; " + "(" * 900, "1", "unparsed"),
    ],
)
def test_a_requirement_is_held_against_what_is_installed(line: str, numpy: str, kind: str) -> None:
    held = judged(of(line, numpy=numpy))
    assert {"packages." + kind} - {"packages."} == {name for name, told in held.items() if told}


def test_the_sections_of_a_requires_txt_are_understood() -> None:
    lines = ("six>=2", "# a comment", "[:python_version >= '3']", "absent", "[more]", "option")
    held = judged(of(*lines, listed=True, six="1.16"))
    assert ("me 1.0 requires six >=2, but six 1.16 is installed",) == held["packages.conflicts"]
    assert () == held["packages.missing"]
    assert () == held["packages.unparsed"]


def test_a_distribution_for_another_python_is_told() -> None:
    held = judged({**of(), "requirements.python.me": ">=3.6"})
    assert ("me 1.0 requires Python >=3.6",) == held["packages.wrong_python"]


def test_what_comes_of_the_requirements_is_among_the_facts_of_a_cell() -> None:
    new = record("packages", of("absent"))
    old = replace(new, facts={**new.facts, "packages.missing": ("as it was judged",)})
    assert ("me 1.0 requires absent, which is not installed",) == merge([PACKAGES], [new])[
        "packages.missing"
    ].value
    assert ("as it was judged",) == merge([PACKAGES], [old])["packages.missing"].value
    assert "packages.missing" not in merge([PACKAGES], [record("packages", {"package.a": "1"})])


@given(
    st.lists(st.text("()'\"<>=!~;,@[] andornitpyhvesx._39#", max_size=60), max_size=4),
    st.text(max_size=20),
    st.booleans(),
)
def test_no_text_makes_judging_fail(lines: list[str], text: str, listed: bool) -> None:
    facts = of(*lines, listed=listed, numpy=text)
    facts["requirements.python.numpy"] = text
    facts["requirements.marker.python_version"] = text
    judged(facts)
