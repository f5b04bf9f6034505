"""A plan's shards as jobs of a scheduler: its fields by a schema, its shell by running it."""

from __future__ import annotations

import json
import os
import re
import stat
import subprocess
from pathlib import Path
from typing import Any, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field
from ruamel.yaml import YAML

from harness.commands.plan import export, whole_plan_asked
from harness.errors import UsageError
from harness.formats.exported_plan import EXPORTS, ExportedPlan, exported, selection_of

ROOT = Path(__file__).resolve().parents[2]
PLAN = ExportedPlan(
    count=4, numbers=(1, 3, 4), suite="", selection=("--tag", "a b", "--cell", "x*")
)


class Strict(BaseModel):
    """A field that the scheduler does not know is an error."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Named(Strict):
    name: str = Field(pattern=r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$")


class Variable(Strict):
    name: str
    value: str


class Mount(Named):
    mountPath: str = Field(pattern="^/")  # noqa: N815
    subPath: str = ""  # noqa: N815
    readOnly: bool = False  # noqa: N815


class Amounts(Strict):
    limits: dict[str, str] = {}
    requests: dict[str, str] = {}


class Security(Strict):
    privileged: bool = False


class Container(Named):
    image: str
    command: list[str] = []
    args: list[str] = []
    workingDir: str = ""  # noqa: N815
    env: list[Variable] = []
    resources: Amounts = Amounts()
    volumeMounts: list[Mount] = []  # noqa: N815
    restartPolicy: Literal["Always"] | None = None  # noqa: N815
    securityContext: Security = Security()  # noqa: N815


class Claim(Strict):
    claimName: str  # noqa: N815


class Volume(Named):
    emptyDir: dict[str, str] | None = None  # noqa: N815
    persistentVolumeClaim: Claim | None = None  # noqa: N815


class PodSpec(Strict):
    restartPolicy: Literal["Always", "OnFailure", "Never"] = "Always"  # noqa: N815
    initContainers: list[Container] = []  # noqa: N815
    containers: list[Container] = Field(min_length=1)
    volumes: list[Volume] = []

    def check(self) -> None:
        """What a schema of fields does not say."""
        there = {one.name for one in self.volumes}
        for container in (*self.initContainers, *self.containers):
            assert {one.name for one in container.volumeMounts} <= there, container.name
        for volume in self.volumes:
            assert (volume.emptyDir is None) != (volume.persistentVolumeClaim is None)
        assert not any(one.restartPolicy for one in self.containers), "of native sidecars only"


class Template(Strict):
    spec: PodSpec


class JobSpec(Strict):
    completionMode: Literal["Indexed"]  # noqa: N815
    completions: int = Field(ge=1)
    parallelism: int = Field(ge=1)
    backoffLimit: int = Field(ge=0)  # noqa: N815
    template: Template


class Job(Strict):
    apiVersion: Literal["batch/v1"]  # noqa: N815
    kind: Literal["Job"]
    metadata: Named
    spec: JobSpec


class HeadGroup(Strict):
    rayStartParams: dict[str, str]  # noqa: N815
    template: Template


class WorkerGroup(HeadGroup):
    groupName: str = Field(pattern=r"^[a-z0-9-]+$")  # noqa: N815
    replicas: int = Field(ge=0)
    minReplicas: int = Field(ge=0)  # noqa: N815
    maxReplicas: int = Field(ge=0)  # noqa: N815


class ClusterSpec(Strict):
    rayVersion: str  # noqa: N815
    headGroupSpec: HeadGroup  # noqa: N815
    workerGroupSpecs: list[WorkerGroup]  # noqa: N815


class RayCluster(Strict):
    apiVersion: Literal["ray.io/v1"]  # noqa: N815
    kind: Literal["RayCluster"]
    metadata: Named
    spec: ClusterSpec


def test_the_job_has_a_pod_for_each_shard_that_has_cells() -> None:
    job = Job.model_validate(json.loads(exported("k8s", PLAN)))
    assert (3, 3, 0) == (job.spec.completions, job.spec.parallelism, job.spec.backoffLimit)
    pod = job.spec.template.spec
    pod.check()
    assert "Never" == pod.restartPolicy, "a shard that ran is not run again by itself"
    (engine,) = pod.initContainers
    assert "Always" == engine.restartPolicy
    (harness,) = pod.containers
    assert {"DOCKER_HOST", "HARNESS_STORE"} <= {one.name for one in harness.env}


def test_a_field_that_kubernetes_does_not_know_would_be_seen() -> None:
    tree: dict[str, Any] = json.loads(exported("k8s", PLAN))
    tree["spec"]["template"]["spec"]["containers"][0]["volumeMount"] = []
    with pytest.raises(ValueError, match="volumeMount"):
        Job.model_validate(tree)


def test_the_cluster_on_kubernetes_is_one_that_its_operator_takes() -> None:
    text = (ROOT / "examples/cluster/kuberay.yaml").read_text("utf-8")
    assert "NOT RUN" in text
    cluster = RayCluster.model_validate(YAML(typ="safe").load(text))
    cluster.spec.headGroupSpec.template.spec.check()
    (workers,) = cluster.spec.workerGroupSpecs
    workers.template.spec.check()
    assert workers.minReplicas <= workers.replicas <= workers.maxReplicas
    told = json.loads(json.loads(workers.rayStartParams["resources"]))
    assert 1 == told["harness"], "a worker that has no such resource would take no cell"
    pinned = re.search(r"^ray==(\S+)", (ROOT / "requirements/ray.txt").read_text("utf-8"), re.M)
    assert pinned is not None
    assert pinned[1] == cluster.spec.rayVersion


def test_the_matrix_names_every_shard_that_has_cells() -> None:
    text = exported("gha", PLAN)
    assert 1 == text.count("\n")
    assert [{"shard": "1/4"}, {"shard": "3/4"}, {"shard": "4/4"}] == json.loads(text)["include"]


FAKE = """#!/bin/sh
echo "$@" >>"$SAID"
if [ "$1" = run ]; then exit "$STATUS"; fi
"""


def shell(tmp_path: Path, script: str, status: int, **variables: str) -> tuple[int, list[str]]:
    """The status of a job's shell, and what it asked of `harness`, whose run ends in `status`."""
    fake = tmp_path / "bin" / "harness"
    fake.parent.mkdir(exist_ok=True)
    fake.write_text(FAKE)
    fake.chmod(fake.stat().st_mode | stat.S_IXUSR)
    said = tmp_path / "said"
    said.unlink(missing_ok=True)
    ended = subprocess.run(
        ["bash", "-c", script],
        cwd=tmp_path,
        env={
            "PATH": f"{fake.parent}:{os.environ['PATH']}",
            "SAID": str(said),
            "STATUS": str(status),
            **variables,
        },
        check=False,
    )
    return ended.returncode, said.read_text().splitlines()


