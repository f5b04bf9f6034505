"""Cells of users' own Dockerfiles, built on every engine: what is built, what is refused, and that
nothing is left behind."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from secrets import token_hex
from threading import Thread, Timer
from typing import Any

import pytest
from docker.errors import ImageNotFound

from harness.engines import Obtained
from harness.engines.oci.builder import builder_for
from harness.engines.oci.building import OUTPUT_BYTES
from harness.engines.oci.cells import obtain
from harness.engines.oci.connection import connect
from harness.engines.oci.dockerfile import over_api
from harness.engines.oci.dockerfile.leavings import STAGE as STEPS
from harness.engines.oci.dockerfile.leavings import sweep_builds, under_way
from harness.engines.oci.dockerfile.over_client import why_no_buildkit
from harness.engines.oci.register import register_of
from harness.model import BuildSecret, Cell, DockerfileBuild, Level, Outcome, Profile, Suite
from harness.recipes.of_dockerfile import DockerfileReader
from harness.recipes.orders import Order
from tests.real.leftovers import Leftovers
from tests.real.trying import ANSWERS, Trying, workshop

MIB = 1024**2
PY = "PYTHON"


@dataclass
class Building:
    """A suite's folder with one Dockerfile, built on an open engine."""

    trying: Trying
    folder: Path
    base: str
    """The name of the base's image."""
    cell: str = field(default_factory=lambda: f"own-{token_hex(4)}")
    said: list[str] = field(default_factory=list)

    def write(self, text: str, **files: str) -> None:
        """Write the Dockerfile, with BASE and PYTHON replaced, and the files of its context."""
        box = self.folder / "box"
        box.mkdir(exist_ok=True)
        text = text.replace("BASE", self.base).replace(PY, self.trying.python)
        (box / "Dockerfile").write_text(text, "utf-8")
        for name, content in files.items():
            (box / name.replace("_dot_", ".")).write_text(content, "utf-8")

    def order(self, profile: Profile | None = None, **build: Any) -> Order:
        """The order for an engine."""
        cell = Cell(
            id=self.cell,
            level=Level.L0,
            build=DockerfileBuild(dockerfile="box/Dockerfile", **build),
            profile=profile or Profile(),
        )
        suite = Suite(name="x", root=str(self.folder), digest="", cells=(cell,))
        return Order(cell=cell, dockerfile=DockerfileReader(suite).of(cell).recipe)

    def obtain(self, order: Order, **shop: Any) -> Obtained:
        """The result of obtaining the image."""
        found = replace(workshop(self.folder / "cache"), logs=self.folder / "logs", **shop)
        with connect(self.trying.engine.capabilities, like=self.trying.client) as client:
            return obtain(client, order, found, self.said.append)

    def files(self, obtained: Obtained, *paths: str) -> str:
        """What a container of the image reports about paths: mode, owner, content."""
        ask = (
            "def probe(settings):\n import os\n"
            f" return {{'f' + str(n): '%o %d %s' % (os.lstat(p).st_mode, os.lstat(p).st_uid, "
            f"os.readlink(p) if os.path.islink(p) else open(p).read()) if os.path.lexists(p) "
            f"else 'absent' for n, p in enumerate({paths!r})}}\n"
        )
        assert obtained.image is not None, obtained.reason
        said = self.trying.ask(obtained.image.id, replace(ANSWERS, source=ask))["answers"]
        assert said.outcome is Outcome.OK, said
        return " | ".join(str(said.facts[f"f{n}"]) for n in range(len(paths)))

    @property
    def log(self) -> str:
        return (self.folder / "logs" / f"{self.cell}.log").read_text("utf-8")


@pytest.fixture
def building(trying: Trying, tmp_path: Path) -> Iterator[Building]:
    name = f"harness-tests/from-{token_hex(4)}"
    trying.client.tag(trying.base, name, "1")
    made = Building(trying=trying, folder=tmp_path, base=f"{name}:1")
    try:
        yield made
    finally:
        for built in register_of(trying.client, tmp_path / "cache").all():
            with suppress(ImageNotFound):
                trying.client.remove_image(built.id, force=True)
        with suppress(ImageNotFound):
            trying.client.remove_image(f"{name}:1", noprune=True)


def of_builders(left: Leftovers) -> list[str]:
    """What a builder may leave: images without a name, containers."""
    return [one for one in left.found() if not one.startswith(("volume", "network"))]


@pytest.fixture
def left(building: Building) -> Leftovers:
    return Leftovers.since_now(building.trying.client)


