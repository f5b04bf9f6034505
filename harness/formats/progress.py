"""One line for each finished cell, for logs that nobody watches live."""

from __future__ import annotations

from harness.compare.judgement import CellJudgement
from harness.formats.sentences import reason, verdict_word
from harness.model import Verdict
from harness.text import clean_line, inert_in_ci

_NAME = 24
_REASON = 160


def finished_line(number: int, total: int, cell: CellJudgement, seconds: float) -> str:
    """The line for a finished cell: `[2/4] tf1.14.0-py2.7  pass  L3  41.2 s`, with the reason if it
    does not pass.

    It covers only the cell itself, which has not been compared with any other yet. `seconds` is the
    wall-clock time it took.
    """
    parts = [verdict_word(cell), str(cell.level), f"{seconds:.1f} s"]
    if cell.verdict is not Verdict.PASS or cell.fails_as_expected:
        parts.append(clean_line(reason(cell, ""), _REASON))
    name = clean_line(cell.cell.id, 80)
    width = len(str(total))
    return inert_in_ci(f"[{number:{width}}/{total}] {name:{_NAME}}  {'  '.join(parts)}")
