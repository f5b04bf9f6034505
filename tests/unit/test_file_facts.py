"""What a tree of files says when it is read from outside."""

from __future__ import annotations

import _imp
import struct

import pytest

from harness.images.bytecode import misfit
from harness.images.file_tree import MAGIC, Asked, FileTree
from tests.unit.trees import MTIME, SITE, python, told, wheel

MODULE = f"{SITE}/keras/__init__.py"
COMPILED = f"{SITE}/keras/__pycache__/__init__.cpython-311.pyc"
WHOLE = {**python(), **wheel()}
DEFECTS = (
    *("changed", "missing", "added", "rewritten", "shadowed", "copies"),
    *("pth", "customize", "preload", "bytecode", "system"),
)


def defects(facts: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in facts.items() if name.split(".")[1] in DEFECTS}


def compiled(flags: int, rest: bytes, magic: int = MAGIC["3.11"]) -> bytes:
    return struct.pack("<HHI", magic, 0x0A0D, flags) + rest + b"code"


def source_hash(source: bytes) -> bytes:
    return _imp.source_hash(0x0A0D0000 | MAGIC["3.11"], source)


def test_what_was_installed_and_left_alone_has_no_defect() -> None:
    facts = told(WHOLE)
    assert {} == defects(dict(facts))
    assert "3.1.0" == facts["outside.distribution.keras"]
    assert "py3-none-any" == facts["outside.build.keras"]
    assert "/usr/local/bin/python3.11" == facts["outside.python.path"]


def test_a_changed_file_is_told_and_gives_other_content() -> None:
    facts = told({**WHOLE, MODULE: b"x = 2\n"})
    assert {"outside.changed.keras": ["keras/__init__.py"]} == defects(dict(facts))
    assert told(WHOLE)["outside.content.keras"] != facts["outside.content.keras"]


def test_a_file_and_its_record_changed_together_give_other_content() -> None:
    facts = told({**python(), **wheel(files={"keras/__init__.py": b"x = 2\n"})})
    assert {} == defects(dict(facts))
    assert told(WHOLE)["outside.content.keras"] != facts["outside.content.keras"]


def test_a_file_that_is_gone_is_told() -> None:
    gone = {path: content for path, content in WHOLE.items() if path != MODULE}
    assert {"outside.missing.keras": ["keras/__init__.py"]} == defects(dict(told(gone)))


def test_a_module_that_nothing_lists_is_told_where_a_distribution_owns_the_folder() -> None:
    facts = told({**WHOLE, f"{SITE}/keras/extra.py": b"", f"{SITE}/mine/own.py": b""})
    assert {"outside.added.keras": ["keras/extra.py"]} == defects(dict(facts))


def test_a_file_that_two_distributions_list_may_be_either_ones() -> None:
    other = wheel("keras_extra", files={"keras/__init__.py": b"y = 1\n"})
    assert {} == defects(dict(told({**WHOLE, **other})))


def test_the_interpreters_bytes_and_its_librarys_are_told() -> None:
    other = told({**WHOLE, "usr/local/bin/python3.11": b"\x7fELF other"})
    assert told(WHOLE)["outside.python.sha256"] != other["outside.python.sha256"]
    library = told({**WHOLE, "usr/local/lib/python3.11/os.py": b"import evil\n"})
    assert told(WHOLE)["outside.python.library"] != library["outside.python.library"]


def test_links_to_the_interpreter_are_followed_and_a_loop_of_links_ends() -> None:
    links = {"opt/env/bin/python": "/usr/local/bin/python3", **WHOLE}
    facts = told(links, Asked(interpreter="/opt/env/bin/python"))
    assert "/usr/local/bin/python3.11" == facts["outside.python.path"]
    loop = {"bin/python3": "python", "bin/python": "python3"}
    assert "outside.python.path" not in told(loop, Asked(path="/bin"))


def test_a_virtual_environment_does_not_see_what_lies_beside_it() -> None:
    inner = {
        "opt/env/bin/python": "/usr/local/bin/python3",
        "opt/env/pyvenv.cfg": b"include-system-site-packages = false\n",
        "opt/env/lib/python3.11/site-packages/a.py": b"",
    }
    asked = Asked(interpreter="/opt/env/bin/python")
    assert "outside.distribution.keras" not in told({**WHOLE, **inner}, asked)
    inner["opt/env/pyvenv.cfg"] = b"include-system-site-packages = true\n"
    assert "outside.distribution.keras" in told({**WHOLE, **inner}, asked)


