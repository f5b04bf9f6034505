"""A test's own cells, asked by the worker on an open engine: the outcome of each probe."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from secrets import token_hex
from typing import Any

from docker import APIClient

from harness.engines import Workshop
from harness.engines.oci.engine import ContainerEngine
from harness.machine.owner import owner_token
from harness.model import Cell, Level, Probe, Profile, Record
from harness.recipes.orders import Order
from harness.running.task import Task
from harness.running.worker import work

LABEL = "test-image-of"


def probe(name: str, source: str, timeout_s: float = 20.0) -> Probe:
    """A probe of a test's own."""
    return Probe(name=name, question="?", source=source, digest=name, timeout_s=timeout_s)


ANSWERS = probe("answers", "def probe(settings):\n    return {'answers.yes': True}\n")


@dataclass(kw_only=True)
class Trying:
    """An open engine with images of a test's own."""

    engine: ContainerEngine
    python: str
    """Path of the interpreter in every image made by `image`."""
    base: str
    images: list[str] = field(default_factory=list)

    @property
    def client(self) -> APIClient:
        return self.engine.client

    def image(self, files: Mapping[str, str], *lines: str) -> str:
        """The base with programs (path -> text, executable) and lines of a Dockerfile."""
        copied = ("COPY files /",) if files else ()
        text = "\n".join((f"FROM {self.base}", *copied, *lines, f"LABEL {LABEL}=1"))
        context = {"Dockerfile": text, **{f"files/{path}": each for path, each in files.items()}}
        packed = io.BytesIO(_packed({path: each.encode() for path, each in context.items()}))
        name = f"harness-tests/{token_hex(6)}:1"
        said = list(
            self.client.build(
                fileobj=packed, custom_context=True, tag=name, rm=True, forcerm=True, decode=True
            )
        )
        assert not [line for line in said if "error" in line], said
        self.images.append(name)
        return name

    def loaded(self, files: Mapping[str, bytes], *, architecture: str) -> str:
        """An image of these files that declares another architecture."""
        layer = _packed(files)
        digest = hashlib.sha256(layer).hexdigest()
        config = {
            "architecture": architecture,
            "os": "linux",
            "config": {"Labels": {LABEL: "1"}},
            "rootfs": {"type": "layers", "diff_ids": [f"sha256:{digest}"]},
        }
        name = f"harness-tests/{token_hex(6)}:1"
        manifest = [{"Config": "config.json", "RepoTags": [name], "Layers": ["layer.tar"]}]
        content = {"layer.tar": layer}
        for path, value in {"config.json": config, "manifest.json": manifest}.items():
            content[path] = json.dumps(value).encode()
        for said in self.client.load_image(io.BytesIO(_packed(content))):
            assert "error" not in said, said
        self.images.append(name)
        return name

    def imported(self, files: Mapping[str, bytes]) -> str:
        """An image of only these files."""
        name = f"harness-tests/{token_hex(6)}:1"
        self.client.import_image_from_data(io.BytesIO(_packed(files)), repository=name)
        self.images.append(name)
        return name

    def ask(
        self,
        image: str,
        *probes: Probe,
        interpreter: str = "",
        profile: Profile | None = None,
        during: Callable[[str, str], object] = lambda _cell, _what: None,
        **more: Any,
    ) -> dict[str, Record]:
        """The records by probe; `during` is called with what the worker reports."""
        cell = Cell(
            id="x",
            image=image,
            interpreter=interpreter or self.python,
            level=Level.L0,
            profile=profile or Profile(),
            **more,
        )
        return self._work(cell, probes or (ANSWERS,), during)

    def ask_as_is(self, image: str, interpreter: str) -> dict[str, Record]:
        """The records for an image whose interpreter may have to be found."""
        cell = Cell(id="x", image=image, interpreter=interpreter, level=Level.L0)
        return self._work(cell, (ANSWERS,), lambda _cell, _what: None)

    def _work(
        self, cell: Cell, probes: tuple[Probe, ...], during: Callable[[str, str], object]
    ) -> dict[str, Record]:
        task = Task(run=f"test-{token_hex(6)}", orders=(Order(cell=cell),), probes=probes)
        try:
            said = list(work(self.engine, task, during))
            return {one.probe: one for one in said if isinstance(one, Record)}
        finally:
            self.engine.release(task.run)

    def remove(self) -> None:
        """Remove the images that were made."""
        for name in self.images:
            self.client.remove_image(name, force=True)


def workshop(folder: Path) -> Workshop:
    """What an engine needs for cells that are not built."""
    return Workshop(cache=folder, logs=folder, bases={}, owner=owner_token())


def _packed(files: Mapping[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for path, content in files.items():
            entry = tarfile.TarInfo(path)
            entry.size, entry.mode = len(content), 0o755
            archive.addfile(entry, io.BytesIO(content))
    return packed.getvalue()
