"""What is known to be wrong with a Dockerfile: rule by rule, and a gallery from the field."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.check.dockerfile.checked import CheckedDockerfile, DockerfilePage, DockerfileWeight
from harness.check.dockerfile.judging import judged
from harness.check.dockerfile.rules import names
from harness.commands import check_dockerfile as command
from harness.commands.check import CheckRequest
from harness.commands.check_dockerfile import check_dockerfile, is_dockerfile
from harness.dockerfiles.parsing import parse_dockerfile
from harness.dockerfiles.stages import layout
from harness.errors import DockerfileError, Exit, InfrastructureError, UsageError
from harness.formats import render_answer
from harness.formats.dockerfile_page import dockerfile_reply
from harness.knowledge.library import breakages
from harness.knowledge.resolving import newest, requires, taken_today
from tests.unit.test_dockerfile_parsing import PIECES, parsed

ROOT = Path(__file__).resolve().parents[2]
GALLERY = sorted((Path(__file__).parent / "dockerfile_gallery").iterdir())
DAY = "2026-11-29"
DIGEST = "@sha256:" + "0" * 64
USER = "USER 1000\n"


def page(text: str, **files: str) -> DockerfilePage:
    dockerfile = parsed(text)
    named = {name.replace("__", "."): content for name, content in files.items()}
    stages = layout(dockerfile, {})
    return judged(CheckedDockerfile(dockerfile=dockerfile, layout=stages, date=DAY, files=named))


def told(text: str, **files: str) -> list[str]:
    """`LINE weight explain-or-message` of what breaks or drifts, but for tags."""
    return [
        f"{one.line} {one.weight} {one.explain or one.message}"
        for one in page(text, **files).findings
        if one.weight is not DockerfileWeight.NOTE and "named by a tag" not in one.message
    ]


KNOWN = [
    ("FROM debian\n", "1 drifts debian is whatever is newest on the day it is built"),
    ("FROM debian:latest\n", "1 drifts debian:latest is whatever is newest on the day"),
    ("FROM nvidia/cuda:10.0-base\n", "1 breaks manifest-unknown"),
    ("FROM python:3.6-stretch\nRUN apt-get update\n", "2 breaks debian-eol"),
    (
        "FROM nvidia/cuda:11.2.2-base-ubuntu18.04\nRUN true \\\n && apt-get update\n",
        "3 breaks nvidia-gpg-rotation",
    ),
    ("FROM python:3.9\nRUN pip install tensorflow==1.15.0\n", "2 breaks no-matching"),
    ("FROM python:3.7\nRUN pip3 install tensorflow==1.15.0\n", "2 breaks protobuf-4"),
    ("FROM python:3.10\nRUN pip install tensorflow==2.8.4\n", "2 breaks numpy-2-umath"),
    (
        "FROM python:3.10\nRUN pip install tensorflow==2.8.4 \\\n numpy==2.1.0\n",
        "2 breaks numpy-2-umath",
    ),
    ("FROM python:3.7\nRUN pip install tensorflow-gpu==1.14.0\n", "2 breaks dso-loader-warning"),
    ("FROM python:3.9\nRUN pip install tensorflow-gpu\n", "2 breaks tensorflow-gpu-removed"),
    ("FROM python:3.9\nRUN pip install numpy pandas\n", "2 drifts unpinned-pip"),
    ("FROM python:3.9\nRUN pip -q install numpy\n", "2 drifts unpinned-pip"),
    ('FROM python:3.9\nRUN ["pip", "install", "numpy"]\n', "2 drifts unpinned-pip"),
    ("FROM python:3.9\nRUN <<EOF\npip install numpy\nEOF\n", "drifts unpinned-pip"),
    ("FROM ubuntu:16.04\nRUN sudo apt-get update\n", "2 breaks sudo-missing"),
    ("FROM python:3.9\nCMD ['python', 'a.py']\n", "2 breaks cmd-single-quotes"),
    ("FROM python:3.9\nENTRYPOINT ['python']\n", "2 breaks cmd-single-quotes"),
    ("FROM python:3.9\nEXPOSE 80\nCMD bash\n", "2 breaks port 80 is published, but bash"),
    ("FROM python:3.9\nEXPOSE 80\n", "2 breaks port 80 is published, but nothing"),
    (
        "FROM python:3.9\nEXPOSE 8888\nCMD jupyter notebook --port=9999\n",
        "2 breaks port 8888 is published, but what is started serves 9999",
    ),
    ("FROM python:3.9\nRUN pip list > requirements.txt\n", "2 breaks pip-list-requirements"),
    ("FROM ubuntu:24.04\nRUN apt-get update\nRUN pip3 install a==1\n", "3 breaks from-latest"),
    ("FROM ubuntu:20.04\nCMD python a.py\n", "2 breaks no-python-binary"),
    ("FROM ubuntu:22.04\nRUN apt-get install -y git\n", "2 breaks no package is found"),
    (
        "FROM ubuntu:22.04\nRUN apt-get update && apt-get install -y python-pip\n",
        "2 breaks ubuntu:22.04 has no package python-pip any more",
    ),
    (
        "FROM tensorflow/tensorflow:1.12.0-py3\nRUN pip3 install keras\n",
        "2 breaks keras-too-new-for-tf1",
    ),
    ("FROM python:3.7\nRUN pip install flask==1.0.2 jinja2==2.10\n", "2 breaks markupsafe-s"),
    ("FROM python:3.7\nRUN pip install flask==1.0.2\n", "2 breaks jinja2-escape"),
    ("FROM python:3.9\nADD https://a.example/x /\n", "2 drifts a remote ADD"),
    ("FROM python:3.9\nADD http://10.0.0.1/x /\n", "2 breaks ADD would bring"),
    ("FROM python:3.9\nRUN --mount=type=ssh true\n", "2 breaks keys of an agent"),
    ("FROM python:3.9\nRUN wget https://x/Miniconda3-latest-Linux-x86_64.sh\n", "2 drifts Mini"),
]


@pytest.mark.parametrize(("text", "expected"), KNOWN)
def test_a_known_mistake_is_told_with_its_line(text: str, expected: str) -> None:
    found = told(text)
    assert any(expected in one for one in found), found


@pytest.mark.parametrize(
    "text",
    [
        f"FROM python:3.12{DIGEST}\n{USER}",
        f"FROM scratch\nCOPY a /a\n{USER}",
        f'FROM python:3.12{DIGEST}\nRUN pip install numpy==1.26.4\nCMD ["python", "a.py"]\n{USER}',
        f"FROM python:3.8{DIGEST}\nRUN pip install tensorflow==2.4.4\n{USER}",
        f"FROM python:3.7{DIGEST}\nRUN pip install tensorflow==1.15.0 protobuf==3.19.6 "
        f"h5py==2.10.0 numpy==1.18.5\n{USER}",
        f"FROM python:3.9{DIGEST}\nEXPOSE 8080\nCMD gunicorn --bind 0.0.0.0:8080 app:app\n{USER}",
        f"FROM python:3.9{DIGEST}\nEXPOSE 8080\nCMD ./start\n{USER}",
        f"FROM ubuntu:22.04{DIGEST}\nRUN apt-get update && apt-get install -y sudo\n"
        f"RUN sudo true\n{USER}",
        f"FROM ubuntu:24.04{DIGEST}\nRUN python3 -m venv /v && /v/bin/pip install a==1\n{USER}",
        f"FROM nvidia/cuda:11.2.2-cudnn8-runtime-ubuntu20.04{DIGEST}\n"
        f"RUN pip3 install tensorflow-gpu==2.7.4 numpy==1.22.4\n{USER}",
        f"FROM debian:12{DIGEST} AS a\nRUN true\nFROM a\nCOPY --from=a / /\n{USER}",
        f"FROM python:3.6{DIGEST}\nRUN pip install flask==1.0.2\n{USER}",
    ],
)
def test_what_is_in_order_is_not_blamed(text: str) -> None:
    assert [] == told(text)


def test_a_program_that_listens_to_itself_alone_is_told() -> None:
    text = "FROM python:3.9\nCOPY app.py /\nEXPOSE 5000\nCMD python /app.py\n"
    flask = "from flask import Flask\napp = Flask(__name__)\napp.run({})\n"
    assert "3 breaks app.py listens on 127.0.0.1" in told(text, app__py=flask.format(""))[0]
    assert [] == told(text, app__py=flask.format("host='0.0.0.0'"))
    other = told(text, app__py=flask.format("host='0.0.0.0', port=8000"))
    assert ["3 breaks port 5000 is published, but what is started serves 8000"] == other
    named = flask.format("").replace("app", "service")
    assert "3 breaks app.py listens on 127.0.0.1" in told(text, app__py=named)[0]
    session = flask.format("").replace("app.run()", "session.run(loss)")
    assert [] == told(text, app__py=session), "others have a `run`, too"


def test_files_of_requirements_are_read() -> None:
    text = "FROM python:3.7\nCOPY requirements.txt .\nRUN pip install -r requirements.txt\n"
    bad = "Package    Version\n---------- -------\nnumpy      1.16.1\n"
    assert "3 breaks pip-list-requirements" in told(text, requirements__txt=bad)
    found = told(text, requirements__txt="tensorflow==1.14.0\n# comment\nnumpy  # why\n")
    assert "3 breaks protobuf-4-descriptors" in found
    assert "3 drifts unpinned-pip" in found


def test_a_variable_that_mends_it_counts() -> None:
    text = "FROM python:3.7\n{}RUN pip install tensorflow==1.15.0 protobuf==3.20.3\n"
    assert [] == [one for one in told(text.format("")) if "protobuf" in one]
    name = "PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION"
    text = "FROM python:3.7\n{}RUN pip install tensorflow==1.15.0 h5py==2.10.0\n"
    assert [one for one in told(text.format("")) if "protobuf" in one]
    assert [] == [one for one in told(text.format(f"ENV {name}=python\n")) if "protobuf" in one]


class Today:
    """The day of the gallery."""

    @staticmethod
    def today() -> Today:
        return Today()

    def isoformat(self) -> str:
        return DAY


@pytest.mark.parametrize("folder", GALLERY, ids=lambda folder: folder.name)
def test_the_gallery_is_told_as_agreed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "date", Today)
    monkeypatch.chdir(folder)
    found = check_dockerfile(CheckRequest(image="Dockerfile"))
    expected = (folder / "findings.txt").read_text("utf-8")
    assert expected == render_answer("terminal", dockerfile_reply(found))


def test_the_table_of_the_gallery_counts_every_dockerfile() -> None:
    text = (ROOT / "docs/dockerfiles.md").read_text("utf-8")
    row = re.compile(r"^\| `([a-z]+-[a-z0-9]+)` \|.*\| (\d+) \| \d+ \| \d+ \|$", re.MULTILINE)
    rows = dict(row.findall(text))
    assert [folder.name for folder in GALLERY] == sorted(rows)
    assert 14 == len(rows)
    for folder in GALLERY:
        head = (folder / "findings.txt").read_text("utf-8").split("\n")[0]
        counts = re.findall(r"(\d+) (?:breaks|drifts)", head)
        assert sum(map(int, counts)) == int(rows[folder.name]), folder.name


def test_findings_name_breakages_that_are_known() -> None:
    known = {one.id for one in breakages()}
    source = "".join(
        path.read_text("utf-8") for path in (ROOT / "harness/check/dockerfile").rglob("*.py")
    )
    named = set(re.findall(r'of_breakage\(\s*"([a-z0-9-]+)"', source))
    assert named
    assert named <= known
    assert {"bases", "commands", "installs", "pairs", "running", "written"} == set(names())


def test_what_pip_takes_today_is_bounded_by_what_the_release_asks_for() -> None:
    taken = {
        ("1.14.0", "protobuf", "3.7"): "4.24.4",
        ("1.14.3", "protobuf", "3.7"): "4.24.4",
        ("2.8.4", "numpy", "3.10"): "2.2.6",
        ("2.11.1", "protobuf", "3.9"): "",
        ("2.4.4", "protobuf", "3.8"): "",
        ("2.15.1", "numpy", "3.11"): "",
        ("1.14.0", "protobuf", ""): "",
        ("9.9.9", "protobuf", "3.7"): "",
    }
    for (version, package, python), expected in taken.items():
        assert expected == taken_today("tensorflow", version, package, python)
    assert "" == taken_today("other", "1.0", "numpy", "3.7")
    assert requires("tensorflow").source
    assert newest().source


def test_the_command_reads_a_file_and_no_image(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "Dockerfile").write_text("FROM python:3.7\nRUN sudo true\n", "utf-8")
    (tmp_path / "python").write_text("no instruction\n", "utf-8")
    (tmp_path / "mine").write_text("FROM x\n", "utf-8")
    assert (True, False, True, False, False) == tuple(
        is_dockerfile(name) for name in ("Dockerfile", "python", "mine", "python:3.7", "")
    )
    found = check_dockerfile(CheckRequest(image="Dockerfile"))
    assert Exit.FINDINGS is found.exit
    tree = json.loads(render_answer("json", dockerfile_reply(found)))
    assert [1, 1, 1, 2] == [one["line"] for one in tree["findings"]]
    assert "sudo-missing" in render_answer("markdown", dockerfile_reply(found))
    with pytest.raises(UsageError, match="not an image yet"):
        check_dockerfile(CheckRequest(image="Dockerfile", pull=True))
    (tmp_path / "Dockerfile").write_text("FORM x\n", "utf-8")
    with pytest.raises(DockerfileError):
        check_dockerfile(CheckRequest(image="Dockerfile"))


def test_a_registry_that_nobody_reaches_is_told_and_one_that_refuses_is_a_finding(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "Dockerfile").write_text("FROM python:3.99\nFROM other:1\n", "utf-8")

    def look(wanted: command.WantedImage, _host: object) -> object:
        if wanted.name == "other:1":
            raise InfrastructureError("nobody answers")
        raise UsageError("it has no such tag")

    monkeypatch.setattr(command, "found", look)
    monkeypatch.setattr(command, "host_of", lambda _: None)
    asked = CheckRequest(image=str(tmp_path / "Dockerfile"), registry=True)
    found = check_dockerfile(asked)
    assert ["manifest-unknown"] == [one.explain for one in found.findings if one.line == 1]
    assert ("whether other:1 moved or is gone: nobody answers",) == found.notices


@given(st.lists(PIECES, max_size=40).map("".join))
def test_untrusted_text_gives_a_page(text: str) -> None:
    with suppress(DockerfileError):
        dockerfile = parse_dockerfile(("FROM x\n" + text).encode("utf-8", "replace"), "D")
        stages = layout(dockerfile, {})
        found = judged(CheckedDockerfile(dockerfile=dockerfile, layout=stages, date=DAY))
        for one in found.findings:
            assert 1 <= one.line <= dockerfile.text.count("\n") + 1
        assert render_answer("terminal", dockerfile_reply(found))