@pytest.mark.world
@pytest.mark.parametrize(("status", "ends"), [(0, 0), (1, 0), (5, 0), (4, 4), (2, 2), (143, 143)])
def test_a_job_of_slurm_runs_its_shard_and_hands_it_over_whatever_came_of_it(
    tmp_path: Path, status: int, ends: int
) -> None:
    text = exported("slurm", PLAN)
    assert "#SBATCH --array=1,3,4\n" in text
    ended = shell(tmp_path, text, status, SLURM_ARRAY_TASK_ID="3", SLURM_JOB_ID="77")
    run = "run --tag a b --cell x* --shard 3/4"
    assert (ends, [run, "export latest shards/shard-3.jsonl"]) == ended


@pytest.mark.world
@pytest.mark.parametrize(("index", "number"), [("0", "1"), ("1", "3"), ("2", "4")])
def test_a_pod_of_the_job_runs_the_shard_of_its_index(
    tmp_path: Path, index: str, number: str
) -> None:
    job = Job.model_validate(json.loads(exported("k8s", PLAN)))
    *_, script = job.spec.template.spec.containers[0].command
    waits = re.search(r"^until .*$", script, re.M)
    assert waits is not None
    script = script.replace(waits[0], ":")  # there is no engine to wait for
    ended = shell(tmp_path, script, 1, JOB_COMPLETION_INDEX=index)
    assert 0 == ended[0]
    assert f"export latest /shared/shard-{number}.jsonl" == ended[1][1]


def test_a_suite_that_is_named_is_named_in_the_job_too() -> None:
    plan = ExportedPlan(count=2, numbers=(1, 2), suite="my suite", selection=())
    text = exported("slurm", plan)
    assert "harness run --suite 'my suite' --shard" in text
    assert "shard-$SLURM_ARRAY_TASK_ID.jsonl\" --suite 'my suite'" in text


def test_the_selection_is_written_as_it_is_asked() -> None:
    assert ("--cell", "a", "--tag", "b", "--tag", "c") == selection_of(["a"], ["b", "c"])


def test_what_is_no_scheduler_is_refused_with_those_there_are() -> None:
    with pytest.raises(UsageError, match="cannot be exported to 'cron'") as refused:
        export(None, (), (), "cron", 2)
    assert all(name in str(refused.value) for name in EXPORTS)


def test_one_shard_alone_is_not_exported_and_jobs_are_of_an_export() -> None:
    whole_plan_asked("gha", "")
    with pytest.raises(UsageError, match="every shard, not for '1/2' alone") as refused:
        whole_plan_asked("gha", "1/2")
    assert "leave out --shard" in str(refused.value)
    with pytest.raises(UsageError, match="jobs that --export writes") as refused:
        whole_plan_asked("", "")
    assert "harness plan --shard 1/8" in str(refused.value)


@pytest.mark.parametrize("count", [0, -1, 257])
def test_the_number_of_jobs_is_asked_for(count: int) -> None:
    with pytest.raises(UsageError, match="needs the number of jobs"):
        export(None, (), (), "gha", count)
