"""Log in to a registry, which may require nothing, a password, or a token for one repository.

Credentials are sent only to the registry and to its own token server.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlencode

from harness.images.address import parse_address
from harness.images.challenge import Challenge, may_see_credentials, parse_challenges, realm_of
from harness.images.credentials import Found
from harness.images.failures import ImageRefused, RegistryUnreachable
from harness.images.secret import Credentials, Secret
from harness.images.transport import HttpRequest, Transport
from harness.images.untrusted import Unreadable, parse, text
from harness.knowledge.library import default_registry

_ANSWER_LIMIT = 256 * 1024
_TOKEN_LIMIT = 32 * 1024


@dataclass(kw_only=True)
class Login:
    """Answers the authentication challenges of one registry, for one repository."""

    transport: Transport
    repository: str
    find: Callable[[], Found]
    """Looks up credentials; called only when the registry requires some."""
    name: str
    """The registry's name in image names, with its port, for messages about `docker login`."""
    notices: list[str] = field(default_factory=list)
    """Messages for the user: a helper that failed, credentials that were not sent."""
    header: Secret | None = None
    """The value of the Authorization header, once there is one."""

    def answer(self, challenges: str) -> bool:
        """Obtain the authorization that a 401 answer asks for; False if there is none.

        Raises UnsafeAddress for a realm that no registry should name, ImageRefused if the token
        server refuses, RegistryUnreachable if it gives no usable answer.
        """
        offered = {one.scheme: one for one in parse_challenges(challenges)}
        found = self.find()
        if found.notice:
            self.notices.append(found.notice)
        if bearer := offered.get("bearer"):
            self.header = self._token(bearer, found.credentials)
            return self.header is not None
        if "basic" in offered and found.credentials and not found.credentials.identity:
            self.header = found.credentials.basic()
            return True
        return False

    def _token(self, challenge: Challenge, credentials: Credentials | None) -> Secret | None:
        registry = self.transport.registry
        realm = realm_of(challenge, registry)
        where = parse_address(realm)
        if credentials and not may_see_credentials(where, registry, _own_realms(registry.host)):
            self.notices.append(
                f"credentials for {registry} were not sent to {where}, which it named for tokens"
            )
            credentials = None
        request = self._request(realm, challenge, credentials)
        answer = self.transport.ask(request)
        if answer.status in (401, 403):
            said = "refuses the credentials" if credentials else "refuses an anonymous token"
            raise ImageRefused(
                f"{where} {said} for {self.repository} ({answer.status})",
                remedy=f"docker login {self.name}",
            )
        if answer.status != 200:
            raise RegistryUnreachable(f"{where} gives no token: status {answer.status}")
        try:
            tree = parse(answer.body, _ANSWER_LIMIT)
        except Unreadable as error:
            raise RegistryUnreachable(f"{where} gives no token: {error}") from error
        token = text(tree.get("token")) or text(tree.get("access_token"))
        if not token or len(token) > _TOKEN_LIMIT or not all("!" <= one <= "~" for one in token):
            raise RegistryUnreachable(f"{where} gives no token that can be sent")
        return Secret(f"Bearer {token}")

    def _request(
        self, realm: str, challenge: Challenge, credentials: Credentials | None
    ) -> HttpRequest:
        """The request for a token that only allows pulling, whatever the registry suggests."""
        asked = {"scope": f"repository:{self.repository}:pull"}
        if service := challenge.parameters.get("service"):
            asked["service"] = service
        if credentials and credentials.identity:
            form = asked | {
                "grant_type": "refresh_token",
                "client_id": "harness",
                "refresh_token": credentials.password.reveal(),
            }
            return HttpRequest(
                url=realm, method="POST", form=form, redirects=False, limit=_ANSWER_LIMIT
            )
        joint = "&" if "?" in realm else "?"
        return HttpRequest(
            url=f"{realm}{joint}{urlencode(asked)}",
            authorization=credentials.basic() if credentials else None,
            redirects=False,
            limit=_ANSWER_LIMIT,
        )


def _own_realms(host: str) -> tuple[str, ...]:
    default = default_registry()
    return tuple(default.realms) if host == default.endpoint else ()
