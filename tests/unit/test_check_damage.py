"""Files that an image lacks: which of them matter to the framework, and which do not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.check.reasons import Reason, Weight
from harness.check.rules import loader, requirements, whole
from harness.check.subject import subject_of
from harness.images.inside import Damage, Inside, SharedObject
from harness.knowledge import loaded
from tests.unit.check_builders import HERE, cpu_image, reading
from tests.unit.check_gallery import PYTHON, PYTHONS, SITE, asking, elf, installed

VERSION = "1.14.0"
CONFIG = cpu_image(VERSION)
LIBRARY = "tensorflow/libtensorflow_framework.so.1"
DYNLOAD = "usr/local/lib/python3.6/lib-dynload"


def about(rule: object, inside: Inside) -> list[Reason]:
    config = {**CONFIG, "config": dict(CONFIG["config"], Env=["PATH=/usr/local/bin"])}
    return list(rule.reasons(subject_of(reading(config), inside), HERE))  # type: ignore[attr-defined]


def image(*objects: SharedObject, damages: tuple[Damage, ...] = ()) -> Inside:
    """An image whose loader can be modelled: a Python, and one object of the framework."""
    program = elf(f"{PYTHON}.6", interpreter="/lib64/ld-linux-x86-64.so.2")
    core = elf(
        f"{SITE}/tensorflow/python/_pywrap_tensorflow_internal.so",
        ours=True,
        machine="x64",
        needed=(LIBRARY.rpartition("/")[2],),
    )
    return Inside(
        distributions=installed(f"tensorflow={VERSION}"),
        pythons=PYTHONS,
        objects=(program, core, *objects),
        damages=damages,
    )


def damage(name: str, *missing: str, altered: tuple[str, ...] = ()) -> Damage:
    return Damage(name=name, version=VERSION, folder=SITE, missing=missing, altered=altered)


def test_what_the_import_tries_for_itself_is_no_reason_against_the_image() -> None:
    for lost in (
        damage("h5py", "h5py/h5.so", "h5py/__init__.py"),
        damage("wrapt", "wrapt/_wrappers.so"),
    ):
        (reason,) = about(whole, image(damages=(lost,)))
        assert (Weight.NOTE, "damaged-aside") == (reason.weight, reason.rule)


@pytest.mark.parametrize(
    "found",
    [
        damage("absl-py", "absl/__init__.py"),
        # A module that is cut off may end the process, and nothing in Python can catch that.
        damage("h5py", altered=("h5py/h5.so",)),
    ],
)
def test_what_the_import_needs_blocks(found: Damage) -> None:
    (reason,) = about(whole, image(damages=(found,)))
    assert (Weight.BLOCKS, "damaged") == (reason.weight, reason.rule)


def test_a_library_that_was_moved_is_judged_by_what_the_loader_finds() -> None:
    lost = (damage("tensorflow", LIBRARY),)
    name = LIBRARY.rpartition("/")[2]
    moved = elf(f"lib64/{name}", soname=name, ours=True, machine="x64")
    assert [] == about(whole, image(moved, damages=lost))
    assert [] == about(loader, image(moved, damages=lost))
    assert [] == about(whole, image(damages=lost))
    (reason,) = about(loader, image(damages=lost))
    assert (Weight.BLOCKS, True) == (reason.weight, name in reason.title)


def test_without_a_model_of_the_loader_a_missing_library_is_damage() -> None:
    unknown = replace(image(damages=(damage("tensorflow", LIBRARY),)), objects=())
    assert ["damaged"] == [one.rule for one in about(whole, unknown)]


@pytest.mark.parametrize(
    ("module", "rules"),
    [
        ("_ssl.cpython-36m-x86_64-linux-gnu.so", ["library-broken"]),
        ("_curses.cpython-36m-x86_64-linux-gnu.so", []),
    ],
)
def test_a_module_of_pythons_own_library_that_is_cut_off_ends_an_import_that_loads_it(
    module: str, rules: list[str]
) -> None:
    name = LIBRARY.rpartition("/")[2]
    library = elf(f"lib64/{name}", soname=name, ours=True, machine="x64")
    cut = elf(f"{DYNLOAD}/{module}", problem="it is cut off")
    found = about(loader, image(library, cut))
    assert rules == [one.rule for one in found]


@pytest.mark.parametrize(
    ("module", "there", "rules"),
    [
        ("_ctypes.cpython-36m-x86_64-linux-gnu.so", False, ["python-modules-missing"]),
        ("_ctypes.cpython-36m-x86_64-linux-gnu.so", True, []),
        ("_bz2.cpython-36m-x86_64-linux-gnu.so", False, []),
    ],
)
def test_a_module_of_pythons_own_library_that_was_installed_may_be_needed(
    module: str, there: bool, rules: list[str]
) -> None:
    name = LIBRARY.rpartition("/")[2]
    library = elf(f"lib64/{name}", soname=name, ours=True, machine="x64")
    path = f"{DYNLOAD}/{module}"
    held = image(library, *([elf(path)] if there else []))
    found = about(loader, replace(held, sums={path: frozenset({"md5:1"})}))
    assert rules == [one.rule for one in found]


def test_a_requirement_without_which_the_framework_works_is_aside() -> None:
    own = asking(f"tensorflow={VERSION}", "h5py>=2", "enum34>=1.1")
    (needed, aside, *_) = about(requirements, replace(image(), distributions=(own,)))
    assert ("requirement-missing", True) == (needed.rule, "enum34" in needed.title)
    assert ("requirement-aside", True) == (aside.rule, "h5py" in aside.evidence[0])


def test_a_release_between_two_measured_ones_is_spared_only_what_both_are() -> None:
    found = loaded.guarded("tensorflow", "2.4.0")
    assert {"h5py", "tensorboard", "wrapt/_wrappers"} <= found
    assert "setuptools" not in found
    assert "_multibytecodec" in loaded.library("tensorflow", "2.12.1")
