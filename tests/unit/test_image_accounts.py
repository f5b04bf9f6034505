"""What distributions and packages say of themselves is read as it is written, and bounded."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.images.accounts import (
    LINES,
    LONGEST,
    account_of,
    listed,
    package_files,
    stated_version,
)
from harness.images.carried import CarriedPackage, carried
from harness.images.owners import FileList, Overlap, overlaps
from tests.unit.hostile import texts

SITE = "usr/lib/python3/dist-packages"


def test_requirements_are_read_up_to_the_description() -> None:
    text = (
        "Metadata-Version: 2.1\r\nName: one\r\nRequires-Python: >=3.8\r\n"
        "Requires-Dist: numpy (<2,>=1.16)\r\nRequires-Dist: absl-py\r\n"
        '  ; extra == "x"\r\n\r\nRequires-Dist: described\r\n'
    )
    assert {
        "told": True,
        "requires": ["numpy (<2,>=1.16)", 'absl-py ; extra == "x"'],
        "requires_python": ">=3.8",
    } == account_of(text)


def test_an_empty_account_tells_nothing() -> None:
    assert {"told": False, "requires": [], "requires_python": ""} == account_of("\n\n")


def test_a_requirement_that_is_too_long_is_not_cut_into_another_one() -> None:
    (told,) = listed(f"numpy>={'1' * LONGEST}")
    assert "too long" not in told
    assert not told.startswith("numpy")


@given(texts)
def test_any_text_is_survived_and_what_is_told_is_bounded(text: str) -> None:
    told = account_of(text)
    requires = told["requires"]
    assert isinstance(requires, list)
    assert len(requires) <= LINES
    assert all(len(one) <= LONGEST and "\n" not in one for one in (*requires, *listed(text)))
    assert len(stated_version(text)) <= 60 + 3 * 7


NAMES = st.from_regex(r"[a-z][a-z0-9]{0,10}", fullmatch=True)


@given(st.lists(NAMES, max_size=8), texts)
def test_what_an_account_requires_comes_back(names: list[str], description: str) -> None:
    text = "Name: x\n" + "".join(f"Requires-Dist: {one}\n" for one in names) + f"\n{description}"
    assert names == account_of(text)["requires"]


@pytest.mark.parametrize(
    ("version", "text"),
    [
        ("1.15.3", "#define TF_MAJOR_VERSION 1\n#define TF_MINOR_VERSION 15\n"
         '#define TF_PATCH_VERSION 3\n#define TF_VERSION_SUFFIX ""\n'),
        ("2.4.0-rc1", "#define TF_MAJOR_VERSION 2\n#define TF_MINOR_VERSION 4\n"
         '#define TF_PATCH_VERSION 0\n#define TF_VERSION_SUFFIX "-rc1"\n'),
        ("3.1", "x = 1\n__version__ = '3.1'\n"),
        ("", "__version__ = other.__version__\n"),
        ("", "#define TF_MAJOR_VERSION 1\n#define OTHER_MINOR_VERSION 15\n"),
    ],
)  # fmt: skip
def test_a_release_is_read_where_it_is_stated(version: str, text: str) -> None:
    assert version == stated_version(text)


@pytest.mark.parametrize(
    ("first", "stating", "path"),
    [
        (True, True, "usr/lib/python3/dist-packages/frame/__init__.py"),
        (False, False, "usr/lib/python3/dist-packages/frame/python/__init__.py"),
        (False, False, "usr/lib/python3/dist-packages/framed/__init__.py"),
        (False, True, "opt/frame/include/frame/core/public/version.h"),
        (False, False, "opt/frame/a/b/c/d/e/version.h"),
        (False, False, "opt/include/version.h"),
    ],
)
def test_files_that_tell_of_a_package(first: bool, stating: bool, path: str) -> None:
    found = package_files(("frame",))
    assert (first, stating) == tuple(one.search(path) is not None for one in found)


def test_without_a_framework_no_file_tells_of_one() -> None:
    assert [None, None] == [one.search("a/x/__init__.py") for one in package_files(())]


# --- packages -----------------------------------------------------------------------------------


def package(path: str, *lists: FileList, **versions: str) -> list[CarriedPackage]:
    stated = {f"{path.rpartition('/')[0]}/{name}": value for name, value in versions.items()}
    return list(carried([(path, "frame")], stated, lists))


def test_a_package_says_its_release_and_who_brought_it() -> None:
    own = FileList(folder=SITE, name="frame-nightly", version="1", files={"frame/__init__.py": 3})
    elsewhere = FileList(folder="x", name="other", version="1", files={"frame/__init__.py": 3})
    (found,) = package(f"{SITE}/frame/__init__.py", own, elsewhere, version="2.1.0")
    assert ("2.1.0", ("frame-nightly",), True) == (found.version, found.owners, found.installed)


def test_an_adapter_that_is_named_like_the_framework_is_none() -> None:
    assert [] == package(f"{SITE}/adapter/frame/__init__.py", version="2.1.0")


def test_a_package_in_an_egg_is_one() -> None:
    (found,) = package(f"{SITE}/frame-1-py3.6.egg/frame/__init__.py")
    assert found.installed


def test_elsewhere_a_package_counts_where_its_own_files_state_a_release() -> None:
    assert [] == package("srv/app/frame/__init__.py")
    (found,) = package("srv/app/frame/__init__.py", version="1.0")
    assert ("srv/app", False) == (found.folder, found.installed)


# --- who brought a file -------------------------------------------------------------------------


def two(one: dict[str, int], other: dict[str, int], there: dict[str, int]) -> list[Overlap]:
    lists = [
        FileList(folder=SITE, name=name, version=version, files=files)
        for name, version, files in (("a", "1", one), ("b", "2", other))
    ]
    return list(overlaps(lists, {f"{SITE}/{path}": size for path, size in there.items()}))


def test_whose_files_lie_there_is_told_by_their_sizes() -> None:
    (found,) = two({"x.py": 3, "y.so": 5}, {"x.py": 3, "y.so": 7}, {"x.py": 3, "y.so": 7})
    assert (("a", "b"), ("1", "2"), 2, "b", False) == (
        found.names,
        found.versions,
        found.count,
        found.kept,
        found.mixed,
    )


def test_what_is_alike_in_both_tells_nothing() -> None:
    (found,) = two({"x.py": 3}, {"x.py": 3}, {"x.py": 3})
    assert ("", False) == (found.kept, found.mixed)


def test_files_of_both_are_a_mixture() -> None:
    (found,) = two({"x.py": 1, "y.py": 1}, {"x.py": 2, "y.py": 2}, {"x.py": 1, "y.py": 2})
    assert ("", True) == (found.kept, found.mixed)


def test_an_empty_module_that_two_have_is_nobodys() -> None:
    assert [] == two({"n/__init__.py": 0}, {"n/__init__.py": 0}, {"n/__init__.py": 0})
    assert [] == two({"x.py": 3}, {"y.py": 3}, {"x.py": 3, "y.py": 3})


@given(
    st.dictionaries(NAMES, st.integers(-1, 3)),
    st.dictionaries(NAMES, st.integers(-1, 3)),
    st.dictionaries(NAMES, st.integers(0, 3)),
)
def test_an_overlap_is_what_both_list_and_is_there(
    one: dict[str, int], other: dict[str, int], there: dict[str, int]
) -> None:
    both = {name for name in one.keys() & other.keys() if there.get(name)}
    found = two(one, other, there)
    assert [len(both)] * bool(both) == [each.count for each in found]
