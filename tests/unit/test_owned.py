"""What is ours on an engine: by name and label, by the register, by a passing name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from harness.engines.oci.committing import unfinished
from harness.engines.oci.named import is_name
from harness.engines.oci.owned import NAME, is_ours, new_name, stating
from harness.engines.oci.register import BuiltImage, Register, described, register_of

IMAGE = "sha256:" + "a" * 64


def test_name_and_label_must_agree() -> None:
    name = new_name()
    assert is_ours([f"/{name}"], stating(name, {}))
    assert is_ours([name], stating(name, {"other": "label"}))
    assert not is_ours([f"/{new_name()}"], stating(name, {}))
    assert not is_ours([f"/{name}"], {})
    assert not is_ours(None, stating(name, {}))
    assert not is_ours([""], {NAME: ""})
    assert not is_ours(["/theirs"], {NAME: "theirs"})


def test_a_name_of_ours_in_another_registry_is_somebody_elses() -> None:
    name = "harness-cell/x:1"
    tags = (name, f"localhost/{name}", f"r.example/{name}", "harness-cell/y:1", "@")
    assert [name, f"localhost/{name}"] == [tag for tag in tags if is_name(tag, name)]


class Engine:
    """Tells what it is, and of one image."""

    def __init__(
        self, tag: str = "<none>:<none>", labels: dict[str, str] | None = None, **info: str
    ) -> None:
        self.image = {"Id": IMAGE, "RepoTags": [tag], "Labels": labels}
        self.told = {"ID": "i", "Name": "n", "DockerRootDir": "/d", **info}

    def info(self) -> dict[str, str]:
        return self.told

    def images(self, **_: Any) -> list[dict[str, Any]]:
        return [self.image]


NAMED = "harness-" + "a" * 16
LABELS = {NAME: NAMED, "harness.owner": "o"}


@pytest.mark.parametrize(
    ("tag", "labels", "ours"),
    [
        (f"harness-making:{'a' * 16}", LABELS, True),
        (f"localhost/harness-making:{'a' * 16}", LABELS, True),
        (f"r.example/harness-making:{'a' * 16}", LABELS, False),
        (f"harness-making:{'b' * 16}", LABELS, False),
        (f"harness-cell/x:{'a' * 16}", LABELS, False),
        ("<none>:<none>", LABELS, False),
        (f"harness-making:{'a' * 16}", {}, False),
        (f"harness-making:{'a' * 16}", {**LABELS, NAME: ""}, False),
    ],
)
def test_an_unfinished_image_has_the_name_its_label_states(
    tag: str, labels: dict[str, str], ours: bool
) -> None:
    client: Any = Engine(tag, labels)
    assert ((tag,) if ours else ()) == unfinished(client, lambda owner: owner != "o")


def test_an_unfinished_image_of_the_living_is_no_leftover() -> None:
    client: Any = Engine(f"harness-making:{'a' * 16}", LABELS)
    assert () == unfinished(client, lambda owner: owner == "o")


def test_the_register_keeps_what_was_built_the_newest_first_and_forgets(tmp_path: Path) -> None:
    register = Register(tmp_path / "built")
    assert () == register.all()
    old, new = (BuiltImage(id=f"sha256:{n}", name="a/b:1", kind="cell", made=n) for n in (1.0, 2.0))
    other = BuiltImage(id="sha256:3", name="c:1", kind="base", made=3.0)
    for one in (new, other, old):
        register.keep(one)
    assert (new, old) == register.named("a/b:1")
    assert (other, new, old) == register.all()
    register.forget(new)
    register.forget(new)
    assert (old,) == register.named("a/b:1")


def test_what_cannot_be_read_proves_nothing(tmp_path: Path) -> None:
    register = Register(tmp_path)
    register.keep(BuiltImage(id="sha256:1", name="a:1", kind="cell", made=1.0))
    (path,) = tmp_path.rglob("*.json")
    path.write_bytes(b"{}")
    assert () == register.named("a:1")


def test_each_engine_has_a_register_of_its_own(tmp_path: Path) -> None:
    built = BuiltImage(id="sha256:1", name="a:1", kind="cell", made=1.0)
    engine: Any = Engine()
    register_of(engine, tmp_path).keep(built)
    assert (built,) == register_of(engine, tmp_path).all()
    for other in (Engine(ID="j"), Engine(DockerRootDir="/e")):
        client: Any = other
        assert () == register_of(client, tmp_path).all()


def test_what_is_inherited_is_not_written_down_of_a_base() -> None:
    labels = {"harness.kind": "base", "harness.recipe": "r", "harness.base-origin": "o"}
    found = {"Id": IMAGE, "Config": {"Labels": labels}, "RootFS": {"Layers": ["l"]}}
    built = described("harness-base:1", found, "sha256:root")
    assert built
    assert ("", "", "sha256:root", ("l",)) == (
        built.recipe,
        built.base_source,
        built.base,
        built.layers,
    )
    assert described("x", {"Id": IMAGE, "Config": {"Labels": None}}, "") is None
