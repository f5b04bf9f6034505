"""A Dockerfile as values: every text gives instructions with their lines, or a problem with one."""

from __future__ import annotations

import string
from contextlib import suppress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from harness.dockerfiles.parsing import MAX_BYTES, Dockerfile, parse_dockerfile, triggers
from harness.errors import DockerfileError

WORDS = ("FROM", "RUN", "COPY", "ADD", "ENV", "ARG", "ONBUILD", "CMD", "LABEL", "HEALTHCHECK")
MARKS = (" ", "\n", "\\\n", "\\", "`", "$", "${", "}", ":-", "<<EOF", "<<-'E'", "EOF", "E", '"')
MORE = ("'", "[", "]", '["a", "b"]', "#", "# escape=`\n", "# syntax=x\n", "--from=", "--mount=")
LETTERS = (
    "=",
    "\t",
    "\r\n",
    "\ufeff",
    "é",
    "🐳",
    "\u2028",
    "a",
    "0",
    "<<<",
    "%",
    "/",
    "as",
    "AS x",
)
PIECES = st.sampled_from((*WORDS, *MARKS, *MORE, *LETTERS))


def parsed(text: str) -> Dockerfile:
    return parse_dockerfile(text.encode(), "Dockerfile")


def test_instructions_have_their_lines_and_what_they_say() -> None:
    found = parsed(
        "# a comment\n\nFROM python:3.7 AS one\nRUN apt-get update \\\n"
        "  # in between\n  && true\nCOPY --from=one --chown=1:1 /a /b\n"
    )
    said = [(one.name, one.line, one.last_line) for one in found.instructions]
    assert [("FROM", 3, 3), ("RUN", 4, 6), ("COPY", 7, 7)] == said
    _, run, copy = found.instructions
    assert "RUN apt-get update \\\n  # in between\n  && true" == run.text
    assert "apt-get update   && true" == run.said
    assert ("one", "1:1", None) == (copy.flag("from"), copy.flag("chown"), copy.flag("chmod"))
    assert ("/a", "/b") == copy.arguments


def test_here_documents_belong_to_their_instruction() -> None:
    found = parsed("FROM x\nRUN <<A cat && <<-'B' cat\nFROM y\nA\n\techo $x\n\tB\nCMD true\n")
    run, command = found.instructions[1:]
    assert [("A", "FROM y\n", True), ("B", "\techo $x\n", False)] == [
        (one.name, one.content, one.expands) for one in run.heredocs
    ]
    assert (2, 6, 7) == (run.line, run.last_line, command.line)
    assert run.text.endswith("\tB")


def test_the_directives_at_the_top_hold_and_later_ones_are_comments() -> None:
    found = parsed(
        "# escape=`\n# syntax=docker/dockerfile:1.4\nFROM x\nRUN a `\n  b\nRUN c\\\nRUN d"
    )
    assert ("`", "docker/dockerfile:1.4", 2) == (found.escape, found.syntax, found.syntax_line)
    assert ["FROM", "RUN", "RUN", "RUN"] == [one.name for one in found.instructions]
    assert "" == parsed("FROM x\n# syntax=docker/dockerfile:1\n").syntax


def test_exec_form_and_what_only_looks_like_it() -> None:
    found = parsed("FROM x\nCMD [\"a\", \"b\"]\nCMD ['a', 'b']\n")
    _, real, shell = found.instructions
    assert (True, ("a", "b")) == (real.is_json, real.arguments)
    assert (False, ("['a', 'b']",)) == (shell.is_json, shell.arguments)


def test_a_mount_is_read_by_its_keys() -> None:
    found = parsed("FROM x\nRUN --mount=type=bind,from=y,Target=/z,ro --network=none true\n")
    mount, network = found.instructions[1].flags
    assert {"type": "bind", "from": "y", "target": "/z", "ro": ""} == mount.options()
    assert ("network", "none") == (network.name, network.value)
    assert "true" == found.instructions[1].said


def test_what_an_image_triggers_is_read_as_instructions() -> None:
    onbuild = parsed("FROM x\nONBUILD ADD http://a.example/x /\n").instructions[1]
    assert onbuild.trigger is not None
    assert ("ADD", 2) == (onbuild.trigger.name, onbuild.trigger.line)
    assert ["ADD", "RUN"] == [one.name for one in triggers(("ADD a /", "RUN b"), "x").instructions]


@pytest.mark.parametrize(
    ("data", "line", "told"),
    [
        (b"FROM x\nFORM y\n", 2, "unknown instruction: FORM"),
        (b"FROM x\nRUN <<EOF\nx\n", 2, "unterminated heredoc"),
        (b"FROM x\n\nENV a\n", 3, "ENV must have two arguments"),
        (b"# escape=x\nFROM y\n", 1, "invalid escape token"),
        (b"FROM x\nRUN \xff\n", 2, "not UTF-8"),
        (b"FROM x\nRUN \x00\n", 2, "NUL"),
        (b"FROM x\nRUN " + b"[" * 100_000 + b"\n", 1, "too deep"),
        (b"#" * (MAX_BYTES + 1), 1, "not read"),
    ],
)
def test_what_is_no_dockerfile_is_told_with_its_line(data: bytes, line: int, told: str) -> None:
    with pytest.raises(DockerfileError) as raised:
        parse_dockerfile(data, "my/Dockerfile")
    (problem,) = raised.value.problems
    assert ("my/Dockerfile", line) == (problem.path, problem.line)
    assert told in problem.message


def test_a_long_comment_at_the_top_takes_no_time() -> None:
    """The square of its length would be hours."""
    assert parsed("# a = b" + " " * 900_000 + "c\nFROM x\n").instructions[0].line == 2


@given(st.lists(PIECES, max_size=60).map("".join) | st.text(max_size=300))
@example("FROM x\nRUN <<" + "9" * 5000 + "<<EOF\nEOF")
@example("FROM x\nRUN 99999999999999999999<<EOF\nEOF\n")
@example("\ufeffFROM x")
def test_untrusted_text_gives_instructions_or_problems(text: str) -> None:
    lines = text.encode("utf-8", "replace").decode().split("\n")
    try:
        found = parse_dockerfile(text.encode("utf-8", "replace"), "Dockerfile")
    except DockerfileError as error:
        told = [one.line for one in error.problems]
        found = None
    if found is None:
        assert all(1 <= line <= len(lines) for line in told)
        return
    before = 0
    for one in found.instructions:
        assert before < one.line <= one.last_line <= len(lines)
        assert one.text.strip()
        assert isinstance(one.said, str)
        before = one.last_line


@given(st.binary(max_size=200))
def test_untrusted_bytes_do_too(data: bytes) -> None:
    with suppress(DockerfileError):
        assert parse_dockerfile(data, "Dockerfile").path == "Dockerfile"


@given(
    st.lists(
        st.tuples(
            st.sampled_from(("RUN", "WORKDIR", "USER")),
            st.text(string.ascii_letters + " /-", min_size=1).filter(lambda text: text.strip()),
            st.integers(0, 3),
        ),
        min_size=1,
        max_size=10,
    )
)
def test_lines_are_counted_over_blanks_and_comments(
    wanted: list[tuple[str, str, int]],
) -> None:
    lines = ["FROM x"]
    at = []
    for name, rest, blanks in wanted:
        lines += ["", "# comment"][: blanks % 3]
        lines.append(f"{name} {rest}")
        at.append(len(lines))
    found = parsed("\n".join(lines))
    assert at == [one.line for one in found.instructions[1:]]
