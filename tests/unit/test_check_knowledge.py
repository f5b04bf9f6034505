"""The knowledge base holds what its schema says, with sources, and within its size."""

from __future__ import annotations

import json
import re
import re._constants as op
import re._parser as parser
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.specifiers import SpecifierSet
from typer.testing import CliRunner

from harness.cli import app
from harness.errors import InternalError, UsageError
from harness.knowledge import frameworks, library, loaded, resolving
from harness.knowledge.entries import entries, gpu_id
from harness.knowledge.explain import explain, listing, text_of
from harness.knowledge.library import CudaTable, load
from harness.knowledge.released import release_days
from harness.knowledge.versions import at_least, minor, release

FILES = sorted(library.FOLDER.glob("*.json"))
MIRRORS = [".".join(words) for words in (("pypi", "org"), ("deb", "debian"), ("archive", "debian"))]
_KINDS = ("builds", "tags", "wheels", "pins", "conflicts", "loaded", "released", "requires")
COMPAT = Path(__file__).parents[3] / "shared" / "reference" / "compat"


def test_the_whole_base_is_small_enough_to_ship() -> None:
    assert sum(path.stat().st_size for path in library.FOLDER.iterdir()) < 1.5e6


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_no_file_names_an_index_or_a_mirror(path: Path) -> None:
    text = path.read_text("utf-8").lower()
    assert [] == [name for name in MIRRORS if name in text]
    assert not re.search(r"/(work|root|home)/", text)


def test_every_table_is_read_and_checked() -> None:
    library.cuda(), library.gpus(), library.systems(), library.limits(), library.nvidia()
    library.default_registry(), library.reasons()
    assert ("tensorflow",) == frameworks.names()
    for name in frameworks.names():
        frameworks.builds(name), frameworks.tags(name), frameworks.wheels(name)
        frameworks.pins(name), frameworks.conflicts(name), loaded.nearest(name, "1.2.1")
        release_days(name), resolving.requires(name)
    resolving.newest()
    read = {"registries.json", "cuda.json", "gpus.json", "systems.json", "engines.json"}
    read |= {"nvidia_images.json", "breakages.json", "reasons.json", "newest_releases.json"}
    read |= {f"tensorflow_{kind}.json" for kind in _KINDS}
    assert read == {path.name for path in FILES}


@pytest.mark.parametrize(
    "spoil",
    [
        lambda tree: tree.pop("rules"),
        lambda tree: tree["toolkits"][0].pop("source"),
        lambda tree: tree["toolkits"][0].update(evidence="hearsay"),
        lambda tree: tree["toolkits"][0].update(version=8.0),
        lambda tree: tree["toolkits"][0].update(extra=1),
    ],
)
def test_a_table_that_breaks_its_schema_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spoil: object
) -> None:
    tree = json.loads((library.FOLDER / "cuda.json").read_text("utf-8"))
    spoil(tree)
    (tmp_path / "cuda.json").write_text(json.dumps(tree))
    monkeypatch.setattr(library, "FOLDER", tmp_path)
    with pytest.raises(InternalError, match=r"cuda\.json"):
        load("cuda.json", CudaTable)


def test_every_entry_has_a_source_and_says_how_it_is_known() -> None:
    for entry in entries().values():
        assert entry.source, entry.id
        assert entry.title, entry.id
        text = text_of(entry)
        assert entry.source.split()[0] in text
        assert library.MEANING[entry.evidence].split()[0] in text


def test_ids_are_one_of_a_kind() -> None:
    rows = len(library.breakages()) + len(library.limits()) + len(library.gpus().gpus)
    rows += len(library.systems().systems) + len(library.systems().pythons)
    rows += len(library.cuda().toolkits) + len(library.cuda().branches) + len(library.cuda().rules)
    rows += len(library.nvidia().variables) + len([library.default_registry()])
    for name in frameworks.names():
        rows += len(frameworks.builds(name)) + len(frameworks.tags(name).periods)
        rows += len(frameworks.variants(name))
        rows += len(frameworks.wheels(name).wheels) + len([frameworks.tags(name)])
        rows += len(frameworks.tags(name).releases) + len(loaded.rows(name))
        rows += len(resolving.requires(name).requires)
    rows += len(resolving.newest().newest)
    assert rows == len(entries())


