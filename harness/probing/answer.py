"""The guest runner's answer for one probe, validated because its payload is not trusted."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NoReturn

from harness.model import ADDED, ASKED, Fact, Facts, Outcome, Raised, Scalar

SERIES = 10_000
"""Most values that one fact may have."""
_KEY = 300
_ANSWERED = ASKED | {Outcome.INTERFERED}
"""Outcomes that the runner may report; `interfered` means that a probe disturbed the runner."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """The runner's validated answer for one probe; its outcome is `no-answer` if the frame was
    broken."""

    probe: str
    outcome: Outcome
    facts: Facts = field(default_factory=dict)
    reason: str = ""
    raised: Raised | None = None
    noise: str = ""
    """Head and tail of what the probe printed."""
    noise_bytes: int = 0
    """How many bytes the probe printed in all."""
    signal: str = ""
    exit: int | None = None
    durations: Mapping[str, float] = field(default_factory=dict)
    """Seconds by stage."""
    observed: Mapping[str, Scalar] = field(default_factory=dict)
    begun: bool | None = field(default=None, metadata={ADDED: True})
    """False if the probe's interpreter ended before it reached the question. None if that is
    unknown, or if it answered."""


def parse_answer(probe: str, payload: bytes) -> Answer:
    """Validate the payload of a frame. ValueError, with the reason, if it is not an answer."""
    content = json.loads(payload.decode("ascii"), parse_constant=_no_constant)
    if not isinstance(content, dict):
        raise ValueError("the payload is not an object")
    if content.get("probe") != probe:
        raise ValueError(f"the payload is of another probe: {_clean(content.get('probe'))!r:.80}")
    outcome = content.get("outcome")
    if not isinstance(outcome, str) or outcome not in _ANSWERED:
        raise ValueError(f"no probe ends in {_clean(outcome)!r:.80}")
    raised = _raised(content.get("raised"))
    if (outcome == Outcome.RAISED) != (raised is not None):
        raise ValueError(f"the outcome {outcome} does not go with the exception given")
    return Answer(
        probe=probe,
        outcome=Outcome(outcome),
        facts=_facts(content.get("facts")),
        reason=_text(content, "reason"),
        raised=raised,
        noise=_text(content, "noise"),
        noise_bytes=_count(content.get("noise_bytes")),
        signal=_text(content, "signal"),
        exit=None if content.get("exit") is None else _count(content["exit"]),
        durations=_durations(content.get("durations")),
        observed={key: _scalar(value) for key, value in _mapping(content, "observed").items()},
        begun=False if content.get("begun") is False and outcome != Outcome.OK else None,
    )


def _facts(value: object) -> Facts:
    if not isinstance(value, dict):
        raise ValueError("facts are not an object")
    facts: dict[str, Fact] = {}
    for key, fact in value.items():
        if not key or len(key) > _KEY or not key.isprintable():
            raise ValueError(f"{_clean(key)!r:.80} cannot be the key of a fact")
        if isinstance(fact, list):
            if len(fact) > SERIES:
                raise ValueError(f"fact {key} has {len(fact)} values, more than {SERIES}")
            facts[key] = tuple(_scalar(one) for one in fact)
        else:
            facts[key] = _scalar(fact)
    return facts


def _scalar(value: object) -> Scalar:
    if isinstance(value, str):
        return _clean(value)
    if isinstance(value, float) and not math.isfinite(value):
        # 1e999 is valid JSON.
        return "inf" if value > 0 else "-inf"
    if value is None or isinstance(value, bool | int | float):
        return value
    raise ValueError("a fact or an observation is neither a scalar nor a list of scalars")


def _raised(value: object) -> Raised | None:
    if value is None:
        return None
    if not isinstance(value, dict):
        raise ValueError("the exception is not an object")
    return Raised(
        type=_text(value, "type"),
        message=_text(value, "message"),
        traceback=_text(value, "traceback"),
        around=_facts(value["around"]) or None if "around" in value else None,
    )


def _durations(value: object) -> dict[str, float]:
    durations: dict[str, float] = {}
    for key, seconds in _mapping({"durations": value}, "durations").items():
        match seconds:
            case bool():
                raise ValueError(f"the duration {key:.80} is not a time")
            case int() | float() if math.isfinite(seconds) and seconds >= 0:
                durations[key] = float(seconds)
            case _:
                raise ValueError(f"the duration {key:.80} is not a time")
    return durations


def _mapping(content: Mapping[str, object], name: str) -> dict[str, object]:
    value = content.get(name)
    if not isinstance(value, dict):
        raise ValueError(f"{name} is not an object")
    return {_clean(key): one for key, one in value.items()}


def _text(content: Mapping[str, object], name: str) -> str:
    value = content.get(name)
    if not isinstance(value, str):
        raise ValueError(f"{name} is not a text")
    return _clean(value)


def _count(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError("a count or an exit status is not a whole number")
    return value


def _clean(value: object) -> str:
    """Escape lone surrogates, which neither UTF-8 nor SQLite can hold."""
    return str(value).encode("utf-8", "backslashreplace").decode("utf-8")


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
