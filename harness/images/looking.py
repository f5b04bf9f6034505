"""Read layers as they stream by, each in a process of its own with limits; no layer is stored."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue

from harness.images.failures import WrongContent
from harness.images.inside import Inside
from harness.images.merged import inside_of

_ROOT = Path(__file__).resolve().parents[2]
_START = (
    "import sys; sys.path.insert(0, sys.argv[1]); "
    "from harness.images.{reader} import main; "
    "main(sys.argv[3:], hashed=sys.argv[2] == 'plain')"
)
_CONTENT = "layer_worker"
_FILES = "listing_worker"
_LINE = 32 * 1024**2
_TOLD = 128 * 1024**2
"""Bytes of output of one layer's reader at most."""
Chunks = Iterable[bytes]


@dataclass(frozen=True, kw_only=True, slots=True)
class Layer:
    """A layer to read."""

    named: str
    """Its expected digest: of the bytes as they come, or of its uncompressed content."""
    plain: bool
    """Whether `named` is the digest of the uncompressed content."""
    open: Callable[[], AbstractContextManager[Chunks]]
    """Opens the layer and gives its bytes in chunks."""


def look_inside(layers: Iterable[Layer], modules: tuple[str, ...]) -> Inside:
    """The content of an image with these layers, lowest first.

    `modules` are the names of the framework's folders. Raises WrongContent for a layer that does
    not have the expected digest, and whatever opening a layer raises.
    """
    return inside_of(_told(layer, _CONTENT, modules) for layer in layers)


def list_files(layer: Layer) -> Iterator[dict[str, object]]:
    """The entries that `listing_worker` writes for a layer: one for each file, the outcome last.

    Raises as `look_inside` does.
    """
    return _told(layer, _FILES, ())


def _told(layer: Layer, reader: str, asked: tuple[str, ...]) -> Iterator[dict[str, object]]:
    """The entries of one layer, once it was read and its digest was verified."""
    with layer.open() as chunks:
        found, digest = _ask(chunks, layer, reader, asked)
    if digest != layer.named and not (layer.plain and not digest):
        raise WrongContent(
            f"a layer is not the one that was named: {layer.named} was asked for, {digest} came",
            remedy="ask again; if it stays so, do not use this image",
        )
    yield from found


def _ask(
    chunks: Chunks, layer: Layer, reader: str, asked: tuple[str, ...]
) -> tuple[list[dict[str, object]], str]:
    """Run one worker; returns (entries, the layer's digest in the kind that `named` has)."""
    # A compressed layer is named by its compressed bytes, which are hashed here.
    kind = "plain" if layer.plain else "packed"
    worker = subprocess.Popen(
        [sys.executable, "-I", "-c", _START.format(reader=reader), str(_ROOT), kind, *asked],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert worker.stdin is not None
    assert worker.stdout is not None
    lines: SimpleQueue[list[dict[str, object]]] = SimpleQueue()
    hearing = threading.Thread(target=lambda: lines.put(_lines(worker)), daemon=True)
    hearing.start()
    named = hashlib.new(layer.named.partition(":")[0] or "sha256")
    try:
        with suppress(BrokenPipeError):  # the worker ended early; its output will say why
            for chunk in chunks:
                if not layer.plain:
                    named.update(chunk)
                worker.stdin.write(chunk)
        if not layer.plain:
            for chunk in chunks:
                named.update(chunk)
    except BaseException:
        worker.kill()
        raise
    finally:
        with suppress(BrokenPipeError):
            worker.stdin.close()
        hearing.join()
        worker.wait()
        worker.stdout.close()
    entries = lines.get()
    if not entries or entries[-1].get("kind") != "end":
        entries.append({"kind": "dead"})
    if layer.plain:
        digest = entries[-1].get("digest", "")
        return entries, digest if isinstance(digest, str) else ""
    return entries, f"{named.name}:{named.hexdigest()}"


def _lines(worker: subprocess.Popen[bytes]) -> list[dict[str, object]]:
    """Read the worker's entries, up to a limit; lines that are no JSON object are ignored."""
    entries: list[dict[str, object]] = []
    total = 0
    assert worker.stdout is not None
    while line := worker.stdout.readline(_LINE):
        total += len(line)
        if total > _TOLD:
            worker.kill()
            break
        try:
            entry = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(entry, dict):
            entries.append(entry)
    return entries