@pytest.mark.parametrize(
    ("title", "id"),
    [
        ("tensorflow 1.2", "tensorflow-1.2"),
        ("tensorflow 1.2", "TensorFlow 1.2.1"),
        ("CUDA 8.0", "cuda-8.0"),
        ("NVIDIA H200: compute capability 9.0 (Hopper)", "gpu-nvidia-h200"),
        ("Ubuntu 16.04 xenial", "ubuntu-16.04"),
        ("GPU silently unused", "dso-loader-warning"),
    ],
)
def test_an_id_is_explained(title: str, id: str) -> None:
    assert title == explain(id).title


def test_an_unknown_id_names_the_nearest() -> None:
    with pytest.raises(UsageError) as refused:
        explain("tensorflow-1.22")
    assert "tensorflow-1.2" in refused.value.remedy
    with pytest.raises(UsageError) as refused:
        explain("h200")
    assert gpu_id("NVIDIA H200") in refused.value.remedy


def test_the_command_explains_and_lists() -> None:
    explained = CliRunner().invoke(app, ["explain", "tensorflow-1.2"])
    assert 0 == explained.exit_code
    assert "libcudnn.so.5" in explained.stdout
    assert "seen to work" in explained.stdout
    assert listing() == CliRunner().invoke(app, ["explain"]).stdout


# --- the builds ---------------------------------------------------------------------------------


def test_builds_reach_from_the_first_to_the_last_release() -> None:
    found = list(frameworks.builds("tensorflow"))
    assert ("0.12", "2.21", 39) == (found[0], found[-1], len(found))


def test_the_fields_of_a_build_say_what_its_words_say() -> None:
    rows = frameworks.builds("tensorflow").values()
    linkages = {(row.gpu_libraries, row.gpu_library_linkage.split()[0]) for row in rows}
    assert {("linked", "DT_NEEDED"), ("opened", "dlopen")} == linkages
    floors = {(row.instruction_set, row.min_cpu.split(";")[0]) for row in rows}
    assert {("avx", "AVX"), ("baseline", "x86-64 baseline (SSE2)")} == floors
    baseline = [row.minor for row in rows if row.needs(f"{row.minor}.0") == "baseline"]
    assert "1.5" == baseline[-1]
    named = {row.minor for row in rows if "itself needs AVX2" in row.min_cpu}
    assert {"2.4"} == named == {row.minor for row in rows if row.instruction_set_of_release}
    assert ("avx2", "avx") == tuple(
        frameworks.builds("tensorflow")["2.4"].needs(one) for one in ("2.4.0", "2.4.1")
    )


def test_the_fields_of_a_set_say_what_its_words_say() -> None:
    rows = frameworks.pins("tensorflow")
    assert [one.works for one in rows] == [not one.seen.startswith("import fails") for one in rows]
    assert {True, False} == {one.works for one in rows}
    assert frameworks.gpu_packages("tensorflow") == {
        name for name in frameworks.packages("tensorflow") if name.endswith("-gpu")
    }


def test_every_build_has_a_period_and_a_toolkit() -> None:
    for name in frameworks.builds("tensorflow"):
        assert frameworks.period("tensorflow", name), name
    for row in frameworks.builds("tensorflow").values():
        assert library.toolkit(row.cuda), row.minor


def test_the_periods_agree_with_the_dockerfiles_that_were_read() -> None:
    # At 1.13.1 the folder that was read no longer made the published images.
    for row in frameworks.tags("tensorflow").releases:
        if release(row.release) >= (1, 13):
            continue
        period = frameworks.period("tensorflow", row.release)
        plain = next(one for one in row.files if one.file == "Dockerfile")
        gpu = next(one for one in row.files if one.file == "Dockerfile.gpu")
        assert period.system == plain.base.replace(":", "-"), row.release
        assert f"cuda:{period.cuda}" in gpu.base, row.release
        cudnn = re.search(r"cudnn(\d)", gpu.base) or re.match(r"(\d)", gpu.cudnn)
        assert cudnn is None or period.cudnn == cudnn[1], row.release
        if gpu.command:
            assert period.command == gpu.command, row.release
        assert library.system(period.system)


def test_1_2_1_needs_cudnn_5_whatever_articles_say() -> None:
    build = frameworks.build("tensorflow", "1.2.1")
    assert "libcudnn.so.5" in build.gpu_library_sonames
    assert build.links_cuda
    wheel = next(one for one in frameworks.wheels("tensorflow").wheels if one.version == "1.2.1")
    assert "libcudnn.so.5" in wheel.needed


