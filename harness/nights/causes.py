"""Which inputs changed when a finding began, and how well each matches the cells that show it.

The cells in which an input changed are compared with the affected ones. The F1 score, the harmonic
mean of precision and recall (van Rijsbergen 1979), is 1 where they are the same cells.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence

from harness.compare.kinds import FindingKind
from harness.model import Verdict
from harness.nights.inputs import ABSENT, PACKAGE, changed, kind_of_input, rank
from harness.nights.onset import Onset
from harness.nights.seen import SeenFinding, SeenNight
from harness.nights.values import InputChange

_WITHOUT_CAUSE = frozenset(
    {
        FindingKind.RAISED,
        FindingKind.CRASHED,
        FindingKind.TIMED_OUT,
        FindingKind.OUT_OF_MEMORY,
        FindingKind.OUTPUT_LIMIT,
        FindingKind.NO_ANSWER,
        FindingKind.NO_INTERPRETER,
        FindingKind.BUILD_FAILED,
        FindingKind.LEVEL_MISSED,
        FindingKind.DEFECT,
        FindingKind.DIFFERS,
        FindingKind.OTHER_BYTES,
        FindingKind.ROUNDS_DIFFER,
        FindingKind.TIME_DRIFTS,
        FindingKind.ACCURACY_DRIFTS,
        FindingKind.LOSSES_DRIFT,
        FindingKind.CANNOT_SAVE,
        FindingKind.WRONG_NUMBERS,
        FindingKind.DIES_COMPUTING,
        FindingKind.TAG_MOVED,  # Joined with the other effects of the new image into one event.
        FindingKind.PROMISE_BROKEN,
        FindingKind.SAYS_OTHERWISE,
    }
)
"""Kinds of findings that say what happened, but not why."""


def is_input(one: SeenFinding) -> bool:
    """Tell whether a finding is itself about inputs: packages that differ from the baseline's."""
    of_baseline = one.finding.kind is FindingKind.DIFFERS and not one.of_reference
    return of_baseline and all(fact.startswith(PACKAGE) for fact in one.finding.subject)


def has_cause(one: SeenFinding) -> bool:
    """Tell whether a finding needs no cause from here: it names one itself (a known breakage, an
    input), or it could not be verified or was ended by infrastructure, for which no changed input
    is to blame."""
    finding = one.finding
    apart = finding.verdict in (Verdict.UNVERIFIED, Verdict.INFRASTRUCTURE)
    without = finding.kind in _WITHOUT_CAUSE and not finding.breakage
    return apart or not without or is_input(one)


def changes_of(
    affected: Mapping[str, Onset],
    nights: Sequence[SeenNight],
    told: Collection[str] = (),
) -> tuple[InputChange, ...]:
    """Return the inputs that changed in affected cells when a finding began, the best match first.

    `affected` gives the onset of the finding for each row that has it; all began on the same night.
    An input matches better, the closer the cells in which it changed are to the affected ones. Ties
    are decided by the order of the kinds of inputs, then by name. Two sorts of changes come last:
    packages that are not `told` (no finding reports them, because a rule allows them to move), and
    inputs that only went back to their value in the first, good night.
    """
    if not affected:
        return ()
    first_bad = next(iter(affected.values())).first_bad
    began = nights[first_bad]
    moved: dict[str, Mapping[str, tuple[str, str]]] = {}
    for row, cell in began.cells.items():
        good = affected[row].last_good if row in affected else _night_before(row, first_bad, nights)
        if good is not None:
            moved[row] = changed(nights[good].cells[row].inputs, cell.inputs)
    where: dict[str, list[str]] = defaultdict(list)
    for row, names in moved.items():
        for name in names:
            where[name].append(row)
    wanted = {name for row in affected for name in moved.get(row, ())}
    found = [
        InputChange(
            what=name,
            before=moved[where[name][0]][name][0],
            after=moved[where[name][0]][name][1],
            cells=tuple(where[name]),
            agreement=_f1(where[name], affected),
        )
        for name in sorted(wanted)
    ]
    rows = [row for row in affected if row in moved]
    back = {one for one in wanted if _went_back(one, rows, nights, moved)}
    found.sort(
        key=lambda one: (
            -one.agreement,
            one.what in back or (kind_of_input(one.what) == "package" and one.what not in told),
            rank(one.what),
            one.what,
        )
    )
    return tuple(found)


def _went_back(
    name: str,
    rows: Sequence[str],
    nights: Sequence[SeenNight],
    moved: Mapping[str, Mapping[str, tuple[str, str]]],
) -> bool:
    """Tell whether an input returned to its value of the first night in every affected cell."""
    first = nights[0].cells
    return all(
        row in first and first[row].inputs.get(name, ABSENT) == moved[row][name][1]
        for row in rows
        if name in moved[row]
    )


def _night_before(row: str, place: int, nights: Sequence[SeenNight]) -> int | None:
    """Return the position of the last earlier night that judged the whole cell."""
    for earlier in range(place - 1, -1, -1):
        cell = nights[earlier].cells.get(row)
        if cell is not None and cell.whole:
            return earlier
    return None


def _f1(changed_in: Iterable[str], affected: Iterable[str]) -> float:
    one, other = set(changed_in), set(affected)
    return 2 * len(one & other) / (len(one) + len(other))
