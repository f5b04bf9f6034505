"""The problems found in a Dockerfile, as text, as Markdown and as values for a program."""

from __future__ import annotations

from collections.abc import Iterator

from harness.check.dockerfile.checked import DockerfileFinding, DockerfilePage, DockerfileWeight
from harness.formats.answers import Reply
from harness.text import clean_line

_SAID = {
    DockerfileWeight.BREAKS: "breaks",
    DockerfileWeight.DRIFTS: "drifts",
    DockerfileWeight.NOTE: "note",
}


def dockerfile_reply(page: DockerfilePage) -> Reply:
    """The reply to print; untrusted text in it is cleaned and bounded."""
    return Reply(text="\n".join(_lines(page)) + "\n", tree=_tree(page))


def _lines(page: DockerfilePage) -> Iterator[str]:
    counted = ", ".join(
        f"{count} {_SAID[weight]}"
        for weight in DockerfileWeight
        if (count := sum(one.weight is weight for one in page.findings))
    )
    yield f"{clean_line(page.path)}: {counted or 'no known problem'}"
    before = 0
    for one in page.findings:
        if one.line != before:
            yield ""
            yield f"  line {one.line}: {clean_line(page.excerpts.get(one.line, ''), 120)}"
            before = one.line
        yield from _finding(one)
    for notice in page.notices:
        yield ""
        yield f"  not checked: {clean_line(notice)}"


def _finding(one: DockerfileFinding) -> Iterator[str]:
    yield f"    {_SAID[one.weight]:<7} {clean_line(one.message)}"
    if one.remedy:
        yield f"            do: {clean_line(one.remedy)}"
    if one.explain:
        yield f"            more: harness explain {one.explain}"


def _tree(page: DockerfilePage) -> dict[str, object]:
    return {
        "dockerfile": clean_line(page.path),
        "exit": int(page.exit),
        "findings": [
            {
                "weight": one.weight.value,
                "line": one.line,
                "said": clean_line(page.excerpts.get(one.line, ""), 400),
                "message": clean_line(one.message),
                "remedy": clean_line(one.remedy),
                "source": clean_line(one.source),
                "explain": one.explain,
            }
            for one in page.findings
        ],
        "not_looked_at": [clean_line(one) for one in page.notices],
    }
