"""The page docs/reference/facts.md: every probe, its settings, and the facts it gives.

The names come from the probe files (strings written as facts) and from the records of committed
runs, which also give an example of each value.
"""

from __future__ import annotations

import ast
import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from harness.compare.facts import nature_of
from harness.model import Probe
from harness.probing.probe import load_probes

ROOT = Path(__file__).resolve().parents[1]
RECORDS = ("reports/nightly/records.jsonl", "reports/example/records.jsonl")
EXAMPLE = "tf2.21.0-py3.13"
"""The cell whose answers are shown as examples, if it gave the fact."""
FAMILY = 5
"""At least so many facts with the same first two parts are shown as one row."""
LONGEST = 60

_FACT = re.compile(r"[a-z][a-z0-9_]*(\.[A-Za-z0-9_%-]+)+")


def facts_page() -> str:
    """One section for each standard probe."""
    recorded = _recorded()
    lines = [
        "# Facts of every probe",
        "",
        "Made from the probe files and from the records of committed runs: a row is a fact that a",
        f"probe gives, with what `{EXAMPLE}` (else another cell) once answered. What the answers",
        "mean, and how each probe asks, is in [probes](../probes.md).",
        "",
    ]
    for probe in load_probes([ROOT / "probes"]):
        lines += [f"## {probe.name}", "", probe.question, "", *_asked(probe)]
        lines += _facts(probe, _written(probe), recorded.get(probe.name, {}))
    return "\n".join(lines)


def _asked(probe: Probe) -> list[str]:
    """Where a probe runs, with which settings, and for how long at most."""
    told = [f"Asked {probe.where} the environment", f"for at most {probe.timeout_s:g} s"]
    if probe.frameworks:
        told.append(f"of cells that claim {' or '.join(probe.frameworks)}")
    if probe.dataset:
        told.append(f"with the data set {probe.dataset}")
    if probe.on_request:
        told.append("on request only")
    lines = [", ".join(told) + ".", ""]
    if probe.settings:
        rows = (f"| `{name}` | `{json.dumps(value)}` |" for name, value in probe.settings)
        lines += ["| setting | default |", "| --- | --- |", *rows, ""]
    if probe.evidence:
        shown = (f"{one.level} by `{one.fact}` ({one.kind})" for one in probe.evidence)
        lines += [f"Evidence: {'; '.join(shown)}.", ""]
    return lines


def _facts(probe: Probe, written: Iterable[str], recorded: Mapping[str, Any]) -> list[str]:
    """The table of a probe's facts."""
    if probe.where == "outside":
        return ["Its facts are named after what the cell promises: [outside](../outside.md).", ""]
    keys = {_general(key): value for key, value in reversed(recorded.items())}
    keys = {**{key: None for key in written if key not in keys}, **keys}
    many = Counter(_family(key) for key in keys)
    rows: dict[str, str] = {}
    for key in sorted(keys):
        name = f"{_family(key)}.*" if key.count(".") > 1 and many[_family(key)] >= FAMILY else key
        nature = nature_of(key.replace("NAME", "x"), probe.natures)
        rows.setdefault(name, f"| `{name}` | {nature} | {_shown(keys[key])} |")
    return ["| fact | nature | example |", "| --- | --- | --- |", *rows.values(), ""]


def _general(key: str) -> str:
    """A fact's name, in which words replace the parts that differ from cell to cell."""
    if key.startswith("package."):
        return "package.NAME"
    return ".".join("N" if part.isdigit() else part for part in key.split("."))


def _family(key: str) -> str:
    return ".".join(key.split(".")[:2])


def _shown(value: object) -> str:
    if value is None:
        return ""
    text = json.dumps(value).replace("|", r"\|").replace("`", "'")
    return f"`{text}`" if len(text) <= LONGEST else f"`{text[:LONGEST]}`..."


def _written(probe: Probe) -> set[str]:
    """The strings of a probe file that are names of its own facts, with `%s` replaced by NAME."""
    prefixes = {probe.name, *(pattern.partition(".")[0] for pattern, _ in probe.natures)}
    prefixes |= {one.fact.partition(".")[0] for one in probe.evidence}
    found = set()
    for node in ast.walk(ast.parse(probe.source)):
        match node:
            case ast.Constant(value=str(text)) if _FACT.fullmatch(text):
                if text.partition(".")[0] in prefixes and "*" not in text:
                    found.add(re.sub(r"%[sd]", "NAME", text))
    return {one for one in found if not one.endswith((".json", ".so", "_"))}


def _recorded() -> dict[str, dict[str, Any]]:
    """For each probe: every fact of the committed runs, those of the example cell first."""
    found: dict[str, dict[str, Any]] = {}
    records = [
        record
        for name in RECORDS
        for line in (ROOT / name).read_text("utf-8").splitlines()
        if (record := json.loads(line).get("record"))
    ]
    for record in sorted(records, key=lambda one: one["cell"] != EXAMPLE):
        for fact, value in record.get("facts", {}).items():
            found.setdefault(record["probe"], {}).setdefault(fact, value)
    return found
