"""What every engine gives its guests: runner, probes, data, questions; and what it installs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

import harness.probing.guest
from harness.engines import Pass
from harness.model import Artifact, Lock
from harness.probing.answer import Answer
from harness.probing.framing import FrameReader

RUNNER = "runner.py"
_ANSWER_BYTES = 4 * 1024**2
_NOISE_BYTES = 16 * 1024
_PROBE_OUTPUT_BYTES = 64 * 1024**2


def runner_text() -> str:
    """The guest runner: a file of its own, or the text of `python -c`."""
    return Path(harness.probing.guest.__file__).with_name(RUNNER).read_text("ascii")


def guest_files(request: Pass) -> dict[str, Path | bytes]:
    """Relative path -> content of everything a guest reads, but its data."""
    content: dict[str, Path | bytes] = {RUNNER: runner_text().encode()}
    for question in request.questions:
        content[f"probes/{question.probe.name}.py"] = question.probe.source.encode()
    return content


def guest_data(request: Pass) -> dict[str, Path | bytes]:
    """Relative path -> content of the data set."""
    return {f"data/{name}": path for name, path in request.dataset.items()}


def guest_request(
    request: Pass,
    markers: Mapping[str, str],
    *,
    scratch: str,
    at: str,
    files: bool = True,
    alone: bool = False,
) -> bytes:
    """The line of JSON the guest runner reads: probes in order, each with its marker.

    `markers`: random marker -> probe name; `at`: where the guest finds its files. Without `files`
    the probes' texts are in the request, and only data are files. `alone`: the guest has a
    process namespace of its own.
    """
    marker_of = {name: marker for marker, name in markers.items()}
    where = PurePosixPath(at)
    probes = [
        {
            "name": question.probe.name,
            "path": str(where / "probes" / f"{question.probe.name}.py"),
            "source": None if files else question.probe.source,
            "marker": marker_of[question.probe.name],
            "timeout_s": question.probe.timeout_s,
            "settings": dict(question.settings),
            "data_dir": str(where / "data") if question.probe.dataset else None,
        }
        for question in request.questions
    ]
    limits = {
        "answer_bytes": _ANSWER_BYTES,
        "noise_bytes": _NOISE_BYTES,
        "total_bytes": _PROBE_OUTPUT_BYTES,
    }
    wanted = {"scratch": scratch, "probes": probes, "limits": limits, "alone": alone}
    return json.dumps(wanted).encode() + b"\n"


def install_list(lock: Lock) -> bytes:
    """What install.py reads: names, files, hashes; tools in their order."""

    def rows(artifacts: tuple[Artifact, ...]) -> list[dict[str, str]]:
        return [
            {"name": each.name, "filename": each.filename, "sha256": each.sha256}
            for each in artifacts
        ]

    return json.dumps(
        {"tools": rows(lock.tools), "distributions": rows(lock.distributions)}
    ).encode()


def answers_of(reader: FrameReader, *, whole: bool) -> dict[str, Answer]:
    """The answers by probe; where the stream ended as it should, a broken frame is one too."""
    if whole:
        reader.close()
    return dict(reader.answers)
