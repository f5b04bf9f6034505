"""The history of a suite as values for a program."""

from __future__ import annotations

from collections.abc import Sequence

from harness.history.changes import SeriesChange
from harness.history.past import Past
from harness.history.rhythm import rhythm_of, starts_of, whole_nights
from harness.history.series import FactSeries
from harness.model import Fact


def history_document(past: Past, said: Sequence[str]) -> dict[str, object]:
    """Everything the history shows, with every night of every series."""
    every = rhythm_of(starts_of(whole_nights(past.nights)))
    return {
        "suite": past.suite,
        "nights": [
            {"run": one.run, "started": one.started, "cells": one.cells} for one in past.nights
        ],
        "rhythm_seconds": None if every is None else every.total_seconds(),
        "series": [_series(one) for one in past.series],
        "notices": list(said),
    }


def _series(one: FactSeries) -> dict[str, object]:
    host = one.track.host
    return {
        "cell": one.track.cell,
        "engine": one.track.engine,
        "host": {
            "machine": host.machine,
            "cpu_model": host.cpu_model,
            "cores": host.cores,
            "memory_gib": host.memory_gib,
            "gpus": list(host.gpus),
            "driver": host.driver,
        },
        "fact": one.fact,
        "numeric": one.numeric,
        "primary": one.primary,
        "values": [
            {"run": night.run, "started": night.started, "value": _value(night.value)}
            for night in one.nights
        ],
        "set_aside": list(one.lone),
        "changes": [_change(change) for change in one.changes],
    }


def _change(one: SeriesChange) -> dict[str, object]:
    return {
        "before": one.before,
        "after": one.after,
        "day": one.day,
        "old": _value(one.old),
        "new": _value(one.new),
        "scale": None if one.scale is None else str(one.scale),
        "effect": one.effect,
        "p": one.p,
        "inputs": [
            {"what": each.what, "before": each.before, "after": each.after} for each in one.inputs
        ],
    }


def _value(value: Fact) -> object:
    return list(value) if isinstance(value, tuple) else value
