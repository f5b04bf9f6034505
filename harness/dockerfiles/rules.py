"""The rules for what a Dockerfile may do in a build; every breach is reported with its line.

`--network none` limits what a RUN reaches, but not what the builder itself brings in: a remote ADD,
the image of `# syntax=`, the content of a cache mount. Each of these needs `build-network: true`,
and none may name the builder's own machine or network. Keys of an SSH agent and entitlements of the
host are refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from harness.dockerfiles.addresses import Leads, is_inside, leads
from harness.dockerfiles.parsing import Dockerfile, Flag, Instruction
from harness.dockerfiles.stages import Layout, Stage, StageStep, image_uses
from harness.dockerfiles.variables import UnknownValue
from harness.errors import Problem

_ASK_NETWORK = "`build-network: true` in the cell allows it, and the cell is shown as not hermetic"
_MOUNTS = ("bind", "cache", "tmpfs", "secret", "ssh")


@dataclass(frozen=True, kw_only=True, slots=True)
class Allowed:
    """What a cell allows its Dockerfile to do."""

    network: bool = False
    secrets: frozenset[str] = frozenset()
    """Ids of the secrets that the cell declares."""
    args: frozenset[str] = frozenset()
    """Names of the build arguments that it sets."""
    images: frozenset[str] = frozenset()
    """Names of images that its `from` replaces."""
    target: str = ""
    """The stage that becomes the image; empty for the last one."""


@dataclass(frozen=True, kw_only=True)
class _RuleBreaches:
    dockerfile: Dockerfile
    allowed: Allowed
    problems: list[Problem] = field(default_factory=list)

    def say(self, message: str, one: Instruction, remedy: str = "") -> None:
        self.problems.append(self.dockerfile.problem(message, one, remedy=remedy))


def breaches(dockerfile: Dockerfile, found: Layout, allowed: Allowed) -> tuple[Problem, ...]:
    """Everything that a Dockerfile asks for but is not allowed, in the order of its lines.

    Whatever depends on variables of images that have not been read yet is left out, and is checked
    again once they are known.
    """
    judged = _RuleBreaches(dockerfile=dockerfile, allowed=allowed, problems=list(found.problems))
    if not found.problems:
        judged.problems.extend(_fitting(dockerfile, found, allowed))
    _syntax(judged)
    for stage in found.stages:
        _from(judged, stage)
        for placed in stage.steps:
            _instruction(judged, placed, placed.instruction)
            if placed.instruction.trigger is not None:
                _instruction(judged, placed, placed.instruction.trigger)
    return tuple(sorted(dict.fromkeys(judged.problems), key=lambda one: one.line))


def trigger_breaches(
    triggered: Dockerfile, placed: StageStep, allowed: Allowed
) -> tuple[Problem, ...]:
    """The breaches of an image's ONBUILD instructions, with the variables at the step `placed`."""
    judged = _RuleBreaches(dockerfile=triggered, allowed=allowed)
    scope = placed.scope
    for one in triggered.instructions:
        _instruction(judged, StageStep(instruction=one, scope=scope), one)
        scope = scope.after(one, {}, {})
    return tuple(judged.problems)


def _fitting(dockerfile: Dockerfile, found: Layout, allowed: Allowed) -> Iterator[Problem]:
    """Names in the cell's row (stage, arguments, images, secrets) that the Dockerfile lacks."""
    if allowed.target and found.stage(allowed.target) is None:
        named = ", ".join(one.name for one in found.stages if one.name) or "none has a name"
        yield dockerfile.problem(
            f"there is no stage `{allowed.target}`", remedy=f"its stages: {named}"
        )
    for name in sorted(allowed.args - found.declared):
        yield dockerfile.problem(
            f"no ARG declares `{name}`, which the cell gives a value",
            remedy="remove it from `args`, or add the ARG",
        )
    used = {use.image for use in image_uses(found)}
    for name in sorted(allowed.images - used):
        yield dockerfile.problem(
            f"nothing is taken from `{name}`, which the cell maps to a base",
            remedy=f"what is taken from: {', '.join(sorted(used)) or 'no image'}",
        )
    mounted = {
        _secret_id(flag)
        for stage in found.stages
        for placed in stage.steps
        for flag in placed.instruction.flags
        if flag.name == "mount" and flag.options().get("type") == "secret"
    }
    for name in sorted(allowed.secrets - mounted):
        yield dockerfile.problem(
            f"no RUN mounts the secret `{name}` that the cell declares",
            remedy=f"RUN --mount=type=secret,id={name} ..., or remove it from `secrets`",
        )


