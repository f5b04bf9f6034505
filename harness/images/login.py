"""What a registry wants to see before it answers: nothing, a password, or a token for one
repository. Credentials go to the registry and its own token server, to nobody else."""

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
    """Answers one registry's challenges, for one repository."""

    transport: Transport
    repository: str
    find: Callable[[], Found]
    """Looks credentials up; asked only when the registry wants some."""
    name: str
    """The registry as image names have it, with its port, for who logs in by hand."""
    notices: list[str] = field(default_factory=list)
    """Said aloud: a helper that failed, credentials that were kept back."""
    header: Secret | None = None
    """The Authorization to send, once there is one."""

    def answer(self, challenges: str) -> bool:
        """Get what a 401 asked for; False where nothing can be got.

        Raises UnsafeAddress for a realm that is none of a registry's, RegistryUnreachable.
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
            said = "refuses the credentials" if credentials else "gives no token to anybody"
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
        """For a token that only pulls, whatever scope the registry suggests."""
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
