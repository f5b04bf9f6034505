"""The second opinion: facts from an environment's files, read without running anything in it.

A process with limits on memory and time gets a tar of the whole tree and returns facts. They are
bounded, and no more trusted than anything else from an image.
"""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
import threading
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue

from harness.images.file_tree import Asked
from harness.images.untrusted import texts
from harness.model import Fact, Facts

PREFIX = "outside."
_ROOT = Path(__file__).resolve().parents[2]
_START = (
    "import sys; sys.path.insert(0, sys.argv[1]); "
    "from harness.images.file_worker import main; main(sys.argv[2:])"
)
_READS = ("bytecode.py", "file_checks.py", "file_lists.py", "file_tree.py", "file_worker.py")
_NAME = re.compile(r"outside\.[a-z0-9_.+-]{1,250}\Z")
_LINE = 64 * 1024
_TOLD = 8 * 1024**2
_FACTS = 20_000
_TEXT = 500
_LINES = 21


@dataclass(frozen=True, kw_only=True, slots=True)
class FilesRead:
    """The facts about a tree; `problem` says why they are incomplete."""

    facts: Facts
    problem: str = ""
    peak_kib: int = 0
    """Peak memory of the reading process in KiB."""


def reader() -> str:
    """A digest of the code that reads files, so that results of another version are not reused."""
    digest = hashlib.sha256()
    for name in _READS:
        digest.update(Path(__file__).with_name(name).read_bytes())
    return digest.hexdigest()


def read_files(chunks: Iterable[bytes], asked: Asked) -> FilesRead:
    """Read the tar in `chunks`, and return facts about it.

    Exceptions from `chunks` are raised; problems with the content are in the result.
    """
    worker = subprocess.Popen(
        [
            *(sys.executable, "-I", "-c", _START, str(_ROOT)),
            *(_argument(one) for one in (asked.interpreter, asked.path, asked.pythonpath)),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert worker.stdin is not None
    assert worker.stdout is not None
    heard: SimpleQueue[FilesRead] = SimpleQueue()
    listener = threading.Thread(target=lambda: heard.put(_heard(worker)), daemon=True)
    listener.start()
    try:
        with suppress(BrokenPipeError):  # the worker ended early; its output will say why
            for chunk in chunks:
                worker.stdin.write(chunk)
    except BaseException:
        worker.kill()
        raise
    finally:
        with suppress(BrokenPipeError):
            worker.stdin.close()
        listener.join()
        worker.wait()
        worker.stdout.close()
    return heard.get()


def _argument(text: str) -> str:
    """Text from an image as a program argument: bounded, and without NUL characters."""
    return text.replace("\0", "")[:4096]


def _heard(worker: subprocess.Popen[bytes]) -> FilesRead:
    """Read the worker's facts, up to a limit; lines that are no facts are ignored."""
    facts: dict[str, Fact] = {}
    total = 0
    assert worker.stdout is not None
    while line := worker.stdout.readline(_LINE):
        total += len(line)
        if total > _TOLD or len(facts) > _FACTS:
            worker.kill()
            break
        try:
            entry = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if not isinstance(entry, dict):
            continue
        if "end" in entry:
            peak = entry.get("peak_kib")
            return FilesRead(
                facts=facts,
                problem=str(entry["end"])[:_TEXT],
                peak_kib=peak if isinstance(peak, int) else 0,
            )
        name, value = entry.get("fact"), entry.get("value")
        if isinstance(name, str) and _NAME.match(name):
            if isinstance(value, list):
                facts[name] = tuple(one[:_TEXT] for one in texts(value)[:_LINES])
            elif isinstance(value, str):
                facts[name] = value[:_TEXT]
    return FilesRead(facts=facts, problem="its reader ended without an answer")
