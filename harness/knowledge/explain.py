"""`harness explain`: every row of the knowledge base has an id, and can be asked for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from textwrap import fill

from harness.errors import UsageError
from harness.knowledge import frameworks, library
from harness.knowledge.library import MEANING, Evidence, SourcedRow
from harness.text import did_you_mean

Lines = tuple[tuple[str, str], ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """What is known under one id."""

    id: str
    kind: str
    title: str
    lines: Lines
    """(name, value); without the empty ones."""
    source: str
    evidence: Evidence


@cache
def entries() -> dict[str, Entry]:
    """Everything there is, by id, in the order of the tables."""
    return {entry.id: entry for table in (_general(), _of_frameworks()) for entry in table}


def explain(id: str) -> Entry:
    """The entry of an id, however it is spelt. Raises UsageError with the nearest ones."""
    known = entries()
    wanted = slug(id)
    if wanted not in known and wanted.rpartition(".")[0] in known:
        wanted = wanted.rpartition(".")[0]  # a release of a minor version that there is a row of
    if wanted in known:
        return known[wanted]
    near = did_you_mean(wanted, tuple(known))
    parts = [one for one in known if wanted and wanted in one][:8]
    remedy = f"did you mean {near}?" if near else "`harness explain` lists what there is"
    if parts and not near:
        remedy = f"did you mean one of: {', '.join(parts)}?"
    raise UsageError(f"nothing is known under {id[:80]!r}", remedy=remedy)


def slug(name: str) -> str:
    """A name as an id: small letters, digits, dots, dashes."""
    return re.sub(r"[^a-z0-9.]+", "-", name.lower()).strip("-")


def gpu_id(name: str) -> str:
    """The id of a GPU's entry."""
    return slug(f"gpu-{name}")


def cuda_id(version: str) -> str:
    """The id of a toolkit's entry."""
    return f"cuda-{'.'.join(version.split('.')[:2])}"


def text_of(entry: Entry) -> str:
    """An entry as lines for a terminal."""
    width = max(len(name) for name, _ in (*entry.lines, ("evidence", "")))
    told = [*entry.lines, ("source", entry.source), ("evidence", MEANING[entry.evidence])]
    rows = [_wrapped(f"  {name:{width}}  ", value) for name, value in told]
    return "\n".join([f"{entry.id}  ({entry.kind})", entry.title, "", *rows, ""])


def _wrapped(head: str, value: str) -> str:
    return fill(
        value,
        100,
        initial_indent=head,
        subsequent_indent=" " * len(head),
        break_long_words=False,
        break_on_hyphens=False,
    )


def listing() -> str:
    """All ids, by kind."""
    kinds: dict[str, list[str]] = {}
    for entry in entries().values():
        kinds.setdefault(entry.kind, []).append(entry.id)
    parts = [f"{kind} ({len(ids)})\n  " + "\n  ".join(ids) for kind, ids in kinds.items()]
    return "\n".join([*parts, ""])


def _entry(id: str, kind: str, title: str, row: SourcedRow, *lines: tuple[str, str]) -> Entry:
    told = tuple((name, value) for name, value in lines if value)
    return Entry(
        id=id, kind=kind, title=title, lines=told, source=row.source, evidence=row.evidence
    )


