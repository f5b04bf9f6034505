"""Resolves a cell's lock inside its base, with its own interpreter, as of the cell's date.

This is the only place where a container of ours has the host's network: pip in the base talks to a
dated index on loopback. Source distributions run their setup code there, as with any `pip install`,
so it runs as the user nobody, under limits on memory, processes, output and time.
"""

from __future__ import annotations

import json
from pathlib import Path
from secrets import token_hex

from harness.distributions.cache import DistributionCache
from harness.distributions.dated_index import DatedIndex
from harness.distributions.index import PackageIndex
from harness.distributions.tools import admitted, building_tools, installing_tools
from harness.engines.oci import LABEL
from harness.engines.oci.bases import ReadyBase, obtain_base
from harness.engines.oci.builder import Builder
from harness.engines.oci.connection import engine_errors
from harness.engines.oci.containers import Streams, remove, run_container
from harness.engines.oci.specification import HARNESS_DIR, HOST_NETWORK, ContainerSpec
from harness.engines.oci.volume import fill_volume, remove_volume
from harness.engines.oci.watch import EventWatch
from harness.engines.oci.whereabouts import cores_of
from harness.errors import InfrastructureError, UsageError
from harness.model import Artifact, Base, Cell, Lock, Outcome, Profile
from harness.recipes import recipe
from harness.recipes.pins import pin_of
from harness.standard import dockerfile

RESOLVING = Profile(
    name="resolving",
    memory_bytes=4 * 1024**3,
    writable=True,
    network=True,
    relaxations=("network=host", "writable=true"),
)
"""The limits for pip and the setup code of source distributions. The root file system is writable
because what pip downloads may be larger than memory."""
LIMIT_S = 3600.0
_ANSWER = "resolved "
_ANSWER_BYTES = 256 * 1024
_TAIL = 8
_INFRASTRUCTURE = (Outcome.INTERFERED, Outcome.ENGINE_GONE)


def resolve(builder: Builder, watch: EventWatch, cell: Cell, base: Base) -> Lock:
    """Resolve the lock of a cell. The engine must run on this host, since pip uses an index on its
    loopback. Raises BaseUnavailable, UsageError (no set of distributions fits) and
    InfrastructureError.
    """
    with engine_errors("describing itself"):
        info = builder.client.info()
    ready = obtain_base(builder, base)
    cache = DistributionCache(builder.workshop.cache / "distributions")
    index = PackageIndex()
    tools = installing_tools(ready.python, index, cache)
    builders = building_tools(ready.python, index, cache)
    builder.say(f"resolving {', '.join(cell.install)} with Python {ready.python}")
    builder.say(f"relaxed for that: {', '.join(RESOLVING.relaxations)}")
    with DatedIndex(index, cache, as_of=cell.as_of, python=ready.python) as dated:
        request = {
            "pip": tools[0].filename,
            "builders": [tool.filename for tool in builders],
            "index": dated.url,
            "install": list(cell.install),
            "constraints": list(cell.constraints),
        }
        content: dict[str, Path | bytes] = {
            tool.filename: cache.path(tool.sha256) for tool in (*tools[:1], *builders)
        }
        content["resolve.py"] = dockerfile("resolve.py").encode()
        content["request.json"] = json.dumps(request).encode()
        try:
            names = _ask(builder, watch, ready, content, cores_of(info))
        except UsageError as error:
            if not dated.errors:
                raise
            # If the index did not answer, pip finds no set, but no requirement is to blame.
            raise InfrastructureError(dated.errors[0]) from error
        if dated.errors:
            raise InfrastructureError(dated.errors[0])
        found: list[Artifact] = []
        for name in names:
            file = dated.offered(name)
            if file is None:
                raise InfrastructureError(
                    f"pip in the base brought {name}, which was not offered to it"
                )
            found.append(admitted(file, index, cache))
    needs_building = any(not artifact.is_wheel for artifact in found)
    return Lock(
        cell=cell.id,
        python=ready.python,
        request=recipe.lock_request_digest(cell, base),
        as_of=cell.as_of,
        tools=(*tools, *(builders if needs_building else ())),
        distributions=tuple(sorted(found, key=lambda artifact: artifact.name)),
        base=pin_of(ready.source, ready.digest),
    )


def _ask(
    builder: Builder,
    watch: EventWatch,
    ready: ReadyBase,
    content: dict[str, Path | bytes],
    cores: int,
) -> list[str]:
    """Run pip in the base; return the file names it found. All its output goes to the log."""
    client = builder.client
    volume = f"{LABEL}-lock-{token_hex(6)}"
    labels = {f"{LABEL}.kind": "lock", f"{LABEL}.owner": builder.workshop.owner}
    spec = ContainerSpec(
        image=ready.image,
        command=(
            ready.interpreter,
            f"{HARNESS_DIR}/resolve.py",
            f"{HARNESS_DIR}/request.json",
        ),
        labels=labels,
        profile=RESOLVING,
        cores=cores,
        volume=volume,
        network=HOST_NETWORK,
    )
    answer, everything = bytearray(), bytearray()
    budget = RESOLVING.output_bytes
    with builder.log.open("ab") as log:

        def noise(piece: bytes) -> bool:
            nonlocal budget
            budget -= len(piece)
            log.write(piece)
            everything.extend(piece)
            del everything[:-_ANSWER_BYTES]
            return budget >= 0

        def heard(piece: bytes) -> bytes | None:
            answer.extend(piece)
            del answer[:-_ANSWER_BYTES]
            return b"" if noise(piece) else None

        streams = Streams(begin=None, heard=heard, noise=noise, deadline_s=LIMIT_S)
        try:
            fill_volume(client, volume, ready.image, content, labels)
            ended = run_container(
                client, watch, spec, streams, lambda container: remove(client, container)
            )
        finally:
            remove_volume(client, volume)
    if ended.outcome in _INFRASTRUCTURE:
        raise InfrastructureError(f"no lock could be resolved: {ended.reason}")
    lines = _lines(answer)
    if ended.outcome is not Outcome.OK or not lines or not lines[-1].startswith(_ANSWER):
        tail = "\n".join([line[:1000] for line in _lines(everything)[-_TAIL:]])
        why = f" ({ended.outcome}: {ended.reason})" if ended.reason else ""
        raise UsageError(
            f"no lock could be resolved{why}:\n{tail}",
            remedy=f"give constraints, or another as-of date; all of it is in {builder.log}",
        )
    return _names(lines[-1].removeprefix(_ANSWER))


def _lines(said: bytes | bytearray) -> list[str]:
    text = said.decode("utf-8", "backslashreplace")
    return [line for line in text.splitlines() if line.strip()]


def _names(answer: str) -> list[str]:
    """Decode the file names of an answer, without trust: anything in the base can print one."""
    try:
        names = json.loads(answer)
    except (ValueError, RecursionError):
        names = None
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise UsageError("no lock could be resolved: what pip found cannot be read")
    return names
