"""Which builder takes a Dockerfile, what is heard of it, and what its images are judged by."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.dockerfiles.context import (
    context_digest,
    find_context,
    kept_ignore,
    write_beside,
    write_tar,
)
from harness.dockerfiles.needs import Feature, builder_needs
from harness.dockerfiles.rendering import Resolved, render
from harness.dockerfiles.rules import Allowed
from harness.dockerfiles.stages import image_uses, layout
from harness.engines.oci.building import OUTPUT_BYTES
from harness.engines.oci.capabilities import DOCKER, PODMAN, Capabilities
from harness.engines.oci.dockerfile.asked import BuildAsked
from harness.engines.oci.dockerfile.choice import BuilderKind, choose
from harness.engines.oci.dockerfile.log import LAST_LINES, BuildLog, failure
from harness.engines.oci.dockerfile.over_api import _messages
from harness.engines.oci.dockerfile.over_client import _unpacked
from harness.engines.oci.dockerfile.sources import SourceImage, judged_again
from harness.errors import DockerfileError
from harness.model import DockerfileRecipe, Profile
from tests.unit.test_dockerfile_parsing import parsed

OLD: Mapping[str, Any] = {"ServerVersion": "20.10.24+dfsg1"}
NEW: Mapping[str, Any] = {"ServerVersion": "28.0.1"}
TWO_STAGES = """ARG V
FROM x AS one
RUN true
FROM y
ENV A=1
COPY --from=one / /
RUN false \\
  && true
"""


def needs_of(text: str) -> tuple[Any, ...]:
    dockerfile = parsed(text)
    return builder_needs(dockerfile, layout(dockerfile, {}), "")


def resolved(text: str = TWO_STAGES) -> Resolved:
    dockerfile = parsed(text)
    found = layout(dockerfile, {})
    images = {use.image: f"sha256:{use.image * 3}" for use in image_uses(found)}
    return render(dockerfile, found, images, {"k": "v"})


PLAIN = "FROM x\nRUN true\n"
MOUNT = "FROM x\nRUN --mount=type=bind,target=/x true\n"
SECRET = "FROM x\nRUN --mount=type=secret,id=a true\n"
HEREDOC = "FROM x\nRUN <<EOF\ntrue\nEOF\n"
LINK = "FROM x\nCOPY --link a /\n"


@pytest.mark.parametrize(
    ("text", "row", "info", "kind"),
    [
        (PLAIN, DOCKER, OLD, BuilderKind.CLASSIC),
        (PLAIN, PODMAN, {"ServerVersion": "4.3.1"}, BuilderKind.PODMAN),
        (MOUNT, DOCKER, OLD, BuilderKind.BUILDKIT),
        (MOUNT, PODMAN, {"ServerVersion": "4.3.1"}, BuilderKind.PODMAN),
        (SECRET, DOCKER, OLD, BuilderKind.BUILDKIT),
        (SECRET, PODMAN, {"ServerVersion": "5.0.0"}, None),
        (HEREDOC, DOCKER, OLD, None),
        (HEREDOC, DOCKER, NEW, BuilderKind.BUILDKIT),
        (HEREDOC, DOCKER, {}, None),
        (HEREDOC, PODMAN, {"ServerVersion": "4.3.1"}, None),
        (HEREDOC, PODMAN, {"ServerVersion": "5.0.0"}, BuilderKind.PODMAN),
        (LINK, DOCKER, OLD, BuilderKind.BUILDKIT),
        (f"# syntax=docker/dockerfile:1.4\n{HEREDOC}", DOCKER, OLD, BuilderKind.BUILDKIT),
        (f"# syntax=docker/dockerfile:1.4\n{PLAIN}", PODMAN, {}, None),
    ],
)
def test_a_builder_is_taken_that_can_read_it(
    text: str, row: Capabilities, info: Mapping[str, Any], kind: BuilderKind | None
) -> None:
    found = choose(row, info, needs_of(text), lambda: "")
    assert kind == found.kind
    if kind is None:
        assert "line " in found.why_not
    else:
        assert ("memory" in found.unbounded) == (kind is BuilderKind.BUILDKIT)
        assert "number of processes" in found.told


def test_without_buildkit_nothing_that_needs_it_is_built() -> None:
    found = choose(DOCKER, OLD, needs_of(MOUNT), lambda: "nobody has it")
    assert (None, True) == (found.kind, "line 2" in found.why_not)
    assert BuilderKind.CLASSIC is choose(DOCKER, OLD, needs_of(PLAIN), lambda: "no").kind


def test_needs_are_of_the_stages_that_are_built_but_for_here_documents() -> None:
    text = "FROM x AS a\nRUN true\nFROM y\nRUN --mount=target=/x true\nRUN <<E\nE\n"
    dockerfile = parsed(text)
    found = builder_needs(dockerfile, layout(dockerfile, {}), "a")
    assert [(Feature.HEREDOC, 5)] == [(one.feature, one.line) for one in found]


CLASSIC = """Step 1/9 : ARG V
 ---> Running in 0123456789ab
