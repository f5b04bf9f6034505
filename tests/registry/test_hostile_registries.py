"""Statuses are told apart, what may pass is tried again, and nobody learns a password."""

from __future__ import annotations

import base64
import json
import stat
import tracemalloc
from pathlib import Path

import pytest

from harness.images import transport
from harness.images.credentials import find_credentials
from harness.images.failures import ImageRefused, RegistryUnreachable, UnsafeAddress
from harness.images.reading import read_image
from harness.images.reference import parse_reference
from harness.images.registry import Registry
from tests.registry.asking import PASSWORD, USER, Read, logged_in
from tests.registry.fake_registry import MANIFEST, NAME, FakeRegistry, Reply, basic

TAG = f"/v2/{NAME}/manifests/1"


def bearer(realm: str) -> Reply:
    header = f'Bearer realm="{realm}",service="fake",scope="repository:{NAME}:pull,push"'
    return Reply(401, b"{}", {"WWW-Authenticate": header})


def token(value: str = "t0ken") -> Reply:
    return Reply(body=json.dumps({"token": value}).encode())


@pytest.mark.parametrize(
    ("status", "headers", "exit_status", "words"),
    [
        (401, {}, 2, "requires a login"),
        (403, {}, 2, "refuses access"),
        (404, {}, 2, "has no"),
        (429, {"Retry-After": "2400"}, 4, "come back in 2400 s"),
        (429, {"RateLimit-Limit": "100;w=21600", "RateLimit-Remaining": "0;w=21600"}, 4, "0 left"),
        (500, {}, 4, "an error of its own (500)"),
        (503, {"Retry-After": "3600"}, 4, "an error of its own (503)"),
        (407, {}, 4, "the proxy requires"),
        (418, {}, 4, "answers 418"),
    ],
)
def test_statuses_are_told_apart(
    fake: FakeRegistry,
    read: Read,
    status: int,
    headers: dict[str, str],
    exit_status: int,
    words: str,
) -> None:
    fake.on(TAG, Reply(status, b"{}", headers))
    with pytest.raises((ImageRefused, RegistryUnreachable)) as told:
        read()
    assert exit_status == told.value.exit
    assert words in str(told.value)
    assert fake.host in str(told.value)


def test_a_registry_in_trouble_is_asked_again_but_not_for_long(fake: FakeRegistry) -> None:
    fake.image()
    fine = fake.answers[TAG][0]
    fake.on(TAG, Reply(503, headers={"Retry-After": "4"}), Reply(500), fine)
    waited: list[float] = []
    registry = Registry(reference=parse_reference(fake.reference()), sleep=waited.append)
    assert read_image(registry).image is not None
    assert [4.0, 0.5] == waited


def test_a_long_wait_is_not_waited_for(fake: FakeRegistry) -> None:
    fake.on(TAG, Reply(429, headers={"Retry-After": "11"}))
    waited: list[float] = []
    with pytest.raises(RegistryUnreachable):
        read_image(Registry(reference=parse_reference(fake.reference()), sleep=waited.append))
    assert [] == waited
    assert 1 == len(fake.asked)


