"""Variables of an image that break its Python, or its framework, and the values that mend them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.check.claims import Claim, ClaimOrigin
from harness.check.foreseen import FITS_NOT, IMPORTS_NOT, STARTS_NOT, Change, Foreseen
from harness.check.reasons import Reason, Weight
from harness.check.rules import sets, variables
from harness.images.hiding import IMPORTED_BY_ALL, hiding
from harness.images.inside import Distribution, Inside
from tests.unit.check_builders import HERE, cpu_image, subject
from tests.unit.check_gallery import PYTHONS, SITE

PACKAGE = f"{SITE}/tensorflow/python"
INSIDE = Inside(pythons=PYTHONS, hiding={PACKAGE: ("platform", "types")})


def told(variable: str, inside: Inside = INSIDE) -> list[Reason]:
    config = cpu_image("1.2.1")
    config["config"]["Env"] = [*config["config"].get("Env", []), variable]
    return list(variables.reasons(replace(subject(config), inside=inside), HERE))


@pytest.mark.parametrize(
    ("variable", "change", "foreseen"),
    [
        ("PYTHONHOME=/nowhere", ("PYTHONHOME", ""), STARTS_NOT),
        ("PYTHONHASHSEED=none", ("PYTHONHASHSEED", ""), STARTS_NOT),
        ("PYTHONHASHSEED=4294967296", ("PYTHONHASHSEED", ""), STARTS_NOT),
        ("PYTHONMALLOC=mine", ("PYTHONMALLOC", ""), STARTS_NOT),
        (f"PYTHONPATH=/work:/{PACKAGE}/", ("PYTHONPATH", "/work"), IMPORTS_NOT),
    ],
)
def test_what_breaks_python_is_mended_by_another_value(
    variable: str, change: tuple[str, str], foreseen: tuple[Foreseen, ...]
) -> None:
    (reason,) = told(variable)
    assert (Weight.CHANGE, foreseen, Change(environment=(change,))) == (
        reason.weight,
        reason.foresees,
        reason.change,
    )
    assert reason.needed


@pytest.mark.parametrize(
    "variable",
    [
        "PYTHONHOME=",
        "PYTHONHOME=/usr/local",
        "PYTHONHOME=/usr/local:/elsewhere",
        "PYTHONHASHSEED=0",
        "PYTHONHASHSEED=random",
        "PYTHONHASHSEED=4294967295",
        "PYTHONMALLOC=pymalloc_debug",
        "PYTHONUTF8=2",  # Python 3.6 does not read it
        f"PYTHONPATH=/work:/{SITE}",
    ],
)
def test_what_python_takes_is_not_told(variable: str) -> None:
    assert [] == told(variable)


@given(st.sampled_from([one for one, *_ in variables._REFUSED]), st.text(max_size=40))
def test_no_value_is_too_odd(name: str, value: str) -> None:
    for hostile in (value, "\u00b2", "9" * 5000):
        for one in told(f"{name}={hostile}"):
            assert one.change == Change(environment=((name, ""),))


def test_nothing_is_said_of_an_image_whose_layers_were_not_all_read() -> None:
    assert [] == told("PYTHONHOME=/nowhere", replace(INSIDE, problems=("layer 2: it is cut",)))


@given(st.sets(st.sampled_from(sorted(IMPORTED_BY_ALL | {"own", "tensors"}))), st.booleans())
def test_only_modules_inside_of_packages_with_names_of_the_library_hide_it(
    names: set[str], package: bool
) -> None:
    folder = f"{SITE}/own" if package else SITE
    forms = ("{}.py", "{}/__init__.py")
    paths = [f"{folder}/{forms[len(one) % 2].format(one)}" for one in names]
    found = tuple(sorted(names & IMPORTED_BY_ALL))
    assert ({folder: found} if package and found else {}) == hiding(paths)


def sets_of(version: str, variable: str, *distributions: str) -> list[Reason]:
    config = cpu_image(version)
    config["config"]["Env"] = [*config["config"].get("Env", []), variable]
    claim = Claim(
        what="framework", value=f"tensorflow {version}", origin=ClaimOrigin.CONTENT, evidence="p"
    )
    held = tuple(
        Distribution(
            name=one.partition("=")[0],
            version=one.partition("=")[2],
            python="",
            prefix="",
            path="p",
        )
        for one in distributions
    )
    name = variable.partition("=")[0]
    about = replace(
        subject(config),
        claims=(claim,),
        inside=Inside(
            distributions=held,
            modules=frozenset(f"{one.name}/__init__.py" for one in held),
        ),
    )
    return [
        one
        for one in sets.reasons(about, HERE)
        if one.change is not None and name in dict(one.change.environment)
    ]


@pytest.mark.parametrize(
    ("version", "variable", "distributions", "value", "foreseen"),
    [
        ("2.21.0", "KERAS_BACKEND=torch", (), "tensorflow", FITS_NOT),
        ("2.21.0", "KERAS_BACKEND=numpy", (), "tensorflow", FITS_NOT),
        ("2.21.0", "KERAS_BACKEND=theano", (), "tensorflow", IMPORTS_NOT),
        ("1.14.0", "KERAS_BACKEND=torch", ("keras=2.2.4",), "tensorflow", FITS_NOT),
        ("2.21.0", "TF_USE_LEGACY_KERAS=1", (), "0", FITS_NOT),
        ("2.11.1", "PYTHONOPTIMIZE=2", (), "", IMPORTS_NOT),
        (
            "2.21.0",
            "PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION=cpp",
            ("protobuf=7.35.1",),
            "upb",
            IMPORTS_NOT,
        ),
        ("1.14.0", "XLA_FLAGS=--xla_gpu_autotune_level=2", (), "", IMPORTS_NOT),
        ("1.14.0", "XLA_FLAGS=--xla_dump_to=/x --xla_hlo_profiles", (), "", IMPORTS_NOT),
        ("2.11.1", "TF_XLA_FLAGS=--tf_xla_of_another_release", (), "", IMPORTS_NOT),
        ("2.21.0", "TF_DETERMINISTIC_OPS=yes", (), "", IMPORTS_NOT),
        ("1.2.1", "PYTHONWARNINGS=ignore,error", ("numpy=1.16.6",), "", IMPORTS_NOT),
        ("2.11.1", "PYTHONWARNINGS=error", ("numpy=1.26.4",), "", IMPORTS_NOT),
    ],
)
def test_a_variable_that_breaks_the_framework_is_mended_by_another_value(
    version: str,
    variable: str,
    distributions: tuple[str, ...],
    value: str,
    foreseen: tuple[Foreseen, ...],
) -> None:
    (reason,) = sets_of(version, variable, *distributions)
    name = variable.partition("=")[0]
    assert (Weight.CHANGE, foreseen) == (reason.weight, reason.foresees)
    assert reason.change == Change(environment=((name, value),))
    assert variable in reason.title


@pytest.mark.parametrize(
    ("version", "variable", "distributions"),
    [
        ("2.21.0", "KERAS_BACKEND=torch", ("torch=2.9.0",)),
        ("2.21.0", "KERAS_BACKEND=tensorflow", ()),
        ("2.15.0", "KERAS_BACKEND=torch", ()),
        ("2.21.0", "PYTHONOPTIMIZE=2", ()),
        ("2.11.1", "PYTHONOPTIMIZE=1", ()),
        ("2.11.1", "PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION=cpp", ("protobuf=3.19.6",)),
        ("1.14.0", "XLA_FLAGS=--xla_dump_to=/x --xla_hlo_profile", ()),
        ("2.21.0", "XLA_FLAGS=--xla_gpu_autotune_level=2", ()),
        ("2.21.0", "TF_XLA_FLAGS=--tf_xla_auto_jit=2 --tf_xla_cpu_global_jit", ()),
        ("1.14.0", "TF_XLA_FLAGS=--tf_xla_auto_jit=2", ()),
        ("2.21.0", "TF_DETERMINISTIC_OPS=True", ()),
        ("2.21.0", "PYTHONWARNINGS=error", ("numpy=2.3.5",)),
        ("2.11.1", "PYTHONWARNINGS=error::UserWarning", ("numpy=1.26.4",)),
    ],
)
def test_a_variable_that_the_release_takes_is_not_told(
    version: str, variable: str, distributions: tuple[str, ...]
) -> None:
    assert [] == sets_of(version, variable, *distributions)


def test_whether_warnings_as_errors_break_a_release_that_was_not_measured_cannot_be_told() -> None:
    (reason,) = sets_of("2.15.0", "PYTHONWARNINGS=error")
    assert (Weight.UNTOLD, ()) == (reason.weight, reason.foresees)
