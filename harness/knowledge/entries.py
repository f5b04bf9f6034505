"""Every row of the knowledge base as an entry with an id, for people to read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache

from harness.knowledge import frameworks, library, loaded, resolving
from harness.knowledge.frameworks import Build, Conflict, Period, Pinned, TaggedRelease, Wheel
from harness.knowledge.library import Breakage, Evidence, SourcedRow, Toolkit
from harness.knowledge.released import release_days

Lines = tuple[tuple[str, str], ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """The text of the knowledge base under one id."""

    id: str
    kind: str
    title: str
    lines: Lines
    """(name, value) pairs, without empty values."""
    source: str
    evidence: Evidence


@cache
def entries() -> dict[str, Entry]:
    """All entries by id, in the order of the tables."""
    tables = (_general(), *(_of_framework(name) for name in frameworks.names()))
    return {entry.id: entry for table in tables for entry in table}


def slug(name: str) -> str:
    """Turn a name into an id of lower-case letters, digits, dots and dashes."""
    return re.sub(r"[^a-z0-9.]+", "-", name.lower()).strip("-")


def gpu_id(name: str) -> str:
    """The id of a GPU's entry."""
    return slug(f"gpu-{name}")


def cuda_id(version: str) -> str:
    """The id of a toolkit's entry."""
    return f"cuda-{'.'.join(version.split('.')[:2])}"


def _entry(id: str, kind: str, title: str, row: SourcedRow, *lines: tuple[str, str]) -> Entry:
    return _written(id, kind, title, lines, row.source, row.evidence)


def _written(
    id: str,
    kind: str,
    title: str,
    lines: Iterable[tuple[str, str]],
    source: str,
    evidence: Evidence,
) -> Entry:
    told = tuple((name, value) for name, value in lines if value)
    return Entry(id=id, kind=kind, title=title, lines=told, source=source, evidence=evidence)


def _general() -> Iterator[Entry]:
    for breakage in library.breakages():
        yield _breakage(breakage)
    for limit in library.limits().values():
        yield _entry(
            limit.id,
            "limit",
            limit.meaning,
            limit,
            ("product", f"{limit.product} {limit.version}"),
            ("GPUs", f"capability {limit.capability} and later" if limit.capability else ""),
            ("remedy", limit.remedy),
        )
    for toolkit in library.cuda().toolkits:
        yield _toolkit(toolkit)
    for branch in library.cuda().branches:
        yield _entry(
            f"driver-{branch.id}",
            "driver",
            f"driver branch {branch.branch}: the last for {branch.what}",
            branch,
            ("gone from", f"R{branch.gone_from}"),
            ("final", branch.final),
        )
    for rule in library.cuda().rules:
        yield _entry(rule.id, "rule", rule.rule, rule)
    for gpu in library.gpus().gpus:
        title = f"{gpu.name}: compute capability {gpu.capability} ({gpu.architecture})"
        yield _entry(gpu_id(gpu.name), "GPU", title, gpu, ("note", gpu.note))
    for system in library.systems().systems:
        yield _entry(
            system.id,
            "system",
            f"{system.name} {system.codename}".strip(),
            system,
            ("C library", f"glibc {system.glibc}"),
            ("Python", ", ".join(v for v in (system.python, system.python3) if v)),
            ("supported until", system.end),
        )
    for python in library.systems().pythons:
        title = f"Python {python.version}: supported until {python.end}"
        yield _entry(f"python-{python.version}", "Python", title, python)
    for variable in library.nvidia().variables:
        title = f"{variable.kind} {variable.name}: {variable.meaning}"
        yield _entry(slug(f"env-{variable.name}"), "variable", title, variable)
    yield _registry()
    newest = resolving.newest()
    for known in newest.newest:
        yield _written(
            slug(f"newest-{known.distribution}"),
            "newest release",
            f"{known.distribution}: its newest release with a wheel, by Python",
            [(f"Python {python}", version) for python, version in known.by_python.items()],
            newest.source,
            newest.evidence,
        )