def test_a_connection_that_drops_in_the_middle_is_tried_again(
    fake: FakeRegistry, read: Read
) -> None:
    fake.image()
    fine = fake.answers[TAG][0]
    half = Reply(200, fine.body, fine.headers, drop_after=len(fine.body) // 2)
    fake.on(TAG, half, fine)
    assert read().image is not None
    assert 3 == len(fake.asked)


def test_a_connection_that_always_drops_ends_in_its_own_words(
    fake: FakeRegistry, read: Read
) -> None:
    fake.image()
    fake.answers[TAG][0].drop_after = 10
    with pytest.raises(RegistryUnreachable, match="stopped"):
        read()
    assert 3 == len(fake.asked)


def test_an_answer_that_trickles_has_a_deadline(
    fake: FakeRegistry, read: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake.image()
    fake.answers[TAG][0].pause_s = 0.02
    monkeypatch.setattr("harness.images.registry.DEADLINE_S", 0.2)
    with pytest.raises(RegistryUnreachable, match="stopped"):
        read()


def test_nobody_there_is_told_in_a_sentence(fake: FakeRegistry) -> None:
    registry = Registry(reference=parse_reference("127.0.0.1:1/x/y:z"))
    with pytest.raises(RegistryUnreachable, match="does not answer") as told:
        read_image(registry)
    assert 4 == told.value.exit


def test_a_proxy_is_named_where_it_is_the_reason(
    fake: FakeRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("https_proxy", f"http://{USER}:{PASSWORD}@127.0.0.1:1")
    with pytest.raises(RegistryUnreachable, match="the proxy 127") as told:
        read_image(Registry(reference=parse_reference("registry.invalid/x/y:z")))
    assert PASSWORD not in str(told.value)


def test_a_manifest_of_a_hundred_megabytes_is_not_read(fake: FakeRegistry, read: Read) -> None:
    fake.on(TAG, Reply(200, bytes(100 * 1024**2), {"Content-Type": MANIFEST}))
    tracemalloc.start()
    try:
        with pytest.raises(RegistryUnreachable, match="more than"):
            read()
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 20 * 1024**2


def test_a_token_is_fetched_for_pulling_only(fake: FakeRegistry, read: Read) -> None:
    fake.image()
    fine = fake.answers[TAG][0]
    fake.on(TAG, bearer(f"{fake.url}/token"), fine)
    fake.on("/token", token())
    assert read(find=logged_in).image is not None
    asked = next(one for one in fake.asked if one.path.startswith("/token"))
    assert "scope=repository%3Asuite%2Fold%3Apull&service=fake" in asked.path
    assert "push" not in asked.path
    assert [basic(USER, PASSWORD), "Bearer t0ken", "Bearer t0ken"] == fake.authorizations
    # Two requests beyond authentication: the refused one and the token are authentication.
    assert 4 == len(fake.asked)


def test_a_realm_elsewhere_gets_no_credentials_and_it_is_said(
    fake: FakeRegistry, canary: FakeRegistry, read: Read
) -> None:
    fake.image()
    fine = fake.answers[TAG][0]
    fake.on(TAG, bearer(f"{canary.url}/token"), fine)
    canary.on("/token", token())
    reading = read(find=logged_in)
    assert reading.image is not None
    assert [] == canary.authorizations
    assert 1 == len(canary.asked)
    assert any("were not sent to" in one and canary.host in one for one in reading.notices)


@pytest.mark.parametrize(
    "realm",
    [
        "http://169.254.169.254/latest/meta-data",
        "https://169.254.169.254/token",
        "https://[fe80::1]/token",
        "https://[::ffff:169.254.169.254]/token",
        "https://0.0.0.0/token",
        "http://registry.example/token",
        "https://user:pw@registry.example/token",
        "file:///etc/passwd",
        "gopher://x/",
        "/token",
        "",
        "https://registry.example\\@evil.example/",
    ],
)
def test_a_realm_that_is_none_of_a_registrys_is_refused(
    fake: FakeRegistry, read: Read, realm: str
) -> None:
    fake.on(TAG, bearer(realm))
    with pytest.raises(UnsafeAddress) as refused:
        read(find=logged_in)
    assert 4 == refused.value.exit
    assert [] == fake.authorizations


def test_a_token_request_is_not_redirected(
    fake: FakeRegistry, canary: FakeRegistry, read: Read
) -> None:
    fake.on(TAG, bearer(f"{fake.url}/token"))
    fake.on("/token", Reply(302, headers={"Location": f"{canary.url}/token"}))
    with pytest.raises(RegistryUnreachable, match="status 302"):
        read(find=logged_in)
    assert [] == canary.asked


def test_a_redirect_elsewhere_carries_no_authorization(
    fake: FakeRegistry, canary: FakeRegistry, read: Read
) -> None:
    fake.image()
    fine = fake.answers[TAG][0]
    canary.on("/moved", fine)
    moved = Reply(307, headers={"Location": f"{canary.url}/moved"})
    fake.on(TAG, Reply(401, headers={"WWW-Authenticate": 'Basic realm="x"'}), moved)
    assert read(find=logged_in).image is not None
    assert basic(USER, PASSWORD) in fake.authorizations
    assert 1 == len(canary.asked)
    assert [] == canary.authorizations


@pytest.mark.parametrize("target", ["http://169.254.169.254/", "ftp://x/y", "https://a@b.example/"])
def test_a_redirect_to_where_no_registry_sends_is_refused(
    fake: FakeRegistry, read: Read, target: str
) -> None:
    fake.on(TAG, Reply(307, headers={"Location": target}))
    with pytest.raises(UnsafeAddress):
        read()


def test_redirects_do_not_go_round_for_ever(fake: FakeRegistry, read: Read) -> None:
    fake.on(TAG, Reply(307, headers={"Location": TAG}))
    with pytest.raises(RegistryUnreachable, match="redirects more than"):
        read()
    assert 6 == len(fake.asked)


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (Reply(401), ImageRefused),
        (Reply(500), RegistryUnreachable),
        (Reply(200, b"not json"), RegistryUnreachable),
        (Reply(200, b'{"token": 5}'), RegistryUnreachable),
        (Reply(200, b'{"token": "a\\r\\nX-Evil: 1"}'), RegistryUnreachable),
        (Reply(200, b'{"token": "' + b"x" * 300_000 + b'"}'), RegistryUnreachable),
    ],
)
def test_a_token_server_that_gives_none_is_told(
    fake: FakeRegistry, read: Read, reply: Reply, error: type[Exception]
) -> None:
    fake.on(TAG, bearer(f"{fake.url}/token"))
    fake.on("/token", reply)
    with pytest.raises(error) as told:
        read(find=logged_in)
    assert PASSWORD not in str(told.value)


def test_an_identity_token_is_exchanged_not_sent_as_a_password(
    fake: FakeRegistry, tmp_path: Path
) -> None:
    fake.image()
    fine = fake.answers[TAG][0]
    fake.on(TAG, bearer(f"{fake.url}/token"), fine)
    fake.on("/token", Reply(body=b'{"access_token": "fresh"}'))
    entry = {"auths": {fake.host: {"identitytoken": PASSWORD}}}
    (tmp_path / "config.json").write_text(json.dumps(entry))
    registry = Registry(
        reference=parse_reference(fake.reference()),
        find=lambda name: find_credentials(name, {"DOCKER_CONFIG": str(tmp_path)}),
    )
    assert read_image(registry).image is not None
    posted = next(one for one in fake.asked if one.method == "POST")
    assert b"grant_type=refresh_token" in posted.body
    assert PASSWORD.encode() in posted.body
    assert {"Bearer fresh"} == set(fake.authorizations)


HELPERS = {
    "hangs": "exec sleep 60",
    "garbage": "echo '{{{'",
    "fails": "echo canary-secret >&2; echo canary-secret; exit 3",
    "endless": "yes canary-secret | head -c 200000",
    "empty": "true",
}


@pytest.mark.parametrize("kind", [*HELPERS, "missing", "../evil"])
def test_a_helper_that_fails_means_anybody_and_it_is_said(
    fake: FakeRegistry, tmp_path: Path, kind: str
) -> None:
    if kind in HELPERS:
        helper = tmp_path / f"docker-credential-{kind}"
        helper.write_text(f"#!/bin/sh\n{HELPERS[kind]}\n")
        helper.chmod(helper.stat().st_mode | stat.S_IXUSR)
    (tmp_path / "config.json").write_text(json.dumps({"credHelpers": {fake.host: kind}}))
    environment = {"DOCKER_CONFIG": str(tmp_path), "PATH": f"{tmp_path}:/usr/bin:/bin"}
    fake.image()
    fine = fake.answers[TAG][0]
    fake.on(TAG, bearer(f"{fake.url}/token"), fine)
    fake.on("/token", token())
    registry = Registry(
        reference=parse_reference(fake.reference()),
        find=lambda name: find_credentials(name, environment, patience_s=0.5),
    )
    reading = read_image(registry)
    assert reading.image is not None
    assert {"Bearer t0ken"} == set(fake.authorizations)
    (notice,) = reading.notices
    assert "without credentials" in notice
    assert "canary-secret" not in notice


def test_a_helper_is_told_the_registry_and_believed(fake: FakeRegistry, tmp_path: Path) -> None:
    helper = tmp_path / "docker-credential-good"
    answer = json.dumps({"Username": USER, "Secret": PASSWORD})
    helper.write_text(
        f"#!/bin/sh\nread -r server\n[ \"$server\" = {fake.host} ] && echo '{answer}'\n"
    )
    helper.chmod(0o755)
    (tmp_path / "config.json").write_text(json.dumps({"credsStore": "good"}))
    environment = {"DOCKER_CONFIG": str(tmp_path), "PATH": f"{tmp_path}:/usr/bin:/bin"}
    found = find_credentials(fake.host, environment)
    assert basic(USER, PASSWORD) == found.credentials.basic().reveal()
    assert PASSWORD not in repr(found)


def test_credentials_of_the_configuration_are_found_under_any_of_their_names(
    tmp_path: Path,
) -> None:
    auth = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
    environment = {"DOCKER_CONFIG": str(tmp_path)}
    for key, registry in (
        ("https://index.docker.io/v1/", "docker.io"),
        ("https://registry.example/v2/", "registry.example"),
        ("registry.example:5000", "registry.example:5000"),
    ):
        (tmp_path / "config.json").write_text(json.dumps({"auths": {key: {"auth": auth}}}))
        found = find_credentials(registry, environment)
        assert basic(USER, PASSWORD) == found.credentials.basic().reveal()
        assert find_credentials("other.example", environment).credentials is None


@pytest.mark.parametrize(
    "content", [b"", b"\xff", b"[]", b'{"auths": 5}', b'{"auths": {"r.example": {"auth": "!"}}}']
)
def test_a_broken_configuration_means_anybody(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "config.json").write_bytes(content)
    found = find_credentials("r.example", {"DOCKER_CONFIG": str(tmp_path)})
    assert found.credentials is None


def test_too_many_bytes_of_headers_end_in_a_sentence(fake: FakeRegistry, read: Read) -> None:
    fake.on(TAG, Reply(200, b"{}", {f"X-{one}": "y" * 60_000 for one in range(200)}))
    with pytest.raises(RegistryUnreachable):
        read()


def test_a_body_said_to_be_compressed_is_not_unpacked(fake: FakeRegistry, read: Read) -> None:
    fake.image()
    fake.answers[TAG][0].headers["Content-Encoding"] = "gzip"
    assert read().image is not None
    assert "identity" == fake.asked[0].headers["accept-encoding"]


def test_the_limits_are_those_that_are_documented() -> None:
    assert (10.0, 30.0) == (transport.CONNECT_S, transport.DEADLINE_S)