def test_measured_wheels_agree_with_the_builds() -> None:
    for wheel in frameworks.wheels("tensorflow").wheels:
        build = frameworks.build("tensorflow", wheel.version)
        if wheel.cubin:
            assert (wheel.cubin, wheel.ptx) == (
                build.wheel_gpu_arch.cubin,
                build.wheel_gpu_arch.ptx,
            )
        assert (build.needs(wheel.version) != "baseline") == (wheel.vex_functions > 1000), (
            wheel.file
        )


# --- order ---------------------------------------------------------------------------------------


def test_gpus_and_toolkits_are_in_order() -> None:
    for gpu in library.gpus().gpus:
        assert re.fullmatch(r"\d{1,2}\.\d", gpu.capability)
    drivers = [one.driver for one in library.cuda().toolkits if one.driver]
    assert drivers == sorted(drivers, key=release)


@pytest.mark.parametrize(
    ("so", "version", "floor"),
    [
        (True, "10.0", "9.2"),
        (True, "384.81", "384.81"),
        (True, "450", "450.0.0"),
        (False, "450", "450.80.02"),
        (True, "1.10", "1.9"),
        (False, "", "1"),
    ],
)
def test_versions_are_ordered_by_number(so: bool, version: str, floor: str) -> None:
    assert so == at_least(version, floor)


def test_the_numbers_of_a_version_are_its_beginning() -> None:
    assert (1, 2, 1) == release("1.2.1rc0")
    assert () == release("latest")
    assert "11.2" == minor("11.2.152-1")


# --- signatures ----------------------------------------------------------------------------------


def repeats(tree: object) -> Iterator[tuple[int, int, object]]:
    """(least, most, what) of every repetition in a parsed pattern."""
    for kind, value in tree:
        if kind in (op.MAX_REPEAT, op.MIN_REPEAT, op.POSSESSIVE_REPEAT):
            yield value
        for part in value if isinstance(value, list | tuple) else [value]:
            if isinstance(part, parser.SubPattern):
                yield from repeats(part)
            elif isinstance(part, list):
                for inner in part:
                    if isinstance(inner, parser.SubPattern):
                        yield from repeats(inner)


@pytest.mark.parametrize("row", library.breakages(), ids=lambda row: row.id)
def test_a_signature_takes_linear_time(row: library.Breakage) -> None:
    """Every repetition is bounded, and none holds another: a line costs at most its length times
    a constant."""
    for _, most, inside in repeats(parser.parse(row.signature)):
        assert most <= 200
        assert most == 1 or all(1 >= inner for _, inner, _ in repeats(inside))


@pytest.mark.parametrize(
    "row", [row for row in library.breakages() if row.sample], ids=lambda row: row.id
)
def test_a_tested_signature_fires_on_its_sample(row: library.Breakage) -> None:
    assert re.search(row.signature, row.sample)


def test_what_is_not_tested_says_so() -> None:
    untested = [row for row in library.breakages() if not row.sample]
    assert untested
    assert all("tried on" in text_of(explain(row.id)) for row in untested)
    assert all("untested" in text_of(explain(row.id)) for row in untested)


@pytest.mark.skipif(not COMPAT.is_dir(), reason="../shared/reference/compat is not here")
def test_nothing_of_the_collection_was_lost() -> None:
    collected = json.loads((COMPAT / "known_breakages.json").read_text("utf-8"))["rows"]
    assert {row["id"] for row in collected} <= {row.id for row in library.breakages()}
    gpus = json.loads((COMPAT / "gpu_arch.json").read_text("utf-8"))["gpus"]
    assert {(row["gpu"], row["compute_capability"]) for row in gpus} == {
        (row.name, row.capability) for row in library.gpus().gpus
    }
    toolkits = json.loads((COMPAT / "cuda_drivers.json").read_text("utf-8"))["toolkits"]
    assert [(row["toolkit"], row["min_linux_driver"]) for row in toolkits] == [
        (row.version, row.driver) for row in library.cuda().toolkits
    ]


def test_conflicts_name_breakages_and_can_be_read() -> None:
    ids = {row.id for row in library.breakages()}
    for conflict in frameworks.conflicts("tensorflow"):
        assert conflict.breakage in ids
        for specifier in (conflict.framework, conflict.versions, conflict.python):
            SpecifierSet(specifier)
