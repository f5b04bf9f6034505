"""Performs probes that run outside: on this host, against started containers of the cell.

Each probe is a process of its own, asked through the same runner and the same frames as inside an
image. A probe that hangs is ended at its deadline, and what it started is found by its label and
removed.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from secrets import token_hex
from typing import Any

from docker import APIClient
from testcontainers.core.container import DockerContainer

from harness.engines import GoneInPassError, Pass, Performed
from harness.engines.oci import LABEL
from harness.engines.oci.capabilities import PODMAN
from harness.engines.oci.connection import row_of
from harness.engines.oci.given import Given, StandingContainer
from harness.engines.oci.images import inspect_image, other_architecture
from harness.engines.oci.neighbours import CHANGES
from harness.engines.oci.readiness import Ended, PortAnswers, published
from harness.engines.oci.started import PASS, NotStarted, container_of
from harness.engines.oci.sweep import sweep
from harness.engines.oci.watch import EventWatch
from harness.engines.oci.whereabouts import cores_of, pinned_to
from harness.engines.onhost import OnHost, run_on_host
from harness.errors import EngineError
from harness.machine.owner import maybe_alive
from harness.machine.workfolder import work_folder
from harness.model import Outcome
from harness.probing.metadata import OUTSIDE
from harness.promises import Promise, PromiseKind, Served
from harness.serial import encode

_STANDING = {PromiseKind.SERVES, PromiseKind.NOTEBOOK}
_OURS = {"extract-to-dir"}
"""Actions of our own on every container: files are put into volumes."""
_SECOND_SHELL = {"exec_create", "exec_start", "exec"}
"""Actions of probes in containers that they have started themselves."""
_ELSEWHERE = (
    "the engine runs on another host: what a container serves is published on that host's own "
    "loopback alone"
)
_NO_BRIDGE = "podman has no bridge that publishes ports and lets nothing out"


class _OtherMachine(Exception):
    """The image is for another machine."""


class Outsider:
    """Performs passes of probes that run outside, on one open engine."""

    def __init__(
        self, client: APIClient, watch: EventWatch, info: Mapping[str, Any], *, here: bool
    ) -> None:
        """`info` is the engine's `/info`; `here` says that its containers run on this host."""
        self._client = client
        self._watch = watch
        self._info = info
        self._here = here

    def perform(self, request: Pass, labels: Mapping[str, str]) -> Performed:
        """Start the container that serves, ask every probe, and remove all that was started.

        Raises EngineError.
        """
        if why := self._why_not():
            return Performed(answers={}, outcome=Outcome.HOST_INCOMPATIBLE, reason=why)
        token = token_hex(8)
        labels = {**labels, f"{LABEL}.kind": OUTSIDE, PASS: token}
        given = self._given(request, labels)
        try:
            with self._standing(request, given) as standing:
                performed = _asked(request, replace(given, standing=standing))
                did = self._interfered(token, standing)
        except _OtherMachine as error:
            reason = str(error)
            return Performed(answers={}, outcome=Outcome.HOST_INCOMPATIBLE, reason=reason)
        finally:
            if not self._watch.engine_gone:
                sweep(self._client, maybe_alive, of=f"{PASS}={token}")
        if self._watch.engine_gone:
            gone = EngineError(
                "the engine went away while a container was asked from outside",
                remedy="see whether it still runs; records written so far are kept",
            )
            raise GoneInPassError(gone, answers=performed.answers, noise=performed.noise)
        if did:
            reason = f"somebody {' and '.join(did)}"
            return replace(performed, outcome=Outcome.INTERFERED, reason=reason)
        return performed

    def _why_not(self) -> str:
        """Return why probes cannot run outside with this engine; empty if they can."""
        if not self._here:
            return _ELSEWHERE
        if row_of(self._client) is PODMAN:
            return _NO_BRIDGE
        return ""

    def _given(self, request: Pass, labels: Mapping[str, str]) -> Given:
        image = request.obtained.image
        assert image is not None, "a pass needs an obtained image"
        return Given(
            cell=request.cell,
            image=image.id,
            interpreter=request.obtained.interpreter,
            built=image.base_source is not None and not self._works_in(image.id),
            profile=request.profile,
            promise=request.promise or Promise(),
            cores=cores_of(self._info),
            cpus=pinned_to(self._info),
            gpu=request.gpu,
            labels=dict(labels),
        )

    def _works_in(self, image: str) -> str:
        """Return the working folder that an image sets; empty if it sets none."""
        found = inspect_image(self._client, image) or {}
        return str((found.get("Config") or {}).get("WorkingDir") or "")

    @contextmanager
    def _standing(self, request: Pass, given: Given) -> Iterator[StandingContainer | None]:
        """Start the container that serves and wait until it is ready; None if no probe of the pass
        needs it."""
        serves = given.promise.serves
        needed = any(
            question.probe.promises is None or _STANDING & set(question.probe.promises)
            for question in request.questions
        )
        if not serves or not needed:
            yield None
            return
        began = time.monotonic()
        ports = [one.port for one in serves]
        with ExitStack() as stack:
            try:
                container = stack.enter_context(
                    container_of(given, self._client, command=given.command, published=ports)
                )
            except NotStarted as error:
                if other := other_architecture(self._client, given.image):
                    raise _OtherMachine(other) from error
                # Otherwise the probes report that the promise is not kept.
                why = f"the container cannot be started: {error}"
                yield StandingContainer(not_ready={str(port): why for port in ports})
            else:
                yield self._waited(container, serves, began)

    def _waited(
        self, container: DockerContainer, serves: tuple[Served, ...], began: float
    ) -> StandingContainer:
        ports, ready, not_ready = {}, {}, {}
        for served in serves:
            name = str(served.port)
            ports[name] = published(container, served.port)
            try:
                PortAnswers(self._client, served, ports[name]).wait_until_ready(container)
            except TimeoutError as error:
                not_ready[name] = f"not ready within {served.ready.within_s:g} s: {error}"
            except Ended as error:
                not_ready[name] = str(error)
            else:
                ready[name] = round(time.monotonic() - began, 3)
        return StandingContainer(
            container=container.get_container_id(), ports=ports, ready=ready, not_ready=not_ready
        )

    def _interfered(self, token: str, standing: StandingContainer | None) -> tuple[str, ...]:
        """Return what somebody else did to the containers of a pass, before they are removed."""
        did: dict[str, None] = {}
        for container in self._watch.labelled(PASS, token):
            ours = _OURS if standing and container == standing.container else _OURS | _SECOND_SHELL
            actions = set(self._watch.actions(container)) - ours
            did |= {CHANGES[one]: None for one in CHANGES if one in actions}
        if standing and standing.container and "kill" in self._watch.actions(standing.container):
            did["killed or removed the container"] = None
        return tuple(did)


def _asked(request: Pass, given: Given) -> Performed:
    owner = given.labels[f"{LABEL}.owner"]
    with work_folder(owner, OUTSIDE) as folder:
        on = OnHost(
            interpreter=sys.executable,
            folder=folder,
            environment=os.environ,
            given={OUTSIDE: encode(given).decode("ascii")},
        )
        return run_on_host(request, on)
