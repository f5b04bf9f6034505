"""`NVIDIA_REQUIRE_CUDA`: what an image requires of a driver, as NVIDIA's container tools read it.

Alternatives are separated by blanks, the conditions within one alternative by commas.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from harness.knowledge.versions import at_least, release

_CONDITION = re.compile(r"(cuda|driver|arch|brand)\s{0,3}(>=|<=|!=|=|<|>)\s{0,3}([\w.]{1,40})")
_LONGEST = 16 * 1024


def unsatisfied(requirement: str, facts: Mapping[str, str]) -> str | None:
    """The first alternative of a requirement if `facts` (cuda, driver, arch, brand) meet none of
    them; None where one is met. A condition on a missing fact is not met."""
    alternatives = requirement[:_LONGEST].split()
    if not alternatives or any(_met(one, facts) for one in alternatives):
        return None
    return alternatives[0]


def requirements(environment: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """(variable, requirement) for each NVIDIA_REQUIRE_* variable; all of them must be met."""
    return tuple(
        (name, value)
        for name, value in sorted(environment.items())
        if name.startswith("NVIDIA_REQUIRE_") and value.strip()
    )


def _met(alternative: str, facts: Mapping[str, str]) -> bool:
    return all(_holds(condition, facts) for condition in alternative.split(",") if condition)


def _holds(condition: str, facts: Mapping[str, str]) -> bool:
    found = _CONDITION.fullmatch(condition)
    if not found or not (have := facts.get(found[1], "")):
        return False
    sign, wanted = found[2], found[3]
    if found[1] == "brand":
        same = have.lower() == wanted.lower()
        return same if sign == "=" else not same and sign == "!="
    # `driver<385` means the branch 384, so versions are compared at the precision asked for.
    have = ".".join(map(str, release(have)[: len(release(wanted))]))
    reached, exceeded = at_least(have, wanted), not at_least(wanted, have)
    return {
        ">=": reached,
        "<": not reached,
        ">": exceeded,
        "<=": not exceeded,
        "=": reached and not exceeded,
        "!=": exceeded or not reached,
    }[sign]
