"""Ask a registry for manifests, configurations and layers, with few requests and clear errors."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from harness.images.address import WebOrigin, parse_address
from harness.images.credentials import Found, find_credentials
from harness.images.digests import digest_of, is_digest, verify
from harness.images.failures import ImageRefused, RegistryUnreachable
from harness.images.login import Login
from harness.images.manifest import ACCEPT, MANIFEST_LIMIT
from harness.images.reference import Reference
from harness.images.transport import (
    DEADLINE_S,
    HttpRequest,
    HttpResponse,
    TransferInterrupted,
    Transport,
)
from harness.knowledge.library import default_registry
from harness.text import clean_line

PATIENCE_S = 10.0
"""Seconds to wait in total when a registry asks us to come back later."""
LAYER_DEADLINE_S = 1800.0
_TRIES = 3


@dataclass(frozen=True, kw_only=True, slots=True)
class Received:
    """A manifest as received."""

    digest: str
    """Recomputed over `raw`."""
    media_type: str
    raw: bytes


@dataclass(kw_only=True)
class Registry:
    """The registry of one image."""

    reference: Reference
    find: Callable[[str], Found] = find_credentials
    sleep: Callable[[float], None] = time.sleep
    transport: Transport = field(init=False)
    login: Login = field(init=False)

    def __post_init__(self) -> None:
        name = self.reference.registry
        self.transport = Transport(registry=endpoint(name))
        self.login = Login(
            transport=self.transport,
            repository=self.reference.repository,
            find=lambda: self.find(name),
            name=name,
        )

    def current(self) -> str:
        """The digest that the image's tag points to now; empty if the registry does not say.

        This is one request without a body. Raises ImageRefused, RegistryUnreachable,
        UnsafeAddress.
        """
        answer = self._ask("HEAD", f"manifests/{self.reference.wanted}", limit=0)
        digest = answer.headers.get("docker-content-digest", "")
        return digest if is_digest(digest) else ""

    def manifest(self, wanted: str) -> Received:
        """The manifest of a tag or digest, verified. Raises as `current`, and WrongContent."""
        answer = self._ask("GET", f"manifests/{wanted}", limit=MANIFEST_LIMIT)
        named = answer.headers.get("docker-content-digest", "")
        for digest in (wanted, named):
            if is_digest(digest):
                verify(answer.body, digest, "manifest")
        return Received(
            digest=wanted if is_digest(wanted) else digest_of(answer.body, named or "sha256"),
            media_type=answer.headers.get("content-type", ""),
            raw=answer.body,
        )

    def blob(self, digest: str, limit: int) -> bytes:
        """A small piece of content (at most `limit` bytes), verified. Raises as `manifest`."""
        body = self._ask("GET", f"blobs/{digest}", limit=limit).body
        verify(body, digest, "configuration")
        return body

    @contextmanager
    def layer(self, digest: str, size: int) -> Iterator[Iterator[bytes]]:
        """A layer's bytes as they come, to be verified by the reader.

        Raises as `manifest`, also while the bytes are read.
        """
        request = replace(
            self._request("GET", f"blobs/{digest}", size), deadline_s=LAYER_DEADLINE_S
        )
        with self.transport.opened(request) as (answer, chunks):
            if answer.status != 200:
                raise refusal(answer, self.reference, self.transport.registry, self.login)
            yield chunks

    def _ask(self, method: str, path: str, *, limit: int) -> HttpResponse:
        """Get an answer with status 200; temporary errors are tried again, at most twice."""
        waited = 0.0
        for left in reversed(range(_TRIES)):
            try:
                answer = self._authorised(method, path, limit)
            except TransferInterrupted:
                if not left:
                    raise
                continue
            if answer.status == 200:
                return answer
            pause = _pause(answer)
            if not left or pause is None or waited + pause > PATIENCE_S:
                break
            self.sleep(pause)
            waited += pause
        raise refusal(answer, self.reference, self.transport.registry, self.login)

    def _authorised(self, method: str, path: str, limit: int) -> HttpResponse:
        request = self._request(method, path, limit)
        answer = self.transport.ask(request)
        challenge = answer.headers.get("www-authenticate", "")
        if answer.status == 401 and self.login.answer(challenge):
            return self.transport.ask(self._request(method, path, limit))
        return answer

    def _request(self, method: str, path: str, limit: int) -> HttpRequest:
        return HttpRequest(
            method=method,
            url=f"{self.transport.registry}/v2/{self.reference.repository}/{path}",
            headers={"Accept": ACCEPT} if path.startswith("manifests/") else {},
            authorization=self.login.header,
            limit=max(limit, 64 * 1024),
            deadline_s=DEADLINE_S,
        )


def endpoint(registry: str) -> WebOrigin:
    """The origin that serves a registry: https, except for a registry on this machine."""
    default = default_registry()
    host = default.endpoint if registry == default.name else registry
    secure = parse_address(f"https://{host}")
    return parse_address(f"http://{host}") if secure.is_loopback else secure


def _pause(answer: HttpResponse) -> float | None:
    """Seconds to wait before another try; None if another try is useless."""
    told = answer.headers.get("retry-after", "")
    if answer.status in (429, 503) and told.isdigit() and len(told) < 6:
        return float(told)
    return 0.5 if answer.status >= 500 else None


_REFUSALS: Mapping[int, tuple[type[ImageRefused | RegistryUnreachable], str, str]] = {
    401: (
        ImageRefused,
        "{registry} requires a login for {image} (401){note}",
        "docker login {name}",
    ),
    403: (
        ImageRefused,
        "{registry} refuses access to {image} (403){note}",
        "ask its owner; private and blocked images look like this",
    ),
    404: (
        ImageRefused,
        "{registry} has no {image} (404){note}",
        "look for a typing error; tags are removed too, then only a copy helps: "
        "a mirror, or a file that `docker save` wrote",
    ),
    407: (
        RegistryUnreachable,
        "the proxy requires a login for {registry} (407)",
        "put user and password into HTTPS_PROXY",
    ),
    429: (
        RegistryUnreachable,
        "{registry} allows no more requests for now (429){quota}",
        "docker login {name}, wait, or use a mirror",
    ),
}
"""Status -> (error class, message, remedy)."""


def refusal(
    answer: HttpResponse, reference: Reference, registry: WebOrigin, login: Login
) -> ImageRefused | RegistryUnreachable:
    """The error to raise for an answer's status."""
    status = answer.status
    if known := _REFUSALS.get(status):
        error, told, remedy = known
        facts = {
            "registry": str(registry),
            "image": str(reference),
            "name": reference.registry,
            "note": f" ({'; '.join(login.notices)})" if login.notices else "",
            "quota": _quota(answer),
        }
        return error(told.format(**facts), remedy=remedy.format(**facts))
    if status >= 500:
        return RegistryUnreachable(f"{registry} reports an error of its own ({status})")
    return RegistryUnreachable(f"{registry} answers {status} where a registry says 200")


def _quota(answer: HttpResponse) -> str:
    """What a registry says about our quota; `0;w=21600` means none left within six hours."""
    told = []
    for name, meaning in (("ratelimit-limit", "allowed"), ("ratelimit-remaining", "left")):
        count, _, window = answer.headers.get(name, "").partition(";w=")
        if count.isdigit() and len(count) < 12:
            hours = f" in {int(window) / 3600:g} h" if window.isdigit() and len(window) < 9 else ""
            told.append(f"{count} {meaning}{hours}")
    again = answer.headers.get("retry-after", "")
    if again:
        told.append(f"come back in {clean_line(again, 40)}{' s' if again.isdigit() else ''}")
    return f": {', '.join(told)}" if told else ""
