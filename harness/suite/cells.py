"""Make cells from rows: merge defaults, list relaxations of the profile, exclude the impossible."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from harness.knowledge.availability import packages, reason_unavailable
from harness.model import (
    NOT_HERMETIC,
    BuildSecret,
    Cell,
    DockerfileBuild,
    Excluded,
    Level,
    Place,
    Profile,
    Scalar,
)
from harness.suite.promising import promise_of
from harness.suite.words import plain_requirement, size_text

if TYPE_CHECKING:
    from harness.suite.schema import Defaults, ProfileTable, Shared

_Settings = tuple[tuple[str, tuple[tuple[str, Scalar], ...]], ...]
_STRICT = Profile()


@dataclass(frozen=True, kw_only=True, slots=True)
class Origin:
    """The values of one cell that its product does not share: its id, versions, and source."""

    id: str
    framework: tuple[tuple[str, str], ...]
    python: str
    cuda: str = ""
    base: str = ""
    image: str = ""
    host: str = ""
    build: DockerfileBuild | None = None
    install: tuple[str, ...] | None = None
    constraints: tuple[str, ...] = ()


def make_cell(
    origin: Origin,
    shared: Shared,
    defaults: Defaults,
    base_pythons: Mapping[str, str],
    place: Place,
) -> Cell | Excluded:
    """One cell, or the reason why it is impossible. A cell without a Python takes its base's."""
    built = bool(origin.base)
    install = origin.install
    if install is None:
        install = tuple(f"{name}=={version}" for name, version in origin.framework)
    cell = Cell(
        id=origin.id,
        framework=origin.framework,
        python=origin.python or base_pythons.get(origin.base, ""),
        cuda=origin.cuda,
        base=origin.base,
        image=origin.image,
        host=origin.host,
        install=install if built else (),
        constraints=origin.constraints,
        as_of=(shared.as_of or defaults.as_of) if built else "",
        interpreter=shared.interpreter,
        environment=_sorted({**defaults.environment, **shared.environment}) if built else (),
        gpu=shared.gpu or "",
        level=Level(shared.level or defaults.level),
        tags=tuple(dict.fromkeys(shared.tags)),
        settings=_settings(defaults, shared),
        timeouts=tuple(sorted({**defaults.timeouts, **shared.timeouts}.items())),
        profile=_with_network(
            origin.build,
            profile_for(shared.gpu, make_profile(defaults.profile, shared.profile)),
        ),
        build=origin.build,
        promise=promise_of(shared),
        place=place,
    )
    reason = _impossible(cell)
    return Excluded(id=cell.id, reason=reason, place=place) if reason else cell


def profile_for(gpu: str | None, profile: Profile) -> Profile:
    """The profile for a cell; with a GPU, LD_PRELOAD of the image is emptied.

    The hook that hands over a GPU runs as root on the host, and releases up to 1.17.7 did so with
    the image's own environment (CVE-2025-23266).
    """
    if not gpu:
        return profile
    return replace(profile, environment=_sorted({"LD_PRELOAD": "", **dict(profile.environment)}))


def build_of(
    dockerfile: str,
    context: str,
    args: Mapping[str, str],
    target: str,
    images: Mapping[str, str],
    shared: Shared,
) -> DockerfileBuild | None:
    """How a cell is built from a Dockerfile; None if none is named."""
    if not dockerfile:
        return None
    return DockerfileBuild(
        dockerfile=dockerfile,
        context=context,
        args=_sorted(args),
        target=target,
        platform=shared.platform or "",
        images=_sorted(images),
        network=shared.build_network,
        secrets=tuple(
            BuildSecret(id=one.id, env=one.env, file=one.file)
            for one in sorted(shared.secrets, key=lambda one: one.id)
        ),
    )


def _with_network(build: DockerfileBuild | None, profile: Profile) -> Profile:
    """The profile, with the relaxation of a build that may use the network."""
    if build is None or not build.network:
        return profile
    return relaxed(profile, NOT_HERMETIC)


def relaxed(profile: Profile, *relaxations: str) -> Profile:
    """The profile with more relaxations."""
    listed = tuple(sorted({*profile.relaxations, *relaxations}))
    return replace(profile, name="relaxed", relaxations=listed)


def make_profile(*tables: ProfileTable) -> Profile:
    """The strict profile with the departures of every table; a later table wins."""
    asked: dict[str, int | bool] = {}
    environment: dict[str, str] = {}
    for table in tables:
        named = table.model_dump(exclude_none=True)
        environment |= named.pop("environment", {})
        asked |= named
    values: dict[str, int | bool] = {}
    relaxations: list[str] = []
    for name, value in asked.items():
        is_size = name in ("memory", "scratch", "output")
        field = f"{name}_bytes" if is_size else name
        if value == getattr(_STRICT, field):
            continue
        values[field] = value
        shown = size_text(value) if is_size else str(value).lower()
        relaxations.append(f"{name.replace('_', '-')}={shown}")
    relaxations += [f"environment.{name}={value}" for name, value in _sorted(environment)]
    if not relaxations:
        return _STRICT
    return Profile(
        name="relaxed",
        environment=_sorted(environment),
        relaxations=tuple(sorted(relaxations)),
        **values,  # type: ignore[arg-type]
    )


def _sorted(mapping: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(mapping.items()))


def _settings(defaults: Defaults, shared: Shared) -> _Settings:
    probes = sorted({*defaults.settings, *shared.settings})
    return tuple(
        (
            probe,
            tuple(
                sorted(
                    {**defaults.settings.get(probe, {}), **shared.settings.get(probe, {})}.items()
                )
            ),
        )
        for probe in probes
    )


def _impossible(cell: Cell) -> str | None:
    """Why the claimed framework cannot be installed; None if nothing speaks against it."""
    if not cell.base or not cell.python:
        return None
    for framework, _ in cell.framework:
        known = packages(framework)
        for text in cell.install:
            name, pin = _pinned(text)
            if name in known and pin:
                reason = reason_unavailable(framework, pin, name, cell.python)
                if reason:
                    return reason
    return None


def _pinned(requirement: str) -> tuple[str, str]:
    """(distribution, version) of a requirement; the version is empty if it is not pinned to one."""
    if (plain := plain_requirement(requirement)) is not None:
        name, operator, version = plain
        return name, version if operator == "==" else ""
    from packaging.requirements import Requirement
    from packaging.utils import canonicalize_name

    wanted = Requirement(requirement)
    pins = [part.version for part in wanted.specifier if part.operator == "=="]
    return canonicalize_name(wanted.name), pins[0] if len(pins) == 1 else ""
