"""Parse a Dockerfile into values: instructions with their lines, flags, here-documents, directives.

The grammar is BuildKit's, read by a port of its parser. Input that the port may not handle (size,
depth) is refused before, or its errors are caught here, so that every text gives either
instructions or problems with lines.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from harness.errors import DockerfileError, Problem

if TYPE_CHECKING:
    from e2b_dockerfile_utils import DockerfileAst, DockerfileInstruction

MAX_BYTES = 1024**2
"""Bytes of a Dockerfile at most; a longer one is refused."""
_HEAD_LINE = 500
"""Characters of a comment at the top that are searched for a directive."""
_EXCERPT = 160
_DIRECTIVE = re.compile(r"#[ \t]*(syntax|escape|check)[ \t]*=[ \t]*(\S{1,300})", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True, slots=True)
class Flag:
    """One flag of an instruction: `--from=x` is ("from", "x")."""

    name: str
    value: str = ""

    def options(self) -> dict[str, str]:
        """A value of the form `type=cache,target=/x` as a mapping with keys in lower case.

        A key without `=` has an empty value. Later keys win, as for the builder.
        """
        found: dict[str, str] = {}
        for part in self.value.split(","):
            key, _, value = part.partition("=")
            if key.strip():
                found[key.strip().lower()] = value
        return found


@dataclass(frozen=True, kw_only=True, slots=True)
class Heredoc:
    """A here-document of an instruction."""

    name: str
    content: str
    expands: bool
    """Whether variables in it are replaced."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Instruction:
    """One instruction, with the lines that it occupies; lines count from 1."""

    name: str
    """In upper case."""
    line: int
    last_line: int
    text: str
    """Its lines as written, including here-documents, without the last line break."""
    joined: str
    """The instruction on one line: continuations joined, comments removed."""
    flags: tuple[Flag, ...] = ()
    arguments: tuple[str, ...] = ()
    """Its words; for ENV and LABEL in groups of three: name, value, and `=` or nothing."""
    is_json: bool = False
    """Whether its arguments are a JSON array, which no shell interprets."""
    heredocs: tuple[Heredoc, ...] = ()
    trigger: Instruction | None = None
    """For ONBUILD: the instruction for the builds of other images, with the lines of the ONBUILD
    itself."""

    def flag(self, name: str) -> str | None:
        """The value of a flag; None if it has no flag of that name."""
        found = [one.value for one in self.flags if one.name == name]
        return found[-1] if found else None

    @property
    def said(self) -> str:
        """The text after its name and flags."""
        words = self.joined.split(None, 1)
        rest = words[1].lstrip() if len(words) > 1 else ""
        for _ in self.flags:
            rest = rest.split(None, 1)[1] if len(rest.split(None, 1)) > 1 else ""
        return rest


@dataclass(frozen=True, kw_only=True, slots=True)
class Dockerfile:
    """A whole Dockerfile; `path` names it in problems."""

    path: str
    text: str
    instructions: tuple[Instruction, ...]
    escape: str = "\\"
    syntax: str = ""
    """The image that `# syntax=` names; empty if none."""
    syntax_line: int = 0

    def problem(
        self, message: str, instruction: Instruction | None = None, *, remedy: str = ""
    ) -> Problem:
        """A problem of an instruction, or, without one, of the file as a whole."""
        line = instruction.line if instruction else 1
        return self.problem_at(line, message, remedy=remedy)

    def problem_at(self, line: int, message: str, *, remedy: str = "") -> Problem:
        """A problem in a line."""
        return _problem(self.path, self.text.split("\n"), line, message, remedy)


def parse_dockerfile(data: bytes, path: str) -> Dockerfile:
    """Parse a Dockerfile. Raises DockerfileError, with the line, for text that is none."""
    text = _decoded(data, path)
    lines = text.split("\n")
    try:
        tree = _tree(_without_long_comments(text))
    except (ValueError, RecursionError) as error:
        line = getattr(error, "line", None) or 1
        raise DockerfileError([_problem(path, lines, line, _reason(error), "")]) from None
    escape = tree.escape_token
    made = [_instruction(one, lines, escape) for one in tree.instructions]
    syntax, where = _syntax(lines)
    return Dockerfile(
        path=path,
        text=text,
        instructions=tuple(made),
        escape=escape,
        syntax=syntax,
        syntax_line=where,
    )