def _syntax(judged: _RuleBreaches) -> None:
    image = judged.dockerfile.syntax
    if not image:
        return
    say, line = judged.dockerfile.problem_at, judged.dockerfile.syntax_line
    host = image.partition("/")[0]
    named = "." in host or ":" in host or host == "localhost"
    if "/" in image and named and is_inside(host.rpartition(":")[0] or host):
        message = f"`# syntax=` names {Leads.INSIDE}: {host}"
        judged.problems.append(say(line, message, remedy="remove the line"))
    elif not judged.allowed.network:
        message = "`# syntax=` has the builder fetch and run a program from a registry"
        remedy = f"remove the line: the builder's own syntax is used; or {_ASK_NETWORK}"
        judged.problems.append(say(line, message, remedy=remedy))


def _from(judged: _RuleBreaches, stage: Stage) -> None:
    if "$" in stage.image:
        return  # reported as a problem of the layout
    if stage.image.startswith(("http://", "https://")):
        judged.say("a FROM names an image, not an address", stage.begins)


def _instruction(judged: _RuleBreaches, placed: StageStep, one: Instruction) -> None:
    if one.name == "ADD":
        _add(judged, placed, one)
    if one.name in ("ADD", "COPY") and "$" in (one.flag("from") or ""):
        judged.say(
            "no builder replaces variables in `--from`",
            one,
            "make it a stage: `FROM ${...} AS name`, then `--from=name`",
        )
    if one.name == "RUN":
        _run(judged, one)


def _add(judged: _RuleBreaches, placed: StageStep, one: Instruction) -> None:
    if one.flag("from"):
        return
    for word in one.arguments[:-1]:
        try:
            source = placed.scope.expand(word)
        except UnknownValue:
            source = word
        whither = leads(source)
        if whither is Leads.INSIDE:
            judged.say(
                f"ADD would bring what answers at {Leads.INSIDE} into the image: {source[:200]}",
                one,
                "put the file into the context, and COPY it",
            )
        elif whither is Leads.OUT and not judged.allowed.network:
            judged.say(
                "a remote ADD is fetched by the builder, whatever the network of the build is",
                one,
                f"put the file into the context, and COPY it; or {_ASK_NETWORK}",
            )


def _run(judged: _RuleBreaches, one: Instruction) -> None:
    for flag in one.flags:
        if flag.name == "security" and flag.value != "sandbox":
            judged.say("entitlements of the host are refused: `--security`", one, "remove the flag")
        elif flag.name == "network" and flag.value not in ("none", "default"):
            judged.say("the network of the host is refused: `--network`", one, "remove the flag")
        elif flag.name == "device":
            judged.say("a device of the host is refused: `--device`", one, "remove the flag")
        elif flag.name == "mount":
            _mount(judged, flag, one)


def _mount(judged: _RuleBreaches, flag: Flag, one: Instruction) -> None:
    options = flag.options()
    kind = options.get("type", "bind")
    if "$" in kind or kind not in _MOUNTS:
        judged.say(f"there is no mount of the type `{kind}`", one, f"one of {', '.join(_MOUNTS)}")
    elif kind == "ssh":
        judged.say(
            "keys of an agent are not lent to a build: `--mount=type=ssh`",
            one,
            "fetch it beforehand into the context, or use a secret",
        )
    elif kind == "cache" and not judged.allowed.network:
        judged.say(
            "what a cache mount holds is part of no digest: another build's leavings",
            one,
            f"remove the mount; or {_ASK_NETWORK}",
        )
    elif kind == "secret" and (name := _secret_id(flag)) not in judged.allowed.secrets:
        judged.say(
            f"the cell declares no secret `{name}`",
            one,
            f"secrets: [{{id: {name or 'NAME'}, env: VARIABLE}}]",
        )
    if "$" in options.get("from", ""):
        judged.say(
            "no builder replaces variables in `from` of a mount",
            one,
            "make it a stage: `FROM ${...} AS name`, then `from=name`",
        )


def _secret_id(flag: Flag) -> str:
    """The id of a mounted secret; by default, the last part of the path it is mounted at."""
    options = flag.options()
    path = options.get("target") or options.get("dst") or options.get("destination") or ""
    return options.get("id") or path.rstrip("/").rpartition("/")[2]
