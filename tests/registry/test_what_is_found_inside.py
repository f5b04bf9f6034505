"""What lies in an image is found: distributions, Pythons, libraries, whatever the layers do."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness.errors import UsageError
from harness.images.archive import opened_archive
from harness.images.looking import look_inside
from tests.registry.fake_registry import (
    digest_of,
)
from tests.registry.looking import HERE, MODULES, looked, whole
from tests.registry.old_images import (
    SITE,
    cuda_8,
    framework,
    layer,
    layout,
    saved,
    system,
)


def test_everything_that_matters_is_found(tmp_path: Path) -> None:
    found = whole(tmp_path, system(), cuda_8(), framework())
    assert {("tensorflow-gpu", "1.2.1"), ("numpy", "1.13.3"), ("protobuf", "3.3.0")} <= {
        (one.name, one.version) for one in found.distributions
    }
    assert {("3.5", "usr/local")} == {(one.python, one.prefix) for one in found.distributions}
    assert ("usr/bin/python3", "3.5") == found.python_on("/usr/local/bin:/usr/bin")
    assert ("ubuntu-16.04", 1) == (found.system, found.packages)
    assert {"libcudnn.so.5", "libcudart.so.8.0.61", "libc.so.6"} <= set(found.libraries)
    (ours,) = [one for one in found.objects if one.ours]
    assert "libcudnn.so.5" in ours.needed
    assert (("3.0", "3.5", "5.2"), ("3.0", "3.5", "5.2")) == (ours.cubin, ours.ptx)
    assert ("2.17", "2.23") == tuple(found.symbols("GLIBC_", wanted=one) for one in (True, False))
    assert ("3.4.19", "3.4.21") == tuple(
        found.symbols("GLIBCXX_", wanted=one) for one in (True, False)
    )
    assert () == found.problems


def test_the_oci_layout_says_the_same_as_docker_save(tmp_path: Path) -> None:
    layers = [system(), cuda_8(), framework()]
    config = {"architecture": "amd64"}
    one = looked(saved(tmp_path / "saved.tar", layers, config))
    assert one == looked(layout(tmp_path / "layout.tar", layers, config))


def test_later_layers_replace_and_remove(tmp_path: Path) -> None:
    gone = layer(
        {
            f"{SITE}/.wh.numpy-1.13.3.dist-info": b"",
            f"{SITE}/numpy-1.19.5.dist-info/METADATA": b"x",
            "usr/local/cuda-8.0/.wh..wh..opq": b"",
            "usr/local/cuda-8.0/lib64/libcudart.so.8.0": b"x",
        }
    )
    found = whole(tmp_path, system(), cuda_8(), framework(), gone)
    assert ["1.19.5"] == [one.version for one in found.distributions if one.name == "numpy"]
    assert "libcublas.so.8.0" not in found.libraries
    assert "libcudart.so.8.0" in found.libraries
    assert "libcudnn.so.5" in found.libraries


def test_a_link_that_leads_nowhere_is_no_library(tmp_path: Path) -> None:
    found = whole(
        tmp_path, layer({"lib/liba.so.1": "libb.so", "lib/libc.so.1": "../lib/liba.so.1"})
    )
    assert {} == found.libraries
    loop = whole(tmp_path, layer({"lib/liba.so.1": "libb.so.1", "lib/libb.so.1": "liba.so.1"}))
    assert {} == loop.libraries


def test_conda_and_eggs_are_distributions_too(tmp_path: Path) -> None:
    found = whole(
        tmp_path,
        layer(
            {
                "opt/conda/conda-meta/tensorflow-gpu-1.14.0-h0d30ee6_0.json": b"{}",
                f"{SITE}/six-1.10.0.egg-info": b"x",
                f"{SITE}/PyYAML-3.12-py3.5.egg-info/PKG-INFO": b"x",
            }
        ),
    )
    assert {("tensorflow-gpu", "1.14.0"), ("six", "1.10.0"), ("pyyaml", "3.12")} == {
        (one.name, one.version) for one in found.distributions
    }


def test_a_layer_never_hides_what_it_brings_itself_in_whatever_order(tmp_path: Path) -> None:
    below = layer({"usr/lib/liba.so.1": b"x", "usr/lib/libb.so.1": b"x", "usr/lib/c/libc.so": b"x"})
    for names in (("liba.so.1", ".wh.liba.so.1"), (".wh.liba.so.1", "liba.so.1")):
        above = layer({f"usr/lib/{name}": b"y" for name in (*names, ".wh.c")})
        assert {"liba.so.1", "libb.so.1"} == set(whole(tmp_path, below, above).libraries)
    opaque = layer({"usr/lib/libb.so.1": b"y", "usr/lib/.wh..wh..opq": b""})
    assert {"libb.so.1"} == set(whole(tmp_path, below, opaque).libraries)


def test_of_several_images_in_a_file_the_one_that_is_named_is_taken(tmp_path: Path) -> None:
    files: dict[str, bytes | str | None] = {}
    rows = []
    for tag, part in (("own/old:1", system("3.5")), ("own/new:2", system("3.8"))):
        config = {"architecture": "amd64", "rootfs": {"diff_ids": [digest_of(part)]}}
        name = tag.replace("/", "-")
        files |= {f"{name}.tar": part, f"{name}.json": json.dumps(config).encode()}
        rows.append({"Config": f"{name}.json", "RepoTags": [tag], "Layers": [f"{name}.tar"]})
    path = tmp_path / "both.tar"
    path.write_bytes(layer({**files, "manifest.json": json.dumps(rows).encode()}))
    for wanted, version in (("own/old:1", "3.5"), ("docker.io/own/new:2", "3.8")):
        with opened_archive(path, HERE, wanted) as chosen:
            found = look_inside(chosen.layers, MODULES)
            assert wanted.removeprefix("docker.io/") in chosen.reading.name
        assert f"usr/bin/python{version}" in found.pythons
    for wanted, words in (("", "say which"), ("own/other:3", "none of them is 'own/other:3'")):
        with pytest.raises(UsageError, match=words), opened_archive(path, HERE, wanted):
            pass


def test_a_python_that_may_not_be_started_is_none_and_hides_the_one_below(tmp_path: Path) -> None:
    silenced = layer({"usr/bin/python3.5": b"#!"}, mode=0o644)
    found = whole(tmp_path, system(), silenced)
    assert {} == found.pythons


@pytest.mark.parametrize(
    ("expected", "links"),
    [
        (("usr/bin/python3", "3.5"), {"usr/bin/python3": "python3.5"}),
        (("usr/bin/python3", "3.5"), {"usr/bin/python3": "/bin/python3.5"}),
        (("usr/bin/python3", ""), {"usr/bin/python3": "/etc/alternatives/python"}),
        (("", ""), {"usr/bin/python3": "python3.6"}),
        (("", ""), {"usr/bin/python3": "python", "usr/bin/python": "python3"}),
    ],
)
def test_a_link_is_a_python_where_it_leads_to_one(
    tmp_path: Path, expected: tuple[str, str], links: dict[str, bytes | str | None]
) -> None:
    found = whole(tmp_path, layer({"usr/bin/python3.5": b"#!", **links}))
    assert expected == found.python_on("/usr/bin")