Step 2/9 : FROM sha256:xxx AS one
Step 3/9 : LABEL "k"="v"
Step 4/9 : RUN true
Step 9/9 : RUN lied
Step 5/9 : FROM sha256:yyy
Step 6/9 : LABEL "k"="v"
Step 7/9 : ENV A=1
Step 8/9 : COPY --from=one / /
Step 9/9 : RUN false   && true
oops
"""
PODMAN_SAID = """[1/2] STEP 1/3: FROM x AS one
[1/2] STEP 2/3: LABEL "k"="v"
[1/2] STEP 3/3: RUN true
[2/2] STEP 1/5: FROM y
[2/2] STEP 2/5: LABEL "k"="v"
[2/2] STEP 3/5: ENV A=1
[2/2] STEP 4/5: COPY --from=one / /
[2/2] STEP 5/5: RUN false   && true
oops
"""
BUILDKIT_SAID = """#5 [one 1/2] FROM docker.io/library/x
#6 [one 2/2] RUN true
#7 [stage-1 2/3] COPY --from=one / /
#8 [stage-1 3/3] RUN false   && true
#8 0.1 oops
#8 ERROR: executor failed running [/bin/sh -c false   && true]: exit code: 1
------
"""


@pytest.mark.parametrize("said", [CLASSIC, PODMAN_SAID, BUILDKIT_SAID])
def test_the_step_that_failed_is_told_by_its_line(said: str) -> None:
    out = io.StringIO()
    log = BuildLog(out, resolved())
    for begin in range(0, len(said), 7):
        assert log.hear(said[begin : begin + 7])
    log.close()
    told = failure(log, "it returned a non-zero code: 1", "box/Dockerfile")
    assert told.startswith("box/Dockerfile:7: RUN false \\\nit returned a non-zero code: 1\n")
    assert "oops" in told
    assert said == out.getvalue()


def test_what_a_builder_says_of_a_line_is_told_of_the_original() -> None:
    log = BuildLog(io.StringIO(), resolved())
    # ARG, FROM, LABEL, RUN, FROM, LABEL, ENV, COPY: line 8 of what it got
    told = failure(log, "Dockerfile parse error line 8: Unknown flag: from", "D")
    assert told.startswith("D:6: COPY --from=one / /")
    assert failure(log, "parse error line 999: x", "D").startswith("parse error")
    assert failure(log, "parse error line 3: x", "D").startswith("parse error"), "ours has no line"


def test_a_log_is_bounded_and_holds_no_secret() -> None:
    out = io.StringIO()
    log = BuildLog(out, resolved(), ["hunter22\nsecond line", "abc"])
    assert log.hear("it is hunter22, and second line, abc\n")
    assert "it is (a secret), and (a secret), abc\n" == out.getvalue()
    assert "hunter22" not in failure(log, "hunter22", "D")
    assert all(log.hear("x\n") for _ in range(100))
    assert LAST_LINES == len(log.last)
    assert not log.hear("y" * OUTPUT_BYTES)
    assert not log.hear("y" * OUTPUT_BYTES)
    assert len(out.getvalue()) < 2 * OUTPUT_BYTES


@given(st.lists(st.text(max_size=30) | st.sampled_from(CLASSIC.splitlines()), max_size=40))
def test_whatever_is_said_gives_a_step_or_none(said: list[str]) -> None:
    log = BuildLog(io.StringIO(), resolved(), ["s3cret"])
    log.hear("\n".join(said))
    log.close()
    assert log.step("\n".join(said)) in (*resolved().steps, None)


class Answer:
    """An engine's answer, in pieces."""

    def __init__(self, *pieces: bytes) -> None:
        self.raw = self
        self._pieces = pieces

    def stream(self, _: object, decode_content: bool) -> Iterator[bytes]:
        assert decode_content
        return iter(self._pieces)