def _breakage(row: Breakage) -> Entry:
    conflicts = [
        _conflict(name, one)
        for name in frameworks.names()
        for one in frameworks.conflicts(name)
        if one.breakage == row.id
    ]
    return _entry(
        row.id,
        "breakage",
        row.what,
        row,
        ("category", row.category),
        ("affected", row.affected),
        ("since", row.since),
        ("cause", row.cause),
        ("remedy", row.remedy),
        ("known by", row.signature),
        ("tried on", row.sample or "untested"),
        ("foreseen for", "; ".join(conflicts)),
    )


def _conflict(framework: str, row: Conflict) -> str:
    if row.package:
        package = f"{'without' if row.absent else 'with'} {row.package} {row.versions}".strip()
    else:
        package = f"on Python {row.python}"
    return f"{framework} {row.framework} {package} ({library.MEANING[row.evidence]})"


def _toolkit(row: Toolkit) -> Entry:
    updates = (f"{' '.join(v for v in (x.release, x.name) if v)}: {x.driver}" for x in row.updates)
    return _entry(
        cuda_id(row.version),
        "toolkit",
        f"CUDA {row.version}",
        row,
        ("driver", row.driver or "not known"),
        ("with minor-version compatibility", row.minor_version_driver or "there is none"),
        ("GPUs", f"capability {row.sm_first} to {row.sm_last or 'not known'}"),
        ("updates", ", ".join(updates)),
        ("note", row.note),
    )


def _registry() -> Entry:
    row = library.default_registry()
    return _entry(
        slug(f"registry-{row.name}"),
        "registry",
        f"{row.name}: the registry of images whose name has none",
        row,
        ("other names", ", ".join(row.aliases)),
        ("answered by", row.endpoint),
        ("tokens from", ", ".join(row.realms)),
        ("credentials under", row.credentials),
        ("images of one word", f"{row.namespace}/"),
    )


def _of_framework(name: str) -> Iterator[Entry]:
    for build in frameworks.builds(name).values():
        yield _build(name, build)
    for variant in frameworks.variants(name).values():
        title = f"{variant.package}: {name} under another name, {variant.what}"
        yield _entry(slug(f"variant-{variant.package}"), "variant", title, variant)
    tags = frameworks.tags(name)
    yield _written(
        f"{name}-tags",
        "tags",
        f"the tags of {', '.join(tags.repositories)}",
        [("grammar", one) for one in tags.grammar],
        "; ".join(tags.sources),
        "source_read",
    )
    for period in tags.periods:
        yield _period(name, period)
    for release in tags.releases:
        yield _release(name, release)
    for wheel in frameworks.wheels(name).wheels:
        yield _wheel(wheel)
    for row in loaded.rows(name):
        count = sum(len(listed.split()) for listed in row.modules.values())
        title = f"what importing {name} {row.release} on Python {row.python} loads"
        lines = (("modules", str(count)),)
        yield _entry(f"{name}-loaded-{row.release}", "modules", title, row, *lines)
    asked = resolving.requires(name)
    for asking in asked.requires:
        yield _written(
            slug(f"{name}-asks-{asking.version}"),
            "requirements",
            f"{name} {asking.version}: what it asks for, of what newer releases may break it",
            [(one, wanted or "any version") for one, wanted in asking.asks.items()],
            asked.source,
            asked.evidence,
        )