def test_a_dockerfile_becomes_an_image_of_its_context_and_nothing_is_left(
    building: Building, left: Leftovers
) -> None:
    building.write(
        "ARG WHICH=wrong\nFROM BASE AS first\nRUN echo first > /first\n"
        "FROM $WHICH\nARG GREETING\nENV GREETING=$GREETING\nCOPY . /app\n"
        "COPY --from=first /first /copied\nCOPY --from=BASE /etc/hostname /other\n"
        "RUN echo $GREETING > /greeting\nUSER 1234\n",
        a_dot_txt="a",
        left_dot_out="l",
        _dot_dockerignore="*.out\n",
    )
    (building.folder / "box/link").symlink_to("/etc/passwd")
    asked = building.order(args=(("GREETING", "hello"), ("WHICH", building.base)))
    found = building.obtain(asked)
    assert Outcome.OK is found.outcome, f"{found.reason}\n{building.log}"
    shown = building.files(
        found, "/app/a.txt", "/app/left.out", "/copied", "/greeting", "/app/link"
    )
    assert (
        "100644 0 a | absent | 100644 0 first\n | 100644 0 hello\n | 120777 0 /etc/passwd" == shown
    )
    names = building.files(found, "/app/.dockerignore")
    assert "*.out" in names
    listed = "def probe(settings):\n import os\n return {'l': tuple(sorted(os.listdir('/app')))}\n"
    assert found.image is not None
    said = building.trying.ask(found.image.id, replace(ANSWERS, source=listed))["answers"]
    assert (".dockerignore", "Dockerfile", "a.txt", "link") == said.facts["l"]
    assert asked.digest == found.image.recipe
    assert "built by" in found.image.origin
    assert building.trying.base == found.image.base
    settings = building.trying.client.inspect_image(found.image.id)["Config"]  # type: ignore[no-untyped-call]
    assert "1234" == settings["User"]
    assert [] == of_builders(left)