def _general() -> Iterator[Entry]:
    for one in library.breakages():
        yield _entry(
            one.id,
            "breakage",
            one.what,
            one,
            ("affected", one.affected),
            ("cause", one.cause),
            ("remedy", one.remedy),
            ("known by", one.signature),
            ("tried on", one.sample or "untested"),
        )
    for limit in library.limits().values():
        lines = (("product", f"{limit.product} {limit.version}"), ("remedy", limit.remedy))
        yield _entry(limit.id, "limit", limit.meaning, limit, *lines)
    for toolkit in library.cuda().toolkits:
        yield _entry(
            cuda_id(toolkit.version),
            "toolkit",
            f"CUDA {toolkit.version}",
            toolkit,
            ("driver", toolkit.driver or "not known"),
            ("with minor-version compatibility", toolkit.minor_version_driver or "there is none"),
            ("GPUs", f"capability {toolkit.sm_first} to {toolkit.sm_last or 'not known'}"),
            ("updates", ", ".join(f"{k}: {v}" for k, v in toolkit.driver_by_update.items())),
            ("note", toolkit.note),
        )
    for branch in library.cuda().branches:
        title = f"driver branch {branch.branch}: the last for {branch.what}"
        lines = (("gone from", branch.gone_from), ("final", branch.final))
        yield _entry(f"driver-{branch.id}", "driver", title, branch, *lines)
    for rule in library.cuda().rules:
        yield _entry(rule.id, "rule", rule.rule, rule)
    for gpu in library.gpus().gpus:
        title = f"{gpu.name}: compute capability {gpu.capability} ({gpu.architecture})"
        yield _entry(gpu_id(gpu.name), "GPU", title, gpu)
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


def _of_frameworks() -> Iterator[Entry]:
    for name in frameworks.names():
        for build in frameworks.builds(name).values():
            code = build.wheel_gpu_arch
            yield Entry(
                id=f"{name}-{build.minor}",
                kind="build",
                title=f"{name} {build.minor}",
                lines=tuple(
                    (label, value)
                    for label, value in (
                        ("Python", _pythons(build.pypi_linux_x86_64)),
                        ("compiler", build.compiler or ""),
                        ("CUDA, cuDNN", f"{build.cuda}, {build.cudnn}"),
                        ("CUDA libraries", ", ".join(build.gpu_library_sonames)),
                        ("found by", build.gpu_library_linkage),
                        ("code for GPUs", ", ".join(code.cubin) if code else ""),
                        ("compiled at start", ", ".join(code.ptx) if code else ""),
                        ("CPU", build.min_cpu),
                        ("Keras", build.keras),
                        ("determinism", build.determinism.get("note") or ""),
                        ("seen to work", _seen(name, build.minor)),
                        ("note", build.note),
                    )
                    if value
                ),
                source="; ".join(f"{k}: {v}" for k, v in build.sources.items() if v),
                evidence="measured" if code and "measured" in code.evidence else "source_read",
            )
        for period in frameworks.tags(name).periods:
            title = f"images of {name} {period.first} to {period.last or 'today'}"
            yield _entry(
                slug(f"{name}-tags-{period.id}"),
                "tags",
                title,
                period,
                ("base", period.base),
                ("GPU base", period.gpu_base),
                ("Python", " or ".join(v for v in (period.python, period.python3) if v)),
                ("command", period.command),
                ("note", period.note),
            )
        for wheel in frameworks.wheels(name).wheels:
            yield _entry(
                slug(f"wheel-{wheel.package}-{wheel.version}"),
                "wheel",
                wheel.file,
                wheel,
                ("needs", ", ".join(wheel.needed)),
                ("glibc", wheel.glibc),
                ("GLIBCXX", wheel.glibcxx),
                ("code for GPUs", ", ".join(wheel.cubin)),
                ("compiled at start", ", ".join(wheel.ptx)),
                ("AVX", wheel.avx),
                ("so", wheel.consequence),
            )


def _pythons(packages: dict[str, dict[str, object] | None]) -> str:
    told = []
    for package, row in packages.items():
        tags = row.get("python_tags") if row else None
        if isinstance(tags, list):
            told.append(f"{package}: {', '.join(f'{tag[2]}.{tag[3:]}' for tag in tags)}")
    return "; ".join(told)


def _seen(framework: str, minor: str) -> str:
    tried = [one for one in frameworks.pins(framework) if one.version.startswith(f"{minor}.")]
    return "; ".join(
        f"{one.package} {one.version} on Python {one.python}: {one.seen}" for one in tried
    )