@pytest.mark.parametrize("size", [1, 3, 1000])
def test_messages_are_told_apart_whatever_the_pieces(size: int) -> None:
    whole = b'{"stream":"a\\nb"}\r\n{"aux":{"ID":"x"}}\n[1]\n{"error":"e"}'
    pieces = [whole[n : n + size] for n in range(0, len(whole), size)]
    found = list(_messages(Answer(*pieces)))  # type: ignore[arg-type]
    assert [{"stream": "a\nb"}, {"aux": {"ID": "x"}}, {}, {"error": "e"}] == found


def image(name: str, onbuild: tuple[str, ...] = (), **environment: str) -> SourceImage:
    return SourceImage(name=name, id="sha256:1", told="", environment=environment, onbuild=onbuild)


def judged(text: str, *images: SourceImage, network: bool = False) -> list[str]:
    recipe = DockerfileRecipe(text=text, context="", network=network)
    try:
        judged_again(parsed(text), recipe, images, Allowed(network=network))
    except DockerfileError as error:
        return [f"{one.path}:{one.line}" for one in error.problems]
    return []


def test_what_images_set_and_trigger_is_judged_when_it_is_known() -> None:
    text = "FROM x\nARG U=a.txt\nADD $U /\n"
    assert [] == judged(text, image("x"))
    assert ["Dockerfile:3"] == judged(text, image("x", U="http://127.0.0.1/"), network=True)
    assert ["ONBUILD of x:2"] == judged(
        "FROM x\n", image("x", ("RUN true", "ADD http://10.0.0.1/ /")), network=True
    )
    assert ["ONBUILD of x:1"] == judged("FROM x\n", image("x", ("ADD https://a.example/ /",)))
    hidden = ("ENV V=http://127.0.0.1/", "ADD $V /")
    assert ["ONBUILD of x:2"] == judged("FROM x\n", image("x", hidden), network=True)
    assert ["Dockerfile:2"] == judged("FROM x\nADD $V /\n", image("x", hidden[:1]), network=True)


def test_a_name_that_stands_for_the_inside_is_refused_when_a_build_begins(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    known = {"in.example.org": "127.0.0.1", "out.example.org": "9.9.9.9"}

    def resolve(host: str, *_: object, **__: object) -> list[Any]:
        if host not in known:
            raise OSError("nobody knows it")
        return [(2, 1, 6, "", (known[host], 0))]

    monkeypatch.setattr("harness.engines.oci.dockerfile.sources.socket.getaddrinfo", resolve)
    text = "FROM x\nADD http://out.example.org/ /\nADD http://in.example.org/ /\n"
    text += "ADD http://lost.example.org/ /\n"
    assert ["Dockerfile:3"] == judged(text, image("x"), network=True)


def test_buildkit_gets_the_context_without_what_was_put_behind_it(tmp_path: Path) -> None:
    folder, out = tmp_path / "context", tmp_path / "out"
    (folder / "b").mkdir(parents=True)
    out.mkdir()
    (folder / "b/a.sh").write_text("a", "utf-8")
    (folder / "b/a.sh").chmod(0o755)
    (folder / ".dockerignore").write_text("left-out\n", "utf-8")
    (folder / "link").symlink_to("/etc/passwd")
    context = find_context(folder, folder / "Dockerfile")
    tar = io.BytesIO()
    write_tar(context, tar)
    write_beside(tar, ".own", b"FROM y\n", kept_ignore(context))
    tar.seek(0)
    asked = BuildAsked(
        tar=tar,
        dockerfile=".own",
        name="x",
        labels={},
        args=(),
        target="",
        network=False,
        fresh=False,
        profile=Profile(),
        secrets={},
        log=BuildLog(io.StringIO(), resolved()),
    )
    dockerfile, unpacked = _unpacked(asked, out)
    assert "FROM y\n" == dockerfile.read_text("utf-8")
    assert [".dockerignore", "b", "b/a.sh", "link"] == sorted(
        str(path.relative_to(unpacked)) for path in unpacked.rglob("*")
    )
    assert "left-out\n" == (unpacked / ".dockerignore").read_text("utf-8")
    assert (unpacked / "link").is_symlink()
    again = find_context(unpacked, unpacked / "Dockerfile")
    assert context_digest(context) == context_digest(again)
