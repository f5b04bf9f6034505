"""Job descriptions that run a plan's shards on Kubernetes, Slurm or GitHub Actions.

Every shard becomes a job of its own, and the text says how to merge the runs of the jobs. Values
that depend on the site (image, volumes, partition) are marked where they must be filled in.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from shlex import quote


@dataclass(frozen=True, kw_only=True, slots=True)
class ExportedPlan:
    """What the jobs of an exported plan have to do."""

    count: int
    """How many shards the cells are distributed over."""
    numbers: tuple[int, ...]
    """The numbers of the shards that have cells, counted from 1."""
    suite: str
    """The value of `--suite`; if empty, the matrix.yaml of the folder in which jobs start."""
    selection: tuple[str, ...]
    """Further arguments of `harness run`, which select the same cells again."""


def exported(name: str, plan: ExportedPlan) -> str:
    """Export the plan for the scheduler `name`, one of `EXPORTS`."""
    return EXPORTS[name](plan)


def _run(plan: ExportedPlan, shard: str) -> str:
    """The command line of one job; `shard` is a shell expression."""
    told = "".join(f" {quote(one)}" for one in plan.selection)
    return f'harness run{_of_suite(plan)}{told} --shard "{shard}/{plan.count}"'


def _of_suite(plan: ExportedPlan) -> str:
    return f" --suite {quote(plan.suite)}" if plan.suite else ""


def _job(plan: ExportedPlan, shard: str, folder: str) -> str:
    """The shell script of a job: run its shard and export the result in any case. Its status is
    that of the run if the run was cut short; findings (1) and 5 count as success here, since the
    merged run reports them."""
    return "\n".join(
        (
            "status=0",
            f"{_run(plan, shard)} || status=$?",
            f'harness export latest "{folder}/shard-{shard}.jsonl"{_of_suite(plan)}',
            'case $status in 0 | 1 | 5) exit 0 ;; *) exit "$status" ;; esac',
        )
    )


def _k8s(plan: ExportedPlan) -> str:
    """An indexed Job of batch/v1. Each pod has a container engine of its own beside the harness."""
    script = "\n".join(
        (
            "set -eu",
            "until [ -S /run/engine/docker.sock ]; do sleep 1; done",
            f"set -- {' '.join(map(str, plan.numbers))}",
            'shift "$JOB_COMPLETION_INDEX"',
            "shard=$1",
            _job(plan, "$shard", "/shared"),
        )
    )
    engine: dict[str, object] = {
        "name": "engine",
        "image": "docker:27-dind",
        # A native sidecar: it starts before the harness and does not keep the pod from ending.
        "restartPolicy": "Always",
        "securityContext": {"privileged": True},
        "args": ["dockerd", "--host=unix:///run/engine/docker.sock"],
        "volumeMounts": [
            {"name": "engine", "mountPath": "/run/engine"},
            {"name": "images", "mountPath": "/var/lib/docker"},
        ],
    }
    harness: dict[str, object] = {
        "name": "harness",
        "image": "REGISTRY/harness:VERSION",
        "workingDir": "/suite",
        "command": ["sh", "-c", script],
        "env": [
            {"name": "DOCKER_HOST", "value": "unix:///run/engine/docker.sock"},
            {"name": "HARNESS_CACHE", "value": "/cache"},
            {"name": "HARNESS_STORE", "value": "/state/store.sqlite3"},
            {"name": "HARNESS_REPORTS", "value": "/state/reports"},
        ],
        "volumeMounts": [
            {"name": "engine", "mountPath": "/run/engine"},
            {"name": "shared", "mountPath": "/suite", "subPath": "suite", "readOnly": True},
            {"name": "cache", "mountPath": "/cache"},
            {"name": "state", "mountPath": "/state"},
            {"name": "shared", "mountPath": "/shared"},
        ],
    }
    job = {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": "harness"},
        "spec": {
            "completionMode": "Indexed",
            "completions": len(plan.numbers),
            "parallelism": len(plan.numbers),
            "backoffLimit": 0,
            "template": {
                "spec": {
                    "restartPolicy": "Never",
                    "initContainers": [engine],
                    "containers": [harness],
                    "volumes": [
                        {"name": "engine", "emptyDir": {}},
                        {"name": "images", "emptyDir": {}},
                        {"name": "cache", "emptyDir": {}},
                        {"name": "state", "emptyDir": {}},
                        {"name": "shared", "persistentVolumeClaim": {"claimName": "harness"}},
                    ],
                }
            },
        },
    }
    # JSON is valid YAML, and saves us quoting rules.
    return f"{json.dumps(job, indent=2)}\n"


def _slurm(plan: ExportedPlan) -> str:
    """A job array whose indices are the shard numbers."""
    lines = (
        "#!/bin/bash",
        "# Each task needs an engine of its own on its node: rootless Podman or Docker.",
        "# Submit it in the suite's folder, which all nodes see: sbatch THIS-FILE",
        "# Afterwards, there: harness merge shards/shard-*.jsonl && harness report",
        "#SBATCH --job-name=harness",
        f"#SBATCH --array={','.join(map(str, plan.numbers))}",
        "#SBATCH --ntasks=1",
        "#SBATCH --exclusive",
        "set -u",
        "mkdir -p shards",
        'export HARNESS_STORE="${TMPDIR:-/tmp}/harness-$SLURM_JOB_ID/store.sqlite3"',
        'export HARNESS_REPORTS="${TMPDIR:-/tmp}/harness-$SLURM_JOB_ID/reports"',
        _job(plan, "$SLURM_ARRAY_TASK_ID", "shards"),
    )
    return "\n".join(lines) + "\n"


def _gha(plan: ExportedPlan) -> str:
    """The `matrix` of a GitHub Actions job on one line, to be read with `fromJSON`."""
    include = [{"shard": f"{one}/{plan.count}"} for one in plan.numbers]
    return json.dumps({"include": include}, separators=(",", ":")) + "\n"


EXPORTS: dict[str, Callable[[ExportedPlan], str]] = {"gha": _gha, "k8s": _k8s, "slurm": _slurm}
"""The exporters by the value of `harness plan --export`."""


def selection_of(cells: Sequence[str], tags: Sequence[str]) -> tuple[str, ...]:
    """The arguments that select the same cells and tags again."""
    told: list[str] = []
    for cell in cells:
        told += ["--cell", cell]
    for tag in tags:
        told += ["--tag", tag]
    return tuple(told)
