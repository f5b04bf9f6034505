"""What `harness.suite.words` reads of a requirement by itself is what `packaging` reads."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from harness.suite.words import plain_requirement

WORDS = st.from_regex(r"[A-Za-z0-9._-]{1,8}", fullmatch=True)
VERSIONS = st.from_regex(r"[0-9]{1,4}(\.[0-9a-z*]{1,3}){0,3}", fullmatch=True)
TEXTS = st.builds(
    "".join,
    st.tuples(
        WORDS,
        st.one_of(st.just(""), WORDS.map("[{}]".format), WORDS.map("[a,{}]".format)),
        st.sampled_from(("", "==", "<=", ">=", "<", ">", "~=", "===", "!=", "=")),
        st.one_of(st.just(""), VERSIONS),
    ),
)


@given(TEXTS | st.text(max_size=12))
@example("Werkzeug==0.16.1")
@example("tensorflow[and-cuda]==2.18.1")
@example("a==1\n")
@example("a==1.*")
def test_packaging_reads_the_same(text: str) -> None:
    found = plain_requirement(text)

    if found is not None:
        wanted = Requirement(text)
        assert (canonicalize_name(wanted.name), str(wanted.specifier), None, None) == (
            found[0],
            found[1] + found[2],
            wanted.url,
            wanted.marker,
        )


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("numpy<2", ("numpy", "<", "2")),
        ("Some_Name.x==1.2.3", ("some-name-x", "==", "1.2.3")),
        ("setuptools", ("setuptools", "", "")),
        ("tensorflow[and-cuda]==2.18.1", ("tensorflow", "==", "2.18.1")),
    ],
)
def test_plain_ones_are_read(text: str, found: tuple[str, str, str]) -> None:
    assert found == plain_requirement(text)


@pytest.mark.parametrize(
    "text", ["", "a==1,<2", "a~=1.0", "a; python_version<'3'", "a @ file:///x", "-a==1", "a==1.*"]
)
def test_others_are_left_to_packaging(text: str) -> None:
    assert plain_requirement(text) is None