def test_a_pth_file_that_runs_code_and_what_it_swaps_are_told() -> None:
    line = b"import sys; sys.path.insert(0, '/opt/other')\n"
    facts = told(
        {**WHOLE, f"{SITE}/zz.pth": line, "opt/other/keras/__init__.py": b"__version__ = 'x'\n"}
    )
    assert {
        "outside.pth": [f"/{SITE}/zz.pth runs: {line.decode().strip()}"],
        "outside.shadowed.keras": "/opt/other/keras",
    } == defects(dict(facts))


def test_a_pth_file_that_a_distribution_brought_is_no_defect() -> None:
    files = {"keras/__init__.py": b"x = 1\n", "keras-nspkg.pth": b"import types\n"}
    assert {} == defects(dict(told({**python(), **wheel(files=files)})))


def test_pythonpath_comes_before_what_is_installed() -> None:
    files = {**WHOLE, "opt/p/keras.py": b""}
    facts = told(files, Asked(pythonpath="/opt/p"))
    assert {"outside.shadowed.keras": "/opt/p/keras"} == defects(dict(facts))


@pytest.mark.parametrize("name", ["sitecustomize.py", "usercustomize/__init__.py"])
def test_code_that_runs_at_each_start_is_told_and_comments_are_not(name: str) -> None:
    path = f"{SITE}/{name}"
    assert {"outside.customize": [f"/{path}"]} == defects(
        dict(told({**WHOLE, path: b"import os\n"}))
    )
    assert {} == defects(dict(told({**WHOLE, path: b"# nothing\n\n"})))


def test_a_library_that_is_loaded_into_every_program_is_told() -> None:
    facts = told({**WHOLE, "etc/ld.so.preload": b"/lib/evil.so\n"})
    assert {"outside.preload": "/lib/evil.so"} == defects(dict(facts))


def test_a_compiled_module_that_is_never_held_against_its_source_is_held_here() -> None:
    good = compiled(1, source_hash(b"x = 1\n"))
    bad = compiled(1, source_hash(b"x = 2\n"))
    assert {} == defects(dict(told({**WHOLE, COMPILED: good})))
    assert {"outside.bytecode.foreign": [f"/{COMPILED}"]} == defects(
        dict(told({**WHOLE, COMPILED: bad}))
    )


def test_a_compiled_module_that_python_makes_anew_is_told_as_stale() -> None:
    fits = compiled(0, struct.pack("<II", MTIME, 6))
    stale = compiled(0, struct.pack("<II", MTIME - 1, 6))
    assert {} == defects(dict(told({**WHOLE, COMPILED: fits})))
    assert {"outside.bytecode.stale": [f"/{COMPILED}"]} == defects(
        dict(told({**WHOLE, COMPILED: stale}))
    )


def test_a_compiled_module_without_a_source_is_told_where_python_loads_it() -> None:
    alone = f"{SITE}/keras/inner.pyc"
    unseen = f"{SITE}/keras/__pycache__/inner.cpython-311.pyc"
    facts = told({**WHOLE, alone: compiled(0, b"12345678"), unseen: compiled(0, b"12345678")})
    assert {"outside.bytecode.alone": [f"/{alone}"]} == defects(dict(facts))


def test_a_source_that_a_link_leads_to_outside_of_the_tree_is_not_judged() -> None:
    """A virtual environment of Python 2.7 links to the sources of the library."""
    tree = FileTree(links={"env/lib/python2.7/re.py": "/base/lib/python2.7/re.py"})
    head = struct.pack("<HHI", 62211, 0x0A0D, 0) + bytes(8)
    assert "unread" == misfit("env/lib/python2.7/re.pyc", head, tree, listed=False)
    assert "alone" == misfit("env/lib/python2.7/os.pyc", head, tree, listed=False)


def test_a_module_that_states_another_version_is_told() -> None:
    files = {"keras/__init__.py": b'"""Doc."""\n__version__ = "2.9.0"\n'}
    assert "2.9.0" == told({**python(), **wheel(files=files)})["outside.own_version.keras"]


def test_what_debians_packages_brought_is_held_against_their_sums() -> None:
    sums = b"00000000000000000000000000000000  usr/lib/python3.11/random.py\n"
    facts = told(
        {
            "usr/bin/python3.11": b"\x7fELF",
            "usr/bin/python3": "python3.11",
            "usr/lib/python3.11/random.py": b"x",
            "var/lib/dpkg/info/libpython3.11-minimal:amd64.md5sums": sums,
        }
    )
    assert {"outside.system.changed": ["/usr/lib/python3.11/random.py"]} == defects(dict(facts))
