"""Runs the steps of workflows and actions as GitHub's runner would: shells for real, the actions
that move artifacts by copying files. What it does not know of the language ends a test."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

KNOWN_USES = (
    "actions/checkout@11bd71901bbe5b1630ceea73d27597364c9af683",
    "actions/upload-artifact@ea165f8d65b6e75b540449e92b4886f43607fa02",
    "actions/download-artifact@d3f86a106a0bac45b974a628896c90dbdf5c8093",
    "actions/cache@0057852bfaa89a56745cba8c7296529d2fc39830",
    "actions/setup-python@a26af69be951a213d495a4c3e4e4022e16d87065",
    "pypa/gh-action-pypi-publish@dc37677b2e1c63e2034f94d8a5b11f265b73ba33",
)
"""All other actions are refused, and so are tags: what they name can be changed by others."""
_EXPRESSION = re.compile(r"\$\{\{\s*(.*?)\s*\}\}")
_NAME = re.compile(r"'[^']*'|\b[a-z]+(?:\.[A-Za-z_][\w-]*)+|\b(?:always|hashFiles|fromJSON)\b")


def loaded(path: Path) -> Any:
    """A YAML file as plain values."""
    return YAML(typ="safe", pure=True).load(path)


@dataclass
class Context:
    """What expressions can name: `inputs.do`, `steps.deal.outputs.shards`."""

    values: dict[str, str] = field(default_factory=dict)

    def evaluated(self, expression: str) -> Any:
        """The value of an expression; what is not there is empty, as on GitHub."""

        def python(found: re.Match[str]) -> str:
            word = found[0]
            return word if word[0] == "'" or "." not in word else f"_value({word!r})"

        code = _NAME.sub(python, expression).replace("&&", " and ").replace("||", " or ")
        names = {
            "_value": lambda name: self.values.get(name, ""),
            "always": lambda: True,
            "hashFiles": lambda *_: "0" * 8,
            "fromJSON": json.loads,
            "__builtins__": {},
        }
        return eval(code, names)

    def filled(self, text: object) -> str:
        """A text with its expressions put in."""
        if isinstance(text, bool):
            return str(text).lower()

        def put(found: re.Match[str]) -> str:
            value = self.evaluated(found[1])
            return str(value).lower() if isinstance(value, bool) else str(value)

        return _EXPRESSION.sub(put, str(text))


@dataclass
class Job:
    """One job: what its steps leave for each other, and what came of it."""

    name: str
    temp: Path
    environment: dict[str, str]
    status: int = 0
    said: str = ""
    summary: str = ""
    outputs: dict[str, str] = field(default_factory=dict)


@dataclass
class Runner:
    """A GitHub of one repository, in a folder."""

    root: Path
    action: Path
    """The folder of the action under test."""
    workspace: Path
    programs: Path
    """A folder that comes first on the PATH."""
    environment: Mapping[str, str] = field(default_factory=dict)
    jobs: int = 0

    @property
    def artifacts(self) -> Path:
        return self.root / "artifacts"

    def job(self, name: str, steps: list[Any], values: Mapping[str, str]) -> Job:
        """Run the steps of a job of a workflow."""
        self.jobs += 1
        temp = self.root / f"runner-{self.jobs}"
        temp.mkdir(parents=True)
        path = f"{self.programs}{os.pathsep}{os.environ['PATH']}"
        job = Job(name=name, temp=temp, environment={"PATH": path, **self.environment})
        context = Context({**values, "runner.temp": str(temp), "github.token": "a token"})
        self._steps(job, steps, context)
        return job

    def _steps(self, job: Job, steps: list[Any], context: Context) -> None:
        for step in steps:
            condition = str(step.get("if", ""))
            if job.status and "always()" not in condition:
                continue
            if condition and not context.evaluated(_EXPRESSION.sub(r"\1", condition)):
                continue
            name = str(step.get("id", ""))
            if "run" in step:
                outputs = self._shell(job, step, context)
            else:
                outputs = self._used(job, step, context)
            for key, value in outputs.items():
                context.values[f"steps.{name}.outputs.{key}"] = value
                job.outputs[f"{name}.{key}"] = value

    def _shell(self, job: Job, step: Any, context: Context) -> dict[str, str]:
        """One step's shell, exactly as it stands in the file."""
        assert "${{" not in step["run"], "what is put into a script can be a script"
        files = {name: job.temp / f"_{name.lower()}" for name in ("ENV", "PATH", "OUTPUT")}
        for file in files.values():
            file.write_text("", "utf-8")
        summary = job.temp / "_summary"
        environment = {
            "HOME": os.environ.get("HOME", "/"),
            "CI": "true",
            "GITHUB_ACTIONS": "true",
            "GITHUB_WORKSPACE": str(self.workspace),
            "GITHUB_ACTION_PATH": str(self.action),
            "GITHUB_REF_NAME": "main",
            "GITHUB_SERVER_URL": "https://github.com",
            "GITHUB_REPOSITORY": "o/r",
            "GITHUB_RUN_ID": "7",
            "GITHUB_STEP_SUMMARY": str(summary),
            "RUNNER_TEMP": str(job.temp),
            **{f"GITHUB_{name}": str(file) for name, file in files.items()},
            **job.environment,
            **{key: context.filled(value) for key, value in step.get("env", {}).items()},
        }
        script = job.temp / "_script.sh"
        script.write_text(step["run"], "utf-8")
        ended = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(script)],
            cwd=self.workspace,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        job.said += f"--- {step.get('name', '')}\n{ended.stdout}{ended.stderr}"
        job.status = job.status or ended.returncode
        job.environment |= _settings(files["ENV"])
        for folder in files["PATH"].read_text("utf-8").splitlines():
            job.environment["PATH"] = f"{folder}{os.pathsep}{job.environment['PATH']}"
        if summary.exists():
            job.summary += summary.read_text("utf-8")
            summary.unlink()
        return _settings(files["OUTPUT"])

    def _used(self, job: Job, step: Any, context: Context) -> dict[str, str]:
        """An action: our own, or one that moves files."""
        given = {key: context.filled(value) for key, value in step.get("with", {}).items()}
        if step["uses"] in ("./", "OWNER/harness@v1"):
            return self._own(job, given, context)
        assert step["uses"] in KNOWN_USES, step["uses"]
        if step["uses"].startswith("actions/upload-artifact"):
            source, target = Path(given["path"]), self.artifacts / given["name"]
            if not source.exists():
                assert given["if-no-files-found"] in ("ignore", "warn")
                return {}
            assert given["overwrite"] == "true" or not target.exists(), "names are taken once"
            shutil.rmtree(target, ignore_errors=True)
            if source.is_dir():
                shutil.copytree(source, target)
            else:
                target.mkdir(parents=True)
                shutil.copy(source, target / source.name)
        elif step["uses"].startswith("actions/download-artifact"):
            assert given["merge-multiple"] == "true"
            for each in sorted(self.artifacts.glob("*")):
                if fnmatchcase(each.name, given["pattern"]):
                    shutil.copytree(each, given["path"], dirs_exist_ok=True)
        return {}

    def _own(self, job: Job, given: Mapping[str, str], context: Context) -> dict[str, str]:
        action = loaded(self.action / "action.yml")
        assert given.keys() <= action["inputs"].keys()
        lacking = {
            key
            for key, value in action["inputs"].items()
            if value.get("required") and key not in given
        }
        assert not lacking
        inputs = {
            key: given.get(key, context.filled(value.get("default", "")))
            for key, value in action["inputs"].items()
        }
        inner = Context(
            {
                **{f"inputs.{key}": value for key, value in inputs.items()},
                **{
                    key: value
                    for key, value in context.values.items()
                    if key.startswith(("runner.", "github."))
                },
            }
        )
        self._steps(job, action["runs"]["steps"], inner)
        return {key: inner.filled(value["value"]) for key, value in action["outputs"].items()}


def _settings(file: Path) -> dict[str, str]:
    pairs = (line.partition("=") for line in file.read_text("utf-8").splitlines())
    return {key: value for key, _, value in pairs}
