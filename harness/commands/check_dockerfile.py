"""`harness check Dockerfile`: what is known to be wrong with it. Nothing is built or run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path

from harness.check.dockerfile.checked import CheckedDockerfile, DockerfilePage
from harness.check.dockerfile.judging import judged
from harness.check.rules.tag import reasons as tag_reasons
from harness.commands.check import CheckRequest, host_of
from harness.dockerfiles.parsing import MAX_BYTES, Dockerfile, parse_dockerfile
from harness.dockerfiles.stages import Layout, image_uses, layout
from harness.errors import DockerfileError, InfrastructureError, UsageError
from harness.running.found import WantedImage, found

_TEXTS = (".txt", ".py", ".in", ".sh", ".yml", ".yaml")
_MOST_FILES = 200
_FILE_BYTES = 256 * 1024
_DEPTH = 3
_MOVED = ("tag-moved", "tag-made-anew")


def is_dockerfile(name: str) -> bool:
    """Whether the name is a file here that reads as a Dockerfile, rather than an image."""
    path = Path(name)
    try:
        if not name or not path.is_file():
            return False
    except OSError:  # The name is too long to be a file name.
        return False
    if "dockerfile" in path.name.lower() or "containerfile" in path.name.lower():
        return True
    try:
        return any(one.name == "FROM" for one in parse_dockerfile(_read(path), name).instructions)
    except DockerfileError:
        return False


def check_dockerfile(asked: CheckRequest) -> DockerfilePage:
    """The page on a Dockerfile. Its registries are asked only with `--registry`.

    Raises DockerfileError if it is not a Dockerfile, UsageError for options that apply to images
    only.
    """
    if asked.archive or asked.static or asked.pull or asked.emit_cell:
        raise UsageError(
            "a Dockerfile is not an image yet: it has no layers, and cannot be pulled or run",
            remedy="build it as a cell (`dockerfile:` in a matrix.yaml), or leave out the option",
        )
    path = Path(asked.image)
    dockerfile = parse_dockerfile(_read(path), asked.image)
    stages = layout(dockerfile, {})
    if stages.problems and not stages.stages:
        raise DockerfileError(stages.problems)
    moved, notices = _moved(asked, stages)
    return judged(
        CheckedDockerfile(
            dockerfile=dockerfile,
            layout=stages,
            date=date.today().isoformat(),
            files=dict(_texts(path.parent, dockerfile)),
            moved=moved,
        ),
        notices,
    )


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as opened:
            return opened.read(MAX_BYTES + 1)
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from None


def _texts(folder: Path, dockerfile: Dockerfile) -> Iterator[tuple[str, str]]:
    """Small text files beside the Dockerfile that it refers to."""
    count = 0
    for path in sorted(folder.rglob("*")):
        parts = path.relative_to(folder).parts
        if len(parts) > _DEPTH or path.suffix not in _TEXTS or path.is_symlink():
            continue
        if path.name not in dockerfile.text or not path.is_file():
            continue
        count += 1
        if count > _MOST_FILES:
            return
        try:
            with path.open("rb") as opened:
                data = opened.read(_FILE_BYTES)
        except OSError:
            continue
        yield "/".join(parts), data.decode("utf-8", "replace")


def _moved(asked: CheckRequest, stages: Layout) -> tuple[Mapping[str, str], tuple[str, ...]]:
    """What registries say about the tags, and which tags were not looked up."""
    names = list(dict.fromkeys(use.image for use in image_uses(stages) if "@" not in use.image))
    if not asked.registry:
        told = f"whether tags moved or are gone ({', '.join(names)}); --registry asks for them"
        return {}, (told,) if names else ()
    host, moved, notices = host_of(asked), {}, []
    for name in names:
        try:
            subject = found(WantedImage(name=name, archive=None, inside=False, engine=""), host)
        except UsageError as error:
            moved[name] = f"{name}: {error.message}"
            continue
        except InfrastructureError as error:
            notices.append(f"whether {name} moved or is gone: {error.message}")
            continue
        for reason in tag_reasons(subject, host):
            if reason.rule in _MOVED:
                moved[name] = reason.title
    return moved, tuple(notices)
