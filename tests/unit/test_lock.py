"""Lock files: stable bytes, and nothing of a hostile one gets through."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.errors import UsageError
from harness.model import Artifact, Lock
from harness.recipes.lockfile import find_lock, parse_lock, render_lock

WHEEL = Artifact(
    name="six",
    version="1.16.0",
    filename="six-1.16.0-py2.py3-none-any.whl",
    sha256="8a" * 32,
    size=11053,
)
SDIST = Artifact(
    name="html5lib",
    version="0.9999999",
    filename="html5lib-0.9999999.tar.gz",
    sha256="2b" * 32,
    size=889276,
)
PIP = Artifact(
    name="pip",
    version="20.3.4",
    filename="pip-20.3.4-py2.py3-none-any.whl",
    sha256="c" * 64,
    size=9,
)
LOCK = Lock(
    cell="tf1.2.1-py2.7",
    python="2.7.18",
    request="ab" * 32,
    as_of="2026-11-20",
    tools=(PIP,),
    distributions=(SDIST, WHEEL),
)
TEXT = f"""{{
 "schema": 1,
 "cell": "tf1.2.1-py2.7",
 "python": "2.7.18",
 "request": "{"ab" * 32}",
 "as_of": "2026-11-20",
 "tools": [
  {{"name": "pip", "version": "20.3.4", "filename": "pip-20.3.4-py2.py3-none-any.whl", \
"sha256": "{"c" * 64}", "size": 9}}
 ],
 "distributions": [
  {{"name": "html5lib", "version": "0.9999999", "filename": "html5lib-0.9999999.tar.gz", \
"sha256": "{"2b" * 32}", "size": 889276}},
  {{"name": "six", "version": "1.16.0", "filename": "six-1.16.0-py2.py3-none-any.whl", \
"sha256": "{"8a" * 32}", "size": 11053}}
 ]
}}
"""


def test_a_lock_is_written_one_artifact_a_line() -> None:
    assert TEXT == render_lock(LOCK)


def test_the_order_in_which_a_resolver_answers_changes_no_byte() -> None:
    turned = Lock(
        cell=LOCK.cell,
        python=LOCK.python,
        request=LOCK.request,
        as_of=LOCK.as_of,
        tools=LOCK.tools,
        distributions=LOCK.distributions[::-1],
    )

    assert TEXT == render_lock(turned)


def altered(**changes: Any) -> str:
    return json.dumps({**json.loads(TEXT), **changes})


def with_artifact(**changes: Any) -> str:
    tree = json.loads(TEXT)
    tree["distributions"][1].update(changes)
    return json.dumps(tree)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "line 1, column 1: Expecting value"),
        ("[]", "it is not a JSON object"),
        ("[" * 100_000, "it is nested too deeply"),
        ('{"a": 1, "a": 2}', "a key stands there twice"),
        ('{"schema": ' + "9" * 5000 + "}", "it has a number with too many digits"),
        (" " * (1024**2 + 1), "it is larger than 1 MiB"),
        (altered(schema=2), "its schema is not 1"),
        (altered(extra=1), "it has an unknown key 'extra'"),
        (altered(**{"\x1b[2J": 1}), "it has an unknown key '\\x1b[2J'"),
        ('{"schema": 1}', "it lacks `as_of`"),
        (altered(cell=3), "`cell` is not a short text"),
        (altered(python="3\n"), "`python` is not a short text"),
        (altered(tools={}), "`tools` is not a list"),
        (altered(tools=[1]), "tools[0] is not an object"),
        (with_artifact(sha256="8A" * 32), "distributions[1]: `sha256` is not one"),
        (with_artifact(sha256="8a" * 31), "distributions[1]: `sha256` is not one"),
        (with_artifact(size=0), "distributions[1]: `size` is not a number of bytes"),
        (with_artifact(size=True), "distributions[1]: `size` is not a number of bytes"),
        (with_artifact(size=1.5), "distributions[1]: `size` is not a number of bytes"),
        (with_artifact(filename="../six.whl"), "distributions[1]: `filename` is not one"),
        (with_artifact(filename=".six.whl"), "distributions[1]: `filename` is not one"),
        (with_artifact(filename="-six.whl"), "distributions[1]: `filename` is not one"),
        (with_artifact(filename="a/six.whl"), "distributions[1]: `filename` is not one"),
        (with_artifact(filename="six.whl\n"), "distributions[1]: `filename` is not one"),
        (with_artifact(filename="six.exe"), "distributions[1]: `filename` is not one"),
        (with_artifact(name="html5lib"), "`distributions` has the name html5lib twice"),
        (with_artifact(name="HTML5lib"), "`distributions` has the name html5lib twice"),
        (
            with_artifact(filename=SDIST.filename),
            "`distributions` has the filename html5lib-0-9999999-tar-gz twice",
        ),
        (with_artifact(yanked=False), "distributions[1] has an unknown key 'yanked'"),
    ],
)
def test_a_file_that_is_no_lock_is_a_usage_error_with_file_and_remedy(
    text: str, reason: str
) -> None:
    with pytest.raises(UsageError) as caught:
        parse_lock(text, "locks/tf1.2.1-py2.7.json")

    message = f"the lock locks/tf1.2.1-py2.7.json cannot be used: {reason}"
    assert message == caught.value.message
    assert caught.value.remedy == "harness lock --cell tf1.2.1-py2.7"


def test_a_suites_own_lock_goes_first_and_none_is_none(tmp_path: Path) -> None:
    folder = tmp_path / "dockerfiles" / "locks"
    folder.mkdir(parents=True)
    (folder / "tf1.2.1-py2.7.json").write_text(TEXT, encoding="utf-8")

    assert LOCK == find_lock(tmp_path, "tf1.2.1-py2.7")
    assert find_lock(tmp_path, "no-such-cell") is None


def test_the_lock_of_another_cell_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "dockerfiles" / "locks"
    folder.mkdir(parents=True)
    (folder / "mine.json").write_text(TEXT, encoding="utf-8")

    with pytest.raises(UsageError, match=r"it is the lock of cell tf1\.2\.1-py2\.7"):
        find_lock(tmp_path, "mine")


WORD = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9.]{0,20}", fullmatch=True)
ARTIFACTS = st.lists(
    st.builds(
        Artifact,
        name=st.from_regex(r"[a-z]{1,9}(-[a-z0-9]{1,9})?", fullmatch=True),
        version=WORD,
        filename=st.builds(
            "{}-{}{}".format, WORD, WORD, st.sampled_from([".whl", ".tar.gz", ".zip"])
        ),
        sha256=st.from_regex(r"[0-9a-f]{64}", fullmatch=True),
        size=st.integers(1, 10**10),
    ),
    max_size=6,
    unique_by=(lambda one: one.name, lambda one: one.filename.replace(".", "-").lower()),
).map(lambda found: tuple(sorted(found, key=lambda one: (one.name, one.filename))))


@settings(max_examples=60, deadline=None)
@given(
    st.builds(
        Lock,
        cell=WORD,
        python=WORD,
        request=WORD,
        as_of=WORD,
        tools=ARTIFACTS,
        distributions=ARTIFACTS,
    )
)
def test_what_is_written_is_read_back(lock: Lock) -> None:
    text = render_lock(lock)

    assert lock == parse_lock(text, "x.json")
    assert text == render_lock(parse_lock(text, "x.json"))


@settings(max_examples=100, deadline=None)
@given(st.integers(0, len(TEXT) - 1), st.text(max_size=4))
def test_an_altered_lock_is_a_lock_or_refused(position: int, put: str) -> None:
    try:
        lock = parse_lock(TEXT[:position] + put + TEXT[position + 1 :], "x.json")
    except UsageError:
        return
    assert all("/" not in one.filename for one in (*lock.tools, *lock.distributions))


PINNED = replace(LOCK, base=f"python:2.7-slim-buster@sha256:{'0f' * 32}")


def test_a_lock_keeps_the_digest_of_a_base_that_was_pulled_by_a_tag() -> None:
    text = render_lock(PINNED)

    assert f' "base": "python:2.7-slim-buster@sha256:{"0f" * 32}",\n' in text
    assert PINNED == parse_lock(text, "x.json")


@pytest.mark.parametrize("base", [1, None, "python:2.7", f"-x:1@sha256:{'0f' * 32}", "a@sha256:0f"])
def test_a_lock_whose_base_is_no_image_with_its_digest_is_refused(base: object) -> None:
    text = json.dumps({**json.loads(TEXT), "base": base})

    with pytest.raises(UsageError, match="`base` is no image with its tag and digest"):
        parse_lock(text, "x.json")