def test_a_data_set_stands_for_an_image_and_what_stands_in_for_it_is_said(
    building: Building, left: Leftovers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HARNESS_DOWNLOAD", "0")
    monkeypatch.delenv("HARNESS_DATA", raising=False)
    building.write("FROM BASE\nCOPY --from=clothes / /data/\n")
    asked = building.order(images=(("clothes", "data:fashion-mnist"),))
    found = building.obtain(asked)
    assert Outcome.OK is found.outcome, f"{found.reason}\n{building.log}"
    described, notice = building.files(found, "/data/dataset.json", "/data/NOTICE.md").split(" | ")
    assert '"name": "mnist-subset"' in described
    assert "absent" == notice, "four files and what describes them"
    told = [line for line in building.said if "stands in" in line]
    assert ["fashion-mnist is neither"] == [line.partition(" in a")[0] for line in told]
    assert found.image is not None
    assert "data set mnist-subset in the place of fashion-mnist, SHA-256 " in str(
        found.image.base_source
    )
    again = building.obtain(building.order(images=(("clothes", "data:fashion-mnist"),)))
    assert again.image is not None, again.reason
    assert (found.image.id, "reused") == (again.image.id, again.image.origin)
    assert [] == of_builders(left)


def _on_another(building: Building, below: str, network: bool = False) -> tuple[Order, Order]:
    """The order for a cell whose Dockerfile is `below`, and for one that takes its image."""
    folder = building.folder / "below"
    folder.mkdir(exist_ok=True)
    (folder / "Dockerfile").write_text(below.replace("BASE", building.base), "utf-8")
    building.write(
        "FROM BASE AS one\nCOPY --from=written /written /copied\n"
        "FROM written\nCOPY --from=one /copied /copied\n"
    )
    inner = Cell(
        id=f"{building.cell}-below",
        level=Level.L0,
        build=DockerfileBuild(dockerfile="below/Dockerfile", network=network),
    )
    images = (("written", f"cell:{inner.id}"),)
    outer = Cell(
        id=building.cell,
        level=Level.L0,
        build=DockerfileBuild(dockerfile="box/Dockerfile", images=images),
    )
    suite = Suite(name="x", root=str(building.folder), digest="", cells=(inner, outer))
    reader = DockerfileReader(suite)
    made = [Order(cell=cell, dockerfile=reader.of(cell).recipe) for cell in suite.cells]
    return made[0], made[1]


def test_a_cell_is_made_of_another_cells_dockerfile_which_is_built_once(
    building: Building, left: Leftovers
) -> None:
    below, asked = _on_another(building, "FROM BASE\nRUN date +%s%N > /written\n")
    found = building.obtain(asked)
    assert Outcome.OK is found.outcome, f"{found.reason}\n{building.log}"
    written, copied = building.files(found, "/written", "/copied").split(" | ")
    assert written == copied
    assert "100644 0 " in written
    inner = building.obtain(below)
    assert inner.image is not None, inner.reason
    assert found.image is not None
    assert ("reused", inner.image.id) == (inner.image.origin, found.image.base)
    assert f"written: cell {below.cell.id}" in str(found.image.base_source)
    own = building.folder / "logs" / f"{below.cell.id}.log"
    assert "below/Dockerfile, resolved:" in own.read_text("utf-8")
    assert "below/Dockerfile" not in building.log
    again = building.obtain(asked)
    assert again.image is not None, again.reason
    assert (found.image.id, "reused") == (again.image.id, again.image.origin)
    assert [] == of_builders(left)
    _, changed = _on_another(building, "FROM BASE\nRUN date +%s%N | tee /written /more\n")
    assert changed.digest != asked.digest
    other = building.obtain(changed)
    assert other.image is not None, other.reason
    assert "100644" in building.files(other, "/more")


def test_what_fails_in_the_dockerfile_of_a_cell_below_is_quoted_with_its_line(
    building: Building, left: Leftovers
) -> None:
    below, asked = _on_another(building, "FROM BASE\nRUN echo before && exit 7\n")
    found = building.obtain(asked)
    assert Outcome.BUILD_FAILED is found.outcome
    assert f"written: the image of cell {below.cell.id} is not available" in found.reason
    assert "below/Dockerfile:2: RUN echo before && exit 7" in found.reason
    assert str(building.folder / "logs" / f"{below.cell.id}.log") == found.log
    assert [] == of_builders(left)


def test_what_is_made_of_something_that_may_fetch_is_told_with_its_age(building: Building) -> None:
    _, asked = _on_another(building, "FROM BASE\nRUN true > /written\n", network=True)
    found = building.obtain(asked)
    assert found.image is not None, found.reason
    assert ", of what was built with the network on " in found.image.origin
    assert found.image.origin.endswith(": not hermetic")
    again = building.obtain(asked)
    assert again.image is not None
    assert again.image.origin.startswith("reused, of what was built with the network on ")
    assert "less than a day ago: not hermetic" in again.image.origin


def test_it_is_used_again_until_something_it_is_made_of_changes(
    building: Building, left: Leftovers
) -> None:
    building.write("FROM BASE\nCOPY a.txt /\nRUN date +%s%N > /when\n", a_dot_txt="a")
    first = building.obtain(building.order())
    again = building.obtain(building.order())
    assert first.image is not None
    assert again.image is not None, again.reason
    assert (first.image.id, "reused") == (again.image.id, again.image.origin)
    fresh = building.obtain(building.order(), fresh=True)
    assert fresh.image is not None, fresh.reason
    assert fresh.image.id != first.image.id
    building.write("FROM BASE\nCOPY a.txt /\nRUN date +%s%N > /when\n", a_dot_txt="b")
    other = building.obtain(building.order())
    assert other.image is not None
    assert other.image.id not in (first.image.id, fresh.image.id)
    assert other.image.recipe != first.image.recipe
    # another image under the name in its FROM
    moved = building.trying.image({}, "ENV MOVED=1")
    building.trying.client.tag(moved, *building.base.split(":"))
    on_moved = building.obtain(building.order())
    assert on_moved.image is not None, on_moved.reason
    assert on_moved.image.id != other.image.id
    assert on_moved.image.recipe == other.image.recipe
    # Two images lost their name to a newer one; the run's stock removes such images, by the
    # register.
    replaced = {f"image {one.image.id[7:19]}" for one in (first, other) if one.image}
    assert {one.rpartition(" {")[0] for one in of_builders(left)} <= replaced


def test_a_step_that_fails_is_quoted_with_its_line_and_leaves_nothing(
    building: Building, left: Leftovers
) -> None:
    building.write(
        "FROM BASE AS one\nRUN true\n\n# why\nFROM BASE\nCOPY --from=one /etc/hostname /\n"
        'RUN echo before \\\n  && echo "ImportError: numpy.core.umath failed to import" \\\n'
        "  && exit 7\nRUN true\n"
    )
    found = building.obtain(building.order())
    assert Outcome.BUILD_FAILED is found.outcome
    assert "box/Dockerfile:7: RUN echo before" in found.reason, found.reason
    assert "7" in found.reason.split("\n")[1]
    assert "numpy.core.umath failed to import" in found.reason
    assert [] == of_builders(left)
    building.write("FROM BASE\nCOPY absent.txt /\n")
    found = building.obtain(building.order())
    assert Outcome.BUILD_FAILED is found.outcome
    assert "absent.txt" in found.reason
    assert [] == of_builders(left)


def test_steps_have_no_network(building: Building) -> None:
    building.write(
        'FROM BASE\nRUN PYTHON -c "import socket; '
        'print(sorted(name for _, name in socket.if_nameindex()))"\n'
    )
    found = building.obtain(building.order())
    assert Outcome.OK is found.outcome, found.reason
    assert "['lo']" in building.log


def test_a_step_cannot_take_more_memory_than_the_profile(building: Building) -> None:
    building.write('FROM BASE\nRUN PYTHON -c "x = bytearray(900 * 1024**2); print(len(x))"\n')
    small = Profile(name="relaxed", memory_bytes=256 * MIB, relaxations=("memory=256MiB",))
    found = building.obtain(building.order(small))
    assert Outcome.BUILD_FAILED is found.outcome
    assert "box/Dockerfile:2" in found.reason
    assert Outcome.OK is building.obtain(building.order()).outcome


class Secret(BaseHTTPRequestHandler):
    """Answers as a service of the host would."""

    asked: list[str] = []  # noqa: RUF012

    def do_GET(self) -> None:
        self.asked.append(self.path)
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"of the host")

    def log_message(self, *_: object) -> None:
        """Print nothing."""


