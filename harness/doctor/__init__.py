"""The checks of `harness doctor`: each has a status, the evidence, and a remedy.

Never here: repairing what is found.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from harness.doctor.bench import Bench
from harness.doctor.result import CheckResult

Check = Callable[[Bench], CheckResult]


def checks() -> tuple[Check, ...]:
    """Every check, in the order in which they are reported."""
    from harness.doctor import containers, engine, gpu, host

    return (*engine.CHECKS, *containers.CHECKS, *host.CHECKS, *gpu.CHECKS)


def diagnose(bench: Bench) -> Iterator[CheckResult]:
    """Run all checks, one after the other."""
    for check in checks():
        yield check(bench)
