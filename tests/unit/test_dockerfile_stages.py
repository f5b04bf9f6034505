"""Stages and variables, by the builder's rules."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.dockerfiles.parsing import parse_dockerfile
from harness.dockerfiles.stages import Layout, image_uses, layout
from harness.dockerfiles.variables import UnknownValue
from harness.errors import DockerfileError
from tests.unit.test_dockerfile_parsing import PIECES, parsed


def laid(text: str, args: dict[str, str] | None = None, known: bool = False) -> Layout:
    images = {"x": {"BASE": "of the image", "A": "from the image"}} if known else None
    return layout(parsed(text), args or {}, images)


def at_end(found: Layout, word: str, stage: int = -1) -> str:
    """What a word is at the last instruction of a stage."""
    return found.stages[stage].steps[-1].scope.expand(word)


@pytest.mark.parametrize(
    ("text", "args", "image"),
    [
        ("ARG V=3.7\nFROM python:$V", {}, "python:3.7"),
        ("ARG V=3.7\nFROM python:${V}-slim", {"V": "3.8"}, "python:3.8-slim"),
        ("ARG V\nFROM python:${V:-3.6}", {}, "python:3.6"),
        ("ARG V=\nFROM python:${V:-3.6}", {}, "python:3.6"),
        ("ARG V=\nFROM python:${V:+x}3.6", {}, "python:3.6"),
        ("ARG A=1\nARG B=$A.2\nFROM p:$B", {}, "p:1.2"),
        ("ARG A=1\nARG B=$A.2\nFROM p:$B", {"A": "4"}, "p:4.2"),
        ('ARG I="a/b"\nFROM "$I"', {}, "a/b"),
        ("FROM x AS a\nFROM a\nRUN true", {}, ""),
    ],
)
def test_what_a_stage_is_of(text: str, args: dict[str, str], image: str) -> None:
    found = laid(text, args)
    assert () == found.problems
    assert image == found.stages[-1].image


def test_args_before_the_first_from_are_taken_up_by_a_bare_arg_alone() -> None:
    text = "ARG V=1\nFROM x\n{}RUN true\n"
    assert "1" == at_end(laid(text.format("ARG V\n"), known=True), "$V")
    assert "" == at_end(laid(text.format(""), known=True), "$V")
    assert "2" == at_end(laid(text.format("ARG V=2\n"), known=True), "$V")
    assert "3" == at_end(laid(text.format("ARG V=2\n"), {"V": "3"}, known=True), "$V")


def test_the_environment_wins_over_arguments_whatever_the_order() -> None:
    assert "e" == at_end(laid("FROM x\nENV A=e\nARG A=a\nRUN true\n", known=True), "$A")
    assert "from the image" == at_end(laid("FROM x\nARG A=a\nRUN true\n", known=True), "$A")
    assert "e" == at_end(laid("FROM x\nENV A=e\nRUN true\n", {"A": "given"}, known=True), "$A")


def test_one_env_sees_what_was_before_it() -> None:
    found = laid("FROM x\nENV A=1 B=$A\nENV C=$A$B\nRUN true\n", known=True)
    assert "1 from the image 1from the image" == at_end(found, '"$A $B $C"')


def test_a_stage_has_the_environment_of_the_stage_it_is_of_and_none_of_its_arguments() -> None:
    found = laid("FROM x AS a\nENV E=1\nARG G=2\nFROM a\nRUN true\n", known=True)
    assert 0 == found.stages[1].parent
    assert "1/of the image/" == at_end(found, "$E/$BASE/$G")


def test_what_an_image_sets_is_unknown_until_somebody_looked() -> None:
    found = laid("FROM x\nARG A=a\nRUN true\n")
    assert "a" == at_end(found, "$A"), "assumed, and judged again later"
    with pytest.raises(UnknownValue):
        at_end(found, "$BASE")
    assert "" == at_end(laid("FROM scratch\nRUN true\n"), "$BASE")


@pytest.mark.parametrize("word", ["${A%x}", "${A#*a}", "${A//a/b}", "${A:?no}", "${A", "${}"])
def test_substitutions_that_are_none_or_of_a_pattern_are_unknown(word: str) -> None:
    with pytest.raises(UnknownValue):
        at_end(laid("FROM scratch\nRUN true\n"), word)


def test_values_that_double_are_bounded() -> None:
    found = laid("FROM scratch\nENV A=aaaaaaaa\n" + "ENV A=$A$A\n" * 60 + "RUN true\n")
    with pytest.raises(UnknownValue):
        at_end(found, "$A")


@pytest.mark.parametrize(
    ("text", "line", "told"),
    [
        ("RUN x\nFROM y", 1, "only ARG"),
        ("# nothing\n", 1, "no FROM"),
        ("FROM $X", 1, "comes to nothing"),
        ("ARG X\nFROM p:$X", 2, "`p:`, which is no image"),
        ("FROM x\nFROM --platform=linux/${X%y} x", 2, "its platform is not known"),
        ("FROM x as", 1, "FROM IMAGE AS NAME"),
        ("FROM x AS 1", 1, "no name for a stage"),
        ("FROM a b c d", 1, "FROM IMAGE"),
        ("ARG A='a b'\nFROM $A", 2, "no image"),
        ("FROM ${X%y}", 1, "not known"),
    ],
)
def test_what_is_no_layout_is_told_with_its_line(text: str, line: int, told: str) -> None:
    found = laid(text)
    assert (line,) == tuple(one.line for one in found.problems)
    assert told in found.problems[0].message


def test_every_image_that_a_build_takes_something_from_is_found() -> None:
    found = laid(
        "FROM a AS one\nFROM b\nCOPY --from=one / /\nCOPY --from=0 / /\nCOPY --from=c / /\n"
        "RUN --mount=from=d,target=/d --mount=type=bind,from=one,target=/e true\n"
        "COPY --from=2 / /\nFROM scratch AS end\nCOPY --from=e /x /y\n"
    )
    assert ["a", "b", "c", "d", "2", "e"] == [use.image for use in image_uses(found)]
    assert ["a"] == [use.image for use in image_uses(found, "one")]
    assert [5, 6] == [u.instruction.line for u in image_uses(found) if u.image in ("c", "d")]


@given(st.lists(PIECES, max_size=40).map("".join), st.dictionaries(st.text(max_size=3), st.text()))
def test_untrusted_text_has_a_layout(text: str, args: dict[str, str]) -> None:
    try:
        dockerfile = parse_dockerfile(("FROM x\n" + text).encode("utf-8", "replace"), "Dockerfile")
    except DockerfileError:
        return
    for known in (None, {"x": {"A": "$B"}}):
        found = layout(dockerfile, args, known)
        assert found.stages
        assert all(use.image for use in image_uses(found))
