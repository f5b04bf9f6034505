"""A resolved Dockerfile: images by what was resolved, everything else as it is written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.dockerfiles.parsing import parse_dockerfile
from harness.dockerfiles.rendering import Resolved, render
from harness.dockerfiles.stages import image_uses, layout
from harness.errors import DockerfileError
from tests.unit.test_dockerfile_parsing import PIECES, parsed


def rendered(text: str, labels: dict[str, str] | None = None) -> Resolved:
    dockerfile = parsed(text)
    found = layout(dockerfile, {})
    images = {use.image: f"sha256:{number:064x}" for number, use in enumerate(image_uses(found))}
    return render(dockerfile, found, images, labels)


def test_images_are_named_by_what_was_resolved() -> None:
    made = rendered(
        "ARG V=3.7\nFROM --platform=$BUILDPLATFORM python:$V AS Build\nRUN a \\\n  # why\n  && b\n"
        "FROM debian\nCOPY --from=build /a /b\n"
        "COPY --chown=1:1 --from=busybox:1 /a /from=busybox:1\n"
        ""
        "RUN --mount=type=bind,from=alpine,target=/x --mount=from=build,target=/y cat /x\n"
    )
    one, two, three, four = (f"sha256:{number:064x}" for number in range(4))
    assert made.text == (
        f"ARG V=3.7\nFROM {one} AS build\nRUN a \\\n  # why\n  && b\nFROM {two}\n"
        f"COPY --from=build /a /b\nCOPY --chown=1:1 --from={three} /a /from=busybox:1\n"
        f"RUN --mount=type=bind,from={four},target=/x --mount=from=build,target=/y cat /x\n"
    )
    assert [1, 2, 3, 6, 7, 8, 9] == [step.line for step in made.steps]


def test_directives_and_here_documents_stay() -> None:
    text = "# escape=`\nFROM x\nCOPY <<'EOF' /a\n# no comment\nFROM y\nEOF\nRUN a `\n b\n"
    assert text.replace("FROM x", f"FROM sha256:{0:064x}") == rendered(text).text


def test_every_stage_gets_the_labels_in_lines_that_are_of_no_line() -> None:
    made = rendered("FROM a AS one\nFROM scratch\nCOPY --from=one / /\n", {"k": "v"})
    assert ["FROM", "LABEL", "FROM", "LABEL", "COPY"] == [step.name for step in made.steps]
    assert [1, 0, 2, 0, 3] == [step.line for step in made.steps]
    assert 'LABEL "k"="v"' == made.steps[1].text


@pytest.mark.parametrize(
    "text",
    ["FROM a\nCOPY --fr\\\nom=b / /\n", "FROM a\nRUN --mount=type=bind,fr\\om=b,target=/x true\n"],
)
def test_an_image_that_is_named_so_that_it_cannot_be_replaced_is_an_error(text: str) -> None:
    with pytest.raises(DockerfileError) as raised:
        rendered(text)
    assert 2 == raised.value.problems[0].line


@given(st.lists(PIECES, max_size=40).map("".join))
def test_no_image_gets_through_unresolved(text: str) -> None:
    try:
        dockerfile = parse_dockerfile(("FROM x\n" + text).encode("utf-8", "replace"), "D")
        found = layout(dockerfile, {})
        if found.problems:
            return
        made = render(dockerfile, found, {use.image: "sha256:ab" for use in image_uses(found)})
    except DockerfileError:
        return
    again = layout(parse_dockerfile(made.text.encode(), "D"), {})
    assert {"sha256:ab"} >= {use.image for use in image_uses(again)}
    assert len(found.stages) == len(again.stages)
    assert [step.name for step in made.steps] == [
        one.name for one in parse_dockerfile(made.text.encode(), "D").instructions
    ]
