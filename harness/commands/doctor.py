"""`harness doctor`: can this host and its engine do what runs need, and if not, what helps?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path

from harness.doctor import diagnose
from harness.doctor.bench import Bench
from harness.doctor.result import CheckResult, Status
from harness.engines.oci.capabilities import TABLE
from harness.errors import Exit, UsageError
from harness.formats.answers import Reply
from harness.running.session import AUTO, CONTAINER_ENGINES, places
from harness.text import clean_line, inert_in_ci

_SIGN = {Status.OK: "✓", Status.WARNING: "~", Status.PROBLEM: "✗", Status.UNVERIFIED: "?"}
_WIDTH = 18


def doctor(engine: str) -> Iterator[CheckResult]:
    """Yield the result of each check as it comes. Raises UsageError for an engine without
    containers."""
    if engine not in (AUTO, *CONTAINER_ENGINES):
        raise UsageError(
            f"there is nothing to look at in the engine {engine!r}",
            remedy=f"take one of: {', '.join((AUTO, *CONTAINER_ENGINES))}",
        )
    where = places()
    folders = {"store": where.store.parent, "cache": where.cache, "reports": where.reports}
    bench = _first(engine, {what: path.absolute() for what, path in folders.items()})
    try:
        yield from diagnose(bench)
    finally:
        bench.close()


def looked_everywhere(engine: str, executor: str) -> Iterator[CheckResult]:
    """The results for this host, or for every node of the cluster that `executor` names, with the
    node's name before each check. Raises UsageError, InfrastructureError."""
    from harness.running.executor import LOCAL

    if executor == LOCAL:
        yield from doctor(engine)
        return
    from harness.running.cluster.connected import connected

    # No error handling here: `connected` explains why a connection fails.
    with connected(executor) as cluster:
        nodes = cluster.nodes()
        answers = cluster.everywhere(nodes, _found, engine)
    yield CheckResult(
        check="cluster",
        status=Status.OK,
        evidence=f"{len(nodes)} node{'' if len(nodes) == 1 else 's'} with the same harness and "
        f"Python: {', '.join(one.name for one in nodes)}",
    )
    for node in nodes:
        found = answers[node.id]
        if not isinstance(found, list):
            told = str(found).strip().splitlines() or [type(found).__name__]
            yield CheckResult(check=node.name, status=Status.PROBLEM, evidence=told[0])
            continue
        for one in found:
            yield replace(one, check=f"{node.name}: {one.check}")


def _found(engine: str) -> list[CheckResult]:
    """Runs on a node of the cluster."""
    return list(doctor(engine))


def _first(engine: str, folders: dict[str, Path]) -> Bench:
    """The named engine; for auto the first one that answers, else Docker with the reason why
    not."""
    names = CONTAINER_ENGINES if engine == AUTO else (engine,)
    tried = []
    for row in TABLE:
        if row.engine in names:
            bench = Bench(row=row, folders=folders)
            bench.open()
            if bench.client is not None:
                return bench
            tried.append(bench)
    return tried[0]


def line(finding: CheckResult) -> str:
    """A result for a terminal, with its remedy below."""
    told = f"{_SIGN[finding.status]} {finding.check:{_WIDTH}} {clean_line(finding.evidence, 400)}"
    if finding.remedy:
        told += f"\n  {'':{_WIDTH}} help: {clean_line(finding.remedy)}"
    return inert_in_ci(told)


def answer(findings: list[CheckResult]) -> Reply:
    """The reply about all results."""
    rows = [(one.status, one.check, one.evidence, one.remedy) for one in findings]
    return Reply(
        text="".join(f"{line(one)}\n" for one in findings),
        tree={"checks": [asdict(one) for one in findings]},
        columns=("status", "check", "evidence", "help"),
        rows=[tuple(map(str, row)) for row in rows],
    )


def status_of(findings: list[CheckResult]) -> Exit:
    """4 if runs would fail, else 0."""
    bad = any(one.status is Status.PROBLEM for one in findings)
    return Exit.INFRASTRUCTURE if bad else Exit.OK
