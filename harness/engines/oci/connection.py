"""Connects to a container engine, and turns its failures into our own exceptions.

The API version is negotiated, never pinned: today's engines need 1.44 or later, while those of 2022
support at most 1.41 (testcontainers-java#11210, #11232).
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from typing import Any

from docker import APIClient
from docker.errors import APIError, DockerException
from requests.exceptions import RequestException
from urllib3.exceptions import HTTPError, IncompleteRead, InvalidChunkLength

from harness.engines.oci.capabilities import DOCKER, Capabilities, address, capabilities_of
from harness.errors import EngineError, InfrastructureError, cause_of
from harness.model import UNBOUNDED, EngineInfo
from harness.text import without_credentials

_ANSWER_S = 60
"""Seconds that an ordinary call may take before the engine counts as not answering."""


class DiskFull(InfrastructureError):
    """The engine's disk is full."""


class _Client(APIClient):
    """A client of docker-py with two differences.

    It trusts the engine's own certificate authority, whatever REQUESTS_CA_BUNDLE names for the web:
    requests prefers that variable to a session's setting (psf/requests#3829). It learns the API's
    version from `/_ping`, as the engines' own clients do: for `/version` an engine starts two
    programs.
    """

    answering: Capabilities = DOCKER
    known_as: str = ""

    def _retrieve_server_version(self) -> str:
        heard = self.get(f"{self.base_url}/_ping", timeout=self.timeout)
        self.answering = capabilities_of(heard.headers)
        told = heard.headers.get("Api-Version") if heard.ok else None
        # If `/_ping` is refused, the answer to this request explains more.
        asked: str = told or super()._retrieve_server_version()  # type: ignore[misc]
        return asked

    def merge_environment_settings(
        self, url: Any, proxies: Any, stream: Any, verify: Any, cert: Any
    ) -> Any:
        settings = super().merge_environment_settings(url, proxies, stream, verify, cert)
        return {**settings, "verify": self.verify}


def connect(
    row: Capabilities = DOCKER, *, timeout_s: int = _ANSWER_S, like: APIClient | None = None
) -> APIClient:
    """Connect to the engine at the address of its row; the engine must have answered.

    With `like`, an existing client of that engine, the engine is not asked again. EngineError says
    whether there is no engine, or one that does not answer.
    """
    from docker.utils import kwargs_from_env

    where = address(row, os.environ)
    if where.startswith("ssh://"):
        raise EngineError(
            f"engines are not reached through ssh: {without_credentials(where)}",
            remedy=f"forward its socket (ssh -nNT -L /tmp/engine.sock:{row.sockets[0]} HOST) and "
            f"set {row.variables[0]}=unix:///tmp/engine.sock",
        )
    try:
        settings = kwargs_from_env()
        settings["base_url"] = where
        client = _Client(
            version="auto" if like is None else like.api_version, timeout=timeout_s, **settings
        )
    except (DockerException, RequestException, HTTPError, OSError, ValueError) as error:
        raise EngineError(
            f"no container engine answers at {without_credentials(where)}: {_cause(error)}",
            remedy=f"{row.start}, set {row.variables[0]}, or use `--engine host`",
        ) from error
    # A socket needs no proxy and no .netrc; otherwise requests looks for both at every call.
    client.trust_env = not client.base_url.startswith("http+docker:")
    if like is not None:
        client.answering = row_of(like)
        client.known_as = like.known_as if isinstance(like, _Client) else ""
    return client


def row_of(client: APIClient) -> Capabilities:
    """Return the capabilities of the engine that answers a client of `connect`."""
    return client.answering if isinstance(client, _Client) else DOCKER


def lasting_name(client: APIClient) -> str:
    """Return digits that identify this engine with its image store, and stay the same when it is
    restarted. Raises EngineError.
    """
    if isinstance(client, _Client) and client.known_as:
        return client.known_as
    with engine_errors("saying which engine it is"):
        info = client.info()
    row = row_of(client)
    told = (info.get("ID") if row.lasting_id else "") or info.get("Name") or ""
    text = "\n".join((row.engine, str(told), str(info.get("DockerRootDir") or "")))
    name = sha256(text.encode("utf-8", "backslashreplace")).hexdigest()[:16]
    if isinstance(client, _Client):
        client.known_as = name
    return name


def _cause(error: BaseException) -> str:
    """Return the engine's explanation of an error, else the system's."""
    seen: BaseException | None = error
    for _ in range(10):
        if isinstance(seen, APIError):
            return explanation(seen)
        if isinstance(seen, InvalidChunkLength | IncompleteRead):
            return "it broke off in the middle of an answer"
        seen = seen and (seen.__cause__ or seen.__context__)
    return cause_of(error)


@contextmanager
def engine_errors(doing: str) -> Iterator[None]:
    """Turn whatever docker-py, requests and urllib3 raise into EngineError, or DiskFull.

    `doing` completes the sentence "the engine failed while ...".
    """
    try:
        yield
    except APIError as error:
        text = explanation(error)
        if disk_full(text):
            raise DiskFull(
                f"the engine's disk is full ({doing}): {text}",
                remedy="remove images you no longer need, then run again",
            ) from error
        raise EngineError(f"the engine failed while {doing}: {text}") from error
    except (DockerException, RequestException, HTTPError, OSError, ValueError) as error:
        raise EngineError(
            f"the engine went away while {doing}: {_cause(error)}",
            remedy="see whether it still runs; records written so far are kept",
        ) from error


@contextmanager
def patience(client: APIClient, seconds: int) -> Iterator[None]:
    """Allow an answer to take `seconds` inside `with`."""
    before = client.timeout
    client.timeout = seconds
    try:
        yield
    finally:
        client.timeout = before


def explanation(error: APIError) -> str:
    """Return an API error's text as one line, bounded."""
    return " ".join(str(error.explanation or error).split())[:500]


def disk_full(text: str) -> bool:
    """Whether an engine's message says that its disk is full."""
    return "no space left on device" in text.lower()


def told_of(name: str, info: Mapping[str, Any], api: str) -> EngineInfo:
    """Return the engine's version and the features that decide what a container may see.

    `info` is its answer to `/info`, `api` the version of the API that is used.
    """
    return EngineInfo(
        name=name,
        version=str(info.get("ServerVersion", "")),
        api=api,
        detail={
            "cgroup": f"{info.get('CgroupVersion', '1')} ({info.get('CgroupDriver', '')})",
            "kernel": str(info.get("KernelVersion", "")),
            "os": str(info.get("OperatingSystem", "")),
            "runtime": str(info.get("DefaultRuntime", "")),
            "security": ", ".join(str(option) for option in info.get("SecurityOptions") or ()),
            "storage": str(info.get("Driver", "")),
            **({UNBOUNDED: " and the ".join(lacking)} if (lacking := _unbounded(info)) else {}),
        },
    )


def _unbounded(info: Mapping[str, Any]) -> tuple[str, ...]:
    """Return which limits of containers it cannot enforce. A rootless engine needs cgroups v2."""
    rootless = info.get("Rootless") is True or any(
        "rootless" in str(option) for option in info.get("SecurityOptions") or ()
    )
    if str(info.get("CgroupDriver")) == "none" or (
        rootless and str(info.get("CgroupVersion", "1")) == "1"
    ):
        return ("memory", "processes")
    told = {"memory": info.get("MemoryLimit"), "processes": info.get("PidsLimit")}
    return tuple(name for name, there in told.items() if there is False)
