"""The operations of a probe that runs outside: ask what its cell serves, start containers of it."""

from __future__ import annotations

import json
import resource
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from harness.machine.web import WebAnswer, WebRequest, ask, form_with_file
from harness.promises import Promise

if TYPE_CHECKING:
    from docker import APIClient
    from testcontainers.core.container import DockerContainer

    from harness.engines.oci.given import Given, StandingContainer

OUTSIDE = "outside"
LOOPBACK = "127.0.0.1"
_MEMORY = 4 * 1024**3
"""Address space of a probe's process, so that a server's answer cannot exhaust the host's
memory."""


class OutsideCell:
    """A cell as seen from outside its container."""

    def __init__(self, given: Given) -> None:
        self.given = given

    @property
    def promise(self) -> Promise:
        """What the cell promises."""
        return self.given.promise

    @property
    def standing(self) -> StandingContainer | None:
        """The running container that serves; None if the cell promises to serve nothing."""
        return self.given.standing

    def port(self, inside: int) -> int:
        """The port of this host's loopback on which a promised port can be reached; 0 if it was not
        published."""
        return self.standing.ports.get(str(inside), 0) if self.standing else 0

    def ask(self, port: int, request: WebRequest, within_s: float = 10.0) -> WebAnswer:
        """Send a request to a promised port. Raises `harness.machine.web.NotAnswered`."""
        return ask(LOOPBACK, self.port(port), request, within_s=within_s)

    def post_json(self, port: int, path: str, value: Any, within_s: float = 10.0) -> WebAnswer:
        """Send a value as JSON. Raises NotAnswered."""
        headers = {"Content-Type": "application/json"}
        body = json.dumps(value).encode()
        request = WebRequest(method="POST", path=path, headers=headers, body=body)
        return self.ask(port, request, within_s)

    def post_file(
        self, port: int, path: str, field: str, content: bytes, within_s: float = 10.0
    ) -> WebAnswer:
        """Send bytes as a file in a form. Raises NotAnswered."""
        form, kind = form_with_file(field, content, 0)
        request = WebRequest(
            method="POST",
            path=path,
            headers={"Content-Type": kind},
            body=form.body,
            after=form.after,
        )
        return self.ask(port, request, within_s)

    @contextmanager
    def container(
        self,
        client: APIClient,
        command: Sequence[str] = (),
        *,
        alone: bool = False,
        volumes: Mapping[str, str] | None = None,
        published: Sequence[int] = (),
    ) -> Iterator[DockerContainer]:
        """A container of the cell for the probe alone, started as by `container_of`, and removed at
        the end. Raises NotStarted, EngineError."""
        from harness.engines.oci.started import container_of

        with container_of(
            self.given,
            client,
            command=command,
            alone=alone,
            volumes=volumes,
            published=published,
        ) as made:
            yield made

    @contextmanager
    def engine(self) -> Iterator[APIClient]:
        """A connection to the engine that has the cell's image. Raises EngineError."""
        from harness.engines.oci.connection import connect

        client = connect()
        try:
            yield client
        finally:
            client.close()


def here(settings: Mapping[str, Any]) -> OutsideCell:
    """The cell that a probe was asked about, from its settings.

    Also limits the memory that the probe's process may use on this host. Raises ValueError for the
    settings of a probe that runs inside.
    """
    from harness.engines.oci.given import Given
    from harness.serial import decode

    text = settings.get(OUTSIDE)
    if not isinstance(text, str):
        raise ValueError('only a probe with `"where": "outside"` is told of a container')
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, hard))
    return OutsideCell(decode(Given, text.encode("ascii")))