def triggers(texts: tuple[str, ...], image: str) -> Dockerfile:
    """The instructions that an image adds to every build on it (its ONBUILD), one on each line.

    Raises DockerfileError as `parse_dockerfile`.
    """
    whole = "\n".join(" ".join(text.split("\n")) for text in texts)
    return parse_dockerfile(whole.encode("utf-8", "backslashreplace"), f"ONBUILD of {image}")


def _decoded(data: bytes, path: str) -> str:
    if len(data) > MAX_BYTES:
        message = f"a Dockerfile of more than {MAX_BYTES // 1024} KiB is not read"
        raise DockerfileError([Problem(message=message, path=path, line=1, column=1)])
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        message = "this is not UTF-8"
        raise DockerfileError([Problem(message=message, path=path, line=line, column=1)]) from None
    if "\x00" in text:
        line = text[: text.index("\x00")].count("\n") + 1
        message = "there is a NUL character here"
        raise DockerfileError([Problem(message=message, path=path, line=line, column=1)])
    return text.removeprefix("\ufeff")


def _tree(text: str) -> DockerfileAst:
    from e2b_dockerfile_utils import parse_dockerfile_ast

    return parse_dockerfile_ast(text)


def _without_long_comments(text: str) -> str:
    """The text with the comments at its top shortened.

    The parser looks for directives there, in a time that grows with the square of a comment's
    length.
    """
    lines = text.split("\n")
    for number, line in enumerate(lines):
        if not line.lstrip().startswith("#"):
            break
        lines[number] = line[:_HEAD_LINE]
    return "\n".join(lines)


def _reason(error: BaseException) -> str:
    if isinstance(error, RecursionError):
        return "this is nested too deep"
    text = str(error)
    return re.sub(r"^Dockerfile parse error(?: on line \d+)?: ", "", text)[:300]


def _instruction(one: DockerfileInstruction, lines: list[str], escape: str) -> Instruction:
    made = Instruction(
        name=one.name,
        line=one.start_line,
        last_line=one.end_line,
        text="\n".join(lines[one.start_line - 1 : one.end_line]).rstrip("\r"),
        joined=one.original,
        flags=tuple(_flag(text) for text in one.flags),
        arguments=tuple(one.args),
        is_json=one.json,
        heredocs=tuple(
            Heredoc(name=each.name, content=each.content, expands=each.expand)
            for each in one.heredocs
        ),
    )
    return replace(made, trigger=_trigger(made, escape)) if one.name == "ONBUILD" else made


def _flag(text: str) -> Flag:
    name, _, value = text.removeprefix("--").partition("=")
    return Flag(name=name.lower(), value=value)


def _trigger(instruction: Instruction, escape: str) -> Instruction | None:
    rest = instruction.joined.split(None, 1)
    if len(rest) < 2:
        return None
    head = f"# escape={escape}\n"
    try:
        tree = _tree(head + rest[1])
    except (ValueError, RecursionError):
        return None
    if len(tree.instructions) != 1:
        return None
    inner = _instruction(tree.instructions[0], ["", rest[1]], escape)
    return replace(
        inner, line=instruction.line, last_line=instruction.last_line, text=instruction.text
    )


def _syntax(lines: list[str]) -> tuple[str, int]:
    """(image, line) of `# syntax=` among the directives at the top; ("", 0) if there is none."""
    for number, line in enumerate(lines, 1):
        found = _DIRECTIVE.match(line.strip()[:_HEAD_LINE])
        if found is None:
            return "", 0
        if found[1].lower() == "syntax":
            return found[2], number
    return "", 0


def _problem(path: str, lines: list[str], line: int, message: str, remedy: str) -> Problem:
    excerpt = lines[line - 1].rstrip("\r") if 0 < line <= len(lines) else ""
    shown = excerpt.expandtabs(1)[:_EXCERPT]
    column = len(shown) - len(shown.lstrip()) + 1
    return Problem(
        message=message,
        path=path,
        line=line,
        column=column,
        excerpt=shown,
        length=len(shown.strip()),
        remedy=remedy,
    )
