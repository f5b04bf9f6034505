"""A context: the same files give the same bytes, whatever the folder, its times and its owners."""

from __future__ import annotations

import io
import os
import tarfile
import tempfile
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from harness.dockerfiles import context as module
from harness.dockerfiles.context import (
    context_digest,
    find_context,
    kept_ignore,
    write_beside,
    write_tar,
)
from harness.errors import UsageError


def made(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return folder


def names(folder: Path, dockerfile: str = "Dockerfile") -> list[str]:
    return [one.name for one in find_context(folder, folder / dockerfile).entries]


FILES = {"Dockerfile": "FROM x\n", "b/c.txt": "c", "a.txt": "a", "b.txt": "b"}


def test_the_same_files_give_the_same_bytes(tmp_path: Path) -> None:
    one, two = made(tmp_path / "one", FILES), made(tmp_path / "two", dict(reversed(FILES.items())))
    os.utime(two / "a.txt", (1, 1))
    (two / "b.txt").chmod(0o600)
    digests = []
    for folder in (one, two):
        out = io.BytesIO()
        context = find_context(folder, folder / "Dockerfile")
        digests.append((write_tar(context, out), context_digest(context), out.getvalue()))
    assert digests[0] == digests[1]
    assert digests[0][0] == digests[0][1]
    assert ["Dockerfile", "a.txt", "b", "b.txt", "b/c.txt"] == names(one)


@pytest.mark.parametrize(
    "change",
    [
        lambda folder: (folder / "a.txt").write_text("A", "utf-8"),
        lambda folder: (folder / "a.txt").chmod(0o755),
        lambda folder: (folder / "a.txt").rename(folder / "d.txt"),
        lambda folder: (folder / "empty").mkdir(),
        lambda folder: (folder / "link").symlink_to("a.txt"),
    ],
)
def test_what_an_image_would_show_changes_the_digest(tmp_path: Path, change: object) -> None:
    folder = made(tmp_path, FILES)
    before = context_digest(find_context(folder, folder / "Dockerfile"))
    change(folder)  # type: ignore[operator]
    assert before != context_digest(find_context(folder, folder / "Dockerfile"))


def test_links_stay_links_and_are_never_followed(tmp_path: Path) -> None:
    folder = made(tmp_path / "context", FILES)
    made(tmp_path / "outside", {"secret": "s"})
    (folder / "file").symlink_to("/etc/passwd")
    (folder / "folder").symlink_to("../outside/")
    out = io.BytesIO()
    write_tar(find_context(folder, folder / "Dockerfile"), out)
    out.write(bytes(1024))
    out.seek(0)
    with tarfile.open(fileobj=out) as archive:
        members = {one.name: one for one in archive.getmembers()}
    assert ("/etc/passwd", "../outside/") == (members["file"].linkname, members["folder"].linkname)
    assert members["file"].issym()
    assert "folder/secret" not in members
    assert {(0, 0, "", "")} == {
        (one.uid, one.gid, one.uname, one.gname) for one in members.values()
    }


def test_an_ignore_file_leaves_out_and_takes_in_again(tmp_path: Path) -> None:
    folder = made(tmp_path, {**FILES, "b/d.md": "d", "e/f.md": "f", "e/g/h.txt": "h"})
    made(folder, {".dockerignore": "# comment\n**/*.md\nb.txt\ne\n!e/g/h.txt\n"})
    assert [
        ".dockerignore",
        "Dockerfile",
        "a.txt",
        "b",
        "b/c.txt",
        "e",
        "e/g",
        "e/g/h.txt",
    ] == names(folder)
    made(folder, {"Dockerfile.dockerignore": "*\n!a.txt\n"})
    assert ["a.txt"] == names(folder)
    assert ["Dockerfile.dockerignore"] == [
        name for name in names(folder, "other/Dockerfile") if name.startswith("Dockerfile.")
    ]


def test_the_resolved_dockerfile_goes_along_and_stays_out_of_the_image(tmp_path: Path) -> None:
    folder = made(tmp_path, {**FILES, ".dockerignore": "b"})
    context = find_context(folder, folder / "Dockerfile")
    assert b"b" == kept_ignore(context)
    out = io.BytesIO()
    digest = write_tar(context, out)
    before = out.getvalue()
    write_beside(out, ".own", b"FROM y\n", kept_ignore(context))
    out.seek(0)
    with tarfile.open(fileobj=out) as archive:
        content = {
            one.name: archive.extractfile(one).read()  # type: ignore[union-attr]
            for one in archive.getmembers()
            if one.isfile()
        }
    assert b"FROM y\n" == content[".own"]
    assert b"b\n.own\n" == content[".dockerignore"]
    assert out.getvalue().startswith(before)
    assert digest == context_digest(context)


@pytest.mark.parametrize(
    ("files", "told"),
    [({".dockerignore": "a\n[\n"}, ".dockerignore:2"), ({".dockerignore": "!\n"}, ":1: `!`")],
)
def test_a_wrong_ignore_file_is_told_with_its_line(
    tmp_path: Path, files: dict[str, str], told: str
) -> None:
    with pytest.raises(UsageError) as raised:
        names(made(tmp_path, files))
    assert told in str(raised.value)


def test_no_folder_a_fifo_and_too_much_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(UsageError, match="no folder"):
        names(tmp_path / "absent")
    folder = made(tmp_path / "context", FILES)
    os.mkfifo(folder / "pipe")
    with pytest.raises(UsageError, match=r"pipe is no file.*"):
        names(folder)
    made(folder, {".dockerignore": "pipe\n"})
    monkeypatch.setattr(module, "MAX_BYTES", 3)
    with pytest.raises(UsageError, match="the largest are"):
        names(folder)


def test_a_file_that_changes_meanwhile_is_told(tmp_path: Path) -> None:
    folder = made(tmp_path, FILES)
    context = find_context(folder, folder / "Dockerfile")
    for text in ("", "longer than before"):
        (folder / "a.txt").write_text(text, "utf-8")
        with pytest.raises(UsageError, match="changed while it was read"):
            context_digest(context)


def test_names_that_are_no_utf_8_and_long_ones_are_kept(tmp_path: Path) -> None:
    folder = made(tmp_path, {"x" * 200: "1", "ö": "2"})
    (folder / os.fsdecode(b"\xff")).write_text("3", "utf-8")
    out = io.BytesIO()
    write_tar(find_context(folder, folder / "Dockerfile"), out)
    out.write(bytes(1024))
    out.seek(0)
    with tarfile.open(fileobj=out, errors="surrogateescape") as archive:
        assert {"x" * 200, "ö", os.fsdecode(b"\xff")} == set(archive.getnames())


@example(["[[]"])
@given(st.lists(st.text("ab*?[]!\\/.#-^ \t", max_size=8), max_size=5))
def test_untrusted_patterns_leave_out_or_are_told(lines: list[str]) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = made(Path(name), {**FILES, ".dockerignore": "\n".join(lines)})
        with suppress(UsageError):
            found = names(folder)
            assert sorted(found) == sorted(set(found))