@pytest.fixture
def service() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Secret)
    Secret.asked.clear()
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}/secret"
    server.shutdown()
    server.server_close()


def test_what_an_image_sets_or_triggers_brings_nothing_of_the_host_into_an_image(
    building: Building, service: str
) -> None:
    trapped = building.trying.image({}, f"ENV SOURCE={service}", f"ONBUILD ADD {service} /stolen")
    hidden = building.trying.image({}, f"ENV SOURCE={service}")
    for text in (f"FROM {trapped}\n", f"FROM {hidden}\nARG SOURCE=Dockerfile\nADD $SOURCE /x\n"):
        building.write(text)
        found = building.obtain(building.order(network=True))
        assert Outcome.BUILD_FAILED is found.outcome, found
        assert "loopback" in found.reason
    assert [] == Secret.asked


def test_steps_with_the_network_do_not_reach_the_services_of_the_host(
    building: Building, service: str
) -> None:
    building.write(
        f"FROM BASE\nRUN PYTHON -c \"import urllib.request as r; r.urlopen('{service}')\"\n"
    )
    found = building.obtain(building.order(network=True))
    assert Outcome.BUILD_FAILED is found.outcome, found
    assert "refused" in found.reason, found.reason
    assert [] == Secret.asked


def test_without_our_look_the_builder_would_have_fetched_it(
    building: Building, service: str
) -> None:
    """Show what the rule prevents; without this, the test above could never fail."""
    building.trying.image({}, f"ADD {service} /stolen")
    assert ["/secret"] == Secret.asked


def test_secrets_are_read_by_steps_and_kept_nowhere(
    building: Building, left: Leftovers, monkeypatch: pytest.MonkeyPatch
) -> None:
    value = f"hunter-{token_hex(8)}"
    monkeypatch.setenv("OWN_TOKEN", value)
    building.write(
        "FROM BASE\nCOPY . /app\nRUN ls -A /app > /listed\n"
        "RUN --mount=type=secret,id=token wc -c /run/secrets/token > /size "
        "&& cat /run/secrets/token && test ! -e /elsewhere\n"
    )
    asked = building.order(secrets=(BuildSecret(id="token", env="OWN_TOKEN"),))
    found = building.obtain(asked)
    if building.trying.engine.name == "podman":
        assert Outcome.HOST_INCOMPATIBLE is found.outcome
        assert "line 4 needs" in found.reason
        return
    if why := why_no_buildkit():
        pytest.skip(why)
    assert Outcome.OK is found.outcome, found.reason
    assert f"{len(value)} " in building.files(found, "/size")
    assert building.files(found, "/listed").endswith(" 0 Dockerfile\n")
    assert "bounds no memory" in (found.image.origin if found.image else "")
    assert found.image is not None
    client = building.trying.client
    told = json.dumps(
        [
            client.inspect_image(found.image.id),  # type: ignore[no-untyped-call]
            client.history(found.image.id),  # type: ignore[no-untyped-call]
            found.reason,
        ]
    )
    assert "(a secret)" in building.log
    for text in (told, building.log, "\n".join(building.said)):
        assert value not in text
    for path in building.folder.rglob("*"):
        assert not path.is_file() or value.encode() not in path.read_bytes()
    assert [] == of_builders(left)


