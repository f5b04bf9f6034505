"""Check sums of compiled files, and what follows where they are not the recorded ones."""

from __future__ import annotations

import base64
import hashlib
import io
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from harness.check.reasons import Weight
from harness.check.rules import altered, whole
from harness.check.subject import subject_of
from harness.images.inside import Damage, Inside
from harness.images.sums import of_packages, recorded, sum_of_beginning, summing
from harness.images.told_objects import sums_of
from tests.unit.check_builders import HERE, cpu_image, reading
from tests.unit.check_gallery import CORE, PYTHON, PYTHONS, SITE, elf, installed

LIBC = "usr/lib/x86_64-linux-gnu/libc.so.6"


def sha256(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def own(path: str, content: bytes) -> str:
    update, total = summing(path)
    update(content)
    return total()


def row(name: str, content: bytes) -> str:
    digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
    return f"{name},sha256={digest},{len(content)}"


@given(st.binary(max_size=80))
def test_a_recorded_sum_is_that_of_the_installed_file(content: bytes) -> None:
    lines = [row("a/b.so", content), row("a/c.py", content), row("a/d.txt", content)]
    assert recorded(lines) == [
        ("a/b.so", len(content), own(f"{SITE}/a/b.so", content)),
        ("a/c.py", len(content), ""),
    ]
    md5 = hashlib.md5(content, usedforsecurity=False).hexdigest()
    assert of_packages(f"{md5}  {LIBC}\n{md5}  usr/share/doc/x") == [(LIBC, own(LIBC, content))]


@given(st.text(max_size=200))
def test_no_text_is_too_odd(text: str) -> None:
    for name, size, digest in recorded(text.splitlines()):
        assert name in text
        assert size >= -1
        assert digest == "" or digest.startswith("sha256:")
    for path, digest in of_packages(text):
        assert path in text
        assert digest.startswith("md5:")


@given(st.binary(max_size=60), st.integers(0, 60))
def test_the_sum_of_a_beginning_is_that_of_the_bytes_there(content: bytes, size: int) -> None:
    found = sum_of_beginning(io.BytesIO(content), size, f"{SITE}/a.so")
    assert sha256(content[:size]) == found


def test_a_list_of_a_package_counts_for_both_names_of_a_file() -> None:
    files = [["lib/libz.so.1", "md5:1"]]
    found = sums_of(
        [(f"{SITE}/a-1.dist-info/RECORD", {"files": [["a/b.so", 3, "sha256:2"], ["a.py", 1, ""]]})],
        [("var/lib/dpkg/info/z.md5sums", {"files": files})],
    )
    expected = {"lib/libz.so.1": {"md5:1"}, "usr/lib/libz.so.1": {"md5:1"}}
    assert {f"{SITE}/a/b.so": {"sha256:2"}, **expected} == found


def image(*sums: str, needed: bool = True, damages: tuple[Damage, ...] = ()) -> Inside:
    """An image whose framework needs a library that was installed with the sum `md5:1`."""
    name = "libodd.so.1"
    program = elf(f"{PYTHON}.6", interpreter="/lib64/ld-linux-x86-64.so.2")
    core = elf(CORE, ours=True, needed=(name,) if needed else (), sums=frozenset({"sha256:core"}))
    odd = elf(f"lib64/{name}", soname=name, sums=frozenset(sums))
    return Inside(
        distributions=installed("tensorflow=1.2.1"),
        pythons=PYTHONS,
        objects=(program, core, odd),
        sums={odd.path: frozenset({"md5:1"}), CORE: frozenset({"sha256:core"})},
        damages=damages,
    )


def weights(inside: Inside) -> list[tuple[str, Weight]]:
    config = cpu_image("1.2.1")
    config["config"]["Env"] = ["PATH=/usr/local/bin"]
    about = subject_of(reading(config), inside)
    return [(one.title.rpartition(": ")[2], one.weight) for one in altered.reasons(about, HERE)]


def test_what_a_changed_library_does_cannot_be_told() -> None:
    assert [("/lib64/libodd.so.1", Weight.UNTOLD)] == weights(image("md5:2"))


def test_a_library_that_is_as_installed_or_only_longer_or_not_loaded_is_no_matter() -> None:
    assert [] == weights(image("md5:1"))
    assert [] == weights(image("md5:3", "md5:1"))
    assert [] == weights(image("md5:2", needed=False))
    assert [] == weights(replace(image("md5:2"), sums={}))
    assert [] == weights(image())
    assert [] == weights(image("sha256:2"))
    held = image("md5:2")
    conda = replace(held.distributions[0], prefix="lib64", path="lib64/conda-meta/odd-1-0.json")
    assert [] == weights(replace(held, distributions=(*held.distributions, conda)))


def test_a_module_that_is_only_longer_is_not_damaged() -> None:
    path = CORE.removeprefix(f"{SITE}/")
    damage = Damage(name="tensorflow", version="1.2.1", folder=SITE, altered=(path,))
    config = cpu_image("1.2.1")

    def rules(inside: Inside) -> list[str]:
        about = subject_of(reading(config), inside)
        return [one.rule for one in whole.reasons(about, HERE)]

    longer = image("md5:1", damages=(damage,))
    assert [] == rules(longer)
    other = [replace(one, sums=frozenset({"sha256:other"})) for one in longer.objects]
    assert [] != rules(replace(longer, objects=tuple(other)))
