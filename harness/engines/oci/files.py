"""Reads an image's merged files as one stream out of a container that is never started."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

from docker import APIClient

from harness.engines.files import FileReader
from harness.engines.oci.connection import engine_errors
from harness.engines.oci.containers import remove
from harness.engines.oci.images import inspect_image
from harness.engines.oci.specification import ContainerSpec, create_container
from harness.images.file_tree import Asked
from harness.images.second_opinion import FilesRead
from harness.images.untrusted import mapping, texts

_CHUNK = 1024**2


def read_image_files(
    client: APIClient,
    reader: FileReader,
    image: str,
    interpreter: str,
    labels: Mapping[str, str],
) -> FilesRead:
    """Read the files of an image. Raises EngineError."""
    found = inspect_image(client, image)
    if found is None:
        return FilesRead(facts={}, problem="the image is not on the engine any more")
    return reader.read(
        str(found.get("Id") or image),
        _asked(found, interpreter),
        lambda: _exported(client, image, labels),
    )


def _asked(found: Mapping[str, object], interpreter: str) -> Asked:
    variables = texts(mapping(found.get("Config")).get("Env"))
    environment = dict(one.partition("=")[::2] for one in variables)
    return Asked(
        interpreter=interpreter,
        path=environment.get("PATH", "") or Asked().path,
        pythonpath=environment.get("PYTHONPATH", ""),
    )


@contextmanager
def _exported(
    client: APIClient, image: str, labels: Mapping[str, str]
) -> Iterator[Iterable[bytes]]:
    with engine_errors("making a container to read files of"):
        container = create_container(
            client, ContainerSpec(image=image, command=("/never-started",), labels=labels)
        )
    try:
        with engine_errors("sending the files of an image"):
            yield client.export(container, chunk_size=_CHUNK)
    finally:
        remove(client, container)