def _build(name: str, row: Build) -> Entry:
    code = row.wheel_gpu_arch
    tried = [one for one in frameworks.pins(name) if one.version.startswith(f"{row.minor}.")]
    sources = {field: getattr(row.sources, field) for field in type(row.sources).model_fields}
    onednn, determinism = row.onednn, row.determinism
    return _written(
        f"{name}-{row.minor}",
        "build",
        f"{name} {row.minor}",
        (
            ("Python", _pythons(row.pypi_linux_x86_64)),
            ("compiler", row.compiler or ""),
            ("CUDA, cuDNN", f"{row.cuda}, {row.cudnn}"),
            ("CUDA libraries", ", ".join(row.gpu_library_sonames)),
            ("found by", row.gpu_library_linkage),
            ("code for GPUs", ", ".join(code.cubin) if code else ""),
            ("compiled at start", ", ".join(code.ptx) if code else ""),
            ("told by", code.source if code else ""),
            ("CPU", row.min_cpu),
            ("oneDNN", "; ".join(part for part in (onednn.default, onednn.env) if part)),
            ("Keras", row.keras),
            ("determinism", "; ".join(x for x in (determinism.api, determinism.note) if x)),
            ("released", _released(name, row.minor)),
            ("seen to work", "; ".join(_seen(one) for one in tried if one.works)),
            ("seen to fail", "; ".join(_seen(one) for one in tried if not one.works)),
            ("note", row.note),
        ),
        "; ".join(f"{field}: {told}" for field, told in sources.items()),
        code.evidence if code else "source_read",
    )


def _released(name: str, minor: str) -> str:
    table = release_days(name)
    days = [
        f"{version} on {day}"
        for version, day in table.days.items()
        if version.startswith(f"{minor}.")
    ]
    return f"{', '.join(days)} ({library.MEANING[table.evidence]}: {table.source})" if days else ""


def _pythons(packages: dict[str, dict[str, list[str]] | None]) -> str:
    told = []
    for package, releases in packages.items():
        tags = {tag for each in (releases or {}).values() for tag in each}
        if tags:
            ordered = sorted(tags, key=lambda tag: (tag[:3], int(tag[3:])))
            told.append(f"{package}: {', '.join(f'{tag[2]}.{tag[3:]}' for tag in ordered)}")
    return "; ".join(told)


def _seen(row: Pinned) -> str:
    told = [f"{row.package} {row.version} on Python {row.python}: {row.seen}"]
    told += [f"built from source: {', '.join(row.sdists)}"] if row.sdists else []
    return ", ".join([*told, *row.obstacles])


def _period(name: str, row: Period) -> Entry:
    return _entry(
        slug(f"{name}-tags-{row.id}"),
        "tags",
        f"images of {name} {row.first} to {row.last or 'today'}",
        row,
        ("base", row.base),
        ("GPU base", row.gpu_base),
        ("Python", " or ".join(v for v in (row.python, row.python3) if v)),
        ("command", row.command),
        ("folder", row.folder),
        ("note", row.note),
    )


def _release(name: str, row: TaggedRelease) -> Entry:
    lines = [
        (
            file.file,
            "; ".join(
                told
                for told in (
                    f"FROM {file.base}",
                    f"cuDNN {file.cudnn}" if file.cudnn else "",
                    f"code for GPUs {file.capabilities}" if file.capabilities else "",
                    f"CMD {file.command}" if file.command else "",
                )
                if told
            ),
        )
        for file in row.files
    ]
    title = f"the Dockerfiles of {name} {row.release}, {row.date}, commit {row.commit}"
    return _entry(slug(f"{name}-dockerfiles-{row.release}"), "Dockerfiles", title, row, *lines)


def _wheel(row: Wheel) -> Entry:
    return _entry(
        slug(f"wheel-{row.package}-{row.version}"),
        "wheel",
        row.file,
        row,
        ("SHA-256", row.sha256),
        ("needs", ", ".join(row.needed)),
        ("glibc", row.glibc),
        ("GLIBCXX", row.glibcxx),
        ("code for GPUs", ", ".join(row.cubin)),
        ("compiled at start", ", ".join(row.ptx)),
        ("AVX", row.avx),
        ("functions with AVX", str(row.vex_functions)),
        ("so", row.consequence),
    )
