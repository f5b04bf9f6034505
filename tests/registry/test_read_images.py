"""An image is read in few requests, and only as what it says and is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness.images.failures import WrongContent
from harness.images.manifest import Form
from tests.registry.asking import Read
from tests.registry.fake_registry import (
    CONFIG,
    INDEX,
    MANIFEST,
    NAME,
    SCHEMA1,
    FakeRegistry,
    Reply,
    descriptor,
    digest_of,
    manifest_of,
)


def index_of(fake: FakeRegistry, *architectures: str, nested: bool = False) -> str:
    members = []
    for architecture in architectures:
        config = json.dumps({"architecture": architecture, "os": "linux"}).encode()
        raw = json.dumps(manifest_of(fake.blob(config), len(config))).encode()
        digest = fake.manifest(raw, INDEX if nested else MANIFEST, tag=architecture)
        platform = {"architecture": architecture, "os": "linux"}
        members.append(descriptor(digest, len(raw), MANIFEST) | {"platform": platform})
    return fake.manifest({"schemaVersion": 2, "mediaType": INDEX, "manifests": members}, INDEX)


def test_an_image_takes_two_requests_and_little_data(fake: FakeRegistry, read: Read) -> None:
    digest = fake.image({"architecture": "amd64", "config": {"Env": ["A=b", "CUDA_VERSION=8.0"]}})
    reading = read()
    assert Form.IMAGE is reading.form
    assert digest == reading.digest == reading.manifest_digest
    assert {"A": "b", "CUDA_VERSION": "8.0"} == reading.image.environment
    assert 2 == reading.requests == len(fake.asked)
    assert reading.received < 32 * 1024


def test_an_index_takes_one_request_more(fake: FakeRegistry, read: Read) -> None:
    digest = index_of(fake, "arm64", "amd64")
    reading = read()
    assert "amd64" == reading.image.platform.architecture
    assert digest == reading.digest
    assert digest != reading.manifest_digest
    assert ("linux/arm64", "linux/amd64") == reading.platforms
    assert 3 == reading.requests


def test_an_unchanged_tag_costs_one_head(fake: FakeRegistry, read: Read) -> None:
    index_of(fake, "amd64")
    first = read(memory=True)
    assert not first.remembered
    fake.asked.clear()
    second = read(memory=True)
    assert [f"HEAD /v2/{NAME}/manifests/1"] == fake.paths
    assert second.remembered
    assert first.image == second.image
    assert first.digest == second.digest


def test_a_tag_that_moved_is_read_anew(fake: FakeRegistry, read: Read) -> None:
    fake.image({"architecture": "amd64", "created": "2017"})
    first = read(memory=True)
    fake.image({"architecture": "amd64", "created": "2026"})
    second = read(memory=True)
    assert ("2017", "2026") == (first.image.created, second.image.created)
    assert first.digest != second.digest


def test_a_spoilt_memory_is_not_believed(fake: FakeRegistry, read: Read, tmp_path: Path) -> None:
    fake.image({"architecture": "amd64", "created": "2017"})
    first = read(memory=True)
    for path in (tmp_path / "registry").iterdir():
        path.write_bytes(path.read_bytes().replace(b"2017", b"2018") + b" ")
    assert first.image == read(memory=True).image


def test_without_a_digest_from_the_registry_it_is_read_anew(fake: FakeRegistry, read: Read) -> None:
    fake.image()
    for replies in fake.answers.values():
        replies[0].headers.pop("Docker-Content-Digest", None)
    read(memory=True)
    second = read(memory=True)
    assert not second.remembered
    assert Form.IMAGE is second.form


def test_the_index_without_our_platform_is_named_with_what_it_offers(
    fake: FakeRegistry, read: Read
) -> None:
    index_of(fake, "arm64", "s390x")
    reading = read()
    assert Form.INDEX is reading.form
    assert reading.image is None
    assert ("linux/arm64", "linux/s390x") == reading.platforms


def test_schema_1_is_recognised_and_named(fake: FakeRegistry, read: Read) -> None:
    tree = {"schemaVersion": 1, "name": NAME, "tag": "1", "fsLayers": [], "history": []}
    fake.manifest(tree, SCHEMA1)
    reading = read()
    assert Form.LEGACY is reading.form
    assert "legacy-format" == str(reading.form)
    assert 1 == reading.requests


@pytest.mark.parametrize(
    ("tree", "media_type", "words"),
    [
        (b"\xff\xfe not json", MANIFEST, "not JSON"),
        (b"[" * 100_000, MANIFEST, "not JSON"),
        (b"[]", MANIFEST, "not a JSON object"),
        ({"schemaVersion": 2, "config": {}, "manifests": [], "layers": []}, MANIFEST, "two kinds"),
        ({"schemaVersion": 1, "config": {}}, SCHEMA1, "two kinds"),
        ({"schemaVersion": 2, "mediaType": INDEX, "layers": []}, MANIFEST, "another kind"),
        ({"schemaVersion": 2, "layers": []}, INDEX, "not of the kind"),
        ({"schemaVersion": 2, "layers": []}, MANIFEST, "no digest"),
        (manifest_of("md5:00", 3), MANIFEST, "no digest"),
        (manifest_of(digest_of(b""), -1), MANIFEST, "no size"),
        (manifest_of(digest_of(b""), 3, layers=10_000), MANIFEST, "10000 layers"),
        (manifest_of(digest_of(b""), 1 << 40), MANIFEST, "configuration has"),
    ],
)
def test_what_is_no_manifest_is_told_not_raised(
    fake: FakeRegistry, read: Read, tree: object, media_type: str, words: str
) -> None:
    fake.manifest(tree, media_type)
    reading = read()
    assert words in reading.problem
    assert reading.image is None


def test_something_else_than_an_image_is_named(fake: FakeRegistry, read: Read) -> None:
    config = descriptor(digest_of(b"{}"), 2, "application/vnd.cncf.helm.config.v1+json")
    fake.manifest(manifest_of("", 0) | {"config": config}, MANIFEST)
    reading = read()
    assert Form.OTHER is reading.form
    assert "application/vnd.cncf.helm.config.v1+json" == reading.manifest.media_type


def test_an_index_inside_an_index_is_refused(fake: FakeRegistry, read: Read) -> None:
    inner = json.dumps({"schemaVersion": 2, "manifests": []}).encode()
    digest = fake.manifest(inner, MANIFEST, tag="inner")
    platform = {"architecture": "amd64", "os": "linux"}
    member = descriptor(digest, len(inner), MANIFEST) | {"platform": platform}
    fake.manifest({"schemaVersion": 2, "manifests": [member]}, INDEX)
    assert read().problem


@pytest.mark.parametrize("part", ["manifest", "configuration", "header"])
def test_a_flipped_byte_is_refused_with_both_digests(
    fake: FakeRegistry, read: Read, part: str
) -> None:
    digest = fake.image()
    if part == "header":
        other = digest_of(b"other")
        fake.answers[f"/v2/{NAME}/manifests/1"][0].headers["Docker-Content-Digest"] = other
        named = {other, digest}
    else:
        path = next(one for one in fake.answers if ("blobs" if part[0] == "c" else "/1") in one)
        raw = fake.answers[path][0].body
        spoilt = raw.replace(b"amd64", b"amd65") if part[0] == "c" else raw + b" "
        fake.answers[path][0].body = spoilt
        named = {digest_of(raw), digest_of(spoilt)}
    with pytest.raises(WrongContent) as refused:
        read()
    assert 4 == refused.value.exit
    assert all(one in str(refused.value) for one in named)


def test_a_digest_is_asked_for_by_digest(fake: FakeRegistry, read: Read) -> None:
    from harness.images.reading import read_image
    from harness.images.reference import parse_reference
    from harness.images.registry import Registry

    digest = fake.image()
    reference = parse_reference(f"{fake.host}/{NAME}@{digest}")
    assert digest == read_image(Registry(reference=reference)).digest
    assert f"GET /v2/{NAME}/manifests/{digest}" == fake.paths[0]


def test_a_moved_configuration_is_followed_without_credentials(
    fake: FakeRegistry, canary: FakeRegistry, read: Read
) -> None:
    from tests.registry.asking import logged_in

    fake.image()
    path = next(one for one in fake.answers if "blobs" in one)
    canary.answers["/stored"] = fake.answers[path]
    fake.on(path, Reply(307, headers={"Location": f"{canary.url}/stored"}))
    challenge = Reply(401, headers={"WWW-Authenticate": 'Basic realm="x"'})
    manifest = fake.answers[f"/v2/{NAME}/manifests/1"][0]
    fake.on(f"/v2/{NAME}/manifests/1", challenge, manifest)
    assert read(find=logged_in).image is not None
    assert 2 == len(fake.authorizations)
    assert [] == canary.authorizations
    assert 1 == len(canary.asked)


def test_a_configuration_of_a_strange_kind_is_bounded(fake: FakeRegistry, read: Read) -> None:
    fake.image(
        {
            "architecture": 5,
            "config": {"Env": ["A" * 100_000 + "=x", 7, "novalue"], "Cmd": "sh", "Labels": [1]},
            "history": [{"created_by": "x" * 100_000}, *[{"created_by": "y"}, 3] * 2_000],
        }
    )
    image = read().image
    assert ("sh",) == image.command
    assert {} == image.environment
    assert len(image.steps) <= 1024
    assert all(len(step) <= 8192 for step in image.steps)


def test_a_configuration_that_is_no_json_is_told(fake: FakeRegistry, read: Read) -> None:
    raw = b"\x00garbage"
    config = descriptor(fake.blob(raw), len(raw), CONFIG)
    fake.manifest(manifest_of("", 0) | {"config": config}, MANIFEST)
    assert "not JSON" in read().problem
