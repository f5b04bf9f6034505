"""Resolving a cell's lock inside its base, by its own interpreter, as of the cell's date.

The only place where a container of ours has the host's network: pip in the base talks to a dated
index on loopback. Source distributions run their setup code there, as with any `pip install`.
"""

from __future__ import annotations

import json
import time
from pathlib import Path

from docker import APIClient
from docker.errors import APIError

from harness.distributions.cache import DistributionCache
from harness.distributions.dated_index import DatedIndex
from harness.distributions.index import PackageIndex
from harness.distributions.tools import admitted, building_tools, installing_tools
from harness.engines import Say, Workshop
from harness.engines.oci import LABEL
from harness.engines.oci.bases import ReadyBase, obtain_base
from harness.engines.oci.connection import engine_errors
from harness.engines.oci.containers import remove
from harness.engines.oci.profile import HARNESS_DIR
from harness.engines.oci.volume import fill_volume, remove_volume
from harness.engines.oci.whereabouts import is_local
from harness.errors import InfrastructureError, UsageError
from harness.model import Artifact, Base, Cell, Lock
from harness.recipes import recipe
from harness.standard import dockerfile

_LIMIT_S = 3600
_ANSWER = "resolved "


def resolve(client: APIClient, cell: Cell, base: Base, workshop: Workshop, say: Say) -> Lock:
    """The lock of a cell. Raises BaseUnavailable, UsageError (nothing fits, or the engine runs
    elsewhere), InfrastructureError.
    """
    with engine_errors("describing itself"):
        info = client.info()
    if not is_local(client, info):
        raise UsageError(
            "locks are resolved on an engine of this host: pip asks an index on its loopback",
            remedy="lock with an engine of this host; locks are good for every engine",
        )
    workshop.logs.mkdir(parents=True, exist_ok=True)
    log = workshop.logs / f"{cell.id}.lock.log"
    ready = obtain_base(client, base, workshop, log, say)
    cache = DistributionCache(workshop.cache / "distributions")
    index = PackageIndex()
    tools = installing_tools(ready.python, index, cache)
    builders = building_tools(ready.python, index, cache)
    say(f"resolving {', '.join(cell.install)} with Python {ready.python}")
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
        names = _ask(client, ready, content, workshop.owner, log)
        if dated.errors:
            raise InfrastructureError(dated.errors[0])
        found: list[Artifact] = []
        for name in names:
            file = dated.offered(name)
            if file is None:
                raise InfrastructureError(f"pip in the base brought {name}, which nobody offered")
            found.append(admitted(file, index, cache))
    needs_building = any(not artifact.is_wheel for artifact in found)
    return Lock(
        cell=cell.id,
        python=ready.python,
        request=recipe.lock_request_digest(cell, base),
        as_of=cell.as_of,
        tools=(*tools, *(builders if needs_building else ())),
        distributions=tuple(sorted(found, key=lambda artifact: artifact.name)),
    )


def _ask(
    client: APIClient, ready: ReadyBase, content: dict[str, Path | bytes], owner: str, log: Path
) -> list[str]:
    labels = {f"{LABEL}.kind": "lock", f"{LABEL}.owner": owner}
    volume = f"{LABEL}-lock-{time.monotonic_ns():x}"
    try:
        fill_volume(client, volume, ready.image, content, labels)
        with engine_errors("resolving a lock"):
            container = client.create_container(
                image=ready.image,
                entrypoint=[
                    ready.interpreter,
                    f"{HARNESS_DIR}/resolve.py",
                    f"{HARNESS_DIR}/request.json",
                ],
                command=[],
                labels=labels,
                volumes=[HARNESS_DIR],
                use_config_proxy=False,
                host_config=client.create_host_config(
                    network_mode="host",
                    binds={volume: {"bind": HARNESS_DIR, "mode": "ro"}},
                    init=True,
                ),
            )["Id"]
            try:
                client.start(container)
                code = int(client.wait(container, timeout=_LIMIT_S)["StatusCode"])
                said: str = client.logs(container).decode("utf-8", "backslashreplace")
            except APIError as error:
                raise UsageError(f"the base does not start: {error.explanation}") from error
            finally:
                remove(client, container)
    finally:
        remove_volume(client, volume)
    with log.open("a", encoding="utf-8") as out:
        out.write(said)
    lines = [line for line in said.splitlines() if line.strip()]
    if code != 0 or not lines or not lines[-1].startswith(_ANSWER):
        tail = "\n".join(lines[-8:])
        raise UsageError(
            f"no lock could be resolved:\n{tail}",
            remedy=f"give constraints, or another as-of date; all of it is in {log}",
        )
    names: list[str] = json.loads(lines[-1].removeprefix(_ANSWER))
    return names