def test_a_mount_of_another_image_is_resolved(building: Building, left: Leftovers) -> None:
    other = building.trying.image({"other/file": "of the other"})
    building.write(
        f"FROM BASE\nRUN --mount=from={other},source=/other,target=/mnt cat /mnt/file > /f\n"
        "RUN false || exit 3\n"
    )
    found = building.obtain(building.order())
    if building.trying.engine.name == "docker" and (why := why_no_buildkit()):
        pytest.skip(why)
    assert Outcome.BUILD_FAILED is found.outcome
    assert "box/Dockerfile:3: RUN false || exit 3" in found.reason, found.reason
    building.write(
        f"FROM BASE\nRUN --mount=from={other},source=/other,target=/mnt cat /mnt/file > /f\n"
    )
    found = building.obtain(building.order())
    assert "100644 0 of the other" == building.files(found, "/f")
    assert [] == of_builders(left)


def test_here_documents_go_to_no_builder_that_takes_their_lines_for_instructions(
    building: Building,
) -> None:
    building.write("FROM BASE\nCOPY <<EOF /x\nADD http://127.0.0.1/ /stolen\nEOF\n")
    found = building.obtain(building.order())
    version = str(building.trying.client.info().get("ServerVersion"))
    if version.startswith(("20.", "4.3")):
        assert Outcome.HOST_INCOMPATIBLE is found.outcome
        assert "line 2 needs here-documents" in found.reason


def test_another_platform_is_not_tried(building: Building) -> None:
    building.write("FROM BASE\n")
    found = building.obtain(building.order(platform="linux/s390x"))
    assert Outcome.HOST_INCOMPATIBLE is found.outcome
    assert "linux/s390x" in found.reason


def _until(happened: Callable[[], bool], then: Callable[[], object]) -> Timer:
    def look() -> None:
        if happened():
            then()
        else:
            _until(happened, then)

    timer = Timer(0.3, look)
    timer.daemon = True
    timer.start()
    return timer


def test_a_build_that_is_stopped_ends_and_leaves_nothing(
    building: Building, left: Leftovers
) -> None:
    building.write(
        'FROM BASE\nRUN PYTHON -c "print(1, flush=True); import time; time.sleep(900)"\n'
    )
    shop = workshop(building.folder / "cache")
    log = building.folder / "logs" / f"{building.cell}.log"

    def begun() -> bool:
        text = log.read_text("utf-8") if log.exists() else ""
        return "Running in" in text or "STEP 3" in text

    _until(begun, shop.stop.set)
    found = building.obtain(building.order(), stop=shop.stop)
    assert Outcome.BUILD_FAILED is found.outcome
    assert "it was stopped" in found.reason
    assert [] == of_builders(left)


def test_a_build_that_prints_without_end_is_given_up(
    building: Building, left: Leftovers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("harness.engines.oci.dockerfile.log.OUTPUT_BYTES", MIB)
    building.write(
        "FROM BASE\nRUN while true; do echo xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx; done\n"
    )
    found = building.obtain(building.order())
    assert f"it printed more than {OUTPUT_BYTES >> 20} MiB" in found.reason
    assert len(building.log) < 2 * MIB
    assert [] == of_builders(left)


def test_a_build_that_says_nothing_any_more_is_given_up(
    building: Building, left: Leftovers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(over_api, "IDLE_S", 3)
    building.write("FROM BASE\nRUN sleep 900\n")
    found = building.obtain(building.order())
    assert Outcome.BUILD_FAILED is found.outcome
    assert "it printed nothing for 3 s" in found.reason
    assert [] == of_builders(left)


def test_what_a_build_left_whose_owner_died_goes_with_the_next_start(
    building: Building, left: Leftovers
) -> None:
    shop = replace(workshop(building.folder / "cache"), logs=building.folder, owner="a dead one")
    client = building.trying.client
    label = f"{building.cell}/1"
    broken_off = under_way(builder_for(client, shop, "x", lambda _: None), label, 0)
    begun = broken_off.__enter__()
    made = building.trying.image({}, f'LABEL "{STEPS}"="{label}"', "RUN true", "RUN echo 2")
    client.tag(made, *begun.name.split(":"))
    building.trying.images.remove(made)
    client.remove_image(made, noprune=True)
    # Somebody else's image, made from ours: it has the label, and a name.
    theirs = building.trying.image({}, f'LABEL "{STEPS}"="{label}"')
    assert () == sweep_builds(client, shop.cache, lambda _: True)
    assert client.images(begun.name)
    told = sweep_builds(client, shop.cache, lambda owner: owner != "a dead one")
    assert (f"a broken-off build of {building.cell}",) == told
    assert [] == client.images(begun.name)
    assert client.images(theirs)
    assert [] == of_builders(left)
    broken_off.__exit__(None, None, None)
